// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/pipeline/clientname.h"

namespace sluice::gateway {

namespace {

QByteArray textOf(const QHostAddress &peer)
{
    bool isMapped = false; // an IPv4 address that came to an IPv6 socket
    const quint32 number = peer.toIPv4Address(&isMapped);
    return (isMapped ? QHostAddress(number) : peer).toString().toLatin1();
}

} // namespace

QByteArray clientName(const QHostAddress &peer)
{
    // Most requests of a thread come from one place, and writing it out costs more than the rest.
    struct Last
    {
        QHostAddress peer;
        QByteArray name;
    };

    thread_local Last last;
    if (last.peer != peer || last.name.isEmpty())
        last = {peer, textOf(peer)};
    return last.name;
}

} // namespace sluice::gateway

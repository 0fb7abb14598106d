// SPDX-License-Identifier: GPL-3.0-or-later
// The address of a client as the ledger keeps it. Any thread.
#pragma once

#include <QByteArray>
#include <QHostAddress>

namespace sluice::gateway {

/// "192.0.2.1" or "2001:db8::1"; empty for none.
QByteArray clientName(const QHostAddress &peer);

} // namespace sluice::gateway

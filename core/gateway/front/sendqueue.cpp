// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/front/sendqueue.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace sluice::gateway {

namespace {

constexpr qsizetype keptCapacity = 64 * 1024; // a larger buffer goes back when it is empty
constexpr qsizetype compactAfter = 256 * 1024;

} // namespace

void SendQueue::add(int fd, const Parts &parts, bool now)
{
    if (m_broken)
        return;
    qint64 sent = now && m_bytes.isEmpty() ? send(fd, parts) : 0;
    for (const QByteArrayView part : parts) {
        const auto skip = qsizetype(std::min<qint64>(sent, part.size()));
        sent -= skip;
        if (skip < part.size())
            m_bytes.append(part.sliced(skip));
    }
}

qint64 SendQueue::flush(int fd)
{
    if (m_broken || m_bytes.isEmpty())
        return 0;
    const qint64 sent = send(fd, {QByteArrayView(m_bytes).sliced(m_at), {}, {}});
    m_at += qsizetype(sent);
    if (m_at == m_bytes.size()) {
        m_at = 0;
        if (m_bytes.capacity() > keptCapacity)
            m_bytes = {};
        else
            m_bytes.resize(0);
    } else if (m_at > compactAfter) {
        m_bytes.remove(0, m_at);
        m_at = 0;
    }
    return sent;
}

qint64 SendQueue::send(int fd, const Parts &parts)
{
    std::array<iovec, 3> vectors{};
    for (size_t i = 0; i < parts.size(); ++i) {
        // iovec serves reading too, so it is not const; sendmsg() only reads from it.
        vectors[i].iov_base = const_cast<char *>(parts[i].data());
        vectors[i].iov_len = size_t(parts[i].size());
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = vectors.size();
    const auto sent = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    m_broken = sent < 0 && errno != EAGAIN && errno != EINTR;
    return std::max<qint64>(sent, 0);
}

} // namespace sluice::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes on their way into a non-blocking socket: sent at once where the kernel takes them, kept
// where it does not. Any thread; owned by one connection.
#pragma once

#include <QByteArray>

#include <array>

namespace sluice::gateway {

class SendQueue
{
public:
    using Parts = std::array<QByteArrayView, 3>;

    /// Takes all parts; with `now`, and nothing queued, hands them to the kernel in one call first.
    void add(int fd, const Parts &parts, bool now);

    /// Hands over as much as the kernel takes; gives back how many bytes that was.
    qint64 flush(int fd);

    [[nodiscard]] bool isEmpty() const { return m_bytes.isEmpty(); }

    [[nodiscard]] qint64 pending() const { return m_bytes.size() - m_at; }

    /// Whether the connection has failed; nothing is sent any more.
    [[nodiscard]] bool isBroken() const { return m_broken; }

    /// Sends nothing any more.
    void breakOff() { m_broken = true; }

private:
    qint64 send(int fd, const Parts &parts);

    QByteArray m_bytes;
    qsizetype m_at = 0; ///< everything before has been sent
    bool m_broken = false;
};

} // namespace sluice::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
// Many file descriptors behind one QSocketNotifier: an epoll set, so that Qt's poll() does not grow
// with the number of connections. Lives on the thread that made it.
#pragma once

#include <QObject>
#include <QSocketNotifier>

#include <functional>
#include <memory>
#include <vector>

namespace sluice::gateway {

class EventSet final : public QObject
{
    Q_OBJECT

public:
    /// What is ready on one descriptor. error includes hang-ups.
    struct Event
    {
        int fd = -1;
        bool readable = false;
        bool writable = false;
        bool error = false;
    };

    /// onEvent is called for each ready descriptor, then onBatch once; a descriptor that was
    /// dropped or closed within the batch may still get an event, which receivers must tolerate.
    EventSet(std::function<void(const Event &)> onEvent, std::function<void()> onBatch);
    ~EventSet() override;
    Q_DISABLE_COPY_MOVE(EventSet)

    /// Adds the descriptor or changes what is waited for (level-triggered).
    void watch(int fd, bool forRead, bool forWrite);

    /// Waits for nothing on the descriptor any more; one that is already closed is no error.
    void drop(int fd);

    /// From here until closing() the number is one and the same socket. Its owner tells both, so a
    /// dropped one may stay in the kernel's set until it is watched again or something happens on
    /// it: two system calls less for each request on a kept connection.
    void opened(int fd);
    void closing(int fd);

private:
    struct Socket
    {
        quint32 interest = 0; ///< in the kernel's set; 0 = not known to be in it
        bool isTracked = false; ///< between opened() and closing()
        bool isDropped = false;
    };

    void dispatch();
    Socket &at(int fd);

    int m_epoll = -1;
    std::vector<Socket> m_sockets; ///< by descriptor
    std::function<void(const Event &)> m_onEvent;
    std::function<void()> m_onBatch;
    std::unique_ptr<QSocketNotifier> m_notifier;
};

} // namespace sluice::gateway

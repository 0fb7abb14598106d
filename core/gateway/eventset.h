// SPDX-License-Identifier: GPL-3.0-or-later
// Many file descriptors behind one QSocketNotifier: an epoll set, so that Qt's poll() does not grow
// with the number of connections. Lives on the thread that made it.
#pragma once

#include <QObject>
#include <QSocketNotifier>

#include <functional>
#include <memory>

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

    /// Forgets the descriptor; one that is already closed is no error.
    void drop(int fd);

private:
    void dispatch();

    int m_epoll = -1;
    std::function<void(const Event &)> m_onEvent;
    std::function<void()> m_onBatch;
    std::unique_ptr<QSocketNotifier> m_notifier;
};

} // namespace sluice::gateway

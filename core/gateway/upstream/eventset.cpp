// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/upstream/eventset.h"

#include <array>
#include <cerrno>

#include <sys/epoll.h>
#include <unistd.h>

namespace sluice::gateway {

namespace {

constexpr int BatchSize = 64;

} // namespace

EventSet::EventSet(std::function<void(const Event &)> onEvent, std::function<void()> onBatch)
    : m_epoll(epoll_create1(EPOLL_CLOEXEC)),
      m_onEvent(std::move(onEvent)),
      m_onBatch(std::move(onBatch))
{
    if (m_epoll < 0)
        qFatal("epoll_create1 failed: out of file descriptors");
    m_notifier = std::make_unique<QSocketNotifier>(m_epoll, QSocketNotifier::Read);
    connect(m_notifier.get(), &QSocketNotifier::activated, this, &EventSet::dispatch);
}

EventSet::~EventSet()
{
    m_notifier.reset();
    ::close(m_epoll);
}

void EventSet::watch(int fd, bool forRead, bool forWrite)
{
    epoll_event event{};
    event.data.fd = fd;
    const quint32 interest = (forRead ? EPOLLIN : 0U) | (forWrite ? EPOLLOUT : 0U);
    event.events = interest;
    Socket &socket = at(fd);
    socket.isDropped = false;
    if (socket.isTracked && std::exchange(socket.interest, interest) == interest)
        return;
    // A descriptor number may be known from a closed socket or not; try the likelier way first.
    if (epoll_ctl(m_epoll, EPOLL_CTL_MOD, fd, &event) != 0 && errno == ENOENT)
        epoll_ctl(m_epoll, EPOLL_CTL_ADD, fd, &event);
}

void EventSet::drop(int fd)
{
    Socket &socket = at(fd);
    socket.isDropped = true;
    if (socket.isTracked && socket.interest == EPOLLIN)
        return;
    socket.interest = 0;
    epoll_event event{};
    epoll_ctl(m_epoll, EPOLL_CTL_DEL, fd, &event);
}

void EventSet::opened(int fd)
{
    at(fd) = {.interest = 0, .isTracked = true, .isDropped = false};
}

void EventSet::closing(int fd)
{
    at(fd) = {}; // the kernel forgets a closed descriptor by itself
}

EventSet::Socket &EventSet::at(int fd)
{
    const auto index = static_cast<size_t>(fd);
    if (index >= m_sockets.size())
        m_sockets.resize(index + 1);
    return m_sockets[index];
}

void EventSet::dispatch()
{
    std::array<epoll_event, BatchSize> events{};
    const int count = epoll_wait(m_epoll, events.data(), BatchSize, 0);
    for (int i = 0; i < count; ++i) {
        const epoll_event &ready = events.at(static_cast<size_t>(i));
        if (Socket &socket = at(ready.data.fd); socket.isDropped) {
            socket.interest = 0;
            epoll_event event{};
            epoll_ctl(m_epoll, EPOLL_CTL_DEL, ready.data.fd, &event);
            continue;
        }
        m_onEvent({.fd = ready.data.fd,
            .readable = (ready.events & EPOLLIN) != 0,
            .writable = (ready.events & EPOLLOUT) != 0,
            .error = (ready.events & (EPOLLERR | EPOLLHUP)) != 0});
    }
    m_onBatch();
}

} // namespace sluice::gateway

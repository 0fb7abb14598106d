// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/front/frontcontext.h"

#include "core/gateway/front/answerhead.h"
#include "core/gateway/front/guardedsocket.h"

#include <QCoreApplication>
#include <QEvent>
#include <QSocketNotifier>

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>

namespace sluice::gateway {

namespace {

constexpr int tickMs = 100; // fine enough for timeouts counted in seconds
constexpr int eventBatch = 256;
constexpr size_t scratchBytes = 64 * 1024;

QEvent::Type flushEvent()
{
    static const auto type = static_cast<QEvent::Type>(QEvent::registerEventType());
    return type;
}

} // namespace

FrontContext::FrontContext(RequestHandler &requestHandler, const Clock &clock,
    const FrontLimits &frontLimits, std::shared_ptr<FrontCounters> frontCounters)
    : handler(requestHandler),
      limits(frontLimits),
      counters(std::move(frontCounters)),
      scratch(scratchBytes),
      m_clock(clock),
      m_epoll(epoll_create1(EPOLL_CLOEXEC))
{
    if (m_epoll < 0)
        qFatal("The system gives no epoll descriptor");
    m_notifier = std::make_unique<QSocketNotifier>(m_epoll, QSocketNotifier::Read);
    connect(m_notifier.get(), &QSocketNotifier::activated, this, &FrontContext::poll);
    refreshTime();
}

FrontContext::~FrontContext()
{
    m_notifier.reset();
    ::close(m_epoll);
}

void FrontContext::add(GuardedSocket &socket, Connections::iterator &place, int fd, quint32 events)
{
    if (!m_timer.isActive()) {
        refreshTime();
        m_timer.start(tickMs, Qt::CoarseTimer, this);
    }
    auto &list = m_lists[size_t(Waiting::Idle)];
    place = list.insert(list.end(), &socket);
    epoll_event event{};
    event.events = events;
    event.data.ptr = &socket;
    epoll_ctl(m_epoll, EPOLL_CTL_ADD, fd, &event);
}

void FrontContext::change(GuardedSocket &socket, int fd, quint32 events)
{
    epoll_event event{};
    event.events = events;
    event.data.ptr = &socket;
    epoll_ctl(m_epoll, EPOLL_CTL_MOD, fd, &event);
}

void FrontContext::remove(
    GuardedSocket &socket, Connections::iterator place, Waiting waiting, int fd)
{
    epoll_ctl(m_epoll, EPOLL_CTL_DEL, fd, nullptr);
    m_lists[size_t(waiting)].erase(place);
    dropFlush(socket);
}

std::chrono::nanoseconds FrontContext::wait(Connections::iterator place, Waiting from, Waiting to)
{
    auto &target = m_lists[size_t(to)];
    target.splice(target.end(), m_lists[size_t(from)], place);
    return m_now;
}

void FrontContext::dropFlush(GuardedSocket &socket)
{
    std::replace(m_flush.begin(), m_flush.end(), &socket, static_cast<GuardedSocket *>(nullptr));
}

FrontContext::Connections FrontContext::connections(Waiting waiting) const
{
    return m_lists[size_t(waiting)];
}

FrontContext::Connections FrontContext::allConnections() const
{
    Connections all;
    for (const Connections &list : m_lists)
        all.insert(all.end(), list.begin(), list.end());
    return all;
}

bool FrontContext::event(QEvent *event)
{
    if (event->type() != flushEvent())
        return QObject::event(event);
    flushQueued();
    return true;
}

void FrontContext::timerEvent(QTimerEvent *event)
{
    Q_UNUSED(event)
    refreshTime();
    expire(Waiting::Idle, limits.idleTimeout);
    expire(Waiting::Head, limits.headerTimeout);
    expire(Waiting::Body, limits.bodyTimeout);
    expire(Waiting::Write, limits.writeTimeout);
    expire(Waiting::Linger, limits.lingerTimeout);
    const auto isEmpty = [](const Connections &list) { return list.empty(); };
    if (std::all_of(m_lists.begin(), m_lists.end(), isEmpty))
        m_timer.stop();
}

// One wait for all sockets: Qt's own poll() set stays small however many clients there are.
void FrontContext::poll()
{
    std::array<epoll_event, eventBatch> events;
    const int count = epoll_wait(m_epoll, events.data(), eventBatch, 0);
    // Sockets are destroyed only from the event loop, never in the middle of a batch.
    for (int i = 0; i < count; ++i)
        static_cast<GuardedSocket *>(events[size_t(i)].data.ptr)
            ->onEvents(events[size_t(i)].events);
    handler.turnEnded();
}

void FrontContext::queueFlushEvent()
{
    if (m_flushPosted)
        return;
    m_flushPosted = true;
    QCoreApplication::postEvent(this, new QEvent(flushEvent()));
}

void FrontContext::flushQueued()
{
    m_flushPosted = false;
    // A flush can queue again; by index, since the vector may grow meanwhile.
    const size_t count = m_flush.size();
    for (size_t i = 0; i < count; ++i) {
        if (GuardedSocket *socket = m_flush[i])
            socket->flushQueued();
    }
    m_flush.erase(m_flush.begin(), m_flush.begin() + qptrdiff(count));
}

void FrontContext::refreshTime()
{
    m_now = m_clock.now();
    const auto second = std::chrono::duration_cast<std::chrono::seconds>(m_clock.wall()).count();
    if (second != m_dateSecond) {
        m_dateSecond = second;
        m_date = AnswerHead::date(second);
    }
}

// Every list is in the order of its starting times, so only the expired ones are looked at.
void FrontContext::expire(Waiting waiting, std::chrono::milliseconds timeout)
{
    auto &list = m_lists[size_t(waiting)];
    while (!list.empty() && m_now - list.front()->waitingSince() >= timeout) {
        GuardedSocket *socket = list.front();
        socket->timedOut();
        if (!list.empty() && list.front() == socket) // it stays: give it another round
            socket->waitAgain();
    }
}

} // namespace sluice::gateway

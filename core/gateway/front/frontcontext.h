// SPDX-License-Identifier: GPL-3.0-or-later
// What all connections of one front share: limits, counters, one epoll set under one notifier, the
// deadline lists under one coarse timer, the cached Date. Lives on its gateway thread; owned by
// HttpFront.
#pragma once

#include "core/base/clock.h"
#include "core/gateway/front/requesthandler.h"

#include <QBasicTimer>
#include <QObject>

#include <array>
#include <atomic>
#include <chrono>
#include <list>
#include <memory>
#include <vector>

QT_BEGIN_NAMESPACE
class QSocketNotifier;
QT_END_NAMESPACE

namespace sluice::gateway {

class GuardedSocket;

/// Sizes in bytes. All may change while running.
struct FrontLimits
{
    int maxConnections = 10'000; ///< over all fronts that share their counters; beyond: 503
    qsizetype maxHeaderBytes = 65'536; ///< beyond: 431
    qint64 maxBodyBytes = 33'554'432; ///< beyond: 413
    qint64 maxBufferedBytes = 1'073'741'824; ///< request bodies held at once; beyond: 503
    std::chrono::milliseconds headerTimeout{10'000}; ///< from a head's first byte; 408
    std::chrono::milliseconds idleTimeout{75'000}; ///< between requests; closed quietly
    std::chrono::milliseconds bodyTimeout{30'000}; ///< for each 4 KiB of a body; 408
    std::chrono::milliseconds writeTimeout{300'000}; ///< a client that takes nothing; closed
    std::chrono::milliseconds lingerTimeout{2'000}; ///< for reading the last answer
};

/// Counters that several fronts of one gateway share. Any thread.
struct FrontCounters
{
    std::atomic<int> connections{0};
    std::atomic<qint64> bufferedBytes{0};
};

/// What a connection is waiting for; each has one deadline list.
enum class Waiting : quint8 { Nothing, Idle, Head, Body, Write, Linger };

class FrontContext final : public QObject
{
public:
    using Connections = std::list<GuardedSocket *>;

    FrontContext(RequestHandler &handler, const Clock &clock, const FrontLimits &limits,
        std::shared_ptr<FrontCounters> counters);
    ~FrontContext() override;
    Q_DISABLE_COPY_MOVE(FrontContext)

    RequestHandler &handler;
    FrontLimits limits;
    std::shared_ptr<FrontCounters> counters;
    GuardedSocket *current = nullptr; ///< whose request QtHttpServer is being given
    bool draining = false; ///< every answer closes its connection
    int activeRequests = 0;
    int refusals = 0; ///< connections beyond the limit that are being told so

    /// Room for one read; contents are valid only until control goes back to the event loop.
    std::vector<char> scratch;
    QByteArray headScratch;

    /// Adds a connection to the epoll set and the deadline lists.
    void add(GuardedSocket &socket, Connections::iterator &place, int fd, quint32 events);
    void change(GuardedSocket &socket, int fd, quint32 events);
    /// Takes a connection out of both; its descriptor may be closed afterwards.
    void remove(GuardedSocket &socket, Connections::iterator place, Waiting waiting, int fd);

    /// Moves a connection to the end of another deadline list and gives back the time it starts.
    std::chrono::nanoseconds wait(Connections::iterator place, Waiting from, Waiting to);

    /// Calls socket.flushLater() before the event loop goes on, once.
    void queueFlush(GuardedSocket &socket)
    {
        m_flush.push_back(&socket);
        queueFlushEvent();
    }

    void dropFlush(GuardedSocket &socket);

    [[nodiscard]] QByteArrayView date() const { return m_date; }

    [[nodiscard]] Connections connections(Waiting waiting) const;
    [[nodiscard]] Connections allConnections() const;

protected:
    bool event(QEvent *event) override;
    void timerEvent(QTimerEvent *event) override;

private:
    void poll();
    void queueFlushEvent();
    void flushQueued();
    void refreshTime();
    void expire(Waiting waiting, std::chrono::milliseconds timeout);

    const Clock &m_clock;
    int m_epoll = -1;
    std::unique_ptr<QSocketNotifier> m_notifier;
    std::array<Connections, 6> m_lists;
    std::vector<GuardedSocket *> m_flush;
    bool m_flushPosted = false;
    QBasicTimer m_timer;
    std::chrono::nanoseconds m_now{0};
    qint64 m_dateSecond = -1;
    QByteArray m_date;
};

} // namespace sluice::gateway

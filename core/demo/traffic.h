// SPDX-License-Identifier: GPL-3.0-or-later
// Seeded traffic of several clients against a gateway, in a thread of its own. Made, started and
// stopped on one thread; totals() on any.
#pragma once

#include "core/demo/scenario.h"

#include <QMap>
#include <QMutex>
#include <QThread>

#include <memory>

namespace sluice::demo {

struct TrafficOptions
{
    QByteArray baseUrl; ///< of the gateway, without a trailing slash
    std::vector<DemoClient> clients;
    quint64 seed = 1;
    int speedPercent = 100; ///< of every client's rate
};

/// What the clients saw. sent = answered + failed + left + inFlight; answered is the sum of
/// byStatus.
struct TrafficTotals
{
    qint64 sent = 0;
    qint64 answered = 0; ///< whole answers of any status
    qint64 failed = 0; ///< no whole answer: unreachable, broken off, timed out
    qint64 left = 0; ///< streams the client itself hung up on
    qint64 inFlight = 0;
    QMap<int, qint64> byStatus;
};

class Traffic final
{
public:
    Traffic();
    ~Traffic();
    Q_DISABLE_COPY_MOVE(Traffic)

    /// Begins at once; does nothing if it runs already.
    void start(const TrafficOptions &options);

    /// Sends the next requests to another place: the gateway listens somewhere else now.
    void setBaseUrl(const QByteArray &baseUrl);

    /// Hangs up on everything under way and ends the thread; safe to call twice. The totals stay.
    void stop();

    [[nodiscard]] TrafficTotals totals() const;

private:
    class Worker;

    mutable QMutex m_mutex; ///< guards m_totals
    TrafficTotals m_totals;
    QThread m_thread;
    std::unique_ptr<Worker> m_worker; ///< lives on m_thread
};

/// A request as that client sends it; text is what it says. Pure.
gateway::Headers trafficHeaders(const DemoClient &client);
QByteArray trafficBody(const DemoClient &client, const QByteArray &text, bool isStream);

} // namespace sluice::demo

// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Traffic that lives on its thread: a clock of its own ticks, one Upstream, and the
// requests under way.
#pragma once

#include "core/demo/seededrandom.h"
#include "core/demo/traffic.h"
#include "core/gateway/upstream/upstream.h"

#include <QBasicTimer>
#include <QObject>

#include <unordered_map>

namespace sluice::demo {

class Traffic::Worker final : public QObject
{
public:
    Worker(const TrafficOptions &options, QMutex &mutex, TrafficTotals &totals);
    ~Worker() override;
    Q_DISABLE_COPY_MOVE(Worker)

    void start();
    void stop();

    void setBaseUrl(const QByteArray &baseUrl) { m_options.baseUrl = baseUrl; }

protected:
    void timerEvent(QTimerEvent *event) override;

private:
    class Call;

    /// When one client sends next, in ticked milliseconds.
    struct Schedule
    {
        qint64 nextAt = 0;
    };

    void advance(const DemoClient &client, Schedule &schedule);
    void send(const DemoClient &client);
    void finished(Call *call, int status);
    void failed(Call *call);
    void left(Call *call);
    void forget(Call *call);

    TrafficOptions m_options;
    QMutex &m_mutex; ///< guards m_totals
    TrafficTotals &m_totals;
    SeededRandom m_random;
    QBasicTimer m_timer;
    qint64 m_now = 0;
    std::vector<Schedule> m_schedules;
    std::unique_ptr<gateway::Upstream> m_upstream;
    std::unordered_map<Call *, std::unique_ptr<Call>> m_calls;
};

} // namespace sluice::demo

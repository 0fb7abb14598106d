// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demo/trafficworker.h"

#include "core/demo/mocktext.h"

#include <QMutexLocker>
#include <QTimerEvent>

namespace sluice::demo {

using namespace std::chrono_literals;

namespace {

constexpr int TickMs = 20;

/// Clients start within this time, so that something moves at once.
constexpr quint64 FirstRequestsWithinMs = 600;

/// A gateway that does not answer must not be buried.
constexpr size_t MaxInFlight = 256;

} // namespace

/// One request of one client.
class Traffic::Worker::Call final : public gateway::UpstreamSink
{
public:
    Call(Worker &worker, int leaveAfterChunks)
        : m_worker(worker), m_leaveAfterChunks(leaveAfterChunks)
    {
    }

    ~Call() override = default;
    Q_DISABLE_COPY_MOVE(Call)

    void upstreamBegan(int status, gateway::Headers && /*headers*/, qint64 /*length*/) override
    {
        m_status = status;
    }

    // The last statement of each: the call destroys itself.
    void upstreamData(QByteArrayView /*chunk*/) override
    {
        if (m_leaveAfterChunks > 0 && m_status == 200 && --m_leaveAfterChunks == 0)
            m_worker.left(this);
    }

    void upstreamEnded() override { m_worker.finished(this, m_status); }

    void upstreamFailed(gateway::UpstreamFailure /*failure*/, const QString & /*message*/) override
    {
        m_worker.failed(this);
    }

    std::unique_ptr<gateway::Transfer> transfer;

private:
    Worker &m_worker;
    int m_leaveAfterChunks;
    int m_status = 0;
};

Traffic::Worker::Worker(const TrafficOptions &options, QMutex &mutex, TrafficTotals &totals)
    : m_options(options), m_mutex(mutex), m_totals(totals), m_random(options.seed)
{
}

Traffic::Worker::~Worker() = default;

void Traffic::Worker::start()
{
    m_upstream = std::make_unique<gateway::Upstream>();
    m_schedules.resize(m_options.clients.size());
    for (Schedule &schedule : m_schedules)
        schedule.nextAt = static_cast<qint64>(m_random.below(FirstRequestsWithinMs));
    m_timer.start(TickMs, Qt::PreciseTimer, this);
}

void Traffic::Worker::stop()
{
    m_timer.stop();
    {
        const QMutexLocker lock(&m_mutex);
        m_totals.left += m_totals.inFlight;
        m_totals.inFlight = 0;
    }
    m_calls.clear();
    m_upstream.reset();
}

void Traffic::Worker::timerEvent(QTimerEvent *event)
{
    if (event->timerId() != m_timer.timerId())
        return;
    m_now += TickMs;
    for (size_t i = 0; i < m_schedules.size(); ++i) {
        while (m_schedules[i].nextAt <= m_now) {
            send(m_options.clients[i]);
            advance(m_options.clients[i], m_schedules[i]);
        }
    }
}

void Traffic::Worker::advance(const DemoClient &client, Schedule &schedule)
{
    const qint64 perMinute =
        qMax<qint64>(1, qint64{client.perMinute} * m_options.speedPercent / 100);
    const qint64 mean = qMax<qint64>(1, 60'000 / perMinute);
    // Between 0.4 and 1.6 of the mean: irregular, but never a burst that the limits do not show.
    schedule.nextAt +=
        qMax<qint64>(1, mean * (400 + static_cast<qint64>(m_random.below(1201))) / 1000);
    const qint64 active = std::chrono::milliseconds(client.active).count();
    const qint64 cycle = active + std::chrono::milliseconds(client.pause).count();
    if (active > 0 && schedule.nextAt % cycle >= active)
        schedule.nextAt += cycle - schedule.nextAt % cycle;
}

void Traffic::Worker::send(const DemoClient &client)
{
    if (m_calls.size() >= MaxInFlight)
        return;
    const bool isStream = m_random.chance(quint64(client.streamPercent) * 10'000);
    const bool leaves = isStream && m_random.chance(quint64(client.leavePercent) * 10'000);
    const QByteArray text = mockTokens(m_random.next(), 6 + int(m_random.below(30))).join();
    auto owned = std::make_unique<Call>(*this, leaves ? 3 + int(m_random.below(8)) : 0);
    Call *call = owned.get();
    m_calls.emplace(call, std::move(owned));
    {
        const QMutexLocker lock(&m_mutex);
        ++m_totals.sent;
        ++m_totals.inFlight;
    }
    call->transfer = m_upstream->start({.method = "POST",
                                           .url = m_options.baseUrl + client.path,
                                           .headers = trafficHeaders(client),
                                           .body = trafficBody(client, text, isStream),
                                           .connectTimeout = 5s,
                                           .timeout = 60s},
        *call);
}

void Traffic::Worker::finished(Call *call, int status)
{
    {
        const QMutexLocker lock(&m_mutex);
        ++m_totals.answered;
        ++m_totals.byStatus[status];
        --m_totals.inFlight;
    }
    forget(call);
}

void Traffic::Worker::failed(Call *call)
{
    {
        const QMutexLocker lock(&m_mutex);
        ++m_totals.failed;
        --m_totals.inFlight;
    }
    forget(call);
}

void Traffic::Worker::left(Call *call)
{
    {
        const QMutexLocker lock(&m_mutex);
        ++m_totals.left;
        --m_totals.inFlight;
    }
    forget(call);
}

void Traffic::Worker::forget(Call *call)
{
    m_calls.erase(call);
}

} // namespace sluice::demo

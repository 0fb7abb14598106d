// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/liveusage.h"

namespace sluice::session {

namespace {

constexpr qint64 RateSeconds = 5; ///< full seconds that the rate is taken over

qint64 secondOf(std::chrono::milliseconds wall)
{
    return wall.count() / 1000;
}

} // namespace

LiveUsage::LiveUsage(const Clock &clock, QObject *parent) : QObject(parent), m_clock(clock) { }

LiveUsage::~LiveUsage() = default;

void LiveUsage::ingest(const insight::ActivityBatchPtr &batch)
{
    const auto size = static_cast<qint64>(m_seconds.size());
    const qint64 second = secondOf(batch->at);
    for (qint64 i = std::max(m_lastSecond + 1, second - size + 1); i <= second; ++i)
        m_seconds[static_cast<size_t>(i % size)] = {};
    m_lastSecond = std::max(m_lastSecond, second);
    Second &figures = m_seconds[static_cast<size_t>(m_lastSecond % size)];
    figures.requests += batch->requests;
    figures.refused += batch->refused;

    const std::vector<int> changed = m_book.ingest(*batch);
    if (!changed.empty())
        Q_EMIT subjectsChanged(changed);
    const std::vector<int> models = m_models.ingest(*batch);
    if (!models.empty())
        Q_EMIT modelsChanged(models);
}

void LiveUsage::setConfiguration(const std::shared_ptr<const config::Configuration> &configuration)
{
    m_configuration = configuration;
    if (!configuration)
        return;
    const std::vector<int> listed =
        configuration->authentication ? listConfigured(*configuration) : std::vector<int>();
    m_book.setLimits(*limits::LimitSet::compile(*configuration));
    Q_EMIT configurationChanged();
    if (!listed.empty())
        Q_EMIT subjectsChanged(listed);
}

// Keys, teams and members are known before their first request.
std::vector<int> LiveUsage::listConfigured(const config::Configuration &configuration)
{
    using config::SegmentKind;
    std::vector<int> listed;
    const auto add = [this, &listed](SegmentKind kind, const QByteArray &value) {
        listed.push_back(m_book.addSubject({{kind, {}}, value}));
    };
    for (const config::ApiKey &key : configuration.apiKeys)
        add(SegmentKind::ApiKey, key.name);
    for (const config::Team &team : configuration.teams) {
        add(SegmentKind::Team, team.name);
        for (const QByteArray &member : team.members)
            add(SegmentKind::TeamMember, insight::memberValue(team.name, member));
    }
    return listed;
}

LiveUsage::Rate LiveUsage::rate() const
{
    // The running second is not complete and would make the figure jump.
    const auto size = static_cast<qint64>(m_seconds.size());
    const qint64 now = secondOf(m_clock.wall());
    Second total;
    for (qint64 second = now - RateSeconds; second < now; ++second) {
        if (second < 0 || second > m_lastSecond || second <= m_lastSecond - size)
            continue;
        const Second &figures = m_seconds[static_cast<size_t>(second % size)];
        total.requests += figures.requests;
        total.refused += figures.refused;
    }
    return {double(total.requests) / RateSeconds, double(total.refused) / RateSeconds};
}

} // namespace sluice::session

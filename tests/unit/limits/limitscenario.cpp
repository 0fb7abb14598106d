// SPDX-License-Identifier: GPL-3.0-or-later
#include "limitscenario.h"

namespace sluice::test {

namespace {

constexpr std::array Kinds{SegmentKind::Shared, SegmentKind::ApiKey, SegmentKind::EndUser,
    SegmentKind::Team, SegmentKind::TeamMember, SegmentKind::Property};
constexpr std::array Units{
    Unit::Request, Unit::Token, Unit::InputToken, Unit::OutputToken, Unit::Cents};
constexpr std::array Algorithms{
    Algorithm::Gcra, Algorithm::SlidingWindow, Algorithm::CalendarWindow, Algorithm::Concurrency};

template <typename List> auto at(const List &list, qsizetype index)
{
    return list[static_cast<size_t>(index) % std::size(list)];
}

} // namespace

LimitScenario::LimitScenario(quint32 seed) : m_random(seed)
{
    auto &header = m_configuration.policyHeader;
    header.shareMissingSegment = chance(2);
    if (chance(2))
        header.algorithm = config::PolicyHeader::Algorithm::TokenBucket;
    m_configuration.routers.resize(2);
    m_configuration.routers[0].name = "a";
    m_configuration.routers[1].name = "b";
    m_configuration.routers[1].limitsDisabled = true;
    addLimits();
    addPolicies();
}

void LimitScenario::addLimits()
{
    // A few of them, each time others: with all kinds at once hardly anything would pass.
    const int count = 3 + below(6);
    for (int i = 0; i < count; ++i) {
        config::LimitRule limit;
        limit.name = "limit" + QByteArray::number(i);
        limit.scope = at(std::array{LimitScope::Global, LimitScope::Global, LimitScope::Unified,
                             LimitScope::Router},
            below(4));
        limit.router = limit.scope == LimitScope::Router ? "a" : "";
        limit.segment.kind = at(Kinds, below(6));
        limit.segment.property = limit.segment.kind == SegmentKind::Property ? "tenant" : "";
        limit.algorithm = at(Algorithms, i + below(2));
        limit.unit = limit.algorithm == Algorithm::Concurrency ? Unit::ConcurrentRequest
                                                               : at(Units, below(5));
        changeAmounts(limit);
        changeOverrides(limit);
        m_rules.push_back(limit);
    }
}

void LimitScenario::addPolicies()
{
    for (int i = below(3); i > 0; --i) {
        config::LimitRule limit;
        limit.name = "policy" + QByteArray::number(i);
        limit.segment.kind = chance(2) ? SegmentKind::ApiKey : SegmentKind::EndUser;
        limit.algorithm = chance(2) ? Algorithm::Gcra : Algorithm::SlidingWindow;
        limit.unit = at(Units, below(5));
        limit.policy = "policy";
        changeAmounts(limit);
        m_rules.push_back(limit);
    }
}

nanoseconds LimitScenario::period()
{
    return at(
        std::array<nanoseconds, 6>{nanoseconds(999'999'937), 5s, 60s, 61s, 10min, 90min}, below(6));
}

MicroAmount LimitScenario::amount(int most)
{
    return m_random.bounded(1, most) * MicroPerUnit + (chance(2) ? below(1'000'000) : 0);
}

void LimitScenario::changeAmounts(config::LimitRule &rule)
{
    const bool isCounted = rule.unit == Unit::Request || rule.unit == Unit::ConcurrentRequest;
    rule.capacity = amount(isCounted ? 30 : 300);
    if (rule.algorithm == Algorithm::Gcra || rule.algorithm == Algorithm::SlidingWindow)
        rule.refill = chance(2) || rule.refill == 0s ? period() : rule.refill;
    rule.calendar.unit = chance(2) ? config::CalendarUnit::Hour : config::CalendarUnit::Day;
    rule.mode = chance(4) ? LimitMode::Shadow : LimitMode::Enforce;
    rule.onMissing = static_cast<MissingSegment>(below(3));
    for (config::LimitOverride &own : rule.overrides) {
        own.capacity = chance(3) ? own.capacity : amount(isCounted ? 30 : 300);
        own.refill = chance(3) ? rule.refill : own.refill;
    }
}

QByteArray LimitScenario::valueFor(SegmentKind kind)
{
    const QByteArray number = QByteArray::number(below(3));
    switch (kind) {
    case SegmentKind::Shared:
        return {};
    case SegmentKind::ApiKey:
        return "key" + number;
    case SegmentKind::EndUser:
        return "user" + number;
    case SegmentKind::Team:
        return "team" + QByteArray::number(below(2));
    case SegmentKind::TeamMember:
        return "team" + QByteArray::number(below(2)) + "/m" + number;
    case SegmentKind::Property:
        return "t" + number;
    }
    return {};
}

void LimitScenario::changeOverrides(config::LimitRule &rule)
{
    const QByteArray value = valueFor(rule.segment.kind);
    if (std::erase_if(
            rule.overrides, [&](const config::LimitOverride &own) { return own.value == value; })
        > 0)
        return;
    const bool isShared = rule.segment.kind == SegmentKind::Shared;
    if (isShared || (!rule.policy.isEmpty() && rule.segment.kind != SegmentKind::ApiKey))
        return;
    const bool hasPeriod =
        rule.algorithm == Algorithm::Gcra || rule.algorithm == Algorithm::SlidingWindow;
    rule.overrides.push_back(
        {value, amount(60), hasPeriod && chance(2) ? period() : rule.refill, {}});
}

void LimitScenario::changeMatch(config::LimitRule &rule)
{
    rule.match = {};
    if (chance(3))
        rule.match.models = {chance(2) ? "gpt*" : "claude*"};
    if (chance(4))
        rule.match.providers = {chance(2) ? "openai" : "anthropic"};
    if (chance(6))
        rule.match.keys = {"key0", "key1"};
    if (chance(8))
        rule.match.users = {"user*"};
    if (chance(8))
        rule.match.properties = {{"tenant", "t0"}};
}

std::shared_ptr<const LimitSet> LimitScenario::edited()
{
    config::LimitRule &rule = m_rules[static_cast<size_t>(below(int(m_rules.size())))];
    const int what = below(5);
    if (what == 0)
        changeOverrides(rule);
    else if (what == 1)
        changeMatch(rule);
    else
        changeAmounts(rule);
    m_configuration.limits.clear();
    for (const config::LimitRule &each : m_rules) {
        if (!chance(20)) // else it is deleted, until the next edit
            m_configuration.limits.push_back(each);
    }
    return LimitSet::compile(m_configuration);
}

Rename LimitScenario::rename()
{
    config::LimitRule &rule = m_rules[static_cast<size_t>(below(int(m_rules.size())))];
    const QByteArray before = rule.name;
    // Sometimes one that it has had before.
    rule.name = before.split('.').constFirst() + '.' + QByteArray::number(below(3));
    return {before, rule.name};
}

std::shared_ptr<const LimitSet> LimitScenario::complete()
{
    m_configuration.limits = m_rules;
    return LimitSet::compile(m_configuration);
}

Instant LimitScenario::later(Instant now)
{
    constexpr qint64 Minute = 60'000'000'000;
    const std::array<qint64, 7> most{
        1, 1'000, 1'000'000, 500'000'000, 3'000'000'000, 40'000'000'000, 30 * Minute};
    const qint64 step = at(most, below(6) + (chance(20) ? 1 : 0));
    const EngineTime next = now.engine + nanoseconds(chance(2) ? 0 : m_random.bounded(step));
    if (chance(200))
        m_wallOffset = m_wallOffset == 0 ? 3'600'000 : 0;
    const auto wall = std::chrono::floor<milliseconds>(next) + milliseconds(m_wallOffset);
    return {next, wall};
}

std::vector<Candidate> LimitScenario::candidates()
{
    const std::array<Candidate, 4> known{Candidate{"openai", "gpt-4"},
        Candidate{"anthropic", "claude"}, Candidate{"openai", "gpt-5"}, Candidate{"local", ""}};
    std::vector<Candidate> result;
    for (int i = below(3); i > 0; --i)
        result.push_back(at(known, below(4)));
    return result;
}

Subject LimitScenario::request()
{
    Subject who = subject(valueFor(SegmentKind::ApiKey));
    if (!chance(4))
        who.endUser = valueFor(SegmentKind::EndUser);
    if (!chance(4))
        who.properties = {{"other", "x"}, {"tenant", valueFor(SegmentKind::Property)}};
    if (!chance(4))
        who.team = valueFor(SegmentKind::Team);
    if (!chance(4))
        who.member = "m" + QByteArray::number(below(3));
    who.entry = at(std::array{Entry::Direct, Entry::Unified, Entry::Router}, below(3));
    if (who.entry == Entry::Router)
        who.router = chance(4) ? "b" : "a";
    who.model = at(std::array{"gpt-4", "claude-3", "smart"}, below(3));
    who.candidates = candidates();
    for (int i = chance(3) ? below(4) : 0; i > 0; --i)
        who.policies.push_back(policy());
    return who;
}

Policy LimitScenario::policy()
{
    const std::array segments{config::Segment{SegmentKind::ApiKey, {}},
        config::Segment{SegmentKind::EndUser, {}},
        config::Segment{SegmentKind::Property, "tenant"}};
    Policy result;
    result.unit = chance(2) ? Unit::Request : at(std::array{Unit::Token, Unit::Cents}, below(2));
    result.quota = m_random.bounded(1, 12) * MicroPerUnit * (result.unit == Unit::Request ? 1 : 10);
    result.window = std::chrono::seconds(60 + below(2));
    result.segment = at(segments, below(3));
    return result;
}

Estimate LimitScenario::estimate()
{
    const auto some = [this](int most) {
        return chance(4) ? 0 : below(most) * MicroPerUnit + (chance(2) ? below(999'999) : 0);
    };
    Estimate result;
    result.input = {some(20), some(4)};
    result.output = {chance(2) ? some(40) : 0, chance(2) ? some(60) : 0};
    if (chance(300))
        result.input.firm = some(500);
    if (!chance(10))
        result.cents = Expected{some(10), some(30)};
    result.allowsUnpriced = chance(2);
    result.deadline = chance(2) ? nanoseconds(16min) : nanoseconds(below(100) * 1s);
    return result;
}

Consumption LimitScenario::consumption(const Estimate &estimate)
{
    const auto part = [this](const Expected &expected) -> std::optional<MicroAmount> {
        if (chance(4))
            return std::nullopt;
        const MicroAmount most = expected.firm + expected.guess;
        if (chance(3))
            return most;
        return chance(5) ? most * 2 + below(3'000'000)
                         : static_cast<MicroAmount>(m_random.bounded(most + 1));
    };
    Consumption result;
    if (chance(8))
        return Consumption::nothing();
    result.input = part(estimate.input);
    result.output = part(estimate.output);
    result.cents = part(estimate.cents.value_or(Expected()));
    if (chance(2))
        result.provider = at(std::array{"openai", "anthropic", "local"}, below(3));
    if (!result.provider.isEmpty() && chance(2))
        result.model = at(std::array{"gpt-4", "claude"}, below(2));
    return result;
}

std::pair<QByteArray, QByteArray> LimitScenario::counter()
{
    const config::LimitRule &rule = m_rules[static_cast<size_t>(below(int(m_rules.size())))];
    return {rule.name, valueFor(rule.segment.kind)};
}

Operations LimitScenario::operations(EngineTime now)
{
    Operations result;
    for (int i = below(3); i > 0; --i) {
        const auto [limit, value] = counter();
        std::erase_if(result.raises, [&, &name = limit, &of = value](const Raise &raise) {
            return raise.limit == name && raise.value == of;
        });
        result.raises.push_back({limit, value, amount(20), now + 1s * below(300)});
    }
    if (chance(3))
        result.blocks.push_back({{SegmentKind::EndUser, {}}, "user0", now + 1s * below(30)});
    if (chance(6))
        result.blocks.push_back({{SegmentKind::TeamMember, {}}, "team0/m1", now + 1s * below(30)});
    return result;
}

} // namespace sluice::test

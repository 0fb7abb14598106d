// SPDX-License-Identifier: GPL-3.0-or-later
// What one decision over three limits costs with 1 000, 100 000 and 1 000 000 live counters, beside
// the same decision done the obvious way: a mutex around a std::unordered_map from text to the
// times of the admitted requests. Both run in one process, turn by turn. Also: memory for each
// counter, the longest pause that expiry makes, and how long handing out all counters takes. Usage:
// bench_limits [DECISIONS [SEED]]
#include "core/limits/engine.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <random>
#include <string>
#include <unordered_map>

#include <malloc.h>

using namespace sluice;
using namespace sluice::limits;
using namespace std::chrono_literals;

namespace {

constexpr int LimitsPerDecision = 3;
constexpr int Rounds = 5; ///< of each kind, turn by turn

using Ticks = std::chrono::steady_clock;

qint64 since(Ticks::time_point start)
{
    return std::chrono::duration_cast<nanoseconds>(Ticks::now() - start).count();
}

size_t heapBytes()
{
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

std::shared_ptr<const LimitSet> threeLimits()
{
    config::Configuration configuration;
    configuration.server.maxCounters = 10'000'000;
    const auto add = [&configuration](const char *name, config::Segment segment) {
        config::LimitRule rule;
        rule.name = name;
        rule.segment = std::move(segment);
        rule.capacity = 1'000 * MicroPerUnit;
        rule.refill = 1h;
        configuration.limits.push_back(rule);
    };
    add("global/per-api-key", {config::SegmentKind::ApiKey, {}});
    add("global/per-end-user", {config::SegmentKind::EndUser, {}});
    add("global/per-property/tenant", {config::SegmentKind::Property, "tenant"});
    return LimitSet::compile(configuration);
}

/// Who asks: a third of the counters are keys, a third users, a third tenants.
class Crowd
{
public:
    explicit Crowd(int counters) : m_each(std::max(1, counters / LimitsPerDecision)) { }

    [[nodiscard]] int each() const { return m_each; }

    /// Not part of what is measured, so that texts need not be kept for a million.
    [[nodiscard]] static Subject subject(int key, int user, int tenant)
    {
        Subject subject;
        subject.apiKey = "key-" + QByteArray::number(key);
        subject.endUser = "user-" + QByteArray::number(user);
        subject.properties = {{"tenant", "tenant-" + QByteArray::number(tenant)}};
        return subject;
    }

    [[nodiscard]] Subject any(std::mt19937 &random) const
    {
        std::uniform_int_distribution<int> pick(0, m_each - 1);
        const int key = pick(random);
        const int user = pick(random);
        return subject(key, user, pick(random));
    }

private:
    int m_each;
};

/// The yardstick: what a gateway does that keeps a log of times for each text.
class ObviousLimiter
{
public:
    bool admit(nanoseconds now, const Subject &subject)
    {
        const std::array<std::string, LimitsPerDecision> keys{"key:" + subject.apiKey.toStdString(),
            "user:" + subject.endUser.toStdString(),
            "tenant:" + subject.properties.front().value.toStdString()};
        const std::lock_guard lock(m_mutex);
        std::array<std::deque<nanoseconds> *, LimitsPerDecision> logs{};
        for (size_t i = 0; i < keys.size(); ++i) {
            logs.at(i) = &m_logs[keys.at(i)];
            while (!logs.at(i)->empty() && logs.at(i)->front() <= now - 1h)
                logs.at(i)->pop_front();
            if (logs.at(i)->size() >= 1'000)
                return false;
        }
        for (auto *log : logs)
            log->push_back(now);
        return true;
    }

private:
    std::mutex m_mutex;
    std::unordered_map<std::string, std::deque<nanoseconds>> m_logs;
};

struct Spread
{
    qint64 median = 0;
    qint64 p99 = 0;
};

Spread spreadOf(std::vector<qint64> &times)
{
    std::sort(times.begin(), times.end());
    return {times[times.size() / 2], times[times.size() * 99 / 100]};
}

/// Times each call by itself; the clock's own cost is taken off.
template <typename Call>
void measure(const std::vector<Subject> &subjects, std::vector<qint64> &times, Call call)
{
    for (const Subject &subject : subjects) {
        const auto start = Ticks::now();
        call(subject);
        times.push_back(since(start));
    }
}

qint64 clockCost()
{
    std::vector<qint64> times;
    for (int i = 0; i < 10'000; ++i) {
        const auto start = Ticks::now();
        times.push_back(since(start));
    }
    return spreadOf(times).median;
}

void fill(Engine &engine, const LimitSet &limits, const Crowd &crowd)
{
    for (int i = 0; i < crowd.each(); ++i)
        engine.reserve(1s, limits, Crowd::subject(i, i, i));
}

void measureSize(int counters, int decisions, std::mt19937 &random)
{
    const Crowd crowd(counters);
    const auto limits = threeLimits();
    const size_t before = heapBytes();
    Engine engine;
    fill(engine, *limits, crowd);
    const double bytes = double(heapBytes() - before) / double(engine.counterCount());

    ObviousLimiter obvious;
    for (int i = 0; i < crowd.each(); ++i)
        obvious.admit(1s, Crowd::subject(i, i, i));

    std::vector<qint64> ours;
    std::vector<qint64> theirs;
    nanoseconds now = 2s;
    for (int round = 0; round < Rounds; ++round) {
        std::vector<Subject> subjects;
        for (int i = 0; i < decisions / Rounds; ++i)
            subjects.push_back(crowd.any(random));
        measure(subjects, ours, [&](const Subject &subject) {
            now += 1us;
            engine.reserve(now, *limits, subject);
        });
        measure(subjects, theirs, [&](const Subject &subject) {
            now += 1us;
            obvious.admit(now, subject);
        });
    }
    const qint64 clock = clockCost();
    const Spread us = spreadOf(ours);
    const Spread them = spreadOf(theirs);
    std::printf("%9lld counters: median %5lld ns, p99 %6lld ns; obvious way %5lld, %6lld "
                "(%.2f and %.2f times ours); %.0f bytes a counter\n",
        static_cast<long long>(engine.counterCount()), static_cast<long long>(us.median - clock),
        static_cast<long long>(us.p99 - clock), static_cast<long long>(them.median - clock),
        static_cast<long long>(them.p99 - clock),
        double(them.median - clock) / double(std::max<qint64>(1, us.median - clock)),
        double(them.p99 - clock) / double(std::max<qint64>(1, us.p99 - clock)), bytes);
}

/// All counters expire; the gateway sweeps as it does, 2 000 at a time.
void measureExpiry(int counters)
{
    const auto limits = threeLimits();
    Engine engine;
    fill(engine, *limits, Crowd(counters));
    const auto start = Ticks::now();
    const auto readings = engine.takeChanges(2s, 2'000);
    const qint64 snapshot = since(start);
    qint64 longest = 0;
    while (engine.counterCount() > 0) {
        const auto step = Ticks::now();
        engine.sweep(48h, 2'000);
        longest = std::max(longest, since(step));
    }
    std::printf("%9d counters: longest pause of expiry %lld us; handing out %zu of them %lld us\n",
        counters, static_cast<long long>(longest / 1'000), readings.size(),
        static_cast<long long>(snapshot / 1'000));
}

} // namespace

int main(int argc, char *argv[])
{
    const int decisions = argc > 1 ? std::max(100, std::atoi(argv[1])) : 500'000;
    const auto seed = static_cast<std::mt19937::result_type>(argc > 2 ? std::atoi(argv[2]) : 1);
    std::mt19937 random(seed);
    std::printf("One decision over 3 limits, random keys, %d decisions of each, seed %u\n",
        decisions, static_cast<unsigned>(seed));
    for (const int counters : {1'000, 100'000, 1'000'000})
        measureSize(counters, decisions, random);
    measureExpiry(1'000'000);
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
// What one decision over three limits costs with 1 000, 100 000 and 1 000 000 live counters, beside
// the same decision done the obvious way: a mutex around a std::unordered_map from text to the
// times of the admitted requests. Both run in one process, turn by turn, and the request has just
// been read in both. Also: a reservation of tokens with its settlement, the memory of a counter of
// each algorithm, what a million users leave behind, and the longest pauses of growth, expiry,
// edits, snapshots and records (in processor time of the thread, so that other programs do not
// count). Usage: bench_limits [DECISIONS [SEED]]
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

#include <ctime>
#include <fstream>

#include <malloc.h>
#include <unistd.h>

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

/// All memory of the process that is really there.
qint64 residentBytes()
{
    std::ifstream statm("/proc/self/statm");
    qint64 size = 0;
    qint64 resident = 0;
    statm >> size >> resident;
    return resident * sysconf(_SC_PAGESIZE);
}

/// Processor time of this thread.
qint64 cpuTime()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

/// The longest and the usual time that one of many calls takes.
class Pauses
{
public:
    template <typename Call> void measure(Call call)
    {
        const qint64 start = cpuTime();
        call();
        m_times.push_back(cpuTime() - start);
    }

    void print(const char *what)
    {
        std::sort(m_times.begin(), m_times.end());
        const auto us = [](qint64 ns) { return double(ns) / 1'000; };
        std::printf("%-48s longest %8.1f us, p99.9 %7.1f us, median %6.1f us (%zu)\n", what,
            us(m_times.back()), us(m_times[m_times.size() * 999 / 1'000]),
            us(m_times[m_times.size() / 2]), m_times.size());
    }

private:
    std::vector<qint64> m_times;
};

std::shared_ptr<const LimitSet> threeLimits(qint64 capacity = 1'000)
{
    config::Configuration configuration;
    configuration.server.maxCounters = 10'000'000;
    const auto add = [&configuration, capacity](const char *name, config::Segment segment) {
        config::LimitRule rule;
        rule.name = name;
        rule.segment = std::move(segment);
        rule.capacity = capacity * MicroPerUnit;
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

    /// Made just before it is needed, as a gateway does, and not part of what is measured.
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
void measure(
    const Crowd &crowd, int count, std::mt19937 &random, std::vector<qint64> &times, Call call)
{
    for (int i = 0; i < count; ++i) {
        const Subject subject = crowd.any(random);
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
    Engine engine;
    fill(engine, *limits, crowd);
    ObviousLimiter obvious;
    for (int i = 0; i < crowd.each(); ++i)
        obvious.admit(1s, Crowd::subject(i, i, i));

    std::vector<qint64> ours;
    std::vector<qint64> theirs;
    nanoseconds now = 2s;
    for (int round = 0; round < Rounds; ++round) {
        measure(crowd, decisions / Rounds, random, ours, [&](const Subject &subject) {
            now += 1us;
            engine.reserve(now, *limits, subject);
        });
        measure(crowd, decisions / Rounds, random, theirs, [&](const Subject &subject) {
            now += 1us;
            obvious.admit(now, subject);
        });
    }
    const qint64 clock = clockCost();
    const Spread us = spreadOf(ours);
    const Spread them = spreadOf(theirs);
    std::printf("%9lld counters: median %5lld ns, p99 %6lld ns; obvious way %5lld, %6lld "
                "(%.2f and %.2f times ours)\n",
        static_cast<long long>(engine.counterCount()), static_cast<long long>(us.median - clock),
        static_cast<long long>(us.p99 - clock), static_cast<long long>(them.median - clock),
        static_cast<long long>(them.p99 - clock),
        double(them.median - clock) / double(std::max<qint64>(1, us.median - clock)),
        double(them.p99 - clock) / double(std::max<qint64>(1, us.p99 - clock)));
}

std::shared_ptr<const LimitSet> oneLimit(config::Algorithm algorithm, Unit unit, nanoseconds period)
{
    config::Configuration configuration;
    configuration.server.maxCounters = 10'000'000;
    config::LimitRule rule;
    rule.name = "limit";
    rule.segment.kind = config::SegmentKind::EndUser;
    rule.algorithm = algorithm;
    rule.unit = unit;
    rule.capacity = 1'000 * MicroPerUnit;
    rule.refill = period;
    configuration.limits.push_back(rule);
    return LimitSet::compile(configuration);
}

/// The same while somebody keeps records of all counters; what that one takes is not in it.
void measureKept(int counters, int decisions, std::mt19937 &random)
{
    const Crowd crowd(counters);
    const auto limits = threeLimits();
    Engine engine;
    fill(engine, *limits, crowd);
    Engine kept;
    fill(kept, *limits, crowd);
    kept.beginSaving();
    const auto drain = [&kept](nanoseconds now) {
        while (!kept.takeUnsaved(now, 1'000).empty()) { }
    };
    drain(2s);
    std::vector<qint64> without;
    std::vector<qint64> with;
    nanoseconds now = 2s;
    for (int round = 0; round < Rounds; ++round) {
        measure(crowd, decisions / Rounds, random, without, [&](const Subject &subject) {
            now += 1us;
            engine.reserve(now, *limits, subject);
        });
        measure(crowd, decisions / Rounds, random, with, [&](const Subject &subject) {
            now += 1us;
            kept.reserve(now, *limits, subject);
        });
        drain(now);
    }
    const qint64 clock = clockCost();
    std::printf("%9lld counters: median %lld ns, p99 %lld ns; with records kept %lld, %lld\n",
        static_cast<long long>(engine.counterCount()),
        static_cast<long long>(spreadOf(without).median - clock),
        static_cast<long long>(spreadOf(without).p99 - clock),
        static_cast<long long>(spreadOf(with).median - clock),
        static_cast<long long>(spreadOf(with).p99 - clock));
}

/// Two of the three limits count tokens, and the request turns out to need fewer.
void measureTokens(int decisions, std::mt19937 &random)
{
    config::Configuration configuration;
    configuration.server.maxCounters = 10'000'000;
    for (const auto kind : {SegmentKind::ApiKey, SegmentKind::EndUser, SegmentKind::Property}) {
        config::LimitRule rule;
        rule.name = QByteArray::number(int(kind));
        rule.segment = {kind, kind == SegmentKind::Property ? "tenant" : ""};
        rule.unit = kind == SegmentKind::Property ? Unit::Request : Unit::Token;
        rule.capacity = 1'000'000 * MicroPerUnit;
        rule.refill = 1h;
        configuration.limits.push_back(rule);
    }
    const auto limits = LimitSet::compile(configuration);
    const Crowd crowd(1'000'000);
    Engine engine;
    fill(engine, *limits, crowd);
    Estimate estimate;
    estimate.input.firm = 50 * MicroPerUnit;
    estimate.output.guess = 100 * MicroPerUnit;
    Consumption real;
    real.input = real.output = 40 * MicroPerUnit;
    std::vector<qint64> times;
    nanoseconds now = 2s;
    measure(crowd, decisions, random, times, [&](const Subject &subject) {
        now += 1us;
        const Decision decision = engine.reserve(now, *limits, subject, estimate);
        engine.settle(now, decision.reservation, real);
    });
    const Spread spread = spreadOf(times);
    std::printf("%9lld counters: a reservation of tokens on two limits and one request, settled: "
                "median %lld ns, p99 %lld ns\n",
        static_cast<long long>(engine.counterCount()),
        static_cast<long long>(spread.median - clockCost()),
        static_cast<long long>(spread.p99 - clockCost()));
}

/// Values of 20 bytes.
Subject user(int number)
{
    Subject subject;
    subject.endUser = "user-" + QByteArray::number(number).rightJustified(15, '0');
    return subject;
}

void measureMemory(const char *name, config::Algorithm algorithm, Unit unit)
{
    constexpr int Count = 1'000'000;
    const auto limits = oneLimit(algorithm, unit, 1h);
    malloc_trim(0);
    const qint64 before = residentBytes();
    Engine engine;
    for (int i = 0; i < Count; ++i)
        engine.reserve(1s, *limits, user(i));
    std::printf("%-24s %5.1f bytes a counter\n", name,
        double(residentBytes() - before) / double(engine.counterCount()));
}

void measureUsers()
{
    constexpr int Count = 1'000'000;
    const auto limits = oneLimit(config::Algorithm::Gcra, Unit::Request, 1h);
    malloc_trim(0);
    const qint64 before = residentBytes();
    Engine engine;
    qint64 most = 0;
    for (int i = 0; i < Count; ++i) {
        engine.reserve(1s + 10us * i, *limits, user(i)); // each lives for 3.6 s
        most = std::max(most, engine.counterCount());
    }
    const qint64 after = residentBytes();
    engine.sweep(1h, 2 * Count);
    std::printf("%d users in 10 s, each idle after 3.6 s: at most %lld counters, %.1f MB; after "
                "expiry %lld counters\n",
        Count, static_cast<long long>(most), double(after - before) / 1e6,
        static_cast<long long>(engine.counterCount()));
}

void measurePauses(int counters)
{
    const auto limits = threeLimits();
    Engine engine;
    const Crowd crowd(counters);
    Pauses growth;
    for (int i = 0; i < crowd.each(); ++i) {
        const Subject subject = Crowd::subject(i, i, i);
        growth.measure([&] { engine.reserve(1s, *limits, subject); });
    }
    growth.print("a decision that makes three counters");
    Pauses snapshot;
    quint32 from = 0;
    do {
        snapshot.measure([&] { return engine.readings(2s, from, 64).size(); });
    } while (from != 0);
    snapshot.print("a page of 64 readings");
    Pauses changes;
    for (bool isMore = true; isMore;)
        changes.measure([&] { isMore = !engine.takeChanges(2s, 64).empty(); });
    changes.print("a page of 64 changes");
    engine.beginSaving();
    Pauses records;
    for (bool isMore = true; isMore;)
        records.measure([&] { isMore = !engine.takeUnsaved(2s, 32).empty(); });
    records.print("a page of 32 counters to keep");
    Pauses edits;
    for (int i = 0; i < 20; ++i) {
        const auto edited = threeLimits(1'001 + i);
        edits.measure([&] { engine.apply(3s, *edited); });
    }
    edits.print("an edit of all three limits");
    Pauses expiry;
    while (engine.counterCount() > 0)
        expiry.measure([&] { engine.sweep(48h, 512); });
    expiry.print("512 places swept, all expired");
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
    measureKept(100'000, decisions, random);
    measureTokens(decisions, random);
    measureMemory("bucket", config::Algorithm::Gcra, Unit::Request);
    measureMemory("calendar", config::Algorithm::CalendarWindow, Unit::Request);
    measureMemory(
        "slot, with who holds it", config::Algorithm::Concurrency, Unit::ConcurrentRequest);
    measureMemory("sliding window, one cell", config::Algorithm::SlidingWindow, Unit::Request);
    measureUsers();
    measurePauses(1'000'000);
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
// What an engine saves, another one takes over: every later decision is the same. Records that
// follow the changes are at any time what the engine would save, and one that is broken in any way
// is dropped alone.
#include "core/limits/counterrecord.h"
#include "limitscenario.h"

#include <QTest>

#include <algorithm>
#include <map>
#include <tuple>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::test;

namespace {

/// What saved counters are, in an order of their own.
std::vector<CounterRecord> records(const std::vector<SavedCounter> &counters)
{
    std::vector<CounterRecord> result;
    for (const SavedCounter &counter : counters)
        result.push_back(toRecord(counter));
    std::sort(result.begin(), result.end(), [](const CounterRecord &a, const CounterRecord &b) {
        return std::tie(a.limit, a.key) < std::tie(b.limit, b.key);
    });
    return result;
}

std::vector<CounterRecord> records(const Engine &engine, Instant now)
{
    return records(engine.save(now));
}

/// What can be read of records.
std::vector<SavedCounter> counters(const std::vector<CounterRecord> &records)
{
    CounterRecordReader reader;
    std::vector<SavedCounter> result;
    for (const CounterRecord &record : records) {
        if (auto counter = reader.read(record))
            result.push_back(std::move(*counter));
    }
    return result;
}

/// A journal as simple as it can be.
class Records
{
public:
    void follow(Engine &engine, Instant now, int limit)
    {
        for (const SavedCounter &change : engine.takeUnsaved(now, limit))
            follow(change);
    }

    void follow(const SavedCounter &change)
    {
        const CounterRecord record = toRecord(change);
        switch (change.change) {
        case SavedCounter::Change::Counts:
            all[{record.limit, record.key}] = record;
            break;
        case SavedCounter::Change::IsGone:
            all.erase({record.limit, record.key});
            break;
        case SavedCounter::Change::IsRenamed:
            rename(*change.limit, *change.renamedTo);
            break;
        }
    }

    [[nodiscard]] std::vector<CounterRecord> list() const
    {
        std::vector<CounterRecord> result;
        for (const auto &[key, record] : all)
            result.push_back(record);
        return result;
    }

    std::map<std::pair<QByteArray, QByteArray>, CounterRecord> all; ///< by name and key

private:
    void rename(const Limit &from, const Limit &to)
    {
        for (CounterRecord record : list()) {
            if (record.limit != from.name || !record.key.startsWith(keyPrefix(from)))
                continue;
            all.erase({record.limit, record.key});
            record.limit = to.name;
            all[{record.limit, record.key}] = record;
        }
    }
};

void compare(const Decision &a, const Decision &b)
{
    QCOMPARE(a.verdict, b.verdict);
    QCOMPARE(a.wait, b.wait);
    QCOMPARE(a.binding, b.binding);
    QCOMPARE(a.chain.size(), b.chain.size());
    for (size_t i = 0; i < a.chain.size(); ++i) {
        QCOMPARE(a.chain[i].value, b.chain[i].value);
        QCOMPARE(a.chain[i].usage, b.chain[i].usage);
        QCOMPARE(a.chain[i].wait, b.chain[i].wait);
        QCOMPARE(a.chain[i].verdict, b.chain[i].verdict);
    }
}

/// An engine under random traffic.
class Run
{
public:
    explicit Run(quint32 seed) : scenario(seed), limits(scenario.edited()) { }

    /// Leaves some reservations open for a while, renames and resets.
    void step(Engine &engine, std::vector<ReservationId> &open)
    {
        if (scenario.chance(3) && !open.empty()) {
            const auto at = open.begin() + scenario.below(int(open.size()));
            engine.settle(now, *at, scenario.consumption(scenario.estimate()));
            open.erase(at);
        }
        if (scenario.chance(50)) {
            const auto [limit, value] = scenario.counter();
            engine.reset(now, limit, value);
        }
        if (scenario.chance(30))
            engine.sweep(now, 50);
        if (scenario.chance(60)) {
            const Rename rename = scenario.rename();
            limits = scenario.complete();
            engine.apply(now, *limits, {rename});
        }
        if (scenario.chance(3)) {
            now = scenario.later(now);
            const Subject who = scenario.request();
            const auto decision = engine.reserve(now, *limits, who, scenario.estimate());
            open.push_back(decision.reservation);
            return;
        }
        step(engine);
    }

    void step(Engine &engine)
    {
        now = scenario.later(now);
        if (scenario.chance(60)) {
            limits = scenario.edited();
            engine.apply(now, *limits);
        }
        const Estimate estimate = scenario.estimate();
        const Decision decision = engine.reserve(now, *limits, scenario.request(), estimate);
        engine.settle(now, decision.reservation, scenario.consumption(estimate));
    }

    /// The same for two engines, which have to agree.
    void stepBoth(Engine &a, Engine &b)
    {
        now = scenario.later(now);
        if (scenario.chance(60)) {
            limits = scenario.edited();
            a.apply(now, *limits);
            b.apply(now, *limits);
        }
        const Subject who = scenario.request();
        const Estimate estimate = scenario.estimate();
        const Consumption consumption = scenario.consumption(estimate);
        const Decision first = a.reserve(now, *limits, who, estimate);
        const Decision second = b.reserve(now, *limits, who, estimate);
        compare(first, second);
        a.settle(now, first.reservation, consumption);
        b.settle(now, second.reservation, consumption);
    }

    LimitScenario scenario;
    Instant now = Start;
    std::shared_ptr<const LimitSet> limits;
};

/// FNV-1a as the records have it, for damage that the checksum does not tell.
QByteArray sealed(const QByteArray &key, QByteArray state)
{
    constexpr qsizetype Head = 5;
    if (state.size() < Head)
        return state;
    quint64 sum = 0xcbf2'9ce4'8422'2325;
    for (const char byte : QByteArray(key + state.sliced(Head)))
        sum = (sum ^ static_cast<unsigned char>(byte)) * 0x100'0000'01b3;
    sum ^= sum >> 32;
    for (int i = 0; i < 4; ++i)
        state[1 + i] = static_cast<char>(sum >> (24 - 8 * i));
    return state;
}

void damage(CounterRecord &record, QRandomGenerator &random)
{
    for (int flips = random.bounded(0, 4); flips > 0; --flips) {
        QByteArray &bytes = random.bounded(3) == 0 ? record.key : record.state;
        const char byte = static_cast<char>(random.bounded(3) == 0 ? 0xff : random.bounded(256));
        bytes[random.bounded(int(bytes.size()))] = byte;
    }
    record.state = sealed(record.key, record.state);
}

std::vector<CounterRecord> someRecords(Run &run)
{
    Engine engine;
    for (int i = 0; i < 60; ++i)
        run.step(engine);
    return records(engine, run.now);
}

} // namespace

class TestEngineState : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void goesOnAsIfNothingHadHappened_data();
    void goesOnAsIfNothingHadHappened();
    void openReservationsAreSavedAtTheirEstimate();
    void limitsEditedMeanwhileKeepTheUsedUnits();
    void recordsFollowTheCounters_data();
    void recordsFollowTheCounters();
    void saysOnceThatThereIsNews();
    void recordsAreRenamedWithTheirLimit();
    void addsToWhatIsCountedAlready();
    void brokenRecordsAreDroppedAlone();
    void aHeadersPeriodIsInItsKey();
    void fuzzedRecordsNeverCrash();
    void emptyAndIdleCountersTakeNoRoom();
};

void TestEngineState::goesOnAsIfNothingHadHappened_data()
{
    const quint32 seeds = qEnvironmentVariable("SLUICE_TEST_SEEDS", u"60"_s).toUInt();
    QTest::addColumn<quint32>("seed");
    for (quint32 seed = 1; seed <= seeds; ++seed)
        QTest::addRow("seed %u", seed) << seed;
}

void TestEngineState::goesOnAsIfNothingHadHappened()
{
    QFETCH(quint32, seed);
    Run run(seed);
    Engine engine;
    for (int i = 0; i < 300; ++i)
        run.step(engine);
    run.limits = run.scenario.complete();
    engine.apply(run.now, *run.limits);
    const auto state = records(engine, run.now);
    Engine other;
    const LoadReport report = other.load(run.now, *run.limits, counters(state));
    QCOMPARE(report.loaded, std::ssize(state));
    QCOMPARE(report.idle + report.broken, 0);
    QCOMPARE(records(other, run.now), state);
    for (int i = 0; i < 300 && !QTest::currentTestFailed(); ++i)
        run.stepBoth(engine, other);
    QCOMPARE(other.violations(run.now), QStringList());
}

void TestEngineState::openReservationsAreSavedAtTheirEstimate()
{
    auto tokens = rule("tokens", SegmentKind::Shared, 100, 60s);
    tokens.unit = Unit::Token;
    auto concurrency = rule("slots", SegmentKind::Shared, 1, 0s);
    concurrency.algorithm = Algorithm::Concurrency;
    concurrency.unit = Unit::ConcurrentRequest;
    const auto limits = compile({tokens, concurrency});
    Estimate estimate;
    estimate.input.firm = 40 * MicroPerUnit;
    Engine engine;
    const Decision open = engine.reserve(Start, *limits, subject("a"), estimate);
    Engine other;
    QCOMPARE(engine.save(Start).front().reserved, 40 * MicroPerUnit);
    other.load(Start, *limits, engine.save(Start));
    QCOMPARE(other.openReservations(), 0);
    const Decision next = other.reserve(Start, *limits, subject("a"), estimate);
    QVERIFY(next.isAdmitted()); // the slot is free
    QCOMPARE(next.chain[0].usage.used, 40 * MicroPerUnit);
    other.settle(Start, open.reservation + 1'000, Consumption::nothing());
    QCOMPARE(other.openReservations(), 1);
}

void TestEngineState::limitsEditedMeanwhileKeepTheUsedUnits()
{
    auto bucket = rule("bucket", SegmentKind::Shared, 100, 1h);
    auto window = rule("window", SegmentKind::Shared, 100, 1h);
    window.algorithm = Algorithm::SlidingWindow;
    auto calendar = rule("calendar", SegmentKind::Shared, 100, 0s);
    calendar.algorithm = Algorithm::CalendarWindow;
    Engine engine;
    const auto before = compile({bucket, window, calendar});
    QCOMPARE(admitted(engine, Start, *before, subject("a"), 30), 30);
    bucket.refill = window.refill = 2h;
    bucket.capacity = 40 * MicroPerUnit;
    calendar.calendar.unit = config::CalendarUnit::Year;
    const auto after = compile({bucket, window, calendar});
    Engine other;
    other.load(Start, *after, engine.save(Start));
    for (const ChainLink &link : other.explain(Start, *after, subject("a")).chain)
        QCOMPARE(link.usage.used, 30 * MicroPerUnit);
    QCOMPARE(admitted(other, Start, *after, subject("a")), 10);
}

void TestEngineState::recordsFollowTheCounters_data()
{
    goesOnAsIfNothingHadHappened_data();
}

void TestEngineState::recordsFollowTheCounters()
{
    QFETCH(quint32, seed);
    Run run(seed);
    Engine engine;
    engine.beginSaving();
    Records kept;
    std::vector<ReservationId> open;
    for (int i = 0; i < 1'000; ++i) {
        run.step(engine, open);
        if (run.scenario.chance(9))
            kept.follow(engine, run.now, 1 + run.scenario.below(20));
        if (run.scenario.chance(100))
            kept.follow(engine, run.now, 1'000'000);
    }
    engine.sweep(run.now, 100'000); // brings all up to date with the edits
    kept.follow(engine, run.now, 1'000'000);
    QVERIFY(engine.takeUnsaved(run.now, 1).empty());
    // Of limits that are not running, calendars may be read in other terms; nothing else differs.
    run.limits = run.scenario.complete();
    engine.apply(run.now, *run.limits);
    engine.sweep(run.now, 100'000);
    kept.follow(engine, run.now, 1'000'000);
    Engine other; // what has become idle since, or is held by somebody only, need not be there
    other.load(run.now, *run.limits, counters(kept.list()));
    QCOMPARE(records(other, run.now), records(engine, run.now));
    other.beginSaving();
    QVERIFY(other.takeUnsaved(run.now, 1).empty()); // what is there is not written again
}

void TestEngineState::saysOnceThatThereIsNews()
{
    const auto limits = compile({rule("key", SegmentKind::ApiKey, 5, 50s)});
    Engine engine;
    engine.reserve(Start, *limits, subject("before"));
    QVERIFY(!engine.takeNews()); // nobody keeps records
    QVERIFY(engine.takeUnsaved(Start, 10).empty());
    engine.beginSaving();
    QVERIFY(engine.takeNews());
    engine.reserve(Start, *limits, subject("a"));
    QVERIFY(!engine.takeNews()); // it is known that something waits
    QCOMPARE(engine.takeUnsaved(Start, 1).size(), 1U);
    QCOMPARE(engine.takeUnsaved(Start, 10).size(), 1U);
    QVERIFY(engine.takeUnsaved(Start, 10).empty());
    engine.reserve(Start, *limits, subject("a"));
    QVERIFY(engine.takeNews());
    QCOMPARE(engine.takeUnsaved(Start, 10).size(), 1U);
    // The reader of changes is another one.
    QCOMPARE(changes(engine).size(), 2U);
    // Expired: both records have to go.
    engine.sweep(Start + 60s, 100);
    QVERIFY(engine.takeNews());
    const auto gone = engine.takeUnsaved(Start + 60s, 10);
    QCOMPARE(gone.size(), 2U);
    for (const SavedCounter &change : gone)
        QCOMPARE(change.change, SavedCounter::Change::IsGone);
}

void TestEngineState::recordsAreRenamedWithTheirLimit()
{
    // More than an edit brings up to date at once.
    constexpr int Count = 10'000;
    auto limit = rule("old", SegmentKind::EndUser, 5, 24h);
    const auto before = compile({limit});
    Engine engine;
    engine.beginSaving();
    Records kept;
    for (int i = 0; i < Count; ++i)
        engine.reserve(Start, *before, subject("a", "user" + QByteArray::number(i)));
    kept.follow(engine, Start, 2 * Count);
    limit.name = "new";
    const auto after = compile({limit});
    engine.apply(Start, *after, {{"old", "new"}});
    engine.reset(Start, "new", "user9000");
    kept.follow(engine, Start, 2 * Count);
    QCOMPARE(kept.list(), records(engine, Start));
    Engine other;
    QCOMPARE(other.load(Start, *after, counters(kept.list())).loaded, Count - 1);
    QCOMPARE(
        other.explain(Start, *after, subject("a", "user9999")).chain[0].usage.used, MicroPerUnit);
    QCOMPARE(other.explain(Start, *after, subject("a", "user9000")).chain[0].usage.used, 0);
}

void TestEngineState::addsToWhatIsCountedAlready()
{
    auto window = rule("window", SegmentKind::Shared, 100, 1h);
    window.algorithm = Algorithm::SlidingWindow;
    auto calendar = rule("calendar", SegmentKind::Shared, 100, 0s);
    calendar.algorithm = Algorithm::CalendarWindow;
    const auto limits = compile({rule("bucket", SegmentKind::Shared, 100, 1h), window, calendar});
    Engine engine;
    QCOMPARE(admitted(engine, Start, *limits, subject("a"), 30), 30);
    Engine other;
    QCOMPARE(admitted(other, Start, *limits, subject("a"), 20), 20);
    const LoadReport report = other.load(Start, *limits, engine.save(Start));
    QCOMPARE(report.loaded, 3);
    QVERIFY(report.dropped.empty()); // each stands for the counter, as soon as it is written again
    for (const ChainLink &link : other.explain(Start, *limits, subject("a")).chain)
        QCOMPARE(link.usage.used, 50 * MicroPerUnit);
    other.beginSaving();
    Records kept;
    kept.follow(other, Start, 100);
    QCOMPARE(kept.list(), records(other, Start));
}

void TestEngineState::brokenRecordsAreDroppedAlone()
{
    Run run(7);
    const auto good = someRecords(run);
    QVERIFY(good.size() > 5);
    CounterRecordReader reader;
    for (const CounterRecord &record : good) {
        QVERIFY(reader.read(record));
        for (qsizetype size = 0; size < record.state.size(); ++size)
            QVERIFY(!reader.read({record.limit, record.key, record.state.first(size)}));
        for (qsizetype size = 0; size < record.key.size(); ++size)
            QVERIFY(!reader.read({record.limit, record.key.first(size), record.state}));
        for (qsizetype at = 0; at < record.state.size(); ++at) {
            QByteArray bad = record.state;
            bad[at] = static_cast<char>(bad[at] ^ 0x10);
            QVERIFY(!reader.read({record.limit, record.key, bad}));
        }
        QVERIFY(!reader.read({record.limit, record.key, record.state + '\0'}));
        QVERIFY(!reader.read({record.limit, record.key + '\0', record.state}));
    }
    // Of a later time: windows cannot be, whatever else is there counts.
    std::vector<SavedCounter> saved = counters(good);
    Engine engine;
    const LoadReport report = engine.load(run.now.engine - 24h, *run.limits, saved);
    const auto windows = std::count_if(saved.begin(), saved.end(), [](const SavedCounter &counter) {
        return counter.limit->algorithm == Algorithm::SlidingWindow;
    });
    QCOMPARE(report.broken, windows);
    QCOMPARE(report.loaded, std::ssize(saved) - windows);
    QCOMPARE(std::ssize(report.dropped), windows);
}

void TestEngineState::aHeadersPeriodIsInItsKey()
{
    const auto limits = bucketPolicies();
    Engine engine;
    engine.reserve(Start, *limits, withPolicy(subject("a"), "5;w=60"));
    CounterRecord record = toRecord(engine.save(Start).at(0));
    CounterRecordReader reader;
    QVERIFY(reader.read(record));
    for (const char byte : {'\0', '\1'}) { // of the period, the last eight of the head
        CounterRecord other = record;
        std::fill_n(other.key.begin() + 8, 8, byte);
        other.state = sealed(other.key, other.state);
        QVERIFY(!reader.read(other));
    }
}

void TestEngineState::fuzzedRecordsNeverCrash()
{
    QRandomGenerator random(11);
    int taken = 0;
    for (quint32 seed = 1; seed <= 8; ++seed) {
        Run run(seed);
        const auto good = someRecords(run);
        for (int i = 0; i < 1'500; ++i) {
            std::vector<CounterRecord> bad = good;
            for (CounterRecord &record : bad)
                damage(record, random);
            const auto readable = counters(bad);
            taken += static_cast<int>(readable.size());
            Engine engine; // what it has taken over it can work with
            engine.load(run.now, *run.limits, readable);
            engine.beginSaving();
            for (int step = 0; step < 3; ++step)
                run.step(engine);
            engine.sweep(run.now, 1'000);
            readings(engine, run.now);
            Records kept;
            kept.follow(engine, run.now, 1'000);
        }
    }
    QVERIFY(taken > 1'000);
}

void TestEngineState::emptyAndIdleCountersTakeNoRoom()
{
    const auto limits = compile({rule("key", SegmentKind::ApiKey, 5, 50s)});
    Engine engine;
    for (int i = 0; i < 100; ++i)
        engine.reserve(Start, *limits, subject(QByteArray::number(i)));
    QCOMPARE(engine.save(Start + 10s - 1ns).size(), 100U);
    QVERIFY(engine.save(Start + 10s).empty());
    Engine other;
    const LoadReport report = other.load(Start + 10s, *limits, engine.save(Start));
    QCOMPARE(report.idle, 100);
    QCOMPARE(report.dropped.size(), 100U);
    QCOMPARE(other.counterCount(), 0);
}

QTEST_GUILESS_MAIN(TestEngineState)
#include "tst_enginestate.moc"

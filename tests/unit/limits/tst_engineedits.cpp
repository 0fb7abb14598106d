// SPDX-License-Identifier: GPL-3.0-or-later
// What a saved change of the limits does to what has been used already.
#include "limitsetup.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::test;

namespace {

config::LimitRule keyRule(qint64 requests, nanoseconds refill)
{
    return rule("global/per-api-key", SegmentKind::ApiKey, requests, refill);
}

MicroAmount used(const Engine &engine, EngineTime now, const LimitSet &limits)
{
    return engine.explain(now, limits, subject("a")).chain[0].usage.used;
}

} // namespace

class TestEngineEdits : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void capacityAndPeriodKeepUsedUnits_data();
    void capacityAndPeriodKeepUsedUnits();
    void theEditCountsFromWhenItWasMade();
    void otherFieldsLeaveCountersBitIdentical();
    void readingsFollowTheEdit();
    void aRaisedLimitAdmitsAtOnce();
    void aDeletedLimitExpiresAndComesBackWithItsUse();
    void anotherSegmentOrUnitOrNameStartsAnew();
    void aRenamedLimitGoesOn();
    void whatALimitHasCountedBeforeIsRenamedToo();
    void largeTablesCatchUpBySweeping();
    void manyEditsInARow();
    void explainWithADraftReadsTheSameCounters();
    void overridesFollowAnEditOfTheCalendar();
    void aNewCalendarTakesThePlaceOfAnEarlierPeriod();
    void draftsReadAsIfTheyWereApplied();
    void aResetComesBackExactly();
};

void TestEngineEdits::capacityAndPeriodKeepUsedUnits_data()
{
    QTest::addColumn<qint64>("requests");
    QTest::addColumn<qint64>("seconds");
    QTest::newRow("more") << 1'000LL << 60LL;
    QTest::newRow("fewer") << 50LL << 60LL;
    QTest::newRow("fewer than used") << 10LL << 60LL;
    QTest::newRow("longer") << 100LL << 86'400LL;
    QTest::newRow("shorter") << 100LL << 1LL;
    QTest::newRow("both") << 77LL << 7LL;
}

void TestEngineEdits::capacityAndPeriodKeepUsedUnits()
{
    QFETCH(qint64, requests);
    QFETCH(qint64, seconds);
    Engine engine;
    const auto before = compile({keyRule(100, 60s)});
    QCOMPARE(admitted(engine, Start, *before, subject("a"), 40), 40);
    const auto after = compile({keyRule(requests, std::chrono::seconds(seconds))});
    engine.apply(Start, *after);
    QCOMPARE(used(engine, Start, *after), 40 * MicroPerUnit);
    const auto left = std::max<qint64>(0, requests - 40);
    QCOMPARE(admitted(engine, Start, *after, subject("a")), left);
}

void TestEngineEdits::theEditCountsFromWhenItWasMade()
{
    // 60 used of 60 a minute; after 30 s, 30 are used. Then 60 an hour: the next minute frees one.
    Engine engine;
    const auto before = compile({keyRule(60, 60s)});
    QCOMPARE(admitted(engine, Start, *before, subject("a")), 60);
    const auto after = compile({keyRule(60, 1h)});
    engine.apply(Start + 30s, *after);
    QCOMPARE(used(engine, Start + 30s, *after), 30 * MicroPerUnit);
    QCOMPARE(used(engine, Start + 90s, *after), 29 * MicroPerUnit);
}

void TestEngineEdits::otherFieldsLeaveCountersBitIdentical()
{
    Engine engine;
    auto limit = keyRule(7, 13s);
    auto set = compile({limit});
    admitted(engine, Start, *set, subject("a"), 3);
    const auto before = readings(engine);
    limit.mode = LimitMode::Shadow;
    limit.onMissing = MissingSegment::Skip;
    limit.place = {99, 1};
    engine.apply(Start + 1s, *compile({rule("new", SegmentKind::Shared, 1, 1s), limit}));
    const auto after = readings(engine, Start + 1s);
    QCOMPARE(after.size(), 1U);
    QCOMPARE(after[0].state, before[0].state);
    QCOMPARE(after[0].change, before[0].change);
    QCOMPARE(after[0].limit->line, 99);
}

void TestEngineEdits::readingsFollowTheEdit()
{
    Engine engine;
    admitted(engine, Start, *compile({keyRule(100, 60s)}), subject("a"), 40);
    QCOMPARE(changes(engine).size(), 1U);
    engine.apply(Start, *compile({keyRule(200, 1h)}));
    const auto changed = changes(engine);
    QCOMPARE(changed.size(), 1U);
    const Usage usage = usageAt(changed[0], Start);
    QCOMPARE(usage.quota, 200 * MicroPerUnit);
    QCOMPARE(usage.used, 40 * MicroPerUnit);
    QCOMPARE(std::get<GcraState>(changed[0].state).quota, 200 * MicroPerUnit);
}

void TestEngineEdits::aRaisedLimitAdmitsAtOnce()
{
    Engine engine;
    QCOMPARE(admitted(engine, Start, *compile({keyRule(5, 24h)}), subject("a")), 5);
    QCOMPARE(admitted(engine, Start, *compile({keyRule(8, 24h)}), subject("a")), 3);
}

void TestEngineEdits::aDeletedLimitExpiresAndComesBackWithItsUse()
{
    Engine engine;
    const auto with = compile({keyRule(10, 10s)});
    const auto without = compile({});
    QCOMPARE(admitted(engine, Start, *with, subject("a")), 10);
    engine.apply(Start, *without);
    QVERIFY(engine.reserve(Start, *without, subject("a")).chain.empty());
    engine.sweep(Start + 4s, 100);
    QCOMPARE(engine.counterCount(), 1);
    engine.apply(Start + 4s, *compile({keyRule(20, 10s)})); // undone, and changed on the way
    QCOMPARE(readings(engine, Start + 4s).size(), 1U);
    QCOMPARE(admitted(engine, Start + 4s, *compile({keyRule(20, 10s)}), subject("a")), 14);
    engine.apply(Start + 4s, *without);
    engine.sweep(Start + 14s, 100);
    QCOMPARE(engine.counterCount(), 0);
}

void TestEngineEdits::anotherSegmentOrUnitOrNameStartsAnew()
{
    Engine engine;
    QCOMPARE(admitted(engine, Start, *compile({keyRule(5, 1h)}), subject("a", "a")), 5);
    auto limit = keyRule(5, 1h);
    limit.segment.kind = SegmentKind::EndUser;
    QCOMPARE(admitted(engine, Start, *compile({limit}), subject("a", "a")), 5);
    limit = keyRule(5, 1h);
    limit.name = "renamed";
    QCOMPARE(admitted(engine, Start, *compile({limit}), subject("a", "a")), 5);
    // And back: what was used is still there.
    QCOMPARE(admitted(engine, Start, *compile({keyRule(5, 1h)}), subject("a", "a")), 0);
}

void TestEngineEdits::aRenamedLimitGoesOn()
{
    Engine engine;
    QCOMPARE(admitted(engine, Start, *compile({keyRule(5, 24h)}), subject("a")), 5);
    auto limit = keyRule(7, 24h);
    limit.name = "renamed";
    changes(engine);
    engine.apply(Start, *compile({limit}), {{"global/per-api-key", "renamed"}});
    const auto changed = changes(engine);
    QCOMPARE(changed.size(), 1U);
    QCOMPARE(changed.front().limit->name, "renamed"_ba);
    QCOMPARE(admitted(engine, Start, *compile({limit}), subject("a")), 2);
    // Back again, and then to a name that is counted under already: that one stays as it is.
    engine.apply(Start, *compile({keyRule(7, 24h)}), {{"renamed", "global/per-api-key"}});
    QCOMPARE(admitted(engine, Start, *compile({keyRule(7, 24h)}), subject("a")), 0);
    const auto both = compile({keyRule(7, 24h), limit});
    QCOMPARE(admitted(engine, Start, *both, subject("a")), 0);
}

void TestEngineEdits::whatALimitHasCountedBeforeIsRenamedToo()
{
    // Of what it counted in another unit nothing is left but counters of values with own amounts.
    Engine engine;
    auto limit = keyRule(5, 24h);
    limit.overrides = {{"a", 3 * MicroPerUnit, 24h, {}}, {"b", 4 * MicroPerUnit, 24h, {}}};
    const auto before = compile({limit});
    QCOMPARE(admitted(engine, Start, *before, subject("a")), 3);
    QCOMPARE(admitted(engine, Start, *before, subject("b")), 4);
    auto tokens = limit;
    tokens.unit = Unit::Token;
    engine.apply(Start, *compile({tokens}));
    tokens.name = "renamed";
    engine.apply(Start, *compile({tokens}), {{"global/per-api-key", "renamed"}});
    for (const CounterReading &reading : readings(engine))
        QCOMPARE(reading.limit->name, "renamed"_ba);
    limit.name = "renamed";
    const auto after = compile({limit});
    engine.apply(Start, *after);
    QCOMPARE(admitted(engine, Start, *after, subject("a")), 0);
    QCOMPARE(admitted(engine, Start, *after, subject("b")), 0);
}

void TestEngineEdits::largeTablesCatchUpBySweeping()
{
    constexpr int Count = 10'000;
    Engine engine;
    const auto before = compile({keyRule(10, 1h)});
    for (int i = 0; i < Count; ++i)
        engine.reserve(Start, *before, subject(QByteArray::number(i)));
    QCOMPARE(changes(engine).size(), static_cast<size_t>(Count));
    engine.apply(Start, *compile({keyRule(20, 1h)}));
    for (int i = 0; i < 10; ++i)
        engine.sweep(Start, Count / 10);
    QCOMPARE(changes(engine).size(), static_cast<size_t>(Count));
    // Before they have caught up, readings are right as well.
    engine.apply(Start, *compile({keyRule(30, 1h)}));
    for (const CounterReading &reading : readings(engine)) {
        QCOMPARE(reading.limit->quota, 30 * MicroPerUnit);
        QCOMPARE(usageAt(*reading.limit, reading.state, Start).used, MicroPerUnit);
    }
}

void TestEngineEdits::manyEditsInARow()
{
    Engine engine;
    QCOMPARE(admitted(engine, Start, *compile({keyRule(100, 1h)}), subject("a"), 50), 50);
    std::shared_ptr<const LimitSet> limits;
    for (int i = 0; i < 1'000; ++i) {
        limits = compile({keyRule(60 + i % 41, std::chrono::minutes(1 + i % 59))});
        engine.apply(Start, *limits);
    }
    // Every change of the period may round up by a tick of 1/quota ns, and no more.
    const MicroAmount now = used(engine, Start, *limits);
    QVERIFY(now >= 50 * MicroPerUnit && now <= 50 * MicroPerUnit + 1);
}

void TestEngineEdits::explainWithADraftReadsTheSameCounters()
{
    Engine engine;
    const auto running = compile({keyRule(10, 1h)});
    QCOMPARE(admitted(engine, Start, *running, subject("a"), 6), 6);
    const auto draft = compile({keyRule(5, 1min)});
    const Decision decision = engine.explain(Start, *draft, subject("a"));
    QCOMPARE(decision.verdict, Verdict::LimitReached);
    QCOMPARE(decision.chain[0].usage.used, 6 * MicroPerUnit);
    QCOMPARE(decision.wait, nanoseconds(24s));
    QCOMPARE(admitted(engine, Start, *running, subject("a")), 4);
}

void TestEngineEdits::overridesFollowAnEditOfTheCalendar()
{
    auto limit = rule("calendar", SegmentKind::EndUser, 10, 0s);
    limit.algorithm = Algorithm::CalendarWindow;
    limit.overrides = {{"vip", 20 * MicroPerUnit, 0s, {}}};
    Engine engine;
    const auto before = compile({limit});
    QCOMPARE(admitted(engine, Start, *before, subject("a", "vip"), 15), 15);
    QCOMPARE(admitted(engine, Start, *before, subject("a", "joe"), 8), 8);
    // The calendar changes, joe gets amounts of his own and vip loses those: all at once.
    limit.calendar.unit = config::CalendarUnit::Month;
    limit.overrides = {{"joe", 9 * MicroPerUnit, 0s, {}}};
    const auto after = compile({limit});
    engine.apply(Start, *after);
    QCOMPARE(admitted(engine, Start, *after, subject("a", "joe")), 1);
    QCOMPARE(admitted(engine, Start, *after, subject("a", "vip")), 0);
    QCOMPARE(engine.counterCount(), 2);
    QCOMPARE(readings(engine)[0].limit->quota, 10 * MicroPerUnit);
}

void TestEngineEdits::aNewCalendarTakesThePlaceOfAnEarlierPeriod()
{
    // The hour from midnight on and the day begin at the same instant, which is part of the key.
    const milliseconds midnight = std::chrono::sys_days(2024y / 3 / 1).time_since_epoch();
    auto limit = rule("calendar", SegmentKind::Shared, 10, 0s);
    limit.algorithm = Algorithm::CalendarWindow;
    limit.calendar.unit = config::CalendarUnit::Hour;
    const auto hours = compile({limit});
    limit.calendar.unit = config::CalendarUnit::Day;
    const auto days = compile({limit});
    Engine engine;
    QCOMPARE(admitted(engine, midnight + 10min, *hours, subject("a"), 7), 7);
    QCOMPARE(admitted(engine, midnight + 70min, *hours, subject("a"), 4), 4);
    engine.apply(midnight + 70min, *days);
    QCOMPARE(admitted(engine, midnight + 71min, *days, subject("a")), 6);
    QCOMPARE(engine.counterCount(), 1);
}

void TestEngineEdits::draftsReadAsIfTheyWereApplied()
{
    auto bucket = rule("bucket", SegmentKind::Shared, 10, 1h);
    auto calendar = rule("calendar", SegmentKind::Shared, 10, 0s);
    calendar.algorithm = Algorithm::CalendarWindow;
    Engine engine;
    QCOMPARE(admitted(engine, Start, *compile({bucket, calendar}), subject("a"), 6), 6);
    bucket.capacity = 5 * MicroPerUnit;
    calendar.capacity = 6 * MicroPerUnit;
    calendar.calendar.unit = config::CalendarUnit::Year;
    const auto draft = compile({bucket, calendar});
    const Decision drafted = engine.explain(Start, *draft, subject("a"));
    engine.apply(Start, *draft);
    const Decision applied = engine.explain(Start, *draft, subject("a"));
    QCOMPARE(drafted.verdict, Verdict::LimitReached);
    for (size_t i = 0; i < 2; ++i) {
        QCOMPARE(drafted.chain[i].usage, applied.chain[i].usage);
        QCOMPARE(drafted.chain[i].wait, applied.chain[i].wait);
        QCOMPARE(drafted.chain[i].usage.used, 6 * MicroPerUnit);
    }
}

void TestEngineEdits::aResetComesBackExactly()
{
    auto window = rule("window", SegmentKind::ApiKey, 100, 60s);
    window.algorithm = Algorithm::SlidingWindow;
    auto bucket = rule("bucket", SegmentKind::ApiKey, 7, 13s);
    Engine engine;
    const auto limits = compile({window, bucket});
    QCOMPARE(admitted(engine, Start, *limits, subject("a"), 5), 5);
    const auto before = readings(engine);
    auto taken = engine.reset(Start + 1s, "window", "a");
    auto other = engine.reset(Start + 1s, "bucket", "a");
    taken.insert(taken.end(), other.begin(), other.end());
    QCOMPARE(taken.size(), 2U);
    engine.restore(Start + 2s, taken);
    for (size_t i = 0; i < 2; ++i)
        QCOMPARE(readings(engine, Start + 2s)[i].state, before[i].state);
    // With another period in between, cells are those of the new one.
    taken = engine.reset(Start + 2s, "window", "a");
    window.refill = 1h;
    const auto longer = compile({window, bucket});
    engine.apply(Start + 3s, *longer);
    engine.restore(Start + 3s, taken);
    QCOMPARE(
        engine.explain(Start + 1h, *longer, subject("a")).chain[0].usage.used, 5 * MicroPerUnit);
}

QTEST_GUILESS_MAIN(TestEngineEdits)
#include "tst_engineedits.moc"

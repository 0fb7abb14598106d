// SPDX-License-Identifier: GPL-3.0-or-later
// Who stands where after an edit, as Review says it beforehand, is what the engine says once the
// edit is in force.
#include "core/insight/standings.h"
#include "insightsetup.h"

#include <QRandomGenerator>
#include <QTest>

using namespace sluice;
using namespace sluice::test;
using namespace Qt::StringLiterals;
using config::CalendarUnit;
using insight::Standing;

Q_DECLARE_METATYPE(sluice::config::LimitRule)

namespace {

constexpr const char *Keys[] = {"ci", "app", "docs", "batch"};

config::LimitRule limitOf(
    Algorithm algorithm, qint64 quota, nanoseconds period, Unit unit = Unit::Request)
{
    config::LimitRule result = rule("l", SegmentKind::ApiKey, quota, period);
    result.algorithm = algorithm;
    result.unit = unit;
    return result;
}

config::LimitRule calendar(CalendarUnit unit, qint64 quota, const char *zone)
{
    config::LimitRule result = limitOf(Algorithm::CalendarWindow, quota, 0ns);
    result.calendar = {unit, QTimeZone(zone), Qt::Monday};
    return result;
}

config::LimitRule withOwn(config::LimitRule rule, const QByteArray &value, qint64 quota)
{
    rule.overrides.push_back({value, quota * MicroPerUnit, rule.refill, {}});
    return rule;
}

std::map<QByteArray, Usage> usageBy(const std::vector<CounterReading> &readings, Instant now)
{
    std::map<QByteArray, Usage> result;
    for (const CounterReading &reading : readings)
        result[reading.value] = usageAt(reading, now);
    return result;
}

} // namespace

class TestStandings : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void agreeWithTheEngine_data();
    void agreeWithTheEngine();
    void theFullestComesFirst();
    void anotherAlgorithmStandsNowhere();
};

void TestStandings::agreeWithTheEngine_data()
{
    QTest::addColumn<config::LimitRule>("before");
    QTest::addColumn<config::LimitRule>("after");
    using enum Algorithm;
    const auto bucket = limitOf(Gcra, 60, 1min);
    const auto window = limitOf(SlidingWindow, 60, 1h);
    const auto month = calendar(CalendarUnit::Month, 60, "Europe/Berlin");
    const auto running = limitOf(Concurrency, 20, 0ns, Unit::ConcurrentRequest);
    const auto row = [](const char *name, const config::LimitRule &a, const config::LimitRule &b) {
        QTest::newRow(name) << a << b;
    };
    row("bucket raised", bucket, limitOf(Gcra, 90, 1min));
    row("bucket lowered", bucket, limitOf(Gcra, 7, 1min));
    row("bucket slower", bucket, limitOf(Gcra, 60, 10min));
    row("bucket faster and larger", bucket, limitOf(Gcra, 77, 13s));
    row("bucket with an exception", bucket, withOwn(bucket, "ci", 5));
    row("bucket without it", withOwn(bucket, "ci", 5), bucket);
    row("bucket, another exception", withOwn(bucket, "ci", 50), withOwn(bucket, "ci", 9));
    row("window raised", window, limitOf(SlidingWindow, 90, 1h));
    row("window lowered", window, limitOf(SlidingWindow, 5, 1h));
    row("window longer", window, limitOf(SlidingWindow, 60, 3h));
    row("window shorter", window, limitOf(SlidingWindow, 60, 7min));
    row("window with an exception", window, withOwn(window, "app", 3));
    row("month lowered", month, calendar(CalendarUnit::Month, 9, "Europe/Berlin"));
    row("month elsewhere", month, calendar(CalendarUnit::Month, 60, "Asia/Tokyo"));
    row("month to day", month, calendar(CalendarUnit::Day, 30, "Europe/Berlin"));
    row("running raised", running, limitOf(Concurrency, 40, 0ns, Unit::ConcurrentRequest));
    row("running lowered", running, limitOf(Concurrency, 2, 0ns, Unit::ConcurrentRequest));
}

void TestStandings::agreeWithTheEngine()
{
    QFETCH(const config::LimitRule, before);
    QFETCH(const config::LimitRule, after);
    for (quint32 seed = 1; seed <= 40; ++seed) {
        QRandomGenerator random(seed);
        Desk desk(compile({before}));
        for (int i = 0; i < 120; ++i) {
            desk.now += std::chrono::milliseconds(random.bounded(40'000));
            const RequestRecord record = desk.request(subject(Keys[random.bounded(4)]));
            if (random.bounded(3) == 0)
                desk.engine.settle(desk.now, record.decision.reservation, {});
        }
        insight::UsageBook book;
        book.setLimits(*desk.limits);
        book.ingest(desk.report());
        const auto next = compile({after});
        const std::vector<Standing> who =
            insight::standings("l", *next->find("l"), book, Instant(desk.now));
        desk.engine.apply(desk.now, *next);
        const std::map<QByteArray, Usage> really =
            usageBy(readings(desk.engine, desk.now), desk.now);
        for (const auto &[value, usage] : really) {
            const auto standing = std::find_if(who.begin(), who.end(),
                [&value](const Standing &each) { return each.value == value; });
            QVERIFY2(standing != who.end(), value.constData());
            QCOMPARE(standing->usage.taken(), usage.taken());
            QCOMPARE(standing->usage.remaining, usage.remaining);
            QCOMPARE(standing->usage.quota, usage.quota);
        }
    }
}

void TestStandings::theFullestComesFirst()
{
    Desk desk(compile({limitOf(Algorithm::Gcra, 60, 1min)}));
    for (int i = 0; i < 30; ++i)
        desk.request(subject("ci"));
    for (int i = 0; i < 9; ++i)
        desk.request(subject("app"));
    insight::UsageBook book;
    book.ingest(desk.report());
    const auto next = compile({withOwn(limitOf(Algorithm::Gcra, 60, 1min), "app", 10)});
    const auto who = insight::standings("l", *next->find("l"), book, Instant(desk.now));
    QCOMPARE(who.size(), size_t(2));
    QCOMPARE(who.front().value, "app"_ba); // nine of its own ten, more than 30 of 60
    QCOMPARE(insight::percentTaken(who.front().usage, Unit::Request), 90);
    QVERIFY(!who.front().isOver());
}

void TestStandings::anotherAlgorithmStandsNowhere()
{
    Desk desk(compile({limitOf(Algorithm::Gcra, 60, 1min)}));
    desk.request(subject("ci"));
    insight::UsageBook book;
    book.ingest(desk.report());
    const auto next = compile({limitOf(Algorithm::SlidingWindow, 60, 1min)});
    QVERIFY(insight::standings("l", *next->find("l"), book, Instant(desk.now)).empty());
}

QTEST_GUILESS_MAIN(TestStandings)
#include "tst_standings.moc"

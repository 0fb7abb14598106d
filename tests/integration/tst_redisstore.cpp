// SPDX-License-Identifier: GPL-3.0-or-later
// What is particular to counters in a real Redis: the layout that docs/stores.md promises, scripts,
// leases, and that nothing stays behind. What all shared stores promise: tst_storesharing.
#include "core/limits/gcra.h"
#include "core/stores/redis/counterscript.h"
#include "core/stores/redis/redisstore.h"
#include "tests/support/redisserver.h"
#include "tests/support/storeprobe.h"

#include <QTest>

using namespace sluice;
using namespace sluice::limits;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;
using test::RedisServer;
using test::StoreProbe;

namespace {

constexpr MicroAmount One = MicroPerUnit;

using Identity = std::shared_ptr<const stores::GatewayIdentity>;

StoreProbe probeOf(const config::Store &store,
    const Identity &identity = stores::GatewayIdentity::make(),
    const stores::RedisOptions &options = {})
{
    return StoreProbe([=](const CounterStore::Listener &listener) {
        return stores::makeRedisStore(store, identity, listener, options);
    });
}

/// Of the one counter that most tests are about; a calendar's period is today.
StoreStep stepOf(Algorithm algorithm, qint64 units, nanoseconds period = 24h)
{
    StoreStep step = test::stepOf("k", algorithm, units, period);
    const auto today = std::chrono::floor<std::chrono::days>(SystemClock().wall());
    step.period = {today, today + 24h};
    return step;
}

/// What is held of a counter, in units: asked with a cost that never fits, so nothing changes.
qint64 heldOf(StoreProbe &probe, StoreStep step)
{
    step.cost = step.rate.quota + 1;
    const auto answer = probe.reserve({"asks", {step}});
    return answer ? answer->readings.at(0).reserved / One : -1;
}

} // namespace

class TestRedisStore : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void refusalLeavesNothing_data();
    void refusalLeavesNothing();
    void countersExpire_data();
    void countersExpire();
    void keepsTheLayout();
    void usesTheServersClock();
    void namespacesAreApart();
    void scriptIsLoadedAgain();
    void comingBackFromTheDeadAddsNothing();
    void holdersAreAlive();
    void closingWritesWhatIsSettled();
    void answersWhoWaitsWhenItCloses();
    void brokenCounterIsOneError();

private:
    RedisServer m_server;
};

void TestRedisStore::initTestCase()
{
    QCOMPARE(m_server.start(), QString());
}

void TestRedisStore::init()
{
    m_server.ask({u"FLUSHALL"_s});
}

void TestRedisStore::refusalLeavesNothing_data()
{
    QTest::addColumn<int>("algorithm");
    QTest::addColumn<bool>("isHeld");
    QTest::newRow("gcra") << static_cast<int>(Algorithm::Gcra) << false;
    QTest::newRow("gcra, held") << static_cast<int>(Algorithm::Gcra) << true;
    QTest::newRow("window") << static_cast<int>(Algorithm::SlidingWindow) << false;
    QTest::newRow("calendar") << static_cast<int>(Algorithm::CalendarWindow) << true;
    QTest::newRow("concurrency") << static_cast<int>(Algorithm::Concurrency) << true;
}

void TestRedisStore::refusalLeavesNothing()
{
    QFETCH(int, algorithm);
    QFETCH(bool, isHeld);
    StoreProbe probe = probeOf(m_server.store());
    StoreStep step = stepOf(static_cast<Algorithm>(algorithm), 1);
    step.isHeld = isHeld;
    step.cost = 2 * One;
    const auto answer = probe.reserve({"1", {step}});
    QVERIFY(answer && !answer->isAdmitted);
    QCOMPARE(m_server.ask({u"EXISTS"_s, u"{sluice}:c:k"_s}), u"0"_s);
    step.cost = One;
    QVERIFY(probe.reserve({"2", {step}})->isAdmitted);
    m_server.ask({u"PEXPIRE"_s, u"{sluice}:c:k"_s, u"5000"_s});
    const auto fields = [this] {
        QStringList lines = m_server.ask({u"HGETALL"_s, u"{sluice}:c:k"_s}).split(u'\n');
        lines.sort(); // their order means nothing
        return lines;
    };
    const QStringList before = fields();
    QVERIFY(!probe.reserve({"3", {step}})->isAdmitted);
    QCOMPARE(fields(), before);
    QVERIFY(m_server.ask({u"PTTL"_s, u"{sluice}:c:k"_s}).toInt() <= 5'000);
}

void TestRedisStore::countersExpire_data()
{
    QTest::addColumn<int>("algorithm");
    QTest::newRow("gcra") << static_cast<int>(Algorithm::Gcra);
    QTest::newRow("window") << static_cast<int>(Algorithm::SlidingWindow);
    QTest::newRow("calendar") << static_cast<int>(Algorithm::CalendarWindow);
    QTest::newRow("concurrency") << static_cast<int>(Algorithm::Concurrency);
}

void TestRedisStore::countersExpire()
{
    QFETCH(int, algorithm);
    StoreProbe probe = probeOf(m_server.store());
    StoreStep step = stepOf(static_cast<Algorithm>(algorithm), 10, 100s);
    const auto lifetime = [this] {
        return m_server.ask({u"PTTL"_s, u"{sluice}:c:k"_s}).toLongLong();
    };
    if (step.algorithm != Algorithm::Concurrency) {
        QVERIFY(probe.reserve({"1", {step}})->isAdmitted);
        const qint64 most = step.algorithm == Algorithm::Gcra ? 12'000
            : step.algorithm == Algorithm::SlidingWindow      ? 105'000
                                                              : 25 * 3'600'000 + 1'000;
        QVERIFY2(lifetime() > 5'000 && lifetime() <= most, qPrintable(QString::number(lifetime())));
    }
    step.isHeld = true;
    QVERIFY(probe.reserve({"2", {step}})->isAdmitted);
    QVERIFY(lifetime() > 3'600'000); // holds keep it
    QVERIFY(probe.settle("2", {{step, 0}}));
    if (step.algorithm == Algorithm::Concurrency)
        QCOMPARE(lifetime(), -2); // nothing is left
    else if (step.algorithm != Algorithm::CalendarWindow)
        QVERIFY(lifetime() <= 105'000);
    QVERIFY(probe.reset({"k"}));
    QCOMPARE(lifetime(), -2);
}

void TestRedisStore::keepsTheLayout()
{
    const auto identity = std::make_shared<const stores::GatewayIdentity>("gateway1");
    StoreProbe probe = probeOf(m_server.store(), identity);
    StoreStep step = stepOf(Algorithm::Gcra, 10, 100s);
    step.isHeld = true;
    const auto answer = probe.reserve({"r1", {step}});
    QVERIFY(answer);
    const auto field = [this](const char *name) {
        return m_server.ask({u"HGET"_s, u"{sluice}:c:k"_s, QString::fromUtf8(name)});
    };
    const auto &state = std::get<GcraState>(answer->readings[0].state);
    const Int128 ahead = state.tat - static_cast<Int128>(answer->now.engine.count()) * state.quota;
    QCOMPARE(static_cast<qint64>(ahead / One), nanoseconds(100s).count());
    QVERIFY(!field("t").isEmpty());
    QCOMPARE(field("n"), u"10000000"_s);
    QCOMPARE(field("r"), u"100000000000"_s);
    QCOMPARE(field("o"), u"gateway1=1:1000000"_s);
    QCOMPARE(field("h:r1"), QString(u"1 1000000 "_s + field("t") + u" gateway1 0"_s));
    QCOMPARE(m_server.ask({u"GET"_s, u"{sluice}:schema"_s}), u"1"_s);
    QCOMPARE(m_server.ask({u"ZRANGE"_s, u"{sluice}:gateways"_s, u"0"_s, u"-1"_s}), u"gateway1"_s);
}

void TestRedisStore::usesTheServersClock()
{
    // The place for a time of a test's own is empty in all that a gateway sends.
    const stores::CounterScript script("sluice:", "gateway1", "gateway1/1", 30s);
    const StoreBatch batch{"r1", {stepOf(Algorithm::Gcra, 1)}};
    const std::vector<stores::RedisCommand> commands{script.open({}), script.renewLease({}),
        script.reserve(batch, 0, {1'234'567, 0}), script.undo(batch, 0, {}),
        script.settle("r1", {{batch.steps[0], 0}}, {}), script.merge("m", {}, {}),
        script.reset({}, {})};
    for (const stores::RedisCommand &command : commands) {
        QByteArray bytes;
        command.appendTo(bytes, {});
        const qsizetype lease = bytes.indexOf("$5\r\n30000\r\n");
        QVERIFY(lease > 0);
        const QByteArray rest = bytes.mid(lease + 11);
        QVERIFY2(rest.startsWith("$0\r\n\r\n$0\r\n\r\n")
                || rest.startsWith("$7\r\n1234567\r\n$0\r\n\r\n"),
            bytes.constData());
    }
    StoreProbe probe = probeOf(m_server.store());
    const auto answer = probe.reserve(batch);
    QVERIFY(answer);
    const qint64 server = m_server.ask({u"TIME"_s}).section(u'\n', 0, 0).toLongLong();
    const auto now = std::chrono::floor<std::chrono::seconds>(answer->now.engine).count();
    QVERIFY(server - now >= 0 && server - now <= 10);
}

void TestRedisStore::namespacesAreApart()
{
    config::Store other = m_server.store();
    other.keyPrefix = "other:";
    StoreProbe first = probeOf(m_server.store());
    StoreProbe second = probeOf(other);
    const StoreBatch batch{"r1", {stepOf(Algorithm::Gcra, 1)}};
    QVERIFY(first.reserve(batch)->isAdmitted);
    QVERIFY(!first.reserve(batch)->isAdmitted);
    QVERIFY(second.reserve(batch)->isAdmitted);
    QCOMPARE(m_server.ask({u"EXISTS"_s, u"{other}:c:k"_s}), u"1"_s);
}

void TestRedisStore::scriptIsLoadedAgain()
{
    StoreProbe probe = probeOf(m_server.store());
    StoreStep step = stepOf(Algorithm::Gcra, 3);
    QVERIFY(probe.reserve({"1", {step}})->isAdmitted);
    m_server.ask({u"SCRIPT"_s, u"FLUSH"_s});
    std::vector<bool> admitted;
    for (int i = 0; i < 5; ++i) {
        probe.store().reserve({QByteArray::number(i), {step}},
            [&](const auto &answer) { admitted.push_back(answer && answer->isAdmitted); });
    }
    QTRY_COMPARE(admitted.size(), 5U);
    QCOMPARE(std::count(admitted.begin(), admitted.end(), true), 2);
    QVERIFY(probe.isUp());
    QCOMPARE(probe.notices().size(), 1U);
}

void TestRedisStore::comingBackFromTheDeadAddsNothing()
{
    stores::RedisOptions mortal;
    mortal.lease = 200ms;
    mortal.renewal = 24h;
    const auto identity = stores::GatewayIdentity::make();
    StoreProbe sleeper = probeOf(m_server.store(), identity, mortal);
    StoreProbe other = probeOf(m_server.store());
    const StoreStep step = stepOf(Algorithm::Concurrency, 2);
    QVERIFY(sleeper.reserve({"1", {step}})->isAdmitted);
    QVERIFY(sleeper.reserve({"2", {step}})->isAdmitted);
    QTRY_COMPARE(heldOf(other, step), 0);
    QVERIFY(other.reserve({"3", {step}})->isAdmitted);
    // It wakes up: its two slots have been given away, so there is one.
    QVERIFY(sleeper.reserve({"4", {step}})->isAdmitted);
    QVERIFY(!sleeper.reserve({"5", {step}})->isAdmitted);
    QVERIFY(sleeper.settle("1", {{step, 0}}));
    QVERIFY(sleeper.settle("2", {{step, 0}}));
    QVERIFY(!other.reserve({"6", {step}})->isAdmitted);
}

void TestRedisStore::holdersAreAlive()
{
    stores::RedisOptions mortal;
    mortal.lease = 200ms;
    mortal.renewal = 24h;
    StoreProbe sleeper = probeOf(m_server.store(), stores::GatewayIdentity::make(), mortal);
    StoreProbe other = probeOf(m_server.store());
    const auto gateways = [this] { return m_server.ask({u"ZCARD"_s, u"{sluice}:gateways"_s}); };
    QTRY_COMPARE(gateways(), u"2"_s);
    QDeadlineTimer passed(250);
    QTRY_VERIFY(passed.hasExpired());
    // Its lease is over, but what it reserves now is held by a gateway that is alive.
    const StoreStep step = stepOf(Algorithm::Concurrency, 1);
    QVERIFY(sleeper.reserve({"1", {step}})->isAdmitted);
    QVERIFY(!other.reserve({"2", {step}})->isAdmitted);
}

void TestRedisStore::closingWritesWhatIsSettled()
{
    StoreProbe probe = probeOf(m_server.store());
    StoreProbe other = probeOf(m_server.store());
    StoreStep step = stepOf(Algorithm::Gcra, 500);
    step.isHeld = true;
    constexpr int count = 200; // more than are sent at once
    for (int i = 0; i < count; ++i)
        QVERIFY(probe.reserve({QByteArray::number(i), {step}})->isAdmitted);
    for (int i = 0; i < count; ++i)
        probe.store().settle(QByteArray::number(i), {{step, 0}});
    probe.close();
    QTRY_COMPARE(heldOf(other, step), 0);
}

void TestRedisStore::answersWhoWaitsWhenItCloses()
{
    StoreProbe probe = probeOf(m_server.store());
    std::vector<bool> answers;
    const StoreBatch batch{"r1", {stepOf(Algorithm::Gcra, 1)}};
    probe.store().reserve(
        batch, [&](const auto &answer) { answers.push_back(answer.has_value()); });
    probe.close(); // before the first connection
    QCOMPARE(answers, std::vector<bool>{false});
    StoreProbe second = probeOf(m_server.store());
    QTRY_VERIFY(second.isUp());
    second.store().reserve(
        batch, [&](const auto &answer) { answers.push_back(answer.has_value()); });
    second.close(); // with a command under way
    QCOMPARE(answers, (std::vector<bool>{false, true}));
    StoreProbe third = probeOf(m_server.store());
    QTRY_VERIFY(third.isUp());
    third.store().reserve(
        batch, [&](const auto &answer) { answers.push_back(answer.has_value()); });
    m_server.freeze();
    third.close();
    m_server.thaw();
    QCOMPARE(answers, (std::vector<bool>{false, true, false}));
}

void TestRedisStore::brokenCounterIsOneError()
{
    m_server.ask({u"SET"_s, u"{sluice}:c:k"_s, u"a text"_s});
    StoreProbe probe = probeOf(m_server.store());
    const StoreBatch batch{"r1", {stepOf(Algorithm::Gcra, 1)}};
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"WRONGTYPE"_s));
    QVERIFY(!probe.reserve(batch));
    QVERIFY(probe.isUp()); // the others count on
    StoreBatch other = batch;
    other.steps[0].key = "other";
    QVERIFY(probe.reserve(other)->isAdmitted);
}

QTEST_GUILESS_MAIN(TestRedisStore)
#include "tst_redisstore.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// What the counter script is told and answers, what errors of a Redis server mean, and numbers of
// 128 bits as text.
#include "core/stores/redis/counterscript.h"
#include "core/stores/redis/redisproblem.h"
#include "core/stores/redis/widetext.h"

#include <QTest>

using namespace sluice;
using namespace sluice::limits;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;
using stores::CounterScript;
using stores::RedisValue;
using Type = RedisValue::Type;

namespace {

RedisValue text(const QByteArray &value)
{
    return {Type::Text, 0, value, {}};
}

RedisValue integer(qint64 value)
{
    return {Type::Integer, value, {}, {}};
}

RedisValue list(std::vector<RedisValue> items)
{
    return {Type::List, 0, {}, std::move(items)};
}

StoreBatch batchOf(Algorithm algorithm)
{
    StoreStep step;
    step.key = "k";
    step.algorithm = algorithm;
    step.rate = {7 * MicroPerUnit, 60s, 0};
    step.cost = MicroPerUnit;
    return {"r1", {step}};
}

QByteArray bytesOf(const stores::RedisCommand &command)
{
    QByteArray bytes;
    command.appendTo(bytes, {});
    return bytes;
}

} // namespace

class TestRedisCounters : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsAnswers_data();
    void readsAnswers();
    void refusesNonsense_data();
    void refusesNonsense();
    void lateIsATimeout();
    void putsAllKeysIntoOneSlot_data();
    void putsAllKeysIntoOneSlot();
    void saysWhatNeverFits();
    void leavesOutWhatMergesNothing();
    void knowsProblems_data();
    void knowsProblems();
    void knowsRedirects_data();
    void knowsRedirects();
    void writesWideNumbers_data();
    void writesWideNumbers();
};

void TestRedisCounters::readsAnswers_data()
{
    QTest::addColumn<int>("algorithm");
    QTest::addColumn<QByteArray>("state");
    QTest::addColumn<bool>("isRight");
    const int gcra = static_cast<int>(Algorithm::Gcra);
    const int window = static_cast<int>(Algorithm::SlidingWindow);
    const int calendar = static_cast<int>(Algorithm::CalendarWindow);
    const int slots = static_cast<int>(Algorithm::Concurrency);
    const auto row = [](const char *name, int algorithm, const char *state, bool isRight) {
        QTest::newRow(name) << algorithm << QByteArray(state) << isRight;
    };
    row("bucket", gcra, "170141183460469231731687303715884105727 7 60", true);
    row("bucket without a quota", gcra, "5", false);
    row("bucket of nothing", gcra, "5 0 60", false);
    row("bucket with words", gcra, "x 7 60", false);
    row("bucket below zero", gcra, "-5 7 60", false);
    row("window", window, "10=5 11=9223372036854775807", true);
    row("empty window", window, "", true);
    row("window out of order", window, "11=5 10=5", false);
    row("window without amounts", window, "11 10", false);
    row("calendar", calendar, "12", true);
    row("calendar with words", calendar, "many", false);
    row("slots", slots, "12", true);
    row("slots of nothing", slots, "", false);
}

void TestRedisCounters::readsAnswers()
{
    QFETCH(int, algorithm);
    QFETCH(QByteArray, state);
    QFETCH(bool, isRight);
    const StoreBatch batch = batchOf(static_cast<Algorithm>(algorithm));
    const RedisValue reply =
        list({integer(1'700'000'000'000'001), integer(1), integer(3), text(state), text("8")});
    const auto answer = CounterScript::readAnswer(reply, batch);
    QCOMPARE(answer.has_value(), isRight);
    if (!isRight)
        return;
    QVERIFY(answer->isAdmitted);
    QCOMPARE(answer->now.engine.count(), 1'700'000'000'000'001'000);
    QVERIFY(answer->readings[0].admits && answer->readings[0].isCharged);
    QCOMPARE(answer->readings[0].reserved, 8);
    if (const auto *bucket = std::get_if<GcraState>(&answer->readings[0].state))
        QVERIFY(bucket->tat == Int128Max);
    if (const auto *window = std::get_if<WindowState>(&answer->readings[0].state))
        QCOMPARE(window->cells.size(), state.isEmpty() ? 0U : 2U);
}

void TestRedisCounters::refusesNonsense_data()
{
    QTest::addColumn<int>("kind");
    for (int kind = 0; kind < 6; ++kind)
        QTest::addRow("kind %d", kind) << kind;
}

void TestRedisCounters::refusesNonsense()
{
    QFETCH(int, kind);
    const std::vector<RedisValue> replies{RedisValue(), text("OK"), integer(1), list({}),
        list({integer(1), integer(1)}),
        list({text("1"), integer(1), integer(3), text("5 7 60"), text("8")})};
    const auto answer =
        CounterScript::readAnswer(replies[static_cast<size_t>(kind)], batchOf(Algorithm::Gcra));
    QVERIFY(!answer);
    QCOMPARE(answer.error().code, ErrorCode::Invalid);
}

void TestRedisCounters::lateIsATimeout()
{
    const RedisValue reply = list({integer(5), text("late")});
    const auto answer = CounterScript::readAnswer(reply, batchOf(Algorithm::Gcra));
    QVERIFY(!answer);
    QCOMPARE(answer.error().code, ErrorCode::Timeout);
    QCOMPARE(CounterScript::readDone(reply).error().code, ErrorCode::Timeout);
}

void TestRedisCounters::putsAllKeysIntoOneSlot_data()
{
    QTest::addColumn<QByteArray>("prefix");
    QTest::addColumn<QByteArray>("start");
    QTest::newRow("default") << QByteArray("sluice:") << QByteArray("{sluice}:");
    QTest::newRow("no colon") << QByteArray("team") << QByteArray("{team}:");
    QTest::newRow("colons inside") << QByteArray("a:b::") << QByteArray("{a:b}:");
    QTest::newRow("nothing") << QByteArray() << QByteArray("{sluice}:");
}

void TestRedisCounters::putsAllKeysIntoOneSlot()
{
    QFETCH(QByteArray, prefix);
    QFETCH(QByteArray, start);
    const CounterScript script(prefix, "gateway", "gateway/1", 30s);
    const QByteArray decision = bytesOf(script.reserve(batchOf(Algorithm::Gcra), 0, {}));
    const auto hasKey = [&start](const QByteArray &bytes, const char *key) {
        return bytes.contains(QByteArray("\r\n" + start + key + "\r\n"));
    };
    QVERIFY(hasKey(decision, "gateways"));
    QVERIFY(hasKey(decision, "c:k"));
    QVERIFY(hasKey(decision, "u:gateway/1"));
    QVERIFY(hasKey(bytesOf(script.open({})), "schema"));
}

void TestRedisCounters::saysWhatNeverFits()
{
    const CounterScript script("sluice:", "gateway", "gateway/1", 30s);
    StoreBatch batch = batchOf(Algorithm::Gcra);
    QVERIFY(bytesOf(script.reserve(batch, 0, {}))
                .endsWith("\r\n$18\r\n360000000000000000\r\n$17\r\n"
                          "60000000000000000\r\n"));
    batch.steps[0].cost = 8 * MicroPerUnit;
    QVERIFY(bytesOf(script.reserve(batch, 0, {}))
                .endsWith("\r\n$0\r\n\r\n$18\r\n"
                          "480000000000000000\r\n"));
}

void TestRedisCounters::leavesOutWhatMergesNothing()
{
    const CounterScript script("sluice:", "gateway", "gateway/1", 30s);
    StoreMerge other{batchOf(Algorithm::CalendarWindow).steps[0], CalendarState{1ms, 5}};
    StoreMerge empty{batchOf(Algorithm::SlidingWindow).steps[0], WindowState()};
    StoreMerge slots{batchOf(Algorithm::Concurrency).steps[0], SlotState{5}};
    StoreMerge wrong{batchOf(Algorithm::Gcra).steps[0], SlotState{5}};
    QVERIFY(bytesOf(script.merge("m", {other, empty, slots, wrong}, {})).contains("$1\r\n2\r\n"));
    other.surplus = CalendarState{0ms, 5};
    QVERIFY(bytesOf(script.merge("m", {other, empty, slots, wrong}, {})).contains("$1\r\n3\r\n"));
}

void TestRedisCounters::knowsProblems_data()
{
    QTest::addColumn<QByteArray>("error");
    QTest::addColumn<QString>("words"); // empty: about one command only
    const auto row = [](const char *error, const char *words) {
        QTest::newRow(error) << QByteArray(error) << QString::fromUtf8(words);
    };
    row("WRONGPASS invalid username-password pair or user is disabled.", "password");
    row("OOM command not allowed when used memory > 'maxmemory'.", "maxmemory");
    row("READONLY You can't write against a read only replica.", "primary");
    row("ERR DB index is out of range", "number in host-url");
    row("CLUSTERDOWN Hash slot not served", "cluster is down");
    row("NOPERM this user has no permissions to run the 'eval' command", "docs/stores.md");
    row("WRONGTYPE Operation against a key holding the wrong kind of value", "");
    row("ERR user_script:1: something", "");
}

void TestRedisCounters::knowsProblems()
{
    QFETCH(QByteArray, error);
    QFETCH(QString, words);
    const auto problem = stores::redisProblem(error);
    QCOMPARE(problem.has_value(), !words.isEmpty());
    QVERIFY2(!problem || problem->contains(words), qPrintable(problem.value_or(QString())));
}

void TestRedisCounters::knowsRedirects_data()
{
    QTest::addColumn<QByteArray>("error");
    QTest::addColumn<QString>("target");
    QTest::newRow("moved") << QByteArray("MOVED 866 10.0.0.7:6381") << u"10.0.0.7 6381"_s;
    QTest::newRow("ask") << QByteArray("ASK 866 node-b:6381") << u"node-b 6381 ask"_s;
    QTest::newRow("the same host") << QByteArray("MOVED 866 :6381") << u" 6381"_s;
    QTest::newRow("IPv6") << QByteArray("MOVED 866 ::1:6381") << u"::1 6381"_s;
    QTest::newRow("no port") << QByteArray("MOVED 866 host") << QString();
    QTest::newRow("port 0") << QByteArray("MOVED 866 host:0") << QString();
    QTest::newRow("too short") << QByteArray("MOVED 866") << QString();
    QTest::newRow("something else") << QByteArray("ERR no such key") << QString();
}

void TestRedisCounters::knowsRedirects()
{
    QFETCH(QByteArray, error);
    QFETCH(QString, target);
    const auto redirect = stores::redisRedirect(error);
    QString found;
    if (redirect) {
        found = redirect->host + u' ' + QString::number(redirect->port)
            + (redirect->isAsk ? u" ask"_s : QString());
    }
    QCOMPARE(found, target);
}

void TestRedisCounters::writesWideNumbers_data()
{
    QTest::addColumn<QByteArray>("digits");
    for (const char *digits : {"0", "9", "10", "9223372036854775807", "18446744073709551616",
             "170141183460469231731687303715884105727"})
        QTest::newRow(digits) << QByteArray(digits);
}

void TestRedisCounters::writesWideNumbers()
{
    QFETCH(QByteArray, digits);
    const auto value = stores::fromDecimal(digits);
    QVERIFY(value);
    QCOMPARE(stores::toDecimal(*value), digits);
    QVERIFY(!stores::fromDecimal(QByteArray('-' + digits)));
    QVERIFY(!stores::fromDecimal(QByteArray(digits + ' ')));
    QVERIFY(*stores::fromDecimal(QByteArray("9" + digits.repeated(39))) == Int128Max);
}

QTEST_GUILESS_MAIN(TestRedisCounters)
#include "tst_rediscounters.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// The parameters of the calls to PostgreSQL, and the queue of settlements that wait for it.
#include "core/stores/postgres/postgrescalls.h"
#include "core/stores/postgres/settlementqueue.h"

#include <QTest>

using namespace sluice;
using namespace sluice::limits;
using namespace sluice::stores;
using namespace std::chrono_literals;

namespace {

StoreStep step(const QByteArray &key, Algorithm algorithm)
{
    StoreStep step;
    step.key = key;
    step.algorithm = algorithm;
    step.rate = {5 * MicroPerUnit, 60s, 7};
    step.period = {10ms, 20ms};
    step.cost = 3;
    return step;
}

StoreBatch held(const QByteArray &reservation, int steps)
{
    StoreBatch batch{reservation, {}};
    for (int i = 0; i < steps; ++i) {
        batch.steps.push_back(step(reservation + QByteArray::number(i), Algorithm::Gcra));
        batch.steps.back().isHeld = true;
    }
    return batch;
}

std::vector<StoreSettlement> settled(const StoreBatch &batch, MicroAmount actual)
{
    std::vector<StoreSettlement> settlements;
    for (const StoreStep &each : batch.steps)
        settlements.push_back({each, actual});
    return settlements;
}

QByteArrayList names(const std::vector<PostgresSettlement> &settlements)
{
    QByteArrayList list;
    for (const PostgresSettlement &each : settlements)
        list.append(each.key + '=' + QByteArray::number(each.actual));
    return list;
}

} // namespace

class TestPostgresCalls : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void timeIsTheServersButInTests();
    void reservationsTravelTogether();
    void bytesOfKeysAreEscaped();
    void longKeysStayApart();
    void everyCallHasItsParameters();
    void surplusIsWrittenExactly();
    void settlementsKeepTheirOrder();
    void oldestSettlementsAreGivenUp();
    void lostReservationsAreReleasedTwice();
};

void TestPostgresCalls::timeIsTheServersButInTests()
{
    const StoreBatch batch = held("r", 1);
    const StoreBatch *batches[] = {&batch};
    const PostgresTimes production{5s, std::nullopt};
    const PostgresTimes test{5s, 7s};
    QVERIFY(reserveCall({"g", "s", 1}, production, batches).parameters[4].isNull());
    QVERIFY(undoCall({}, production, {}).parameters[2].isNull());
    QVERIFY(settleCall(production, {}).parameters[0].isNull());
    QVERIFY(mergeCall("id", production, {}).parameters[2].isNull());
    QCOMPARE(reserveCall({"g", "s", 1}, test, batches).parameters[4], "7000000000");
    QCOMPARE(reserveCall({"g", "s", 1}, test, batches).parameters[3], "5000000000");
}

void TestPostgresCalls::reservationsTravelTogether()
{
    StoreBatch first{"A", {step("a", Algorithm::Gcra), step("b", Algorithm::SlidingWindow)}};
    StoreBatch second{
        "B", {step("c", Algorithm::CalendarWindow), step("d", Algorithm::Concurrency)}};
    first.steps[0].isShadow = true;
    first.steps[1].isHeld = true;
    second.steps[0].keepsLastRate = true;
    const StoreBatch *batches[] = {&first, &second};
    const std::vector<QByteArray> expected{"gate", "shop", "12", "1", QByteArray(),
        R"({"\\x41","\\x42"})", "{1,1,2,2}", R"({"\\x61","\\x62","\\x63","\\x64"})",
        "{gcra,window,calendar,slots}", "{5000000,5000000,5000000,5000000}",
        "{60000000000,60000000000,60000000000,60000000000}", "{7,7,7,7}", "{10,10,10,10}",
        "{20,20,20,20}", "{3,3,3,3}", "{1,2,4,0}"};
    QCOMPARE(reserveCall({"gate", "shop", 12}, {1ns, std::nullopt}, batches).parameters, expected);
}

void TestPostgresCalls::bytesOfKeysAreEscaped()
{
    const PostgresCall call =
        resetCall({1ns, std::nullopt}, {QByteArray("\0\"\\,}\xff", 6), "", "x"});
    QCOMPARE(call.parameters[1], R"({"\\x00225c2c7dff","\\x","\\x78"})");
}

void TestPostgresCalls::longKeysStayApart()
{
    const QByteArray start(3'000, 'k');
    const QByteArray a = resetCall({}, {start + 'a'}).parameters[1];
    const QByteArray b = resetCall({}, {start + 'b'}).parameters[1];
    QVERIFY(a != b);
    QVERIFY(a.size() < 2'200); // hexadecimal
    QCOMPARE(resetCall({}, {start + 'a'}).parameters[1], a);
}

void TestPostgresCalls::everyCallHasItsParameters()
{
    const std::vector<PostgresCall> calls{reserveCall({}, {}, {}), undoCall({}, {}, {}),
        settleCall({}, {}), mergeCall({}, {}, {}), resetCall({}, {}), renewCall("g", 30s, 500)};
    QCOMPARE(calls.size(), std::size(PostgresFunctions));
    for (size_t i = 0; i < calls.size(); ++i) {
        QCOMPARE(calls[i].function, PostgresFunctions[i].name);
        QCOMPARE(calls[i].parameters.size(), size_t(PostgresFunctions[i].parameters));
    }
    QCOMPARE(calls[5].parameters[1], "30000000000");
}

void TestPostgresCalls::surplusIsWrittenExactly()
{
    WindowState window;
    window.cells = {{1, 2}, {3, 4}};
    const StoreStep calendar = step("c", Algorithm::CalendarWindow);
    const PostgresCall call = mergeCall("id", {},
        {{step("g", Algorithm::Gcra), GcraState{Int128Max, 9, 8ns}},
            {step("n", Algorithm::Gcra), GcraState{-Int128Max - 1, 9, 8ns}},
            {step("w", Algorithm::SlidingWindow), window},
            {calendar, CalendarState{calendar.period.start, 6}},
            {calendar, CalendarState{calendar.period.start + 1ms, 6}}});
    QCOMPARE(call.parameters[0], "id");
    QCOMPARE(call.parameters[12],
        "{170141183460469231731687303715884105727,-170141183460469231731687303715884105728,0,0,0}");
    QCOMPARE(call.parameters[13], R"({"{}","{}","{1,3}","{}","{}"})");
    QCOMPARE(call.parameters[14], R"({"{}","{}","{2,4}","{}","{}"})");
    QCOMPARE(call.parameters[15], "{0,0,0,6,0}"); // only of the same period
}

void TestPostgresCalls::settlementsKeepTheirOrder()
{
    SettlementQueue queue(100);
    StoreBatch batch = held("r", 3);
    batch.steps[1].isHeld = false; // nothing to settle
    queue.add("r", settled(batch, 5));
    queue.add("s", settled(held("s", 1), 6));
    std::vector<PostgresSettlement> taken = queue.take(2);
    QCOMPARE(names(taken), (QByteArrayList{"r0=5", "r2=5"}));
    queue.putBack(std::move(taken));
    QCOMPARE(names(queue.take(10)), (QByteArrayList{"r0=5", "r2=5", "s0=6"}));
    QVERIFY(queue.isEmpty());
}

void TestPostgresCalls::oldestSettlementsAreGivenUp()
{
    SettlementQueue queue(2);
    queue.add("r", settled(held("r", 3), 1));
    QCOMPARE(queue.takeDropped(), size_t(1));
    QCOMPARE(queue.takeDropped(), size_t(0));
    QCOMPARE(names(queue.take(10)), (QByteArrayList{"r1=1", "r2=1"}));
}

void TestPostgresCalls::lostReservationsAreReleasedTwice()
{
    // At once, and again when it cannot be carried out any more.
    SettlementQueue queue(100);
    queue.addLost(held("r", 1), 10s);
    QVERIFY(queue.isEmpty());
    QCOMPARE(queue.nextRelease(), std::optional<EngineTime>(10s));
    queue.release(1s);
    QCOMPARE(names(queue.take(10)), QByteArrayList{"r0=0"});
    QCOMPARE(queue.nextRelease(), std::optional<EngineTime>(10s));
    queue.release(11s);
    QCOMPARE(names(queue.take(10)), QByteArrayList{"r0=0"});
    QVERIFY(!queue.nextRelease());
    queue.release(12s);
    QVERIFY(queue.isEmpty());
}

QTEST_APPLESS_MAIN(TestPostgresCalls)
#include "tst_postgrescalls.moc"

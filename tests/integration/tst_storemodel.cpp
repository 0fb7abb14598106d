// SPDX-License-Identifier: GPL-3.0-or-later
// Shared stores count exactly as the engine does: random operations of several gateways on a real
// server and on the model, compared answer by answer; the vectors of gcra.json; waits come true.
#include "core/limits/gcra.h"
#include "storescenario.h"
#include "tests/support/bothservers.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <cmath>

using namespace sluice;
using namespace sluice::limits;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;
using std::chrono::microseconds;
using test::SharedServer;
using test::StoreProbe;
using test::StoreScenario;

namespace {

constexpr MicroAmount One = MicroPerUnit;

/// Later than the servers' own clocks, by which they may take counters away.
constexpr microseconds Start{2'500'000'000'000'000};

QJsonObject vectors()
{
    QFile file(QStringLiteral(SLUICE_TEST_DATA "/gcra.json"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    return QJsonDocument::fromJson(file.readAll()).object();
}

/// Seconds of the vectors, which have at most ten decimals.
microseconds seconds(const QJsonValue &value)
{
    return microseconds(std::llround(value.toDouble() * 1e6));
}

} // namespace

class TestStoreModel : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase_data() { m_servers.addRows(); } // every test is run against both

    void init();
    void countsAsTheModel_data();
    void countsAsTheModel();
    void settlesManyHolds_data();
    void settlesManyHolds();
    void keepsTheVectors_data();
    void keepsTheVectors();
    void waitsAfterAnEditComeTrue_data();
    void waitsAfterAnEditComeTrue();

private:
    /// A store whose time is `now`.
    StoreProbe probeAt(const microseconds &now)
    {
        test::StoreTerms terms;
        terms.clock = [&now] { return now; };
        return m_server->probe(terms);
    }

    test::BothServers m_servers;
    SharedServer *m_server = nullptr;
};

void TestStoreModel::init()
{
    m_server = m_servers.ofThisRow();
    QVERIFY(m_server);
}

void TestStoreModel::countsAsTheModel_data()
{
    QTest::addColumn<quint32>("seed");
    QTest::addColumn<bool>("isHuge");
    for (quint32 seed = 1; seed <= 6; ++seed)
        QTest::addRow("seed %u", seed) << seed << false;
    for (quint32 seed = 7; seed <= 9; ++seed)
        QTest::addRow("up to the edge of 64 bits, seed %u", seed) << seed << true;
}

void TestStoreModel::countsAsTheModel()
{
    QFETCH(quint32, seed);
    QFETCH(bool, isHuge);
    StoreScenario scenario(
        *m_server, seed, isHuge ? StoreScenario::Amounts::Huge : StoreScenario::Amounts::Usual);
    for (int i = 0; i < 2'500; ++i) {
        const QByteArray difference = scenario.step();
        QVERIFY2(difference.isEmpty(),
            QByteArray("operation " + QByteArray::number(i) + ": " + difference).constData());
    }
    // It was about something.
    QVERIFY(scenario.admitted() > 200);
    QVERIFY(scenario.refused() > 200);
    QVERIFY(scenario.settledLater() > 200);
}

void TestStoreModel::settlesManyHolds_data()
{
    QTest::addColumn<quint32>("seed");
    for (quint32 seed = 1; seed <= 3; ++seed)
        QTest::addRow("seed %u", seed) << seed;
}

void TestStoreModel::settlesManyHolds()
{
    QFETCH(quint32, seed);
    StoreScenario scenario(*m_server, seed, StoreScenario::Amounts::Usual);
    for (int i = 0; i < 3'000; ++i) {
        const QByteArray difference = scenario.deepStep();
        QVERIFY2(difference.isEmpty(),
            QByteArray("operation " + QByteArray::number(i) + ": " + difference).constData());
    }
    QVERIFY(scenario.settledLater() > 1'000);
    // What no hold depends on any more is forgotten.
    const int size = m_server->sizeOf(scenario.deepKey());
    QVERIFY2(size > 0 && size < 1'500, qPrintable(QString::number(size)));
}

void TestStoreModel::keepsTheVectors_data()
{
    QTest::addColumn<QJsonObject>("vector");
    const QJsonArray cases = vectors().value("cases"_L1).toArray();
    QVERIFY(!cases.isEmpty());
    for (int i = 0; i < cases.size(); ++i)
        QTest::addRow("case %d", i) << cases[i].toObject();
}

void TestStoreModel::keepsTheVectors()
{
    QFETCH(QJsonObject, vector);
    microseconds now = Start;
    StoreProbe probe = probeAt(now);
    StoreStep step = test::stepOf("vector", Algorithm::Gcra, vector.value("N"_L1).toInteger(),
        std::chrono::seconds(vector.value("R"_L1).toInteger()));
    const auto reserve = [&](MicroAmount cost) {
        step.cost = cost;
        return probe.reserve({"vector", {step}});
    };
    const QJsonArray steps = vector.value("steps"_L1).toArray();
    for (const QJsonValue &line : steps) {
        const QJsonArray given = line.toArray();
        now = Start + seconds(given[0]);
        const auto answer = reserve(given[1].toInteger() * One);
        QVERIFY2(answer, test::reasonOf(answer).constData());
        QCOMPARE(answer->isAdmitted, given[2].toBool());
        const auto &state = std::get<GcraState>(answer->readings.at(0).state);
        const Usage usage = gcra::usage(state, step.rate, answer->now.engine);
        QCOMPARE(usage.remaining / One, given[3].toInteger());
        const Answer asked = gcra::ask(state, step.rate, step.cost, answer->now.engine);
        if (given[4].isNull())
            QVERIFY(asked.neverFits);
        else if (!answer->isAdmitted)
            QVERIFY(std::abs((asked.wait - nanoseconds(seconds(given[4]))).count()) < 2'000);
    }
    const QJsonObject saturate = vector.value("saturate"_L1).toObject();
    if (saturate.isEmpty())
        return;
    // Only every instant at which one fits, and one just before: 7 a second in whole microseconds.
    qint64 admitted = 0;
    const qint64 end = std::min<qint64>(saturate.value("seconds"_L1).toInteger(), 300);
    for (qint64 tick = 0; tick <= end * 7; ++tick) {
        now = Start + microseconds((tick * 1'000'000 + 6) / 7);
        for (;;) {
            const auto answer = reserve(One);
            QVERIFY(answer);
            if (!answer->isAdmitted)
                break;
            ++admitted;
        }
    }
    QCOMPARE(admitted, 7 + 7 * end);
}

void TestStoreModel::waitsAfterAnEditComeTrue_data()
{
    QTest::addColumn<int>("quota");
    QTest::addColumn<nanoseconds>("period");
    QTest::addColumn<int>("cost");
    QTest::newRow("smaller quota") << 50 << nanoseconds(1h) << 10;
    QTest::newRow("larger quota") << 130 << nanoseconds(1h) << 90;
    QTest::newRow("shorter period") << 100 << nanoseconds(7min) << 60;
    QTest::newRow("longer period") << 100 << nanoseconds(11h) << 60;
    QTest::newRow("both") << 70 << nanoseconds(3h) << 33;
}

/// 80 of 100 an hour are used when the limit is edited. Who is refused then, is admitted after the
/// wait that follows from the answer, and not earlier.
void TestStoreModel::waitsAfterAnEditComeTrue()
{
    QFETCH(int, quota);
    QFETCH(nanoseconds, period);
    QFETCH(int, cost);
    microseconds now = Start;
    StoreProbe probe = probeAt(now);
    StoreStep step = test::stepOf("edited", Algorithm::Gcra, 100, 1h);
    step.cost = 80 * One;
    QVERIFY(probe.reserve({"1", {step}})->isAdmitted);
    step.rate.quota = quota * One;
    step.rate.period = period;
    step.cost = cost * One;
    now += 3min;
    const auto refused = probe.reserve({"2", {step}});
    QVERIFY(refused && !refused->isAdmitted);
    const auto &state = std::get<GcraState>(refused->readings.at(0).state);
    const Answer asked = gcra::ask(state, step.rate, step.cost, refused->now.engine);
    QVERIFY(!asked.admits && !asked.neverFits && asked.wait > 1min);
    const microseconds then = now + std::chrono::ceil<microseconds>(asked.wait);
    now = then - 1ms;
    QVERIFY(!probe.reserve({"3", {step}})->isAdmitted);
    now = then;
    QVERIFY(probe.reserve({"4", {step}})->isAdmitted);
}

QTEST_GUILESS_MAIN(TestStoreModel)
#include "tst_storemodel.moc"

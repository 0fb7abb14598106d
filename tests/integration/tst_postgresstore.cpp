// SPDX-License-Identifier: GPL-3.0-or-later
// PostgreSQL decides exactly as the engine's own functions do: the shared vectors, and thousands of
// random operations beside a reference; what it keeps, and for how long.
#include "core/stores/postgres/postgresstore.h"
#include "storekit.h"
#include "storereference.h"
#include "tests/support/postgresserver.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <cmath>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::limits;
using namespace sluice::stores;
using namespace sluice::test;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;

namespace {

constexpr auto Algorithms = {
    Algorithm::Gcra, Algorithm::SlidingWindow, Algorithm::CalendarWindow, Algorithm::Concurrency};

bool isSame(const StoreAnswer &a, const StoreAnswer &b)
{
    return a.now.engine == b.now.engine && a.isAdmitted == b.isAdmitted && a.readings == b.readings;
}

/// Anything that two answers may differ in, for the message.
QString describe(const StoreAnswer &answer)
{
    QString text = u"at %1 admitted %2:"_s.arg(answer.now.engine.count()).arg(answer.isAdmitted);
    for (const StoreReading &reading : answer.readings) {
        text += u" [%1%2 reserved %3 "_s
                    .arg(reading.admits ? u"admits"_s : u"refuses"_s,
                        reading.isCharged ? u" charged"_s : QString())
                    .arg(reading.reserved);
        if (const auto *bucket = std::get_if<GcraState>(&reading.state))
            text += u"tat-now*n %1 n %2 r %3]"_s
                        .arg(static_cast<double>(bucket->tat
                            - static_cast<Int128>(answer.now.engine.count()) * bucket->quota))
                        .arg(bucket->quota)
                        .arg(bucket->period.count());
        else if (const auto *window = std::get_if<WindowState>(&reading.state)) {
            for (const WindowCell &cell : window->cells)
                text += u"%1:%2 "_s.arg(cell.index).arg(cell.amount);
            text += u']';
        } else if (const auto *calendar = std::get_if<CalendarState>(&reading.state))
            text += u"calendar %1]"_s.arg(calendar->amount);
        else
            text += u"slots %1]"_s.arg(std::get<SlotState>(reading.state).amount);
    }
    return text;
}

/// In ns; many of them stay within 64 bits.
constexpr quint64 LongestPause = 4'000'000'000'000'000;

/// One random history of operations on a few counters.
class History
{
public:
    History(quint32 seed, bool isHuge, EngineTime start)
        : m_random(seed), m_isHuge(isHuge), m_now(start)
    {
        for (const Algorithm algorithm : Algorithms) {
            for (int i = 0; i < 3; ++i) {
                StoreStep step = stepOf("counter " + QByteArray::number(seed) + ' '
                        + QByteArray::number(m_steps.size()) + "\n\xff\"\\'",
                    algorithm, 1, 1min);
                step.keepsLastRate = algorithm == Algorithm::Gcra && i == 2;
                m_steps.push_back(step);
                edit(m_steps.back());
            }
        }
    }

    /// What the next request asks for.
    StoreBatch batch()
    {
        if (below(3) > 0)
            m_now += nanoseconds(below(
                std::min<quint64>(LongestPause, m_steps[below(12)].rate.period.count() / 8 + 1)));
        if (below(20) == 0)
            edit(m_steps[below(m_steps.size())]);
        StoreBatch batch;
        batch.reservation = "reservation " + QByteArray::number(++m_number);
        const size_t one = below(m_steps.size());
        for (const StoreStep &each : m_steps) {
            if (&each != &m_steps[one] && below(4) > 0)
                continue;
            StoreStep step = each;
            step.cost = below(6) == 0 ? 0 : amountUpTo(step.rate.quota / 3);
            step.isShadow = below(5) == 0;
            step.isHeld = step.algorithm == Algorithm::Concurrency || below(3) > 0;
            step.rate.extra = below(8) == 0 ? amountUpTo(step.rate.quota) : 0;
            batch.steps.push_back(step);
        }
        return batch;
    }

    void open(const StoreBatch &batch) { m_open.push_back(batch); }

    /// Something to settle, if anything is open.
    std::optional<std::pair<QByteArray, std::vector<StoreSettlement>>> settlement()
    {
        if (m_open.empty() || (m_open.size() < 12 && below(2) == 0))
            return std::nullopt;
        const size_t at = below(m_open.size());
        const StoreBatch batch = m_open[at];
        // Some are settled twice.
        if (below(10) > 0)
            m_open.erase(m_open.begin() + static_cast<qsizetype>(at));
        std::vector<StoreSettlement> settlements;
        for (const StoreStep &step : batch.steps) {
            const MicroAmount kinds[] = {0, step.cost, step.cost / 2, amountUpTo(step.rate.quota)};
            settlements.push_back({step, kinds[below(4)]});
        }
        return std::pair(batch.reservation, settlements);
    }

    std::vector<StoreMerge> merges()
    {
        std::vector<StoreMerge> merges;
        for (const StoreStep &step : m_steps) {
            if (below(6) == 0)
                merges.push_back({step, surplus(step)});
        }
        return merges;
    }

    QByteArray anyKey() { return m_steps[below(m_steps.size())].key; }

    quint64 below(quint64 bound) { return m_random.generate64() % bound; }

    [[nodiscard]] EngineTime now() const { return m_now; }

private:
    MicroAmount amountUpTo(MicroAmount most)
    {
        return static_cast<MicroAmount>(below(static_cast<quint64>(std::max<qint64>(most, 0)) + 1));
    }

    void edit(StoreStep &step)
    {
        constexpr qint64 Periods[] = {
            60'000'000'000, 61'234'567'891, 7'000'000'001, 3'600'000'000'000, 86'399'999'999'999};
        if (below(2) == 0 || step.rate.quota == MicroPerUnit)
            step.rate.quota = m_isHuge ? 1 + amountUpTo(9'000'000'000'000'000'000)
                                       : 1 + amountUpTo(50 * MicroPerUnit);
        if (step.algorithm == Algorithm::CalendarWindow || step.algorithm == Algorithm::Concurrency)
            step.rate.period = 1min;
        else if (below(2) == 0)
            step.rate.period = nanoseconds(m_isHuge ? 1 + amountUpTo(4'000'000'000'000'000'000)
                                                    : Periods[below(std::size(Periods))]);
    }

    CounterState surplus(const StoreStep &step)
    {
        const MicroAmount amount = amountUpTo(step.rate.quota / 4);
        switch (step.algorithm) {
        case Algorithm::Gcra: {
            const MicroAmount quota = below(2) == 0 ? step.rate.quota : step.rate.quota / 2 + 1;
            return GcraState{static_cast<Int128>(m_now.count()) * quota
                    + static_cast<Int128>(amount) * step.rate.period.count(),
                quota, step.rate.period};
        }
        case Algorithm::SlidingWindow: {
            const auto cell = static_cast<qint64>(
                static_cast<Int128>(m_now.count()) * 60 / step.rate.period.count());
            WindowState window;
            window.cells = {{cell - 70, amount}, {cell - 30, amount}, {cell, amount / 2 + 1}};
            return window;
        }
        case Algorithm::CalendarWindow:
            return CalendarState{
                below(3) == 0 ? std::chrono::milliseconds(1) : step.period.start, amount};
        case Algorithm::Concurrency:
            break;
        }
        return SlotState{amount};
    }

    QRandomGenerator64 m_random;
    const bool m_isHuge;
    EngineTime m_now;
    std::vector<StoreStep> m_steps;
    std::vector<StoreBatch> m_open;
    int m_number = 0;
};

} // namespace

class TestPostgresStore : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void decidesAsTheReference_data();
    void decidesAsTheReference();
    void followsTheVectors();
    void refusalsLeaveNothingBehind();
    void requestsOfOneTurnAreDecidedOneByOne();
    void callsThatComeTooLateDoNothing();
    void productionDecidesByTheServersClock();
    void countersGoWhenTheySayNothingAnyMore();
    void keysMayBeLongAndStrange();
    void unixSocketsWork();
    void schemaIsVersionedAndSharedByPrefix();

private:
    std::unique_ptr<PostgresStore> makeStore(const PostgresStore::Options &options = {});

    PostgresServer m_server;
    SystemClock m_clock;
    std::shared_ptr<const GatewayIdentity> m_identity = GatewayIdentity::make();
    config::Store m_config;
};

void TestPostgresStore::initTestCase()
{
    if (!m_server.start())
        QSKIP("PostgreSQL is not installed");
    m_config.type = config::Store::Type::Postgres;
    m_config.url = m_server.url();
}

std::unique_ptr<PostgresStore> TestPostgresStore::makeStore(const PostgresStore::Options &options)
{
    const auto listener = [](bool isUp, const QString &problem) {
        if (!isUp)
            qInfo("down: %s", qPrintable(problem));
    };
    return std::make_unique<PostgresStore>(m_config, m_identity, listener, options);
}

void TestPostgresStore::decidesAsTheReference_data()
{
    QTest::addColumn<quint32>("seed");
    QTest::addColumn<bool>("isHuge");
    QTest::newRow("usual amounts") << 1U << false;
    QTest::newRow("usual amounts, another seed") << 2U << false;
    QTest::newRow("amounts and periods up to the edge of 64 bits") << 3U << true;
    QTest::newRow("the edge, another seed") << 4U << true;
}

void TestPostgresStore::decidesAsTheReference()
{
    QFETCH(quint32, seed);
    QFETCH(bool, isHuge);
    // Later than the server's own clock, by which it takes counters away.
    History history(seed, isHuge, m_clock.now() + 48h);
    PostgresStore::Options options;
    options.testClock = [&] { return history.now(); };
    const auto store = makeStore(options);
    QTRY_VERIFY(store->isUp());
    StoreReference reference;
    int admitted = 0;
    int refused = 0;
    for (int i = 0; i < 1'500; ++i) {
        // Some travel together; then they are decided at the same time, one after the other.
        const bool isTogether = history.below(4) == 0;
        std::vector<StoreBatch> batches;
        for (int j = isTogether ? 3 : 1; j > 0; --j)
            batches.push_back(history.batch());
        reference.now = history.now();
        const std::vector<Result<StoreAnswer>> answers = askAll(*store, batches);
        for (size_t j = 0; j < batches.size(); ++j) {
            const StoreBatch &batch = batches[j];
            const Result<StoreAnswer> &answer = answers[j];
            QVERIFY2(answer, reasonOf(answer).constData());
            const StoreAnswer expected = reference.decide(batch);
            QVERIFY2(isSame(*answer, expected),
                qPrintable(u"operation %1\n is  %2\n not %3"_s.arg(i).arg(
                    describe(*answer), describe(expected))));
            ++(answer->isAdmitted ? admitted : refused);
            if (answer->isAdmitted)
                history.open(batch);
        }
        while (const auto settlement = history.settlement()) {
            store->settle(settlement->first, settlement->second);
            reference.settle(settlement->first, settlement->second);
        }
        const Result<void> arrived = resetIn(*store, {});
        QVERIFY2(arrived, reasonOf(arrived).constData());
        if (history.below(40) == 0) {
            const std::vector<StoreMerge> merges = history.merges();
            QVERIFY(mergeInto(*store, merges));
            reference.merge(merges, [](const Result<void> &) {});
        }
        if (history.below(60) == 0) {
            const QByteArray key = history.anyKey();
            QVERIFY(resetIn(*store, {key}));
            reference.reset({key}, [](const Result<void> &) {});
        }
    }
    // The history has said something.
    QVERIFY2(admitted > 300, qPrintable(QString::number(admitted)));
    QVERIFY2(refused > 300, qPrintable(QString::number(refused)));
}

void TestPostgresStore::followsTheVectors()
{
    QFile file(QStringLiteral(SLUICE_TEST_DATA "/gcra.json"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QJsonArray cases = QJsonDocument::fromJson(file.readAll()).object()["cases"_L1].toArray();
    const auto seconds = [](const QJsonValue &value) {
        return nanoseconds(std::llround(value.toDouble() * 1e9));
    };
    EngineTime now{0};
    const EngineTime start = m_clock.now() + 48h;
    PostgresStore::Options options;
    options.testClock = [&now] { return now; };
    const auto store = makeStore(options);
    int number = 0;
    for (const QJsonValue &value : cases) {
        const QJsonObject vector = value.toObject();
        StoreStep step = stepOf("vector " + QByteArray::number(++number), Algorithm::Gcra,
            vector["N"_L1].toInteger(), seconds(vector["R"_L1]));
        const QJsonArray steps = vector["steps"_L1].toArray();
        for (const QJsonValue &each : steps) {
            now = start + seconds(each[0]);
            step.cost = each[1].toInteger() * MicroPerUnit;
            const Result<StoreAnswer> answer = ask(*store, {"vector", {step}});
            QVERIFY(answer);
            QCOMPARE(answer->isAdmitted, each[2].toBool());
            // Only the readings can tell what is left: by a limit of the same numbers.
            Limit limit;
            limit.quota = step.rate.quota;
            limit.period = step.rate.period;
            const Usage usage = usageAt(limit, answer->readings[0].state, answer->now);
            QCOMPARE(usage.remaining / MicroPerUnit, each[3].toInteger());
        }
    }
    QVERIFY(number > 3);
}

void TestPostgresStore::refusalsLeaveNothingBehind()
{
    const auto store = makeStore();
    const StoreStep full = stepOf("refusals full", Algorithm::CalendarWindow, 0, 0s);
    std::vector<StoreStep> steps;
    for (const Algorithm algorithm : Algorithms) {
        steps.push_back(stepOf("refusals " + QByteArray::number(steps.size()), algorithm, 10, 1h));
        steps.back().isHeld = true;
    }
    steps.push_back(full);
    steps.back().rate.quota = 1; // less than it costs
    const Result<StoreAnswer> answer = ask(*store, {"refused", steps});
    QVERIFY(answer);
    QVERIFY(!answer->isAdmitted);
    QVERIFY(answer->readings[0].admits);
    QVERIFY(!answer->readings[0].isCharged);
    QVERIFY(!answer->readings[4].admits);
    QCOMPARE(m_server.sql("SELECT count(*) FROM sluice.counters WHERE convert_from(key, 'LATIN1') "
                          "LIKE 'refusals%'"),
        "0\n");
    QCOMPARE(m_server.sql("SELECT count(*) FROM sluice.holds WHERE convert_from(counter, 'LATIN1') "
                          "LIKE 'refusals%'"),
        "0\n");
}

void TestPostgresStore::requestsOfOneTurnAreDecidedOneByOne()
{
    const auto store = makeStore();
    const StoreStep step = stepOf("one turn", Algorithm::CalendarWindow, 70, 0s);
    int admitted = 0;
    int answered = 0;
    for (int i = 0; i < 100; ++i) {
        store->reserve({QByteArray::number(i), {step}}, [&](const Result<StoreAnswer> &answer) {
            ++answered;
            if (answer && answer->isAdmitted) {
                ++admitted;
                // In the order of asking.
                QCOMPARE(std::get<CalendarState>(answer->readings[0].state).amount,
                    admitted * MicroPerUnit);
            }
        });
    }
    QTRY_COMPARE(answered, 100);
    QCOMPARE(admitted, 70);
    // Who asks nothing is admitted.
    QVERIFY(ask(*store, {"nothing", {}})->isAdmitted);
}

void TestPostgresStore::callsThatComeTooLateDoNothing()
{
    const auto store = makeStore();
    const StoreStep step = stepOf("late", Algorithm::CalendarWindow, 9, 0s);
    QVERIFY(ask(*store, {"in time", {step}}));
    const QByteArray reserve =
        "SELECT count(admitted) FROM sluice.reserve('g', 's', 1, sluice.clock() "
        "+ %1, NULL, '{r}', '{1}', '{late}', '{calendar}', '{9000000}', "
        "'{0}', '{0}', '{0}', '{9999999999999}', '{1000000}', '{2}')";
    const QByteArray merge = "SELECT count(sluice.merge(sluice.clock() + %1, NULL, '{late}', "
                             "'{calendar}', '{9000000}', '{0}', '{0}', '{9999999999999}', '{f}', "
                             "'{1}', '{1}', '{0}', '{\"{}\"}', '{\"{}\"}', '{5000000}'))";
    const QByteArray reset = "SELECT count(sluice.reset(sluice.clock() + %1, '{late}'))";
    const auto call = [this](QByteArray sql, const char *later) {
        return m_server.sql(sql.replace("%1", later));
    };
    const auto amount = [this] {
        return m_server.sql("SELECT amount FROM sluice.counters WHERE key = 'late'").trimmed();
    };
    for (const QByteArray &each : {reserve, merge, reset})
        QCOMPARE(call(each, "-1"), "0\n");
    QCOMPARE(amount(), "1000000");
    QCOMPARE(m_server.sql("SELECT count(*) FROM sluice.holds WHERE counter = 'late'"), "0\n");
    // The same calls in time.
    QCOMPARE(call(reserve, "5000000000"), "1\n");
    QCOMPARE(call(merge, "5000000000"), "1\n");
    QCOMPARE(amount(), "7000000");
    QCOMPARE(call(reset, "5000000000"), "1\n");
    QCOMPARE(amount(), "");
}

void TestPostgresStore::productionDecidesByTheServersClock()
{
    const auto store = makeStore();
    const EngineTime before = m_clock.now();
    const Result<StoreAnswer> answer =
        ask(*store, {"clock", {stepOf("clock", Algorithm::Gcra, 10, 1h)}});
    QVERIFY(answer);
    // One machine, one clock; but ours started a little earlier than now and then is stepped.
    QVERIFY(answer->now.engine > before - 1s);
    QVERIFY(answer->now.engine < m_clock.now() + 1s);
    QCOMPARE(answer->now.wall, std::chrono::floor<std::chrono::milliseconds>(answer->now.engine));
}

void TestPostgresStore::countersGoWhenTheySayNothingAnyMore()
{
    EngineTime now = m_clock.now() - 24h;
    PostgresStore::Options options;
    options.testClock = [&now] { return now; };
    options.renewal = 20ms;
    options.maxSwept = 2;
    const auto count = [this](const QByteArray &where) {
        return m_server.sql(
            "SELECT count(*) FROM sluice.counters WHERE convert_from(key, 'LATIN1') "
            "LIKE 'expiry "
            + where + "%'");
    };
    const auto store = makeStore(options);
    for (int i = 0; i < 7; ++i) {
        // Over for hours, by the server's clock.
        const QByteArray key = "expiry past " + QByteArray::number(i);
        QVERIFY(ask(*store, {key, {stepOf(key, Algorithm::Gcra, 10, 1h)}}));
    }
    StoreStep held = stepOf("expiry held", Algorithm::SlidingWindow, 10, 1h);
    held.isHeld = true;
    QVERIFY(ask(*store, {"expiry held", {held}}));
    now += 24h;
    for (const Algorithm algorithm : {Algorithm::Gcra, Algorithm::SlidingWindow}) {
        const QByteArray key = "expiry live " + QByteArray::number(static_cast<int>(algorithm));
        QVERIFY(ask(*store, {key, {stepOf(key, algorithm, 10, 1h)}}));
    }
    QTRY_COMPARE(count("past"), "0\n");
    QCOMPARE(count("live"), "2\n");
    QCOMPARE(count("held"), "1\n");
    store->settle("expiry held", {{held, MicroPerUnit}});
    QTRY_COMPARE(count("held"), "0\n");
}

void TestPostgresStore::keysMayBeLongAndStrange()
{
    const auto store = makeStore();
    const QByteArray start(5'000, 'x');
    const std::vector<QByteArray> keys{
        start + 'a', start + 'b', QByteArray("nul\0byte", 8), "\xff\xfe{},\"'\\", QByteArray()};
    for (const QByteArray &key : keys) {
        const StoreStep step = stepOf(key, Algorithm::CalendarWindow, 1, 0s);
        const Result<StoreAnswer> first = ask(*store, {"first \xff\\\"", {step}});
        QVERIFY2(first, reasonOf(first).constData());
        QVERIFY(first->isAdmitted);
        const Result<StoreAnswer> second = ask(*store, {"second", {step}});
        QVERIFY(second);
        QVERIFY(!second->isAdmitted);
    }
}

void TestPostgresStore::unixSocketsWork()
{
    m_config.url = m_server.socketUrl();
    const auto store = makeStore();
    m_config.url = m_server.url();
    QVERIFY(ask(*store, {"socket", {stepOf("socket", Algorithm::Gcra, 10, 1h)}}));
}

void TestPostgresStore::schemaIsVersionedAndSharedByPrefix()
{
    m_config.keyPrefix = "Team-A.x:";
    const StoreStep step = stepOf("schema", Algorithm::CalendarWindow, 1, 0s);
    {
        // Two that are the first at the same time.
        const auto store = makeStore();
        const auto other = makeStore();
        const Result<StoreAnswer> answer = ask(*store, {"1", {step}});
        QVERIFY(answer && answer->isAdmitted);
        const Result<StoreAnswer> second = ask(*other, {"2", {step}});
        QVERIFY(second && !second->isAdmitted);
    }
    QCOMPARE(m_server.sql("SELECT version FROM \"Team-A.x\".meta"), "1\n");
    // What an administrator runs is the same, and does no harm to what is there.
    const Result<QByteArray> sql = PostgresStore::schemaSql(m_config);
    QVERIFY(sql);
    QCOMPARE(m_server.sql(*sql), "");
    const auto again = makeStore();
    const Result<StoreAnswer> answer = ask(*again, {"3", {step}});
    QVERIFY(answer && !answer->isAdmitted);
    m_config.keyPrefix = "sluice:";
}

QTEST_GUILESS_MAIN(TestPostgresStore)
#include "tst_postgresstore.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// The script in Redis counts exactly as the engine does: random operations of several gateways on a
// real server and on the model, compared answer by answer; and the vectors of gcra.json.
#include "core/limits/gcra.h"
#include "core/limits/slidingwindow.h"
#include "core/stores/redis/redisstore.h"
#include "tests/support/redisserver.h"
#include "tests/support/storemodel.h"
#include "tests/support/storeprobe.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <cmath>
#include <random>

using namespace sluice;
using namespace sluice::limits;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;
using test::StoreModel;
using test::StoreProbe;

namespace {

constexpr MicroAmount One = MicroPerUnit;
constexpr milliseconds Lease = 30s;
constexpr int Gateways = 3;

/// One limit under test, as it is configured at the moment.
struct Subject
{
    QByteArray key;
    Algorithm algorithm = Algorithm::Gcra;
    bool keepsLastRate = false;
    Rate rate;
    CalendarPeriod period;
};

struct Open
{
    StoreBatch batch;
    int gateway = 0;
};

QByteArray digits(Int128 value)
{
    QByteArray text;
    for (; value > 0; value /= 10)
        text.prepend(static_cast<char>('0' + static_cast<int>(value % 10)));
    return text.isEmpty() ? QByteArray("0") : text;
}

QByteArray textOf(const CounterState &state)
{
    if (const auto *bucket = std::get_if<GcraState>(&state))
        return "tat " + digits(bucket->tat) + " quota " + digits(bucket->quota) + " period "
            + digits(bucket->period.count());
    if (const auto *window = std::get_if<WindowState>(&state)) {
        QByteArray text = "cells";
        for (const WindowCell &cell : window->cells)
            text += ' ' + digits(cell.index) + '=' + digits(cell.amount);
        return text;
    }
    if (const auto *calendar = std::get_if<CalendarState>(&state))
        return "amount " + digits(calendar->amount);
    return "slots " + digits(std::get<SlotState>(state).amount);
}

QByteArray textOf(const StoreAnswer &answer)
{
    QByteArray text = answer.isAdmitted ? "admitted" : "refused";
    for (const StoreReading &reading : answer.readings) {
        text += QByteArray("\n  ") + (reading.admits ? "admits " : "refuses ")
            + (reading.isCharged ? "charged " : "not charged ") + textOf(reading.state)
            + " reserved " + digits(reading.reserved);
    }
    return text;
}

/// Makes operations up, and does each on the model and on the server.
class Scenario
{
public:
    Scenario(const config::Store &store, quint32 seed) : m_random(seed), m_model(Lease)
    {
        makeSubjects();
        stores::RedisOptions options;
        options.lease = Lease;
        options.renewal = 24h; // real time must not tell the server anything
        options.testTime = [this] { return static_cast<qint64>(m_now.count()); };
        for (int i = 0; i < Gateways; ++i) {
            const stores::GatewayIdentity identity(nameOf(i));
            m_gateways.push_back(
                std::make_unique<StoreProbe>([&](const CounterStore::Listener &listener) {
                    return stores::makeRedisStore(store, identity, listener, options);
                }));
            (void)m_gateways.back()->reset({}); // connected
            m_model.greet(nameOf(i), now());
        }
    }

    /// What differs, or nothing.
    QByteArray step()
    {
        advance();
        const int choice = pick(100);
        if (choice < 8)
            edit();
        if (choice < 60)
            return reserve();
        if (choice < 92)
            return settle();
        if (choice < 97)
            return merge();
        return reset();
    }

    /// Hundreds of holds on one bucket, settled in any order while it leaks: refunds are capped by
    /// what is left of a hold, and lower the others.
    QByteArray deepStep()
    {
        Subject &subject = m_subjects.front();
        subject.algorithm = Algorithm::Gcra;
        subject.keepsLastRate = false;
        subject.rate = {1'000'000 * One, 1h, 0};
        m_now += std::chrono::microseconds(between(0, 950'000));
        const bool isFull = m_open.size() > 300 || (m_open.size() > 30 && pick(2) == 0);
        if (isFull) {
            const auto size = static_cast<int>(m_open.size());
            const auto at = m_open.begin() + (pick(3) == 0 ? pick(size) : pick(size / 4 + 1));
            const Open open = *at;
            m_open.erase(at);
            ++m_settled;
            const MicroAmount actual = between(0, open.batch.steps[0].cost);
            return settle(open, {{open.batch.steps[0], actual}});
        }
        StoreStep step = stepOf(subject);
        step.cost = between(One, 1'000 * One);
        step.isShadow = false;
        step.isHeld = true;
        return reserve({"d" + QByteArray::number(++m_serial), {step}});
    }

    [[nodiscard]] int admitted() const { return m_admitted; }

    [[nodiscard]] int refused() const { return m_refused; }

    [[nodiscard]] int settledLater() const { return m_settled; }

private:
    static QByteArray nameOf(int gateway) { return "gateway" + QByteArray::number(gateway); }

    [[nodiscard]] Instant now() const { return Instant(m_now); }

    int pick(int count) { return std::uniform_int_distribution<int>(0, count - 1)(m_random); }

    qint64 between(qint64 least, qint64 most)
    {
        return std::uniform_int_distribution<qint64>(least, most)(m_random);
    }

    template <typename T> T oneOf(std::initializer_list<T> values)
    {
        return *(values.begin() + pick(static_cast<int>(values.size())));
    }

    Rate someRate()
    {
        Rate rate;
        rate.quota = oneOf<MicroAmount>({One, 7 * One, 3, 100 * One, 1'234'567, 60'000 * One,
            999'999'999'999 * One, std::numeric_limits<qint64>::max()});
        rate.period = oneOf<nanoseconds>({1s, 7s, 60s, 1h, 24h, 720h, 3'333'333'333ns,
            nanoseconds(9'007'199'254'740'993), 1'000'000'000'000'007ns});
        rate.extra = oneOf<MicroAmount>({0, 0, 0, 5 * One, std::numeric_limits<qint64>::max()});
        return rate;
    }

    void makeSubjects()
    {
        for (int i = 0; i < 16; ++i) {
            Subject subject;
            subject.key = "3:k:" + QByteArray::number(i) + " \r\n{}\"";
            subject.algorithm = static_cast<Algorithm>(oneOf({0, 0, 1, 1, 2, 3}));
            subject.keepsLastRate = subject.algorithm == Algorithm::Gcra && pick(3) == 0;
            subject.rate = someRate();
            subject.period = {floor<milliseconds>(m_now), floor<milliseconds>(m_now) + 24h};
            m_subjects.push_back(subject);
        }
    }

    void advance()
    {
        const nanoseconds period = m_subjects[static_cast<size_t>(pick(16))].rate.period;
        const auto most = ceil<std::chrono::microseconds>(
            std::min<nanoseconds>(period, 48h) / oneOf({1, 10, 60, 1'000, 100'000}));
        if (pick(3) > 0)
            m_now += std::chrono::microseconds(between(0, most.count()));
    }

    void edit()
    {
        Subject &subject = m_subjects[static_cast<size_t>(pick(16))];
        const Rate rate = someRate();
        if (pick(2) == 0)
            subject.rate.quota = rate.quota;
        else
            subject.rate = rate;
    }

    StoreStep stepOf(const Subject &subject)
    {
        StoreStep step;
        step.key = subject.key;
        step.algorithm = subject.algorithm;
        step.rate = subject.rate;
        step.period = subject.period;
        step.keepsLastRate = subject.keepsLastRate;
        const MicroAmount capacity = step.rate.capacity();
        step.cost = oneOf<MicroAmount>({0, 1, One, between(0, capacity), capacity / 2,
            capacity / 60, capacity / 10, capacity, saturatingAdd64(capacity, 1)});
        step.isShadow = pick(6) == 0;
        step.isHeld = pick(3) > 0;
        return step;
    }

    QByteArray reserve()
    {
        StoreBatch batch;
        batch.reservation = "r" + QByteArray::number(++m_serial);
        const int first = pick(16);
        const int count = pick(4) + 1;
        for (int i = 0; i < count; ++i)
            batch.steps.push_back(stepOf(m_subjects[static_cast<size_t>((first + i * 3) % 16)]));
        return reserve(batch);
    }

    QByteArray reserve(const StoreBatch &batch)
    {
        const int gateway = pick(Gateways);
        const StoreAnswer expected = m_model.reserve(nameOf(gateway), batch, now());
        const auto answer = m_gateways[static_cast<size_t>(gateway)]->reserve(batch);
        if (!answer)
            return "no answer: " + (answer.error().message + answer.error().detail).toUtf8();
        (expected.isAdmitted ? m_admitted : m_refused) += 1;
        if (expected.isAdmitted)
            m_open.push_back({batch, gateway});
        if (answer->now.engine == expected.now.engine && answer->isAdmitted == expected.isAdmitted
            && answer->readings == expected.readings)
            return {};
        return "reserve: " + textOf(*answer) + "\nexpected: " + textOf(expected);
    }

    QByteArray settle()
    {
        if (m_open.empty())
            return {};
        const auto at = m_open.begin() + pick(static_cast<int>(m_open.size()));
        const Open open = *at;
        if (pick(20) > 0) // else once more
            m_open.erase(at);
        std::vector<StoreSettlement> settlements;
        for (const StoreStep &step : open.batch.steps) {
            const MicroAmount actual = oneOf<MicroAmount>({0, 1, step.cost / 2, step.cost,
                saturatingAdd64(step.cost, step.cost / 3 + 1), between(0, One)});
            settlements.push_back({step, actual});
        }
        ++m_settled;
        return settle(open, settlements);
    }

    QByteArray settle(const Open &open, const std::vector<StoreSettlement> &settlements)
    {
        m_model.settle(open.batch.reservation, settlements, now());
        const auto done = m_gateways[static_cast<size_t>(open.gateway)]->settle(
            open.batch.reservation, settlements);
        return done ? QByteArray() : "not settled: " + done.error().message.toUtf8();
    }

    QByteArray merge()
    {
        const Subject &subject = m_subjects[static_cast<size_t>(pick(16))];
        StoreMerge merge;
        merge.step = stepOf(subject);
        merge.step.cost = 0;
        const MicroAmount amount = between(0, subject.rate.quota / 4);
        merge.surplus = SlotState{amount};
        if (subject.algorithm == Algorithm::Gcra) {
            Rate other = pick(2) == 0 ? subject.rate : someRate();
            merge.surplus =
                gcra::charged(gcra::fresh(other, m_now), other, between(0, other.quota), m_now);
        } else if (subject.algorithm == Algorithm::SlidingWindow) {
            WindowState window;
            slidingwindow::charge(window, subject.rate.period, amount / 2,
                m_now - subject.rate.period / oneOf({1, 2, 5}));
            slidingwindow::charge(window, subject.rate.period, amount / 2, m_now);
            merge.surplus = window;
        } else if (subject.algorithm == Algorithm::CalendarWindow) {
            merge.surplus =
                CalendarState{subject.period.start + milliseconds(pick(5) == 0 ? 1 : 0), amount};
        }
        m_model.merge({merge}, now());
        const auto done = m_gateways[0]->merge({merge});
        return done ? QByteArray() : "not merged: " + done.error().message.toUtf8();
    }

    QByteArray reset()
    {
        const std::vector<QByteArray> keys{m_subjects[static_cast<size_t>(pick(16))].key};
        m_model.reset(keys);
        const auto done = m_gateways[0]->reset(keys);
        return done ? QByteArray() : "not reset: " + done.error().message.toUtf8();
    }

    std::mt19937 m_random;
    StoreModel m_model;
    std::chrono::microseconds m_now{1'700'000'000'123'457};
    std::vector<Subject> m_subjects;
    std::vector<std::unique_ptr<StoreProbe>> m_gateways;
    std::vector<Open> m_open;
    int m_serial = 0;
    int m_admitted = 0;
    int m_refused = 0;
    int m_settled = 0;
};

QJsonObject vectors()
{
    QFile file(QStringLiteral(SLUICE_TEST_DATA "/gcra.json"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    return QJsonDocument::fromJson(file.readAll()).object();
}

/// Seconds of the vectors, which have at most ten decimals.
std::chrono::microseconds seconds(const QJsonValue &value)
{
    return std::chrono::microseconds(std::llround(value.toDouble() * 1e6));
}

} // namespace

class TestRedisModel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void countsAsTheModel_data();
    void countsAsTheModel();
    void settlesManyHolds_data();
    void settlesManyHolds();
    void keepsTheVectors_data();
    void keepsTheVectors();

private:
    test::RedisServer m_server;
};

void TestRedisModel::initTestCase()
{
    QCOMPARE(m_server.start(), QString());
}

void TestRedisModel::countsAsTheModel_data()
{
    QTest::addColumn<quint32>("seed");
    for (quint32 seed = 1; seed <= 8; ++seed)
        QTest::addRow("seed %u", seed) << seed;
}

void TestRedisModel::countsAsTheModel()
{
    QFETCH(quint32, seed);
    m_server.ask({u"FLUSHALL"_s});
    Scenario scenario(m_server.store(), seed);
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

void TestRedisModel::settlesManyHolds_data()
{
    QTest::addColumn<quint32>("seed");
    for (quint32 seed = 1; seed <= 3; ++seed)
        QTest::addRow("seed %u", seed) << seed;
}

void TestRedisModel::settlesManyHolds()
{
    QFETCH(quint32, seed);
    m_server.ask({u"FLUSHALL"_s});
    Scenario scenario(m_server.store(), seed);
    for (int i = 0; i < 3'000; ++i) {
        const QByteArray difference = scenario.deepStep();
        QVERIFY2(difference.isEmpty(),
            QByteArray("operation " + QByteArray::number(i) + ": " + difference).constData());
    }
    QVERIFY(scenario.settledLater() > 1'000);
    // Credits are forgotten when no hold depends on them.
    QVERIFY(m_server.ask({u"HKEYS"_s, u"{sluice}:c:3:k:0 \r\n{}\""_s}).count(u"e:"_s) < 1'000);
}

void TestRedisModel::keepsTheVectors_data()
{
    QTest::addColumn<QJsonObject>("vector");
    const QJsonArray cases = vectors().value("cases"_L1).toArray();
    QVERIFY(!cases.isEmpty());
    for (int i = 0; i < cases.size(); ++i)
        QTest::addRow("case %d", i) << cases[i].toObject();
}

void TestRedisModel::keepsTheVectors()
{
    QFETCH(QJsonObject, vector);
    const std::chrono::microseconds start{1'700'000'000'000'000};
    std::chrono::microseconds now = start;
    stores::RedisOptions options;
    options.testTime = [&now] { return static_cast<qint64>(now.count()); };
    StoreProbe probe([&](const CounterStore::Listener &listener) {
        return stores::makeRedisStore(
            m_server.store(), stores::GatewayIdentity(), listener, options);
    });
    StoreStep step;
    step.key = QTest::currentDataTag();
    step.rate.quota = vector.value("N"_L1).toInteger() * One;
    step.rate.period = std::chrono::seconds(vector.value("R"_L1).toInteger());
    int serial = 0;
    const auto reserve = [&](MicroAmount cost) {
        step.cost = cost;
        return probe.reserve({"v" + QByteArray::number(++serial), {step}});
    };
    const QJsonArray steps = vector.value("steps"_L1).toArray();
    for (const QJsonValue &line : steps) {
        const QJsonArray given = line.toArray();
        now = start + seconds(given[0]);
        const auto answer = reserve(given[1].toInteger() * One);
        QVERIFY(answer);
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
        now = start + std::chrono::microseconds((tick * 1'000'000 + 6) / 7);
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

QTEST_GUILESS_MAIN(TestRedisModel)
#include "tst_redismodel.moc"

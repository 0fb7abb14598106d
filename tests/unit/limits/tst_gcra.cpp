// SPDX-License-Identifier: GPL-3.0-or-later
// GCRA: the shared vectors, and random use against a leaky bucket kept in exact fractions.
#include "core/limits/gcra.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QTest>

#include <cmath>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::limits;
using namespace std::chrono_literals;

namespace {

QJsonArray cases()
{
    QFile file(QStringLiteral(SLUICE_TEST_DATA "/gcra.json"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    return QJsonDocument::fromJson(file.readAll()).object()["cases"_L1].toArray();
}

nanoseconds seconds(const QJsonValue &value)
{
    return nanoseconds(std::llround(value.toDouble() * 1e9));
}

Rate rateOf(const QJsonObject &vector)
{
    return {vector["N"_L1].toInteger() * MicroPerUnit, seconds(vector["R"_L1])};
}

/// The definition by the other road: a level that leaks quota/period and is filled by costs, held
/// in 1/period micro-units.
struct LeakyBucket
{
    Rate rate;
    Int128 level = 0;
    EngineTime at{0};

    void leakUntil(EngineTime now)
    {
        const Int128 leaked = static_cast<Int128>((now - at).count()) * rate.quota;
        level = level > leaked ? level - leaked : 0;
        at = now;
    }

    [[nodiscard]] bool admits(MicroAmount cost) const
    {
        return level + static_cast<Int128>(cost) * rate.period.count()
            <= static_cast<Int128>(rate.quota) * rate.period.count();
    }

    [[nodiscard]] bool admitsAt(MicroAmount cost, EngineTime now) const
    {
        LeakyBucket later = *this;
        later.leakUntil(now);
        return later.admits(cost);
    }

    [[nodiscard]] MicroAmount remaining() const
    {
        const Int128 whole = static_cast<Int128>(rate.quota) * rate.period.count();
        return level >= whole ? 0 : static_cast<MicroAmount>((whole - level) / rate.period.count());
    }

    void edit(const Rate &next)
    {
        const Int128 scaled = level * next.period.count();
        level = (scaled + rate.period.count() - 1) / rate.period.count();
        rate = next;
    }
};

Rate randomRate(QRandomGenerator &random)
{
    constexpr std::array<qint64, 7> Periods{
        1, 999, 1'000'000'007, 60'000'000'000, 3'600'000'000'000, 86'400'000'000'000, 7};
    const qint64 factor = random.bounded(1, 10);
    const MicroAmount quota = random.bounded(2) == 0
        ? random.bounded(1, 50) * MicroPerUnit
        : static_cast<MicroAmount>(random.bounded(1, 60'000'000));
    return {
        quota, nanoseconds(Periods[random.bounded(static_cast<quint32>(Periods.size()))] * factor)};
}

} // namespace

class TestGcra : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void followsTheVectors_data();
    void followsTheVectors();
    void saturatedAdmitsExactlyTheRate();
    void dailyLimitLosesNothingToRounding();
    void equalsALeakyBucketInFractions_data();
    void equalsALeakyBucketInFractions();
    void editsKeepUsedUnits();
    void changingQuotaAndBackIsBitIdentical();
    void extremesNeitherOverflowNorLie();
    void usageReadsWhatAskDecides();
};

void TestGcra::followsTheVectors_data()
{
    QTest::addColumn<QJsonObject>("vector");
    for (const QJsonValue &value : cases()) {
        const QJsonObject vector = value.toObject();
        if (vector.contains("steps"_L1))
            QTest::addRow("%lld per %lld s", static_cast<long long>(vector["N"_L1].toInteger()),
                static_cast<long long>(vector["R"_L1].toInteger()))
                << vector;
    }
}

void TestGcra::followsTheVectors()
{
    QFETCH(QJsonObject, vector);
    const Rate rate = rateOf(vector);
    GcraState state = gcra::fresh(rate, EngineTime(0));
    for (const QJsonValue &step : vector["steps"_L1].toArray()) {
        const EngineTime now = seconds(step[0]);
        const MicroAmount cost = step[1].toInteger() * MicroPerUnit;
        const Answer answer = gcra::ask(state, rate, cost, now);
        QCOMPARE(answer.admits, step[2].toBool());
        QCOMPARE(answer.neverFits, step[4].isNull());
        if (answer.admits)
            state = gcra::charged(state, rate, cost, now);
        QCOMPARE(gcra::usage(state, rate, now).remaining / MicroPerUnit, step[3].toInteger());
        const nanoseconds difference = answer.wait - seconds(step[4]);
        QVERIFY2(
            std::abs(difference.count()) <= 1, qPrintable(QString::number(answer.wait.count())));
    }
}

void TestGcra::saturatedAdmitsExactlyTheRate()
{
    int saturated = 0;
    for (const QJsonValue &value : cases()) {
        const QJsonObject saturate = value["saturate"_L1].toObject();
        if (saturate.isEmpty())
            continue;
        const Rate rate = rateOf(value.toObject());
        const EngineTime end = seconds(saturate["seconds"_L1]);
        GcraState state = gcra::fresh(rate, EngineTime(0));
        qint64 admitted = 0;
        for (EngineTime now{0}; now <= end;) {
            const Answer answer = gcra::ask(state, rate, MicroPerUnit, now);
            if (answer.admits) {
                state = gcra::charged(state, rate, MicroPerUnit, now);
                ++admitted;
            } else {
                now += answer.wait;
            }
        }
        QCOMPARE(admitted, saturate["admitted"_L1].toInteger());
        ++saturated;
    }
    QCOMPARE(saturated, 1);
}

void TestGcra::dailyLimitLosesNothingToRounding()
{
    // 7 per second over a day from rest: 604 800 refilled and 7 at once, the last at the very end.
    const Rate rate{7 * MicroPerUnit, 1s};
    GcraState state = gcra::fresh(rate, EngineTime(0));
    for (int i = 0; i < 604'800 + 7; ++i) {
        const EngineTime now = gcra::ask(state, rate, MicroPerUnit, EngineTime(0)).wait;
        QVERIFY(gcra::ask(state, rate, MicroPerUnit, now).admits);
        state = gcra::charged(state, rate, MicroPerUnit, EngineTime(0));
    }
    QCOMPARE(gcra::usage(state, rate, EngineTime(0)).fullIn, nanoseconds(24h + 1s));
}

void TestGcra::equalsALeakyBucketInFractions_data()
{
    QTest::addColumn<quint32>("seed");
    for (quint32 seed = 1; seed <= 8; ++seed)
        QTest::addRow("seed %u", seed) << seed;
}

void TestGcra::equalsALeakyBucketInFractions()
{
    QFETCH(quint32, seed);
    QRandomGenerator random(seed);
    EngineTime now{1'700'000'000'000'000'000};
    Rate rate;
    GcraState state;
    LeakyBucket model;
    for (int i = 0; i < 20'000; ++i) {
        if (i % 500 == 0) {
            rate = randomRate(random);
            state = gcra::fresh(rate, now);
            model = {rate, 0, now};
        }
        if (random.bounded(100) == 0) {
            rate = randomRate(random);
            state = gcra::rescaled(state, rate, now);
            model.edit(rate);
        }
        const qint64 most = std::max<qint64>(1, rate.period.count() / random.bounded(1, 200));
        now += nanoseconds(random.bounded(3) == 0
                ? 0
                : static_cast<qint64>(random.generate64() % static_cast<quint64>(most)));
        model.leakUntil(now);
        const auto cost = static_cast<MicroAmount>(
            random.generate64() % static_cast<quint64>(rate.quota + rate.quota / 8 + 1));
        const Answer answer = gcra::ask(state, rate, cost, now);
        QCOMPARE(answer.admits, model.admits(cost));
        QCOMPARE(answer.neverFits, cost > rate.quota);
        if (answer.admits) {
            state = gcra::charged(state, rate, cost, now);
            model.level += static_cast<Int128>(cost) * rate.period.count();
        } else if (!answer.neverFits) {
            QVERIFY(model.admitsAt(cost, now + answer.wait));
            QVERIFY(!model.admitsAt(cost, now + answer.wait - 1ns));
            QVERIFY(answer.wait <= 1ms || !model.admitsAt(cost, now + answer.wait - 1ms));
        }
        QCOMPARE(gcra::usage(state, rate, now).remaining, model.remaining());
    }
}

void TestGcra::editsKeepUsedUnits()
{
    const EngineTime now{1'000'000'000'000};
    const Rate before{100 * MicroPerUnit, 60s};
    GcraState state = gcra::charged(gcra::fresh(before, now), before, 40 * MicroPerUnit, now);
    for (const Rate &after : {Rate{200 * MicroPerUnit, 60s}, Rate{50 * MicroPerUnit, 1h},
             Rate{40 * MicroPerUnit, 7s}, Rate{41 * MicroPerUnit, 999ns}}) {
        const Usage usage = gcra::usage(gcra::rescaled(state, after, now), after, now);
        QCOMPARE(usage.used, 40 * MicroPerUnit);
        QCOMPARE(usage.remaining, after.quota - 40 * MicroPerUnit);
        // The same holds for a reader that has the old state and the new limit.
        QCOMPARE(gcra::usage(state, after, now).used, 40 * MicroPerUnit);
    }
    // Less than what is used: nothing remains, and the debt is waited for.
    const Rate tight{10 * MicroPerUnit, 10s};
    const GcraState debt = gcra::rescaled(state, tight, now);
    QCOMPARE(gcra::usage(debt, tight, now).remaining, 0);
    QCOMPARE(gcra::ask(debt, tight, MicroPerUnit, now).wait, nanoseconds(31s));
}

void TestGcra::changingQuotaAndBackIsBitIdentical()
{
    const EngineTime now{1'234'567'890'123'456'789};
    const Rate rate{7 * MicroPerUnit, 1s};
    const GcraState state = gcra::charged(gcra::fresh(rate, now), rate, 3 * MicroPerUnit + 1, now);
    const Rate other{11 * MicroPerUnit + 13, 1s};
    QCOMPARE(gcra::rescaled(gcra::rescaled(state, other, now + 5ns), rate, now + 5ns), state);
    QCOMPARE(gcra::rescaled(state, rate, now + 100h), state);
}

void TestGcra::extremesNeitherOverflowNorLie()
{
    constexpr auto Max = std::numeric_limits<qint64>::max();
    const Rate rate{Max, nanoseconds(Max)};
    const EngineTime now{Max / 2};
    GcraState state = gcra::charged(gcra::fresh(rate, now), rate, Max, now);
    QCOMPARE(gcra::usage(state, rate, now).remaining, 0);
    QVERIFY(!gcra::ask(state, rate, 1, now).admits);
    for (int i = 0; i < 5; ++i)
        state = gcra::charged(state, rate, Max, now);
    QVERIFY(!gcra::ask(state, rate, 1, now).admits);
    QCOMPARE(gcra::usage(state, rate, now).remaining, 0);
    const GcraState shrunk = gcra::rescaled(state, {1, 1ns}, now);
    QVERIFY(!gcra::ask(shrunk, {1, 1ns}, 1, now).admits);
}

void TestGcra::usageReadsWhatAskDecides()
{
    QRandomGenerator random(7);
    for (int i = 0; i < 10'000; ++i) {
        const Rate rate = randomRate(random);
        const EngineTime now{1'700'000'000'000'000'000};
        const auto cost =
            static_cast<MicroAmount>(random.generate64() % static_cast<quint64>(rate.quota + 1));
        const GcraState state = gcra::charged(gcra::fresh(rate, now), rate, cost, now);
        const EngineTime later = now
            + nanoseconds(static_cast<qint64>(
                random.generate64() % static_cast<quint64>(rate.period.count())));
        const Usage usage = gcra::usage(state, rate, later);
        const MicroAmount one = std::min(MicroPerUnit, rate.quota);
        QCOMPARE(usage.nextIn, gcra::ask(state, rate, one, later).wait);
        QVERIFY(gcra::isIdle(state, later + usage.fullIn));
        QVERIFY(usage.fullIn == 0ns || !gcra::isIdle(state, later + usage.fullIn - 1ns));
        QVERIFY(usage.used + usage.remaining >= rate.quota - 1);
        QVERIFY(usage.used + usage.remaining <= rate.quota);
    }
}

QTEST_GUILESS_MAIN(TestGcra)
#include "tst_gcra.moc"

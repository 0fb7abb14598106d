// SPDX-License-Identifier: GPL-3.0-or-later
// The smallest promises: durations, amounts, keys, ids and results.
#include "core/base/clock.h"
#include "core/base/duration.h"
#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/base/secrets.h"
#include "core/base/units.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSet>
#include <QTest>
#include <QUuid>

using namespace sluice;
using namespace Qt::StringLiterals;

class TestBase : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void parsesDurations_data();
    void parsesDurations();
    void formatsDurationsThatReadBack_data();
    void formatsDurationsThatReadBack();
    void describesDurationsNeverTooEarly_data();
    void describesDurationsNeverTooEarly();
    void parsesAmountsExactly_data();
    void parsesAmountsExactly();
    void hashesKeysAsUpstreamDoes();
    void masksSecrets();
    void makesUniqueIds();
    void clockNeverRunsBackwards();
    void clockGoesOnFromALaterTime();
    void resultHoldsValueOrError();
};

void TestBase::parsesDurations_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<qint64>("nanoseconds"); // -1 = rejected

    QFile file(QStringLiteral(SLUICE_TEST_DATA "/durations.json"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QJsonObject vectors = QJsonDocument::fromJson(file.readAll()).object();
    const auto addRows = [](const QJsonArray &cases, qint64 scale) {
        for (const QJsonValue &entry : cases) {
            const QJsonValue expected = entry[1];
            QTest::addRow("%s", qPrintable(u'"' + entry[0].toString() + u'"'))
                << entry[0].toString() << (expected.isNull() ? -1 : expected.toInteger() * scale);
        }
    };
    addRows(vectors["cases"_L1].toArray(), 1'000'000);
    addRows(vectors["ns"_L1].toArray(), 1);
    QTest::addRow("longest") << u"292y"_s << 292 * 31'557'600LL * 1'000'000'000LL;
    QTest::addRow("overflow by unit") << u"293y"_s << qint64{-1};
    QTest::addRow("overflow by sum") << u"292y 292y"_s << qint64{-1};
    QTest::addRow("overflow by digits") << u"99999999999999999999s"_s << qint64{-1};
}

void TestBase::parsesDurations()
{
    QFETCH(QString, text);
    QFETCH(qint64, nanoseconds);
    const auto duration = parseDuration(text);
    QCOMPARE(duration.has_value(), nanoseconds >= 0);
    if (duration)
        QCOMPARE(duration->count(), nanoseconds);
    else
        QVERIFY(duration.error().message.contains(text.trimmed()));
}

void TestBase::formatsDurationsThatReadBack_data()
{
    QTest::addColumn<qint64>("nanoseconds");
    QTest::addColumn<QString>("text");
    QTest::addRow("zero") << qint64{0} << u"0s"_s;
    QTest::addRow("minute") << 60'000'000'000LL << u"1m"_s;
    QTest::addRow("mixed") << 5'400'000'000'000LL << u"1h 30m"_s;
    QTest::addRow("fine") << 1'001'002'003LL << u"1s 1ms 2us 3ns"_s;
    QTest::addRow("month") << 2'630'016'000'000'000LL << u"30d 10h 33m 36s"_s;
}

void TestBase::formatsDurationsThatReadBack()
{
    QFETCH(qint64, nanoseconds);
    QFETCH(QString, text);
    QCOMPARE(formatDuration(std::chrono::nanoseconds(nanoseconds)), text);
    QCOMPARE(parseDuration(text)->count(), nanoseconds);
}

void TestBase::describesDurationsNeverTooEarly_data()
{
    QTest::addColumn<qint64>("milliseconds");
    QTest::addColumn<QString>("text");
    QTest::addRow("now") << qint64{0} << u"0 s"_s;
    QTest::addRow("tenths") << qint64{560} << u"0.6 s"_s;
    QTest::addRow("whole") << qint64{2'000} << u"2 s"_s;
    QTest::addRow("seconds") << qint64{53'100} << u"54 s"_s;
    QTest::addRow("minutes") << qint64{72'000} << u"1 m 12 s"_s;
    QTest::addRow("hours") << qint64{(9 * 60 + 57) * 60'000LL} << u"9 h 57 m"_s;
    QTest::addRow("days") << qint64{(19 * 24 + 9) * 3'600'000LL} << u"19 d 9 h"_s;
}

void TestBase::describesDurationsNeverTooEarly()
{
    QFETCH(qint64, milliseconds);
    QFETCH(QString, text);
    QCOMPARE(describeDuration(std::chrono::milliseconds(milliseconds)), text);
}

void TestBase::parsesAmountsExactly_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<qint64>("micro"); // -1 = rejected
    QTest::addRow("whole") << "60"_ba << 60'000'000LL;
    QTest::addRow("half") << "0.5"_ba << 500'000LL;
    QTest::addRow("smallest") << "0.000001"_ba << 1LL;
    QTest::addRow("too fine") << "0.0000001"_ba << -1LL;
    QTest::addRow("empty") << ""_ba << -1LL;
    QTest::addRow("no decimals") << "1."_ba << -1LL;
    QTest::addRow("no whole") << ".5"_ba << -1LL;
    QTest::addRow("sign") << "-1"_ba << -1LL;
    QTest::addRow("exponent") << "1e3"_ba << -1LL;
    QTest::addRow("largest") << "9223372036854.775807"_ba << std::numeric_limits<qint64>::max();
    QTest::addRow("overflow") << "9223372036854.775808"_ba << -1LL;
}

void TestBase::parsesAmountsExactly()
{
    QFETCH(QByteArray, text);
    QFETCH(qint64, micro);
    const auto amount = parseAmount(text);
    QCOMPARE(amount.has_value(), micro >= 0);
    if (!amount)
        return;
    QCOMPARE(*amount, micro);
    QCOMPARE(formatAmount(*amount), text);
}

void TestBase::hashesKeysAsUpstreamDoes()
{
    QCOMPARE(hashApiKey("sk-helicone-test-key"),
        "3f921480ffc77199fac9954948a2234b5f95aecbb8c730b14d1a3078ba0c9bbe"_ba);
    QVERIFY(equalInConstantTime("abc", "abc"));
    QVERIFY(!equalInConstantTime("abc", "abd"));
    QVERIFY(!equalInConstantTime("abc", "ab"));
}

void TestBase::masksSecrets()
{
    QCOMPARE(maskSecret("sk-sluice-0123456789a1b2"), u"sk-...a1b2"_s);
    QCOMPARE(maskSecret("short"), u"..."_s);
    QCOMPARE(maskPasswords(u"a: {url: \"postgresql://me:geh:eim@h/d\", b: redis://:xy@h}"_s),
        u"a: {url: \"postgresql://me:\u2022\u2022\u2022\u2022\u2022\u2022\u2022@h/d\", b: redis://:\u2022\u2022@h}"_s);
    for (const QString &plain : {u"redis://me:${PASSWORD}@h"_s, u"https://h:80/a@b"_s, u"a: b"_s})
        QCOMPARE(maskPasswords(plain), plain);
}

void TestBase::makesUniqueIds()
{
    QSet<QByteArray> seen;
    for (int i = 0; i < 1000; ++i) {
        const QByteArray id = makeRequestId();
        const QUuid uuid = QUuid::fromString(QLatin1StringView(id));
        QCOMPARE(uuid.version(), QUuid::Random);
        QCOMPARE(uuid.variant(), QUuid::DCE);
        QCOMPARE(uuid.toByteArray(QUuid::WithoutBraces), id);
        seen.insert(id);
    }
    QCOMPARE(seen.size(), 1000);
    QVERIFY(makeApiKey() != makeApiKey());
    QCOMPARE(makeApiKey().size(), 50);
}

void TestBase::clockNeverRunsBackwards()
{
    const SystemClock clock;
    EngineTime last = clock.now();
    for (int i = 0; i < 1000; ++i) {
        const EngineTime now = clock.now();
        QVERIFY(now >= last);
        last = now;
    }
    QVERIFY(std::chrono::abs(last - clock.wall()) < std::chrono::seconds(10));
}

void TestBase::clockGoesOnFromALaterTime()
{
    SystemClock clock;
    clock.goOnFrom(clock.now() - std::chrono::hours(24)); // long past
    QVERIFY(std::chrono::abs(clock.now() - clock.wall()) < std::chrono::seconds(10));
    const EngineTime later = clock.now() + std::chrono::hours(24);
    clock.goOnFrom(later);
    QVERIFY(clock.now() >= later);
    QVERIFY(clock.now() < later + std::chrono::seconds(10));
    QVERIFY(clock.wall() < later - std::chrono::hours(23));
}

void TestBase::resultHoldsValueOrError()
{
    const Result<int> good = 3;
    const Result<int> bad = Error{ErrorCode::NotFound, u"no such thing"_s, {}};
    QCOMPARE(good.value_or(7), 3);
    QCOMPARE(bad.value_or(7), 7);
    const auto half = [](int v) -> Result<int> { return v / 2; };
    QCOMPARE(*good.and_then(half), 1);
    QCOMPARE(bad.and_then(half).error().message, u"no such thing"_s);
    QVERIFY(Result<void>().has_value());
}

QTEST_GUILESS_MAIN(TestBase)
#include "tst_base.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// What limits allow and when they are free again, for every algorithm and unit.
#include "core/base/money.h"
#include "core/insight/limittext.h"
#include "core/limits/counter.h"

#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using limits::Algorithm;
using limits::CalendarUnit;
using limits::Limit;
using limits::Usage;
using std::chrono::nanoseconds;

Q_DECLARE_METATYPE(std::chrono::nanoseconds)
Q_DECLARE_METATYPE(sluice::limits::Limit)
Q_DECLARE_METATYPE(sluice::limits::Usage)

namespace {

QString plain(QString text)
{
    return text.replace(QChar(0x202f), u' ');
}

Limit limitOf(Algorithm algorithm, Unit unit, qint64 amount, nanoseconds period = 0ns)
{
    Limit limit;
    limit.segment.kind = limits::SegmentKind::ApiKey;
    limit.algorithm = algorithm;
    limit.unit = unit;
    limit.quota = amount * MicroPerUnit;
    limit.period = period;
    return limit;
}

Limit calendar(Unit unit, qint64 amount, CalendarUnit period, const char *zone = "UTC")
{
    Limit limit = limitOf(Algorithm::CalendarWindow, unit, amount);
    limit.calendar = {period, QTimeZone(zone), Qt::Monday};
    return limit;
}

/// `used` and `reserved` of a quota of 60 units.
Usage usageOf(qint64 used, qint64 reserved, nanoseconds nextIn, nanoseconds fullIn)
{
    Usage usage;
    usage.quota = 60 * MicroPerUnit;
    usage.used = used * MicroPerUnit;
    usage.reserved = reserved * MicroPerUnit;
    usage.remaining = std::max<MicroAmount>(0, usage.quota - usage.taken());
    usage.nextIn = nextIn;
    usage.fullIn = fullIn;
    return usage;
}

} // namespace

class TestLimitText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void amounts_data();
    void amounts();
    void money_data();
    void money();
    void sentences_data();
    void sentences();
    void freeAgain_data();
    void freeAgain();
    void policiesAreNamed_data();
    void policiesAreNamed();
};

void TestLimitText::amounts_data()
{
    QTest::addColumn<Unit>("unit");
    QTest::addColumn<MicroAmount>("amount");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("phrase");
    QTest::newRow("requests") << Unit::Request << 60 * MicroPerUnit << u"60"_s << u"60 requests"_s;
    QTest::newRow("one") << Unit::Request << MicroPerUnit << u"1"_s << u"1 request"_s;
    QTest::newRow("tokens") << Unit::Token << 1'200 * MicroPerUnit << u"1 200"_s
                            << u"1 200 tokens"_s;
    QTest::newRow("part of a token")
        << Unit::InputToken << MicroAmount{1'999'999} << u"1"_s << u"1 input token"_s;
    QTest::newRow("answers") << Unit::OutputToken << 2 * MicroPerUnit << u"2"_s
                             << u"2 output tokens"_s;
    QTest::newRow("dollars") << Unit::Cents << 50'000 * MicroPerUnit << u"$500.00"_s
                             << u"$500.00"_s;
    QTest::newRow("below a dollar")
        << Unit::Cents << MicroAmount{12'340'000} << u"$0.1234"_s << u"$0.1234"_s;
    QTest::newRow("slots") << Unit::ConcurrentRequest << 8 * MicroPerUnit << u"8"_s
                           << u"8 running requests"_s;
}

void TestLimitText::amounts()
{
    QFETCH(const Unit, unit);
    QFETCH(const MicroAmount, amount);
    QFETCH(const QString, text);
    QFETCH(const QString, phrase);
    QCOMPARE(plain(insight::amountText(unit, amount)), text);
    QCOMPARE(plain(insight::amountPhrase(unit, amount)), phrase);
}

void TestLimitText::money_data()
{
    QTest::addColumn<MicroAmount>("cents");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("exact");
    QTest::newRow("nothing") << MicroAmount{0} << u"$0.00"_s << u"$0.00"_s;
    QTest::newRow("a micro-cent") << MicroAmount{1} << u"$0.0000"_s << u"$0.00000001"_s;
    QTest::newRow("rounded up") << MicroAmount{5'000} << u"$0.0001"_s << u"$0.00005"_s;
    QTest::newRow("just below a dollar")
        << MicroAmount{99'999'999} << u"$1.0000"_s << u"$0.99999999"_s;
    QTest::newRow("a dollar") << MicroAmount{100'000'000} << u"$1.00"_s << u"$1.00"_s;
    QTest::newRow("thousands") << MicroAmount{128'407'500'000} << u"$1 284.08"_s << u"$1 284.075"_s;
    QTest::newRow("a debt") << MicroAmount{-42'000'000} << u"\u2212$0.4200"_s << u"\u2212$0.42"_s;
    QTest::newRow("the most") << std::numeric_limits<MicroAmount>::max() << u"$92 233 720 368.55"_s
                              << u"$92 233 720 368.54775807"_s;
}

void TestLimitText::money()
{
    QFETCH(const MicroAmount, cents);
    QFETCH(const QString, text);
    QFETCH(const QString, exact);
    QCOMPARE(plain(formatDollars(cents)), text);
    QCOMPARE(plain(formatDollarsExact(cents)), exact);
}

void TestLimitText::sentences_data()
{
    QTest::addColumn<Limit>("limit");
    QTest::addColumn<QString>("effect");
    QTest::addColumn<QString>("allowed"); // behind "the global limit allows each key "
    const auto row = [](const Limit &limit, const QString &effect, const QString &allowed) {
        QTest::newRow(effect.toUtf8().constData()) << limit << effect << allowed;
    };
    using A = Algorithm;
    row(limitOf(A::Gcra, Unit::Request, 60, 1min), u"60 at once, then one every second"_s,
        u"60 a minute"_s);
    row(limitOf(A::Gcra, Unit::Token, 200'000, 1min),
        u"200 000 tokens at once, then 200 000 tokens a minute"_s, u"200 000 tokens a minute"_s);
    row(limitOf(A::Gcra, Unit::InputToken, 100, 1min),
        u"100 input tokens at once, then one every 0.6 s"_s, u"100 input tokens a minute"_s);
    row(limitOf(A::Gcra, Unit::Cents, 500, 1h), u"$5.00 at once, then $5.00 an hour"_s,
        u"$5.00 an hour"_s);
    row(limitOf(A::SlidingWindow, Unit::Request, 1'000, 1h), u"1 000 in any hour"_s,
        u"1 000 in any hour"_s);
    row(limitOf(A::SlidingWindow, Unit::Token, 200'000, 24h), u"200 000 tokens in any 24 hours"_s,
        u"200 000 tokens in any 24 hours"_s);
    row(limitOf(A::SlidingWindow, Unit::OutputToken, 9, 90s), u"9 output tokens in any 1 m 30 s"_s,
        u"9 output tokens in any 1 m 30 s"_s);
    row(limitOf(A::SlidingWindow, Unit::Cents, 50, 1min), u"$0.5000 in any minute"_s,
        u"$0.5000 in any minute"_s);
    row(calendar(Unit::Cents, 50'000, CalendarUnit::Month, "Europe/Berlin"),
        u"$500.00 each month (Europe/Berlin), all free again when the next one begins"_s,
        u"$500.00 each month (Europe/Berlin)"_s);
    row(calendar(Unit::Request, 1, CalendarUnit::Hour),
        u"1 each hour (UTC), all free again when the next one begins"_s, u"1 each hour (UTC)"_s);
    row(calendar(Unit::Token, 10'000, CalendarUnit::Week),
        u"10 000 tokens each week from Monday (UTC), all free again when the next one begins"_s,
        u"10 000 tokens each week from Monday (UTC)"_s);
    row(limitOf(A::Concurrency, Unit::ConcurrentRequest, 8),
        u"8 at the same time, the next one when one ends"_s, u"8 at the same time"_s);
}

void TestLimitText::sentences()
{
    QFETCH(const Limit, limit);
    QFETCH(const QString, effect);
    QFETCH(const QString, allowed);
    QCOMPARE(plain(insight::effectSentence(limit)), effect);
    QCOMPARE(
        plain(insight::allowanceSentence(limit)), u"the global limit allows each key "_s + allowed);
}

void TestLimitText::freeAgain_data()
{
    QTest::addColumn<Algorithm>("algorithm");
    QTest::addColumn<Usage>("usage");
    QTest::addColumn<QString>("expected");
    using A = Algorithm;
    for (const A algorithm : {A::Gcra, A::SlidingWindow, A::CalendarWindow, A::Concurrency})
        QTest::addRow("unused %d", int(algorithm))
            << algorithm << usageOf(0, 0, 0ns, 0ns) << u"now"_s;
    QTest::newRow("bucket, full") << A::Gcra << usageOf(60, 0, 600ms, 54s) << u"next in 0.6 s"_s;
    QTest::newRow("bucket, some left") << A::Gcra << usageOf(54, 0, 0ns, 54s) << u"full in 54 s"_s;
    QTest::newRow("bucket, reserved")
        << A::Gcra << usageOf(20, 40, 600ms, 54s) << u"next in 0.6 s"_s;
    QTest::newRow("window, full") << A::SlidingWindow << usageOf(60, 0, 3min, 10min)
                                  << u"eases in 3 m"_s;
    QTest::newRow("window, over") << A::SlidingWindow << usageOf(75, 0, 4min, 10min)
                                  << u"eases in 4 m"_s;
    QTest::newRow("window, some left")
        << A::SlidingWindow << usageOf(9, 0, 0ns, 10min) << u"empty in 10 m"_s;
    QTest::newRow("calendar, full")
        << A::CalendarWindow << usageOf(60, 0, 192min, 192min) << u"resets in 3 h 12 m"_s;
    QTest::newRow("calendar, some left")
        << A::CalendarWindow << usageOf(7, 0, 0ns, 192min) << u"resets in 3 h 12 m"_s;
    QTest::newRow("slots, full") << A::Concurrency << usageOf(0, 60, 0ns, 0ns)
                                 << u"when one ends"_s;
    QTest::newRow("slots, some left")
        << A::Concurrency << usageOf(0, 5, 0ns, 0ns) << u"as they end"_s;
}

void TestLimitText::freeAgain()
{
    QFETCH(const Algorithm, algorithm);
    QFETCH(const Usage, usage);
    QFETCH(const QString, expected);
    QCOMPARE(insight::freeAgain(limitOf(algorithm, Unit::Request, 60, 1min), usage), expected);
}

void TestLimitText::policiesAreNamed_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<limits::SegmentKind>("segment");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QString>("full");
    QTest::addColumn<QString>("counter");
    using Kind = limits::SegmentKind;
    QTest::newRow("unnamed") << "routers/prod/policies/w=3600;s=user"_ba << Kind::EndUser
                             << "alice"_ba << u"prod, 1000;w=3600;s=user"_s
                             << u"user alice with key ci"_s;
    QTest::newRow("named") << "fair"_ba << Kind::EndUser << "alice"_ba << u"fair"_s
                           << u"user alice with key ci"_s;
    QTest::newRow("per key") << "routers/prod/policies/w=3600;s=user"_ba << Kind::ApiKey << "ci"_ba
                             << u"prod, 1000;w=3600;s=user"_s << u"key ci"_s;
    QTest::newRow("without a user") << "fair"_ba << Kind::EndUser << QByteArray() << u"fair"_s
                                    << u"traffic without a user with key ci"_s;
}

void TestLimitText::policiesAreNamed()
{
    QFETCH(const QByteArray, name);
    QFETCH(const limits::SegmentKind, segment);
    QFETCH(const QByteArray, value);
    QFETCH(const QString, full);
    QFETCH(const QString, counter);
    Limit limit = limitOf(Algorithm::SlidingWindow, Unit::Request, 1'000, 1h);
    limit.name = name;
    limit.scope = limits::LimitScope::Router;
    limit.router = "prod";
    limit.policy = "1000;w=3600;s=user";
    limit.segment.kind = segment;
    QCOMPARE(insight::fullLabel(limit), full);
    QCOMPARE(insight::isPolicyText(limit), name != "fair");
    QCOMPARE(insight::counterName(limit, value, "ci"), counter);
}

QTEST_GUILESS_MAIN(TestLimitText)
#include "tst_limittext.moc"

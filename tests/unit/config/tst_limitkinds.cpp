// SPDX-License-Identifier: GPL-3.0-or-later
// Promises: buckets, windows and concurrency are read with their unit, exact amount and period, and
// whatever cannot be counted is an error at its place.
#include "loadersetup.h"

#include <QTest>

#include <array>

using namespace sluice;
using namespace sluice::config;
using namespace sluice::config::test;
using namespace Qt::StringLiterals;

Q_DECLARE_METATYPE(sluice::config::LimitRule)

namespace {

QByteArray globalLimits(const QByteArray &block)
{
    return "global:\n  rate-limit:\n    " + block + "\n";
}

QByteArray amountText(const LimitRule &rule)
{
    return formatAmount(rule.capacity) + ' ' + unitName(rule.unit).toByteArray();
}

/// The columns of a test that a block is refused at the ^ in it.
void addRefusalColumns()
{
    QTest::addColumn<QByteArray>("block");
    QTest::addColumn<QString>("words");
}

void row(const char *name, const QByteArray &text, const QString &words)
{
    QTest::newRow(name) << text << words;
}

void verifyRefusal()
{
    QFETCH(const QByteArray, block);
    QFETCH(const QString, words);
    const MarkedText marked(globalLimits(block));
    const LoadResult result = loadText(marked.text);
    QVERIFY(!result.configuration);
    QVERIFY2(result.findings.size() == 1, sentences(result.findings).constData());
    const Finding &finding = result.findings.constFirst();
    QVERIFY(finding.severity == Severity::Error);
    QVERIFY2(finding.place == marked.place, sentences(result.findings).constData());
    QVERIFY2(finding.message.contains(words), qPrintable(finding.message));
}

} // namespace

class TestLimitKinds final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void readsAmounts_data();
    void readsAmounts();
    void readsPeriods_data();
    void readsPeriods();
    void readsConcurrency();
    void namesAndPlacesOfEveryKind();
    void refusesBuckets_data();

    void refusesBuckets() { verifyRefusal(); }

    void refusesWindows_data();

    void refusesWindows() { verifyRefusal(); }

    void refusesConcurrency_data();

    void refusesConcurrency() { verifyRefusal(); }

    void warnsAtThePlace_data();
    void warnsAtThePlace();
};

void TestLimitKinds::readsAmounts_data()
{
    QTest::addColumn<QByteArray>("block");
    QTest::addColumn<QByteArray>("amount");
    const auto bucket = [](const char *name, const QByteArray &keys, const char *amount) {
        QTest::newRow(name) << QByteArray("shared: {refill-frequency: 1d, " + keys + "}")
                            << QByteArray(amount);
    };
    bucket("request by default", "capacity: 7", "7 request");
    bucket("request", "capacity: 7, unit: request", "7 request");
    bucket("token", "unit: token, capacity: 1000000000000", "1000000000000 token");
    bucket("input-token", "unit: input-token, capacity: 5", "5 input-token");
    bucket("output-token", "unit: output-token, capacity: 5", "5 output-token");
    bucket("cents", "unit: cents, capacity: 1000000000000", "1000000000000 cents");
    bucket("a part of a cent", "unit: cents, capacity: 0.000001", "0.000001 cents");
    bucket("cents as text", "unit: cents, capacity: '12.5'", "12.5 cents");
    const auto window = [](const char *name, const QByteArray &list, const QByteArray &keys,
                            const char *amount) {
        QTest::newRow(name) << QByteArray(list + ": [{name: a, per: shared, period: 1h, " + keys
            + "}]") << QByteArray(amount);
    };
    window("requests", "usage-limits", "requests: 4294967295", "4294967295 request");
    window("tokens", "usage-limits", "tokens: 200000", "200000 token");
    window("total", "usage-limits", "tokens: 9, count: total", "9 token");
    window("input", "usage-limits", "tokens: 9, count: input", "9 input-token");
    window("output", "usage-limits", "count: output, tokens: 9", "9 output-token");
    window("spending", "spend-limits", "cents: 50000", "50000 cents");
    window("spending a fraction", "spend-limits", "cents: 0.5", "0.5 cents");
    // In binary floating point this sum would be off.
    window("exact", "spend-limits", "cents: 123456789.123457", "123456789.123457 cents");
}

void TestLimitKinds::readsAmounts()
{
    QFETCH(const QByteArray, block);
    QFETCH(const QByteArray, amount);
    const LoadResult result = loadText(globalLimits(block));
    QVERIFY2(result.configuration, sentences(result.findings).constData());
    QVERIFY2(result.findings.isEmpty(), sentences(result.findings).constData());
    QCOMPARE(result.configuration->limits.size(), size_t(1));
    QCOMPARE(amountText(result.configuration->limits.front()), amount);
}

void TestLimitKinds::readsPeriods_data()
{
    QTest::addColumn<QByteArray>("keys");
    QTest::addColumn<LimitRule>("expected");
    const auto rolling = [](const char *name, nanoseconds length) {
        LimitRule rule;
        rule.algorithm = Algorithm::SlidingWindow;
        rule.refill = length;
        QTest::newRow(name) << QByteArray(name) << rule;
    };
    rolling("period: 1s", std::chrono::seconds(1));
    rolling("period: 24h", std::chrono::hours(24));
    rolling("period: 7d", std::chrono::hours(24 * 7));
    const auto calendar = [](const char *name, CalendarUnit unit, const QTimeZone &zone,
                              Qt::DayOfWeek weekStart = Qt::Monday) {
        LimitRule rule;
        rule.algorithm = Algorithm::CalendarWindow;
        rule.calendar = {unit, zone, weekStart};
        QTest::newRow(name) << QByteArray(name) << rule;
    };
    const QTimeZone system = QTimeZone::systemTimeZone();
    calendar("period: hour", CalendarUnit::Hour, system);
    calendar("period: day", CalendarUnit::Day, system);
    calendar("period: week", CalendarUnit::Week, system);
    calendar("period: month", CalendarUnit::Month, system);
    calendar("period: quarter", CalendarUnit::Quarter, system);
    calendar("period: year", CalendarUnit::Year, system);
    calendar(
        "period: month, timezone: Europe/Berlin", CalendarUnit::Month, QTimeZone("Europe/Berlin"));
    calendar("period: day, timezone: UTC", CalendarUnit::Day, QTimeZone("UTC"));
    for (int day = Qt::Monday; day <= Qt::Sunday; ++day) {
        static const std::array<const char *, 7> texts{"week-starts: monday, period: week",
            "week-starts: tuesday, period: week", "week-starts: wednesday, period: week",
            "week-starts: thursday, period: week", "week-starts: friday, period: week",
            "week-starts: saturday, period: week", "week-starts: sunday, period: week"};
        calendar(texts[size_t(day - 1)], CalendarUnit::Week, system, Qt::DayOfWeek(day));
    }
}

void TestLimitKinds::readsPeriods()
{
    QFETCH(const QByteArray, keys);
    QFETCH(const LimitRule, expected);
    for (const QByteArray list : {"usage-limits: [{tokens: 1, ", "spend-limits: [{cents: 1, "}) {
        const LoadResult result =
            loadText(globalLimits(list + "name: a, per: end-user, " + keys + "}]"));
        QVERIFY2(result.configuration, sentences(result.findings).constData());
        QVERIFY2(result.findings.isEmpty(), sentences(result.findings).constData());
        const LimitRule &rule = result.configuration->limits.front();
        QVERIFY(rule.algorithm == expected.algorithm);
        QCOMPARE(rule.refill, expected.refill);
        QVERIFY(rule.calendar.unit == expected.calendar.unit);
        QCOMPARE(rule.calendar.zone.id(), expected.calendar.zone.id());
        QCOMPARE(rule.calendar.weekStart, expected.calendar.weekStart);
    }
}

void TestLimitKinds::readsConcurrency()
{
    const LoadResult result = loadText(globalLimits(
        "concurrency: [{name: a, per: end-user, max: 8}, {name: b, per: 'property:Tenant', "
        "max: 1, mode: shadow}]"));
    QVERIFY2(result.findings.isEmpty(), sentences(result.findings).constData());
    const std::vector<LimitRule> &rules = result.configuration->limits;
    QCOMPARE(rules.size(), size_t(2));
    for (const LimitRule &rule : rules) {
        QVERIFY(rule.algorithm == Algorithm::Concurrency);
        QVERIFY(rule.unit == Unit::ConcurrentRequest);
        QCOMPARE(rule.refill, nanoseconds(0));
    }
    QCOMPARE(rules[0].capacity, 8'000'000);
    QVERIFY(rules[1].segment == (Segment{SegmentKind::Property, "tenant"}));
    QVERIFY(rules[1].mode == LimitMode::Shadow);
}

void TestLimitKinds::namesAndPlacesOfEveryKind()
{
    const LoadResult result = loadText(R"(routers:
  r:
    rate-limit:
      concurrency:
        - {name: agents, per: end-user, max: 8}
      spend-limits:
        - name: month
          per: end-user
          cents: 5.5
          period: month
      policies:
        - 10;w=60;s=user
      usage-limits:
        - {name: day, per: end-user, tokens: 5, period: day}
)");
    QVERIFY2(result.findings.isEmpty(), sentences(result.findings).constData());
    QStringList found;
    for (const LimitRule &rule : result.configuration->limits) {
        QCOMPARE(rule.router, "r"_ba);
        found << u"%1 %2 %3:%4"_s.arg(QString::fromUtf8(rule.name), rule.path.mid(3).join(u'.'),
            QString::number(rule.place.line), QString::number(rule.place.column));
    }
    QCOMPARE(found,
        QStringList({u"agents concurrency.0 5:46"_s, u"month spend-limits.0 9:18"_s,
            u"routers/r/policies/w=60;s=user policies.0 12:11"_s, u"day usage-limits.0 14:46"_s}));
}

void TestLimitKinds::refusesBuckets_data()
{
    addRefusalColumns();
    const QByteArray bucket = "shared: {refill-frequency: 1d, ";
    row("unit", bucket + "capacity: 1, unit: ^tokens}", u"did you mean \"token\""_s);
    row("half a request", bucket + "capacity: ^0.5}", u"fractions are for cents only"_s);
    row("half a token", bucket + "unit: token, capacity: ^1.5}", u"fractions are for cents only"_s);
    row("requests beyond 32 bits", bucket + "capacity: ^4294967296}",
        u"allowed are 1 to 4294967295"_s);
    row("too many tokens", bucket + "unit: token, capacity: ^1000000000001}",
        u"allowed are 1 to 1000000000000"_s);
    row("huge", bucket + "unit: token, capacity: ^99999999999999999999}", u"out of range"_s);
    row("negative", bucket + "capacity: ^-5}", u"out of range"_s);
    row("minus nothing", bucket + "capacity: ^-0}", u"not a whole number"_s);
    row("no requests", bucket + "capacity: ^0}", u"allowed are 1 to"_s);
    row("no tokens", bucket + "unit: token, capacity: ^0}", u"allowed are 1 to"_s);
    row("no cents", bucket + "unit: cents, capacity: ^0.00}", u"allowed are 0.000001 to"_s);
    row("negative cents", bucket + "unit: cents, capacity: ^-0.5}", u"out of range"_s);
    row("huge cents", bucket + "unit: cents, capacity: ^1000000000000.1}", u"out of range"_s);
    row("overflowing cents", bucket + "unit: cents, capacity: ^99999999999999999999}",
        u"out of range"_s);
    row("too fine", bucket + "unit: cents, capacity: ^0.0000001}", u"at most six places"_s);
    row("exponent", bucket + "unit: cents, capacity: ^1e3}", u"not a decimal number"_s);
    row("text as tokens", bucket + "unit: token, capacity: ^'5'}", u"without quotes"_s);
    row("tokens without an amount", "shared: ^{refill-frequency: 1d, unit: output-token}",
        u"a limit in tokens needs a capacity"_s);
    row("cents without an amount", "shared: ^{unit: cents}",
        u"a limit in cents needs a capacity"_s);
}

void TestLimitKinds::refusesWindows_data()
{
    addRefusalColumns();
    const QByteArray usage = "usage-limits: [{name: a, per: shared, ";
    row("both", usage + "tokens: 1, ^requests: 1, period: 1h}]", u"not both"_s);
    row("neither", "usage-limits: [^{name: a, per: shared, period: 1h}]",
        u"needs an amount: tokens or requests"_s);
    row("count", usage + "tokens: 1, count: ^all, period: 1h}]",
        u"none of: total, input, output"_s);
    row("cents of usage", usage + "tokens: 1, period: 1h, ^cents: 5}]", u"unknown key"_s);
    row("no cents spent", "spend-limits: [^{name: a, per: shared, period: 1h}]",
        u"needs an amount: cents"_s);
    row("tokens spent", "spend-limits: [{name: a, per: shared, cents: 1, ^tokens: 1, period: 1h}]",
        u"unknown key"_s);
    row("no name", "spend-limits: [^{per: shared, cents: 1, period: 1h}]", u"needs a name"_s);
    row("no per", "spend-limits: [^{name: a, cents: 1, period: 1h}]", u"needs a per"_s);
    row("no period", "spend-limits: [^{name: a, per: shared, cents: 1}]", u"needs a period"_s);
    row("no list", "spend-limits: ^{name: a}", u"a list is expected"_s);
    row("too short", usage + "tokens: 1, period: ^999ms}]", u"at least a second"_s);
    row("period of what", usage + "tokens: 1, period: ^monthly, timezone: UTC}]",
        u"did you mean \"month\""_s);
    row("period of nothing we know", usage + "tokens: 1, period: ^fortnight}]",
        u"one of: hour, day"_s);
    row("bare number", usage + "tokens: 1, period: ^24}]", u""_s);
    row("zone", usage + "tokens: 1, period: day, timezone: ^Europe/Berlni}]",
        u"did you mean \"Europe/Berlin\""_s);
    row("city", usage + "tokens: 1, period: day, timezone: ^Tokyo}]",
        u"did you mean \"Asia/Tokyo\""_s);
    row("capital letters", usage + "tokens: 1, period: day, timezone: ^america/new_york}]",
        u"did you mean \"America/New_York\""_s);
    row("no zone", usage + "tokens: 1, period: day, timezone: ^Middle-Earth/Shire/Hobbiton}]",
        u"write one like Europe/Berlin"_s);
    row("way out", usage + "tokens: 1, period: day, timezone: ^../../../etc/passwd}]",
        u"there is no time zone"_s);
    row("weekday", usage + "tokens: 1, period: week, week-starts: ^Sunday}]",
        u"did you mean \"sunday\""_s);
}

void TestLimitKinds::refusesConcurrency_data()
{
    addRefusalColumns();
    const QByteArray entry = "concurrency: [{name: a, per: shared, ";
    row("no slots", entry + "max: ^0}]", u"allowed are 1 to 4294967295"_s);
    row("half a slot", entry + "max: ^0.5}]", u"fractions are for cents only"_s);
    row("many slots", entry + "max: ^4294967296}]", u"out of range"_s);
    row("no max", "concurrency: [^{name: a, per: shared}]", u"needs an amount: max"_s);
    row("slots per hour", entry + "max: 1, ^period: 1h}]", u"unknown key"_s);
    row("slots without a name", "concurrency: [^{per: shared, max: 1}]", u"needs a name"_s);
    row("slots per nothing", "concurrency: [^{name: a, max: 1}]", u"needs a per"_s);
    row("slots as a map", "concurrency: ^{name: a}", u"a list is expected"_s);
    row("name of another kind",
        "shared: {name: a, capacity: 1, refill-frequency: 1s}\n"
        "    concurrency: [{name: ^a, per: shared, max: 1}]",
        u"another limit is called a"_s);
}

void TestLimitKinds::warnsAtThePlace_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("words");
    const QByteArray usage = "usage-limits: [{name: a, per: shared, tokens: 1, ";
    row("zone of a window", globalLimits(usage + "period: 1h, ^timezone: UTC}]"),
        u"timezone has no effect"_s);
    row("weeks of a window", globalLimits(usage + "period: 7d, ^week-starts: sunday}]"),
        u"week-starts has no effect"_s);
    row("weeks of a month", globalLimits(usage + "period: month, ^week-starts: sunday}]"),
        u"this period is not a week"_s);
    row("count of requests",
        globalLimits("usage-limits: [{name: a, per: shared, requests: 1, period: 1h, "
                     "^count: input}]"),
        u"count has no effect"_s);
    row("tokens in no time",
        globalLimits("shared: ^{unit: token, capacity: 1000000, refill-frequency: 1us}"),
        u"more than one token a nanosecond"_s);
    row("more slots than connections",
        "server: {max-connections: 8}\nglobal:\n  rate-limit:\n    "
        "concurrency: [{name: a, per: shared, max: ^8}]",
        u"nobody can reach this"_s);
}

void TestLimitKinds::warnsAtThePlace()
{
    QFETCH(const QByteArray, text);
    QFETCH(const QString, words);
    const MarkedText marked(text);
    const LoadResult result = loadText(marked.text);
    QVERIFY2(result.configuration, sentences(result.findings).constData());
    QVERIFY2(result.findings.size() == 1, sentences(result.findings).constData());
    const Finding &finding = result.findings.constFirst();
    QVERIFY(finding.severity == Severity::Warning);
    QVERIFY2(finding.place == marked.place, sentences(result.findings).constData());
    QVERIFY2(finding.message.contains(words), qPrintable(finding.message));
    // Who switched a limit off need not hear what is odd about it.
    if (words.contains(u"price") && !marked.text.contains("shadow")) {
        QByteArray off = marked.text;
        off.replace("period: 1h", "period: 1h, mode: off");
        off.replace("frequency: 1h", "frequency: 1h, mode: off");
        off.replace("1;w=60;u=cents;s=user", "{policy: 1;w=60;u=cents;s=user, mode: off}");
        QVERIFY(loadText(off).findings.isEmpty());
    }
}

QTEST_GUILESS_MAIN(TestLimitKinds)
#include "tst_limitkinds.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// Promises: every kind of limit is read with its segment and a name of its own, alone or in a list.
#include "loadersetup.h"

#include <QTest>

using namespace sluice::config;
using namespace sluice::config::test;
using namespace Qt::StringLiterals;

namespace {

const QByteArray Auth = "helicone: {features: auth}\napi-keys: [{name: ci, hash: 'sha256:"
    + QByteArray(64, 'a') + "', owner: alice}]\n";
const QByteArray Teams = Auth + "teams: {core: {members: [alice]}}\n";
const QByteArray One = "capacity: 1, refill-frequency: 1m";

QByteArray globalLimits(const QByteArray &block)
{
    return Teams + "global: {rate-limit: {" + block + "}}\n";
}

} // namespace

class TestLimitSections final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void readsEverySegment_data();
    void readsEverySegment();
    void readsSeveralLimitsOfOneKind();
    void readsRollingWindows();
    void refusesNamesThatIdentifyNothing_data();
    void refusesNamesThatIdentifyNothing();
    void saysWhenNothingTellsTeamsApart_data();
    void saysWhenNothingTellsTeamsApart();
};

void TestLimitSections::readsEverySegment_data()
{
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<int>("kind");
    const auto row = [](const char *key, SegmentKind kind) {
        QTest::newRow(key) << QByteArray(key) << int(kind);
    };
    row("per-api-key", SegmentKind::ApiKey);
    row("per-end-user", SegmentKind::EndUser);
    row("per-team", SegmentKind::Team);
    row("per-team-member", SegmentKind::TeamMember);
    row("shared", SegmentKind::Shared);
}

void TestLimitSections::readsEverySegment()
{
    QFETCH(const QByteArray, key);
    QFETCH(const int, kind);
    const QByteArray text = Teams + "routers: {r: {load-balance: {chat: {strategy: weighted, "
        + "providers: [openai]}}, rate-limit: {" + key
        + ": {capacity: 7, refill-frequency: 1m, mode: shadow, on-missing-segment: skip}}}}\n";
    const LoadResult result = loadText(text);
    QVERIFY2(result.configuration, qPrintable(lines(result.findings)));
    QVERIFY2(result.findings.isEmpty(), qPrintable(lines(result.findings)));
    QCOMPARE(result.configuration->limits.size(), size_t(1));
    const LimitRule &rule = result.configuration->limits.front();
    QCOMPARE(int(rule.segment.kind), kind);
    QCOMPARE(rule.name, "routers/r/" + key);
    QCOMPARE(rule.capacity, 7'000'000);
    QVERIFY(rule.mode == LimitMode::Shadow && rule.onMissing == MissingSegment::Skip);
}

void TestLimitSections::readsSeveralLimitsOfOneKind()
{
    const LoadResult result = loadText(Teams + R"(
global:
  rate-limit:
    per-api-key:
      - {name: burst, capacity: 60, refill-frequency: 1m}
      - name: day
        capacity: 1000
        refill-frequency: 1d
    per-team: {name: teams, capacity: 5, refill-frequency: 1s}
    per-property:
      tenant: [{name: tenants, capacity: 3, refill-frequency: 1h}]
    shared: []
)");
    QVERIFY2(result.configuration, qPrintable(lines(result.findings)));
    QVERIFY2(result.findings.isEmpty(), qPrintable(lines(result.findings)));
    QStringList found;
    for (const LimitRule &rule : result.configuration->limits)
        found << QString::fromUtf8(rule.name) + u' ' + rule.path.mid(2).join(u'.') + u' '
                + QString::number(rule.place.line);
    QCOMPARE(found,
        QStringList({u"burst per-api-key.0 8"_s, u"day per-api-key.1 10"_s, u"teams per-team 12"_s,
            u"tenants per-property.tenant.0 14"_s}));
}

void TestLimitSections::readsRollingWindows()
{
    const LoadResult result = loadText(Teams + R"(
unified-api:
  rate-limit:
    usage-limits:
      - {name: user-day, per: end-user, requests: 10000, period: 24h}
      - {name: tenant-hour, per: "property:Tenant", requests: 5, period: 1h, mode: shadow}
      - {name: all, per: shared, requests: 7, period: 1m}
)");
    QVERIFY2(result.configuration, qPrintable(lines(result.findings)));
    QVERIFY2(result.findings.isEmpty(), qPrintable(lines(result.findings)));
    const std::vector<LimitRule> &rules = result.configuration->limits;
    QCOMPARE(rules.size(), size_t(3));
    for (const LimitRule &rule : rules) {
        QVERIFY(rule.algorithm == Algorithm::SlidingWindow);
        QVERIFY(rule.scope == LimitScope::Unified);
    }
    QCOMPARE(rules[0].name, "user-day"_ba);
    QCOMPARE(rules[0].capacity, 10'000'000'000);
    QCOMPARE(rules[0].refill, std::chrono::hours(24));
    QVERIFY((rules[1].segment == Segment{SegmentKind::Property, "tenant"}));
    QVERIFY(rules[1].mode == LimitMode::Shadow);
    QVERIFY(rules[2].segment.kind == SegmentKind::Shared);
}

void TestLimitSections::refusesNamesThatIdentifyNothing_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *name, const QByteArray &block, const QString &path,
                         const QString &words) {
        QTest::newRow(name) << globalLimits(block) << QString(u"global.rate-limit."_s + path)
                            << words;
    };
    row("no name", "per-team: [{" + One + "}]", u"per-team.0"_s, u"needs a name"_s);
    row("empty name", "per-team: [{name: '', " + One + "}]", u"per-team.0.name"_s,
        u"must not be empty"_s);
    row("twice in a list", "shared: [{name: a, " + One + "}, {name: a, " + One + "}]",
        u"shared.1.name"_s, u"another limit is called a"_s);
    row("twice in two lists",
        "shared: [{name: a, " + One + "}], per-team: [{name: a, " + One + "}]", u"shared.0.name"_s,
        u"another limit is called a"_s);
    row("the name of a path",
        "per-api-key: {" + One + "}, shared: {name: global/per-api-key, " + One + "}",
        u"shared.name"_s, u"another limit is called global/per-api-key"_s);
    const QByteArray window = "requests: 1, period: 1h";
    row("window without a name", "usage-limits: [{per: shared, " + window + "}]",
        u"usage-limits.0"_s, u"needs a name"_s);
    row("window per nothing", "usage-limits: [{name: a, " + window + "}]", u"usage-limits.0"_s,
        u"needs a per"_s);
    row("window per what", "usage-limits: [{name: a, per: planet, " + window + "}]",
        u"usage-limits.0.per"_s, u"property:<name>"_s);
    row("window per property", "usage-limits: [{name: a, per: 'property:a b', " + window + "}]",
        u"usage-limits.0.per"_s, u"a property's name has"_s);
    row("window of nothing", "usage-limits: [{name: a, per: shared, period: 1h}]",
        u"usage-limits.0"_s, u"needs an amount"_s);
    row("window without end", "usage-limits: [{name: a, per: shared, requests: 1}]",
        u"usage-limits.0"_s, u"needs a period"_s);
    row("window too short", "usage-limits: [{name: a, per: shared, requests: 1, period: 1ms}]",
        u"usage-limits.0.period"_s, u"at least a second"_s);
    row("window as a map", "usage-limits: {name: a}", u"usage-limits"_s, u"a list is expected"_s);
    row("not a limit", "shared: [5]", u"shared.0"_s, u"a map is expected"_s);
    row("a list in a list", "shared: [[{name: a}]]", u"shared.0"_s, u"a map is expected"_s);
}

void TestLimitSections::refusesNamesThatIdentifyNothing()
{
    QFETCH(const QByteArray, text);
    QFETCH(const QString, path);
    QFETCH(const QString, words);
    const LoadResult result = loadText(text);
    QVERIFY(!result.configuration);
    QVERIFY2(result.findings.size() == 1, qPrintable(lines(result.findings)));
    QCOMPARE(result.findings.front().path, path);
    QVERIFY2(result.findings.front().message.contains(words),
        qPrintable(result.findings.front().message));
}

void TestLimitSections::saysWhenNothingTellsTeamsApart_data()
{
    QTest::addColumn<QByteArray>("before");
    QTest::addColumn<QString>("words");
    QTest::newRow("no teams") << Auth << u"there are no teams"_s;
    QTest::newRow("open") << "teams: {core: {members: [alice]}}\n"_ba << u"authentication is off"_s;
}

void TestLimitSections::saysWhenNothingTellsTeamsApart()
{
    QFETCH(const QByteArray, before);
    QFETCH(const QString, words);
    for (const QByteArray key : {"per-team", "per-team-member"}) {
        const LoadResult result = loadText(before + "global: {rate-limit: {" + key
            + ": {capacity: 1, " + "refill-frequency: 1m}}}\n");
        QVERIFY(result.configuration);
        QVERIFY2(result.findings.size() == 1, qPrintable(lines(result.findings)));
        QVERIFY2(result.findings.front().message.contains(words),
            qPrintable(result.findings.front().message));
    }
}

QTEST_GUILESS_MAIN(TestLimitSections)
#include "tst_limitsections.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// Edits of limits change the lines they must and leave a file that loads and says what was meant.
#include "core/config/loader.h"
#include "core/session/limitadditions.h"

#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using config::LimitMode;
using config::LimitRule;
using config::LimitScope;
using config::SegmentKind;
using session::ConfigDraft;
using session::LimitPlace;

Q_DECLARE_METATYPE(sluice::session::LimitPlace)
Q_DECLARE_METATYPE(sluice::session::NewLimit)

namespace {

/// Limits in block style, in flow style and with comments around them.
const QByteArray Sample = "# the gateway\n"
                          "global:\n"
                          "  rate-limit:\n"
                          "    per-api-key: {capacity: 60, refill-frequency: 1m} # everybody\n"
                          "    per-property:\n"
                          "      tenant:\n"
                          "        capacity: 300 # raised for the launch\n"
                          "        refill-frequency: \"30m\"\n"
                          "unified-api: {rate-limit: {per-end-user: {capacity: 5, "
                          "refill-frequency: 1s, mode: shadow}}}\n"
                          "routers:\n"
                          "  prod:\n"
                          "    load-balance: {chat: {strategy: weighted, providers: [openai]}}\n"
                          "  test: # flow inside\n"
                          "    load-balance: {chat: {strategy: weighted, providers: [openai]}}\n"
                          "    rate-limit: {per-api-key: {capacity: 1, refill-frequency: 1s}}\n"
                          "  lists:\n"
                          "    load-balance: {chat: {strategy: weighted, providers: [openai]}}\n"
                          "    rate-limit:\n"
                          "      usage-limits:\n"
                          "        - {name: day, per: end-user, requests: 10, period: 24h}\n"
                          "        - name: slow # in block style\n"
                          "          per: shared\n"
                          "          requests: 5\n"
                          "          period: 48h\n"
                          "      shared:\n"
                          "        - {name: burst, capacity: 3, refill-frequency: 1s}\n"
                          "        - {name: long, capacity: 30, refill-frequency: 1h}\n";

config::LoadResult load(const QByteArray &text)
{
    return config::load(text, QProcessEnvironment());
}

LimitRule ruleOf(const QByteArray &text, const QByteArray &name)
{
    const auto values = load(text).configuration;
    if (values) {
        for (const LimitRule &rule : values->limits)
            if (rule.name == name)
                return rule;
    }
    return {};
}

QByteArray edited(const QByteArray &text, const ConfigDraft::Change &change)
{
    const Result<QByteArray> result = change(text);
    return result ? *result : "refused: "_ba + result.error().message.toUtf8();
}

/// Lines of b that are not at the same place in a; texts of one length only.
int changedLines(const QByteArray &a, const QByteArray &b)
{
    const QByteArrayList before = a.split('\n');
    const QByteArrayList after = b.split('\n');
    if (before.size() != after.size())
        return -1;
    int count = 0;
    for (qsizetype i = 0; i < before.size(); ++i)
        count += before[i] == after[i] ? 0 : 1;
    return count;
}

const QByteArrayList Names{"global/per-api-key", "global/per-property/tenant",
    "unified-api/per-end-user", "routers/test/per-api-key", "day", "slow", "burst", "long"};

} // namespace

class TestLimitEdits : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void setsNumbers_data();
    void setsNumbers();

    void setsModes_data() { setsNumbers_data(); }

    void setsModes();
    void enforcingAgainTakesTheKeyOut();

    void removes_data() { setsNumbers_data(); }

    void removes();
    void adds_data();
    void adds();
    void addsToAnEmptyFile();
    void addsAgainWhatWasRemoved();
    void refusesASecondLimitOfOneKind();
    void writesExactly_data();
    void writesExactly();
    void saysWhatCannotBe();
    void namesNewLimitsReadably_data();
    void namesNewLimitsReadably();
    void keepsWindowsLineEnds();
    void refusesWhatIsNotThere();
};

void TestLimitEdits::setsNumbers_data()
{
    QTest::addColumn<QByteArray>("name");
    for (const QByteArray &name : Names)
        QTest::newRow(name.constData()) << name;
}

void TestLimitEdits::setsNumbers()
{
    QFETCH(const QByteArray, name);
    const LimitRule rule = ruleOf(Sample, name);
    QCOMPARE(rule.name, name);
    const QByteArray capacity = edited(Sample, session::setCapacity(rule, u"90"_s));
    QCOMPARE(changedLines(Sample, capacity), 1);
    QCOMPARE(ruleOf(capacity, name).capacity, 90 * MicroPerUnit);
    const QByteArray refill = edited(capacity, session::setRefill(rule, u"2h"_s));
    QCOMPARE(changedLines(capacity, refill), 1);
    QVERIFY(ruleOf(refill, name).refill == std::chrono::hours(2));
    QCOMPARE(ruleOf(refill, name).capacity, 90 * MicroPerUnit);
    // And back: the identical bytes.
    QCOMPARE(
        edited(capacity, session::setCapacity(rule, QString::number(rule.capacity / MicroPerUnit))),
        Sample);
}

void TestLimitEdits::setsModes()
{
    QFETCH(const QByteArray, name);
    const LimitRule rule = ruleOf(Sample, name);
    const LimitMode other = rule.mode == LimitMode::Shadow ? LimitMode::Enforce : LimitMode::Shadow;
    for (const LimitMode mode : {other, LimitMode::Off, rule.mode}) {
        const QByteArray text = edited(Sample, session::setMode(rule, mode));
        QVERIFY2(load(text).configuration != nullptr, text.constData());
        QVERIFY(ruleOf(text, name).mode == mode);
        QCOMPARE(ruleOf(text, name).capacity, rule.capacity);
    }
}

void TestLimitEdits::enforcingAgainTakesTheKeyOut()
{
    const LimitRule rule = ruleOf(Sample, "unified-api/per-end-user");
    const QByteArray text = edited(Sample, session::setMode(rule, LimitMode::Enforce));
    QVERIFY(!text.contains("mode"));
    QCOMPARE(changedLines(Sample, text), 1);
    // Enforcing what is enforced anyway writes nothing that only says the default.
    const LimitRule plain = ruleOf(Sample, "global/per-api-key");
    QCOMPARE(edited(Sample, session::setMode(plain, LimitMode::Enforce)), Sample);
}

void TestLimitEdits::removes()
{
    QFETCH(const QByteArray, name);
    const QByteArray text = edited(Sample, session::removeLimit(ruleOf(Sample, name)));
    const auto values = load(text).configuration;
    QVERIFY2(values != nullptr, text.constData());
    QCOMPARE(values->limits.size(), size_t(Names.size() - 1));
    QVERIFY(ruleOf(text, name).name.isEmpty());
    for (const QByteArray &other : Names)
        QVERIFY(other == name || ruleOf(text, other).name == other);
}

void TestLimitEdits::adds_data()
{
    QTest::addColumn<LimitPlace>("place");
    QTest::addColumn<QByteArray>("name");
    const config::Segment user{SegmentKind::EndUser, {}};
    const config::Segment key{SegmentKind::ApiKey, {}};
    const config::Segment team{SegmentKind::Property, "team"};
    QTest::newRow("beside others")
        << LimitPlace{LimitScope::Global, {}, user} << "global/per-end-user"_ba;
    QTest::newRow("a property beside others")
        << LimitPlace{LimitScope::Global, {}, team} << "global/per-property/team"_ba;
    QTest::newRow("in a flow map")
        << LimitPlace{LimitScope::Unified, {}, key} << "unified-api/per-api-key"_ba;
    QTest::newRow("a property in a flow map")
        << LimitPlace{LimitScope::Unified, {}, team} << "unified-api/per-property/team"_ba;
    QTest::newRow("without a parent")
        << LimitPlace{LimitScope::Router, "prod", key} << "routers/prod/per-api-key"_ba;
    QTest::newRow("per team") << LimitPlace{LimitScope::Global, {}, {SegmentKind::Team, {}}}
                              << "global/per-team"_ba;
    QTest::newRow("per member in a flow map") << LimitPlace{LimitScope::Unified, {},
        {SegmentKind::TeamMember, {}}} << "unified-api/per-team-member"_ba;
    QTest::newRow("shared without a parent") << LimitPlace{LimitScope::Router, "prod",
        {SegmentKind::Shared, {}}} << "routers/prod/shared"_ba;
    QTest::newRow("a property without a parent")
        << LimitPlace{LimitScope::Router, "prod", team} << "routers/prod/per-property/team"_ba;
    QTest::newRow("in a router's flow map")
        << LimitPlace{LimitScope::Router, "test", user} << "routers/test/per-end-user"_ba;
}

void TestLimitEdits::adds()
{
    QFETCH(const LimitPlace, place);
    QFETCH(const QByteArray, name);
    const QByteArray text = edited(Sample, session::addLimit(place, u"25"_s, u"10s"_s));
    const LimitRule rule = ruleOf(text, name);
    QVERIFY2(rule.name == name, text.constData());
    QCOMPARE(rule.capacity, 25 * MicroPerUnit);
    QVERIFY(rule.refill == std::chrono::seconds(10));
    QCOMPARE(load(text).configuration->limits.size(), size_t(Names.size() + 1));
    // Taking it out again leaves nothing of it.
    const auto values = load(edited(text, session::removeLimit(rule))).configuration;
    QVERIFY(values != nullptr);
    QCOMPARE(values->limits.size(), size_t(Names.size()));
}

void TestLimitEdits::addsToAnEmptyFile()
{
    const LimitPlace place{LimitScope::Global, {}, {SegmentKind::ApiKey, {}}};
    for (const QByteArray &text : {""_ba, "# only a comment\n"_ba, "global:\n"_ba,
             "global: {}\n"_ba, "global: {rate-limit: {}}\n"_ba, "server: {port: 0}"_ba}) {
        const QByteArray added = edited(text, session::addLimit(place, u"25"_s, u"10s"_s));
        QVERIFY2(
            ruleOf(added, "global/per-api-key").capacity == 25 * MicroPerUnit, added.constData());
    }
}

void TestLimitEdits::addsAgainWhatWasRemoved()
{
    const LimitRule rule = ruleOf(Sample, "routers/test/per-api-key");
    const QByteArray without = edited(Sample, session::removeLimit(rule));
    const LimitPlace place{LimitScope::Router, "test", rule.segment};
    const QByteArray again = edited(without, session::addLimit(place, u"1"_s, u"1s"_s));
    // Perhaps in another style, but the same limit in the same place.
    const LimitRule restored = ruleOf(again, "routers/test/per-api-key");
    QCOMPARE(restored.capacity, rule.capacity);
    QCOMPARE(restored.path, rule.path);
    QCOMPARE(load(again).configuration->limits.size(), size_t(Names.size()));
}

void TestLimitEdits::refusesASecondLimitOfOneKind()
{
    const LimitPlace place{LimitScope::Global, {}, {SegmentKind::Property, "tenant"}};
    const auto result = session::addLimit(place, u"25"_s, u"10s"_s)(Sample);
    QVERIFY(!result);
    QVERIFY(result.error().code == ErrorCode::Conflict);
}

namespace {

/// A block of the global section, so that rows are short.
QByteArray inGlobal(const QByteArray &block)
{
    return "global:\n  rate-limit:\n    " + block + "\n";
}

using Maker = ConfigDraft::Change (*)(const LimitRule &);

session::NewLimit second(const QByteArray &name)
{
    return {{LimitScope::Global, {}, {SegmentKind::EndUser, {}}}, session::LimitKind::Bucket,
        Unit::Request, u"9"_s, u"1h"_s, name};
}

} // namespace

Q_DECLARE_METATYPE(Maker)

void TestLimitEdits::writesExactly_data()
{
    QTest::addColumn<QByteArray>("before");
    QTest::addColumn<Maker>("make");
    QTest::addColumn<QByteArray>("after");
    const auto row = [](const char *name, const QByteArray &before, Maker make,
                         const QByteArray &after) {
        QTest::newRow(name) << inGlobal(before) << make << inGlobal(after);
    };
    row(
        "a second bucket beside one in a line",
        "per-end-user: {capacity: 5, refill-frequency: 1s} # why",
        [](const LimitRule &) { return session::addLimit(second("user-hour")); },
        "per-end-user:\n      - {name: global/per-end-user, capacity: 5, refill-frequency: 1s} # "
        "why\n"
        "      - {name: user-hour, capacity: 9, refill-frequency: 1h}");
    row(
        "a second bucket beside a block",
        "per-end-user: # all\n      # why\n      capacity: 5 # x\n\n      refill-frequency: 1s",
        [](const LimitRule &) { return session::addLimit(second("user-hour")); },
        "per-end-user: # all\n      # why\n      - name: global/per-end-user\n        capacity: 5 "
        "# x\n\n"
        "        refill-frequency: 1s\n      - {name: user-hour, capacity: 9, refill-frequency: "
        "1h}");
    row(
        "a first one that has a name",
        "per-end-user: {name: own, capacity: 5, refill-frequency: 1s}",
        [](const LimitRule &) { return session::addLimit(second("user-hour")); },
        "per-end-user:\n      - {name: own, capacity: 5, refill-frequency: 1s}\n"
        "      - {name: user-hour, capacity: 9, refill-frequency: 1h}");
    row(
        "the quota of a quoted policy", "policies: [\"5;w=60\"] # all",
        [](const LimitRule &rule) { return session::setCapacity(rule, u"7"_s); },
        "policies: [\"7;w=60\"] # all");
    row(
        "the mode of a plain policy", "policies:\n      - 5;w=60 # all",
        [](const LimitRule &rule) { return session::setMode(rule, LimitMode::Shadow); },
        "policies:\n      - {policy: 5;w=60, mode: shadow} # all");
    row(
        "the default mode of a policy", "policies: ['5;w=60']",
        [](const LimitRule &rule) { return session::setMode(rule, LimitMode::Enforce); },
        "policies: ['5;w=60']");
    row(
        "requests to tokens",
        "usage-limits:\n      - {name: d, per: end-user, requests: 5, period: 24h, overrides: "
        "{a: {requests: 9}}}",
        [](const LimitRule &rule) { return session::setUnit(rule, Unit::InputToken); },
        "usage-limits:\n      - {name: d, per: end-user, tokens: 5, period: 24h, overrides: "
        "{a: {tokens: 9}}, count: input}");
    row(
        "a fraction of a cent to whole tokens",
        "per-end-user: {capacity: 0.5, refill-frequency: 1s, unit: cents}",
        [](const LimitRule &rule) { return session::setUnit(rule, Unit::Token); },
        "per-end-user: {capacity: 1, refill-frequency: 1s, unit: token}");
    row(
        "a bucket moves to another key",
        "per-end-user: {capacity: 5, refill-frequency: 1s, overrides: {a: {capacity: 1}}} # why",
        [](const LimitRule &rule) {
            return session::setSegment(rule, {SegmentKind::Team, {}});
        },
        "per-team: {capacity: 5, refill-frequency: 1s} # why");
    row(
        "a week to a month",
        "spend-limits:\n      - name: s\n        per: end-user\n        cents: 5\n"
        "        period: week # soon\n        week-starts: sunday\n        timezone: Asia/Tokyo",
        [](const LimitRule &rule) { return session::setRefill(rule, u"month"_s); },
        "spend-limits:\n      - name: s\n        per: end-user\n        cents: 5\n"
        "        period: month # soon\n        timezone: Asia/Tokyo");
    row(
        "one glob of several goes",
        "per-end-user:\n      capacity: 5\n      refill-frequency: 1s\n"
        "      match:\n        models:\n          - a # first\n          - b # second\n"
        "          - c # third",
        [](const LimitRule &rule) {
            config::LimitMatch match = rule.match;
            match.models.removeAt(1);
            return session::setMatch(rule, match);
        },
        "per-end-user:\n      capacity: 5\n      refill-frequency: 1s\n"
        "      match:\n        models:\n          - a # first\n          - c # third");
    row(
        "the last glob goes with its keys",
        "per-end-user: {capacity: 5, refill-frequency: 1s, match: {models: [a]}}",
        [](const LimitRule &rule) { return session::setMatch(rule, {}); },
        "per-end-user: {capacity: 5, refill-frequency: 1s}");
}

void TestLimitEdits::writesExactly()
{
    QFETCH(const QByteArray, before);
    QFETCH(const Maker, make);
    QFETCH(const QByteArray, after);
    const auto values = load(before).configuration;
    QVERIFY(values);
    const QByteArray text = edited(before, make(values->limits.front()));
    QCOMPARE(text, after);
    QVERIFY(load(text).configuration);
}

void TestLimitEdits::saysWhatCannotBe()
{
    const QByteArray text =
        inGlobal("concurrency: [{name: c, per: end-user, max: 2}]\n"
                 "    shared: [{name: a, capacity: 1}, {name: b, capacity: 2}]\n"
                 "    policies: ['5;w=60']");
    const LimitRule slots = ruleOf(text, "c");
    QVERIFY(!session::setRefill(slots, u"1m"_s)(text));
    QVERIFY(!session::setUnit(slots, Unit::Token)(text));
    const LimitRule listed = ruleOf(text, "a");
    QVERIFY(!session::setSegment(listed, {SegmentKind::Team, {}})(text)); // b would go along
    QVERIFY(!session::setSegment(listed, {SegmentKind::Property, "p"})(text));
    const LimitRule policy = ruleOf(text, "global/policies/w=60");
    QCOMPARE(policy.capacity, 5 * MicroPerUnit);
    QVERIFY(!session::setRefill(policy, u"30s"_s)(text));
    QVERIFY(!session::setRefill(policy, u"90500ms"_s)(text));
    QVERIFY(!session::setCapacity(policy, u"many"_s)(text));
}

void TestLimitEdits::namesNewLimitsReadably_data()
{
    QTest::addColumn<session::NewLimit>("limit");
    QTest::addColumn<QByteArray>("name");
    using session::LimitKind;
    const auto row = [](const QByteArray &name, LimitPlace place, LimitKind kind, Unit unit,
                         const QString &period) {
        QTest::newRow(name.constData())
            << session::NewLimit{std::move(place), kind, unit, u"5"_s, period, {}} << name;
    };
    const config::Segment key{SegmentKind::ApiKey, {}};
    const config::Segment team{SegmentKind::Team, {}};
    const config::Segment tenant{SegmentKind::Property, "tenant"};
    row("team-month", {LimitScope::Global, {}, team}, LimitKind::Spend, Unit::Cents, u"month"_s);
    row("key-24h", {LimitScope::Global, {}, key}, LimitKind::Usage, Unit::Request, u"24h"_s);
    row("prod-key-tokens-day", {LimitScope::Router, "prod", key}, LimitKind::Usage, Unit::Token,
        u"day"_s);
    row("key-at-once", {LimitScope::Global, {}, key}, LimitKind::Concurrency,
        Unit::ConcurrentRequest, {});
    row("key-minute", {LimitScope::Global, {}, key}, LimitKind::Bucket, Unit::Request, u"1m"_s);
    row("tenant-hour", {LimitScope::Global, {}, tenant}, LimitKind::Bucket, Unit::Request, u"1h"_s);
    row("test-key-cents-minute-2", {LimitScope::Router, "test", key}, LimitKind::Bucket,
        Unit::Cents, u"1m"_s);
}

void TestLimitEdits::namesNewLimitsReadably()
{
    QFETCH(const session::NewLimit, limit);
    QFETCH(const QByteArray, name);
    QByteArray text = Sample;
    text.replace("name: day,", "name: test-key-cents-minute,");
    QCOMPARE(session::nameForNew(*load(text).configuration, limit), name);
}

void TestLimitEdits::keepsWindowsLineEnds()
{
    const QByteArray windows = "\xef\xbb\xbf"_ba + QByteArray(Sample).replace("\n", "\r\n");
    const LimitRule rule = ruleOf(windows, "global/per-property/tenant");
    const QByteArray text = edited(windows, session::setCapacity(rule, u"301"_s));
    QCOMPARE(text, QByteArray(windows).replace("300", "301"));
}

void TestLimitEdits::refusesWhatIsNotThere()
{
    LimitRule gone;
    gone.path = {u"global"_s, u"rate-limit"_s, u"per-team"_s};
    QVERIFY(!session::removeLimit(gone)(Sample));
}

QTEST_GUILESS_MAIN(TestLimitEdits)
#include "tst_limitedits.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// Limits and decisions in words: sentences that people and clients read, and the advice in them is
// true.
#include "core/insight/explain.h"
#include "insightsetup.h"

#include <QTest>

#include <random>

using namespace sluice;
using namespace sluice::test;
using namespace Qt::StringLiterals;
using limits::Algorithm;
using limits::Usage;

Q_DECLARE_METATYPE(std::chrono::nanoseconds)
Q_DECLARE_METATYPE(sluice::limits::SegmentKind)
Q_DECLARE_METATYPE(sluice::limits::LimitScope)

namespace {

Limit limitOf(qint64 requests, nanoseconds period, Algorithm algorithm = Algorithm::Gcra)
{
    Limit limit;
    limit.segment.kind = SegmentKind::ApiKey;
    limit.quota = requests * MicroPerUnit;
    limit.period = period;
    limit.algorithm = algorithm;
    return limit;
}

/// Narrow no-break spaces as plain ones, to keep the tables readable.
QString plain(QString text)
{
    return text.replace(QChar(0x202f), u' ');
}

} // namespace

class TestExplain : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void groupsDigits();
    void effect_data();
    void effect();
    void allowance_data();
    void allowance();
    void labels();
    void counterNames_data();
    void counterNames();
    void givenNames_data();
    void givenNames();
    void missingSegments_data();
    void missingSegments();
    void refusalsOfTeams_data();
    void refusalsOfTeams();
    void freeAgain_data();
    void freeAgain();
    void refusalNamesLimitUsageWaitAndSource();
    void refusalsOfOtherKinds();
    void headlines();
    void smallestCapacityAdmits();
    void smallestCapacityIsZeroWhereNoneHelps();
};

void TestExplain::groupsDigits()
{
    QCOMPARE(insight::groupDigits(0), u"0"_s);
    QCOMPARE(insight::groupDigits(999), u"999"_s);
    QCOMPARE(insight::groupDigits(1284), u"1\u202f284"_s);
    QCOMPARE(insight::groupDigits(1'000'000), u"1\u202f000\u202f000"_s);
    QCOMPARE(insight::groupDigits(-284), u"-284"_s);
    QCOMPARE(insight::groupDigits(-1284), u"-1\u202f284"_s);
}

void TestExplain::effect_data()
{
    QTest::addColumn<qint64>("requests");
    QTest::addColumn<nanoseconds>("period");
    QTest::addColumn<bool>("window");
    QTest::addColumn<QString>("expected");
    const auto row = [](qint64 requests, nanoseconds period, const char *expected) {
        QTest::addRow("%s", expected) << requests << period << false << QString::fromUtf8(expected);
    };
    row(60, 1min, "60 at once, then one every second");
    row(90, 1min, "90 at once, then one every 0.67 s");
    row(40, 1min, "40 at once, then one every 1.5 s");
    row(10, 1min, "10 at once, then one every 6 s");
    row(1, 1min, "1 at once, then one every 1 m");
    row(100, 24h, "100 at once, then one every 14 m 24 s");
    row(500, 1s, "500 at once, then 500 a second");
    row(5000, 1min, "5 000 at once, then 5 000 a minute");
    QTest::newRow("window of an hour")
        << qint64{1000} << nanoseconds(1h) << true << u"1 000 in any hour"_s;
    QTest::newRow("window of a day")
        << qint64{30} << nanoseconds(24h) << true << u"30 in any 24 hours"_s;
    QTest::newRow("window of another length")
        << qint64{5} << nanoseconds(90s) << true << u"5 in any 1 m 30 s"_s;
}

void TestExplain::effect()
{
    QFETCH(const qint64, requests);
    QFETCH(const nanoseconds, period);
    QFETCH(const bool, window);
    QFETCH(const QString, expected);
    const Limit limit =
        limitOf(requests, period, window ? Algorithm::SlidingWindow : Algorithm::Gcra);
    QCOMPARE(plain(insight::effectSentence(limit)), expected);
}

void TestExplain::allowance_data()
{
    QTest::addColumn<LimitScope>("scope");
    QTest::addColumn<SegmentKind>("segment");
    QTest::addColumn<nanoseconds>("period");
    QTest::addColumn<QString>("expected");
    const auto row = [](LimitScope scope, SegmentKind segment, nanoseconds period,
                         const char *expected) {
        QTest::addRow("%s", expected) << scope << segment << period << QString::fromUtf8(expected);
    };
    row(LimitScope::Router, SegmentKind::ApiKey, 1min, "router prod allows each key 60 a minute");
    row(LimitScope::Global, SegmentKind::EndUser, 1s,
        "the global limit allows each user 60 a second");
    row(LimitScope::Unified, SegmentKind::Property, 1h,
        "the unified API allows each tenant 60 an hour");
    row(LimitScope::Global, SegmentKind::Shared, 24h,
        "the global limit allows everybody together 60 a day");
    row(LimitScope::Global, SegmentKind::Team, 1h, "the global limit allows each team 60 an hour");
    row(LimitScope::Router, SegmentKind::TeamMember, 24h,
        "router prod allows each member 60 a day");
    row(LimitScope::Unified, SegmentKind::Shared, 1min,
        "the unified API allows everybody together 60 a minute");
    row(LimitScope::Header, SegmentKind::ApiKey, 30min,
        "the client's own policy allows each key 60 in 30 m");
}

void TestExplain::allowance()
{
    QFETCH(const LimitScope, scope);
    QFETCH(const SegmentKind, segment);
    QFETCH(const nanoseconds, period);
    QFETCH(const QString, expected);
    Limit limit = limitOf(60, period);
    limit.scope = scope;
    limit.router = "prod";
    limit.segment = {segment, segment == SegmentKind::Property ? "tenant"_ba : QByteArray()};
    QCOMPARE(plain(insight::allowanceSentence(limit)), expected);
}

void TestExplain::labels()
{
    Limit limit = limitOf(60, 1min);
    limit.scope = LimitScope::Router;
    limit.router = "prod";
    limit.line = 31;
    QCOMPARE(insight::limitLabel(limit), u"per key"_s);
    QCOMPARE(insight::scopeLabel(limit), u"Router prod"_s);
    QCOMPARE(insight::fullLabel(limit), u"prod, per key"_s);
    QCOMPARE(
        insight::sourceText(limit, u"ai-gateway-config.yaml"_s), u"ai-gateway-config.yaml:31"_s);
    limit.scope = LimitScope::Global;
    limit.segment = {SegmentKind::Property, "tenant"};
    QCOMPARE(insight::fullLabel(limit), u"global, per tenant"_s);
    limit.scope = LimitScope::Header;
    limit.policy = "5;w=60";
    limit.line = 0;
    QCOMPARE(insight::fullLabel(limit), u"5;w=60"_s);
    QCOMPARE(insight::sourceText(limit, u"x.yaml"_s), u"policy header"_s);
}

void TestExplain::counterNames_data()
{
    QTest::addColumn<SegmentKind>("segment");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QString>("expected");
    QTest::addColumn<QString>("label");
    const auto row = [](SegmentKind segment, const QByteArray &value, const char *expected,
                         const char *label) {
        QTest::addRow("%s", expected)
            << segment << value << QString::fromUtf8(expected) << QString::fromUtf8(label);
    };
    row(SegmentKind::ApiKey, "ci", "key ci", "global, per key");
    row(SegmentKind::EndUser, "alice", "user alice", "global, per end user");
    row(SegmentKind::Team, "core", "team core", "global, per team");
    row(SegmentKind::TeamMember, "core/alice", "member alice of team core", "global, per member");
    row(SegmentKind::TeamMember, "core/a/b", "member a/b of team core", "global, per member");
    row(SegmentKind::Property, "acme", "tenant acme", "global, per tenant");
    row(SegmentKind::Shared, "", "everybody together", "global, shared");
    row(SegmentKind::EndUser, "", "traffic without a user", "global, per end user");
    row(SegmentKind::Team, "", "traffic without a team", "global, per team");
    row(SegmentKind::TeamMember, "", "traffic without a member", "global, per member");
    row(SegmentKind::Property, "", "tenant (none)", "global, per tenant");
}

void TestExplain::counterNames()
{
    QFETCH(const SegmentKind, segment);
    QFETCH(const QByteArray, value);
    QFETCH(const QString, expected);
    QFETCH(const QString, label);
    Limit limit = limitOf(60, 1min);
    limit.segment = {segment, segment == SegmentKind::Property ? "tenant"_ba : QByteArray()};
    QCOMPARE(insight::counterName(limit, value), expected);
    QCOMPARE(insight::fullLabel(limit), label);
}

void TestExplain::givenNames_data()
{
    QTest::addColumn<LimitScope>("scope");
    QTest::addColumn<SegmentKind>("segment");
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QString>("label");
    QTest::addColumn<QString>("full");
    const auto row = [](LimitScope scope, SegmentKind segment, const QByteArray &name,
                         const QString &label, const QString &full) {
        QTest::newRow(name.constData()) << scope << segment << name << label << full;
    };
    row(LimitScope::Global, SegmentKind::ApiKey, "global/per-api-key", u"per key"_s,
        u"global, per key"_s);
    row(LimitScope::Unified, SegmentKind::Shared, "unified-api/shared", u"shared"_s,
        u"unified, shared"_s);
    row(LimitScope::Router, SegmentKind::TeamMember, "routers/prod/per-team-member",
        u"per member"_s, u"prod, per member"_s);
    row(LimitScope::Router, SegmentKind::Property, "routers/prod/per-property/tenant",
        u"per tenant"_s, u"prod, per tenant"_s);
    // Names are unique in a file, so a given one needs no scope.
    row(LimitScope::Global, SegmentKind::Team, "burst", u"burst"_s, u"burst"_s);
    row(LimitScope::Router, SegmentKind::Team, "team-day", u"team-day"_s, u"team-day"_s);
    // Another place's name is a given one here.
    row(LimitScope::Global, SegmentKind::EndUser, "unified-api/per-end-user",
        u"unified-api/per-end-user"_s, u"unified-api/per-end-user"_s);
}

void TestExplain::givenNames()
{
    QFETCH(const LimitScope, scope);
    QFETCH(const SegmentKind, segment);
    QFETCH(const QByteArray, name);
    QFETCH(const QString, label);
    QFETCH(const QString, full);
    Limit limit = limitOf(60, 1min);
    limit.scope = scope;
    limit.router = scope == LimitScope::Router ? "prod"_ba : QByteArray();
    limit.segment = {segment, segment == SegmentKind::Property ? "tenant"_ba : QByteArray()};
    limit.name = name;
    QCOMPARE(insight::limitLabel(limit), label);
    QCOMPARE(insight::fullLabel(limit), full);
}

void TestExplain::missingSegments_data()
{
    QTest::addColumn<SegmentKind>("segment");
    QTest::addColumn<QString>("remedy");
    QTest::newRow("user") << SegmentKind::EndUser << u"send Helicone-User-Id"_s;
    QTest::newRow("team") << SegmentKind::Team << u"the API key must belong to a team"_s;
    QTest::newRow("member") << SegmentKind::TeamMember
                            << u"the API key must have an owner and a team"_s;
}

void TestExplain::missingSegments()
{
    QFETCH(const SegmentKind, segment);
    QFETCH(const QString, remedy);
    config::LimitRule strict = rule("t", segment, 2, 1min);
    strict.onMissing = MissingSegment::Reject;
    Desk desk(compile({strict}));
    const QString sentence =
        insight::refusalSentence(desk.request(subject("ci")).decision, u"gw.yaml"_s);
    QVERIFY2(sentence.endsWith(u": "_s + remedy), qPrintable(sentence));
}

void TestExplain::refusalsOfTeams_data()
{
    QTest::addColumn<SegmentKind>("segment");
    QTest::addColumn<QString>("who");
    QTest::newRow("team") << SegmentKind::Team << u"team core"_s;
    QTest::newRow("member") << SegmentKind::TeamMember << u"member alice of team core"_s;
    QTest::newRow("shared") << SegmentKind::Shared << u"everybody together"_s;
}

void TestExplain::refusalsOfTeams()
{
    QFETCH(const SegmentKind, segment);
    QFETCH(const QString, who);
    Desk desk(compile({rule("t", segment, 1, 1min)}));
    desk.request(memberRequest("core", "alice"));
    const RequestRecord refused = desk.request(memberRequest("core", "alice", "app"));
    QVERIFY(refused.outcome == Outcome::Refused);
    const QString sentence = insight::refusalSentence(refused.decision, u"gw.yaml"_s);
    QVERIFY2(
        sentence.contains(who + u" has used 1 of 1 requests a minute"_s), qPrintable(sentence));
}

void TestExplain::freeAgain_data()
{
    QTest::addColumn<bool>("window");
    QTest::addColumn<qint64>("remaining");
    QTest::addColumn<nanoseconds>("nextIn");
    QTest::addColumn<nanoseconds>("fullIn");
    QTest::addColumn<QString>("expected");
    QTest::newRow("unused") << false << qint64{60} << 0ns << 0ns << u"now"_s;
    QTest::newRow("GCRA, full") << false << qint64{0} << nanoseconds(600ms) << nanoseconds(54s)
                                << u"next in 0.6 s"_s;
    QTest::newRow("GCRA, some left")
        << false << qint64{6} << 0ns << nanoseconds(54s) << u"full in 54 s"_s;
    QTest::newRow("window, full") << true << qint64{0} << nanoseconds(3min) << nanoseconds(10min)
                                  << u"eases in 3 m"_s;
    QTest::newRow("window, some left")
        << true << qint64{6} << 0ns << nanoseconds(10min) << u"empty in 10 m"_s;
}

void TestExplain::freeAgain()
{
    QFETCH(const bool, window);
    QFETCH(const qint64, remaining);
    QFETCH(const nanoseconds, nextIn);
    QFETCH(const nanoseconds, fullIn);
    QFETCH(const QString, expected);
    Usage usage;
    usage.quota = 60 * MicroPerUnit;
    usage.remaining = remaining * MicroPerUnit;
    usage.used = usage.quota - usage.remaining;
    usage.nextIn = nextIn;
    usage.fullIn = fullIn;
    const Limit limit = limitOf(60, 1min, window ? Algorithm::SlidingWindow : Algorithm::Gcra);
    QCOMPARE(insight::freeAgain(limit, usage), expected);
}

void TestExplain::refusalNamesLimitUsageWaitAndSource()
{
    config::LimitRule perUser = rule("global/per-end-user", SegmentKind::EndUser, 2, 1min);
    perUser.place.line = 12;
    Desk desk(compile({perUser}));
    desk.request(subject("ci", "alice"));
    desk.request(subject("ci", "alice"));
    const RequestRecord refused = desk.request(subject("ci", "alice"));
    QCOMPARE(plain(insight::refusalSentence(refused.decision, u"gw.yaml"_s)),
        u"The rate limit is reached: user alice has used 2 of 2 requests a minute (global, per end "
        "user, gw.yaml:12). The next request is admitted in 30 s."_s);
    // Nobody in particular: the shared counter of requests that name no user.
    desk.request(subject("ci"));
    desk.request(subject("ci"));
    const RequestRecord nameless = desk.request(subject("ci"));
    QVERIFY(insight::refusalSentence(nameless.decision, u"gw.yaml"_s)
                .contains("traffic without a user has used"_L1));
}

void TestExplain::refusalsOfOtherKinds()
{
    config::LimitRule strict = rule("p", SegmentKind::Property, 2, 1min);
    strict.segment.property = "tenant";
    strict.onMissing = MissingSegment::Reject;
    strict.place.line = 7;
    Desk desk(compile({strict}));
    const QString missing =
        insight::refusalSentence(desk.request(subject("ci")).decision, u"gw.yaml"_s);
    QVERIFY(missing.contains("gw.yaml:7"_L1));
    QVERIFY(missing.contains("Helicone-Property-tenant"_L1));
    Decision empty;
    QVERIFY(!insight::refusalSentence(empty, u"gw.yaml"_s).isEmpty());
}

void TestExplain::headlines()
{
    config::LimitRule routed = rule("r", SegmentKind::ApiKey, 1, 1min);
    Desk desk(compile({routed}));
    RequestRecord record = desk.request(subject("ci"));
    QCOMPARE(insight::headline(record), u"Admitted by every limit"_s);
    QCOMPARE(insight::headline(desk.request(subject("ci"))),
        u"Refused: the global limit allows each key 1 a minute"_s);
    record.outcome = Outcome::Streaming;
    QCOMPARE(insight::headline(record), u"Admitted, streaming"_s);
    record.outcome = Outcome::Rejected;
    record.note = u"unknown key"_s;
    QCOMPARE(insight::headline(record), u"Rejected: unknown key"_s);
    record.outcome = Outcome::Completed;
    record.decision = {};
    QCOMPARE(insight::headline(record), u"Let through: no limit applies"_s);
}

void TestExplain::smallestCapacityAdmits()
{
    std::mt19937 random(77);
    int refusals = 0;
    for (int round = 0; round < 300; ++round) {
        config::LimitRule limit = rule("k", SegmentKind::ApiKey, 1 + random() % 40,
            std::chrono::milliseconds(1'000 + random() % 100'000));
        Desk desk(compile({limit}));
        Decision refused;
        while (refused.isAdmitted()) {
            refused = desk.request(subject("ci")).decision;
            desk.now += nanoseconds(random() % 500'000'000);
            if (desk.now > OnTheMinute + 5min)
                break;
        }
        if (refused.isAdmitted())
            continue; // refilled faster than it was used
        ++refusals;
        const qint64 smallest = insight::smallestCapacity(refused);
        const auto wouldAdmit = [&](qint64 capacity) {
            limit.capacity = capacity * MicroPerUnit;
            return desk.engine.explain(refused.at, *compile({limit}), subject("ci")).isAdmitted();
        };
        QVERIFY2(wouldAdmit(smallest), qPrintable(QString::number(smallest)));
        QVERIFY2(!wouldAdmit(smallest - 1), qPrintable(QString::number(smallest)));
    }
    QVERIFY(refusals > 100);
}

void TestExplain::smallestCapacityIsZeroWhereNoneHelps()
{
    Decision admitted;
    QCOMPARE(insight::smallestCapacity(admitted), 0);
    config::LimitRule strict = rule("u", SegmentKind::EndUser, 2, 1min);
    strict.onMissing = MissingSegment::Reject;
    Desk desk(compile({strict}));
    QCOMPARE(insight::smallestCapacity(desk.request(subject("ci")).decision), 0);
}

QTEST_GUILESS_MAIN(TestExplain)
#include "tst_explain.moc"

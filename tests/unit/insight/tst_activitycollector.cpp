// SPDX-License-Identifier: GPL-3.0-or-later
// The collector's promise: every request is counted exactly once, and a report stays small however
// much traffic there was.
#include "insightsetup.h"

#include <QTest>

using namespace sluice;
using namespace sluice::test;
using namespace Qt::StringLiterals;
using insight::CounterId;
using insight::SubjectDelta;

Q_DECLARE_METATYPE(sluice::insight::SubjectId)
Q_DECLARE_METATYPE(sluice::limits::SegmentKind)

namespace {

const std::vector<config::LimitRule> PerKey{rule("k", SegmentKind::ApiKey, 3, 1min)};

const SubjectDelta *find(const ActivityBatch &batch, const SubjectId &id)
{
    for (const SubjectDelta &delta : batch.subjects)
        if (delta.subject == id)
            return &delta;
    return nullptr;
}

} // namespace

class TestActivityCollector : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void listsUpToItsCapAndCountsTheRest();
    void countsAStreamOnce();
    void updatesAStreamInPlaceWithinOneReport();
    void listsAStreamAgainInALaterReport();
    void keepsAnUnlistedStreamUnlisted();
    void foldsTheSubjectsOfARequest();
    void foldsTeamsAndMembers_data();
    void foldsTeamsAndMembers();
    void namesMembersAsTheEngineDoes();
    void tellsOutcomesApart();
    void countsShadowRefusalsAsAdmitted();
    void namesEachCounterOnce();
    void boundsTheCountersOfASubject();
    void keepsItsOwnCountersInACrowd_data();
    void keepsItsOwnCountersInACrowd();
    void namesTheKeyOfAHeaderPolicy();
    void leavesSkippedLimitsOut();
    void startsAfreshAfterTaking();
};

void TestActivityCollector::listsUpToItsCapAndCountsTheRest()
{
    Desk desk(compile({}));
    constexpr int surplus = 70;
    for (size_t i = 0; i < ActivityCollector::MaxRecords + surplus; ++i)
        desk.request(subject("ci"));
    const ActivityBatch batch = desk.report();
    QCOMPARE(batch.records.size(), ActivityCollector::MaxRecords);
    QCOMPARE(batch.notListed, quint32(surplus));
    QCOMPARE(batch.requests, quint32(ActivityCollector::MaxRecords + surplus));
    QCOMPARE(find(batch, KeyCi)->admitted, batch.requests);
    QCOMPARE(batch.records.front().id, quint64{1}); // oldest first
}

void TestActivityCollector::countsAStreamOnce()
{
    Desk desk(compile(PerKey));
    const RequestRecord stream = desk.request(subject("ci"), Outcome::Streaming);
    quint32 requests = desk.report().requests;
    desk.end(stream, Outcome::Completed);
    const ActivityBatch later = desk.report();
    QCOMPARE(requests + later.requests, 1U);
    QVERIFY(later.subjects.empty());
}

void TestActivityCollector::updatesAStreamInPlaceWithinOneReport()
{
    Desk desk(compile(PerKey));
    const RequestRecord stream = desk.request(subject("ci"), Outcome::Streaming);
    desk.request(subject("ci"));
    desk.end(stream, Outcome::ClientLeft);
    const ActivityBatch batch = desk.report();
    QCOMPARE(batch.records.size(), size_t{2});
    QCOMPARE(batch.records[0].id, stream.id);
    QVERIFY(batch.records[0].outcome == Outcome::ClientLeft);
    QCOMPARE(batch.requests, 2U);
}

void TestActivityCollector::listsAStreamAgainInALaterReport()
{
    Desk desk(compile(PerKey));
    const RequestRecord stream = desk.request(subject("ci"), Outcome::Streaming);
    QVERIFY(desk.report().records.at(0).outcome == Outcome::Streaming);
    QVERIFY(desk.collector.isEmpty());
    desk.request(subject("ci")); // another record where the stream's used to be
    desk.end(stream, Outcome::Completed);
    const ActivityBatch batch = desk.report();
    QCOMPARE(batch.records.size(), size_t{2});
    QCOMPARE(batch.records[1].id, stream.id);
    QVERIFY(batch.records[1].outcome == Outcome::Completed);
    QCOMPARE(batch.requests, 1U);
}

void TestActivityCollector::keepsAnUnlistedStreamUnlisted()
{
    Desk desk(compile({}));
    for (size_t i = 0; i < ActivityCollector::MaxRecords; ++i)
        desk.request(subject("ci"));
    const RequestRecord stream = desk.request(subject("ci"), Outcome::Streaming);
    QCOMPARE(desk.report().notListed, 1U);
    // Nobody has seen it begin, so its end is no news.
    desk.end(stream, Outcome::Completed);
    QVERIFY(desk.collector.isEmpty());
}

void TestActivityCollector::foldsTheSubjectsOfARequest()
{
    Desk desk(compile(PerKey));
    Subject who = subject("ci", "alice");
    who.properties = {{"tenant", "acme"}, {"feature", "chat"}};
    for (int i = 0; i < 5; ++i)
        desk.request(who);
    desk.request(subject("app"));
    const ActivityBatch batch = desk.report();
    QCOMPARE(batch.subjects.size(), size_t{5});
    for (const SubjectId &id :
        {KeyCi, UserAlice, SubjectId{{SegmentKind::Property, "tenant"}, "acme"},
            SubjectId{{SegmentKind::Property, "feature"}, "chat"}}) {
        const SubjectDelta *delta = find(batch, id);
        QVERIFY(delta != nullptr);
        QCOMPARE(delta->admitted, 3U); // the limit's capacity
        QCOMPARE(delta->refused, 2U);
    }
    QCOMPARE(batch.refused, 2U);
}

void TestActivityCollector::foldsTeamsAndMembers_data()
{
    QTest::addColumn<QByteArray>("team");
    QTest::addColumn<QByteArray>("member");
    QTest::addColumn<bool>("isTeamListed");
    QTest::addColumn<QByteArray>("memberListed"); // empty = none
    QTest::newRow("both") << "core"_ba
                          << "alice"_ba << true << "core/alice"_ba;
    QTest::newRow("key without an owner") << "core"_ba
                                          << ""_ba << true << ""_ba;
    QTest::newRow("owner without a team") << ""_ba
                                          << "alice"_ba << false << ""_ba;
    QTest::newRow("neither") << ""_ba
                             << ""_ba << false << ""_ba;
}

void TestActivityCollector::foldsTeamsAndMembers()
{
    QFETCH(const QByteArray, team);
    QFETCH(const QByteArray, member);
    QFETCH(const bool, isTeamListed);
    QFETCH(const QByteArray, memberListed);
    Desk desk(compile(PerKey));
    // Two reports: what is remembered between requests must not reach into the next one.
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 5; ++i)
            desk.request(memberRequest(team, member));
        desk.request(memberRequest("other", "alice", "app"));
        const ActivityBatch batch = desk.report();
        const quint32 admitted = round == 0 ? 3 : 0; // the limit's capacity
        const SubjectDelta *found = find(batch, {{SegmentKind::Team, {}}, team});
        QCOMPARE(found != nullptr, isTeamListed);
        if (found) {
            QCOMPARE(found->admitted, admitted);
            QCOMPARE(found->refused, 5 - admitted);
        }
        found = find(batch, {{SegmentKind::TeamMember, {}}, memberListed});
        QCOMPARE(found != nullptr, !memberListed.isEmpty());
        if (found) {
            QCOMPARE(found->admitted, admitted);
            QCOMPARE(found->refused, 5 - admitted);
        }
        // A member of the same name in another team is somebody else.
        QCOMPARE(find(batch, {{SegmentKind::TeamMember, {}}, "other/alice"})->admitted, 1U);
    }
}

void TestActivityCollector::namesMembersAsTheEngineDoes()
{
    Desk desk(compile({rule("m", SegmentKind::TeamMember, 10, 1min)}));
    desk.request(memberRequest("core", "alice"));
    const ActivityBatch batch = desk.report();
    const std::vector<CounterId> expected{{"m", MemberAlice.value, {}}};
    QVERIFY(find(batch, MemberAlice)->counters == expected);
    QCOMPARE(batch.counters.at(0).value, MemberAlice.value);
    QCOMPARE(insight::teamMemberOf(MemberAlice.value).team, "core"_ba);
    QCOMPARE(insight::teamMemberOf(MemberAlice.value).member, "alice"_ba);
}

void TestActivityCollector::tellsOutcomesApart()
{
    Desk desk(compile({}));
    for (const Outcome outcome : {Outcome::Completed, Outcome::UpstreamFailed, Outcome::ClientLeft})
        desk.request(subject("ci"), outcome);
    desk.request(subject("ci"), Outcome::Rejected);
    const ActivityBatch batch = desk.report();
    QCOMPARE(batch.requests, 4U);
    QCOMPARE(batch.refused, 0U);
    // What a limit let in is admitted, however it ended; a rejected one was never decided.
    QCOMPARE(find(batch, KeyCi)->admitted, 3U);
    QCOMPARE(find(batch, KeyCi)->refused, 0U);
}

void TestActivityCollector::countsShadowRefusalsAsAdmitted()
{
    config::LimitRule shadow = PerKey[0];
    shadow.mode = LimitMode::Shadow;
    Desk desk(compile({shadow}));
    for (int i = 0; i < 5; ++i)
        desk.request(subject("ci"));
    const ActivityBatch batch = desk.report();
    QCOMPARE(find(batch, KeyCi)->admitted, 5U);
    QCOMPARE(find(batch, KeyCi)->wouldRefuse, 2U);
    QCOMPARE(batch.refused, 0U);
}

void TestActivityCollector::namesEachCounterOnce()
{
    Desk desk(compile({PerKey[0], rule("u", SegmentKind::EndUser, 10, 1min)}));
    for (int i = 0; i < 4; ++i)
        desk.request(subject("ci", "alice"));
    const ActivityBatch batch = desk.report();
    const std::vector<CounterId> expected{{"k", "ci", {}}, {"u", "alice", {}}};
    QVERIFY(find(batch, KeyCi)->counters == expected);
    QVERIFY(find(batch, UserAlice)->counters == expected);
}

void TestActivityCollector::boundsTheCountersOfASubject()
{
    Desk desk(compile({rule("u", SegmentKind::EndUser, 10, 1min)}));
    for (int i = 0; i < 100; ++i)
        desk.request(subject("ci", "user-" + QByteArray::number(i)));
    const ActivityBatch batch = desk.report();
    QCOMPARE(find(batch, KeyCi)->counters.size(), SubjectDelta::MaxOthers);
    QCOMPARE(find(batch, KeyCi)->admitted, 100U);
}

void TestActivityCollector::keepsItsOwnCountersInACrowd_data()
{
    QTest::addColumn<SubjectId>("id");
    QTest::addColumn<SegmentKind>("kind");
    QTest::addColumn<QByteArray>("value");
    QTest::newRow("the team's own") << TeamCore << SegmentKind::Team << "core"_ba;
    QTest::newRow("the member's own") << MemberAlice << SegmentKind::TeamMember << "core/alice"_ba;
    QTest::newRow("shared, of a team") << TeamCore << SegmentKind::Shared << ""_ba;
    QTest::newRow("shared, of a member") << MemberAlice << SegmentKind::Shared << ""_ba;
}

// A hundred keys come first, then the router with the limit in question.
void TestActivityCollector::keepsItsOwnCountersInACrowd()
{
    QFETCH(const SubjectId, id);
    QFETCH(const SegmentKind, kind);
    QFETCH(const QByteArray, value);
    config::LimitRule last = rule("r", kind, 10, 1min, LimitScope::Router);
    last.router = "prod";
    config::Configuration values;
    values.limits = {PerKey[0], last};
    values.routers.emplace_back().name = "prod";
    Desk desk(LimitSet::compile(values));
    for (int i = 0; i < 100; ++i)
        desk.request(memberRequest("core", "alice", "key-" + QByteArray::number(i)));
    Subject routed = memberRequest("core", "alice", "key-100");
    routed.entry = limits::Entry::Router;
    routed.router = "prod";
    desk.request(routed);
    const ActivityBatch batch = desk.report();
    const auto &counters = find(batch, id)->counters;
    QCOMPARE(counters.size(), SubjectDelta::MaxOthers + 1);
    QVERIFY(counters.back() == (CounterId{"r", value, {}}));
}

void TestActivityCollector::namesTheKeyOfAHeaderPolicy()
{
    Desk desk(compile({}));
    desk.request(withPolicy(subject("ci", "alice"), "5;w=60;s=user"));
    desk.request(withPolicy(subject("app", "alice"), "5;w=60;s=user"));
    const ActivityBatch batch = desk.report();
    // The same policy of two keys is two counters.
    const auto &counters = find(batch, UserAlice)->counters;
    QCOMPARE(counters.size(), size_t{2});
    QCOMPARE(counters[0].apiKey, QByteArray("ci"));
    QCOMPARE(counters[1].apiKey, QByteArray("app"));
}

void TestActivityCollector::leavesSkippedLimitsOut()
{
    config::LimitRule skips = rule("u", SegmentKind::EndUser, 10, 1min);
    skips.onMissing = MissingSegment::Skip;
    Desk desk(compile({skips}));
    desk.request(subject("ci"));
    QVERIFY(find(desk.report(), KeyCi)->counters.empty());
}

void TestActivityCollector::startsAfreshAfterTaking()
{
    Desk desk(compile(PerKey));
    QVERIFY(desk.collector.isEmpty());
    desk.request(subject("ci"));
    QVERIFY(!desk.collector.isEmpty());
    QCOMPARE(find(desk.report(), KeyCi)->admitted, 1U);
    QVERIFY(desk.collector.isEmpty());
    desk.request(subject("ci"));
    QCOMPARE(find(desk.report(), KeyCi)->admitted, 1U);
}

QTEST_GUILESS_MAIN(TestActivityCollector)
#include "tst_activitycollector.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// What the Usage page shows is what the gateway counted: by minute, per minute, and by limit.
#include "core/insight/usagebook.h"
#include "insightsetup.h"

#include <QTest>

#include <random>

using namespace sluice;
using namespace sluice::test;
using insight::ChainState;
using insight::MinuteFigures;
using insight::SubjectDelta;
using insight::UsageBook;
using namespace Qt::StringLiterals;

Q_DECLARE_METATYPE(sluice::insight::SubjectId)

namespace {

const config::LimitRule PerKey = rule("k", SegmentKind::ApiKey, 60, 1min);
const config::LimitRule PerUser = rule("u", SegmentKind::EndUser, 10, 1min);

ActivityBatch figures(EngineTime at, quint32 admitted, quint32 refused)
{
    ActivityBatch batch;
    batch.at = wallOf(at);
    batch.requests = admitted + refused;
    SubjectDelta delta{KeyCi, admitted, refused, 0, {}};
    batch.subjects.push_back(delta);
    return batch;
}

QByteArrayList namesOf(const std::vector<ChainState> &chain)
{
    QByteArrayList names;
    for (const ChainState &link : chain)
        names.append(link.limit->name);
    return names;
}

} // namespace

class TestUsageBook : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void listsSubjectsInTheOrderOfTheirFirstRequest();
    void namesTheSubjectsThatChanged();
    void keepsAnHourByMinute();
    void forgetsMinutesThatAreOver();
    void agreesWithAPlainCount();
    void ratesTheLastMinute();
    void readsTheEnforcersCounters();
    void ordersTheChainAsItIsChecked();
    void showsTheFullestCounterOfALimit();
    void tightest_data();
    void tightest();
    void forgetsCountersOfLimitsThatAreGone();
    void readsCountersByTheNewLimits();
    void ignoresReadingsOfLimitsThatAreGone();
    void ignoresStaleReadings();
    void findsTheFullestCounterForPolicies();
    void forgetsCountersNotSeenForAnHour();
    void boundsTheCountersOfASubject();
    void keepsItsOwnCountersInACrowd();
    void showsASharedLimitToEverybody_data();
    void showsASharedLimitToEverybody();
    void namesAChangedSubjectOnce();
    void policiesOfTheFileCountForEachKey();
    void anEndedPeriodIsNotUsedNow();
    void looksAtTheUnitsAskedFor();
};

void TestUsageBook::listsSubjectsInTheOrderOfTheirFirstRequest()
{
    UsageBook book;
    QCOMPARE(book.addSubject(KeyCi), 0);
    QCOMPARE(book.addSubject(UserAlice), 1);
    QCOMPARE(book.addSubject(KeyCi), 0);
    QCOMPARE(book.subjectCount(), 2);
    QCOMPARE(book.indexOf(UserAlice), 1);
    QCOMPARE(book.indexOf({{SegmentKind::ApiKey, {}}, "unknown"}), -1);
    QCOMPARE(book.subject(0).lastSeen.count(), 0); // configured, never seen
}

void TestUsageBook::namesTheSubjectsThatChanged()
{
    UsageBook book;
    book.addSubject({{SegmentKind::ApiKey, {}}, "idle"});
    Desk desk(compile({PerKey}));
    desk.request(subject("ci", "alice"));
    desk.request(subject("app", "alice"));
    QCOMPARE(book.ingest(desk.report()), (std::vector<int>{1, 2, 3}));
    desk.request(subject("app"));
    QCOMPARE(book.ingest(desk.report()), std::vector<int>{3});
}

void TestUsageBook::keepsAnHourByMinute()
{
    UsageBook book;
    book.ingest(figures(OnTheMinute, 3, 1));
    book.ingest(figures(OnTheMinute + 20s, 2, 0)); // the same minute
    book.ingest(figures(OnTheMinute + 5min, 7, 0)); // after a gap
    const auto history = book.history(0, wallOf(OnTheMinute + 6min));
    QCOMPARE(history[59].admitted, 0U); // now
    QCOMPARE(history[58].admitted, 7U);
    for (size_t i = 54; i < 58; ++i)
        QCOMPARE(history[i].admitted + history[i].refused, 0U);
    QCOMPARE(history[53].admitted, 5U);
    QCOMPARE(history[53].refused, 1U);
    QCOMPARE(book.subject(0).refusedTotal, quint64{1});
}

void TestUsageBook::forgetsMinutesThatAreOver()
{
    UsageBook book;
    book.ingest(figures(OnTheMinute, 3, 0));
    QCOMPARE(book.history(0, wallOf(OnTheMinute + 59min))[0].admitted, 3U);
    for (const MinuteFigures &minute : book.history(0, wallOf(OnTheMinute + 60min)))
        QCOMPARE(minute.admitted, 0U);
    // The ring wraps onto the same place; nothing of the old hour shines through.
    book.ingest(figures(OnTheMinute + 60min, 1, 0));
    QCOMPARE(book.history(0, wallOf(OnTheMinute + 60min))[59].admitted, 1U);
    book.ingest(figures(OnTheMinute + 300min, 1, 0));
    quint32 total = 0;
    for (const MinuteFigures &minute : book.history(0, wallOf(OnTheMinute + 300min)))
        total += minute.admitted;
    QCOMPARE(total, 1U);
}

void TestUsageBook::agreesWithAPlainCount()
{
    std::mt19937 random(20260302);
    UsageBook book;
    std::vector<std::pair<EngineTime, quint32>> all;
    EngineTime now = OnTheMinute;
    for (int i = 0; i < 2'000; ++i) {
        now += std::chrono::milliseconds(random() % 90'000);
        const quint32 count = random() % 5;
        book.ingest(figures(now, count, 0));
        all.emplace_back(now, count);
        const qint64 minute = wallOf(now).count() / 60'000;
        quint32 expected = 0;
        for (const auto &[at, requests] : all)
            expected += wallOf(at).count() / 60'000 > minute - UsageBook::Minutes ? requests : 0;
        quint32 shown = 0;
        for (const MinuteFigures &figure : book.history(0, wallOf(now)))
            shown += figure.admitted;
        QCOMPARE(shown, expected);
    }
}

void TestUsageBook::ratesTheLastMinute()
{
    UsageBook book;
    for (int second = 0; second < 120; ++second)
        book.ingest(figures(OnTheMinute + std::chrono::seconds(second), 2, 1));
    // Three a second, refused ones included; exact at the end of a five-second slot.
    QCOMPARE(book.requestsPerMinute(0, wallOf(OnTheMinute + 119s)), 180);
    QCOMPARE(book.requestsPerMinute(0, wallOf(OnTheMinute + 149s)), 90);
    QCOMPARE(book.requestsPerMinute(0, wallOf(OnTheMinute + 180s)), 0);
    QCOMPARE(book.requestsPerMinute(0, wallOf(OnTheMinute + 24h)), 0);
}

void TestUsageBook::readsTheEnforcersCounters()
{
    Desk desk(compile({PerKey}));
    UsageBook book;
    for (int i = 0; i < 42; ++i)
        desk.request(subject("ci"));
    book.ingest(desk.report());
    const auto chain = book.chain(0, desk.now);
    QCOMPARE(chain.size(), size_t{1});
    QCOMPARE(chain[0].usage.usedUnits(), 42);
    QCOMPARE(chain[0].value, QByteArray("ci"));
    QCOMPARE(chain[0].share(), 0.7);
    // Without another report it drains as the enforcer's own counter does.
    QCOMPARE(book.chain(0, desk.now + 12s)[0].usage.usedUnits(), 30);
    QCOMPARE(book.chain(0, desk.now + 42s)[0].usage.used, 0);
}

void TestUsageBook::ordersTheChainAsItIsChecked()
{
    config::LimitRule global = PerKey;
    global.place.line = 30;
    config::LimitRule globalUser = PerUser;
    globalUser.place.line = 20;
    config::LimitRule routed = rule("r", SegmentKind::ApiKey, 60, 1min, LimitScope::Router);
    routed.router = "prod";
    routed.place.line = 10;
    config::Configuration values;
    values.limits = {routed, global, globalUser};
    config::Router prod;
    prod.name = "prod";
    values.routers = {prod};
    Desk desk(LimitSet::compile(values));
    UsageBook book;
    Subject who = withPolicy(subject("ci", "alice"), "5;w=60");
    desk.request(who);
    who.entry = limits::Entry::Router;
    who.router = "prod";
    desk.request(who);
    book.ingest(desk.report());
    const QByteArrayList names = namesOf(book.chain(book.indexOf(KeyCi), desk.now));
    QCOMPARE(names.size(), 4);
    QCOMPARE(names.first(3), (QByteArrayList{"u", "k", "r"})); // then the header's
}

void TestUsageBook::showsTheFullestCounterOfALimit()
{
    Desk desk(compile({PerUser}));
    UsageBook book;
    desk.request(subject("ci", "alice"));
    for (int i = 0; i < 7; ++i)
        desk.request(subject("ci", "bob"));
    desk.request(subject("ci", "carol"));
    book.ingest(desk.report());
    const auto chain = book.chain(book.indexOf(KeyCi), desk.now);
    QCOMPARE(chain.size(), size_t{1});
    QCOMPARE(chain[0].value, QByteArray("bob"));
    QCOMPARE(chain[0].usage.usedUnits(), 7);
}

void TestUsageBook::tightest_data()
{
    QTest::addColumn<QList<int>>("used"); // of 100, negative = a shadow limit
    QTest::addColumn<int>("expected");
    QTest::newRow("no limits") << QList<int>{} << -1;
    QTest::newRow("one") << QList<int>{0} << 0;
    QTest::newRow("fullest") << QList<int>{10, 90, 40} << 1;
    QTest::newRow("first of equals") << QList<int>{50, 50} << 0;
    QTest::newRow("enforced before shadow") << QList<int>{-99, 10} << 1;
    QTest::newRow("enforced first") << QList<int>{10, -99} << 0;
    QTest::newRow("shadow only") << QList<int>{-10, -20} << 1;
}

void TestUsageBook::tightest()
{
    QFETCH(const QList<int>, used);
    QFETCH(const int, expected);
    std::vector<ChainState> chain;
    for (const int amount : used) {
        auto limit = std::make_shared<Limit>();
        limit->mode = amount < 0 ? LimitMode::Shadow : LimitMode::Enforce;
        ChainState state{limit, {}, {}, {}};
        state.usage.used = qAbs(amount);
        state.usage.quota = 100;
        chain.push_back(state);
    }
    QCOMPARE(UsageBook::tightest(chain), expected);
}

void TestUsageBook::forgetsCountersOfLimitsThatAreGone()
{
    Desk desk(compile({PerKey, PerUser}));
    UsageBook book;
    desk.request(withPolicy(subject("ci", "alice"), "5;w=60"));
    book.ingest(desk.report());
    QCOMPARE(book.chain(0, desk.now).size(), size_t{3});
    book.setLimits(*compile({PerUser}));
    // The client's own policy is not the file's to take away.
    QCOMPARE(book.chain(0, desk.now).size(), size_t{2});
    QVERIFY(book.counters("k").empty());
    QCOMPARE(book.counters("u").size(), 1);
}

void TestUsageBook::readsCountersByTheNewLimits()
{
    Desk desk(compile({PerKey}));
    UsageBook book;
    for (int i = 0; i < 42; ++i)
        desk.request(subject("ci"));
    book.ingest(desk.report());
    config::LimitRule raised = PerKey;
    raised.capacity = 90 * MicroPerUnit;
    const auto raisedSet = compile({raised});
    book.setLimits(*raisedSet);
    const auto chain = book.chain(0, desk.now);
    QCOMPARE(chain[0].usage.quota, 90 * MicroPerUnit);
    QCOMPARE(chain[0].usage.usedUnits(), 42); // what has been used stays used
    // The enforcer says the same.
    const Decision decision = desk.engine.explain(desk.now, *raisedSet, subject("ci"));
    QVERIFY(decision.chain.at(0).usage == chain[0].usage);
}

void TestUsageBook::ignoresReadingsOfLimitsThatAreGone()
{
    Desk desk(compile({PerKey, PerUser}));
    UsageBook book;
    desk.request(subject("ci", "alice"));
    const ActivityBatch underWay = desk.report();
    config::LimitRule raised = PerUser;
    raised.capacity = 90 * MicroPerUnit;
    book.setLimits(*compile({raised}));
    book.ingest(underWay);
    const auto chain = book.chain(0, desk.now);
    QCOMPARE(namesOf(chain), QByteArrayList{"u"});
    QCOMPARE(chain[0].limit->quota, 90 * MicroPerUnit);
}

void TestUsageBook::ignoresStaleReadings()
{
    // Two gateway threads: the one that read first reports last.
    Desk desk(compile({PerKey}));
    UsageBook book;
    desk.request(subject("ci"));
    const ActivityBatch early = desk.report();
    desk.request(subject("ci"));
    const ActivityBatch late = desk.report();
    book.ingest(late);
    book.ingest(early);
    QCOMPARE(book.chain(0, desk.now)[0].usage.usedUnits(), 2);
    // The requests of the early report count all the same.
    QCOMPARE(book.history(0, wallOf(desk.now))[59].admitted, 2U);
}

void TestUsageBook::findsTheFullestCounterForPolicies()
{
    Desk desk(compile({PerUser}));
    UsageBook book;
    ChainState state;
    QVERIFY(!book.fullest("u", desk.now, &state));
    desk.request(subject("ci", "alice"));
    desk.now += 30s;
    for (int i = 0; i < 3; ++i)
        desk.request(subject("ci", "bob"));
    book.ingest(desk.report());
    QVERIFY(book.fullest("u", desk.now, &state));
    QCOMPARE(state.value, QByteArray("bob"));
    QCOMPARE(state.usage.usedUnits(), 3);
    QVERIFY(!book.fullest("k", desk.now, &state));
}

void TestUsageBook::forgetsCountersNotSeenForAnHour()
{
    Desk desk(compile({PerUser}));
    UsageBook book;
    desk.request(subject("ci", "alice"));
    book.ingest(desk.report());
    desk.now += 61min;
    desk.request(subject("ci", "bob"));
    book.ingest(desk.report());
    QCOMPARE(book.chain(0, desk.now)[0].value, QByteArray("bob"));
    QCOMPARE(book.subject(0).seen.size(), size_t{1});
}

void TestUsageBook::boundsTheCountersOfASubject()
{
    Desk desk(compile({PerUser}));
    UsageBook book;
    for (int i = 0; i < 500; ++i) {
        desk.request(subject("ci", "user-" + QByteArray::number(i)));
        book.ingest(desk.report());
    }
    QVERIFY(book.subject(0).seen.size() <= 64);
}

// A team of hundreds of keys, whose router limit was last used long before theirs.
void TestUsageBook::keepsItsOwnCountersInACrowd()
{
    config::LimitRule own = rule("t", SegmentKind::Team, 1'000, 1h, LimitScope::Router);
    own.router = "prod";
    config::Configuration values;
    values.limits = {PerKey, own};
    values.routers.emplace_back().name = "prod";
    Desk desk(LimitSet::compile(values));
    UsageBook book;
    Subject routed = memberRequest("core", "alice");
    routed.entry = limits::Entry::Router;
    routed.router = "prod";
    desk.request(routed);
    book.ingest(desk.report());
    for (int i = 0; i < 500; ++i) {
        desk.now += 1s;
        desk.request(memberRequest("core", "alice", "key-" + QByteArray::number(i)));
        book.ingest(desk.report());
    }
    const int team = book.indexOf(TeamCore);
    QVERIFY(book.subject(team).seen.size() <= 64);
    QCOMPARE(namesOf(book.chain(team, desk.now)), (QByteArrayList{"k", "t"}));
    // The keys seen last are the ones that are remembered.
    QCOMPARE(book.chain(team, desk.now).at(0).value, "key-499"_ba);
}

void TestUsageBook::showsASharedLimitToEverybody_data()
{
    QTest::addColumn<SubjectId>("id");
    QTest::newRow("key") << KeyCi;
    QTest::newRow("user") << UserAlice;
    QTest::newRow("team") << TeamCore;
    QTest::newRow("member") << MemberAlice;
    QTest::newRow("property") << SubjectId{{SegmentKind::Property, "tenant"}, "acme"};
}

void TestUsageBook::showsASharedLimitToEverybody()
{
    QFETCH(const SubjectId, id);
    Desk desk(compile({PerKey, rule("all", SegmentKind::Shared, 80, 1min)}));
    Subject who = memberRequest("core", "alice");
    who.endUser = "alice";
    who.properties = {{"tenant", "acme"}};
    desk.request(who);
    for (int i = 0; i < 40; ++i)
        desk.request(subject("app"));
    UsageBook book;
    book.ingest(desk.report());
    const auto chain = book.chain(book.indexOf(id), desk.now);
    QCOMPARE(namesOf(chain), (QByteArrayList{"all", "k"}));
    // What others have used of it counts for everybody.
    QCOMPARE(chain.at(0).usage.usedUnits(), 41);
    QCOMPARE(UsageBook::tightest(chain), 0);
}

void TestUsageBook::namesAChangedSubjectOnce()
{
    ActivityBatch batch = figures(OnTheMinute, 1, 0);
    batch.subjects.push_back(batch.subjects.front());
    UsageBook book;
    QCOMPARE(book.ingest(batch), std::vector<int>{0});
    QCOMPARE(book.history(0, wallOf(OnTheMinute))[59].admitted, 2U);
}

void TestUsageBook::policiesOfTheFileCountForEachKey()
{
    config::LimitRule policy = rule("global/policies/w=60;s=user", SegmentKind::EndUser, 10, 1min);
    policy.policy = "10;w=60;s=user";
    Desk desk(compile({policy}));
    for (int i = 0; i < 7; ++i)
        desk.request(subject("ci", "alice"));
    for (int i = 0; i < 3; ++i)
        desk.request(subject("app", "alice"));
    UsageBook book;
    book.setLimits(*desk.limits);
    book.ingest(desk.report());
    const SubjectId app{{SegmentKind::ApiKey, {}}, "app"};
    const auto ofCi = book.chain(book.indexOf(KeyCi), desk.now);
    const auto ofApp = book.chain(book.indexOf(app), desk.now);
    QCOMPARE(ofCi.size(), size_t{1});
    QCOMPARE(ofCi.front().usage.usedUnits(), 7);
    QCOMPARE(ofCi.front().apiKey, "ci"_ba);
    QCOMPARE(ofApp.front().usage.usedUnits(), 3);
    // The user sends with both keys; the fuller counter is hers.
    const auto ofAlice = book.chain(book.indexOf(UserAlice), desk.now);
    QCOMPARE(ofAlice.size(), size_t{1});
    QCOMPARE(ofAlice.front().apiKey, "ci"_ba);
    QVERIFY(book.reading(ofAlice.front().id()) != nullptr);
    QVERIFY(book.reading({policy.name, "alice", "nobody"}) == nullptr);
}

void TestUsageBook::anEndedPeriodIsNotUsedNow()
{
    config::LimitRule hourly = rule("h", SegmentKind::ApiKey, 10, 0ns);
    hourly.algorithm = limits::Algorithm::CalendarWindow;
    hourly.calendar.unit = limits::CalendarUnit::Hour;
    Desk desk(compile({hourly}));
    desk.request(subject("ci"));
    UsageBook book;
    book.ingest(desk.report());
    const limits::Instant now(desk.now);
    QCOMPARE(book.chain(0, now).front().usage.usedUnits(), 1);
    const limits::Instant later = now.after(1h);
    QCOMPARE(book.chain(0, later).front().usage.usedUnits(), 0);
    // Calendars divide wall time, whatever the engine's clock says.
    QCOMPARE(book.chain(0, {now.engine, later.wall}).front().usage.usedUnits(), 0);
}

void TestUsageBook::looksAtTheUnitsAskedFor()
{
    config::LimitRule tokens = rule("t", SegmentKind::ApiKey, 1'000, 1min);
    tokens.unit = Unit::Token;
    Desk desk(compile({PerKey, tokens}));
    desk.request(subject("ci"));
    UsageBook book;
    book.ingest(desk.report());
    const auto chain = book.chain(0, desk.now);
    QCOMPARE(UsageBook::tightest(chain), 0);
    QCOMPARE(UsageBook::tightest(chain, [](Unit unit) { return unit == Unit::Token; }), 1);
    QCOMPARE(UsageBook::tightest(chain, [](Unit unit) { return unit == Unit::Cents; }), -1);
}

QTEST_GUILESS_MAIN(TestUsageBook)
#include "tst_usagebook.moc"

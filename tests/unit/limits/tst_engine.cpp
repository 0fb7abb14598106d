// SPDX-License-Identifier: GPL-3.0-or-later
// What the engine promises of one decision: all or none, modes, missing segments, header policies.
#include "limitsetup.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::test;

namespace {

std::vector<Usage> usages(const Decision &decision)
{
    std::vector<Usage> result;
    for (const ChainLink &link : decision.chain)
        result.push_back(link.usage);
    return result;
}

Subject member(const QByteArray &team, const QByteArray &name)
{
    Subject result = subject("key");
    result.team = team;
    result.member = name;
    return result;
}

} // namespace

class TestEngine : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everySegmentCountsApart_data();
    void everySegmentCountsApart();
    void chargesAllLimitsOrNone();
    void refusalNamesTheLongestWait();
    void successNamesTheSmallestShare();
    void shadowNeverRefuses();
    void missingSegment_data();
    void missingSegment();
    void shadowIgnoresAMissingSegment();
    void costAboveTheQuotaNeverFits();
    void unpricedCentsAreRefused();
    void guessesAreCappedAtTheCapacity();
    void explainChangesNothing();
    void policiesCountPerApiKeyAndValue();
    void policiesApplyWhereARouterOptsOut();
    void policiesCanBeSwitchedOff();
    void policyWithoutItsSegment_data();
    void policyWithoutItsSegment();
    void quotaIsNoPartOfAPolicysIdentity_data();
    void quotaIsNoPartOfAPolicysIdentity();
    void bucketRemembersTheLastAdmittedQuota();
    void twoItemsOfOneIdentityChargeOnce_data();
    void twoItemsOfOneIdentityChargeOnce();
    void windowAndUnitSeparateCounters();
    void manyDifferentPoliciesStayBounded();
    void fullTableAdmitsOnlyKnownCounters();
    void shadowLimitsTakeNoLastPlace();
    void readingsTellWhatChangedAndNothingElse();
    void expiredCountersGo();
};

void TestEngine::everySegmentCountsApart_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<Subject>("one");
    QTest::addColumn<Subject>("same");
    QTest::addColumn<Subject>("other");
    QTest::addColumn<QByteArray>("value");
    QTest::newRow("key") << int(SegmentKind::ApiKey) << subject("a", "x") << subject("a", "y")
                         << subject("b", "x") << "a"_ba;
    QTest::newRow("user") << int(SegmentKind::EndUser) << subject("a", "x") << subject("b", "x")
                          << subject("a", "y") << "x"_ba;
    QTest::newRow("team") << int(SegmentKind::Team) << member("t", "x") << member("t", "y")
                          << member("u", "x") << "t"_ba;
    QTest::newRow("member") << int(SegmentKind::TeamMember) << member("t", "x") << member("t", "x")
                            << member("u", "x") << "t/x"_ba;
    Subject tenant = subject("a");
    tenant.properties = {{"region", "eu"}, {"tenant", "x"}};
    Subject sameTenant = subject("b");
    sameTenant.properties = {{"tenant", "x"}, {"region", "us"}};
    Subject otherTenant = subject("a");
    otherTenant.properties = {{"region", "x"}, {"tenant", "y"}};
    QTest::newRow("property") << int(SegmentKind::Property) << tenant << sameTenant << otherTenant
                              << "x"_ba;
}

void TestEngine::everySegmentCountsApart()
{
    QFETCH(int, kind);
    QFETCH(Subject, one);
    QFETCH(Subject, same);
    QFETCH(Subject, other);
    QFETCH(QByteArray, value);
    auto limit = rule("limit", static_cast<SegmentKind>(kind), 3, 60s);
    if (limit.segment.kind == SegmentKind::Property)
        limit.segment.property = "tenant";
    const auto limits = compile({limit});
    Engine engine;
    QCOMPARE(engine.reserve(Start, *limits, one).chain[0].value, value);
    QCOMPARE(admitted(engine, Start, *limits, one, 1), 1);
    QCOMPARE(admitted(engine, Start, *limits, same), 1);
    QCOMPARE(admitted(engine, Start, *limits, other), 3);
}

void TestEngine::chargesAllLimitsOrNone()
{
    const auto limits = compile({rule("wide", SegmentKind::Shared, 10, 60s),
        rule("narrow", SegmentKind::ApiKey, 2, 60s), rule("user", SegmentKind::EndUser, 5, 60s)});
    Engine engine;
    QCOMPARE(admitted(engine, Start, *limits, subject("a", "x")), 2);
    QCOMPARE(changes(engine).size(), 3U);
    const Decision refused = engine.reserve(Start, *limits, subject("a", "y"));
    QCOMPARE(refused.verdict, Verdict::LimitReached);
    // Nothing was charged, not even the limits in front of the one that refused, and those behind
    // it were looked at all the same.
    QCOMPARE(engine.counterCount(), 3);
    QVERIFY(changes(engine).empty());
    QCOMPARE(refused.chain.size(), 3U);
    QCOMPARE(refused.chain[0].usage.remaining, 8 * MicroPerUnit);
    QCOMPARE(refused.chain[1].verdict, LinkVerdict::Refuses);
    QCOMPARE(refused.chain[2].usage.remaining, 5 * MicroPerUnit);
    QCOMPARE(admitted(engine, Start, *limits, subject("b", "y")), 2);
}

void TestEngine::refusalNamesTheLongestWait()
{
    const auto limits = compile({rule("minute", SegmentKind::Shared, 1, 60s),
        rule("hour", SegmentKind::Shared, 1, 1h), rule("second", SegmentKind::Shared, 1, 1s)});
    Engine engine;
    QVERIFY(engine.reserve(Start, *limits, subject("a")).isAdmitted());
    const Decision refused = engine.reserve(Start + 500ms, *limits, subject("a"));
    QCOMPARE(refused.bindingLink()->limit->name, "hour"_ba);
    QCOMPARE(refused.wait, nanoseconds(1h - 500ms));
    QCOMPARE(refused.chain[0].wait, nanoseconds(59'500ms));
    QVERIFY(!engine.explain(Start + 1h - 1ms, *limits, subject("a")).isAdmitted());
    QVERIFY(engine.explain(Start + 1h, *limits, subject("a")).isAdmitted());
}

void TestEngine::successNamesTheSmallestShare()
{
    const auto limits = compile({rule("half", SegmentKind::Shared, 2, 60s),
        rule("third", SegmentKind::ApiKey, 3, 60s), rule("same", SegmentKind::EndUser, 2, 60s)});
    Engine engine;
    const Decision decision = engine.reserve(Start, *limits, subject("a", "x"));
    QCOMPARE(decision.bindingLink()->limit->name, "half"_ba); // the first of equals
    QCOMPARE(decision.bindingLink()->usage.remaining, MicroPerUnit);
    QCOMPARE(decision.wait, nanoseconds(0));
    QCOMPARE(Engine().reserve(Start, *compile({}), subject("a")).bindingLink(), nullptr);
}

void TestEngine::shadowNeverRefuses()
{
    auto shadow = rule("shadow", SegmentKind::Shared, 2, 60s);
    shadow.mode = LimitMode::Shadow;
    const auto limits = compile({shadow, rule("real", SegmentKind::ApiKey, 5, 60s)});
    Engine engine;
    const Decision first = engine.reserve(Start, *limits, subject("a"));
    QCOMPARE(first.chain[0].usage.remaining, MicroPerUnit); // charged, though with less left ...
    QCOMPARE(first.bindingLink()->limit->name, "real"_ba); // ... it never binds
    QCOMPARE(admitted(engine, Start, *limits, subject("a")), 4);
    const Decision refused = engine.reserve(Start, *limits, subject("a"));
    QCOMPARE(refused.bindingLink()->limit->name, "real"_ba);
    const Decision passed = engine.reserve(Start, *limits, subject("b"));
    QVERIFY(passed.isAdmitted());
    QCOMPARE(passed.chain[0].verdict, LinkVerdict::WouldRefuse);
    QCOMPARE(passed.chain[0].usage.remaining, 0);
    QCOMPARE(passed.chain[0].wait, nanoseconds(30s));
    // Refused by an enforced limit, the request does not count in the shadow either.
    const EngineTime later = Start + 30s;
    QCOMPARE(engine.explain(later, *limits, subject("a")).chain[0].usage.remaining, MicroPerUnit);
}

void TestEngine::missingSegment_data()
{
    QTest::addColumn<int>("policy");
    QTest::addColumn<int>("passes");
    QTest::addColumn<int>("verdict");
    QTest::newRow("share") << int(MissingSegment::Share) << 2 << int(Verdict::LimitReached);
    QTest::newRow("reject") << int(MissingSegment::Reject) << 0 << int(Verdict::MissingSegment);
    QTest::newRow("skip") << int(MissingSegment::Skip) << 1'000 << int(Verdict::Admitted);
}

void TestEngine::missingSegment()
{
    QFETCH(int, policy);
    QFETCH(int, passes);
    QFETCH(int, verdict);
    auto limit = rule("user", SegmentKind::EndUser, 2, 60s);
    limit.onMissing = static_cast<MissingSegment>(policy);
    const auto limits = compile({limit});
    Engine engine;
    QCOMPARE(admitted(engine, Start, *limits, subject("a")), passes);
    const Decision last = engine.reserve(Start, *limits, subject("b"));
    QCOMPARE(last.verdict, static_cast<Verdict>(verdict));
    QCOMPARE(last.chain[0].value, QByteArray());
    QCOMPARE(
        last.chain[0].verdict == LinkVerdict::Skipped, limit.onMissing == MissingSegment::Skip);
    // Those that have the segment are not concerned.
    QCOMPARE(admitted(engine, Start, *limits, subject("a", "x")), 2);
}

void TestEngine::shadowIgnoresAMissingSegment()
{
    auto limit = rule("user", SegmentKind::EndUser, 2, 60s);
    limit.onMissing = MissingSegment::Reject;
    limit.mode = LimitMode::Shadow;
    const auto limits = compile({limit});
    Engine engine;
    const Decision decision = engine.reserve(Start, *limits, subject("a"));
    QVERIFY(decision.isAdmitted());
    QCOMPARE(decision.chain[0].verdict, LinkVerdict::WouldRefuse);
    QCOMPARE(engine.counterCount(), 0);
}

void TestEngine::costAboveTheQuotaNeverFits()
{
    auto tiny = rule("tiny", SegmentKind::Shared, 1, 60s);
    tiny.capacity = MicroPerUnit - 1;
    const auto limits = compile({rule("used up", SegmentKind::ApiKey, 1, 60s), tiny});
    Engine engine;
    const Decision decision = engine.reserve(Start, *limits, subject("a"));
    QCOMPARE(decision.verdict, Verdict::NeverFits);
    QCOMPARE(decision.bindingLink()->limit->name, "tiny"_ba);
    QCOMPARE(decision.wait, nanoseconds(0));
    QCOMPARE(engine.counterCount(), 0);
}

void TestEngine::unpricedCentsAreRefused()
{
    Engine engine;
    const auto limits = compile({rule("used up", SegmentKind::ApiKey, 1, 60s)});
    engine.reserve(Start, *limits, subject("a"));
    const Subject who = withPolicy(subject("a"), "5;w=60;u=cents");
    Estimate estimate;
    const Decision refused = engine.reserve(Start, *limits, who, estimate);
    QCOMPARE(refused.verdict, Verdict::Unpriced); // before any limit that is reached
    QCOMPARE(refused.bindingLink()->limit->unit, Unit::Cents);
    QCOMPARE(engine.counterCount(), 1);
    // Where that is allowed nothing is reserved, and what it cost is charged if it turns out.
    estimate.allowsUnpriced = true;
    const Decision passed = engine.reserve(Start + 60s, *limits, who, estimate);
    QVERIFY(passed.isAdmitted());
    QCOMPARE(passed.chain[1].cost, 0);
    Consumption real;
    real.cents = 7 * MicroPerUnit;
    engine.settle(Start + 60s, passed.reservation, real);
    const Decision next = engine.explain(Start + 61s, *limits, who, estimate);
    QCOMPARE(next.chain[1].usage.used, 7 * MicroPerUnit);
    QCOMPARE(next.chain[1].verdict, LinkVerdict::Refuses); // in debt, even for nothing
}

void TestEngine::guessesAreCappedAtTheCapacity()
{
    auto tokens = rule("tokens", SegmentKind::ApiKey, 100, 60s);
    tokens.unit = Unit::Token;
    const auto limits = compile({tokens});
    Engine engine;
    Estimate estimate;
    estimate.input.firm = 30 * MicroPerUnit;
    estimate.output.guess = 1'000 * MicroPerUnit;
    const Decision first = engine.reserve(Start, *limits, subject("a"), estimate);
    QVERIFY(first.isAdmitted());
    QCOMPARE(first.chain[0].cost, 100 * MicroPerUnit);
    // What is firm is never capped, and says what it would have needed.
    estimate.output = {71 * MicroPerUnit, 0};
    const Decision never = engine.reserve(Start, *limits, subject("b"), estimate);
    QCOMPARE(never.verdict, Verdict::NeverFits);
    QCOMPARE(never.bindingLink()->cost, 101 * MicroPerUnit);
    estimate.output = {70 * MicroPerUnit, 5 * MicroPerUnit};
    QVERIFY(engine.reserve(Start, *limits, subject("b"), estimate).isAdmitted());
}

void TestEngine::explainChangesNothing()
{
    const auto limits = compile({rule("key", SegmentKind::ApiKey, 2, 60s)});
    const Subject who = withPolicy(subject("a", "x"), "3;w=60;s=user");
    Engine engine;
    QVERIFY(engine.explain(Start, *limits, who).isAdmitted());
    QCOMPARE(engine.counterCount(), 0);
    const Decision charged = engine.reserve(Start, *limits, who);
    const Decision explained = engine.explain(Start, *limits, who);
    QVERIFY(explained.isAdmitted());
    QCOMPARE(usages(explained), usages(charged)); // as it stands, without another charge
    QCOMPARE(changes(engine).size(), 2U);
    QVERIFY(engine.reserve(Start, *limits, who).isAdmitted());
    QCOMPARE(engine.explain(Start, *limits, who).verdict, Verdict::LimitReached);
}

void TestEngine::policiesCountPerApiKeyAndValue()
{
    const auto limits = compile({});
    Engine engine;
    const auto policy = "2;w=60;s=user"_ba;
    QCOMPARE(admitted(engine, Start, *limits, withPolicy(subject("a", "x"), policy)), 2);
    QCOMPARE(admitted(engine, Start, *limits, withPolicy(subject("a", "y"), policy)), 2);
    QCOMPARE(admitted(engine, Start, *limits, withPolicy(subject("b", "x"), policy)), 2);
    // Joined with any separator these two would be one.
    QCOMPARE(admitted(engine, Start, *limits, withPolicy(subject("k/u", "v"), policy)), 2);
    QCOMPARE(admitted(engine, Start, *limits, withPolicy(subject("k", "u/v"), policy)), 2);
    const Decision global = engine.reserve(Start, *limits, withPolicy(subject("a"), "2;w=60"));
    QCOMPARE(global.chain[0].value, "a"_ba);
    QCOMPARE(global.chain[0].limit->policy, "2;w=60"_ba);
    QCOMPARE(global.chain[0].limit->name, "policy-header/w=60"_ba);
    const auto all = readings(engine);
    QCOMPARE(all.back().apiKey, "a"_ba);
    QCOMPARE(all.front().apiKey, "a"_ba);
    QCOMPARE(all.front().value, "x"_ba);
}

void TestEngine::policiesApplyWhereARouterOptsOut()
{
    config::Configuration configuration;
    configuration.limits = {rule("key", SegmentKind::ApiKey, 1, 60s)};
    configuration.routers.resize(1);
    configuration.routers[0].name = "free";
    configuration.routers[0].limitsDisabled = true;
    const auto limits = LimitSet::compile(configuration);
    Subject who = withPolicy(subject("a"), "3;w=60");
    who.entry = Entry::Router;
    who.router = "free";
    Engine engine;
    QCOMPARE(admitted(engine, Start, *limits, who), 3);
    QCOMPARE(engine.reserve(Start, *limits, who).chain.size(), 1U);
    who.entry = Entry::Direct;
    QCOMPARE(engine.reserve(Start, *limits, who).chain.size(), 2U);
}

void TestEngine::policiesCanBeSwitchedOff()
{
    config::Configuration configuration;
    configuration.policyHeader.enabled = false;
    const auto limits = LimitSet::compile(configuration);
    Engine engine;
    const Subject who = withPolicy(subject("a"), "1;w=60");
    QCOMPARE(admitted(engine, Start, *limits, who, 10), 10);
    QCOMPARE(engine.counterCount(), 0);
}

void TestEngine::policyWithoutItsSegment_data()
{
    QTest::addColumn<bool>("share");
    QTest::addColumn<QByteArray>("policy");
    QTest::newRow("user, share") << true << "2;w=60;s=user"_ba;
    QTest::newRow("user, reject") << false << "2;w=60;s=user"_ba;
    QTest::newRow("property, share") << true << "2;w=60;s=tenant"_ba;
    QTest::newRow("property, reject") << false << "2;w=60;s=tenant"_ba;
}

void TestEngine::policyWithoutItsSegment()
{
    QFETCH(bool, share);
    QFETCH(QByteArray, policy);
    const auto limits = bucketPolicies(share);
    Engine engine;
    const Subject who = withPolicy(subject("a"), policy);
    QCOMPARE(admitted(engine, Start, *limits, who), share ? 2 : 0);
    QCOMPARE(engine.reserve(Start, *limits, who).verdict,
        share ? Verdict::LimitReached : Verdict::MissingSegment);
}

void TestEngine::quotaIsNoPartOfAPolicysIdentity_data()
{
    QTest::addColumn<bool>("isBucket");
    QTest::newRow("sliding window") << false;
    QTest::newRow("token bucket") << true;
}

void TestEngine::quotaIsNoPartOfAPolicysIdentity()
{
    QFETCH(bool, isBucket);
    const auto limits = isBucket ? bucketPolicies() : compile({});
    Engine engine;
    QCOMPARE(admitted(engine, Start, *limits, withPolicy(subject("a"), "5;w=60")), 5);
    QCOMPARE(admitted(engine, Start, *limits, withPolicy(subject("a"), "8;w=60")), 3);
    QCOMPARE(admitted(engine, Start, *limits, withPolicy(subject("a"), "2;w=60")), 0);
    QCOMPARE(engine.counterCount(), 1);
    QCOMPARE(readings(engine)[0].limit->policy, "8;w=60"_ba);
}

void TestEngine::bucketRemembersTheLastAdmittedQuota()
{
    const auto limits = bucketPolicies();
    const Subject wide = withPolicy(subject("a"), "60;w=60");
    const Subject narrow = withPolicy(subject("a"), "6;w=60");
    Engine engine;
    QCOMPARE(admitted(engine, Start, *limits, wide, 10), 10);
    // Refused under another quota, the counter goes on leaking one a second: 10 used, room for 5.
    const Decision refused = engine.reserve(Start, *limits, narrow);
    QCOMPARE(refused.wait, nanoseconds(5s));
    QVERIFY(!engine.explain(Start + 5s - 1ms, *limits, narrow).isAdmitted());
    QCOMPARE(std::get<GcraState>(readings(engine)[0].state).quota, 60 * MicroPerUnit);
    // Admitted, it counts in the new quota: 6 used, one free every ten seconds.
    QVERIFY(engine.reserve(Start + 5s, *limits, narrow).isAdmitted());
    QCOMPARE(engine.reserve(Start + 5s, *limits, narrow).wait, nanoseconds(10s));
}

void TestEngine::twoItemsOfOneIdentityChargeOnce_data()
{
    QTest::addColumn<bool>("isBucket");
    QTest::addColumn<QByteArray>("header");
    for (const bool isBucket : {false, true}) {
        const char *name = isBucket ? "bucket" : "window";
        QTest::addRow("%s, smaller first", name) << isBucket << "3;w=60,5;w=60"_ba;
        QTest::addRow("%s, smaller last", name) << isBucket << "5;w=60,3;w=60"_ba;
        QTest::addRow("%s, three", name) << isBucket << "5;w=60,3;w=60,4;w=60"_ba;
    }
}

void TestEngine::twoItemsOfOneIdentityChargeOnce()
{
    QFETCH(bool, isBucket);
    QFETCH(QByteArray, header);
    const auto limits = isBucket ? bucketPolicies() : compile({});
    Engine engine;
    const Subject who = withPolicy(subject("a"), header);
    const Decision first = engine.reserve(Start, *limits, who);
    QCOMPARE(engine.counterCount(), 1);
    for (const ChainLink &link : first.chain) {
        QCOMPARE(link.usage.used, MicroPerUnit);
        QCOMPARE(link.usage.remaining, link.limit->quota - MicroPerUnit);
    }
    QCOMPARE(first.bindingLink()->limit->quota, 3 * MicroPerUnit);
    QCOMPARE(admitted(engine, Start, *limits, who), 2);
    const Decision refused = engine.reserve(Start, *limits, who);
    QCOMPARE(refused.bindingLink()->limit->quota, 3 * MicroPerUnit);
    QVERIFY(engine.explain(Start + refused.wait, *limits, who).isAdmitted());
    QVERIFY(!engine.explain(Start + refused.wait - 1ms, *limits, who).isAdmitted());
    QCOMPARE(readings(engine)[0].limit->quota,
        isBucket || header.startsWith("3") ? 3 * MicroPerUnit : readings(engine)[0].limit->quota);
}

void TestEngine::windowAndUnitSeparateCounters()
{
    const auto windows = compile({});
    Engine engine;
    QCOMPARE(admitted(engine, Start, *windows, withPolicy(subject("a", "x"), "2;w=60")), 2);
    QCOMPARE(admitted(engine, Start, *windows, withPolicy(subject("a", "x"), "2;w=61")), 2);
    QCOMPARE(admitted(engine, Start, *windows, withPolicy(subject("a", "x"), "2;w=60;s=user")), 2);
    QCOMPARE(engine.counterCount(), 3);
    // So does the algorithm: after a switch each starts anew.
    const auto buckets = bucketPolicies();
    QCOMPARE(admitted(engine, Start, *buckets, withPolicy(subject("a", "x"), "2;w=60")), 2);
    QCOMPARE(admitted(engine, Start, *windows, withPolicy(subject("a", "x"), "2;w=60")), 0);
}

void TestEngine::manyDifferentPoliciesStayBounded()
{
    const auto limits = compile({});
    Engine engine;
    for (int i = 0; i < 5'000; ++i) {
        const QByteArray header = "3;w=" + QByteArray::number(60 + i)
            + ",4;w=" + QByteArray::number(60 + i) + ",1;w=60;s=p" + QByteArray::number(i);
        Subject who = subject("a");
        who.properties = {{"p" + QByteArray::number(i), "v"}};
        QCOMPARE(admitted(engine, Start, *limits, withPolicy(who, header), 2), 1);
    }
    QCOMPARE(engine.counterCount(), 10'000);
    engine.sweep(Start + 24h, 20'000);
    QCOMPARE(engine.counterCount(), 0);
}

void TestEngine::fullTableAdmitsOnlyKnownCounters()
{
    config::Configuration configuration;
    configuration.server.maxCounters = 3;
    configuration.limits = {
        rule("all", SegmentKind::Shared, 100, 60s), rule("key", SegmentKind::ApiKey, 2, 60s)};
    const auto limits = LimitSet::compile(configuration);
    Engine engine;
    QVERIFY(engine.reserve(Start, *limits, subject("a")).isAdmitted());
    QVERIFY(engine.reserve(Start, *limits, subject("b")).isAdmitted());
    const Decision refused = engine.reserve(Start, *limits, subject("c"));
    QCOMPARE(refused.verdict, Verdict::NoRoom);
    QCOMPARE(refused.bindingLink()->limit->name, "key"_ba);
    QCOMPARE(refused.chain[0].usage.used, 2 * MicroPerUnit);
    QVERIFY(engine.reserve(Start, *limits, subject("a")).isAdmitted());
    // Once counters have expired there is room again, without anybody sweeping.
    const EngineTime later = Start + 1h;
    engine.reserve(later, *limits, subject("c"));
    QVERIFY(engine.reserve(later, *limits, subject("c")).isAdmitted());
}

void TestEngine::shadowLimitsTakeNoLastPlace()
{
    config::Configuration configuration;
    configuration.server.maxCounters = 1;
    auto shadow = rule("shadow", SegmentKind::Shared, 100, 60s);
    shadow.mode = LimitMode::Shadow;
    configuration.limits = {shadow, rule("key", SegmentKind::ApiKey, 2, 60s)};
    const auto limits = LimitSet::compile(configuration);
    Engine engine;
    const Decision decision = engine.reserve(Start, *limits, subject("a"));
    QVERIFY(decision.isAdmitted());
    QCOMPARE(decision.chain[0].verdict, LinkVerdict::WouldRefuse);
    QCOMPARE(engine.counterCount(), 1);
}

void TestEngine::readingsTellWhatChangedAndNothingElse()
{
    const auto limits = compile({rule("key", SegmentKind::ApiKey, 5, 60s)});
    Engine engine;
    for (const char *key : {"a", "b", "c"})
        engine.reserve(Start, *limits, subject(key));
    engine.reserve(Start, *limits, subject("a"));
    const auto page = engine.takeChanges(Start, 2);
    QCOMPARE(page.size(), 2U);
    QCOMPARE(page[0].value, "a"_ba); // each once, with its last state
    QCOMPARE(page[1].value, "b"_ba);
    QVERIFY(page[0].change > page[1].change);
    QCOMPARE(usageAt(page[0], Start).used, 2 * MicroPerUnit);
    QCOMPARE(usageAt(page[0], Start + 6s).remaining, 3'500'000);
    engine.reserve(Start, *limits, subject("b"));
    QCOMPARE(changes(engine).size(), 2U); // the one that was left, and the one since
    QVERIFY(changes(engine).empty());
    QCOMPARE(readings(engine).size(), 3U);
}

void TestEngine::expiredCountersGo()
{
    const auto limits = compile({rule("key", SegmentKind::ApiKey, 5, 50s)});
    Engine engine;
    for (int i = 0; i < 100; ++i) {
        const Subject who = withPolicy(subject(QByteArray::number(i)), "5;w=60");
        engine.reserve(Start, *limits, who);
    }
    QCOMPARE(engine.counterCount(), 200);
    engine.sweep(Start + 10s - 1ns, 1'000);
    QCOMPARE(engine.counterCount(), 200);
    engine.sweep(Start + 10s, 60);
    QVERIFY(engine.counterCount() >= 140);
    engine.sweep(Start + 10s, 1'000);
    QCOMPARE(engine.counterCount(), 100);
    engine.sweep(Start + 62s, 1'000);
    QCOMPARE(engine.counterCount(), 0);
    QVERIFY(changes(engine).empty());
    QVERIFY(readings(engine).empty());
}

QTEST_GUILESS_MAIN(TestEngine)
#include "tst_engine.moc"

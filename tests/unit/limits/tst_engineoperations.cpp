// SPDX-License-Identifier: GPL-3.0-or-later
// What people do to running limits: raises that end, blocks that are revoked.
#include "limitsetup.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::test;

namespace {

Subject member(const QByteArray &team, const QByteArray &name)
{
    Subject result = subject("key");
    result.team = team;
    result.member = name;
    return result;
}

} // namespace

class TestEngineOperations : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aRaiseAdmitsMoreForAWhile();
    void waitsOutliveRaises();
    void blocksRefuseBeforeAnythingElse();
};

void TestEngineOperations::aRaiseAdmitsMoreForAWhile()
{
    const auto limits = compile({rule("user", SegmentKind::EndUser, 10, 100s)});
    Engine engine;
    QCOMPARE(admitted(engine, Start, *limits, subject("a", "x")), 10);
    changes(engine);
    engine.setOperations(Start, {{{"user", "x", 5 * MicroPerUnit, Start + 60s}}, {}});
    QCOMPARE(changes(engine).size(), 1U); // it reads differently now
    QCOMPARE(usageAt(readings(engine)[0], Start).remaining, 5 * MicroPerUnit);
    QCOMPARE(admitted(engine, Start, *limits, subject("a", "x")), 5);
    QCOMPARE(admitted(engine, Start, *limits, subject("a", "y")), 10);
    // The refill is no faster: one more after 10 s, while the raise lasts.
    QCOMPARE(engine.explain(Start, *limits, subject("a", "x")).wait, nanoseconds(10s));
    // Once it is over the whole of it has to be refilled before anything passes.
    QCOMPARE(engine.explain(Start + 60s, *limits, subject("a", "x")).wait, nanoseconds(0));
    QCOMPARE(admitted(engine, Start + 59s, *limits, subject("a", "x")), 5);
    QCOMPARE(engine.explain(Start + 60s, *limits, subject("a", "x")).wait, nanoseconds(50s));
    engine.setOperations(Start + 60s, {});
    QCOMPARE(usageAt(readings(engine, Start + 60s)[0], Start + 60s).quota, 10 * MicroPerUnit);
}

void TestEngineOperations::waitsOutliveRaises()
{
    const auto limits = compile({rule("raised", SegmentKind::Shared, 10, 100s),
        rule("slow", SegmentKind::ApiKey, 12, 240s)});
    Engine engine;
    engine.setOperations(Start, {{{"raised", {}, 10 * MicroPerUnit, Start + 5s}}, {}});
    QCOMPARE(admitted(engine, Start, *limits, subject("a")), 12);
    // The second limit would admit after 20 s, but by then the raise of the first one is over: it
    // holds 12 of 10, and has room for one more when it is down to 9.
    const Decision refused = engine.reserve(Start, *limits, subject("a"));
    QCOMPARE(refused.bindingLink()->limit->name, "slow"_ba);
    QCOMPARE(refused.chain[0].verdict, LinkVerdict::Passes);
    QCOMPARE(refused.wait, nanoseconds(30s));
    QVERIFY(!engine.explain(Start + 30s - 1ms, *limits, subject("a")).isAdmitted());
    QVERIFY(engine.explain(Start + 30s, *limits, subject("a")).isAdmitted());
    // A limit that refuses itself and whose raise does not last until it is free again.
    const auto alone = compile({rule("raised", SegmentKind::Shared, 10, 100s)});
    QCOMPARE(admitted(engine, Start, *alone, subject("a")), 8);
    const Decision full = engine.explain(Start, *alone, subject("a"));
    QCOMPARE(full.wait, nanoseconds(110s));
    QCOMPARE(full.chain[0].wait, full.wait);
}

void TestEngineOperations::blocksRefuseBeforeAnythingElse()
{
    const auto limits = compile({rule("user", SegmentKind::EndUser, 1, 60s)});
    Engine engine;
    const Subject bob = member("core", "bob");
    engine.setOperations(Start,
        {{},
            {{{SegmentKind::EndUser, {}}, "x", Start + 60s},
                {{SegmentKind::TeamMember, {}}, "core/bob", std::nullopt}}});
    const Decision blocked = engine.reserve(Start, *limits, subject("a", "x"));
    QCOMPARE(blocked.verdict, Verdict::Blocked);
    QCOMPARE(blocked.block->value, "x"_ba);
    QCOMPARE(blocked.bindingLink(), nullptr);
    QCOMPARE(engine.counterCount(), 0);
    QVERIFY(engine.reserve(Start + 60s, *limits, subject("a", "x")).isAdmitted());
    QCOMPARE(engine.reserve(Start + 24h, *limits, bob).verdict, Verdict::Blocked);
    QVERIFY(engine.reserve(Start + 24h, *limits, member("other", "bob")).isAdmitted());
    engine.setOperations(Start + 24h, {});
    QVERIFY(engine.reserve(Start + 24h + 60s, *limits, bob).isAdmitted());
}

QTEST_GUILESS_MAIN(TestEngineOperations)
#include "tst_engineoperations.moc"

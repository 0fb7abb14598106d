// SPDX-License-Identifier: GPL-3.0-or-later
// What the Review page says about a change is true of the limits and of who stands where now.
#include "reviewsetup.h"

#include <QTest>

using namespace sluice;
using namespace sluice::test;
using namespace Qt::StringLiterals;

Q_DECLARE_METATYPE(sluice::limits::SegmentKind)

class TestChangeReport : public QObject, private ReviewFixture
{
    Q_OBJECT

private Q_SLOTS:

    void init() { fill(); }

    void saysWhatARaisedLimitMeans();
    void roundsPercentHalfUp_data();
    void roundsPercentHalfUp();
    void warnsWhoIsOverALoweredLimit();
    void namesWhoIsCounted_data();
    void namesWhoIsCounted();
    void saysThatTeamsChange();
    void saysThatALimitIsNew();
    void saysThatALimitIsGone();
    void saysThatALimitOnlyWatches();
    void saysThatALimitIsOff();
    void countsSeveralChanges();
    void saysThatNobodyUsesTheLimit();
    void saysThatTheListenerMoves();
    void saysThatNothingChanges();
    void movedLinesAreNoChange();
    void saysWhatIsNoLimit_data();
    void saysWhatIsNoLimit();
};

void TestChangeReport::saysWhatARaisedLimitMeans()
{
    const ChangeReport report = describe(with({prodPerKey(90)}));
    QCOMPARE(report.headline, u"Router prod allows each key 90 a minute instead of 60"_s);
    const QString text = textOf(report);
    QVERIFY2(
        text.contains("ci has used 42 of 90 and can send 48 more at once"_L1), qPrintable(text));
    QVERIFY2(text.contains("Nobody is over the new limit"_L1), qPrintable(text));
    QVERIFY2(text.contains("one every 0.67 s"_L1), qPrintable(text));
    QVERIFY2(text.contains("No restart"_L1), qPrintable(text));
    QVERIFY(!warns(report));
    QVERIFY(!report.reopensListener);
}

void TestChangeReport::roundsPercentHalfUp_data()
{
    QTest::addColumn<int>("capacity");
    QTest::addColumn<QString>("percent");
    QTest::newRow("66.67") << 63 << u"67 %"_s;
    QTest::newRow("37.5") << 112 << u"38 %"_s;
    QTest::newRow("43.75") << 96 << u"44 %"_s;
    QTest::newRow("50.00") << 84 << u"50 %"_s;
    QTest::newRow("32.06") << 131 << u"32 %"_s;
}

void TestChangeReport::roundsPercentHalfUp()
{
    QFETCH(const int, capacity);
    QFETCH(const QString, percent);
    const QString text = textOf(describe(with({prodPerKey(capacity)})));
    QVERIFY2(text.contains(u"The fullest is ci, at "_s + percent), qPrintable(text));
}

void TestChangeReport::warnsWhoIsOverALoweredLimit()
{
    const ChangeReport report = describe(with({prodPerKey(30)}));
    QCOMPARE(report.headline, u"Router prod allows each key 30 a minute instead of 60"_s);
    QVERIFY(warns(report));
    const QString text = textOf(report);
    QVERIFY2(text.contains("1 over the new limit now: ci is refused"_L1), qPrintable(text));
    // The enforcer agrees on who is over and who is not.
    QVERIFY(!text.contains("app is refused"_L1));
}

void TestChangeReport::namesWhoIsCounted_data()
{
    QTest::addColumn<SegmentKind>("segment");
    QTest::addColumn<qint64>("capacity");
    QTest::addColumn<QString>("headline");
    QTest::addColumn<QStringList>("sentences");
    QTest::newRow("team, raised")
        << SegmentKind::Team << qint64{80}
        << u"The global limit allows each team 80 a minute instead of 60"_s
        << QStringList{u"Team core has used 42 of 80 and can send 38 more at once."_s,
               u"Nobody is over the new limit: The fullest is team core, at 53 %."_s};
    QTest::newRow("team, lowered")
        << SegmentKind::Team << qint64{20}
        << u"The global limit allows each team 20 a minute instead of 60"_s
        << QStringList{u"1 over the new limit now: Team core is refused until"_s};
    QTest::newRow("member, raised")
        << SegmentKind::TeamMember << qint64{80}
        << u"The global limit allows each member 80 a minute instead of 60"_s
        << QStringList{u"Member alice of team core has used 42 of 80"_s,
               u"The fullest is member alice of team core, at 53 %."_s};
    QTest::newRow("shared, raised")
        << SegmentKind::Shared << qint64{80}
        << u"The global limit allows everybody together 80 a minute instead of 60"_s
        << QStringList{u"Everybody together has used 42 of 80 and can send 38 more at once."_s,
               u"There is room under the new limit: 53 % of it is used."_s};
    QTest::newRow("shared, lowered")
        << SegmentKind::Shared << qint64{20}
        << u"The global limit allows everybody together 20 a minute instead of 60"_s
        << QStringList{u"The new limit is reached now: Every request is refused until"_s};
}

void TestChangeReport::namesWhoIsCounted()
{
    QFETCH(const SegmentKind, segment);
    QFETCH(const qint64, capacity);
    QFETCH(const QString, headline);
    QFETCH(const QStringList, sentences);
    m_running = with({rule("l", segment, 60, 1min)});
    Desk desk(LimitSet::compile(m_running));
    for (int i = 0; i < 42; ++i)
        desk.request(memberRequest("core", "alice", i % 2 ? "ci" : "app"));
    m_book = {};
    m_book.ingest(desk.report());
    m_now = desk.now;
    const ChangeReport report = describe(with({rule("l", segment, capacity, 1min)}));
    QCOMPARE(report.headline, headline);
    QCOMPARE(warns(report), capacity < 42);
    const QString text = textOf(report);
    for (const QString &sentence : sentences)
        QVERIFY2(text.contains(sentence), qPrintable(text));
}

void TestChangeReport::saysThatTeamsChange()
{
    Configuration draft = m_running;
    draft.teams.push_back({"core", {"alice"}, {}});
    QCOMPARE(describe(draft).headline, u"Teams change"_s);
}

void TestChangeReport::saysThatALimitIsNew()
{
    const ChangeReport report =
        describe(with({prodPerKey(60), rule("u", SegmentKind::EndUser, 5, 1min)}));
    QCOMPARE(report.headline, u"New: the global limit allows each user 5 a minute"_s);
    QVERIFY(textOf(report).contains("Counting starts with the first request"_L1));
}

void TestChangeReport::saysThatALimitIsGone()
{
    const ChangeReport report = describe(with({}));
    QCOMPARE(report.headline, u"Prod, per key is not limited any more"_s);
    QVERIFY(textOf(report).contains("Was: 60 at once"_L1));
}

void TestChangeReport::saysThatALimitOnlyWatches()
{
    config::LimitRule shadow = prodPerKey(60);
    shadow.mode = LimitMode::Shadow;
    QCOMPARE(describe(with({shadow})).headline, u"Prod, per key only watches from now on"_s);
    m_running = with({shadow});
    QCOMPARE(describe(with({prodPerKey(60)})).headline, u"Prod, per key is enforced from now on"_s);
}

void TestChangeReport::saysThatALimitIsOff()
{
    config::LimitRule off = prodPerKey(60);
    off.mode = LimitMode::Off;
    QCOMPARE(describe(with({off})).headline, u"Prod, per key is not limited any more"_s);
}

void TestChangeReport::countsSeveralChanges()
{
    const ChangeReport report =
        describe(with({prodPerKey(90), rule("u", SegmentKind::EndUser, 5, 1min)}));
    QCOMPARE(report.headline, u"2 limits change"_s);
    QVERIFY(report.meanings.size() >= 4);
}

void TestChangeReport::saysThatNobodyUsesTheLimit()
{
    m_now += 10min;
    QVERIFY(textOf(describe(with({prodPerKey(30)}))).contains("Nothing is used at the moment"_L1));
}

void TestChangeReport::saysThatTheListenerMoves()
{
    Configuration draft = m_running;
    draft.server.port = 9090;
    const ChangeReport report = describe(draft);
    QVERIFY(report.reopensListener);
    QCOMPARE(report.headline, u"Settings change, limits stay"_s);
    QVERIFY(textOf(report).contains("http://127.0.0.1:9090"_L1));
    QVERIFY(!textOf(report).contains("No restart"_L1));
}

void TestChangeReport::saysThatNothingChanges()
{
    QCOMPARE(describe(m_running).headline, u"Nothing changes for clients"_s);
    Configuration draft = m_running;
    draft.apiKeys.push_back({});
    QCOMPARE(describe(draft).headline, u"API keys change"_s);
    draft = m_running;
    draft.routers.front().name = "other";
    QCOMPARE(describe(draft).headline, u"Routes change"_s);
}

void TestChangeReport::movedLinesAreNoChange()
{
    config::LimitRule moved = prodPerKey(60);
    moved.place = {40, 3};
    Configuration draft = with({moved});
    draft.routers.front().place = {38, 1};
    QCOMPARE(describe(draft).headline, u"Nothing changes for clients"_s);
}

using OtherChange = void (*)(Configuration &);

Q_DECLARE_METATYPE(OtherChange)

void TestChangeReport::saysWhatIsNoLimit_data()
{
    QTest::addColumn<OtherChange>("change");
    QTest::addColumn<QString>("headline");
    QTest::addColumn<QString>("sentence");
    const auto row = [](const char *name, OtherChange change, const QString &headline,
                         const QString &sentence) {
        QTest::newRow(name) << change << headline << sentence;
    };
    row(
        "a price",
        [](Configuration &draft) { draft.prices.models.front().rates.output = 15'000'000; },
        u"Prices change"_s,
        u"Price of openai/x: $3.00 for a million tokens in, $15.00 out. Now $3.00 for a million "
        u"tokens in, $12.00 out. What has been spent stays as it was counted."_s);
    row(
        "a new price",
        [](Configuration &draft) {
            draft.prices.models.push_back(
                {"openai/y", {150'000, 150'000, 150'000, 600'000, {}, {}}, {}, false});
        },
        u"Prices change"_s, u"Price of openai/y: $0.15 for a million tokens in, $0.60 out"_s);
    row(
        "no price", [](Configuration &draft) { draft.prices.models.clear(); }, u"Prices change"_s,
        u"Price of openai/x: It is no longer set here."_s);
    row(
        "unpriced", [](Configuration &draft) { draft.prices.allowsUnpriced = true; },
        u"Prices change"_s,
        u"Models without a price: Limits in money let them through uncounted"_s);
    row(
        "estimates", [](Configuration &draft) { draft.estimatedOutputTokens = 2'000; },
        u"Estimates change"_s, u"reserves 2 000 output tokens at first, now 1 000"_s);
    row(
        "header policies",
        [](Configuration &draft) {
            draft.policyHeader.algorithm = config::PolicyHeader::Algorithm::TokenBucket;
        },
        u"Header policies change"_s, u"They count in buckets from now on, and start anew."_s);
    row(
        "opting out", [](Configuration &draft) { draft.routers.front().limitsDisabled = true; },
        u"Routes change"_s, u"Router prod: It opts out of every limit from now on"_s);
}

void TestChangeReport::saysWhatIsNoLimit()
{
    QFETCH(const OtherChange, change);
    QFETCH(const QString, headline);
    QFETCH(const QString, sentence);
    m_running.prices.models = {
        {"openai/x", {3'000'000, 3'000'000, 3'000'000, 12'000'000, {}, {}}, {}, false}};
    Configuration draft = m_running;
    change(draft);
    const ChangeReport report = describe(draft);
    QCOMPARE(report.headline, headline);
    QVERIFY2(textOf(report).contains(sentence), qPrintable(textOf(report)));
}

QTEST_GUILESS_MAIN(TestChangeReport)
#include "tst_changereport.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of the counters of a limit that changes, and who is over it then, for every
// algorithm and unit.
#include "reviewsetup.h"

#include <QTest>

using namespace sluice;
using namespace sluice::test;
using namespace Qt::StringLiterals;

using Change = void (*)(config::LimitRule &);

Q_DECLARE_METATYPE(Change)

class TestLimitMeanings : public QObject, private ReviewFixture
{
    Q_OBJECT

private Q_SLOTS:

    void init() { fill(); }

    void saysWhatBecomesOfTheCounters_data();
    void saysWhatBecomesOfTheCounters();
    void saysWhatBecomesOfMoney();
    void saysWhoIsOverInEveryAlgorithm_data();
    void saysWhoIsOverInEveryAlgorithm();
    void saysThatALimitIsCalledOtherwise();
    void countersComeAlongWithTheConsolesRename();
    void exceptionsSayWhereTheyStand();
    void policiesNameTheKeyToo();
    void aShadowLimitWarnsNobody();
};

void TestLimitMeanings::saysWhatBecomesOfTheCounters_data()
{
    QTest::addColumn<Change>("before");
    QTest::addColumn<Change>("change");
    QTest::addColumn<QString>("headline");
    QTest::addColumn<QStringList>("sentences");
    QTest::addColumn<bool>("isKept");
    const Change nothing = [](config::LimitRule &) {};
    const Change rolling = [](config::LimitRule &rule) {
        rule.algorithm = Algorithm::SlidingWindow;
    };
    const Change calendar = [](config::LimitRule &rule) {
        rule.algorithm = Algorithm::CalendarWindow;
        rule.refill = 0ns;
        rule.calendar = {config::CalendarUnit::Day, QTimeZone("Europe/Berlin"), Qt::Monday};
    };
    const auto row = [](const char *name, Change before, Change change, const QString &headline,
                         const QStringList &sentences, bool isKept) {
        QTest::newRow(name) << before << change << headline << sentences << isKept;
    };
    row(
        "slower", nothing, [](config::LimitRule &rule) { rule.refill = 10min; },
        u"Router prod allows each key 60 in 10 m"_s, {u"ci has used 42 of 60"_s}, true);
    row(
        "another unit", nothing, [](config::LimitRule &rule) { rule.unit = Unit::Token; }, {},
        {u"Counting starts anew: It counts something else"_s}, false);
    row(
        "another segment", nothing,
        [](config::LimitRule &rule) { rule.segment.kind = SegmentKind::Team; }, {},
        {u"Counting starts anew: It counts by something else"_s}, false);
    row("a bucket becomes a window", nothing, rolling, {},
        {u"Counting starts anew: It counts in another way"_s}, false);
    row("a window becomes one of the calendar", rolling, calendar, {},
        {u"Counting starts anew: It counts in another way"_s}, false);
    row(
        "a longer window", rolling, [](config::LimitRule &rule) { rule.refill = 1h; }, {},
        {u"the guarantee over any interval restarts at the edit"_s,
            u"ci has used 42 of 60, 18 left"_s},
        true);
    row(
        "a shorter window", rolling, [](config::LimitRule &rule) { rule.refill = 30s; }, {},
        {u"ci has used 42 of 60"_s}, true);
    row(
        "another zone", calendar,
        [](config::LimitRule &rule) { rule.calendar.zone = QTimeZone("Asia/Tokyo"); },
        u"Prod, per key begins its periods at another time"_s,
        {u"The period begins at another time: What has been used in the present period"_s,
            u"ci has used 42 of 60, 18 left"_s},
        true);
    row(
        "only some requests", nothing,
        [](config::LimitRule &rule) {
            rule.match.models = {"gpt-4*", "o1"};
        },
        u"Prod, per key counts other requests"_s,
        {u"Only requests for model gpt-4* or o1 from now on. Now every request."_s,
            u"ci has used 42 of 60"_s},
        true);
    row(
        "every request again",
        [](config::LimitRule &rule) {
            rule.match.properties = {{"tier", "free"}};
        },
        [](config::LimitRule &rule) { rule.match = {}; }, u"Prod, per key counts other requests"_s,
        {u"Every request from now on. Now only requests with tier free."_s}, true);
    row(
        "without a segment", nothing,
        [](config::LimitRule &rule) { rule.onMissing = MissingSegment::Reject; }, {},
        {u"Is refused with status 400 from now on."_s}, true);
    row(
        "only watching", nothing, [](config::LimitRule &rule) { rule.mode = LimitMode::Shadow; },
        u"Prod, per key only watches from now on"_s,
        {u"It only watches: Requests beyond it are let through"_s}, true);
    row(
        "enforced", [](config::LimitRule &rule) { rule.mode = LimitMode::Shadow; },
        [](config::LimitRule &rule) { rule.mode = LimitMode::Enforce; },
        u"Prod, per key is enforced from now on"_s,
        {u"It is enforced from now on: What it only marked is refused."_s}, true);
}

void TestLimitMeanings::saysWhatBecomesOfTheCounters()
{
    QFETCH(const Change, before);
    QFETCH(const Change, change);
    QFETCH(const QString, headline);
    QFETCH(const QStringList, sentences);
    QFETCH(const bool, isKept);
    config::LimitRule rule = prodPerKey(60);
    before(rule);
    m_running = with({rule});
    Desk desk(LimitSet::compile(m_running));
    Subject who = subject("ci");
    who.team = "core";
    who.entry = limits::Entry::Router;
    who.router = "prod";
    who.model = "gpt-4o";
    who.properties = {{"tier", "free"}};
    for (int i = 0; i < 42; ++i)
        desk.request(who);
    m_book = {};
    m_book.setLimits(*desk.limits);
    m_book.ingest(desk.report());
    m_now = desk.now;
    change(rule);
    const ChangeReport report = describe(with({rule}));
    if (!headline.isEmpty())
        QCOMPARE(report.headline, headline);
    const QString text = textOf(report);
    for (const QString &sentence : sentences)
        QVERIFY2(text.contains(sentence), qPrintable(text));
    QVERIFY2(text.contains(u"What has been used stays used"_s) == isKept, qPrintable(text));
    // And back it is no change.
    QCOMPARE(describe(m_running).headline, u"Nothing changes for clients"_s);
}

void TestLimitMeanings::saysWhatBecomesOfMoney()
{
    config::LimitRule month = rule("team-month", SegmentKind::Team, 50'000, 0ns);
    month.algorithm = Algorithm::CalendarWindow;
    month.unit = Unit::Cents;
    month.calendar = {config::CalendarUnit::Month, QTimeZone("Europe/Berlin"), Qt::Monday};
    m_running = with({month});
    Desk desk(LimitSet::compile(m_running));
    limits::Estimate estimate;
    estimate.cents = limits::Expected{44'118 * MicroPerUnit, 0};
    const limits::Decision decision =
        desk.engine.reserve(desk.now, *desk.limits, memberRequest("core", "alice"), estimate);
    QVERIFY(decision.isAdmitted());
    desk.engine.settle(desk.now, decision.reservation, {{}, {}, 44'118 * MicroPerUnit, {}, {}});
    m_book = {};
    m_book.ingest(desk.report());
    m_now = desk.now;
    month.capacity = 60'000 * MicroPerUnit;
    ChangeReport report = describe(with({month}));
    QVERIFY2(report.headline.endsWith(u"instead of $500.00"_s), qPrintable(report.headline));
    QString text = textOf(report);
    QVERIFY2(
        text.contains(u"Team core has used $441.18 of $600.00, $158.82 left."_s), qPrintable(text));
    QVERIFY2(text.contains(u"The fullest is team core, at 74 %."_s), qPrintable(text));
    month.capacity = 40'000 * MicroPerUnit;
    report = describe(with({month}));
    QVERIFY(warns(report));
    text = textOf(report);
    QVERIFY2(
        text.contains(u"Team core is refused until the next period begins."_s), qPrintable(text));
}

void TestLimitMeanings::saysWhoIsOverInEveryAlgorithm_data()
{
    QTest::addColumn<int>("algorithm");
    QTest::addColumn<QString>("sentence");
    QTest::newRow("bucket") << int(Algorithm::Gcra)
                            << u"ci is refused until enough has been refilled."_s;
    QTest::newRow("rolling") << int(Algorithm::SlidingWindow)
                             << u"ci is refused until enough has grown old."_s;
    QTest::newRow("calendar") << int(Algorithm::CalendarWindow)
                              << u"ci is refused until the next period begins."_s;
    QTest::newRow("running") << int(Algorithm::Concurrency)
                             << u"ci is refused until one of the running requests ends."_s;
}

void TestLimitMeanings::saysWhoIsOverInEveryAlgorithm()
{
    QFETCH(const int, algorithm);
    QFETCH(const QString, sentence);
    config::LimitRule limit = rule("l", SegmentKind::ApiKey, 60, 1h);
    limit.algorithm = Algorithm(algorithm);
    if (limit.algorithm == Algorithm::Concurrency)
        limit.unit = Unit::ConcurrentRequest;
    m_running = with({limit});
    Desk desk(LimitSet::compile(m_running));
    for (int i = 0; i < 42; ++i)
        desk.request(subject("ci"));
    m_book = {};
    m_book.ingest(desk.report());
    m_now = desk.now;
    limit.capacity = 20 * MicroPerUnit;
    const ChangeReport report = describe(with({limit}));
    const QString text = textOf(report);
    QVERIFY2(text.contains(u"1 over the new limit now: "_s + sentence), qPrintable(text));
    QVERIFY(warns(report));
}

void TestLimitMeanings::saysThatALimitIsCalledOtherwise()
{
    config::LimitRule renamed = prodPerKey(60);
    renamed.name = "burst";
    const ChangeReport report = describe(with({renamed}));
    QCOMPARE(report.headline, u"Prod, per key is called burst from now on"_s);
    const QString text = textOf(report);
    QVERIFY2(text.contains(u"Counting starts anew under the new name: What has been used as "
                           u"routers/prod/per-api-key is not carried over."_s),
        qPrintable(text));
    // Another amount at the same time: that is one limit less and one more.
    renamed.capacity = 61 * MicroPerUnit;
    QCOMPARE(describe(with({renamed})).headline, u"2 limits change"_s);
}

void TestLimitMeanings::countersComeAlongWithTheConsolesRename()
{
    config::LimitRule renamed = prodPerKey(60);
    const QByteArray before = renamed.name;
    renamed.name = "burst";
    const QString text = textOf(describe(with({renamed}), {{before, "burst"}}));
    QVERIFY2(text.contains(u"It goes on under the new name"_s), qPrintable(text));
    QVERIFY2(text.contains(u"ci has used 42 of 60"_s), qPrintable(text));
    QVERIFY2(!text.contains(u"anew"_s), qPrintable(text));
}

void TestLimitMeanings::exceptionsSayWhereTheyStand()
{
    config::LimitRule own = prodPerKey(60);
    own.overrides.push_back({"ci", 30 * MicroPerUnit, own.refill, {}});
    ChangeReport report = describe(with({own}));
    QCOMPARE(report.headline, u"Prod, per key has other exceptions"_s);
    QString text = textOf(report);
    QVERIFY2(
        text.contains(u"Exception for ci: 30 at once, then one every 2 s of its own; now 60 at "
                      u"once, then one every second. ci has used 42 of 30"_s),
        qPrintable(text));
    QVERIFY(warns(report));
    // The key is over its own amount, not over that of the others; and the other way round.
    own.overrides.front().capacity = 100 * MicroPerUnit;
    own.capacity = 20 * MicroPerUnit;
    report = describe(with({own}));
    text = textOf(report);
    QVERIFY2(text.contains(u"ci has used 42 of 100"_s), qPrintable(text));
    QVERIFY2(!text.contains(u"over the new limit now"_s), qPrintable(text));
    m_running = with({own});
    text = textOf(describe(with({prodPerKey(60)})));
    QVERIFY2(text.contains(u"No exception for ci any more: 60 at once"_s), qPrintable(text));
    // New together with its limit.
    m_running = with({});
    text = textOf(describe(with({own})));
    QVERIFY2(text.contains(u"Exception for ci: 100 at once"_s), qPrintable(text));
}

void TestLimitMeanings::policiesNameTheKeyToo()
{
    config::LimitRule policy = rule("p", SegmentKind::EndUser, 50, 1h);
    policy.algorithm = Algorithm::SlidingWindow;
    policy.policy = "50;w=3600;s=user";
    m_running = with({policy});
    Desk desk(LimitSet::compile(m_running));
    for (int i = 0; i < 30; ++i)
        desk.request(subject("ci", "alice"));
    m_book = {};
    m_book.ingest(desk.report());
    m_now = desk.now;
    policy.capacity = 40 * MicroPerUnit;
    policy.policy = "40;w=3600;s=user";
    const QString text = textOf(describe(with({policy})));
    QVERIFY2(text.contains(u"alice with key ci has used 30 of 40, 10 left."_s), qPrintable(text));
}

void TestLimitMeanings::aShadowLimitWarnsNobody()
{
    config::LimitRule shadow = prodPerKey(30);
    shadow.mode = LimitMode::Shadow;
    const ChangeReport report = describe(with({shadow}));
    QVERIFY(!warns(report));
    QVERIFY2(textOf(report).contains(u"ci would be refused, if it were enforced."_s),
        qPrintable(textOf(report)));
}

QTEST_GUILESS_MAIN(TestLimitMeanings)
#include "tst_limitmeanings.moc"

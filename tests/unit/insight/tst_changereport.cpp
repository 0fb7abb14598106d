// SPDX-License-Identifier: GPL-3.0-or-later
// What the Review page says about a change is true of the limits and of who stands where now.
#include "core/insight/changereport.h"
#include "insightsetup.h"

#include <QTest>

using namespace sluice;
using namespace sluice::test;
using namespace Qt::StringLiterals;
using config::Configuration;
using insight::ChangeReport;
using insight::Meaning;

Q_DECLARE_METATYPE(sluice::limits::SegmentKind)

namespace {

config::LimitRule prodPerKey(qint64 capacity)
{
    config::LimitRule limit =
        rule("routers/prod/per-api-key", SegmentKind::ApiKey, capacity, 1min, LimitScope::Router);
    limit.router = "prod";
    return limit;
}

Configuration with(const std::vector<config::LimitRule> &limits)
{
    Configuration values;
    values.limits = limits;
    config::Router prod;
    prod.name = "prod";
    values.routers = {prod};
    return values;
}

QString textOf(const ChangeReport &report)
{
    QString text;
    for (const Meaning &meaning : report.meanings)
        text += meaning.title + u": "_s + meaning.text + u'\n';
    return text.replace(QChar(0x202f), u' ');
}

bool warns(const ChangeReport &report)
{
    for (const Meaning &meaning : report.meanings)
        if (meaning.kind == Meaning::Kind::Warning)
            return true;
    return false;
}

} // namespace

class TestChangeReport : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
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
    void saysWhatBecomesOfTheCounters_data();
    void saysWhatBecomesOfTheCounters();
    void saysWhatBecomesOfMoney();
    void saysWhoIsOverInEveryAlgorithm_data();
    void saysWhoIsOverInEveryAlgorithm();
    void saysThatALimitIsCalledOtherwise();
    void exceptionsSayWhereTheyStand();
    void policiesNameTheKeyToo();
    void saysWhatIsNoLimit_data();
    void saysWhatIsNoLimit();
    void aShadowLimitWarnsNobody();

private:
    ChangeReport describe(const Configuration &draft) const
    {
        return insight::describeChange(m_running, draft, m_book, m_now);
    }

    Configuration m_running;
    insight::UsageBook m_book;
    EngineTime m_now{0};
};

/// Key ci has used 42 of 60, key app one.
void TestChangeReport::init()
{
    m_running = with({prodPerKey(60)});
    m_book = {};
    Desk desk(LimitSet::compile(m_running));
    Subject who = subject("ci");
    who.entry = limits::Entry::Router;
    who.router = "prod";
    for (int i = 0; i < 42; ++i)
        desk.request(who);
    who.apiKey = "app";
    desk.request(who);
    m_book.ingest(desk.report());
    m_now = desk.now;
}

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

using Change = void (*)(config::LimitRule &);
using OtherChange = void (*)(Configuration &);

Q_DECLARE_METATYPE(Change)
Q_DECLARE_METATYPE(OtherChange)

void TestChangeReport::saysWhatBecomesOfTheCounters_data()
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

void TestChangeReport::saysWhatBecomesOfTheCounters()
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

void TestChangeReport::saysWhatBecomesOfMoney()
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

void TestChangeReport::saysWhoIsOverInEveryAlgorithm_data()
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

void TestChangeReport::saysWhoIsOverInEveryAlgorithm()
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

void TestChangeReport::saysThatALimitIsCalledOtherwise()
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

void TestChangeReport::exceptionsSayWhereTheyStand()
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

void TestChangeReport::policiesNameTheKeyToo()
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
        "a price", [](Configuration &draft) { draft.prices.models.front().output = 15'000'000; },
        u"Prices change"_s,
        u"Price of openai/x: $3.00 for a million tokens in, $15.00 out. Now $3.00 for a million "
        u"tokens in, $12.00 out. What has been spent stays as it was counted."_s);
    row(
        "a new price",
        [](Configuration &draft) {
            draft.prices.models.push_back({"openai/y", 150'000, 150'000, 150'000, 600'000});
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
    m_running.prices.models = {{"openai/x", 3'000'000, 3'000'000, 3'000'000, 12'000'000}};
    Configuration draft = m_running;
    change(draft);
    const ChangeReport report = describe(draft);
    QCOMPARE(report.headline, headline);
    QVERIFY2(textOf(report).contains(sentence), qPrintable(textOf(report)));
}

void TestChangeReport::aShadowLimitWarnsNobody()
{
    config::LimitRule shadow = prodPerKey(30);
    shadow.mode = LimitMode::Shadow;
    const ChangeReport report = describe(with({shadow}));
    QVERIFY(!warns(report));
    QVERIFY2(textOf(report).contains(u"ci would be refused, if it were enforced."_s),
        qPrintable(textOf(report)));
}

QTEST_GUILESS_MAIN(TestChangeReport)
#include "tst_changereport.moc"

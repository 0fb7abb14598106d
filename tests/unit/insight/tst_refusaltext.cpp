// SPDX-License-Identifier: GPL-3.0-or-later
// Refusals of every algorithm and unit in words, decided by the real engine; the advice is tried.
#include "core/insight/explain.h"
#include "insightsetup.h"

#include <QTest>

using namespace sluice;
using namespace sluice::test;
using namespace Qt::StringLiterals;
using limits::Algorithm;
using limits::CalendarUnit;
using limits::Estimate;
using limits::Verdict;

Q_DECLARE_METATYPE(sluice::config::LimitRule)

namespace {

QString plain(QString text)
{
    return text.replace(QChar(0x202f), u' ');
}

config::LimitRule ruleOf(Algorithm algorithm, Unit unit, qint64 amount, nanoseconds period = 0ns)
{
    config::LimitRule result = rule("daily", SegmentKind::ApiKey, amount, period);
    result.algorithm = algorithm;
    result.unit = unit;
    result.place.line = 7;
    return result;
}

config::LimitRule monthly(Unit unit, qint64 amount)
{
    config::LimitRule result = ruleOf(Algorithm::CalendarWindow, unit, amount);
    result.calendar = {CalendarUnit::Month, QTimeZone::utc(), Qt::Monday};
    return result;
}

/// What one request is expected to need: tokens in and out, cents.
Estimate needs(qint64 input, qint64 output, qint64 cents)
{
    Estimate estimate;
    estimate.input.firm = input * MicroPerUnit;
    estimate.output.firm = output * MicroPerUnit;
    estimate.cents = limits::Expected{cents * MicroPerUnit, 0};
    return estimate;
}

/// 10 s before the February of 2026 begins.
constexpr EngineTime EndOfJanuary{std::chrono::seconds(1'769'903'990)};

} // namespace

class TestRefusalText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void sentences_data();
    void sentences();
    void blocked_data();
    void blocked();
    void wasRefused_data();
    void wasRefused();
    void shadowLimitsAreNamedInTheHeadline();
    void smallestCapacityAdmits_data();
    void smallestCapacityAdmits();
};

void TestRefusalText::sentences_data()
{
    QTest::addColumn<config::LimitRule>("rule");
    QTest::addColumn<Estimate>("before"); // of the requests that fill it
    QTest::addColumn<Estimate>("last");
    QTest::addColumn<bool>("settled");
    QTest::addColumn<Verdict>("verdict");
    QTest::addColumn<QString>("sentence");
    QTest::addColumn<QString>("headline");
    using A = Algorithm;
    const Estimate small = needs(300, 300, 40);
    QTest::newRow("bucket of requests")
        << ruleOf(A::Gcra, Unit::Request, 2, 1min) << small << small << true
        << Verdict::LimitReached
        << u"The rate limit is reached: key ci has used 2 of 2 requests a minute (daily, "
           "gw.yaml:7). The next request is admitted in 30 s."_s
        << u"Refused: the global limit allows each key 2 a minute"_s;
    QTest::newRow("bucket of tokens")
        << ruleOf(A::Gcra, Unit::Token, 1'000, 1min) << small << small << true
        << Verdict::LimitReached
        << u"The rate limit is reached: key ci has used 600 of 1 000 tokens a minute (daily, "
           "gw.yaml:7). This request needs 600 tokens and is admitted in 12 s."_s
        << u"Refused: the global limit allows each key 1 000 tokens a minute"_s;
    QTest::newRow("reserved tokens")
        << ruleOf(A::SlidingWindow, Unit::Token, 1'000, 1h) << small << small << false
        << Verdict::LimitReached
        << u"The rate limit is reached: key ci has used 0 and reserved 600 of 1 000 tokens in any "
           "hour (daily, gw.yaml:7). This request needs 600 tokens and is admitted in 1 h 1 m."_s
        << u"Refused: the global limit allows each key 1 000 tokens in any hour"_s;
    QTest::newRow("money of a month")
        << monthly(Unit::Cents, 100) << small << needs(1, 1, 80) << true << Verdict::LimitReached
        << u"The rate limit is reached: key ci has used $0.8000 of $1.00 each month (UTC) (daily, "
           "gw.yaml:7). This request needs $0.8000 and is admitted in 10 s, when the next month "
           "begins."_s
        << u"Refused: the global limit allows each key $1.00 each month (UTC)"_s;
    QTest::newRow("slots")
        << ruleOf(A::Concurrency, Unit::ConcurrentRequest, 2) << small << small << false
        << Verdict::SlotsTaken
        << u"The rate limit is reached: key ci has 2 of 2 requests running at the same time "
           "(daily, gw.yaml:7). The next request is admitted when one of the 2 running requests "
           "ends."_s
        << u"Refused: the global limit allows each key 2 at the same time"_s;
    QTest::newRow("larger than the whole limit")
        << ruleOf(A::Gcra, Unit::OutputToken, 1'000, 1min) << small << needs(1, 4'096, 1) << true
        << Verdict::NeverFits
        << u"The request needs 4 096 output tokens by what it says itself, and the whole limit "
           "(daily, gw.yaml:7) is 1 000 output tokens a minute: it can never be admitted. Send "
           "less, or ask for a shorter answer."_s
        << u"Refused: it needs 4 096 output tokens, and the global limit allows each key 1 000 "
           "output tokens a minute"_s;
    Estimate unpriced = small;
    unpriced.cents.reset();
    QTest::newRow("a model without a price")
        << monthly(Unit::Cents, 100) << small << unpriced << true << Verdict::Unpriced
        << u"The limit daily (gw.yaml:7) counts dollars, and the model has no price: write one "
           "into prices.models, or let such requests through with prices.unpriced: allow"_s
        << u"Rejected: the model has no price in prices.models, and the global limit allows each "
           "key $1.00 each month (UTC)"_s;
}

void TestRefusalText::sentences()
{
    QFETCH(const config::LimitRule, rule);
    QFETCH(const Estimate, before);
    QFETCH(const Estimate, last);
    QFETCH(const bool, settled);
    QFETCH(const Verdict, verdict);
    QFETCH(const QString, sentence);
    QFETCH(const QString, headline);
    const auto limits = compile({rule});
    Engine engine;
    for (;;) {
        const Decision decision = engine.reserve(EndOfJanuary, *limits, subject("ci"), before);
        if (!decision.isAdmitted())
            break;
        if (settled)
            engine.settle(EndOfJanuary, decision.reservation, {});
    }
    RequestRecord record;
    record.decision = engine.reserve(EndOfJanuary, *limits, subject("ci"), last);
    record.outcome = Outcome::Rejected;
    if (insight::wasRefused(record))
        record.outcome = Outcome::Refused;
    QCOMPARE(record.decision.verdict, verdict);
    QCOMPARE(plain(insight::refusalSentence(record.decision, u"gw.yaml"_s)), sentence);
    QCOMPARE(plain(insight::headline(record)), headline);
    const auto earliest = EndOfJanuary + record.decision.wait;
    if (verdict == Verdict::LimitReached) {
        QVERIFY(engine.explain(earliest, *limits, subject("ci"), last).isAdmitted());
        QVERIFY(!engine.explain(earliest - 1ms, *limits, subject("ci"), last).isAdmitted());
    }
}

void TestRefusalText::blocked_data()
{
    QTest::addColumn<limits::Block>("block");
    QTest::addColumn<QString>("sentence"); // %1 = 14:05 as this machine's clock shows it
    const EngineTime until = EndOfJanuary + 2h;
    const Segment keys{SegmentKind::ApiKey, {}};
    QTest::newRow("a key for a time")
        << limits::Block{keys, "ci", until} << u"The key ci is blocked until %1"_s;
    QTest::newRow("a key") << limits::Block{keys, "ci", std::nullopt}
                           << u"The key ci is blocked until it is unblocked"_s;
    QTest::newRow("a member") << limits::Block{{SegmentKind::TeamMember, {}}, "core/alice",
        std::nullopt}
                              << u"The member alice of team core is blocked until it is "
                                 "unblocked"_s;
    QTest::newRow("a property") << limits::Block{{SegmentKind::Property, "tenant"}, "acme",
        std::nullopt} << u"The tenant acme is blocked until it is unblocked"_s;
}

void TestRefusalText::blocked()
{
    QFETCH(const limits::Block, block);
    QFETCH(const QString, sentence);
    const auto limits = compile({ruleOf(Algorithm::Gcra, Unit::Request, 2, 1min)});
    Engine engine;
    limits::Operations operations;
    operations.blocks.push_back(block);
    engine.setOperations(EndOfJanuary, operations);
    Subject who = memberRequest("core", "alice");
    who.properties = {{"tenant", "acme"}};
    RequestRecord record;
    record.decision = engine.reserve(EndOfJanuary, *limits, who);
    record.outcome = Outcome::Rejected;
    QCOMPARE(record.decision.verdict, Verdict::Blocked);
    QVERIFY(record.decision.bindingLink() == nullptr);
    QString expected = sentence;
    if (block.until)
        expected = sentence.arg(insight::clockText(*block.until, EndOfJanuary));
    QCOMPARE(insight::refusalSentence(record.decision, u"gw.yaml"_s), expected);
    QCOMPARE(insight::headline(record), QString(u"Refused: "_s + expected));
    QCOMPARE(insight::smallestCapacity(record.decision), 0);
}

void TestRefusalText::wasRefused_data()
{
    QTest::addColumn<Verdict>("verdict");
    QTest::addColumn<bool>("refused");
    QTest::newRow("limit") << Verdict::LimitReached << true;
    QTest::newRow("slots") << Verdict::SlotsTaken << true;
    QTest::newRow("too large") << Verdict::NeverFits << true;
    QTest::newRow("blocked") << Verdict::Blocked << true;
    QTest::newRow("unpriced") << Verdict::Unpriced << false;
    QTest::newRow("no segment") << Verdict::MissingSegment << false;
    QTest::newRow("no room") << Verdict::NoRoom << false;
    QTest::newRow("store down") << Verdict::StoreDown << false;
    QTest::newRow("another reason") << Verdict::Admitted << false;
}

void TestRefusalText::wasRefused()
{
    QFETCH(const Verdict, verdict);
    QFETCH(const bool, refused);
    RequestRecord record;
    record.decision.verdict = verdict;
    record.outcome = Outcome::Rejected;
    QCOMPARE(insight::wasRefused(record), refused);
    ActivityCollector collector;
    collector.note(record);
    QCOMPARE(collector.take().refused, refused ? 1U : 0U);
}

void TestRefusalText::shadowLimitsAreNamedInTheHeadline()
{
    config::LimitRule shadow = ruleOf(Algorithm::Gcra, Unit::Request, 1, 1min);
    shadow.mode = LimitMode::Shadow;
    Desk desk(compile({shadow}));
    desk.request(subject("ci"));
    QCOMPARE(insight::headline(desk.request(subject("ci"))),
        u"Admitted, would be refused if enforced: the global limit allows each key 1 a minute"_s);
}

void TestRefusalText::smallestCapacityAdmits_data()
{
    QTest::addColumn<config::LimitRule>("rule");
    QTest::addColumn<Estimate>("needs");
    QTest::addColumn<bool>("known");
    using A = Algorithm;
    const Estimate firm = needs(300, 301, 40);
    Estimate guessed = firm;
    guessed.output = {0, 2'000 * MicroPerUnit};
    QTest::newRow("tokens") << ruleOf(A::Gcra, Unit::Token, 1'000, 1min) << firm << true;
    QTest::newRow("window") << ruleOf(A::SlidingWindow, Unit::InputToken, 1'000, 1h) << firm
                            << true;
    QTest::newRow("money") << monthly(Unit::Cents, 100) << firm << true;
    QTest::newRow("slots") << ruleOf(A::Concurrency, Unit::ConcurrentRequest, 3) << firm << true;
    QTest::newRow("too large") << ruleOf(A::Gcra, Unit::Token, 500, 1min) << firm << true;
    QTest::newRow("a capped guess")
        << ruleOf(A::Gcra, Unit::Token, 1'000, 1min) << guessed << false;
}

void TestRefusalText::smallestCapacityAdmits()
{
    QFETCH(config::LimitRule, rule);
    QFETCH(const Estimate, needs);
    QFETCH(const bool, known);
    const auto limits = compile({rule});
    Engine engine;
    Decision refused;
    while (refused.isAdmitted())
        refused = engine.reserve(EndOfJanuary, *limits, subject("ci"), needs);
    const qint64 smallest = insight::smallestCapacity(refused);
    QCOMPARE(smallest > 0, known);
    if (!known)
        return;
    const auto wouldAdmit = [&](qint64 capacity) {
        rule.capacity = capacity * MicroPerUnit;
        Engine copy;
        const auto wider = compile({rule});
        // The same requests again, so that nothing depends on how an edit is taken over.
        const MicroAmount taken = refused.bindingLink()->usage.taken();
        for (MicroAmount charged = 0; charged < taken; charged += refused.bindingLink()->cost)
            copy.reserve(EndOfJanuary, *wider, subject("ci"), needs);
        return copy.reserve(EndOfJanuary, *wider, subject("ci"), needs).isAdmitted();
    };
    QVERIFY2(wouldAdmit(smallest), qPrintable(QString::number(smallest)));
    QVERIFY2(!wouldAdmit(smallest - 1), qPrintable(QString::number(smallest)));
}

QTEST_GUILESS_MAIN(TestRefusalText)
#include "tst_refusaltext.moc"

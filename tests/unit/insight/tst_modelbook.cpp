// SPDX-License-Identifier: GPL-3.0-or-later
// The books of what was used and cost: every charge counts once, for its subjects and its model,
// from the collector of a gateway thread to the totals of the console.
#include "core/insight/modelbook.h"
#include "core/insight/usagebook.h"
#include "insightsetup.h"

#include <QTest>

#include <limits>

using namespace sluice;
using namespace sluice::test;
using namespace Qt::StringLiterals;
using insight::ModelBook;
using insight::Spent;
using insight::UsageBook;
using metering::Charge;

namespace {

Charge charge(qint64 input, qint64 output, std::optional<MicroAmount> cost)
{
    Charge result;
    result.tokens.input = input;
    result.tokens.output = output;
    result.cost = cost;
    return result;
}

/// A gateway thread's reports, and the two books of the console.
struct Books
{
    Desk desk{compile({rule("k", SegmentKind::ApiKey, 3, 1min)})};
    UsageBook subjects;
    ModelBook models;
    quint64 lastId = 0;

    RequestRecord note(RequestRecord record)
    {
        if (record.id == 0)
            record.id = ++lastId;
        desk.collector.note(record);
        return record;
    }

    void report()
    {
        const ActivityBatch batch = desk.report();
        subjects.ingest(batch);
        models.ingest(batch);
    }

    [[nodiscard]] Spent of(const SubjectId &id) const
    {
        return subjects.subject(subjects.indexOf(id)).spent;
    }

    [[nodiscard]] ModelBook::Model model(const QByteArray &name) const
    {
        const int index = models.indexOf(name);
        return index < 0 ? ModelBook::Model{} : models.model(index);
    }
};

RequestRecord answered(const Charge &charge, const QByteArray &model = "gpt-4o")
{
    RequestRecord record;
    record.subject = memberRequest("core", "alice");
    record.subject.endUser = "alice";
    record.provider = "openai";
    record.model = model;
    record.status = 200;
    record.charge = charge;
    return record;
}

} // namespace

class TestModelBook : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void whatWasTurnedAwayForItsPriceIsToldApart()
    {
        Books books;
        RequestRecord record = answered({}, "claude-new");
        record.outcome = insight::Outcome::Rejected;
        record.status = 400;
        record.decision.verdict = limits::Verdict::Unpriced;
        books.note(record);
        books.note(record);
        books.report();
        const ModelBook::Model model = books.model("openai/claude-new");
        QVERIFY(model.isUnpriced);
        QCOMPARE(model.spent.turnedAway, 2U);
        QCOMPARE(model.spent.unpriced, 0U);
        QCOMPARE(books.of({{SegmentKind::EndUser, {}}, "alice"}).turnedAway, 2U);
        books.note(answered(charge(1, 1, 5), "claude-new"));
        books.report();
        QVERIFY(!books.model("openai/claude-new").isUnpriced);
    }

    void namesModelsAsPricesDo_data();
    void namesModelsAsPricesDo();
    void sumsUpForSubjectsAndModels();
    void countsAStreamAtItsEnd_data();
    void countsAStreamAtItsEnd();
    void countsTheEndOfAnUnlistedStream();
    void keepsUnpricedApart();
    void countsErrors_data();
    void countsErrors();
    void countsRefusedRequestsForTheModelAsked();
    void countsRefusedRequestsWhereTheModelIsServed();
    void boundsTheModelsOfAReport();
    void boundsTheModelsOfABook();
    void stopsAtTheLargestNumber();
};

void TestModelBook::namesModelsAsPricesDo_data()
{
    QTest::addColumn<QByteArray>("provider");
    QTest::addColumn<QByteArray>("model");
    QTest::addColumn<QByteArray>("name");
    QTest::newRow("served") << "openai"_ba
                            << "gpt-4o"_ba
                            << "openai/gpt-4o"_ba;
    QTest::newRow("carries its provider") << "openai"_ba
                                          << "openai/gpt-4o"_ba
                                          << "openai/gpt-4o"_ba;
    QTest::newRow("carries another maker") << "openrouter"_ba
                                           << "openai/gpt-4o"_ba
                                           << "openrouter/openai/gpt-4o"_ba;
    QTest::newRow("only begins like it") << "open"_ba
                                         << "openai/x"_ba
                                         << "open/openai/x"_ba;
    QTest::newRow("refused") << ""_ba
                             << "gpt-4o"_ba
                             << "gpt-4o"_ba;
    QTest::newRow("the rest") << ""_ba
                              << ""_ba
                              << ""_ba;
}

void TestModelBook::namesModelsAsPricesDo()
{
    QFETCH(const QByteArray, provider);
    QFETCH(const QByteArray, model);
    QTEST(insight::modelName(provider, model), "name");
}

void TestModelBook::sumsUpForSubjectsAndModels()
{
    Books books;
    Charge first = charge(1'200, 350, 5'000);
    first.tokens.cachedInput = 1'000;
    books.note(answered(first));
    books.note(answered(charge(10, 5, 70), "gpt-4o-mini"));
    books.report();
    Charge guessed = charge(100, 20, 900);
    guessed.outputSource = metering::Source::Counted;
    books.note(answered(guessed));
    books.note(answered(Charge{}));
    books.report();

    Spent all{.input = 1'310, .cachedInput = 1'000, .output = 375, .cost = 5'970, .charged = 3};
    all.estimated = 1;
    for (const SubjectId &id : {KeyCi, UserAlice, TeamCore, MemberAlice})
        QCOMPARE(books.of(id), all);
    QCOMPARE(books.models.total(), all);
    const ModelBook::Model large = books.model("openai/gpt-4o");
    QCOMPARE(large.requests, 3U);
    QCOMPARE(large.spent.input, 1'300);
    QCOMPARE(large.spent.cost, 5'900);
    QCOMPARE(large.spent.tokens(), 1'670);
    QCOMPARE(books.model("openai/gpt-4o-mini").spent.output, 5);
}

void TestModelBook::countsAStreamAtItsEnd_data()
{
    QTest::addColumn<bool>("isReportedBetween");
    QTest::newRow("in one report") << false;
    QTest::newRow("in a later one") << true;
}

void TestModelBook::countsAStreamAtItsEnd()
{
    QFETCH(const bool, isReportedBetween);
    Books books;
    RequestRecord stream = answered(charge(40, 1, 10)); // so far
    stream.outcome = Outcome::Streaming;
    stream = books.note(stream);
    if (isReportedBetween)
        books.report();
    stream.charge = charge(40, 60, 700);
    stream.outcome = Outcome::Completed;
    books.note(stream);
    books.report();
    QCOMPARE(books.of(KeyCi).output, 60);
    QCOMPARE(books.of(KeyCi).cost, 700);
    QCOMPARE(books.model("openai/gpt-4o").requests, 1U);
    QCOMPARE(books.model("openai/gpt-4o").spent.charged, 1U);
}

void TestModelBook::countsTheEndOfAnUnlistedStream()
{
    Books books;
    for (size_t i = 0; i < ActivityCollector::MaxRecords; ++i)
        books.note(answered(Charge{}));
    RequestRecord stream = answered(Charge{});
    stream.outcome = Outcome::Streaming;
    stream = books.note(stream);
    books.report();
    stream.outcome = Outcome::ClientLeft;
    stream.charge = charge(40, 60, 700);
    books.note(stream);
    QVERIFY(!books.desk.collector.isEmpty());
    books.report();
    QCOMPARE(books.models.total().cost, 700);
}

void TestModelBook::keepsUnpricedApart()
{
    Books books;
    books.note(answered(charge(10, 10, std::nullopt), "new-model"));
    books.note(answered(charge(10, 10, std::nullopt), "new-model"));
    books.note(answered(charge(10, 10, 0), "free-model"));
    books.report();
    QCOMPARE(books.model("openai/new-model").spent.unpriced, 2U);
    QVERIFY(books.model("openai/new-model").isUnpriced);
    QCOMPARE(books.model("openai/free-model").spent.unpriced, 0U);
    QVERIFY(!books.model("openai/free-model").isUnpriced);
    // It has a price now: what was not counted stays so.
    books.note(answered(charge(10, 10, 50), "new-model"));
    books.note(answered(Charge{}, "new-model"));
    books.report();
    QVERIFY(!books.model("openai/new-model").isUnpriced);
    QCOMPARE(books.model("openai/new-model").spent.unpriced, 2U);
    QCOMPARE(books.model("openai/new-model").spent.cost, 50);
}

void TestModelBook::countsErrors_data()
{
    QTest::addColumn<int>("outcome");
    QTest::addColumn<int>("status");
    QTest::addColumn<bool>("isError");
    QTest::newRow("fine") << int(Outcome::Completed) << 200 << false;
    QTest::newRow("provider says no") << int(Outcome::Completed) << 400 << true;
    QTest::newRow("provider is down") << int(Outcome::UpstreamFailed) << 502 << true;
    QTest::newRow("broke off") << int(Outcome::UpstreamFailed) << 200 << true;
    QTest::newRow("client left") << int(Outcome::ClientLeft) << 200 << false;
    QTest::newRow("refused") << int(Outcome::Refused) << 429 << false;
    QTest::newRow("rejected") << int(Outcome::Rejected) << 400 << false;
}

void TestModelBook::countsErrors()
{
    QFETCH(const int, outcome);
    QFETCH(const int, status);
    QFETCH(const bool, isError);
    Books books;
    RequestRecord record = answered(Charge{});
    record.outcome = Outcome(outcome);
    record.status = status;
    books.note(record);
    books.report();
    QCOMPARE(books.model("openai/gpt-4o").spent.errors, isError ? 1U : 0U);
    QCOMPARE(books.of(KeyCi).errors, isError ? 1U : 0U);
}

void TestModelBook::countsRefusedRequestsForTheModelAsked()
{
    Books books;
    RequestRecord record = answered(Charge{});
    record.provider.clear();
    record.outcome = Outcome::Refused;
    books.note(record);
    RequestRecord bodyless = answered(Charge{}, {});
    books.note(bodyless);
    books.report();
    QCOMPARE(books.models.count(), 1);
    QCOMPARE(books.model("gpt-4o").refused, 1U);
    QCOMPARE(books.model("gpt-4o").requests, 1U);
}

// Before and after the model was served; the other provider's model of that name has its own row.
void TestModelBook::countsRefusedRequestsWhereTheModelIsServed()
{
    Books books;
    RequestRecord refused = answered(Charge{});
    refused.provider.clear();
    refused.outcome = Outcome::Refused;
    books.note(refused);
    books.report();
    QCOMPARE(books.model("gpt-4o").requests, 1U);
    books.note(answered(charge(1, 2, 3)));
    books.report();
    books.note(refused);
    books.report();
    QCOMPARE(books.models.count(), 1);
    QCOMPARE(books.model("openai/gpt-4o").requests, 3U);
    QCOMPARE(books.model("openai/gpt-4o").refused, 2U);
    RequestRecord elsewhere = answered(charge(1, 2, 3));
    elsewhere.provider = "azure";
    books.note(elsewhere);
    books.report();
    QCOMPARE(books.models.count(), 2);
    QCOMPARE(books.model("azure/gpt-4o").requests, 1U);
    QCOMPARE(books.models.indexOf("gpt-4o"), -1);
}

void TestModelBook::boundsTheModelsOfAReport()
{
    Books books;
    const int surplus = 30;
    for (int i = 0; i < int(ActivityCollector::MaxModels) + surplus; ++i)
        books.note(answered(charge(1, 0, 2), "m" + QByteArray::number(i)));
    const ActivityBatch batch = books.desk.report();
    QCOMPARE(batch.models.size(), ActivityCollector::MaxModels + 1);
    books.models.ingest(batch);
    QCOMPARE(books.model({}).requests, quint64(surplus));
    QCOMPARE(books.models.total().input, int(ActivityCollector::MaxModels) + surplus);
}

void TestModelBook::boundsTheModelsOfABook()
{
    Books books;
    const int surplus = 50;
    for (int i = 0; i < ModelBook::MaxModels + surplus; ++i) {
        books.note(answered(charge(1, 0, 2), "m" + QByteArray::number(i)));
        if (i % 100 == 0)
            books.report();
    }
    books.report();
    QCOMPARE(books.models.count(), ModelBook::MaxModels + 1);
    QCOMPARE(books.model({}).spent.input, surplus);
}

void TestModelBook::stopsAtTheLargestNumber()
{
    constexpr qint64 most = std::numeric_limits<qint64>::max();
    Books books;
    books.note(answered(charge(most, 5, most)));
    books.note(answered(charge(most, -5, most)));
    books.report();
    QCOMPARE(books.models.total().input, most);
    QCOMPARE(books.models.total().output, 5);
    QCOMPARE(books.models.total().cost, most);
    QCOMPARE(books.models.total().tokens(), most);
}

QTEST_GUILESS_MAIN(TestModelBook)
#include "tst_modelbook.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/ledgerqueries.h"
#include "core/session/ledgerrecord.h"
#include "core/stores/ledger/ledger.h"
#include "core/stores/sqlite/database.h"
#include "tests/support/ledgerkit.h"
#include "tests/unit/stores/recordkit.h"

#include <QElapsedTimer>
#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace sluice;
using insight::Outcome;
using insight::RequestRecord;
using session::History;
using session::HistoryQuestion;
using session::HistorySums;
using session::LedgerQueries;
using session::OlderRequests;
using session::SqlAnswer;
using std::chrono::milliseconds;
using Purpose = LedgerQueries::Purpose;

namespace {

constexpr milliseconds Start{1'772'460'000'000}; // 2026-03-02 14:00 UTC
const QString Endless =
    u"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"_s;

/// A data directory with 3 000 requests of every kind, one a second, and what asks about them.
struct Stage
{
    QTemporaryDir folder;
    std::vector<RequestRecord> records = test::seededRecords(7, 3'000, Start);
    LedgerQueries queries;

    Stage()
    {
        test::writeLedger(folder.path(), records);
        queries.setFolder(folder.path());
    }

    template <typename Answer, typename Question>
    Result<Answer> ask(const Question &question,
        void (LedgerQueries::*how)(
            const Question &, QObject *, const LedgerQueries::Callback<Answer> &))
    {
        std::optional<Result<Answer>> got;
        (queries.*how)(question, &queries, [&got](const Result<Answer> &answer) { got = answer; });
        if (!QTest::qWaitFor([&got] { return got.has_value(); }, 20'000))
            qFatal("no answer");
        return *got;
    }

    Result<SqlAnswer> sql(const session::SqlQuestion &question)
    {
        return ask<SqlAnswer>(question, &LedgerQueries::askSql);
    }

    Result<History> history(const HistoryQuestion &question)
    {
        return ask<History>(question, &LedgerQueries::askHistory);
    }

    Result<OlderRequests> older(const session::OlderQuestion &question)
    {
        return ask<OlderRequests>(question, &LedgerQueries::askOlder);
    }
};

std::vector<milliseconds> edgesOf(milliseconds from, milliseconds step, int steps)
{
    std::vector<milliseconds> edges;
    for (int i = 0; i <= steps; ++i)
        edges.push_back(from + i * step);
    return edges;
}

bool isIdentified(const RequestRecord &record)
{
    return !record.subject.apiKey.isEmpty();
}

/// Sums without any database.
HistorySums sumsOf(const RequestRecord &record)
{
    HistorySums sums;
    sums.requests = 1;
    sums.refused = insight::wasRefused(record) ? 1 : 0;
    sums.admitted = sums.refused == 0 && record.outcome != Outcome::Rejected ? 1 : 0;
    sums.errors = record.outcome == Outcome::UpstreamFailed || record.status >= 500 ? 1 : 0;
    sums.input = record.charge.tokens.input.value_or(0);
    sums.output = record.charge.tokens.output.value_or(0);
    sums.cost = record.charge.cost.value_or(0);
    sums.unpriced = record.charge.isUnpriced() ? 1 : 0;
    sums.estimated = !record.charge.isEmpty() && record.charge.isEstimate() ? 1 : 0;
    return sums;
}

} // namespace

class LedgerQueriesTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void historyIsWhatTheRecordsSumUpTo_data()
    {
        using Where = std::vector<HistoryQuestion::Condition>;
        QTest::addColumn<Where>("where");
        QTest::addColumn<std::function<bool(const RequestRecord &)>>("fits");
        const auto row = [](const char *name, const Where &where,
                             const std::function<bool(const RequestRecord &)> &fits) {
            QTest::newRow(name) << where << fits;
        };
        using R = const RequestRecord &;
        row("everything", {}, [](R) { return true; });
        row("key", {{u"key"_s, u"ci"_s}}, [](R r) { return r.subject.apiKey == "ci"; });
        row("user beyond ASCII", {{u"user"_s, u"Zoë"_s}},
            [](R r) { return r.subject.endUser == "Zoë"; });
        row("two of them", {{u"team"_s, u"core"_s}, {u"user"_s, u"bob"_s}},
            [](R r) { return r.subject.team == "core" && r.subject.endUser == "bob"; });
        row("model", {{u"model"_s, u"anthropic/large"_s}},
            [](R r) { return r.provider == "anthropic" && r.model == "large"; });
        row("property with quotes", {{u"property:tenant"_s, u"o'brien \"x\""_s}}, [](R r) {
            return !r.subject.properties.empty()
                && r.subject.properties.front().value == "o'brien \"x\"";
        });
        row("a value that is SQL", {{u"key"_s, u"x' OR 1=1 --"_s}}, [](R) { return false; });
    }

    void historyIsWhatTheRecordsSumUpTo()
    {
        QFETCH(const std::vector<HistoryQuestion::Condition>, where);
        QFETCH(const std::function<bool(const RequestRecord &)>, fits);
        Stage stage;
        // The first ten minutes and the last are outside.
        const auto edges = edgesOf(Start + 10min, 1min, 30);
        const auto answer = stage.history({edges, where});
        QVERIFY2(answer, answer ? "" : qPrintable(answer.error().message));
        QCOMPARE(answer->edges, edges);
        QCOMPARE(answer->steps.size(), size_t(30));
        std::vector<HistorySums> expected(30);
        HistorySums total;
        for (const RequestRecord &record : stage.records) {
            if (!isIdentified(record) || !fits(record) || record.at < edges.front()
                || record.at >= edges.back())
                continue;
            expected[size_t((record.at - edges.front()) / 1min)] += sumsOf(record);
            total += sumsOf(record);
        }
        QVERIFY(answer->steps == expected);
        QVERIFY(answer->total == total);
    }

    // 23 hours, 25 hours, a quarter of an hour: edges need not be apart evenly.
    void stepsMayDiffer()
    {
        Stage stage;
        const std::vector<milliseconds> edges{
            Start, Start + 1min, Start + 3min, Start + 15min, Start + 49min};
        const auto answer = stage.history({edges, {}});
        QVERIFY(answer);
        qint64 sum = 0;
        for (const HistorySums &step : answer->steps)
            sum += step.requests;
        const auto identified = std::count_if(stage.records.begin(), stage.records.end(),
            [&edges](const RequestRecord &r) { return isIdentified(r) && r.at < edges.back(); });
        QCOMPARE(sum, qint64(identified));
        QVERIFY(answer->steps[0].requests <= 60);
    }

    void historySaysHowManyHaveNoRow()
    {
        Stage stage;
        auto file = stores::sqlite::Database::open(stores::Ledger::pathIn(stage.folder.path()), {});
        const auto at = [](milliseconds time) { return QByteArray::number(qint64(time.count())); };
        QVERIFY(file
            && file->execute("INSERT INTO lost_requests VALUES (" + at(Start + 2min) + ", 5), ("
                + at(Start + 20min) + ", 7)"));
        QCOMPARE(stage.history({edgesOf(Start, 1min, 10), {}})->lost, 5);
        QCOMPARE(stage.history({edgesOf(Start, 1h, 1), {}})->lost, 12);
    }

    // From the sums of hours, which are kept longer than the rows.
    void wholeHoursAreTheSame()
    {
        Stage stage;
        const milliseconds from{1'772'456'400'000}; // 13:00
        const auto hours = stage.history({edgesOf(from, 1h, 4), {{u"key"_s, u"ci"_s}}});
        const auto minutes =
            stage.history({edgesOf(from + 30min, 30min, 7), {{u"key"_s, u"ci"_s}}});
        QVERIFY(hours && minutes);
        QVERIFY(hours->total == minutes->total);
        QVERIFY(hours->total.requests > 500);
    }

    void stepsOfSecondsAreRefused()
    {
        Stage stage;
        const auto answer = stage.history({edgesOf(Start, 30s, 4), {}});
        QVERIFY(!answer);
        QCOMPARE(answer.error().code, ErrorCode::Invalid);
    }

    void aFieldThatIsNoneIsSaid()
    {
        Stage stage;
        const auto answer = stage.history({edgesOf(Start, 1min, 2), {{u"key; DROP"_s, u"x"_s}}});
        QVERIFY(!answer);
        QCOMPARE(answer.error().code, ErrorCode::Invalid);
    }

    void olderRequestsComeInPagesNewestFirst()
    {
        Stage stage;
        session::OlderQuestion question{.before = Start + 24h, .most = 170};
        std::vector<RequestRecord> all;
        for (int page = 0; page < 30; ++page) {
            const auto answer = stage.older(question);
            QVERIFY(answer);
            all.insert(all.end(), answer->records.begin(), answer->records.end());
            question.before = answer->before;
            question.beforeId = answer->beforeId;
            if (answer->isEnd)
                break;
            QCOMPARE(answer->records.size(), size_t(170));
        }
        QCOMPARE(all.size(), stage.records.size());
        for (size_t i = 0; i < all.size(); ++i)
            QCOMPARE(all[i].requestId, stage.records[stage.records.size() - 1 - i].requestId);
    }

    // Nothing that the list or the details show is lost on the way, but for the figures of limits.
    void aRecordComesBackAsItWas()
    {
        Stage stage;
        const auto answer = stage.older({.before = Start + 24h, .most = 3'000});
        QVERIFY(answer);
        QCOMPARE(answer->records.size(), stage.records.size());
        for (size_t i = 0; i < answer->records.size(); ++i) {
            const RequestRecord &got = answer->records[i];
            const RequestRecord &was = stage.records[stage.records.size() - 1 - i];
            QVERIFY(session::isFromLedger(got) && !session::isFromLedger(was));
            QCOMPARE(got.at, was.at);
            QCOMPARE(got.subject.apiKey, was.subject.apiKey);
            QCOMPARE(got.subject.endUser, was.subject.endUser);
            QCOMPARE(got.subject.team, was.subject.team);
            QVERIFY(got.subject.properties == was.subject.properties);
            QCOMPARE(got.provider, was.provider);
            QCOMPARE(got.model, was.model);
            QCOMPARE(got.path, was.path);
            QCOMPARE(got.status, was.status);
            QCOMPARE(got.outcome, was.outcome);
            QCOMPARE(insight::wasRefused(got), insight::wasRefused(was));
            QVERIFY(got.charge.tokens.input == was.charge.tokens.input);
            QVERIFY(got.charge.tokens.reasoning == was.charge.tokens.reasoning);
            QVERIFY(got.charge.cost == was.charge.cost);
            QCOMPARE(got.charge.isUnpriced(), was.charge.isUnpriced());
            QCOMPARE(got.charge.isEstimate(), was.charge.isEstimate());
        }
    }

    void theLimitThatDecidedKeepsItsPlace_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QByteArray>("router");
        QTest::addColumn<int>("kind");
        using limits::SegmentKind;
        QTest::newRow("named") << "team-month"_ba
                               << ""_ba << int(SegmentKind::Shared);
        QTest::newRow("router") << "routers/prod/per-api-key"_ba
                                << "prod"_ba << int(SegmentKind::ApiKey);
        QTest::newRow("member") << "global/per-team-member"_ba
                                << ""_ba << int(SegmentKind::TeamMember);
        QTest::newRow("property") << "unified-api/per-property/tenant"_ba
                                  << ""_ba << int(SegmentKind::Property);
    }

    void theLimitThatDecidedKeepsItsPlace()
    {
        QFETCH(const QByteArray, name);
        QTemporaryDir folder;
        RequestRecord record = test::answeredRecord(1, Start);
        auto limit = std::make_shared<limits::Limit>();
        limit->name = name;
        record.decision.chain.push_back({.limit = limit, .value = "ci", .usage = {}});
        record.decision.binding = 0;
        test::writeLedger(folder.path(), {record});
        Stage stage;
        stage.queries.setFolder(folder.path());
        const auto answer = stage.older({.before = Start + 1h});
        QVERIFY(answer);
        QCOMPARE(answer->records.size(), size_t(1));
        const limits::ChainLink *link = answer->records.front().decision.bindingLink();
        QVERIFY(link);
        QCOMPARE(link->limit->name, name);
        QTEST(link->limit->router, "router");
        QTEST(int(link->limit->segment.kind), "kind");
    }

    void theChainComesBackWithoutItsFigures()
    {
        using limits::LinkVerdict;
        QTemporaryDir folder;
        RequestRecord record = test::answeredRecord(1, Start);
        record.firstByte = 120ms;
        record.retries = 2;
        record.client = "127.0.0.1";
        const auto link = [](const QByteArray &name, const QByteArray &value, LinkVerdict verdict) {
            auto limit = std::make_shared<limits::Limit>();
            limit->name = name;
            return limits::ChainLink{.limit = limit,
                .value = value,
                .usage = {},
                .cost = 7,
                .wait = {},
                .verdict = verdict};
        };
        record.decision.chain = {link("global/per-api-key", "ci", LinkVerdict::Passes),
            link("team \"x\"", "ü", LinkVerdict::Refuses),
            link("trial", "", LinkVerdict::WouldRefuse), link("other", "", LinkVerdict::Skipped)};
        record.decision.binding = 1;
        test::writeLedger(folder.path(), {record});
        Stage stage;
        stage.queries.setFolder(folder.path());
        const auto answer = stage.older({.before = Start + 1h});
        QVERIFY(answer);
        const RequestRecord &got = answer->records.front();
        QCOMPARE(got.decision.chain.size(), record.decision.chain.size());
        for (size_t i = 0; i < got.decision.chain.size(); ++i) {
            const limits::ChainLink &now = got.decision.chain[i];
            const limits::ChainLink &was = record.decision.chain[i];
            QCOMPARE(now.limit->name, was.limit->name);
            QCOMPARE(now.value, was.value);
            QCOMPARE(now.cost, was.cost);
            QCOMPARE(now.verdict, was.verdict);
        }
        QCOMPARE(got.decision.binding, 1);
        QVERIFY(got.firstByte == record.firstByte);
        QCOMPARE(got.retries, 2);
        QCOMPARE(got.client, record.client);
    }

    void aFilterLooksFurtherBack()
    {
        Stage stage;
        const auto isZoe = [](const RequestRecord &r) { return r.subject.endUser == "Zoë"; };
        const auto answer =
            stage.older({.before = Start + 24h, .most = 5, .mostRows = 50'000, .matches = isZoe});
        QVERIFY(answer);
        QCOMPARE(answer->records.size(), size_t(5));
        QVERIFY(answer->rows > 5);
        QVERIFY(!answer->isEnd);
        const auto none = stage.older({.before = Start + 24h,
            .most = 5,
            .mostRows = 1'000,
            .matches = [](const RequestRecord &) { return false; }});
        QVERIFY(none);
        QCOMPARE(none->rows, 1'000);
        QVERIFY(!none->isEnd && none->records.empty());
    }

    void sqlBringsRowsAndSaysWhatWasCut()
    {
        Stage stage;
        auto answer =
            stage.sql({.sql = u"SELECT id, key, micro_cents FROM requests ORDER BY id"_s});
        QVERIFY(answer);
        QCOMPARE(answer->columns, QStringList({u"id"_s, u"key"_s, u"micro_cents"_s}));
        QCOMPARE(answer->rows.size(), size_t(3'000));
        QVERIFY(!answer->isCut);
        answer = stage.sql({.sql = u"SELECT id FROM requests"_s, .maxRows = 10});
        QVERIFY(answer);
        QCOMPARE(answer->rows.size(), size_t(10));
        QVERIFY(answer->isCut);
    }

    void sqlThatDoesNotReadIsRefused_data()
    {
        QTest::addColumn<QString>("sql");
        QTest::addColumn<ErrorCode>("code");
        QTest::newRow("write") << u"DELETE FROM ledger"_s << ErrorCode::Refused;
        QTest::newRow("hidden write")
            << u"WITH x AS (SELECT 1) INSERT INTO ledger SELECT * FROM ledger"_s
            << ErrorCode::Refused;
        QTest::newRow("attach") << u"ATTACH 'x' AS y"_s << ErrorCode::Refused;
        QTest::newRow("syntax") << u"SELECT FORM requests"_s << ErrorCode::Invalid;
        QTest::newRow("column") << u"SELECT modle FROM requests"_s << ErrorCode::Invalid;
        QTest::newRow("nothing") << u"  "_s << ErrorCode::Refused;
    }

    void sqlThatDoesNotReadIsRefused()
    {
        QFETCH(const QString, sql);
        Stage stage;
        const auto answer = stage.sql({.sql = sql});
        QVERIFY(!answer);
        QTEST(answer.error().code, "code");
        QVERIFY(!answer.error().message.isEmpty());
    }

    void whatTakesTooLongEnds()
    {
        Stage stage;
        QElapsedTimer time;
        time.start();
        const auto answer = stage.sql({.sql = Endless, .maxTime = 150ms});
        QVERIFY(!answer);
        QCOMPARE(answer.error().code, ErrorCode::Timeout);
        QVERIFY2(time.elapsed() < 5'000, qPrintable(QString::number(time.elapsed())));
    }

    void whatIsCancelledIsAnsweredAtOnceAndTheThreadIsFree()
    {
        Stage stage;
        std::optional<ErrorCode> got;
        stage.queries.askSql({.sql = Endless, .maxTime = 60s}, &stage.queries,
            [&got](const Result<SqlAnswer> &answer) { got = answer.error().code; });
        QVERIFY(stage.queries.isRunning(Purpose::Sql));
        stage.queries.cancel(Purpose::Sql);
        QCOMPARE(got, ErrorCode::Cancelled);
        QVERIFY(!stage.queries.isRunning(Purpose::Sql));
        QElapsedTimer time;
        time.start();
        QVERIFY(stage.sql({.sql = u"SELECT 1"_s}));
        QVERIFY2(time.elapsed() < 5'000, qPrintable(QString::number(time.elapsed())));
    }

    void aNewerQuestionTakesThePlaceOfTheOlder()
    {
        Stage stage;
        int answers = 0;
        stage.queries.askSql({.sql = Endless, .maxTime = 60s}, &stage.queries,
            [&answers](const Result<SqlAnswer> &) { ++answers; });
        const auto second = stage.sql({.sql = u"SELECT 2"_s});
        QVERIFY(second);
        QCOMPARE(second->rows.front().front().toInt(), 2);
        QCOMPARE(answers, 0);
    }

    void aLongStatementHoldsUpNothingElse()
    {
        Stage stage;
        stage.queries.askSql(
            {.sql = Endless, .maxTime = 60s}, &stage.queries, [](const Result<SqlAnswer> &) {});
        QVERIFY(stage.history({edgesOf(Start, 1min, 2), {}}));
        QVERIFY(stage.older({.before = Start + 1h}));
        QVERIFY(stage.queries.isRunning(Purpose::Sql));
    }

    void rowsAreCountedMeanwhile()
    {
        Stage stage;
        const QString rows = Endless.chopped(u"max(x) FROM c"_s.size()) + u"x FROM c"_s;
        stage.queries.askSql({.sql = rows, .maxRows = 100'000'000, .maxTime = 60s}, &stage.queries,
            [](const Result<SqlAnswer> &) {});
        QTRY_VERIFY(stage.queries.rowsSoFar(Purpose::Sql) > 1'000);
        stage.queries.cancel(Purpose::Sql);
        QCOMPARE(stage.queries.rowsSoFar(Purpose::Sql), 0);
    }

    void nobodyIsAnsweredWhoHasGone()
    {
        Stage stage;
        auto context = std::make_unique<QObject>();
        bool wasCalled = false;
        stage.queries.askSql({.sql = u"SELECT 1"_s}, context.get(),
            [&wasCalled](const Result<SqlAnswer> &) { wasCalled = true; });
        context.reset();
        QTRY_VERIFY(!stage.queries.isRunning(Purpose::Sql));
        QVERIFY(!wasCalled);
    }

    void theEndDoesNotWaitForALongStatement()
    {
        auto stage = std::make_unique<Stage>();
        stage->queries.askSql(
            {.sql = Endless, .maxTime = 60s}, &stage->queries, [](const Result<SqlAnswer> &) {});
        QElapsedTimer time;
        time.start();
        stage.reset();
        QVERIFY2(time.elapsed() < 5'000, qPrintable(QString::number(time.elapsed())));
    }

    void aFileThatCannotBeReadSaysWhy_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<ErrorCode>("code");
        QTest::newRow("none yet") << u"none"_s << ErrorCode::NotFound;
        QTest::newRow("newer") << u"newer"_s << ErrorCode::Unsupported;
        QTest::newRow("no database") << u"text"_s << ErrorCode::Invalid;
    }

    void aFileThatCannotBeReadSaysWhy()
    {
        QFETCH(const QString, file);
        Stage stage;
        const QString path = stores::Ledger::pathIn(stage.folder.path());
        if (file == "newer"_L1) {
            auto database = stores::sqlite::Database::open(path, {});
            QVERIFY(database && database->execute("UPDATE schema_version SET version = 9999"));
        } else {
            for (const QString &suffix : {u""_s, u"-wal"_s, u"-shm"_s})
                QFile::remove(path + suffix);
        }
        if (file == "text"_L1) {
            QFile text(path);
            QVERIFY(text.open(QIODevice::WriteOnly));
            text.write(QByteArray(4'096, 'x'));
        }
        const auto answer = stage.sql({.sql = u"SELECT 1"_s});
        QVERIFY(!answer);
        QTEST(answer.error().code, "code");
        const auto history = stage.history({edgesOf(Start, 1min, 2), {}});
        QVERIFY(!history);
        QTEST(history.error().code, "code");
    }
};

QTEST_GUILESS_MAIN(LedgerQueriesTest)
#include "tst_ledgerqueries.moc"

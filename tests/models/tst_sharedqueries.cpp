// SPDX-License-Identifier: GPL-3.0-or-later
// What the window asks the ledger has the same answers whether it is a file or in PostgreSQL:
// history, older requests, and the samples of the Query page.
#include "core/session/ledgerqueries.h"
#include "core/stores/ledger/ledger.h"
#include "recordkit.h"
#include "tests/support/ledgerstage.h"
#include "ui/models/savedqueries.h"

#include <QRegularExpression>
#include <QSettings>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using insight::RequestRecord;
using session::History;
using session::HistoryQuestion;
using session::LedgerQueries;
using session::OlderRequests;
using session::SqlAnswer;
using std::chrono::milliseconds;

namespace {

const QString Endless =
    u"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"_s;

/// Both with the same requests: until a moment ago, one every ten minutes.
struct Stage
{
    test::LedgerStage ledger;
    LedgerQueries queries;

    Stage(test::PostgresServer *server, milliseconds now) : ledger(server)
    {
        const SystemClock clock;
        std::vector<RequestRecord> records =
            test::seededRecords(7, 1'000, now - 1'000 * 10min, 10min);
        for (size_t i = 0; i < records.size(); i += 7)
            records[i].decision.chain = {}; // as it is without limits
        stores::Ledger writer(ledger.place(), clock, {}, {});
        writer.append(test::finished(records));
        queries.setFolder(ledger.folder(), ledger.place().url);
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
        if (!*got)
            qWarning("%s", qPrintable(got->error().message));
        return *got;
    }
};

/// What the list and the detail show of a request.
QStringList shown(const RequestRecord &record)
{
    QStringList all{QString::fromUtf8(record.requestId), QString::number(record.at.count()),
        QString::fromUtf8(record.subject.apiKey), QString::fromUtf8(record.subject.endUser),
        QString::fromUtf8(record.subject.team), QString::fromUtf8(record.provider),
        QString::fromUtf8(record.model), QString::number(record.status), record.note,
        QString::number(int(record.outcome)), QString::number(int(record.decision.verdict)),
        QString::number(record.isStream), QString::number(record.bytesSent),
        QString::number(record.duration.count()),
        QString::number(record.charge.tokens.input.value_or(-1)),
        QString::number(record.charge.cost.value_or(-1)),
        QString::number(int(record.charge.outputSource))};
    for (const limits::Property &property : record.subject.properties)
        all.append(QString::fromUtf8(property.name + '=' + property.value));
    return all;
}

} // namespace

class SharedQueriesTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        QVERIFY(m_server.start());
        const milliseconds now = SystemClock().wall();
        m_file = std::make_unique<Stage>(nullptr, now);
        m_shared = std::make_unique<Stage>(&m_server, now);
    }

    void cleanupTestCase()
    {
        m_file.reset();
        m_shared.reset();
    }

    void historyIsTheSame_data()
    {
        QTest::addColumn<qint64>("step");
        QTest::addColumn<QString>("field");
        QTest::newRow("hours") << qint64(milliseconds(1h).count()) << QString();
        QTest::newRow("hours of a key") << qint64(milliseconds(1h).count()) << u"key"_s;
        QTest::newRow("minutes of a user") << qint64(milliseconds(10min).count()) << u"user"_s;
    }

    void historyIsTheSame()
    {
        QFETCH(qint64, step);
        QFETCH(QString, field);
        HistoryQuestion question;
        const qint64 now = SystemClock().wall().count() / step * step;
        for (qint64 i = 24; i >= 0; --i)
            question.edges.emplace_back(now - i * step);
        if (!field.isEmpty())
            question.where = {{field, field == "key"_L1 ? u"ci"_s : u"alice"_s}};
        const auto expected = m_file->ask<History>(question, &LedgerQueries::askHistory);
        const auto found = m_shared->ask<History>(question, &LedgerQueries::askHistory);
        QVERIFY(expected && found);
        QVERIFY(expected->total.requests > 0);
        QCOMPARE(found->total.requests, expected->total.requests);
        QVERIFY(found->steps == expected->steps);
        QCOMPARE(found->notes, expected->notes);
    }

    void olderRequestsAreTheSame()
    {
        session::OlderQuestion question;
        question.before = SystemClock().wall();
        int pages = 0;
        for (bool isEnd = false; !isEnd; ++pages) {
            const auto expected = m_file->ask<OlderRequests>(question, &LedgerQueries::askOlder);
            const auto found = m_shared->ask<OlderRequests>(question, &LedgerQueries::askOlder);
            QVERIFY(expected && found);
            QCOMPARE(found->records.size(), expected->records.size());
            for (size_t i = 0; i < found->records.size(); ++i)
                QCOMPARE(shown(found->records[i]), shown(expected->records[i]));
            QCOMPARE(found->isEnd, expected->isEnd);
            isEnd = found->isEnd;
            question.before = found->before;
            question.beforeId = found->beforeId;
        }
        QVERIFY(pages >= 5);
    }

    void samplesAreTheSame()
    {
        QSettings settings(m_file->ledger.folder() + u"/ui.ini"_s, QSettings::IniFormat);
        const ui::SavedQueries samples(settings);
        QVERIFY(samples.rowCount() > 4);
        for (int i = 0; i < samples.rowCount(); ++i) {
            const session::SqlQuestion question{.sql = samples.at(i).sql};
            const auto expected = m_file->ask<SqlAnswer>(question, &LedgerQueries::askSql);
            const auto found = m_shared->ask<SqlAnswer>(question, &LedgerQueries::askSql);
            QVERIFY2(expected && found, qPrintable(samples.at(i).name));
            QCOMPARE(found->columns, expected->columns);
            QCOMPARE(found->rows.size(), expected->rows.size());
        }
    }

    void endsWhenItIsCancelled()
    {
        std::optional<ErrorCode> code;
        m_shared->queries.askSql({.sql = Endless}, this,
            [&code](const Result<SqlAnswer> &answer) { code = answer.error().code; });
        const auto running = [this] {
            return m_server.sql("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND "
                                "query LIKE 'WITH RECURSIVE%'");
        };
        QTRY_COMPARE(running(), "1\n"_ba);
        m_shared->queries.cancel(LedgerQueries::Purpose::Sql);
        QCOMPARE(*code, ErrorCode::Cancelled);
        QTRY_COMPARE(running(), "0\n"_ba);
    }

private:
    test::PostgresServer m_server;
    std::unique_ptr<Stage> m_file;
    std::unique_ptr<Stage> m_shared;
};

QTEST_GUILESS_MAIN(SharedQueriesTest)
#include "tst_sharedqueries.moc"

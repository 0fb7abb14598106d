// SPDX-License-Identifier: GPL-3.0-or-later
// The ledger through whole processes: what sluicectl serve records of a provider's answers is what
// the provider has in its books, sluicectl usage and sql read it meanwhile and afterwards, and
// neither a kill nor a file that cannot be written costs more than is promised.
#include "core/stores/sqlite/database.h"
#include "processstage.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTest>

#include <algorithm>
#include <csignal>
#include <map>
#include <set>

using namespace sluice;
using namespace Qt::StringLiterals;
using test::ChatPath;
using test::CtlProcess;
using test::keyOf;
using test::ProcessStage;
using test::question;
using test::Reply;
using test::TestClient;

namespace {

constexpr qint64 MayBeLost = 200; ///< milliseconds before a kill

/// Keeps so many requests under way until it is told to stop.
class Load
{
public:
    explicit Load(TestClient &client) : m_client(client) { m_time.start(); }

    void keepUp(size_t parallel)
    {
        for (auto it = m_open.begin(); it != m_open.end();) {
            const Reply &reply = m_client.reply(*it);
            if (!reply.isDone) {
                ++it;
                continue;
            }
            if (reply.isWhole)
                answered[reply.header("helicone-id")] = m_time.elapsed();
            it = m_open.erase(it);
        }
        while (m_open.size() < parallel)
            m_open.insert(m_client.start("POST", ChatPath, question("gpt-4o")));
    }

    [[nodiscard]] qint64 now() const { return m_time.elapsed(); }

    std::map<QByteArray, qint64> answered; ///< id -> when, in milliseconds

private:
    TestClient &m_client;
    QElapsedTimer m_time;
    std::set<size_t> m_open;
};

} // namespace

class TestLedgerProcess : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void usageEqualsTheBooks();
    void printsEveryFormat_data();
    void printsEveryFormat();
    void keepsWhereFromAndHowFast();
    void forgets_data();
    void forgets();
    void losesAtMostTheLastMomentWhenKilled();
    void limitAddedInMidPeriodStartsFromTheLedger();
    void sumsLoseAtMostTheLastMomentToo();
    void servesWhereItCannotRecord();
    void tellsOfRequestsWithoutARow();
    void recordsOnlyWhenAsked();
    void sqlRefusesToWrite_data();
    void sqlRefusesToWrite();
    void saysThatNothingWasRecorded_data();
    void saysThatNothingWasRecorded();

private:
    [[nodiscard]] qint64 rows() const;
    void checkBooks(const QJsonArray &rows, const QMap<QString, qint64> &sent) const;

    std::unique_ptr<ProcessStage> m_stage;
};

void TestLedgerProcess::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_stage = std::make_unique<ProcessStage>();
}

void TestLedgerProcess::cleanup()
{
    m_stage.reset();
}

qint64 TestLedgerProcess::rows() const
{
    return m_stage->rows({u"sql"_s, u"SELECT count(*) AS n FROM requests"_s})
        .at(0)["n"_L1]
        .toInteger(-1);
}

void TestLedgerProcess::usageEqualsTheBooks()
{
    QVERIFY(m_stage->serve());
    QMap<QString, qint64> sent; // by key and model
    int total = 0;
    for (const QByteArray &key : {"ci"_ba, "app"_ba}) {
        m_stage->client->setHeaders({{"Authorization", "Bearer " + keyOf(key)}});
        for (const QByteArray &model : {"gpt-4o"_ba, "gpt-4.1-nano"_ba}) {
            for (const bool isStream : {false, true}) {
                const int count = isStream ? 150 : 1'000;
                int whole = 0;
                QVERIFY(m_stage->client->load(count, 32, ChatPath, question(model, isStream),
                    [&whole](const Reply &reply) { whole += reply.isWhole ? 1 : 0; }));
                QCOMPARE(whole, count);
                sent[QString::fromUtf8(key + " openai/" + model)] += count;
                total += count;
            }
        }
    }
    // Nobody's: in the ledger, and in no usage.
    m_stage->client->setHeaders({{"Authorization", "Bearer nobody"}});
    QCOMPARE(m_stage->client->post(ChatPath, question("gpt-4o")).status, 401);
    QTRY_COMPARE_WITH_TIMEOUT(m_stage->recorded(), total, 10'000); // while the gateway runs
    checkBooks(m_stage->rows({u"usage"_s, u"--by"_s, u"key,model"_s}), sent);
    QCOMPARE(m_stage->stop(), 0);
    checkBooks(m_stage->rows({u"usage"_s, u"--by"_s, u"key,model"_s, u"--since"_s, u"1h"_s}), sent);
    QCOMPARE(m_stage->rows({u"usage"_s, u"--until"_s, u"1h"_s}).at(0)["requests"_L1].toInt(-1), 0);
    const QJsonArray rows =
        m_stage->rows({u"sql"_s, u"SELECT status, outcome FROM requests WHERE key = ''"_s});
    QCOMPARE(rows, (QJsonArray{QJsonObject{{u"status"_s, 401}, {u"outcome"_s, u"rejected"_s}}}));
}

void TestLedgerProcess::checkBooks(const QJsonArray &rows, const QMap<QString, qint64> &sent) const
{
    TestClient provider(m_stage->mock->url());
    const QJsonObject books = provider.send("GET", "/-/books").json();
    QMap<QString, qint64> requests;
    QMap<QString, qint64> models;
    qint64 input = 0;
    qint64 output = 0;
    for (const auto &item : rows) {
        const QString model = item["model"_L1].toString();
        const qint64 count = item["requests"_L1].toInteger();
        requests[item["key"_L1].toString() + u' ' + model] = count;
        models[model] += count;
        input += item["input_tokens"_L1].toInteger();
        output += item["output_tokens"_L1].toInteger();
        QCOMPARE(item["admitted"_L1].toInteger(), count);
        QCOMPARE(item["estimated_requests"_L1].toInteger(), 0);
        QVERIFY(item["micro_cents"_L1].toInteger() > 0);
    }
    QCOMPARE(requests, sent);
    QCOMPARE(input, books["tokens"_L1]["input"_L1].toInteger());
    QCOMPARE(output, books["tokens"_L1]["output"_L1].toInteger());
    for (const QString &model : {u"gpt-4o"_s, u"gpt-4.1-nano"_s})
        QCOMPARE(models[u"openai/"_s + model], books["models"_L1][model].toInteger());
}

void TestLedgerProcess::printsEveryFormat_data()
{
    QTest::addColumn<QString>("format");
    QTest::addColumn<QByteArrayList>("lines");
    QTest::newRow("table") << u"table"_s
                           << QByteArrayList{"KEY  TENANT", "ci   a,\"b\"", "ci   Zoë"};
    QTest::newRow("json lines") << u"jsonl"_s
                                << QByteArrayList{R"({"key":"ci","tenant":"a,\"b\""})",
                                       R"({"key":"ci","tenant":"Zoë"})"};
    QTest::newRow("csv") << u"csv"_s
                         << QByteArrayList{"key,tenant", "ci,\"a,\"\"b\"\"\"", "ci,Zoë"};
}

void TestLedgerProcess::printsEveryFormat()
{
    QFETCH(QString, format);
    QFETCH(QByteArrayList, lines);
    QVERIFY(m_stage->serve());
    for (const QByteArray &tenant : {"a,\"b\""_ba, "Zoë"_ba})
        m_stage->client->post(ChatPath, question("gpt-4o"), {{"Helicone-Property-Tenant", tenant}});
    QTRY_COMPARE(m_stage->recorded(), 2);
    CtlProcess process;
    QCOMPARE(process.run({u"sql"_s,
                 u"SELECT key, json_extract(properties, '$.tenant') AS tenant FROM requests "
                 u"ORDER BY id"_s,
                 u"--format"_s, format, u"--data-dir"_s, m_stage->dataDir()}),
        0);
    QCOMPARE(process.output(), lines.join('\n') + '\n');
    const QStringList names = m_stage->rows({u"usage"_s, u"--by"_s, u"property:tenant"_s})
                                  .at(0)
                                  .toObject()
                                  .keys(); // sorted
    QCOMPARE(names,
        QStringList({u"admitted"_s, u"cache_write_tokens"_s, u"cached_input_tokens"_s, u"errors"_s,
            u"estimated_requests"_s, u"input_tokens"_s, u"micro_cents"_s, u"output_tokens"_s,
            u"property:tenant"_s, u"reasoning_tokens"_s, u"refused"_s, u"requests"_s,
            u"unpriced_requests"_s}));
}

void TestLedgerProcess::keepsWhereFromAndHowFast()
{
    m_stage->write("global: {rate-limit: {per-api-key: {capacity: 50, refill-frequency: 1m}}}\n");
    QVERIFY(m_stage->serve());
    QCOMPARE(m_stage->client->post(ChatPath, question("gpt-4o")).status, 200);
    QTRY_COMPARE(rows(), 1);
    const QJsonObject row = m_stage
                                ->rows({u"sql"_s,
                                    u"SELECT client, first_byte_us, duration_us, retries, "
                                    u"json_extract(chain, '$[0][1]') AS value, "
                                    u"json_extract(chain, '$[0][2]') AS verdict FROM requests"_s})
                                .at(0)
                                .toObject();
    QCOMPARE(row["client"_L1].toString(), u"127.0.0.1"_s);
    const qint64 firstByte = row["first_byte_us"_L1].toInteger(-1);
    QVERIFY(firstByte > 0 && firstByte <= row["duration_us"_L1].toInteger());
    QCOMPARE(row["retries"_L1].toInteger(-1), 0);
    QCOMPARE(row["value"_L1].toString(), u"ci"_s);
    QCOMPARE(row["verdict"_L1].toString(), u"passes"_s);
}

void TestLedgerProcess::forgets_data()
{
    QTest::addColumn<bool>("isRunning");
    QTest::newRow("beside the gateway") << true;
    QTest::newRow("without it") << false;
}

void TestLedgerProcess::forgets()
{
    QFETCH(bool, isRunning);
    QVERIFY(m_stage->serve());
    for (const QByteArray &user : {"unmistakable-alice"_ba, "bob"_ba})
        m_stage->client->post(ChatPath, question("gpt-4o"), {{"Helicone-User-Id", user}});
    QTRY_COMPARE(rows(), 2);
    if (!isRunning) {
        QCOMPARE(m_stage->stop(), 0);
    }
    CtlProcess process;
    QCOMPARE(process.run({u"forget"_s, u"--user"_s, u"unmistakable-alice"_s, u"--data-dir"_s,
                 m_stage->dataDir()}),
        0);
    QVERIFY2(process.output().startsWith("recorded requests that are removed: 1;"),
        process.output().constData());
    QCOMPARE(rows(), 1);
    QCOMPARE(m_stage->recorded(), 2);
    const QJsonArray users = m_stage->rows({u"usage"_s, u"--by"_s, u"user"_s});
    QCOMPARE(users.size(), 2);
    QCOMPARE(users.at(0)["user"_L1].toString(), u"(forgotten)"_s);
    QCOMPARE(users.at(1)["user"_L1].toString(), u"bob"_s);
    for (const QFileInfo &info : QDir(m_stage->dataDir()).entryInfoList(QDir::Files)) {
        QFile file(info.filePath());
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY2(!file.readAll().contains("unmistakable"), qPrintable(info.fileName()));
    }
    for (const QStringList &wrong : {QStringList{u"forget"_s},
             QStringList{u"forget"_s, u"--user"_s, u"a"_s, u"--key"_s, u"b"_s}}) {
        CtlProcess refused;
        QCOMPARE(refused.run(wrong), 2);
        QCOMPARE(refused.errors().count('\n'), 1);
    }
}

void TestLedgerProcess::losesAtMostTheLastMomentWhenKilled()
{
    QVERIFY(m_stage->serve());
    Load load(*m_stage->client);
    QVERIFY(QTest::qWaitFor(
        [&load] {
            load.keepUp(8);
            return load.now() > 1'000 && load.answered.size() > 1'000;
        },
        30'000));
    const qint64 killedAt = load.now();
    QVERIFY(m_stage->kill());
    const QJsonArray whole = m_stage->rows({u"sql"_s, u"SELECT * FROM pragma_integrity_check"_s});
    QCOMPARE(whole.at(0)["integrity_check"_L1].toString(), u"ok"_s);
    std::set<QByteArray> kept;
    for (const auto &row : m_stage->rows(
             {u"sql"_s, u"SELECT request_id FROM requests"_s, u"--limit"_s, u"10000000"_s}))
        QVERIFY2(kept.insert(row["request_id"_L1].toString().toLatin1()).second, "a row twice");
    int old = 0;
    for (const auto &[id, answeredAt] : load.answered) {
        if (answeredAt > killedAt - MayBeLost)
            continue;
        ++old;
        QVERIFY2(kept.count(id) == 1,
            qPrintable(u"answered %1 ms before the kill"_s.arg(killedAt - answeredAt)));
    }
    QVERIFY(old > 100);
    QCOMPARE(
        m_stage->recorded(), static_cast<qint64>(kept.size())); // sums, and rows that they lack
    // The next run goes on with the same file.
    const auto before = static_cast<qint64>(kept.size());
    QVERIFY(m_stage->serve());
    QCOMPARE(m_stage->client->post(ChatPath, question("gpt-4o")).status, 200);
    QTRY_COMPARE(m_stage->recorded(), before + 1);
    QCOMPARE(QDir(m_stage->dataDir()).entryList({u"*broken*"_s}), QStringList());
}

void TestLedgerProcess::limitAddedInMidPeriodStartsFromTheLedger()
{
    QVERIFY(m_stage->serve());
    for (int i = 0; i < 5; ++i)
        QCOMPARE(m_stage->client->post(ChatPath, question("gpt-4o")).status, 200);
    TestClient other(m_stage->server->url());
    other.setHeaders({{"Authorization", "Bearer " + keyOf("app")}});
    QCOMPARE(other.post(ChatPath, question("gpt-4o")).status, 200);
    m_stage->write(
        "global:\n  rate-limit:\n    usage-limits:\n"
        "      - {name: month, per: api-key, requests: 100, period: month, timezone: UTC}\n"
        "      - {name: day, per: api-key, requests: 100, period: 24h}\n");
    QTRY_COMPARE_WITH_TIMEOUT(m_stage->used(u"month"_s), 5, 10'000);
    QTRY_COMPARE(m_stage->used(u"day"_s), 5);
    const QStringList sql{u"sql"_s,
        uR"(SELECT "limit", value, used FROM limits WHERE "limit" = 'day' AND value = 'ci')"_s};
    QTRY_COMPARE(m_stage->rows(sql).at(0)["used"_L1].toDouble(), 5.0);
    QCOMPARE(m_stage->client->post(ChatPath, question("gpt-4o")).status, 200);
    QCOMPARE(m_stage->used(u"month"_s), 6);
}

void TestLedgerProcess::sumsLoseAtMostTheLastMomentToo()
{
    m_stage->write("recording: {enabled: false}\n");
    QVERIFY(m_stage->serve());
    Load load(*m_stage->client);
    QVERIFY(QTest::qWaitFor(
        [&load] {
            load.keepUp(8);
            return load.now() > 1'000 && load.answered.size() > 1'000;
        },
        30'000));
    const qint64 killedAt = load.now();
    QVERIFY(m_stage->kill());
    const auto old = std::count_if(load.answered.begin(), load.answered.end(),
        [killedAt](const auto &answer) { return answer.second <= killedAt - MayBeLost; });
    QVERIFY(old > 100);
    QVERIFY2(
        m_stage->recorded() >= old, qPrintable(u"%1 of %2"_s.arg(m_stage->recorded()).arg(old)));
    QCOMPARE(rows(), 0);
}

void TestLedgerProcess::servesWhereItCannotRecord()
{
    QVERIFY(QDir().mkpath(m_stage->dataDir() + u"/ledger.sqlite"_s)); // no file can be there
    QVERIFY(m_stage->serve());
    QTRY_VERIFY(m_stage->server->errors().contains("requests are not recorded"));
    QVERIFY(m_stage->server->errors().contains("ledger.sqlite"));
    QCOMPARE(m_stage->client->post(ChatPath, question("gpt-4o")).status, 200);
    QCOMPARE(m_stage->stop(), 0);
    QVERIFY(m_stage->server->errors().contains("1 requests were not recorded"));
}

void TestLedgerProcess::tellsOfRequestsWithoutARow()
{
    QVERIFY(m_stage->serve());
    QCOMPARE(m_stage->client->post(ChatPath, question("gpt-4o")).status, 200);
    QCOMPARE(m_stage->stop(), 0);
    auto file = stores::sqlite::Database::open(m_stage->path(u"data/ledger.sqlite"_s), {});
    QVERIFY(file
        && file->execute(
            "INSERT INTO lost_requests SELECT time_ms - time_ms % 60000, 5 FROM ledger"));
    const QByteArray note = "5 more requests of this time came too fast to be recorded";
    QCOMPARE(m_stage->run({u"usage"_s, u"--by"_s, u"key,user"_s}), 0); // of the rows
    QVERIFY(m_stage->command.errors().contains(note));
    QCOMPARE(m_stage->run({u"usage"_s, u"--by"_s, u"key"_s}), 0); // the sums have them
    QCOMPARE(m_stage->command.errors(), QByteArray());
    QCOMPARE(m_stage->run({u"usage"_s, u"--by"_s, u"key,user"_s, u"--until"_s, u"1h"_s}), 0);
    QVERIFY(!m_stage->command.errors().contains(note));
}

void TestLedgerProcess::recordsOnlyWhenAsked()
{
    m_stage->write("recording: {enabled: false}\n");
    QVERIFY(m_stage->serve());
    QCOMPARE(m_stage->client->post(ChatPath, question("gpt-4o")).status, 200);
    QTRY_COMPARE(m_stage->recorded(), 1); // it is counted all the same
    QCOMPARE(rows(), 0);
    m_stage->write("recording: {enabled: true}\n");
    m_stage->server->signal(SIGHUP);
    QTRY_VERIFY(m_stage->client->post(ChatPath, question("gpt-4o")).status == 200 && rows() > 0);
    m_stage->write("recording: {enabled: false}\n");
    m_stage->server->signal(SIGHUP);
    QCOMPARE(m_stage->stop(), 0);
    const qint64 all = m_stage->recorded();
    QVERIFY(all >= 2);
    QVERIFY(rows() >= 1 && rows() < all);
}

void TestLedgerProcess::sqlRefusesToWrite_data()
{
    QTest::addColumn<QString>("sql");
    for (const char *sql : {"INSERT INTO lost_requests VALUES (1, 1)", "PRAGMA user_version = 1",
             "ATTACH 'x' AS y", "SELECT 1; DELETE FROM ledger"})
        QTest::newRow(sql) << QString::fromLatin1(sql);
}

void TestLedgerProcess::sqlRefusesToWrite()
{
    QFETCH(QString, sql);
    QVERIFY(m_stage->serve());
    QTRY_COMPARE(m_stage->recorded(), 0);
    CtlProcess process;
    QCOMPARE(process.run({u"sql"_s, sql, u"--data-dir"_s, m_stage->dataDir()}), 1);
    QVERIFY(process.output().isEmpty());
    QCOMPARE(process.errors().count('\n'), 1);
}

void TestLedgerProcess::saysThatNothingWasRecorded_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("usage") << QStringList{u"usage"_s};
    QTest::newRow("sql") << QStringList{u"sql"_s, u"SELECT 1"_s};
}

void TestLedgerProcess::saysThatNothingWasRecorded()
{
    QFETCH(QStringList, arguments);
    CtlProcess process;
    QCOMPARE(process.run(arguments + QStringList{u"--data-dir"_s, m_stage->dataDir()}), 1);
    QVERIFY(process.errors().contains("nothing has been recorded"));
    QVERIFY(!QDir(m_stage->dataDir()).exists());
}

QTEST_GUILESS_MAIN(TestLedgerProcess)
#include "tst_ledgerprocess.moc"

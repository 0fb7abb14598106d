// SPDX-License-Identifier: GPL-3.0-or-later
// One ledger in PostgreSQL through whole processes: what two sluicectl serve record of a provider's
// answers is what the provider has in its books, the commands read and forget it there, and a
// server that is away costs nothing.
#include "core/base/secrets.h"
#include "ctlprocess.h"
#include "testclient.h"
#include "tests/support/postgresserver.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTest>

#include <csignal>

using namespace sluice;
using namespace Qt::StringLiterals;
using test::CtlProcess;
using test::Reply;
using test::TestClient;

namespace {

const QByteArray Path = "/openai/v1/chat/completions";

QByteArray keyOf(const QByteArray &name)
{
    return "key-" + name + "-0123456789";
}

QByteArray question(const QByteArray &model)
{
    return R"({"model":")" + model + R"(","messages":[{"role":"user","content":"hi"}]})";
}

} // namespace

class TestSharedLedgerProcess : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();

    void usageOfAllEqualsTheBooks();
    void losesNothingWhileTheServerIsAway();
    void newLimitsStartFromAllGateways();
    void followsTheConfiguration();
    void printsItsSchema();

private:
    void write(const QString &ledger, const QByteArray &more = {}) const;
    void serve(int count);
    void goesBack();
    QByteArray count(const QByteArray &what);
    [[nodiscard]] QJsonArray ask(int gateway, const QStringList &arguments) const;
    [[nodiscard]] qint64 recorded(int gateway = 0) const;

    [[nodiscard]] QString dataDir(int gateway) const
    {
        return m_folder->filePath(QString::number(gateway));
    }

    [[nodiscard]] QString configuration() const { return m_folder->filePath(u"gw.yaml"_s); }

    test::PostgresServer m_server;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<CtlProcess> m_mock;
    std::vector<std::unique_ptr<CtlProcess>> m_gateways;
    std::vector<std::unique_ptr<TestClient>> m_clients;
};

void TestSharedLedgerProcess::initTestCase()
{
    QVERIFY(m_server.start());
}

void TestSharedLedgerProcess::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_server.sql("SET client_min_messages = error; DROP SCHEMA IF EXISTS sluice_ledger CASCADE");
    m_folder = std::make_unique<QTemporaryDir>();
    m_mock = std::make_unique<CtlProcess>();
    QVERIFY(m_mock->start({u"mock"_s, u"--tokens"_s, u"20"_s}));
    write(m_server.url());
}

void TestSharedLedgerProcess::cleanup()
{
    m_clients.clear();
    m_gateways.clear();
    m_mock.reset();
}

void TestSharedLedgerProcess::write(const QString &ledger, const QByteArray &more) const
{
    QFile file(configuration());
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    file.write("server: {port: 0, workers: 2}\nhelicone: {features: auth}\napi-keys:\n"
               "  - {name: ci, hash: \"sha256:"
        + hashApiKey(keyOf("ci")) + "\"}\n  - {name: app, hash: \"sha256:"
        + hashApiKey(keyOf("app")) + "\"}\nproviders:\n  openai: {base-url: \"" + m_mock->url()
        + "\", api-key-env: SLUICE_TEST_PROVIDER_KEY}\n");
    if (!ledger.isEmpty())
        file.write("recording: {url: \"" + ledger.toUtf8() + "\"}\n");
    file.write(more);
}

void TestSharedLedgerProcess::serve(int count)
{
    for (int i = 0; i < count; ++i) {
        m_gateways.push_back(std::make_unique<CtlProcess>());
        CtlProcess &gateway = *m_gateways.back();
        gateway.setEnvironment(u"SLUICE_TEST_PROVIDER_KEY"_s, u"none"_s);
        QVERIFY(gateway.start(
            {u"serve"_s, u"--config"_s, configuration(), u"--data-dir"_s, dataDir(i)}));
        m_clients.push_back(std::make_unique<TestClient>(gateway.url()));
        m_clients.back()->setHeaders({{"Authorization", "Bearer " + keyOf("ci")}});
    }
}

/// What a command answers as JSON; empty if it fails. It is told of the data directory only, and
/// finds the ledger as the gateway does.
QJsonArray TestSharedLedgerProcess::ask(int gateway, const QStringList &arguments) const
{
    CtlProcess process;
    const int code = process.run(
        arguments + QStringList{u"--format"_s, u"json"_s, u"--data-dir"_s, dataDir(gateway)});
    return code == 0 ? QJsonDocument::fromJson(process.output()).array() : QJsonArray();
}

qint64 TestSharedLedgerProcess::recorded(int gateway) const
{
    return ask(gateway, {u"usage"_s}).at(0)["requests"_L1].toInteger(-1);
}

void TestSharedLedgerProcess::usageOfAllEqualsTheBooks()
{
    serve(2);
    QMap<QString, qint64> sent; // by key and model
    qint64 total = 0;
    for (size_t gateway = 0; gateway < 2; ++gateway) {
        for (const QByteArray &key : {"ci"_ba, "app"_ba}) {
            m_clients[gateway]->setHeaders({{"Authorization", "Bearer " + keyOf(key)},
                {"Helicone-User-Id", "unmistakable-" + key}});
            for (const QByteArray &model : {"gpt-4o"_ba, "gpt-4.1-nano"_ba}) {
                const int count = gateway == 0 ? 300 : 200;
                QVERIFY(m_clients[gateway]->load(
                    count, 16, Path, question(model), [](const Reply &) {}));
                sent[QString::fromUtf8(key + " openai/" + model)] += count;
                total += count;
            }
        }
    }
    QTRY_COMPARE_WITH_TIMEOUT(recorded(), total, 10'000);
    const QJsonObject books = TestClient(m_mock->url()).send("GET", "/-/books").json();
    for (int gateway = 0; gateway < 2; ++gateway) {
        QMap<QString, qint64> requests;
        qint64 input = 0;
        qint64 output = 0;
        for (const auto &row : ask(gateway, {u"usage"_s, u"--by"_s, u"key,model"_s})) {
            requests[row["key"_L1].toString() + u' ' + row["model"_L1].toString()] =
                row["requests"_L1].toInteger();
            input += row["input_tokens"_L1].toInteger();
            output += row["output_tokens"_L1].toInteger();
        }
        QCOMPARE(requests, sent);
        QCOMPARE(input, books["tokens"_L1]["input"_L1].toInteger());
        QCOMPARE(output, books["tokens"_L1]["output"_L1].toInteger());
    }
    CtlProcess forget;
    QCOMPARE(
        forget.run({u"forget"_s, u"--user"_s, u"unmistakable-ci"_s, u"--data-dir"_s, dataDir(0)}),
        0);
    QVERIFY2(forget.output().startsWith("recorded requests that are removed: 1000;"),
        forget.output().constData());
    QCOMPARE(recorded(1), total);
    const QJsonArray users = ask(1, {u"usage"_s, u"--by"_s, u"user"_s});
    QCOMPARE(users.at(0)["user"_L1].toString(), u"(forgotten)"_s);
    QVERIFY(!QFile::exists(QDir(dataDir(0)).filePath(u"ledger.sqlite"_s)));
    for (const auto &gateway : m_gateways) {
        gateway->signal(SIGTERM);
        QCOMPARE(gateway->wait(), 0);
    }
    CtlProcess after; // nobody runs: the configuration says where
    QCOMPARE(after.run({u"sql"_s, u"SELECT count(*) AS n FROM requests"_s, u"--config"_s,
                 configuration(), u"--format"_s, u"csv"_s}),
        0);
    QCOMPARE(after.output(), "n\n1000\n");
}

void TestSharedLedgerProcess::losesNothingWhileTheServerIsAway()
{
    serve(1);
    QCOMPARE(m_clients[0]->post(Path, question("gpt-4o")).status, 200);
    QTRY_COMPARE(recorded(), 1);
    m_server.kill();
    QElapsedTimer time;
    time.start();
    int answered = 0;
    QVERIFY(m_clients[0]->load(200, 8, Path, question("gpt-4o"),
        [&answered](const Reply &reply) { answered += reply.status == 200 ? 1 : 0; }));
    QCOMPARE(answered, 200);
    QVERIFY2(time.elapsed() < 15'000, "requests wait for the server");
    CtlProcess usage;
    QCOMPARE(usage.run({u"usage"_s, u"--data-dir"_s, dataDir(0)}), 1);
    QVERIFY2(usage.errors().contains("Nothing listens at"), usage.errors().constData());
    QVERIFY(m_server.start());
    QTRY_COMPARE_WITH_TIMEOUT(recorded(), 201, 15'000);
    m_server.suspend();
    QCOMPARE(m_clients[0]->post(Path, question("gpt-4o")).status, 200);
    time.restart();
    m_gateways[0]->signal(SIGTERM);
    const int code = m_gateways[0]->wait();
    m_server.resume();
    QCOMPARE(code, 0);
    QVERIFY2(time.elapsed() < 12'000, qPrintable(QString::number(time.elapsed())));
}

void TestSharedLedgerProcess::newLimitsStartFromAllGateways()
{
    serve(2);
    for (int i = 0; i < 5; ++i)
        QCOMPARE(m_clients[size_t(i % 2)]->post(Path, question("gpt-4o")).status, 200);
    QTRY_COMPARE(recorded(), 5);
    write(m_server.url(),
        "global:\n  rate-limit:\n    usage-limits:\n"
        "      - {name: month, per: api-key, requests: 100, period: month, timezone: UTC}\n"
        "      - {name: day, per: api-key, requests: 100, period: 24h}\n");
    const auto used = [this](size_t gateway, const QString &name) {
        const QJsonArray limits =
            m_clients[gateway]->send("GET", "/-/me").json()["limits"_L1].toArray();
        for (const auto &item : limits) {
            if (item["name"_L1].toString() == name)
                return item["used"_L1].toInteger(-1);
        }
        return qint64(-1);
    };
    for (size_t gateway = 0; gateway < 2; ++gateway) {
        QTRY_COMPARE_WITH_TIMEOUT(used(gateway, u"month"_s), 5, 10'000);
        QTRY_COMPARE(used(gateway, u"day"_s), 5);
    }
}

/// Rows of a view in the server.
QByteArray TestSharedLedgerProcess::count(const QByteArray &what)
{
    return m_server.sql("SELECT count(*) FROM sluice_ledger." + what).trimmed();
}

void TestSharedLedgerProcess::followsTheConfiguration()
{
    write({});
    serve(1);
    QCOMPARE(m_clients[0]->post(Path, question("gpt-4o")).status, 200);
    QTRY_COMPARE(recorded(), 1);
    write(m_server.url());
    m_gateways[0]->signal(SIGHUP);
    const auto inServer = [this] { return count("requests"); };
    QTRY_COMPARE(inServer(), "0"_ba); // there are tables
    QCOMPARE(m_clients[0]->post(Path, question("gpt-4o")).status, 200);
    QTRY_COMPARE(inServer(), "1"_ba);
    QTRY_COMPARE(recorded(), 1);
    QTRY_COMPARE_WITH_TIMEOUT(
        count("audit WHERE action = 'configuration applied'"), "1"_ba, 15'000);
    goesBack();
}

void TestSharedLedgerProcess::goesBack()
{
    const auto inServer = [this] { return count("requests"); };
    write({});
    m_gateways[0]->signal(SIGHUP);
    QTRY_COMPARE(recorded(), 1); // the one of before
    QCOMPARE(m_clients[0]->post(Path, question("gpt-4o")).status, 200);
    QTRY_COMPARE(recorded(), 2);
    QCOMPARE(inServer(), "1"_ba);
}

void TestSharedLedgerProcess::printsItsSchema()
{
    CtlProcess process;
    QCOMPARE(process.run({u"check"_s, u"--store-sql"_s, configuration()}), 0);
    QVERIFY(process.output().contains("CREATE TABLE sluice_ledger.audit_log"));
    QVERIFY(process.output().contains("TO \"sluice\";"));
}

QTEST_GUILESS_MAIN(TestSharedLedgerProcess)
#include "tst_sharedledgerprocess.moc"

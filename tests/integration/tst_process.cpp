// SPDX-License-Identifier: GPL-3.0-or-later
// The whole product as processes: sluicectl serve in front of sluicectl mock, driven by a client,
// its file edited while it runs, ended in every way a process can end.
#include "core/base/secrets.h"
#include "ctlprocess.h"
#include "testclient.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace sluice;
using namespace Qt::StringLiterals;
using test::CtlProcess;
using test::Reply;
using test::TestClient;

namespace {

/// "In force within a second", and a second for a busy machine.
constexpr int Soon = 2'000;

const QByteArray Key = "key-ci-0123456789";
const QByteArray ProviderSecret = "sk-provider-secret";
const QByteArray Chat = R"({"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]})";
const QByteArray Stream =
    R"({"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"hi"}]})";
const QByteArray Path = "/openai/v1/chat/completions";

QByteArray withCapacity(const QByteArray &text, int capacity)
{
    return QByteArray(text).replace(
        "capacity: 60", QByteArray("capacity: " + QByteArray::number(capacity)));
}

/// How an editor writes a file.
enum class Writing { InPlace, Rename, SwappedLink, BehindLink };

} // namespace

Q_DECLARE_METATYPE(Writing)

class TestProcess : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();

    void takesOverAChangedFile_data();
    void takesOverAChangedFile();
    void readsTheFileAgainOnHangUp();
    void keepsTheOldLimitsWhenTheFileBreaks();
    void letsRunningStreamsFinish();
    void endsAtTheSecondSignal();
    void endsAtOnceWhenIdle_data();
    void endsAtOnceWhenIdle();
    void saysThatThePortIsInUse();
    void refusesToServeABrokenFile();
    void keepsBlocksAndRefusesBrokenOnes();
    void checksFiles_data();
    void checksFiles();
    void checksAsJson();
    void explainsPolicies();
    void explainsPoliciesAsJson();
    void managesKeysOfARunningGateway();
    void refusesWrongCommandLines_data();
    void refusesWrongCommandLines();
    void helps_data();
    void helps();
    void logsAsJson();
    void tellsNoSecret_data();
    void tellsNoSecret();
    void survivesKillInTheMiddleOfTraffic();

private:
    [[nodiscard]] QByteArray fileText() const;
    void write(const QByteArray &text, Writing writing = Writing::InPlace) const;
    void serve(const QStringList &options = {});
    [[nodiscard]] int limitInForce() const;

    [[nodiscard]] QString path(const char *name) const
    {
        return m_folder->filePath(QString::fromLatin1(name));
    }

    std::unique_ptr<CtlProcess> m_mock;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<CtlProcess> m_server;
    std::unique_ptr<TestClient> m_client;
    QString m_path;
    QByteArray m_text;
};

void TestProcess::initTestCase()
{
    m_mock = std::make_unique<CtlProcess>();
    QVERIFY(m_mock->start({u"mock"_s, u"--tokens"_s, u"30"_s, u"--chunk-interval"_s, u"30ms"_s}));
}

void TestProcess::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_folder = std::make_unique<QTemporaryDir>();
    m_path = path("gw.yaml");
    m_text = "# my gateway\nserver: {port: 0, workers: 2}\nhelicone: {features: auth}\napi-keys:\n"
             "  - {name: ci, hash: \"sha256:"
        + hashApiKey(Key) + "\"}\nproviders:\n  openai: {base-url: \"" + m_mock->url()
        + "\", api-key-env: SLUICE_TEST_PROVIDER_KEY}\nglobal:\n  rate-limit:\n"
          "    per-api-key: {capacity: 60, refill-frequency: 24h}\n";
    write(m_text);
    m_server = std::make_unique<CtlProcess>();
    m_server->setEnvironment(u"SLUICE_TEST_PROVIDER_KEY"_s, QString::fromLatin1(ProviderSecret));
}

void TestProcess::cleanup()
{
    m_client.reset();
    m_server.reset();
}

QByteArray TestProcess::fileText() const
{
    QFile file(m_path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void TestProcess::write(const QByteArray &text, Writing writing) const
{
    const bool isNew = writing == Writing::Rename || writing == Writing::SwappedLink;
    const QString target = isNew         ? path("next.yaml")
        : writing == Writing::BehindLink ? QFile::symLinkTarget(m_path)
                                         : m_path;
    QFile file(target);
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    QCOMPARE(file.write(text), text.size());
    file.close();
    if (writing == Writing::Rename) {
        QCOMPARE(std::rename(qPrintable(target), qPrintable(m_path)), 0);
    } else if (writing == Writing::SwappedLink) {
        // As configuration management does it: another link, renamed over the old one.
        QVERIFY(QFile::link(target, path("link.tmp")));
        QCOMPARE(std::rename(qPrintable(path("link.tmp")), qPrintable(m_path)), 0);
    }
}

void TestProcess::serve(const QStringList &options)
{
    QVERIFY(m_server->start(
        QStringList{u"serve"_s, u"--config"_s, m_path, u"--listen"_s, u"127.0.0.1:0"_s} + options));
    m_client = std::make_unique<TestClient>(m_server->url());
    m_client->setHeaders({{"Authorization", "Bearer " + Key}});
}

/// What the next request is told to be limited to.
int TestProcess::limitInForce() const
{
    return m_client->post(Path, Chat).header("x-ratelimit-limit").toInt();
}

void TestProcess::takesOverAChangedFile_data()
{
    QTest::addColumn<Writing>("writing");
    QTest::newRow("in place") << Writing::InPlace;
    QTest::newRow("rename") << Writing::Rename;
    QTest::newRow("another link") << Writing::SwappedLink;
    QTest::newRow("behind the link") << Writing::BehindLink;
}

void TestProcess::takesOverAChangedFile()
{
    QFETCH(const Writing, writing);
    if (writing == Writing::SwappedLink || writing == Writing::BehindLink) {
        QVERIFY(QDir(m_folder->path()).mkdir(u"real"_s));
        QVERIFY(QFile::rename(m_path, path("real/one.yaml")));
        QVERIFY(QFile::link(path("real/one.yaml"), m_path));
    }
    serve();
    QCOMPARE(limitInForce(), 60);
    QCOMPARE(m_client->post(Path, Chat).header("x-ratelimit-remaining"), "58"_ba);
    write(withCapacity(m_text, 90), writing);
    QTRY_COMPARE_WITH_TIMEOUT(limitInForce(), 90, Soon);
    // What was used before the edit is still used.
    QVERIFY(m_client->post(Path, Chat).header("x-ratelimit-remaining").toInt() <= 86);
    write(withCapacity(m_text, 30), writing);
    QTRY_COMPARE_WITH_TIMEOUT(limitInForce(), 30, Soon);
}

void TestProcess::readsTheFileAgainOnHangUp()
{
    serve();
    write(withCapacity(m_text, 90));
    m_server->signal(SIGHUP);
    QTRY_COMPARE_WITH_TIMEOUT(limitInForce(), 90, Soon);
    QFile::remove(m_path);
    m_server->signal(SIGHUP);
    QTRY_VERIFY(m_server->errors().contains("gw.yaml"));
    QCOMPARE(limitInForce(), 90);
}

void TestProcess::keepsTheOldLimitsWhenTheFileBreaks()
{
    serve();
    QCOMPARE(limitInForce(), 60);
    write(withCapacity(m_text, 0));
    QTRY_VERIFY_WITH_TIMEOUT(m_server->errors().contains("line 10, column 29"), Soon);
    QVERIFY(m_server->errors().contains("gw.yaml is not in force"));
    QCOMPARE(limitInForce(), 60);
    write("global: [unclosed\n");
    QTRY_VERIFY_WITH_TIMEOUT(m_server->errors().count("is not in force") == 2, Soon);
    QCOMPARE(limitInForce(), 60);
    write(withCapacity(m_text, 90));
    QTRY_COMPARE_WITH_TIMEOUT(limitInForce(), 90, Soon);
}

void TestProcess::letsRunningStreamsFinish()
{
    serve();
    const size_t stream = m_client->start("POST", Path, Stream);
    QTRY_VERIFY(m_client->reply(stream).body.contains("data: "));
    m_server->signal(SIGTERM);
    // No new clients meanwhile.
    TestClient late(m_server->url());
    QTRY_VERIFY(late.send("GET", "/health").status != 200);
    QVERIFY(!m_client->reply(stream).isDone || m_client->reply(stream).isWhole);
    QTRY_VERIFY(m_client->reply(stream).isDone);
    QVERIFY(m_client->reply(stream).isWhole);
    QVERIFY(m_client->reply(stream).body.endsWith("data: [DONE]\n\n"));
    QCOMPARE(m_server->wait(), 0);
}

void TestProcess::endsAtTheSecondSignal()
{
    CtlProcess slow;
    QVERIFY(slow.start({u"mock"_s, u"--tokens"_s, u"30"_s, u"--chunk-interval"_s, u"2s"_s}));
    write(QByteArray(m_text).replace(m_mock->url(), slow.url()));
    serve();
    const size_t stream = m_client->start("POST", Path, Stream);
    QTRY_VERIFY(m_client->reply(stream).body.contains("data: "));
    m_server->signal(SIGTERM);
    TestClient late(m_server->url());
    QTRY_VERIFY(late.send("GET", "/health").status != 200);
    QVERIFY(m_server->isRunning()); // it waits for the stream
    m_server->signal(SIGTERM);
    QCOMPARE(m_server->wait(5'000), -1);
}

void TestProcess::endsAtOnceWhenIdle_data()
{
    QTest::addColumn<int>("number");
    QTest::newRow("SIGTERM") << SIGTERM;
    QTest::newRow("SIGINT") << SIGINT;
}

void TestProcess::endsAtOnceWhenIdle()
{
    QFETCH(const int, number);
    serve();
    QCOMPARE(limitInForce(), 60); // leaves an idle keep-alive connection
    m_server->signal(number);
    QCOMPARE(m_server->wait(5'000), 0);
}

void TestProcess::saysThatThePortIsInUse()
{
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost));
    const QString address = u"127.0.0.1:"_s + QString::number(other.serverPort());
    CtlProcess server;
    QCOMPARE(server.run({u"serve"_s, u"--config"_s, m_path, u"--listen"_s, address}), 1);
    QVERIFY2(server.errors().contains(QByteArray::number(other.serverPort())),
        server.errors().constData());
    QVERIFY2(server.errors().contains("in use"), server.errors().constData());
    QCOMPARE(server.errors().count("in use"), 1);
    QVERIFY(server.output().isEmpty());
}

void TestProcess::refusesToServeABrokenFile()
{
    write(withCapacity(m_text, 0));
    CtlProcess server;
    QCOMPARE(server.run({u"serve"_s, u"--config"_s, m_path}), 1);
    QVERIFY2(server.errors().contains("gw.yaml:10:29: "), server.errors().constData());
    QCOMPARE(server.run({u"serve"_s, u"--config"_s, path("missing.yaml")}), 1);
    QVERIFY2(server.errors().contains("missing.yaml"), server.errors().constData());
    QVERIFY(server.output().isEmpty());
}

void TestProcess::keepsBlocksAndRefusesBrokenOnes()
{
    const QString kept = path("data/operations.json");
    QVERIFY(QDir().mkpath(path("data")));
    QFile file(kept);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(R"({"raises":[],"blocks":[{"segment":"api-key","value":"ci","until_ns":null}]})");
    file.close();
    serve({u"--data-dir"_s, path("data")});
    QCOMPARE(m_client->post(Path, Chat).status, 403);
    m_server->signal(SIGTERM);
    QCOMPARE(m_server->wait(), 0);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("{broken");
    file.close();
    QCOMPARE(m_server->run({u"serve"_s, u"--config"_s, m_path, u"--data-dir"_s, path("data")}), 1);
    QVERIFY2(m_server->errors().contains("operations.json"), m_server->errors().constData());
}

void TestProcess::checksFiles_data()
{
    QTest::addColumn<QByteArray>("find");
    QTest::addColumn<QByteArray>("replace");
    QTest::addColumn<int>("code");
    QTest::addColumn<QByteArray>("expected");
    QTest::newRow("clean") << ""_ba
                           << ""_ba << 0 << ""_ba;
    QTest::newRow("a warning") << "address"_ba
                               << ""_ba << 0 << ""_ba;
    QTest::newRow("an error") << "capacity: 60"_ba
                              << "capacity: 0"_ba << 1
                              << "gw.yaml:10:29: error: global.rate-limit.per-api-key"_ba;
    QTest::newRow("a mistyped key") << "capacity"_ba
                                    << "capacty"_ba << 1 << "capacity"_ba;
    QTest::newRow("no YAML") << "global:"_ba
                             << "global: ["_ba << 1 << "gw.yaml:"_ba;
}

void TestProcess::checksFiles()
{
    QFETCH(const QByteArray, find);
    QFETCH(const QByteArray, replace);
    QFETCH(const int, code);
    QFETCH(const QByteArray, expected);
    if (!find.isEmpty())
        write(QByteArray(m_text).replace(find, replace));
    CtlProcess check;
    QCOMPARE(check.run({u"check"_s, m_path}), code);
    QVERIFY2(check.output().contains(expected), check.output().constData());
    QCOMPARE(check.run({u"check"_s, path("missing.yaml")}), 2);
    QVERIFY(check.errors().contains("missing.yaml"));
}

void TestProcess::checksAsJson()
{
    CtlProcess check;
    const auto findings = [&] { return QJsonDocument::fromJson(check.output()).array(); };
    write(withCapacity(m_text, 0));
    QCOMPARE(check.run({u"check"_s, u"--format"_s, u"json"_s, m_path}), 1);
    QCOMPARE(findings().size(), 1);
    const QJsonObject finding = findings().at(0).toObject();
    QCOMPARE(finding["severity"_L1].toString(), u"error"_s);
    QCOMPARE(finding["line"_L1].toInt(), 10);
    QCOMPARE(finding["column"_L1].toInt(), 29);
    QCOMPARE(finding["path"_L1].toString(), u"global.rate-limit.per-api-key.capacity"_s);
    QVERIFY(!finding["message"_L1].toString().isEmpty());
    QVERIFY(finding.contains("fix"_L1));
    write(m_text);
    QCOMPARE(check.run({u"check"_s, m_path, u"--format=json"_s}), 0);
    QVERIFY(QJsonDocument::fromJson(check.output()).isArray());
}

void TestProcess::explainsPolicies()
{
    CtlProcess policy;
    QCOMPARE(policy.run({u"policy"_s, u"10;w=60, 5000; w=3600;u=COST;s=user"_s}), 0);
    for (const char *text : {"10;w=60\n", "\n5000;w=3600;u=cents;s=user\n", "all 2 policies",
             "Each end user of each API key may use 5000 cents ($50.00) in any 3600 seconds",
             "Helicone-RateLimit-Policy: 5000;w=3600;u=cents;s=user\n",
             "Helicone-RateLimit-Remaining: what is left, 0 to 10\n"})
        QVERIFY2(policy.output().contains(text), policy.output().constData());
    QVERIFY(policy.errors().isEmpty());
    QCOMPARE(policy.run({u"policy"_s, u"  "_s}), 0);
    QCOMPARE(policy.output(), "No policy: a blank header limits nothing.\n"_ba);

    QCOMPARE(policy.run({u"policy"_s, u"100;w=60;s=\u00fcn"_s}), 1);
    QVERIFY(policy.output().isEmpty());
    const QByteArrayList lines = policy.errors().split('\n');
    QCOMPARE(lines.size(), 4);
    QVERIFY2(lines[0].startsWith("sluicectl: column 12: "), lines[0].constData());
    QCOMPARE(lines[1], "  100;w=60;s=\u00fcn"_ba);
    QCOMPARE(lines[2], QByteArray(QByteArray(2 + 11, ' ') + '^'));
    for (const QStringList &arguments : {QStringList{u"policy"_s, u"-100;w=60"_s},
             QStringList{u"policy"_s, u"-1;w=60"_s, u"--format=text"_s},
             QStringList{u"policy"_s, u"--"_s, u"-x"_s}}) {
        QCOMPARE(policy.run(arguments), 1);
        QVERIFY(policy.errors().startsWith("sluicectl: column 1: "));
    }
}

void TestProcess::explainsPoliciesAsJson()
{
    CtlProcess policy;
    const auto explain = [&policy](const QString &text) {
        const int code = policy.run({u"policy"_s, u"--format"_s, u"json"_s, text});
        return std::pair(code, QJsonDocument::fromJson(policy.output()).array());
    };
    const auto [code, policies] = explain(u"0.5;w=60;u=cents;s=Tenant, 7;w=60;u=cents;s=tenant"_s);
    QCOMPARE(code, 0);
    QCOMPARE(policies.size(), 2);
    const QJsonObject first = policies[0].toObject();
    QCOMPARE(first["canonical"_L1].toString(), u"0.5;w=60;u=cents;s=tenant"_s);
    QCOMPARE(first["quota"_L1].toInteger(), 500'000);
    QCOMPARE(first["unit"_L1].toString(), u"micro-cent"_s);
    QCOMPARE(first["window"_L1].toInteger(), 60);
    QCOMPARE(first["segment"_L1].toString(), u"tenant"_s);
    QVERIFY(first["shares_counter_with"_L1].isNull());
    QCOMPARE(first["headers"_L1]["Helicone-RateLimit-Limit"_L1].toString(), u"0.5"_s);
    QCOMPARE(policies[1]["shares_counter_with"_L1].toInt(), 1);
    QVERIFY(explain(u" "_s) == std::pair(0, QJsonArray()));
    const auto [failed, errors] = explain(u"1000"_s);
    QCOMPARE(failed, 1);
    QCOMPARE(errors.size(), 1);
    QCOMPARE(errors[0]["column"_L1].toInt(), 5);
    QVERIFY(!errors[0]["message"_L1].toString().isEmpty());
}

void TestProcess::managesKeysOfARunningGateway()
{
    serve();
    CtlProcess keys;
    QCOMPARE(keys.run({u"keys"_s, u"add"_s, u"laptop"_s, u"--config"_s, m_path}), 0);
    const QByteArray key = keys.output().trimmed();
    QVERIFY2(key.startsWith("sk-sluice-"), key.constData());
    QVERIFY(fileText().contains(hashApiKey(key)));
    QVERIFY(!fileText().contains(key));
    const auto statusWith = [&](const QByteArray &credential) {
        TestClient client(m_server->url());
        return client.post(Path, Chat, {{"Authorization", "Bearer " + credential}}).status;
    };
    QTRY_COMPARE_WITH_TIMEOUT(statusWith(key), 200, Soon);
    QCOMPARE(keys.run({u"keys"_s, u"list"_s, u"--config"_s, m_path}), 0);
    QVERIFY(keys.output().contains("laptop") && keys.output().contains("active"));
    QVERIFY(!keys.output().contains(key));
    // A name is given once.
    QCOMPARE(keys.run({u"keys"_s, u"add"_s, u"laptop"_s, u"--config"_s, m_path}), 1);
    QCOMPARE(keys.run({u"keys"_s, u"revoke"_s, u"nobody"_s, u"--config"_s, m_path}), 1);
    QCOMPARE(statusWith(key), 200);

    QCOMPARE(keys.run({u"keys"_s, u"revoke"_s, u"laptop"_s, u"--config"_s, m_path}), 0);
    QTRY_COMPARE_WITH_TIMEOUT(statusWith(key), 401, Soon);
    QCOMPARE(statusWith(Key), 200);
    QCOMPARE(keys.run({u"keys"_s, u"list"_s, u"--config"_s, m_path}), 0);
    QVERIFY(keys.output().contains("revoked"));
    QVERIFY(!m_server->errors().contains(key));
}

void TestProcess::refusesWrongCommandLines_data()
{
    QTest::addColumn<QStringList>("arguments");
    const auto row = [](const QStringList &arguments) {
        QTest::newRow(qPrintable(arguments.join(u' '))) << arguments;
    };
    row({u"fly"_s});
    row({u"serve"_s, u"--wings"_s});
    row({u"serve"_s, u"extra"_s});
    row({u"serve"_s, u"--log-format"_s, u"xml"_s});
    row({u"usage"_s, u"extra"_s});
    row({u"usage"_s, u"--by"_s, u"hour"_s});
    row({u"usage"_s, u"--by"_s, u"key,key"_s});
    row({u"usage"_s, u"--since"_s, u"yesterday"_s});
    row({u"usage"_s, u"--where"_s, u"key"_s});
    row({u"usage"_s, u"--format"_s, u"xml"_s});
    row({u"sql"_s});
    row({u"sql"_s, u"SELECT"_s, u"1"_s});
    row({u"sql"_s, u"SELECT 1"_s, u"--limit"_s, u"0"_s});
    row({u"check"_s});
    row({u"check"_s, u"a"_s, u"b"_s});
    row({u"check"_s, u"--format"_s, u"xml"_s, u"a"_s});
    row({u"policy"_s});
    row({u"policy"_s, u"1;w=60"_s, u"2;w=60"_s});
    row({u"policy"_s, u"--format"_s, u"xml"_s, u"1;w=60"_s});
    row({u"policy"_s, u"--wings"_s, u"1;w=60"_s});
    row({u"keys"_s});
    row({u"keys"_s, u"add"_s});
    row({u"keys"_s, u"steal"_s, u"x"_s});
    row({u"mock"_s, u"--tokens"_s, u"many"_s});
    row({u"mock"_s, u"--latency"_s, u"5"_s});
    row({u"mock"_s, u"--listen"_s, u"nowhere"_s});
}

void TestProcess::refusesWrongCommandLines()
{
    QFETCH(const QStringList, arguments);
    CtlProcess process;
    QCOMPARE(process.run(arguments), 2);
    QVERIFY(process.output().isEmpty());
    QVERIFY2(process.errors().startsWith("sluicectl: "), process.errors().constData());
    QCOMPARE(process.errors().count('\n'), 1);
}

void TestProcess::helps_data()
{
    QTest::addColumn<QString>("command");
    for (const char *command :
        {"serve", "usage", "sql", "demo", "check", "policy", "keys", "prices", "mock"})
        QTest::newRow(command) << QString::fromLatin1(command);
}

void TestProcess::helps()
{
    QFETCH(const QString, command);
    CtlProcess process;
    QCOMPARE(process.run({command, u"--help"_s}), 0);
    QVERIFY2(process.output().contains(QByteArray("sluicectl " + command.toUtf8())),
        process.output().constData());
    QVERIFY(process.errors().isEmpty());
    QCOMPARE(process.run({u"help"_s}), 0);
    QVERIFY(process.output().contains(command.toUtf8()));
}

void TestProcess::logsAsJson()
{
    serve({u"--log-format"_s, u"json"_s, u"--access-log"_s});
    QCOMPARE(m_client->post(Path, Chat).status, 200);
    QTRY_VERIFY(m_server->errors().contains(Path));
    const QByteArrayList lines = m_server->errors().trimmed().split('\n');
    for (const QByteArray &line : lines) {
        const QJsonObject entry = QJsonDocument::fromJson(line).object();
        QVERIFY2(entry.contains("level"_L1) && entry.contains("message"_L1), line.constData());
    }
}

void TestProcess::tellsNoSecret_data()
{
    QTest::addColumn<QString>("format");
    QTest::newRow("text") << u"text"_s;
    QTest::newRow("json") << u"json"_s;
}

void TestProcess::tellsNoSecret()
{
    QFETCH(const QString, format);
    serve({u"--access-log"_s, u"--log-format"_s, format});
    TestClient stranger(m_server->url());
    const QByteArray foreign = "sk-another-private-key";
    m_client->post(Path + "?key=" + Key, Chat);
    m_client->post(Path, Stream);
    m_client->post(Path, Chat, {{"Helicone-User-Id", "line\tbreak%0Aforged"}});
    stranger.post(Path, Chat, {{"Authorization", "Bearer " + foreign}});
    stranger.post(Path, Chat, {{"x-api-key", foreign}});
    stranger.send("GET", "/" + foreign);
    for (int i = 0; i < 70; ++i)
        m_client->post(Path, Chat); // runs into the limit
    write(withCapacity(m_text, 0));
    QTRY_VERIFY(m_server->errors().contains("is not in force"));
    QTRY_VERIFY(m_server->errors().count(Path) >= 70);
    m_server->signal(SIGTERM);
    QCOMPARE(m_server->wait(), 0);
    const QByteArray all = m_server->output() + m_server->errors();
    for (const QByteArray &secret : {Key, ProviderSecret, hashApiKey(Key)})
        QVERIFY2(!all.contains(secret), secret.constData());
    QVERIFY(!all.contains("Bearer"));
    // A path is not a secret's place, but headers are: only the path shows it.
    QCOMPARE(all.count(foreign), 1);
}

void TestProcess::survivesKillInTheMiddleOfTraffic()
{
    serve();
    for (int i = 0; i < 60; ++i)
        m_client->start("POST", Path, i % 2 == 0 ? Stream : Chat);
    QTRY_VERIFY(m_client->reply(1).isDone);
    m_server->signal(SIGKILL);
    QCOMPARE(m_server->wait(), -1);
    for (size_t i = 0; i < 60; ++i) {
        QTRY_VERIFY(m_client->reply(i).isDone);
        const Reply &reply = m_client->reply(i);
        QVERIFY(!reply.isWhole || reply.status == 200);
    }
    QCOMPARE(fileText(), m_text);
    QCOMPARE(QDir(m_folder->path()).entryList(QDir::Files), QStringList{u"gw.yaml"_s});
    serve();
    QCOMPARE(limitInForce(), 60);
    // The mock has noticed that its readers are gone.
    TestClient books(m_mock->url());
    const auto open = [&books] {
        return books.send("GET", "/-/books").json()["streams"_L1]["open"_L1].toInt(-1);
    };
    QTRY_COMPARE(open(), 0);
}

QTEST_GUILESS_MAIN(TestProcess)
#include "tst_process.moc"

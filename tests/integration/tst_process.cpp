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
    void managesKeysOfARunningGateway();
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

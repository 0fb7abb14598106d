// SPDX-License-Identifier: GPL-3.0-or-later
// Recorded bodies through whole processes: sluicectl serve says loudly that it records them, sql
// reads them, forget removes them, and a kill leaves a whole file.
#include "core/base/secrets.h"
#include "ctlprocess.h"
#include "testclient.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <csignal>
#include <set>

using namespace sluice;
using namespace Qt::StringLiterals;
using test::CtlProcess;
using test::Reply;
using test::TestClient;

namespace {

const QByteArray Path = "/openai/v1/chat/completions";
const QByteArray Key = "key-ci-0123456789";
const QByteArray On = "recording: {bodies: true, retention: 3d}\n";

QByteArray question(const QByteArray &text)
{
    return R"({"model":"gpt-4o","messages":[{"role":"user","content":")" + text + R"("}]})";
}

} // namespace

class TestBodiesProcess : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void saysLoudlyThatItRecords();
    void isSwitchedByAReload();
    void answersQuestions();
    void forgets_data();
    void forgets();
    void aKillLeavesAWholeFile();
    void servesWhereItCannotRecord();

private:
    void write(const QByteArray &more) const;
    void serve();
    Reply ask(const QByteArray &text, const QByteArray &user);
    [[nodiscard]] QJsonArray sql(const QString &statement) const;
    [[nodiscard]] qint64 rows() const;
    [[nodiscard]] bool isInFiles(const QByteArray &text) const;

    [[nodiscard]] QString dataDir() const { return m_folder->filePath(u"data"_s); }

    [[nodiscard]] QString configPath() const { return m_folder->filePath(u"gw.yaml"_s); }

    std::unique_ptr<CtlProcess> m_mock;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<CtlProcess> m_server;
    std::unique_ptr<TestClient> m_client;
};

void TestBodiesProcess::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_folder = std::make_unique<QTemporaryDir>();
    m_mock = std::make_unique<CtlProcess>();
    QVERIFY(m_mock->start({u"mock"_s, u"--tokens"_s, u"20"_s}));
    write(On);
}

void TestBodiesProcess::cleanup()
{
    m_client.reset();
    m_server.reset();
    m_mock.reset();
}

void TestBodiesProcess::write(const QByteArray &more) const
{
    QFile file(configPath());
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    file.write("server: {port: 0, workers: 2}\nhelicone: {features: auth}\napi-keys:\n"
               "  - {name: ci, hash: \"sha256:"
        + hashApiKey(Key) + "\"}\nproviders:\n  openai: {base-url: \"" + m_mock->url()
        + "\", api-key-env: SLUICE_TEST_PROVIDER_KEY}\n" + more);
}

void TestBodiesProcess::serve()
{
    m_server = std::make_unique<CtlProcess>();
    m_server->setEnvironment(u"SLUICE_TEST_PROVIDER_KEY"_s, u"sk-provider-secret"_s);
    QVERIFY(m_server->start({u"serve"_s, u"--config"_s, configPath(), u"--data-dir"_s, dataDir()}));
    m_client = std::make_unique<TestClient>(m_server->url());
    m_client->setHeaders({{"Authorization", "Bearer " + Key}});
}

Reply TestBodiesProcess::ask(const QByteArray &text, const QByteArray &user)
{
    return m_client->post(Path, question(text), {{"Helicone-User-Id", user}});
}

QJsonArray TestBodiesProcess::sql(const QString &statement) const
{
    CtlProcess process;
    const int code = process.run({u"sql"_s, statement, u"--format"_s, u"json"_s, u"--limit"_s,
        u"1000000"_s, u"--data-dir"_s, dataDir()});
    return code == 0 ? QJsonDocument::fromJson(process.output()).array() : QJsonArray();
}

/// -1: there is no such view.
qint64 TestBodiesProcess::rows() const
{
    return sql(u"SELECT count(*) AS n FROM bodies"_s).at(0)["n"_L1].toInteger(-1);
}

bool TestBodiesProcess::isInFiles(const QByteArray &text) const
{
    const QFileInfoList files = QDir(dataDir()).entryInfoList(QDir::Files);
    return std::any_of(files.begin(), files.end(), [&text](const QFileInfo &info) {
        QFile file(info.filePath());
        return file.open(QIODevice::ReadOnly) && file.readAll().contains(text);
    });
}

void TestBodiesProcess::saysLoudlyThatItRecords()
{
    CtlProcess check;
    QCOMPARE(check.run({u"check"_s, configPath()}), 0);
    QVERIFY(check.output().contains("warning: recording.bodies: bodies of requests and answers are "
                                    "recorded"));
    QVERIFY(check.output().contains("for 3d in bodies.sqlite"));
    serve();
    const QByteArray warning = "bodies of requests and answers are recorded in "
        + dataDir().toUtf8() + "/bodies.sqlite and kept for 3d";
    QTRY_VERIFY(m_server->errors().contains(warning));
}

void TestBodiesProcess::isSwitchedByAReload()
{
    write({});
    serve();
    QCOMPARE(ask("words before", "alice").status, 200);
    QVERIFY(!m_server->errors().contains("bodies"));
    QVERIFY(!QFile::exists(dataDir() + u"/bodies.sqlite"_s));
    write(On);
    m_server->signal(SIGHUP);
    QTRY_VERIFY(m_server->errors().contains("are recorded in"));
    QCOMPARE(ask("words during", "alice").status, 200);
    QTRY_COMPARE(rows(), 1);
    write({});
    m_server->signal(SIGHUP);
    QTRY_VERIFY(m_server->errors().contains("bodies are not recorded any more"));
    QCOMPARE(ask("words after", "alice").status, 200);
    m_server->signal(SIGTERM);
    QCOMPARE(m_server->wait(), 0);
    QCOMPARE(rows(), 1);
    QVERIFY(isInFiles("words during"));
    QVERIFY(!isInFiles("words before") && !isInFiles("words after"));
}

void TestBodiesProcess::answersQuestions()
{
    serve();
    const Reply reply = ask("wie geht's, Zoë?", "alice");
    QCOMPARE(reply.status, 200);
    QTRY_COMPARE(
        sql(u"SELECT 1 FROM requests JOIN bodies USING (request_id)"_s).size(), qsizetype(1));
    const QJsonObject row =
        sql(u"SELECT r.status, b.user, b.answer, b.answer_bytes, b.answer_type, "
            u"json_extract(b.request, '$.messages[0].content') AS prompt "
            u"FROM requests AS r JOIN bodies AS b USING (request_id)"_s)
            .at(0)
            .toObject();
    QCOMPARE(row["status"_L1].toInt(), 200);
    QCOMPARE(row["user"_L1].toString(), u"alice"_s);
    QCOMPARE(row["prompt"_L1].toString(), u"wie geht's, Zoë?"_s);
    QCOMPARE(row["answer"_L1].toString().toUtf8(), reply.body);
    QCOMPARE(row["answer_bytes"_L1].toInt(), reply.body.size());
    QCOMPARE(row["answer_type"_L1].toString(), u"application/json"_s);
}

void TestBodiesProcess::forgets_data()
{
    QTest::addColumn<bool>("isRunning");
    QTest::newRow("beside the gateway") << true;
    QTest::newRow("without it") << false;
}

void TestBodiesProcess::forgets()
{
    QFETCH(bool, isRunning);
    serve();
    QCOMPARE(ask("unmistakable words", "alice").status, 200);
    QCOMPARE(ask("other words", "bob").status, 200);
    QTRY_COMPARE(rows(), 2);
    QTRY_COMPARE(sql(u"SELECT 1 FROM requests"_s).size(), qsizetype(2));
    if (!isRunning) {
        m_server->signal(SIGTERM);
        QCOMPARE(m_server->wait(), 0);
    }
    QVERIFY(isInFiles("unmistakable words"));
    CtlProcess process;
    QCOMPARE(process.run({u"forget"_s, u"--user"_s, u"alice"_s, u"--data-dir"_s, dataDir()}), 0);
    QVERIFY2(process.output().contains("requests whose bodies are removed: 1\n"),
        process.output().constData());
    QVERIFY(process.output().contains("recorded requests that are removed: 1;"));
    QCOMPARE(rows(), 1);
    QVERIFY(!isInFiles("unmistakable words"));
    QVERIFY(isInFiles("other words"));
    CtlProcess byKey;
    QCOMPARE(byKey.run({u"forget"_s, u"--key"_s, u"ci"_s, u"--data-dir"_s, dataDir()}), 0);
    QCOMPARE(rows(), 0);
    if (!isRunning)
        return;
    QCOMPARE(ask("later words", "alice").status, 200);
    QTRY_COMPARE(rows(), 1);
}

void TestBodiesProcess::aKillLeavesAWholeFile()
{
    serve();
    std::set<size_t> open;
    std::set<QByteArray> answered;
    QElapsedTimer time;
    time.start();
    qint64 settled = 0; // answers long before the kill
    QVERIFY(QTest::qWaitFor(
        [&] {
            for (auto it = open.begin(); it != open.end();) {
                const Reply &reply = m_client->reply(*it);
                if (reply.isDone && reply.isWhole)
                    answered.insert(reply.header("helicone-id"));
                it = reply.isDone ? open.erase(it) : std::next(it);
            }
            while (open.size() < 4)
                open.insert(m_client->start("POST", Path, question(QByteArray(20'000, 'q'))));
            if (settled == 0 && time.elapsed() > 1'000)
                settled = qint64(answered.size());
            return settled > 50 && time.elapsed() > 2'000;
        },
        30'000));
    m_server->signal(SIGKILL);
    QCOMPARE(m_server->wait(), -1);
    QCOMPARE(sql(u"SELECT * FROM pragma_integrity_check"_s).at(0)["integrity_check"_L1].toString(),
        u"ok"_s);
    const qint64 kept = rows();
    QVERIFY2(kept >= settled, qPrintable(u"%1 of %2"_s.arg(kept).arg(settled)));
    QCOMPARE(sql(u"SELECT 1 FROM bodies WHERE request_bytes < 20000"_s).size(), qsizetype(0));
    // The next run goes on with the same file.
    serve();
    QCOMPARE(ask("again", "alice").status, 200);
    QTRY_COMPARE(rows(), kept + 1);
    QCOMPARE(QDir(dataDir()).entryList({u"*broken*"_s}), QStringList());
}

void TestBodiesProcess::servesWhereItCannotRecord()
{
    QVERIFY(QDir().mkpath(dataDir() + u"/bodies.sqlite"_s)); // no file can be there
    serve();
    QTRY_VERIFY(m_server->errors().contains("bodies are not recorded: "));
    QCOMPARE(ask("hi", "alice").status, 200);
    m_server->signal(SIGTERM);
    QCOMPARE(m_server->wait(), 0);
    QVERIFY(m_server->errors().contains("bodies of 1 requests were not recorded"));
}

QTEST_GUILESS_MAIN(TestBodiesProcess)
#include "tst_bodiesprocess.moc"

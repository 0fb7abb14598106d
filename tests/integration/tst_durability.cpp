// SPDX-License-Identifier: GPL-3.0-or-later
// Counters and the ledger through whole processes: sluicectl serve is killed under load at random
// moments, and the next run has counted and recorded all that clients saw answered but the last
// moment; an ordinary end loses nothing. SLUICE_SOAK_KILLS sets how often it is killed,
// SLUICE_SOAK_SEED when.
#include "core/base/secrets.h"
#include "core/stores/sqlite/database.h"
#include "ctlprocess.h"
#include "testclient.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <set>

using namespace sluice;
using namespace Qt::StringLiterals;
using stores::sqlite::Database;
using test::CtlProcess;
using test::Reply;
using test::TestClient;

namespace {

constexpr size_t Parallel = 8;
constexpr qint64 MostTokens = 1'200; ///< that one request may be estimated at

const QByteArray Key = "key-ci-0123456789";
const QByteArray Path = "/openai/v1/chat/completions";
const QByteArray Question = R"({"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]})";

/// What clients saw of one run.
class Load
{
public:
    struct Answer
    {
        qint64 at = 0; ///< milliseconds of now()
        qint64 tokens = 0;
    };

    explicit Load(TestClient &client) : m_client(client) { m_time.start(); }

    /// Keeps so many requests under way.
    void keepUp()
    {
        collect();
        while (m_open.size() < Parallel) {
            m_open.insert(m_client.start("POST", Path, Question));
            ++sent;
        }
    }

    void collect()
    {
        for (auto it = m_open.begin(); it != m_open.end();) {
            const Reply &reply = m_client.reply(*it);
            if (!reply.isDone) {
                ++it;
                continue;
            }
            if (reply.isWhole && reply.status == 200)
                answers.push_back({now(), reply.json()["usage"_L1]["total_tokens"_L1].toInteger()});
            it = m_open.erase(it);
        }
    }

    [[nodiscard]] bool isIdle() const { return m_open.empty(); }

    [[nodiscard]] qint64 now() const { return m_time.elapsed(); }

    qint64 sent = 0;
    std::vector<Answer> answers;

private:
    TestClient &m_client;
    QElapsedTimer m_time;
    std::set<size_t> m_open;
};

struct Figures
{
    qint64 requests = 0;
    qint64 tokens = 0;
};

/// What was answered until then has to be there after a run, and nothing that was not sent.
void compare(const char *what, const Figures &before, const Figures &now, const Load &load,
    qint64 countsUntil)
{
    Figures least;
    Figures most{load.sent, (load.sent - std::ssize(load.answers)) * MostTokens};
    for (const Load::Answer &answer : load.answers) {
        const bool mustCount = answer.at <= countsUntil;
        least.requests += mustCount ? 1 : 0;
        least.tokens += mustCount ? answer.tokens : 0;
        most.tokens += mustCount ? answer.tokens : MostTokens;
    }
    const Figures more{now.requests - before.requests, now.tokens - before.tokens};
    const QString text =
        u"%1: %2 sent, %3 answered; requests %4 <= %5 <= %6; tokens %7 <= %8 <= %9"_s
            .arg(QString::fromLatin1(what))
            .arg(load.sent)
            .arg(load.answers.size())
            .arg(least.requests)
            .arg(more.requests)
            .arg(most.requests)
            .arg(least.tokens)
            .arg(more.tokens)
            .arg(most.tokens);
    qDebug("%ls", qUtf16Printable(text));
    QVERIFY2(least.requests <= more.requests && more.requests <= most.requests, qPrintable(text));
    QVERIFY2(least.tokens <= more.tokens && more.tokens <= most.tokens, qPrintable(text));
}

} // namespace

class TestDurability : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void losesAtMostTheLastMomentWhenKilled_data();
    void losesAtMostTheLastMomentWhenKilled();
    void losesNothingAtAnOrdinaryEnd();
    void servesWhereItCannotKeepCounters();

private:
    void write(const QByteArray &more = {}) const;
    void serve();
    void killOnce(int after, qint64 mayBeLost);
    void checkFile() const;
    [[nodiscard]] qint64 used(const QString &limit) const;

    [[nodiscard]] Figures counted() const { return {used(u"requests"_s), used(u"tokens"_s)}; }

    [[nodiscard]] Figures recorded() const;

    [[nodiscard]] QString dataDir() const { return m_folder->filePath(u"data"_s); }

    [[nodiscard]] QString counters() const { return dataDir() + u"/counters.sqlite"_s; }

    std::unique_ptr<CtlProcess> m_mock;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<CtlProcess> m_server;
    std::unique_ptr<TestClient> m_client;
};

void TestDurability::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_folder = std::make_unique<QTemporaryDir>();
    m_mock = std::make_unique<CtlProcess>();
    QVERIFY(m_mock->start({u"mock"_s, u"--tokens"_s, u"20"_s}));
    write();
}

void TestDurability::cleanup()
{
    m_client.reset();
    m_server.reset();
    m_mock.reset();
}

/// Windows of a day, of which nothing leaves while the test runs.
void TestDurability::write(const QByteArray &more) const
{
    QFile file(m_folder->filePath(u"gw.yaml"_s));
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    file.write("server: {port: 0, workers: 2}\nhelicone: {features: auth}\napi-keys:\n"
               "  - {name: ci, hash: \"sha256:"
        + hashApiKey(Key) + "\"}\nproviders:\n  openai: {base-url: \"" + m_mock->url()
        + "\", api-key-env: SLUICE_TEST_PROVIDER_KEY}\nglobal:\n  rate-limit:\n    usage-limits:\n"
          "      - {name: requests, per: api-key, requests: 1000000000, period: 24h}\n"
          "      - {name: tokens, per: api-key, tokens: 1000000000, period: 24h}\n"
        + more);
}

void TestDurability::serve()
{
    m_server = std::make_unique<CtlProcess>();
    m_server->setEnvironment(u"SLUICE_TEST_PROVIDER_KEY"_s, u"sk-provider-secret"_s);
    QVERIFY(m_server->start(
        {u"serve"_s, u"--config"_s, m_folder->filePath(u"gw.yaml"_s), u"--data-dir"_s, dataDir()}));
    m_client = std::make_unique<TestClient>(m_server->url());
    m_client->setHeaders({{"Authorization", "Bearer " + Key}});
}

/// What the gateway says; -1 if it does not.
qint64 TestDurability::used(const QString &limit) const
{
    const QJsonObject mine = m_client->send("GET", "/-/me").json();
    for (const auto &item : mine["limits"_L1].toArray()) {
        if (item["name"_L1].toString() == limit)
            return item["used"_L1].toInteger(-1);
    }
    return -1;
}

/// What the ledger has; nothing before it has begun.
Figures TestDurability::recorded() const
{
    CtlProcess process;
    if (process.run({u"usage"_s, u"--format"_s, u"json"_s, u"--data-dir"_s, dataDir()}) != 0)
        return {};
    const QJsonValue all = QJsonDocument::fromJson(process.output()).array().at(0);
    return {all["requests"_L1].toInteger(),
        all["input_tokens"_L1].toInteger() + all["output_tokens"_L1].toInteger()};
}

void TestDurability::checkFile() const
{
    auto file = Database::open(counters(), {Database::Access::ReadOnly, {}, {}});
    QVERIFY2(file, qPrintable(file ? QString() : file.error().message));
    auto check = file->prepare("PRAGMA integrity_check");
    QVERIFY(check && check->step().value_or(false));
    QCOMPARE(check->text(0).toByteArray(), "ok");
    QCOMPARE(QDir(dataDir()).entryList({u"*broken*"_s}), QStringList());
}

void TestDurability::losesAtMostTheLastMomentWhenKilled_data()
{
    QTest::addColumn<QByteArray>("configuration");
    QTest::addColumn<qint64>("mayBeLost"); // milliseconds before the kill
    QTest::newRow("normal") << QByteArray() << qint64(200);
    // Also what reaches the client after the kill was on the disk before it was sent.
    QTest::newRow("strict") << QByteArray("rate-limit-store: {durability: strict}\n")
                            << qint64(-60'000);
}

void TestDurability::losesAtMostTheLastMomentWhenKilled()
{
    QFETCH(QByteArray, configuration);
    QFETCH(qint64, mayBeLost);
    const int kills = qEnvironmentVariable("SLUICE_SOAK_KILLS", u"10"_s).toInt();
    const quint32 seed = qEnvironmentVariable("SLUICE_SOAK_SEED", u"1"_s).toUInt();
    qInfo("%d kills, seed %u", kills, seed);
    QRandomGenerator random(seed);
    write(configuration);
    serve();
    for (int i = 1; i <= kills && !QTest::currentTestFailed(); ++i) {
        const int after = random.bounded(50, 1'200);
        killOnce(after, mayBeLost);
        if (QTest::currentTestFailed())
            qInfo("kill %d, after %d ms", i, after);
    }
}

/// One run under load until it is killed, and the start of the next one.
void TestDurability::killOnce(int after, qint64 mayBeLost)
{
    const Figures countedBefore = counted();
    const Figures recordedBefore = recorded();
    Load load(*m_client);
    QVERIFY(QTest::qWaitFor(
        [&] {
            load.keepUp();
            return load.now() >= after;
        },
        30'000));
    const qint64 killedAt = load.now();
    m_server->signal(SIGKILL);
    QCOMPARE(m_server->wait(), -1);
    QVERIFY(QTest::qWaitFor(
        [&load] {
            load.collect();
            return load.isIdle();
        },
        30'000));
    checkFile();
    serve();
    compare("counted", countedBefore, counted(), load, killedAt - mayBeLost);
    compare("recorded", recordedBefore, recorded(), load, killedAt - mayBeLost);
}

void TestDurability::losesNothingAtAnOrdinaryEnd()
{
    serve();
    int whole = 0;
    QVERIFY(m_client->load(
        500, 16, Path, Question, [&whole](const Reply &reply) { whole += reply.isWhole ? 1 : 0; }));
    QCOMPARE(whole, 500);
    QTRY_COMPARE(used(u"requests"_s), 500);
    const qint64 tokens = used(u"tokens"_s);
    m_server->signal(SIGTERM);
    QCOMPARE(m_server->wait(), 0);
    QVERIFY2(!QFile::exists(counters() + u"-wal"_s), "the log was not written back at the end");
    checkFile();
    serve();
    QVERIFY(m_server->errors().contains("2 counters go on as they were\n"));
    QCOMPARE(used(u"requests"_s), 500);
    QCOMPARE(used(u"tokens"_s), tokens);
}

void TestDurability::servesWhereItCannotKeepCounters()
{
    QVERIFY(QDir().mkpath(counters())); // no file can be there
    serve();
    QVERIFY(m_server->errors().contains("counters are in memory only: "));
    QVERIFY(m_server->errors().contains("counters.sqlite"));
    QCOMPARE(m_client->post(Path, Question).status, 200);
    QTRY_COMPARE(used(u"requests"_s), 1);
    QVERIFY(QDir().rmdir(counters()));
    QTRY_VERIFY_WITH_TIMEOUT(m_server->errors().contains("counters are kept again"), 10'000);
    m_server->signal(SIGTERM);
    QCOMPARE(m_server->wait(), 0);
    serve();
    QCOMPARE(used(u"requests"_s), 1);
}

QTEST_GUILESS_MAIN(TestDurability)
#include "tst_durability.moc"

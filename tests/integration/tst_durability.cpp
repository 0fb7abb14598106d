// SPDX-License-Identifier: GPL-3.0-or-later
// Counters and the ledger through whole processes: sluicectl serve is killed under load at random
// moments, and the next run has counted and recorded all that clients saw answered but the last
// moment; an ordinary end loses nothing. SLUICE_SOAK_KILLS sets how often it is killed,
// SLUICE_SOAK_SEED when.
#include "core/stores/sqlite/database.h"
#include "processstage.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QRegularExpression>
#include <QTest>

#include <set>

using namespace sluice;
using namespace Qt::StringLiterals;
using stores::sqlite::Database;
using test::ChatPath;
using test::ProcessStage;
using test::question;
using test::Reply;
using test::TestClient;

namespace {

constexpr size_t Parallel = 8;
constexpr qint64 MostTokens = 1'200; ///< that one request may be estimated at

/// Windows of a day, of which nothing leaves while the test runs.
const QByteArray Limits =
    "global:\n  rate-limit:\n    usage-limits:\n"
    "      - {name: requests, per: api-key, requests: 1000000000, period: 24h}\n"
    "      - {name: tokens, per: api-key, tokens: 1000000000, period: 24h}\n";

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
            m_open.insert(m_client.start("POST", ChatPath, question()));
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
    void killOnce(int after, qint64 mayBeLost);
    void checkFile() const;
    [[nodiscard]] Figures counted() const;
    [[nodiscard]] Figures recorded() const;

    [[nodiscard]] QString counters() const { return m_stage->path(u"data/counters.sqlite"_s); }

    std::unique_ptr<ProcessStage> m_stage;
};

void TestDurability::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_stage = std::make_unique<ProcessStage>();
    m_stage->write(Limits);
}

void TestDurability::cleanup()
{
    m_stage.reset();
}

Figures TestDurability::counted() const
{
    return {m_stage->used(u"requests"_s), m_stage->used(u"tokens"_s)};
}

/// What the ledger has; nothing before it has begun.
Figures TestDurability::recorded() const
{
    const QJsonValue all = m_stage->rows({u"usage"_s}).at(0);
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
    QCOMPARE(QDir(m_stage->dataDir()).entryList({u"*broken*"_s}), QStringList());
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
    m_stage->write(Limits + configuration);
    QVERIFY(m_stage->serve());
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
    Load load(*m_stage->client);
    QVERIFY(QTest::qWaitFor(
        [&] {
            load.keepUp();
            return load.now() >= after;
        },
        30'000));
    const qint64 killedAt = load.now();
    QVERIFY(m_stage->kill());
    QVERIFY(QTest::qWaitFor(
        [&load] {
            load.collect();
            return load.isIdle();
        },
        30'000));
    checkFile();
    QVERIFY(m_stage->serve());
    compare("counted", countedBefore, counted(), load, killedAt - mayBeLost);
    compare("recorded", recordedBefore, recorded(), load, killedAt - mayBeLost);
}

void TestDurability::losesNothingAtAnOrdinaryEnd()
{
    QVERIFY(m_stage->serve());
    int whole = 0;
    QVERIFY(m_stage->client->load(500, 16, ChatPath, question(),
        [&whole](const Reply &reply) { whole += reply.isWhole ? 1 : 0; }));
    QCOMPARE(whole, 500);
    QTRY_COMPARE(m_stage->used(u"requests"_s), 500);
    const qint64 tokens = m_stage->used(u"tokens"_s);
    QCOMPARE(m_stage->stop(), 0);
    QVERIFY2(!QFile::exists(counters() + u"-wal"_s), "the log was not written back at the end");
    checkFile();
    QVERIFY(m_stage->serve());
    QVERIFY(m_stage->server->errors().contains("2 counters go on as they were\n"));
    QCOMPARE(m_stage->used(u"requests"_s), 500);
    QCOMPARE(m_stage->used(u"tokens"_s), tokens);
}

void TestDurability::servesWhereItCannotKeepCounters()
{
    QVERIFY(QDir().mkpath(counters())); // no file can be there
    QVERIFY(m_stage->serve());
    QVERIFY(m_stage->server->errors().contains("counters are in memory only: "));
    QVERIFY(m_stage->server->errors().contains("counters.sqlite"));
    QCOMPARE(m_stage->client->post(ChatPath, question()).status, 200);
    QTRY_COMPARE(m_stage->used(u"requests"_s), 1);
    QVERIFY(QDir().rmdir(counters()));
    QTRY_VERIFY_WITH_TIMEOUT(m_stage->server->errors().contains("counters are kept again"), 10'000);
    QCOMPARE(m_stage->stop(), 0);
    QVERIFY(m_stage->serve());
    QCOMPARE(m_stage->used(u"requests"_s), 1);
}

QTEST_GUILESS_MAIN(TestDurability)
#include "tst_durability.moc"

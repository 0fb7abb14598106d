// SPDX-License-Identifier: GPL-3.0-or-later
// Promises: a shared store that freezes or dies under load holds nobody up for longer than
// `connection-timeout`, and after the first failure nobody at all; every limit does what it says
// meanwhile; and when the store is back, without a restart, the totals are exactly right.
//
// Waits are those that the gateways tell in Server-Timing. Their threads share the machine with
// others, so the latest of the requests to /health of the same moment is the margin.
#include "ctlprocess.h"
#include "testclient.h"
#include "tests/support/sharedserver.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTest>

#include <set>

using namespace sluice;
using namespace Qt::StringLiterals;
using test::CtlProcess;
using test::Reply;
using test::SharedServer;
using test::TestClient;

namespace {

constexpr int Timeout = 400; ///< milliseconds, `connection-timeout`
constexpr int Tolerance = 50; ///< on top of it
constexpr size_t Parallel = 32; ///< connections, all gateways together
constexpr int Quota = 100'000;

const QByteArray Question =
    R"({"model":"gpt-4o","max_tokens":5,"messages":[{"role":"user","content":"hi"}]})";

/// What a limit does without its store; each has a router.
constexpr std::array<const char *, 3> Modes{"local", "open", "closed"};

enum Mode : size_t { Local, Open, Closed };

QByteArray pathOf(size_t mode)
{
    return QByteArray("/router/") + Modes.at(mode) + "/v1/chat/completions";
}

/// The gateway's own share of an answer, in milliseconds.
int ownTime(const Reply &reply)
{
    constexpr QByteArrayView Begin("sluice;dur=");
    const QByteArray timing = reply.header("server-timing");
    return timing.startsWith(Begin)
        ? static_cast<int>(QByteArrayView(timing).sliced(Begin.size()).toDouble())
        : -1;
}

/// What a number of requests have come to.
struct Tally
{
    std::array<int, Modes.size()> answered{};
    std::array<int, Modes.size()> refused{}; ///< 503 limit_store_unavailable
    std::set<qint64> left; ///< what answers of `open` said is left: the store says nothing twice
    int longest = 0; ///< wait, milliseconds
    int control = 0; ///< the latest answer to somebody who waits for no store
    QByteArray wrong; ///< an answer that nobody should get
};

void note(Tally &tally, size_t mode, const Reply &reply)
{
    tally.longest = std::max(tally.longest, ownTime(reply));
    if (mode == Open)
        tally.left.insert(reply.header("x-ratelimit-remaining").toLongLong());
    if (reply.status == 200 && reply.isWhole)
        ++tally.answered.at(mode);
    else if (reply.status == 503
        && reply.json()[u"error"_s][u"code"_s].toString() == "limit_store_unavailable"_L1)
        ++tally.refused.at(mode);
    else
        tally.wrong = QByteArray::number(reply.status) + ' ' + reply.body;
}

using Clients = std::vector<std::unique_ptr<TestClient>>;

/// Sends so many requests, `Parallel` at a time, to all gateways and limits in turn, and beside
/// them one to /health after the other.
class Load
{
public:
    Load(const Clients &clients, int total, std::function<void(int done)> each)
        : m_clients(clients), m_total(total), m_each(std::move(each))
    {
        for (const auto &client : m_clients)
            m_controls.push_back({client.get(), client->start("GET", "/health"), 0});
    }

    Tally run()
    {
        if (!QTest::qWaitFor([this] { return advance(); }, 60'000))
            m_tally.wrong = "not all were answered";
        for (const Call &control : m_controls) {
            const Reply &reply = control.client->reply(control.number);
            if (!QTest::qWaitFor([&reply] { return reply.isDone; }, 5'000))
                m_tally.wrong = "no answer from /health";
            noteControl(reply);
        }
        return m_tally;
    }

private:
    struct Call
    {
        TestClient *client;
        size_t number;
        size_t mode;
    };

    void noteControl(const Reply &reply)
    {
        m_tally.control = std::max(m_tally.control, static_cast<int>(reply.duration.count()));
    }

    bool advance()
    {
        for (Call &control : m_controls) {
            if (!control.client->reply(control.number).isDone)
                continue;
            noteControl(control.client->reply(control.number));
            control.number = control.client->start("GET", "/health");
        }
        std::erase_if(m_running, [this](const Call &call) { return isOver(call); });
        while (m_started < m_total && m_running.size() < Parallel)
            startNext();
        return m_done == m_total;
    }

    bool isOver(const Call &call)
    {
        const Reply &reply = call.client->reply(call.number);
        if (!reply.isDone)
            return false;
        note(m_tally, call.mode, reply);
        if (++m_done; m_each)
            m_each(m_done);
        return true;
    }

    void startNext()
    {
        const auto number = static_cast<size_t>(m_started++);
        TestClient *client = m_clients[number % m_clients.size()].get();
        const size_t mode = number / m_clients.size() % Modes.size();
        m_running.push_back({client, client->start("POST", pathOf(mode), Question), mode});
    }

    const Clients &m_clients;
    const int m_total;
    const std::function<void(int done)> m_each;
    std::vector<Call> m_running;
    std::vector<Call> m_controls;
    int m_started = 0;
    int m_done = 0;
    Tally m_tally;
};

} // namespace

class TestStoreOutage : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void cleanup();
    void holdsNobodyUp_data();
    void holdsNobodyUp();

private:
    void begin();
    [[nodiscard]] Tally load(int total, const std::function<void(int done)> &each = {}) const;
    void loseServer();
    void checkWaits(const Tally &meanwhile, const Tally &after) const;
    void bringBack();
    [[nodiscard]] bool areStoresUp() const;
    [[nodiscard]] qint64 remaining(size_t mode) const;

    std::unique_ptr<SharedServer> m_server;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<CtlProcess> m_mock;
    std::vector<std::unique_ptr<CtlProcess>> m_gateways;
    Clients m_clients;
};

void TestStoreOutage::cleanup()
{
    m_clients.clear();
    m_gateways.clear();
    m_mock.reset();
    m_server.reset();
}

/// Two gateways on one store, and a provider.
void TestStoreOutage::begin()
{
    QFETCH(const QString, server);
    m_server = SharedServer::make(server, SharedServer::Keeps::All);
    QVERIFY(m_server->start());
    m_mock = std::make_unique<CtlProcess>();
    QVERIFY(m_mock->start({u"mock"_s, u"--tokens"_s, u"5"_s}));
    m_folder = std::make_unique<QTemporaryDir>();
    QFile file(m_folder->filePath(u"gw.yaml"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("server: {port: 0, workers: 2}\nproviders:\n  openai: {base-url: \"" + m_mock->url()
        + "\", api-key-env: SLUICE_TEST_PROVIDER_KEY}\nrate-limit-store: {" + m_server->storeKeys()
        + ", connection-timeout: " + QByteArray::number(Timeout) + "ms}\nrouters:\n");
    for (const QByteArray mode : Modes)
        file.write("  " + mode
            + ": {load-balance: {chat: {strategy: weighted, providers: [{provider: openai, weight: "
              "1}]}}, rate-limit: {usage-limits: [{name: "
            + mode + ", per: shared, requests: " + QByteArray::number(Quota)
            + ", period: year, on-store-failure: " + mode + "}]}}\n");
    file.close();
    for (int i = 0; i < 2; ++i) {
        m_gateways.push_back(std::make_unique<CtlProcess>());
        m_gateways.back()->setEnvironment(u"SLUICE_TEST_PROVIDER_KEY"_s, u"none"_s);
        QVERIFY(m_gateways.back()->start({u"serve"_s, u"--config"_s, file.fileName(),
            u"--data-dir"_s, m_folder->filePath(QString::number(i))}));
        m_clients.push_back(std::make_unique<TestClient>(m_gateways.back()->url()));
    }
}

Tally TestStoreOutage::load(int total, const std::function<void(int)> &each) const
{
    return Load(m_clients, total, each).run();
}

bool TestStoreOutage::areStoresUp() const
{
    return std::all_of(m_clients.begin(), m_clients.end(), [](const auto &client) {
        return client->send("GET", "/-/ready").json()[u"stores_down"_s].toArray().isEmpty();
    });
}

/// What the answer to one more request says is left.
qint64 TestStoreOutage::remaining(size_t mode) const
{
    return m_clients.front()
        ->post(pathOf(mode), Question)
        .header("x-ratelimit-remaining")
        .toLongLong();
}

void TestStoreOutage::holdsNobodyUp_data()
{
    QTest::addColumn<QString>("server");
    QTest::addColumn<bool>("isKilled");
    for (const char *server : {"redis", "postgres"}) {
        QTest::addRow("%s, frozen", server) << QString::fromLatin1(server) << false;
        QTest::addRow("%s, killed", server) << QString::fromLatin1(server) << true;
    }
}

void TestStoreOutage::loseServer()
{
    QFETCH(const bool, isKilled);
    if (isKilled)
        m_server->kill();
    else
        m_server->freeze();
}

void TestStoreOutage::bringBack()
{
    QFETCH(const bool, isKilled);
    if (isKilled)
        QVERIFY(m_server->start());
    else
        m_server->thaw();
    QTRY_VERIFY_WITH_TIMEOUT(areStoresUp(), 20'000);
}

/// Nobody waits longer than allowed; and nobody at all once it is known that the server is away.
void TestStoreOutage::checkWaits(const Tally &meanwhile, const Tally &after) const
{
    QFETCH(const bool, isKilled);
    qInfo("longest wait %d ms of %d, then %d ms; without a store %d ms, then %d ms",
        meanwhile.longest, Timeout, after.longest, meanwhile.control, after.control);
    QVERIFY2(meanwhile.longest <= Timeout + Tolerance + meanwhile.control,
        QByteArray::number(meanwhile.longest).constData());
    if (!isKilled)
        QVERIFY2(meanwhile.longest >= Timeout * 9 / 10, "nobody was under way when it froze");
    QVERIFY2(
        after.longest <= Tolerance + after.control, QByteArray::number(after.longest).constData());
}

void TestStoreOutage::holdsNobodyUp()
{
    begin();
    const Tally before = load(96);
    QCOMPARE(before.wrong, ""_ba);
    QCOMPARE(before.answered, (std::array{32, 32, 32}));
    const Tally meanwhile = load(480, [this](int done) {
        if (done == 96)
            loseServer();
    });
    const Tally after = load(192);
    checkWaits(meanwhile, after);
    QCOMPARE(meanwhile.wrong + after.wrong, ""_ba);
    QCOMPARE(after.answered, (std::array{64, 64, 0}));
    QCOMPARE(after.refused, (std::array{0, 0, 64}));
    QCOMPARE(meanwhile.refused.at(Local) + meanwhile.refused.at(Open), 0);
    QVERIFY(!areStoresUp());

    // Uncounted ones show what their gateway had seen last.
    std::set<qint64> left = before.left;
    left.insert(meanwhile.left.begin(), meanwhile.left.end());
    for (const qint64 each : after.left)
        QVERIFY(left.contains(each));

    bringBack();
    for (size_t mode = 0; mode < Modes.size(); ++mode) {
        const qint64 counted = mode == Open
            ? std::ssize(left)
            : before.answered.at(mode) + meanwhile.answered.at(mode) + after.answered.at(mode);
        // What was counted in memory is added a moment later. Each look is a request, too.
        qint64 looks = 0;
        QTRY_COMPARE_WITH_TIMEOUT(remaining(mode), Quota - counted - ++looks, 5'000);
    }
}

QTEST_GUILESS_MAIN(TestStoreOutage)
#include "tst_storeoutage.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// Thousands of clients that leave at random moments, plain and streaming, against sluicectl serve
// in front of sluicectl mock: is the gateway alive afterwards, is its memory flat, and how soon is
// the provider rid of what nobody waits for? Usage: bench_hangups [CLIENTS [SEED]]
#include "core/base/secrets.h"
#include "tests/integration/ctlprocess.h"
#include "tests/support/testclient.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <cstdio>
#include <random>

using namespace sluice;
using namespace Qt::StringLiterals;
using test::CtlProcess;
using test::TestClient;

namespace {

constexpr int Parallel = 150;
constexpr int Rounds = 10; ///< memory is read after each
constexpr qint64 FlatWithinKib = 8 * 1024;
constexpr int MostMilliseconds = 1'000; ///< until every stream upstream is cancelled

const QByteArray Key = "sk-sluice-bench";
const QByteArray Path = "/openai/v1/chat/completions";

QByteArray question(bool isStream)
{
    return QByteArray(R"({"model":"gpt-4o","stream":)") + (isStream ? "true" : "false")
        + R"(,"messages":[{"role":"user","content":"hi"}]})";
}

qint64 residentKib(qint64 pid)
{
    QFile file(u"/proc/%1/status"_s.arg(pid));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QByteArrayList lines = file.readAll().split('\n');
    for (const QByteArray &line : lines)
        if (line.startsWith("VmRSS:"))
            return line.sliced(6).chopped(3).trimmed().toLongLong();
    return 0;
}

/// A client and the moment at which it leaves.
struct Visitor
{
    size_t number = 0;
    qint64 leavesAt = 0;
};

struct Tally
{
    int left = 0;
    int answered = 0;
    int failed = 0;
};

class Bench
{
public:
    Bench(int clients, unsigned seed) : m_clients(clients), m_random(seed) { }

    bool prepare()
    {
        const QString path = m_folder.filePath(u"gateway.yaml"_s);
        if (!m_mock.start({u"mock"_s, u"--tokens"_s, u"40"_s, u"--chunk-interval"_s, u"10ms"_s,
                u"--latency"_s, u"50ms"_s, u"--jitter"_s, u"300ms"_s}))
            return false;
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly))
            return false;
        file.write("server: {port: 0}\nhelicone: {features: auth}\napi-keys:\n  - {name: bench, "
                   "hash: \"sha256:"
            + hashApiKey(Key) + "\"}\nproviders:\n  openai: {base-url: \"" + m_mock.url()
            + "\"}\nglobal: {rate-limit: {per-api-key: {capacity: 1000000, refill-frequency: "
              "1s}}}\n");
        file.close();
        m_gateway.setEnvironment(u"OPENAI_API_KEY"_s, u"sk-upstream"_s);
        return m_gateway.start({u"serve"_s, u"--config"_s, path});
    }

    int run()
    {
        std::printf("%d clients, %d at a time, leaving after 0 to 400 ms, every second one "
                    "streaming\n",
            m_clients, Parallel);
        std::printf("  clients     left  answered    failed   RSS KiB   upstream idle after\n");
        for (int round = 0; round < Rounds; ++round)
            if (!runRound(round))
                return 1;
        return report();
    }

private:
    bool runRound(int round)
    {
        // A client of its own, so that this process does not remember ten thousand answers.
        TestClient client(m_gateway.url());
        client.setHeaders({{"Authorization", QByteArray("Bearer " + Key)}});
        const int count = m_clients / Rounds;
        std::vector<Visitor> visitors;
        m_timer.start();
        for (int started = 0; started < count || !visitors.empty();) {
            while (started < count && visitors.size() < Parallel) {
                visitors.push_back(visit(client, started % 2 == 0));
                ++started;
            }
            QCoreApplication::processEvents(
                QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 2);
            std::erase_if(
                visitors, [&](const Visitor &visitor) { return hasLeft(client, visitor); });
            if (!m_gateway.isRunning() || m_timer.elapsed() > 60'000)
                return fail("the gateway is gone or stuck");
        }
        const int idleAfter = waitForIdleUpstream();
        m_slowest = std::max(m_slowest, idleAfter);
        m_resident.push_back(residentKib(m_gateway.pid()));
        std::printf("  %7d  %7d   %7d   %7d   %7lld   %d ms\n", (round + 1) * count, m_tally.left,
            m_tally.answered, m_tally.failed, static_cast<long long>(m_resident.back()), idleAfter);
        std::fflush(stdout);
        return true;
    }

    Visitor visit(TestClient &client, bool isStream)
    {
        const size_t number = client.start("POST", Path, question(isStream));
        return {number, m_timer.elapsed() + qint64(m_random() % 400)};
    }

    bool hasLeft(TestClient &client, const Visitor &visitor)
    {
        if (client.reply(visitor.number).isDone) {
            ++(client.reply(visitor.number).status == 200 ? m_tally.answered : m_tally.failed);
            client.hangUp(visitor.number);
            return true;
        }
        if (m_timer.elapsed() < visitor.leavesAt)
            return false;
        client.hangUp(visitor.number);
        ++m_tally.left;
        return true;
    }

    /// Milliseconds until the mock's own books hold nothing open any more.
    int waitForIdleUpstream()
    {
        TestClient books(m_mock.url());
        QElapsedTimer timer;
        timer.start();
        while (timer.elapsed() < 10'000) {
            const QJsonObject state = books.send("GET", "/-/books").json();
            m_open = state["streams"_L1]["open"_L1].toInt(-1)
                + state["requests"_L1]["in_flight"_L1].toInt(-1);
            if (m_open == 0)
                break;
        }
        return static_cast<int>(timer.elapsed());
    }

    int report()
    {
        TestClient client(m_gateway.url());
        const bool isAlive = m_gateway.isRunning() && client.send("GET", "/health").status == 200;
        // The first round fills pools and caches.
        const qint64 growth = m_resident.back() - m_resident.front();
        const bool isFlat = growth <= FlatWithinKib;
        const bool isIdle = m_open == 0 && m_slowest <= MostMilliseconds;
        std::printf("alive: %s\n", isAlive ? "yes" : "NO");
        std::printf("memory: %lld KiB after the first round, %lld KiB after the last (%+lld): %s\n",
            static_cast<long long>(m_resident.front()), static_cast<long long>(m_resident.back()),
            static_cast<long long>(growth), isFlat ? "flat" : "GROWS");
        std::printf(
            "upstream streams open one second after the last client left: %d (slowest round "
            "%d ms): %s\n",
            m_open, m_slowest, isIdle ? "met" : "MISSED");
        m_gateway.signal(SIGTERM);
        const int code = m_gateway.wait();
        std::printf("ends on SIGTERM with exit code %d\n", code);
        return isAlive && isFlat && isIdle && m_tally.failed == 0 && code == 0 ? 0 : 1;
    }

    bool fail(const char *reason)
    {
        std::printf("FAILED: %s\n%s\n", reason, m_gateway.errors().right(2'000).constData());
        return false;
    }

    int m_clients;
    std::mt19937 m_random;
    QTemporaryDir m_folder;
    CtlProcess m_mock;
    CtlProcess m_gateway;
    QElapsedTimer m_timer;
    Tally m_tally;
    std::vector<qint64> m_resident;
    int m_slowest = 0;
    int m_open = 0;
};

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    const int clients = std::max(arguments.value(1, u"10000"_s).toInt(), Rounds);
    Bench bench(clients, arguments.value(2, u"1"_s).toUInt());
    if (!bench.prepare()) {
        std::printf("cannot start sluicectl\n");
        return 1;
    }
    return bench.run();
}

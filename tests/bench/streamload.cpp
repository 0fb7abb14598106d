// SPDX-License-Identifier: GPL-3.0-or-later
#include "streamload.h"

#include "tests/integration/ctlprocess.h"
#include "tests/support/scriptedserver.h"
#include "tests/support/testclient.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include <algorithm>
#include <cstdio>

namespace sluice::bench {

using namespace Qt::StringLiterals;
using test::ScriptedServer;

namespace {

constexpr int EventsOfStream = 100;
constexpr int Parallel = 100;
constexpr int IntervalMs = 5; ///< between two events of a stream: each is relayed by itself
constexpr double MostAdded = 1.10;

const QByteArray Metered = "/openai/v1/chat/completions";
const QByteArray Unmetered = "/openai/v1/moderations"; // free, so neither read nor changed

const QByteArray Question =
    R"({"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"How is the water )"
    R"(measured that passes through the gate, and who writes it down?"}]})";
const QByteArray Figures =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":100}}\n\n"
    "data: [DONE]\n\n";

/// A provider that sends one event of every stream at each tick of its clock.
class Provider final
{
public:
    explicit Provider(QByteArray event)
        : m_event(std::move(event)), m_server([this](const ScriptedServer::Call &call) {
              call.socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
              call.socket->write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                                 "Transfer-Encoding: chunked\r\n\r\n");
              m_streams.push_back({call.socket, EventsOfStream});
          })
    {
        m_clock.setTimerType(Qt::PreciseTimer);
        QObject::connect(&m_clock, &QTimer::timeout, &m_clock, [this] { tick(); });
        m_clock.start(IntervalMs);
    }

    [[nodiscard]] QByteArray url() const { return m_server.baseUrl(); }

private:
    struct Stream
    {
        QPointer<QTcpSocket> socket;
        int left = 0;
    };

    void tick()
    {
        std::erase_if(m_streams, [this](Stream &stream) {
            if (!stream.socket)
                return true;
            const bool isLast = stream.left-- == 0;
            stream.socket->write(isLast ? ScriptedServer::chunk(Figures) + ScriptedServer::chunk({})
                                        : ScriptedServer::chunk(m_event));
            stream.socket->flush();
            return isLast;
        });
    }

    QByteArray m_event;
    ScriptedServer m_server;
    std::vector<Stream> m_streams;
    QTimer m_clock;
};

/// Nanoseconds that all threads of a process have had a processor.
qint64 processorTime(qint64 pid)
{
    qint64 sum = 0;
    const QString tasks = u"/proc/%1/task"_s.arg(pid);
    for (const QString &task : QDir(tasks).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        QFile file(u"%1/%2/schedstat"_s.arg(tasks, task));
        if (file.open(QIODevice::ReadOnly))
            sum += file.readAll().split(' ').front().toLongLong();
    }
    return sum;
}

bool writeConfiguration(const QString &path, const QByteArray &providerUrl)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly)
        && file.write("server: {port: 0, workers: 1}\nproviders:\n  openai: {base-url: \""
               + providerUrl + "\"}\n")
        > 0;
}

/// The gateway's processor time of one run, 0 if it failed.
qint64 run(test::CtlProcess &gateway, const QByteArray &path, int streams)
{
    test::TestClient client(gateway.url());
    const qint64 before = processorTime(gateway.pid());
    int whole = 0;
    const bool isDone = client.load(streams, Parallel, path, Question,
        [&whole](const test::Reply &reply) { whole += reply.isWhole && reply.status == 200; });
    return isDone && whole == streams ? processorTime(gateway.pid()) - before : 0;
}

double median(std::vector<double> values)
{
    const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

} // namespace

int compareStreams(const QByteArray &event, int rounds, int streams)
{
    const QTemporaryDir folder;
    Provider provider(event);
    const QString file = folder.filePath(u"config.yaml"_s);
    test::CtlProcess gateway;
    if (!writeConfiguration(file, provider.url())
        || !gateway.start({u"serve"_s, u"--config"_s, file})) {
        std::printf("FAILED: the gateway did not start\n");
        return 1;
    }
    std::printf("%d streams of %d events, %d at a time, an event every %d ms\n", streams,
        EventsOfStream, Parallel, IntervalMs);
    std::vector<double> ratios;
    for (int round = -1; round < rounds; ++round) { // the first one fills pools and caches
        const double metered = double(run(gateway, Metered, streams));
        const double bare = double(run(gateway, Unmetered, streams));
        if (metered <= 0 || bare <= 0) {
            std::printf("FAILED: not every stream came to its end\n");
            return 1;
        }
        if (round < 0)
            continue;
        const double events = double(streams) * EventsOfStream;
        ratios.push_back(metered / bare);
        std::printf("  metered %.2f us an event, relay alone %.2f us: %.3f times\n",
            metered / events / 1'000, bare / events / 1'000, ratios.back());
    }
    const double ratio = median(ratios);
    std::printf("metering: %.3f times the processor time of the relay alone (most %.2f): %s\n",
        ratio, MostAdded, ratio <= MostAdded ? "met" : "MISSED");
    return ratio <= MostAdded ? 0 : 1;
}

} // namespace sluice::bench

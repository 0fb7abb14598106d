// SPDX-License-Identifier: GPL-3.0-or-later
#include "frontfixture.h"

#include <QCoreApplication>

using namespace Qt::StringLiterals;
using namespace sluice::gateway;

namespace sluice::test {

// A request that waits for its answer and hears of its client.
class PathHandler::Kept final : public ClientListener
{
public:
    Kept(PathHandler &handler, ResponseSink &sink) : m_handler(handler), m_sink(sink)
    {
        m_sink.setListener(this);
    }

    void clientGone() override
    {
        ++m_handler.gone;
        m_handler.m_kept.erase(this); // deletes this
    }

    void clientDrained() override { ++m_handler.drained; }

    void answer(const QByteArray &body)
    {
        m_sink.send({200, {{"Content-Type"_ba, "text/plain"_ba}}, body, false});
        m_handler.m_kept.erase(this);
    }

    void startTimer(int ms, std::function<void()> next)
    {
        m_timer.setSingleShot(true);
        QObject::connect(&m_timer, &QTimer::timeout, &m_timer, std::move(next));
        m_timer.start(ms);
    }

    void stream(int chunks)
    {
        m_sink.begin(200, {{"Content-Type"_ba, "text/event-stream"_ba}}, -1);
        QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this, chunks] { step(chunks); });
        m_timer.start(1);
    }

private:
    void step(int chunks)
    {
        if (m_sent == chunks) {
            m_sink.end();
            m_handler.m_kept.erase(this);
            return;
        }
        m_sink.write(QByteArray("data: " + QByteArray::number(m_sent++) + "\n\n"));
    }

    PathHandler &m_handler;
    ResponseSink &m_sink;
    QTimer m_timer;
    int m_sent = 0;
};

PathHandler::PathHandler() = default;
PathHandler::~PathHandler() = default;

std::optional<Response> PathHandler::checkHead(const RequestHead &head, const QHostAddress &peer)
{
    Q_UNUSED(peer)
    if (headerValue(head.headers, "x-deny").isNull())
        return {};
    return Response{401, {}, "denied"_ba, false};
}

PathHandler::Kept *PathHandler::answerLater(ResponseSink &sink, int delayMs, const QByteArray &body)
{
    auto kept = std::make_unique<Kept>(*this, sink);
    Kept *raw = kept.get();
    m_kept.emplace(raw, std::move(kept));
    if (delayMs >= 0)
        raw->startTimer(delayMs, [raw, body] { raw->answer(body); });
    return raw;
}

void PathHandler::streamLater(ResponseSink &sink, int chunks)
{
    auto kept = std::make_unique<Kept>(*this, sink);
    Kept *raw = kept.get();
    m_kept.emplace(raw, std::move(kept));
    raw->stream(chunks);
}

void PathHandler::handle(Request &&request, ResponseSink &sink)
{
    ++handled;
    last = std::move(request);
    const QByteArray &target = last.head.target;
    const QByteArray echo = QByteArray(last.head.method + ' ' + target + '|' + last.body + '|');
    if (target.startsWith("/later")) {
        answerLater(sink, 30, echo);
    } else if (target.startsWith("/hold")) {
        answerLater(sink, -1, echo);
    } else if (target.startsWith("/stream")) {
        streamLater(sink, target.mid(8).toInt());
    } else if (target.startsWith("/deaf")) {
        QTimer::singleShot(30, this, [&sink, echo] { sink.send({200, {}, echo, false}); });
    } else if (target.startsWith("/big")) {
        Kept *kept = answerLater(sink, -1, {});
        sink.begin(200, {}, 8 * 1024 * 1024);
        for (int i = 0; i < 8; ++i)
            sink.write(QByteArray(1024 * 1024, 'b'));
        maxPending = sink.bytesPending();
        if (target.endsWith("open"))
            return;
        sink.end();
        m_kept.erase(kept);
    } else if (target.startsWith("/brink")) {
        answerLater(sink, -1, {});
        sink.begin(200, {}, 64 * 1024 * 1024);
        while (sink.bytesPending() < ResponseSink::HighWater / 2)
            sink.write(QByteArray(64 * 1024, 'b'));
        sink.write(QByteArray(ResponseSink::HighWater - sink.bytesPending(), 'b'));
        maxPending = sink.bytesPending();
    } else if (target.startsWith("/fixed")) {
        sink.begin(200, {}, 6);
        sink.write("abc");
        sink.write("defignored");
        sink.end();
    } else if (target.startsWith("/short")) {
        sink.begin(200, {}, 6);
        sink.write("abc");
        sink.end();
    } else if (target.startsWith("/abort")) {
        sink.begin(200, {}, -1);
        sink.write("abc");
        sink.abort();
    } else if (target.startsWith("/empty")) {
        sink.send({204, {}, "never sent"_ba, false});
    } else if (target.startsWith("/bye")) {
        sink.send({200, {}, "bye"_ba, true});
    } else if (target.startsWith("/split")) {
        sink.send({200, {{"X-A"_ba, "1\r\nX-Evil: 2"_ba}, {"Bad Name"_ba, "3"_ba}}, {}, false});
    } else {
        sink.send({200, {}, echo, false});
    }
}

Response PathHandler::frontError(
    int status, QByteArrayView code, const QString &message, QByteArrayView target)
{
    Q_UNUSED(target)
    ++errors;
    return {status, {}, QByteArray(code.toByteArray() + ": " + message.toUtf8()), false};
}

void PathHandler::release()
{
    while (!m_kept.empty())
        m_kept.begin()->first->answer("released"_ba);
}

RawClient::RawClient(quint16 port)
{
    m_socket.connectToHost(QHostAddress(QHostAddress::LocalHost), port);
    m_socket.setSocketOption(QAbstractSocket::LowDelayOption, 1);
}

void RawClient::sendSlowly(const QByteArray &bytes)
{
    m_socket.waitForConnected(5000);
    for (const char byte : bytes) {
        m_socket.write(&byte, 1);
        m_socket.flush();
        QCoreApplication::processEvents();
    }
}

RunningFront::RunningFront(const FrontLimits &limits) : front(handler, clock, limits)
{
    const auto result = front.listen(QHostAddress(QHostAddress::LocalHost), 0);
    if (result)
        port = *result;
    else
        qWarning("%s", qUtf8Printable(result.error().message));
}

QByteArray get(const QByteArray &target)
{
    return QByteArray("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
}

QByteArray post(const QByteArray &target, const QByteArray &body)
{
    return QByteArray("POST " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: "
        + QByteArray::number(body.size()) + "\r\n\r\n" + body);
}

} // namespace sluice::test

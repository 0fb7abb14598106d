// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/front/clientsink.h"

#include "core/gateway/front/answerhead.h"
#include "core/gateway/front/guardedsocket.h"

#include <array>
#include <charconv>

namespace sluice::gateway {

ClientSink::ClientSink(GuardedSocket &socket) : m_socket(socket) { }

void ClientSink::open(const Terms &terms)
{
    m_terms = terms;
    m_listener = nullptr;
    m_state = State::Due;
    m_body = Body::None;
}

ClientListener *ClientSink::lose()
{
    m_lost = true;
    return std::exchange(m_listener, nullptr);
}

void ClientSink::setListener(ClientListener *listener)
{
    m_listener = listener;
    // Too late to hear of it from the socket: tell it soon, not from inside this call.
    if (m_lost && listener)
        m_socket.queueGone();
}

void ClientSink::close()
{
    m_state = State::Closed;
    m_listener = nullptr;
}

void ClientSink::send(const Response &response)
{
    if (m_state != State::Due)
        return;
    close();
    if (m_lost) {
        m_socket.answerEnded(AnswerEnd::Close);
        return;
    }
    const bool keepAlive = m_terms.keepAlive && !response.close && m_socket.mayStay();
    const bool bodiless = AnswerHead::isBodiless(response.status);
    const AnswerFraming framing{.contentLength = bodiless ? -1 : response.body.size(),
        .chunked = false,
        .close = !keepAlive,
        .sayKeepAlive = m_terms.minorVersion == 0};
    QByteArray &head = m_socket.headScratch();
    head.resize(0);
    AnswerHead::append(head, response.status, response.headers, framing, m_socket.date());
    const bool hasBody = !bodiless && !m_terms.head;
    m_socket.transmit({head, hasBody ? QByteArrayView(response.body) : QByteArrayView(), {}}, true);
    m_socket.answerEnded(keepAlive ? AnswerEnd::KeepAlive : AnswerEnd::Close);
}

void ClientSink::begin(int status, const Headers &headers, qint64 contentLength)
{
    if (m_state != State::Due)
        return;
    m_state = State::Streaming;
    const bool bodiless = AnswerHead::isBodiless(status);
    if (m_terms.head || bodiless)
        m_body = Body::None;
    else if (contentLength >= 0)
        m_body = Body::Length;
    else
        m_body = m_terms.minorVersion > 0 ? Body::Chunked : Body::UntilClose;
    m_left = contentLength;
    m_terms.keepAlive = m_terms.keepAlive && m_body != Body::UntilClose && m_socket.mayStay();
    if (m_lost)
        return;
    const AnswerFraming framing{.contentLength = bodiless ? -1 : contentLength,
        .chunked = m_body == Body::Chunked,
        .close = !m_terms.keepAlive,
        .sayKeepAlive = m_terms.minorVersion == 0};
    QByteArray &head = m_socket.headScratch();
    head.resize(0);
    AnswerHead::append(head, status, headers, framing, m_socket.date());
    m_socket.transmit({head, {}, {}}, false);
}

void ClientSink::write(QByteArrayView chunk)
{
    // An empty chunk would end a chunked body.
    if (m_state != State::Streaming || m_lost || m_body == Body::None || chunk.isEmpty())
        return;
    if (m_body == Body::Length) {
        chunk = chunk.first(qsizetype(std::min<qint64>(chunk.size(), m_left)));
        m_left -= chunk.size();
    }
    if (m_body != Body::Chunked) {
        m_socket.transmit({chunk, {}, {}}, false);
        return;
    }
    std::array<char, 20> size{};
    char *end = std::to_chars(size.data(), size.data() + 16, quint64(chunk.size()), 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    m_socket.transmit({QByteArrayView(size.data(), end), chunk, "\r\n"}, false);
}

void ClientSink::end()
{
    if (m_state != State::Streaming)
        return;
    // Fewer bytes than announced: only a broken connection tells the client.
    if (m_body == Body::Length && m_left > 0) {
        abort();
        return;
    }
    close();
    if (!m_lost && m_body == Body::Chunked)
        m_socket.transmit({"0\r\n\r\n", {}, {}}, false);
    m_socket.answerEnded(m_terms.keepAlive ? AnswerEnd::KeepAlive : AnswerEnd::Close);
}

void ClientSink::abort()
{
    if (m_state == State::Closed)
        return;
    // Chunked and announced bodies show the cut by their missing end; a body that runs until the
    // connection closes needs a reset to look cut.
    const bool reset = m_state == State::Streaming && m_body == Body::UntilClose;
    close();
    m_socket.answerEnded(reset ? AnswerEnd::Reset : AnswerEnd::Cut);
}

qint64 ClientSink::bytesPending() const
{
    return m_lost ? 0 : m_socket.pendingBytes();
}

} // namespace sluice::gateway

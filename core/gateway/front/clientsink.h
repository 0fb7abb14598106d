// SPDX-License-Identifier: GPL-3.0-or-later
// The ResponseSink of one connection: frames answers (Content-Length, chunked, HEAD, HTTP/1.0,
// Connection: close) and gives the bytes to its socket. Gateway thread; owned by its GuardedSocket.
#pragma once

#include "core/gateway/front/responsesink.h"

namespace sluice::gateway {

class GuardedSocket;

class ClientSink final : public ResponseSink
{
public:
    explicit ClientSink(GuardedSocket &socket);
    Q_DISABLE_COPY_MOVE(ClientSink)

    /// What the request says about its answer.
    struct Terms
    {
        bool head = false; ///< a HEAD request: no body
        int minorVersion = 1;
        bool keepAlive = true;
    };

    /// Readies the sink for the next request's answer.
    void open(const Terms &terms);

    /// From here on every call does nothing; gives back who should hear of it.
    ClientListener *lose();

    /// The listener, while an answer is due.
    [[nodiscard]] ClientListener *listener() const { return m_listener; }

    /// Whether an answer is due and not ended.
    [[nodiscard]] bool isOpen() const { return m_state != State::Closed; }

    void setListener(ClientListener *listener) override;
    void send(const Response &response) override;
    void begin(int status, const Headers &headers, qint64 contentLength) override;
    void write(QByteArrayView chunk) override;
    void end() override;
    void abort() override;
    [[nodiscard]] qint64 bytesPending() const override;

private:
    enum class State : quint8 { Closed, Due, Streaming };
    enum class Body : quint8 { None, Length, Chunked, UntilClose };

    void close();

    GuardedSocket &m_socket;
    ClientListener *m_listener = nullptr;
    Terms m_terms;
    State m_state = State::Closed;
    Body m_body = Body::None;
    qint64 m_left = 0; ///< of the announced length
    bool m_lost = false;
};

} // namespace sluice::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
// The way back to one client for one request. Lives on its gateway thread.
#pragma once

#include "core/gateway/http.h"

namespace sluice::gateway {

/// What the writer of an answer wants to hear from the client's side.
class ClientListener
{
public:
    virtual ~ClientListener();

    /// The client has gone; the sink is dead from here on and must be forgotten.
    virtual void clientGone() = 0;

    /// Little is pending any more, after bytesPending() had reached ResponseSink::HighWater.
    virtual void clientDrained() = 0;
};

/// Order of calls: send(), or begin(), write()*, end(). After send() or end() the sink belongs to
/// the next request of the connection and must be forgotten. The sink owns all framing:
/// Content-Length or chunked, HEAD, HTTP/1.0, Connection: close. Never re-enters the caller from
/// inside a call.
class ResponseSink
{
public:
    /// Bytes pending; a writer that stops at them, and not before, hears clientDrained().
    static constexpr qint64 HighWater = 1024 * 1024;

    virtual ~ResponseSink();

    /// Who is told of hang-ups and drained buffers; null = nobody. Not owned.
    virtual void setListener(ClientListener *listener) = 0;

    /// A whole answer in one write.
    virtual void send(const Response &response) = 0;

    /// Starts a streamed answer. contentLength < 0: unknown, sent chunked (HTTP/1.0: until close).
    virtual void begin(int status, const Headers &headers, qint64 contentLength) = 0;
    virtual void write(QByteArrayView chunk) = 0;
    virtual void end() = 0;

    /// Breaks off a begun answer: closes the connection without its proper end, so that no client
    /// takes a cut answer for a whole one.
    virtual void abort() = 0;

    /// Bytes accepted and not yet taken by the client's socket.
    [[nodiscard]] virtual qint64 bytesPending() const = 0;
};

} // namespace sluice::gateway

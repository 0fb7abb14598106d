// SPDX-License-Identifier: GPL-3.0-or-later
// The client side: requests to providers over libcurl's multi interface on the thread's Qt event
// loop. One Upstream per gateway thread; every call and callback on that thread.
#pragma once

#include "core/gateway/http.h"

#include <chrono>
#include <memory>

namespace sluice::gateway {

struct UpstreamRequest
{
    QByteArray method;
    QByteArray url; ///< absolute, percent-encoded
    Headers headers; ///< exactly what is sent, besides Host and Content-Length
    QByteArray body; ///< shared, not copied, until the transfer ends
    std::chrono::milliseconds connectTimeout{10'000};
    std::chrono::milliseconds timeout{15 * 60 * 1000};
};

enum class UpstreamFailure : quint8 {
    Unreachable, ///< no connection, DNS or TLS failure
    Timeout, ///< connect-timeout or timeout passed
    Broken, ///< the connection ended or sent garbage in the middle of an answer
};

/// Receives one answer: began, data*, then ended or failed. failed may come at any point, also
/// before began. Nothing comes after ended, failed, or the Transfer's destruction.
class UpstreamSink
{
public:
    virtual ~UpstreamSink();
    virtual void upstreamBegan(int status, Headers &&headers, qint64 contentLength) = 0;
    virtual void upstreamData(QByteArrayView chunk) = 0;
    virtual void upstreamEnded() = 0;
    virtual void upstreamFailed(UpstreamFailure failure, const QString &message) = 0;
};

/// A running request. Destroying it cancels the request at once: the upstream connection is closed,
/// and no callback follows. May be destroyed inside its own callbacks.
class Transfer
{
public:
    virtual ~Transfer();

    /// Stops reading from the provider until resume(); what is already in flight may still arrive.
    virtual void pause() = 0;
    virtual void resume() = 0;

    /// Whether the whole request has left for the provider, which may bill it from then on. Stays
    /// as it was when the transfer failed; of no meaning once it has ended well.
    [[nodiscard]] virtual bool hasSent() const = 0;
};

class Upstream final
{
public:
    /// Who lets new requests go out: the event loop by itself in its next turn, or the owner by
    /// calling flush() before control goes back to the loop, which is cheaper for many.
    enum class Flushing : quint8 { ByEventLoop, ByOwner };

    explicit Upstream(Flushing flushing = Flushing::ByEventLoop);
    ~Upstream();
    Q_DISABLE_COPY_MOVE(Upstream)

    /// Starts a request; callbacks never come before start() has returned. The sink must outlive
    /// the transfer.
    std::unique_ptr<Transfer> start(UpstreamRequest &&request, UpstreamSink &sink);

    /// Sends what has been started. Callbacks may come before it returns.
    void flush();

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace sluice::gateway

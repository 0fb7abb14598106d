// SPDX-License-Identifier: GPL-3.0-or-later
// One request and its answer on one libcurl easy handle; reused from a pool. Private to Upstream,
// on its thread. Knows nothing of the multi handle.
#pragma once

#include "core/base/bytehash.h"
#include "core/gateway/upstream/upstream.h"

#include <curl/curl.h>

#include <vector>

namespace sluice::gateway {

struct CurlOrigin;
class EventSet;

class CurlExchange
{
public:
    /// For requests to one origin only; both must outlive the exchange.
    CurlExchange(CurlOrigin &origin, EventSet &events);
    ~CurlExchange();
    Q_DISABLE_COPY_MOVE(CurlExchange)

    /// Sets the options for the request; target is the part of its URL from the path on. False: it
    /// cannot be sent; failureText() says why.
    bool prepare(UpstreamRequest &&request, QByteArrayView target, UpstreamSink &sink);

    /// Frees what belongs to the request; the handle keeps its options and allocations for the
    /// next one.
    void reset();

    [[nodiscard]] CurlOrigin &origin() const { return m_origin; }

    /// The failure that a finished transfer's code stands for, in words without any secret.
    [[nodiscard]] UpstreamFailure failureKind(CURLcode code) const;
    [[nodiscard]] QString failureText(CURLcode code) const;

    [[nodiscard]] CURL *easy() const { return m_easy; }

    [[nodiscard]] UpstreamSink *sink() const { return m_sink; }

    [[nodiscard]] bool hasBegun() const { return m_begun; }

    /// True if the socket has taken the whole request.
    [[nodiscard]] bool hasSent() const;

    /// Nobody listens any more: the next callback breaks the transfer off.
    void detach() { m_sink = nullptr; }

    void setPaused(bool paused) { m_paused = paused; }

    /// True if curl holds back data that resumeCurl() must fetch.
    [[nodiscard]] bool isHeldByCurl() const { return m_heldByCurl; }

    void resumeCurl();

    bool isInMulti = false; ///< kept by Upstream

private:
    static size_t headerCallback(char *bytes, size_t size, size_t count, void *self);
    static size_t bodyCallback(char *bytes, size_t size, size_t count, void *self);
    static int openedCallback(void *events, curl_socket_t fd, curlsocktype purpose);
    static int closeCallback(void *events, curl_socket_t fd);
    void setFixedOptions();
    void setTarget(QByteArrayView target);
    void setMethod();
    void setBody();
    void setTimeouts();
    bool buildHeaderList();
    void appendHeaderLine(QByteArrayView name, QByteArrayView separator, QByteArrayView value);
    bool readHeaderLine(QByteArrayView line);
    bool endOfHead();

    CurlOrigin &m_origin;
    EventSet &m_events;
    CURL *m_easy = nullptr;
    CURLSH *m_connection = nullptr; ///< keeps this handle's own connection, plain HTTP only
    UpstreamSink *m_sink = nullptr;
    UpstreamRequest m_request;
    QByteArray m_method; ///< that the options are set for; empty: none
    QByteArray m_target; ///< that the options are set for
    std::chrono::milliseconds m_connectTimeout{0}; ///< that the options are set for
    std::chrono::milliseconds m_timeout{0};
    QString m_refusal; ///< why prepare() failed
    QByteArray m_headerText; ///< the request's header lines, each ended by NUL
    std::vector<curl_slist> m_headerList; ///< nodes that point into m_headerText
    Headers m_answerHeaders;
    qint64 m_headBytes = 0;
    int m_status = 0;
    bool m_begun = false;
    bool m_paused = false;
    bool m_heldByCurl = false;
};

/// A pre-parsed origin ("https://api.openai.com") and its idle exchanges.
struct CurlOrigin
{
    CURLU *url = nullptr; ///< null: not an http(s) URL
    QString name; ///< "host:port" for messages, without user info
    bool isPlain = false; ///< http, not https
    std::vector<std::unique_ptr<CurlExchange>> idle;
};

/// All origins seen: parsing a URL costs more than the rest of the options together (10 000
/// instructions).
class CurlOrigins
{
public:
    CurlOrigins() = default;
    ~CurlOrigins();
    Q_DISABLE_COPY_MOVE(CurlOrigins)

    /// Splits an absolute URL; target is the rest from the path on. The origin stays where it is.
    CurlOrigin &find(QByteArrayView url, QByteArrayView &target);

    /// Frees the idle exchanges with their connections.
    void clearIdle();

private:
    static CurlOrigin parse(const QByteArray &origin);

    ByteMap<CurlOrigin> m_origins;
};

} // namespace sluice::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
// One request and its answer on one libcurl easy handle; reused from a pool. Private to Upstream,
// on its thread. Knows nothing of the multi handle.
#pragma once

#include "core/gateway/upstream.h"

#include <curl/curl.h>

#include <unordered_map>
#include <vector>

namespace sluice::gateway {

/// Pre-parsed origins ("https://api.openai.com"): parsing a URL costs more than the rest of the
/// options together.
class CurlOrigins
{
public:
    CurlOrigins() = default;
    ~CurlOrigins();
    Q_DISABLE_COPY_MOVE(CurlOrigins)

    struct Origin
    {
        CURLU *url = nullptr; ///< null: not an http(s) URL
        QString name; ///< "host:port" for messages, without user info
        bool isPlain = false; ///< http, not https
    };

    /// Splits an absolute URL; target is the rest from the path on, at least "/".
    const Origin &find(QByteArrayView url, QByteArrayView &target);

private:
    static Origin parse(const QByteArray &origin);

    std::unordered_map<QByteArray, Origin> m_origins;
};

class CurlExchange
{
public:
    CurlExchange();
    ~CurlExchange();
    Q_DISABLE_COPY_MOVE(CurlExchange)

    /// Sets every option for the request. False: it cannot be sent; failure() says why.
    bool prepare(UpstreamRequest &&request, CurlOrigins &origins, UpstreamSink &sink);

    /// Frees what belongs to the request; the handle keeps its allocations for the next one.
    void reset();

    /// The failure that a finished transfer's code stands for, in words without any secret.
    [[nodiscard]] UpstreamFailure failureKind(CURLcode code) const;
    [[nodiscard]] QString failureText(CURLcode code) const;

    [[nodiscard]] CURL *easy() const { return m_easy; }

    [[nodiscard]] UpstreamSink *sink() const { return m_sink; }

    [[nodiscard]] bool hasBegun() const { return m_begun; }

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
    void setFixedOptions();
    void setTarget(const QByteArray &target);
    void setMethodAndBody();
    bool buildHeaderList();
    void appendHeaderLine(QByteArrayView name, QByteArrayView separator, QByteArrayView value);
    bool readHeaderLine(QByteArrayView line);
    bool endOfHead();

    CURL *m_easy = nullptr;
    UpstreamSink *m_sink = nullptr;
    UpstreamRequest m_request;
    QString m_origin;
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

} // namespace sluice::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/upstream/curlexchange.h"

#include "core/gateway/upstream/eventset.h"

#include <QString>

#include <algorithm>

#include <unistd.h>

namespace sluice::gateway {

using namespace Qt::StringLiterals;

namespace {

/// A provider's whole head, interim answers included; more is taken for an attack or a fault.
constexpr qint64 MaxHeadBytes = 256 * 1024;

/// Names that curl or the framing decides, whatever the caller says.
bool isFramingHeader(QByteArrayView name)
{
    return sameHeaderName(name, "host") || sameHeaderName(name, "content-length")
        || sameHeaderName(name, "transfer-encoding") || sameHeaderName(name, "expect");
}

constexpr size_t TypicalHeaders = 16;

bool isLineSafe(QByteArrayView text)
{
    return std::none_of(
        text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

/// Plain HTTP through a proxy needs the absolute URL in the request line, which curl builds only if
/// it is not given a request target.
bool hasPlainProxy()
{
    static const bool has = qEnvironmentVariableIsSet("http_proxy")
        || qEnvironmentVariableIsSet("all_proxy") || qEnvironmentVariableIsSet("ALL_PROXY");
    return has;
}

/// Without any of these variables curl need not look for a proxy with each request.
bool hasNoProxy()
{
    static const bool none = !hasPlainProxy() && !qEnvironmentVariableIsSet("https_proxy")
        && !qEnvironmentVariableIsSet("HTTPS_PROXY");
    return none;
}

/// From half of libcurl's threshold on, a request must be told not to wait for "100 Continue".
constexpr qsizetype ExpectThreshold = 512 * 1024;

/// The status of "HTTP/1.1 200 OK" or "HTTP/2 200", or 0.
int statusOf(QByteArrayView line)
{
    const qsizetype blank = line.indexOf(' ');
    const QByteArrayView rest = blank < 0 ? QByteArrayView() : line.sliced(blank).trimmed();
    const int status = rest.first(std::min<qsizetype>(3, rest.size())).toInt();
    return status >= 100 && status <= 999 ? status : 0;
}

QString seconds(std::chrono::milliseconds duration)
{
    const double value = static_cast<double>(duration.count()) / 1000;
    return QString::number(value, 'g', 6);
}

} // namespace

CurlOrigins::~CurlOrigins()
{
    for (const auto &entry : m_origins)
        curl_url_cleanup(entry.second.url);
}

void CurlOrigins::clearIdle()
{
    for (auto &entry : m_origins)
        entry.second.idle.clear();
}

CurlOrigin &CurlOrigins::find(QByteArrayView url, QByteArrayView &target)
{
    const qsizetype scheme = url.indexOf("://");
    const auto isEnd = [](char c) { return c == '/' || c == '?' || c == '#'; };
    const char *authority = scheme < 0 ? url.begin() : url.begin() + scheme + 3;
    const qsizetype split = std::find_if(authority, url.end(), isEnd) - url.begin();
    target = url.sliced(split);
    const auto known = m_origins.find(url.first(split));
    if (known != m_origins.end())
        return known->second;
    const QByteArray owned = url.first(split).toByteArray();
    return m_origins.emplace(owned, parse(owned)).first->second;
}

CurlOrigin CurlOrigins::parse(const QByteArray &origin)
{
    CurlOrigin result;
    const bool isSecure = origin.startsWith("https://");
    result.isPlain = origin.startsWith("http://");
    if (!isSecure && !result.isPlain)
        return result;
    CURLU *url = curl_url();
    if (curl_url_set(url, CURLUPART_URL, origin.constData(), 0) != CURLUE_OK) {
        curl_url_cleanup(url);
        return result;
    }
    result.url = url;
    for (const CURLUPart part : {CURLUPART_HOST, CURLUPART_PORT}) {
        char *text = nullptr;
        if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) == CURLUE_OK)
            result.name += (part == CURLUPART_PORT ? u":"_s : QString()) + QString::fromUtf8(text);
        curl_free(text);
    }
    return result;
}

CurlExchange::CurlExchange(CurlOrigin &origin, EventSet &events)
    : m_origin(origin), m_events(events), m_easy(curl_easy_init())
{
    if (m_easy == nullptr)
        qFatal("libcurl could not be initialised");
    if (!origin.isPlain)
        return; // HTTP/2 streams share connections, so they need the common cache
    // HTTP/1 over a connection of its own: curl looks through the whole common cache for an idle
    // one, which costs more than the request once there are dozens.
    m_connection = curl_share_init();
    curl_share_setopt(m_connection, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
    curl_easy_setopt(m_easy, CURLOPT_SHARE, m_connection);
}

CurlExchange::~CurlExchange()
{
    curl_easy_cleanup(m_easy);
    if (m_connection != nullptr)
        curl_share_cleanup(m_connection);
}

int CurlExchange::openedCallback(void *events, curl_socket_t fd, curlsocktype /*purpose*/)
{
    static_cast<EventSet *>(events)->opened(fd);
    return CURL_SOCKOPT_OK;
}

int CurlExchange::closeCallback(void *events, curl_socket_t fd)
{
    static_cast<EventSet *>(events)->closing(fd);
    return ::close(fd);
}

void CurlExchange::setFixedOptions()
{
    curl_easy_setopt(m_easy, CURLOPT_PRIVATE, this);
    curl_easy_setopt(m_easy, CURLOPT_HEADERFUNCTION, &CurlExchange::headerCallback);
    curl_easy_setopt(m_easy, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(m_easy, CURLOPT_WRITEFUNCTION, &CurlExchange::bodyCallback);
    curl_easy_setopt(m_easy, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(m_easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(m_easy, CURLOPT_NOPROGRESS, 1L);
    curl_easy_setopt(m_easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    curl_easy_setopt(m_easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(m_easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(m_easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    // Without it, cancelling while a name is being resolved blocks the thread until the resolver is
    // done.
    curl_easy_setopt(m_easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(m_easy, CURLOPT_SOCKOPTFUNCTION, &CurlExchange::openedCallback);
    curl_easy_setopt(m_easy, CURLOPT_SOCKOPTDATA, &m_events);
    curl_easy_setopt(m_easy, CURLOPT_CLOSESOCKETFUNCTION, &CurlExchange::closeCallback);
    curl_easy_setopt(m_easy, CURLOPT_CLOSESOCKETDATA, &m_events);
    if (hasNoProxy()) {
        curl_easy_setopt(m_easy, CURLOPT_PROXY, "");
        curl_easy_setopt(m_easy, CURLOPT_NOPROXY, "");
    }
    curl_easy_setopt(m_easy, CURLOPT_CURLU, m_origin.url);
}

bool CurlExchange::prepare(UpstreamRequest &&request, QByteArrayView target, UpstreamSink &sink)
{
    m_request = std::move(request);
    m_sink = &sink;
    if (m_origin.url == nullptr) {
        m_refusal = u"The provider's base URL is not a valid http or https URL."_s;
        return false;
    }
    if (!isLineSafe(m_request.url) || m_request.url.contains(' ') || !isLineSafe(m_request.method)
        || !buildHeaderList()) {
        m_refusal = u"The request to %1 holds a line break where none may be."_s.arg(m_origin.name);
        return false;
    }
    // The handle still has the options of its last request: with the same method most of them fit
    // (curl_easy_reset() and setting all again: 6 000 instructions).
    if (m_method != m_request.method || hasPlainProxy())
        setMethod();
    setTarget(target);
    setBody();
    setTimeouts();
    curl_easy_setopt(m_easy, CURLOPT_HTTPHEADER, m_headerList.data());
    return true;
}

void CurlExchange::setTarget(QByteArrayView target)
{
    if (m_origin.isPlain && hasPlainProxy()) {
        curl_easy_setopt(m_easy, CURLOPT_URL, m_request.url.constData());
        return;
    }
    if (!m_target.isNull() && target == m_target)
        return;
    // The client's bytes go out as they came: curl would drop the fragment and squeeze dots.
    m_target = target.toByteArray();
    const QByteArray path = target.startsWith('/') ? m_target : "/" + m_target;
    curl_easy_setopt(m_easy, CURLOPT_REQUEST_TARGET, path.constData());
}

void CurlExchange::setTimeouts()
{
    if (m_request.connectTimeout != m_connectTimeout)
        curl_easy_setopt(m_easy, CURLOPT_CONNECTTIMEOUT_MS,
            static_cast<long>(std::max<qint64>(1, m_request.connectTimeout.count())));
    if (m_request.timeout != m_timeout)
        curl_easy_setopt(m_easy, CURLOPT_TIMEOUT_MS,
            static_cast<long>(std::max<qint64>(1, m_request.timeout.count())));
    m_connectTimeout = m_request.connectTimeout;
    m_timeout = m_request.timeout;
}

void CurlExchange::setMethod()
{
    const QByteArray &method = m_request.method;
    curl_easy_reset(m_easy); // keeps the connection
    setFixedOptions();
    m_target = {};
    m_connectTimeout = m_timeout = {};
    // With other methods it depends on the body what is to be set.
    m_method = method == "POST" ? method : QByteArray();
    if (method == "HEAD") {
        curl_easy_setopt(m_easy, CURLOPT_NOBODY, 1L);
        return;
    }
    const bool sendsLength = method == "POST" || method == "PUT" || method == "PATCH";
    if (!m_request.body.isEmpty() || sendsLength) {
        curl_easy_setopt(m_easy, CURLOPT_POST, 1L);
        if (method != "POST")
            curl_easy_setopt(m_easy, CURLOPT_CUSTOMREQUEST, method.constData());
        return;
    }
    curl_easy_setopt(m_easy, CURLOPT_HTTPGET, 1L);
    if (method != "GET")
        curl_easy_setopt(m_easy, CURLOPT_CUSTOMREQUEST, method.constData());
}

void CurlExchange::setBody()
{
    const QByteArray &method = m_request.method;
    if (m_request.body.isEmpty() && method != "POST" && method != "PUT" && method != "PATCH")
        return;
    if (method == "HEAD")
        return;
    curl_easy_setopt(
        m_easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(m_request.body.size()));
    curl_easy_setopt(m_easy, CURLOPT_POSTFIELDS, m_request.body.constData());
}

void CurlExchange::appendHeaderLine(
    QByteArrayView name, QByteArrayView separator, QByteArrayView value)
{
    char *const line = m_headerText.data() + m_headerText.size();
    m_headerText.resize(m_headerText.size() + name.size() + separator.size() + value.size() + 1);
    char *at = line;
    for (const QByteArrayView part : {name, separator, value})
        at = std::copy(part.begin(), part.end(), at);
    *at = '\0';
    m_headerList.push_back({line, nullptr});
}

bool CurlExchange::buildHeaderList()
{
    // One buffer and one array instead of two allocations a header by curl_slist_append(). The
    // nodes point into the buffer, which therefore gets its final size first.
    qsizetype size = 64;
    for (const Header &header : m_request.headers)
        size += header.name.size() + header.value.size() + 3;
    m_headerText.resize(0);
    m_headerText.reserve(size);
    m_headerList.clear();
    m_headerList.reserve(m_request.headers.size() + 3);
    for (const Header &header : m_request.headers) {
        if (!isLineSafe(header.name) || !isLineSafe(header.value))
            return false;
        // curl's way of sending a name without a value is a semicolon.
        if (!isFramingHeader(header.name))
            appendHeaderLine(header.name, header.value.isEmpty() ? ";" : ": ", header.value);
    }
    // curl adds these three by itself; a name and a colon alone keep them away.
    if (m_request.body.size() >= ExpectThreshold)
        appendHeaderLine("Expect", ":", {});
    if (headerValue(m_request.headers, "Accept").isNull())
        appendHeaderLine("Accept", ":", {});
    if (headerValue(m_request.headers, "Content-Type").isNull())
        appendHeaderLine("Content-Type", ":", {});
    for (size_t i = 0; i + 1 < m_headerList.size(); ++i)
        m_headerList[i].next = &m_headerList[i + 1];
    return true;
}

void CurlExchange::reset()
{
    m_sink = nullptr;
    m_request = {};
    m_refusal.clear();
    m_answerHeaders.clear();
    m_headBytes = 0;
    m_status = 0;
    m_begun = false;
    m_paused = false;
    m_heldByCurl = false;
}

void CurlExchange::resumeCurl()
{
    m_heldByCurl = false;
    curl_easy_pause(m_easy, CURLPAUSE_CONT);
}

size_t CurlExchange::headerCallback(char *bytes, size_t size, size_t count, void *self)
{
    auto *exchange = static_cast<CurlExchange *>(self);
    const size_t total = size * count;
    if (exchange->m_sink == nullptr)
        return 0;
    const bool isFine =
        exchange->readHeaderLine(QByteArrayView(bytes, static_cast<qsizetype>(total)));
    return isFine ? total : 0;
}

bool CurlExchange::readHeaderLine(QByteArrayView line)
{
    m_headBytes += line.size();
    if (m_headBytes > MaxHeadBytes)
        return false;
    if (m_begun)
        return true; // trailers: nobody relays them
    while (!line.isEmpty() && (line.back() == '\r' || line.back() == '\n'))
        line.chop(1);
    if (line.isEmpty())
        return endOfHead();
    if (line.startsWith("HTTP/")) {
        m_answerHeaders.clear();
        m_answerHeaders.reserve(TypicalHeaders);
        m_status = statusOf(line);
        return m_status != 0;
    }
    if ((line.front() == ' ' || line.front() == '\t') && !m_answerHeaders.empty()) {
        m_answerHeaders.back().value += ' ' + line.trimmed().toByteArray();
        return true;
    }
    const qsizetype colon = line.indexOf(':');
    if (colon <= 0)
        return false;
    m_answerHeaders.push_back({internedHeaderText(line.first(colon).trimmed()),
        internedHeaderText(line.sliced(colon + 1).trimmed())});
    return true;
}

bool CurlExchange::endOfHead()
{
    if (m_status == 101)
        return false; // nobody asked for another protocol
    if (m_status < 200)
        return true;
    qint64 length = -1;
    for (const Header &header : m_answerHeaders) {
        if (sameHeaderName(header.name, "transfer-encoding")) {
            length = -1;
            break;
        }
        bool isNumber = false;
        if (sameHeaderName(header.name, "content-length")) {
            const qint64 value = header.value.toLongLong(&isNumber);
            length = isNumber && value >= 0 ? value : length;
        }
    }
    if (m_status == 204)
        length = 0;
    m_begun = true;
    m_sink->upstreamBegan(m_status, std::move(m_answerHeaders), length);
    m_answerHeaders.clear();
    return m_sink != nullptr;
}

size_t CurlExchange::bodyCallback(char *bytes, size_t size, size_t count, void *self)
{
    auto *exchange = static_cast<CurlExchange *>(self);
    const size_t total = size * count;
    if (exchange->m_sink == nullptr)
        return CURL_WRITEFUNC_ERROR;
    if (exchange->m_paused) {
        exchange->m_heldByCurl = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    if (total > 0)
        exchange->m_sink->upstreamData(QByteArrayView(bytes, static_cast<qsizetype>(total)));
    return exchange->m_sink == nullptr ? CURL_WRITEFUNC_ERROR : total;
}

bool CurlExchange::hasSent() const
{
    long head = 0;
    curl_off_t body = 0;
    curl_easy_getinfo(m_easy, CURLINFO_REQUEST_SIZE, &head);
    curl_easy_getinfo(m_easy, CURLINFO_SIZE_UPLOAD_T, &body);
    return head > 0 && body >= m_request.body.size();
}

UpstreamFailure CurlExchange::failureKind(CURLcode code) const
{
    if (!m_refusal.isEmpty())
        return UpstreamFailure::Unreachable;
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        return UpstreamFailure::Timeout;
    case CURLE_URL_MALFORMAT:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_INTERFACE_FAILED:
    case CURLE_PROXY:
        return UpstreamFailure::Unreachable;
    default:
        return UpstreamFailure::Broken;
    }
}

QString CurlExchange::failureText(CURLcode code) const
{
    if (!m_refusal.isEmpty())
        return m_refusal;
    const QString reason = QString::fromUtf8(curl_easy_strerror(code));
    switch (failureKind(code)) {
    case UpstreamFailure::Unreachable:
        return u"The provider at %1 cannot be reached: %2."_s.arg(m_origin.name, reason);
    case UpstreamFailure::Timeout: {
        curl_off_t connected = 0;
        curl_easy_getinfo(m_easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
        if (connected == 0)
            return u"No connection to the provider at %1 within %2 s."_s.arg(
                m_origin.name, seconds(m_request.connectTimeout));
        return u"The provider at %1 did not finish its answer within %2 s."_s.arg(
            m_origin.name, seconds(m_request.timeout));
    }
    case UpstreamFailure::Broken:
        break;
    }
    return m_begun
        ? u"The provider at %1 broke off in the middle of its answer: %2."_s.arg(
            m_origin.name, reason)
        : u"The provider at %1 did not answer with valid HTTP: %2."_s.arg(m_origin.name, reason);
}

} // namespace sluice::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/upstream/upstream.h"

#include "core/gateway/upstream/curlexchange.h"
#include "core/gateway/upstream/eventset.h"

#include <QDeadlineTimer>
#include <QTimer>

#include <algorithm>

namespace sluice::gateway {

namespace {

/// Idle connections that may wait for the next request; curl's default of four times the running
/// transfers closes most of them.
constexpr long MaxIdleConnections = 4096;

/// Exchanges of one origin kept for reuse, each with a connection; more are freed.
constexpr size_t MaxIdleExchanges = 256;

void initialiseCurlOnce()
{
    static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (result != CURLE_OK)
        qFatal("libcurl could not be initialised");
}

/// Marks the time during which curl may call back, when most of its functions are forbidden.
class InsideCurl
{
public:
    explicit InsideCurl(int &depth) : m_depth(depth) { ++m_depth; }

    ~InsideCurl() { --m_depth; }

    Q_DISABLE_COPY_MOVE(InsideCurl)

private:
    int &m_depth;
};

} // namespace

UpstreamSink::~UpstreamSink() = default;
Transfer::~Transfer() = default;

class Upstream::Private
{
public:
    explicit Private(Flushing flushing);
    ~Private();
    Q_DISABLE_COPY_MOVE(Private)

    std::unique_ptr<Transfer> start(UpstreamRequest &&request, UpstreamSink &sink);
    void cancel(CurlExchange *exchange);
    void resume(CurlExchange *exchange);
    void flush();

private:
    class Handle;

    struct Running
    {
        std::unique_ptr<CurlExchange> exchange;
        Handle *handle = nullptr; ///< null once the caller has dropped it
    };

    static int socketCallback(CURL *easy, curl_socket_t fd, int what, void *self, void *socketData);
    static int timerCallback(CURLM *multi, long timeoutMs, void *self);
    void perform(curl_socket_t fd, int events);
    void settle();
    void runDeferred();
    void runResumes();
    void reportFinished();
    void report(CurlExchange *exchange, CURLcode code);
    void add(CurlExchange *exchange);
    void recycle(CurlExchange *exchange);
    std::unique_ptr<CurlExchange> take(CurlOrigin &origin);
    void defer();
    void setTimeout(long milliseconds);
    void queueFlush();
    void checkTimeout();

    const Flushing m_flushing;
    CURLM *m_multi = nullptr;
    int m_insideCurl = 0;
    CurlOrigins m_origins;
    QTimer m_timer; ///< fires at curl's deadline or earlier
    QDeadlineTimer m_deadline{QDeadlineTimer::Forever}; ///< of curl's own timeouts
    QDeadlineTimer m_firing{QDeadlineTimer::Forever}; ///< when m_timer fires
    bool m_isDue = false; ///< curl wants to be called at the end of the loop's turn
    bool m_isFlushQueued = false;
    QTimer m_deferred; ///< fires once the event loop is back
    std::unordered_map<CurlExchange *, Running> m_running;
    std::vector<CurlExchange *> m_adds; ///< started inside a curl callback
    std::vector<CurlExchange *> m_cancels; ///< cancelled inside a curl callback
    std::vector<CurlExchange *> m_resumes;
    std::vector<CurlExchange *> m_refused; ///< never reached curl
    std::unique_ptr<EventSet> m_events;
};

/// The caller's end of a transfer. Outliving the Upstream is harmless.
class Upstream::Private::Handle final : public Transfer
{
public:
    Handle(Private *owner, CurlExchange *exchange) : m_owner(owner), m_exchange(exchange) { }

    ~Handle() override
    {
        if (m_exchange != nullptr)
            m_owner->cancel(m_exchange);
    }

    Q_DISABLE_COPY_MOVE(Handle)

    void pause() override
    {
        if (m_exchange != nullptr)
            m_exchange->setPaused(true);
    }

    void resume() override
    {
        if (m_exchange != nullptr)
            m_owner->resume(m_exchange);
    }

    [[nodiscard]] bool hasSent() const override
    {
        return m_exchange != nullptr ? m_exchange->hasSent() : m_hasSent;
    }

    void forget(bool hasSent = false)
    {
        m_exchange = nullptr;
        m_hasSent = hasSent;
    }

private:
    Private *m_owner;
    CurlExchange *m_exchange; ///< null once the transfer is over
    bool m_hasSent = false; ///< by a transfer that is over
};

Upstream::Private::Private(Flushing flushing) : m_flushing(flushing)
{
    initialiseCurlOnce();
    m_multi = curl_multi_init();
    if (m_multi == nullptr)
        qFatal("libcurl could not be initialised");
    m_events = std::make_unique<EventSet>(
        [this](const EventSet::Event &event) {
            perform(event.fd,
                (event.readable ? CURL_CSELECT_IN : 0) | (event.writable ? CURL_CSELECT_OUT : 0)
                    | (event.error ? CURL_CSELECT_ERR : 0));
        },
        [this] { settle(); });
    curl_multi_setopt(m_multi, CURLMOPT_SOCKETFUNCTION, &Private::socketCallback);
    curl_multi_setopt(m_multi, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(m_multi, CURLMOPT_TIMERFUNCTION, &Private::timerCallback);
    curl_multi_setopt(m_multi, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(m_multi, CURLMOPT_MAXCONNECTS, MaxIdleConnections);
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    QObject::connect(&m_timer, &QTimer::timeout, m_events.get(), [this] { checkTimeout(); });
    m_deferred.setSingleShot(true);
    QObject::connect(&m_deferred, &QTimer::timeout, m_events.get(), [this] { settle(); });
}

Upstream::Private::~Private()
{
    Q_ASSERT_X(m_insideCurl == 0, "Upstream", "destroyed inside one of its own callbacks");
    for (const auto &entry : m_running) {
        if (entry.second.handle != nullptr)
            entry.second.handle->forget();
        if (entry.first->isInMulti)
            curl_multi_remove_handle(m_multi, entry.first->easy());
    }
    m_running.clear();
    m_origins.clearIdle();
    curl_multi_cleanup(m_multi);
}

std::unique_ptr<CurlExchange> Upstream::Private::take(CurlOrigin &origin)
{
    if (origin.idle.empty())
        return std::make_unique<CurlExchange>(origin, *m_events);
    // The last one used is the likeliest to have a living connection and warm caches.
    std::unique_ptr<CurlExchange> exchange = std::move(origin.idle.back());
    origin.idle.pop_back();
    return exchange;
}

std::unique_ptr<Transfer> Upstream::Private::start(UpstreamRequest &&request, UpstreamSink &sink)
{
    QByteArrayView target;
    std::unique_ptr<CurlExchange> owned = take(m_origins.find(request.url, target));
    CurlExchange *exchange = owned.get();
    auto handle = std::make_unique<Handle>(this, exchange);
    m_running.emplace(exchange, Running{std::move(owned), handle.get()});
    if (!exchange->prepare(std::move(request), target, sink)) {
        m_refused.push_back(exchange);
        defer();
    } else if (m_insideCurl > 0) {
        m_adds.push_back(exchange);
        defer();
    } else {
        add(exchange);
    }
    return handle;
}

void Upstream::Private::add(CurlExchange *exchange)
{
    if (curl_multi_add_handle(m_multi, exchange->easy()) == CURLM_OK) {
        exchange->isInMulti = true;
        return;
    }
    m_refused.push_back(exchange);
    defer();
}

void Upstream::Private::cancel(CurlExchange *exchange)
{
    exchange->detach();
    if (m_insideCurl > 0) {
        m_running.at(exchange).handle = nullptr;
        m_cancels.push_back(exchange);
        defer();
        return;
    }
    recycle(exchange);
}

void Upstream::Private::resume(CurlExchange *exchange)
{
    exchange->setPaused(false);
    if (!exchange->isHeldByCurl())
        return;
    // Fetching what curl holds calls the sink at once; a caller must not be re-entered from
    // resume().
    m_resumes.push_back(exchange);
    defer();
}

void Upstream::Private::recycle(CurlExchange *exchange)
{
    // Removing an unfinished transfer closes its connection (HTTP/1) or resets its stream (HTTP/2).
    if (exchange->isInMulti)
        curl_multi_remove_handle(m_multi, exchange->easy());
    exchange->isInMulti = false;
    for (auto *list : {&m_adds, &m_resumes, &m_refused})
        std::erase(*list, exchange);
    const auto entry = m_running.find(exchange);
    std::unique_ptr<CurlExchange> owned = std::move(entry->second.exchange);
    m_running.erase(entry);
    owned->reset();
    auto &idle = owned->origin().idle;
    if (idle.size() < MaxIdleExchanges)
        idle.push_back(std::move(owned));
}

void Upstream::Private::defer()
{
    if (!m_deferred.isActive())
        m_deferred.start(0);
}

void Upstream::Private::perform(curl_socket_t fd, int events)
{
    const InsideCurl inside(m_insideCurl);
    int running = 0;
    curl_multi_socket_action(m_multi, fd, events, &running);
}

void Upstream::Private::settle()
{
    runDeferred();
    runResumes();
    reportFinished();
    runDeferred();
    if (m_isDue)
        queueFlush(); // started by a sink: nobody may be about to flush
}

void Upstream::Private::runDeferred()
{
    for (CurlExchange *exchange : std::exchange(m_cancels, {}))
        recycle(exchange);
    for (CurlExchange *exchange : std::exchange(m_adds, {}))
        add(exchange);
    while (!m_refused.empty()) {
        CurlExchange *exchange = m_refused.back();
        m_refused.pop_back();
        report(exchange, CURLE_FAILED_INIT);
    }
}

void Upstream::Private::runResumes()
{
    // One round only: a sink that pauses and resumes in its callback is served by the next one.
    const size_t count = m_resumes.size();
    for (size_t i = 0; i < count && !m_resumes.empty(); ++i) {
        CurlExchange *exchange = m_resumes.front();
        m_resumes.erase(m_resumes.begin());
        {
            const InsideCurl inside(m_insideCurl);
            exchange->resumeCurl();
        }
        runDeferred();
    }
    if (!m_resumes.empty())
        defer();
}

void Upstream::Private::reportFinished()
{
    int left = 0;
    while (CURLMsg *message = curl_multi_info_read(m_multi, &left)) {
        if (message->msg != CURLMSG_DONE)
            continue;
        const CURLcode code = message->data.result;
        char *exchange = nullptr; // what CURLOPT_PRIVATE was given; curl types it as a string
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
        report(static_cast<CurlExchange *>(static_cast<void *>(exchange)), code);
    }
}

void Upstream::Private::report(CurlExchange *exchange, CURLcode code)
{
    UpstreamSink *sink = exchange->sink();
    const bool isEnd = code == CURLE_OK && exchange->hasBegun();
    const UpstreamFailure kind = exchange->failureKind(code);
    const QString text = isEnd ? QString() : exchange->failureText(code);
    if (Handle *handle = m_running.at(exchange).handle)
        handle->forget(!isEnd && exchange->hasSent());
    // Back in the pool before the sink is told: it may start the next request from there.
    recycle(exchange);
    if (sink == nullptr)
        return;
    if (isEnd)
        sink->upstreamEnded();
    else
        sink->upstreamFailed(kind, text);
}

int Upstream::Private::socketCallback(
    CURL * /*easy*/, curl_socket_t fd, int what, void *self, void * /*socketData*/)
{
    auto *d = static_cast<Private *>(self);
    if (what == CURL_POLL_REMOVE)
        d->m_events->drop(fd);
    else
        d->m_events->watch(fd, (what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
    return 0;
}

int Upstream::Private::timerCallback(CURLM * /*multi*/, long timeoutMs, void *self)
{
    static_cast<Private *>(self)->setTimeout(timeoutMs);
    return 0;
}

// curl moves its deadline several times in each request. Starting and stopping a QTimer with it
// each time would sort Qt's timer list again; one that fires too early now and then costs little.
void Upstream::Private::setTimeout(long milliseconds)
{
    if (milliseconds < 0) {
        m_deadline = QDeadlineTimer(QDeadlineTimer::Forever);
        return;
    }
    m_deadline = QDeadlineTimer(milliseconds, Qt::PreciseTimer);
    // "At once" from a new transfer is for the end of the loop's turn, once for all of them; from
    // inside curl it has to let other events of the loop go first.
    if (milliseconds == 0 && m_insideCurl == 0) {
        m_isDue = true;
        if (m_flushing == Flushing::ByEventLoop)
            queueFlush();
        return;
    }
    if (m_deadline < m_firing) {
        m_firing = m_deadline;
        m_timer.start(std::chrono::milliseconds(milliseconds));
    }
}

void Upstream::Private::queueFlush()
{
    if (!std::exchange(m_isFlushQueued, true))
        QMetaObject::invokeMethod(
            m_events.get(), [this] { flush(); }, Qt::QueuedConnection);
}

void Upstream::Private::checkTimeout()
{
    m_firing = QDeadlineTimer(QDeadlineTimer::Forever);
    if (m_deadline.isForever())
        return;
    if (!m_deadline.hasExpired()) {
        m_firing = m_deadline;
        m_timer.start(std::chrono::milliseconds(std::max<qint64>(1, m_deadline.remainingTime())));
        return;
    }
    m_isDue = true;
    flush();
}

void Upstream::Private::flush()
{
    m_isFlushQueued = false;
    if (!m_isDue || m_insideCurl > 0)
        return;
    m_isDue = false;
    perform(CURL_SOCKET_TIMEOUT, 0);
    settle();
}

Upstream::Upstream(Flushing flushing) : d(std::make_unique<Private>(flushing)) { }

Upstream::~Upstream() = default;

std::unique_ptr<Transfer> Upstream::start(UpstreamRequest &&request, UpstreamSink &sink)
{
    return d->start(std::move(request), sink);
}

void Upstream::flush()
{
    d->flush();
}

} // namespace sluice::gateway

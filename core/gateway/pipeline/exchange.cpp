// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/pipeline/exchange.h"

#include "core/base/ids.h"
#include "core/gateway/gatewayworker.h"
#include "core/gateway/pipeline/clientname.h"
#include "core/gateway/pipeline/limitheaders.h"

namespace sluice::gateway {

using namespace Qt::StringLiterals;
using insight::Outcome;
using std::chrono::duration_cast;
using std::chrono::microseconds;

namespace {

/// Answers up to this size whose length is known go out in one write.
constexpr qint64 LargestBuffered = 64 * 1024;

bool needsModel(const Route &route)
{
    return route.isProxied() && route.kind != Route::Kind::Direct && route.endpoint != "models";
}

bool isEventStream(const Headers &headers)
{
    return headerValue(headers, "content-type").startsWith("text/event-stream");
}

} // namespace

Exchange::Exchange(GatewayWorker &worker, std::shared_ptr<const Snapshot> snapshot,
    Request &&request, std::variant<Route, Failure> &&route, ResponseSink &sink, EngineTime started)
    : m_worker(worker),
      m_snapshot(std::move(snapshot)),
      m_request(std::move(request)),
      m_sink(&sink),
      m_found(std::move(route)),
      m_admission(worker.limiter(), worker.stores()),
      m_started(started)
{
    m_sink->setListener(this);
    m_record.id = worker.nextRecordId();
    m_record.requestId = makeRequestId();
    m_record.at = worker.clock().wall();
    m_record.client = clientName(m_request.peer);
    m_record.method = m_request.head.method;
    m_record.path =
        m_request.head.target.contains('?') ? pathOf(m_request.head.target) : m_request.head.target;
    m_externalId = headerValue(m_request.head.headers, "x-request-id");
    if (m_worker.keepsBodies(*m_snapshot))
        m_bodies = std::make_unique<BodyTap>(m_request);
}

Exchange::~Exchange() = default;

void Exchange::run()
{
    if (const auto failure = prepare())
        return fail(*failure, Outcome::Rejected);
    decide();
}

/// Steps 1 and 2: route, caller, body, subject, and the provider that would serve it.
std::optional<Failure> Exchange::prepare()
{
    const Headers &headers = m_request.head.headers;
    if (auto *failure = std::get_if<Failure>(&m_found))
        return std::move(*failure);
    m_route = std::move(std::get<Route>(m_found));
    if (auto failure = checkOrigin(headers, m_snapshot->configuration().server))
        return failure;
    m_origin = headerValue(headers, "origin");

    auto caller = authenticate(headers, m_route, *m_snapshot, m_worker.today());
    if (auto *failure = std::get_if<Failure>(&caller))
        return *failure;
    m_caller = std::get<Caller>(caller);

    m_body = peekBody(m_request.body);
    if (m_body.model.isEmpty())
        m_body.model = modelInPath(m_route);
    m_record.model = m_body.model;
    m_record.isStream = m_body.isStream;
    auto subject = identify(headers, m_body, m_route, m_caller, *m_snapshot);
    if (auto *failure = std::get_if<Failure>(&subject))
        return *failure;
    m_record.subject = std::move(std::get<limits::Subject>(subject));
    if (needsModel(m_route) && !m_body.isJsonObject)
        return Failure{400, "invalid_request_error", "invalid_json",
            u"The request body is not a JSON object"_s};
    if (needsModel(m_route) && m_body.model.isEmpty())
        return Failure{
            400, "invalid_request_error", "missing_model", u"The request body has no \"model\""_s};

    const bool isPriced = needsPrice(*m_snapshot, m_record.subject);
    auto choice = chooseProvider(m_route, m_body, *m_snapshot, m_worker.random(),
        isPriced ? std::optional(m_record.at) : std::nullopt);
    if (auto *failure = std::get_if<Failure>(&choice))
        return *failure;
    m_choice = std::move(std::get<Choice>(choice));
    m_record.provider = m_choice.target->provider.name;
    m_record.model = m_choice.model; // without the provider's name
    return checkCredential(headers, m_caller, m_choice, *m_snapshot);
}

/// What limits want to know beside the subject. The provider is chosen by now and stays, so it is
/// the only candidate.
void Exchange::expect()
{
    const limits::LimitSet &limits = *m_snapshot->limits();
    limits::Subject &subject = m_record.subject;
    subject.model = m_body.model;
    if (limits.asksProviders())
        subject.candidates = {{m_choice.target->provider.name, m_choice.model}};
    m_spending.expect(
        m_route, m_body, m_request, m_choice, *m_snapshot, m_worker.learnedModels(), m_record.at);
}

/// Step 3. The answer may come later, if a store has to be asked.
void Exchange::decide()
{
    expect();
    m_admission.decide(*m_snapshot->limits(), m_record.subject, m_spending.estimate(),
        [this](limits::Decision &&decision) { decided(std::move(decision)); });
}

void Exchange::decided(limits::Decision &&decision)
{
    m_record.decision = std::move(decision);
    if (!m_record.decision.isAdmitted())
        return refuse();
    if (m_worker.isStrict(*m_snapshot))
        return m_worker.whenDurable(later(&Exchange::forward));
    forward();
}

/// Goes on, unless the exchange is over by then.
std::function<void()> Exchange::later(void (Exchange::*next)())
{
    m_life = std::make_shared<char>();
    return [this, next, life = std::weak_ptr<void>(m_life)] {
        if (!life.expired())
            (this->*next)();
    };
}

/// Step 4.
void Exchange::forward()
{
    m_asksForUsage = mustAskForUsage(m_route, m_body, m_choice)
        && m_worker.mayAskForUsage(m_choice.target->provider.name);
    if (m_asksForUsage)
        m_unchanged = m_request;
    UpstreamRequest upstream = buildUpstreamRequest(
        std::move(m_request), m_route, m_caller, m_body, m_choice, *m_snapshot, m_asksForUsage);
    m_handedOver = m_worker.clock().now();
    m_overhead = m_handedOver - m_started;
    m_transfer = m_worker.startUpstream(std::move(upstream), *this);
}

/// True while the answer may be a complaint about the option that only the gateway has added.
bool Exchange::mayRefuseUsage() const
{
    return m_unchanged && (m_status == 400 || m_status == 422)
        && m_buffer.size() <= LargestBuffered;
}

/// Sends the request as the client has written it, if the provider complains of what was added. Its
/// limits have been charged once, and stay so.
bool Exchange::askAgainWithoutUsage()
{
    if (!mayRefuseUsage()
        || !(m_buffer.contains("stream_options") || m_buffer.contains("include_usage")))
        return false;
    m_worker.noteUsageRefused(m_record.provider);
    ++m_record.retries;
    m_asksForUsage = false;
    m_status = 0;
    m_headers.clear();
    m_buffer.clear();
    UpstreamRequest upstream = buildUpstreamRequest(
        std::move(*m_unchanged), m_route, m_caller, m_body, m_choice, *m_snapshot, false);
    m_unchanged.reset();
    m_transfer = m_worker.startUpstream(std::move(upstream), *this);
    return true;
}

void Exchange::fail(const Failure &failure, Outcome outcome)
{
    m_record.note = failure.message;
    m_record.status = failure.status;
    if (m_handedOver == EngineTime::zero())
        m_overhead = m_worker.clock().now() - m_started;
    m_answer = failureResponse(failure, m_route.dialect);
    appendOwnHeaders(m_answer->headers);
    answer(outcome);
}

void Exchange::refuse()
{
    m_answer = refusalResponse(m_record.decision, m_route.dialect, m_snapshot->fileName());
    m_record.note = refusalFailure(m_record.decision, m_snapshot->fileName()).message;
    m_record.status = m_answer->status;
    m_overhead = m_worker.clock().now() - m_started;
    appendOwnHeaders(m_answer->headers);
    const bool isRefusal = insight::isRefusal(m_record.decision.verdict);
    answer(isRefusal ? Outcome::Refused : Outcome::Rejected);
}

void Exchange::appendOwnHeaders(Headers &headers)
{
    appendAnswerFields(m_record.requestId, m_externalId, m_overhead, headers);
    appendLimitHeaders(
        m_record.decision, m_snapshot->configuration().responseHeaders.rateLimitIetf, headers);
    if (!m_origin.isEmpty())
        m_worker.appendCorsHeaders(m_origin, headers);
}

void Exchange::upstreamBegan(int status, Headers &&headers, qint64 contentLength)
{
    m_status = status;
    m_headers = clientHeaders(
        std::move(headers), m_record.provider, m_snapshot->configuration().responseHeaders);
    m_contentLength = contentLength;
    m_spending.begin(status, m_headers);
    filterIfAsked();
    if (contentLength > LargestBuffered || !mayRefuseUsage())
        m_unchanged.reset();
    const bool isShort = contentLength >= 0 && contentLength <= LargestBuffered;
    if (!m_unchanged && (!isShort || isEventStream(m_headers)))
        beginStream();
}

/// The usage that the gateway has asked for is not for the client.
void Exchange::filterIfAsked()
{
    if (!m_asksForUsage || !m_spending.readsStream())
        return;
    m_filter.emplace();
    m_contentLength = -1;
}

void Exchange::beginStream()
{
    m_record.status = m_status;
    appendOwnHeaders(m_headers);
    if (m_bodies)
        m_bodies->begin(m_headers);
    // The last byte waits for the disk, so it must not be one of the provider's.
    const bool mayEndWithBody = !m_worker.isStrict(*m_snapshot);
    m_sink->begin(m_status, m_headers, mayEndWithBody ? m_contentLength : -1);
    m_hasBegun = true;
    seal(Outcome::Streaming, m_worker.clock().now());
    m_worker.note(m_record);
}

/// Step 5: chunks go through as they come.
void Exchange::upstreamData(QByteArrayView chunk)
{
    if (!m_record.firstByte)
        m_record.firstByte = duration_cast<microseconds>(m_worker.clock().now() - m_started);
    m_spending.feed(chunk);
    pass(m_filter ? m_filter->feed(chunk) : chunk);
    pauseIfSlow();
}

void Exchange::pass(QByteArrayView chunk)
{
    if (chunk.isEmpty())
        return;
    m_record.bytesSent += chunk.size();
    if (m_hasBegun)
        return write(chunk);
    m_buffer.append(chunk);
    if (m_contentLength < 0 && m_buffer.size() > LargestBuffered) {
        m_unchanged.reset(); // a complaint is shorter
        beginStream();
        write(std::exchange(m_buffer, {}));
    }
}

void Exchange::write(QByteArrayView chunk)
{
    if (m_bodies)
        m_bodies->append(chunk);
    m_sink->write(chunk);
}

void Exchange::pauseIfSlow()
{
    if (m_isPaused || !m_hasBegun || m_sink->bytesPending() < ResponseSink::HighWater)
        return;
    m_isPaused = true;
    m_transfer->pause();
}

void Exchange::clientDrained()
{
    if (!m_isPaused || !m_transfer)
        return;
    m_isPaused = false;
    m_transfer->resume();
}

void Exchange::upstreamEnded()
{
    const EngineTime ended = m_worker.clock().now();
    if (askAgainWithoutUsage())
        return;
    m_ended = ended;
    if (m_filter)
        pass(m_filter->finish());
    if (!m_hasBegun) {
        m_record.status = m_status;
        if (m_bodies) {
            m_bodies->begin(m_headers);
            m_bodies->append(m_buffer);
        }
        appendOwnHeaders(m_headers);
        m_answer = Response{m_status, std::move(m_headers), std::move(m_buffer), false};
    }
    answer(Outcome::Completed);
}

/// Sends what is left of the answer. Where limits are strict it waits until what it has cost, and
/// its record, are on disk: nobody sees an answer that could be forgotten. Who has not said who he
/// is costs nothing, and must not keep the disk busy either.
void Exchange::answer(Outcome outcome)
{
    const bool isWaiting =
        m_worker.isStrict(*m_snapshot) && !m_isShutDown && !m_record.subject.apiKey.isEmpty();
    if (!isWaiting)
        sendAnswer();
    const EngineTime now = m_worker.clock().now();
    if (m_ended != EngineTime::zero())
        m_overhead += now - m_ended;
    if (!isWaiting)
        return finish(outcome, now);
    settle();
    seal(outcome, now);
    m_isRecorded = true;
    m_worker.whenRecorded(m_record, later(&Exchange::leave));
}

void Exchange::sendAnswer()
{
    if (m_answer)
        m_sink->send(*m_answer);
    else
        m_sink->end();
    m_sink = nullptr;
}

/// The end of an exchange whose record is written.
void Exchange::leave()
{
    if (m_sink != nullptr)
        sendAnswer();
    finish(m_record.outcome);
}

void Exchange::upstreamFailed(UpstreamFailure failure, const QString &message)
{
    m_end = m_status != 0                     ? AnswerEnd::Broken
        : !m_transfer->hasSent()              ? AnswerEnd::NeverSent
        : failure == UpstreamFailure::Timeout ? AnswerEnd::Broken
                                              : AnswerEnd::Unanswered;
    const QString text = u"Provider %1: %2"_s.arg(QString::fromUtf8(m_record.provider), message);
    if (!m_hasBegun) {
        const bool isTimeout = failure == UpstreamFailure::Timeout;
        return fail({isTimeout ? 504 : 502, "server_error",
                        isTimeout ? "upstream_timeout"_ba : "upstream_unreachable"_ba, text},
            Outcome::UpstreamFailed);
    }
    m_record.note = text;
    // Too late for a status: the stream says so itself, in the caller's dialect, and is cut off so
    // that nobody takes it for a whole answer.
    if (isEventStream(m_headers))
        write(streamErrorEvent(text, m_route.dialect));
    m_sink->abort();
    m_sink = nullptr;
    finish(Outcome::UpstreamFailed);
}

void Exchange::clientGone()
{
    m_sink = nullptr;
    if (m_isRecorded)
        return leave();
    m_end = endOfAbandoned();
    m_record.note = u"The client left before the end of the answer"_s;
    finish(Outcome::ClientLeft);
}

AnswerEnd Exchange::endOfAbandoned() const
{
    const bool wasAsked = m_status != 0 || (m_transfer && m_transfer->hasSent());
    return wasAsked ? AnswerEnd::Abandoned : AnswerEnd::NeverSent;
}

void Exchange::shutDown()
{
    if (m_isRecorded)
        return leave(); // an ordinary end writes all that waits
    m_isShutDown = true;
    m_end = endOfAbandoned();
    if (m_sink != nullptr && !m_hasBegun)
        return fail({503, "server_error", "shutting_down", u"The gateway is stopping"_s},
            Outcome::UpstreamFailed);
    if (m_sink != nullptr)
        m_sink->abort();
    m_sink = nullptr;
    m_record.note = u"The gateway was stopped"_s;
    finish(Outcome::UpstreamFailed);
}

/// Step 6. Nothing for a request that was never admitted.
void Exchange::settle()
{
    if (!m_record.decision.isAdmitted() || m_handedOver == EngineTime::zero()
        || std::exchange(m_isSettled, true))
        return;
    const Spending::Settlement settlement = m_spending.settle(m_end);
    m_record.charge = settlement.charge;
    m_admission.settle(settlement.consumption);
}

void Exchange::seal(Outcome outcome, EngineTime now)
{
    m_record.outcome = outcome;
    m_record.duration = std::chrono::duration_cast<std::chrono::microseconds>(now - m_started);
    m_record.overhead = std::chrono::duration_cast<std::chrono::microseconds>(m_overhead);
}

void Exchange::finish(Outcome outcome)
{
    finish(outcome, m_worker.clock().now());
}

void Exchange::finish(Outcome outcome, EngineTime now)
{
    settle();
    if (m_isRecorded) {
        m_worker.show(m_record);
    } else {
        seal(outcome, now);
        m_worker.note(m_record);
    }
    if (m_bodies)
        m_worker.keep(m_bodies->take(m_record));
    m_worker.remove(*this); // destroys this
}

} // namespace sluice::gateway

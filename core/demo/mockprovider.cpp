// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demo/mockprovider.h"

#include "core/demo/mockanthropic.h"
#include "core/demo/mockopenai.h"
#include "core/demo/mockquestion.h"
#include "core/demo/mockresponses.h"

#include <QJsonDocument>

namespace sluice::demo {

using namespace Qt::StringLiterals;

namespace {

MockAnswer answerTo(const MockQuestion &question)
{
    switch (question.endpoint) {
    case MockEndpoint::ChatCompletions:
        return mockopenai::chat(question);
    case MockEndpoint::Completions:
        return mockopenai::completion(question);
    case MockEndpoint::Embeddings:
        return mockopenai::embeddings(question);
    case MockEndpoint::Responses:
        return mockresponses::response(question);
    case MockEndpoint::Messages:
        return mockanthropic::message(question);
    case MockEndpoint::CountTokens:
        return mockanthropic::countTokens(question);
    }
    Q_UNREACHABLE();
}

gateway::Response json(int status, const QByteArray &body)
{
    return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = body};
}

MockAnswer garbage(bool isStream)
{
    MockAnswer answer;
    answer.headers = {{"Content-Type", isStream ? "text/event-stream" : "application/json"}};
    const QByteArray noise =
        QByteArray::fromHex("00ff1b5b7b22c328a0a1e28228") + "data: {not json\n\n";
    if (isStream)
        answer.steps.assign(5, {.bytes = noise, .tokens = 0});
    else
        answer.body = noise.repeated(4);
    return answer;
}

MockReceipt receiptFor(const gateway::Request &request, const MockQuestion &question)
{
    MockReceipt receipt;
    receipt.key = gateway::headerValue(request.head.headers, "x-books-key");
    receipt.user = question.user;
    receipt.model = question.model;
    receipt.isStream = question.isStream;
    return receipt;
}

} // namespace

MockProvider::MockProvider(const MockOptions &options, MockBooks &books)
    : m_options(options), m_books(books), m_random(options.seed)
{
}

MockProvider::~MockProvider() = default;

std::optional<gateway::Response> MockProvider::checkHead(
    const gateway::RequestHead & /*head*/, const QHostAddress & /*peer*/)
{
    return std::nullopt;
}

void MockProvider::handle(gateway::Request &&request, gateway::ResponseSink &sink)
{
    if (answerOwnPaths(request, sink))
        return;
    m_books.requestCame();
    MockExchange::Plan next = plan(request, mockPath(request.head.target));
    const bool isSimple = next.delay.count() == 0 && next.answer.steps.empty()
        && next.ending == MockExchange::Ending::Proper;
    if (!isSimple) {
        new MockExchange(std::move(next), sink, m_books, this); // deletes itself
        return;
    }
    m_books.answered(next.path, next.answer.status);
    m_books.billed(next.answer.bill.input, next.answer.bill.output);
    if (next.receipt) {
        next.receipt->status = next.answer.status;
        next.receipt->bill = next.answer.bill;
        next.receipt->sentTokens = next.answer.bill.output;
        m_books.keep(*next.receipt);
    }
    sink.send({.status = next.answer.status,
        .headers = std::move(next.answer.headers),
        .body = std::move(next.answer.body)});
}

bool MockProvider::answerOwnPaths(
    const gateway::Request &request, gateway::ResponseSink &sink) const
{
    if (request.head.method != "GET" && request.head.method != "HEAD")
        return false;
    const QByteArray &target = request.head.target;
    if (target == "/health") {
        sink.send(json(200, R"({"status":"ok"})"));
        return true;
    }
    if (target == "/-/books") {
        sink.send(json(200, QJsonDocument(m_books.toJson()).toJson()));
        return true;
    }
    return false;
}

MockExchange::Plan MockProvider::plan(const gateway::Request &request, const QByteArray &path)
{
    MockExchange::Plan result;
    result.path = path;
    const auto jitter = static_cast<quint64>(m_options.jitter.count());
    result.delay =
        m_options.latency + std::chrono::milliseconds(m_random.below(jitter == 0 ? 0 : jitter + 1));
    result.chunkInterval = m_options.chunkInterval;
    const bool isModels = path == "/v1/models" || path.startsWith("/v1/models/");
    const std::optional<MockEndpoint> endpoint = mockEndpoint(path);
    if (isModels && request.head.method == "GET") {
        const bool isAnthropic =
            !gateway::headerValue(request.head.headers, "anthropic-version").isNull();
        result.answer.headers = {{"Content-Type", "application/json"}};
        result.answer.body = path != "/v1/models"
            ? mockopenai::model(QString::fromUtf8(path.sliced(11)))
            : isAnthropic ? mockanthropic::models()
                          : mockopenai::models();
        result.path = "/v1/models";
        return result;
    }
    if (!endpoint) {
        result.path = "other"; // the books must not grow with what strangers ask for
        result.answer = refusal(path, 404, u"Unknown request URL."_s, u"unknown_url"_s);
        return result;
    }
    if (request.head.method != "POST") {
        result.answer =
            refusal(path, 405, u"Only POST is allowed here."_s, u"method_not_allowed"_s);
        return result;
    }
    const auto read = readMockQuestion(*endpoint, request.body, m_options);
    if (const auto *complaint = std::get_if<MockComplaint>(&read)) {
        result.answer = refusal(path, 400, complaint->message, u"invalid_request"_s);
        return result;
    }
    const auto &question = std::get<MockQuestion>(read);
    m_books.questionUnderstood(question.user, question.model);
    if (m_options.keepsReceipts)
        result.receipt = receiptFor(request, question);
    if (m_random.chance(static_cast<quint64>(qMax(0, m_options.errorsPerMillion))))
        result.answer =
            refusal(path, 500, u"The mock failed at random, as asked."_s, u"server_error"_s);
    else
        applyModelName(result, question);
    return result;
}

void MockProvider::applyModelName(MockExchange::Plan &plan, const MockQuestion &question) const
{
    const QString &model = question.model;
    if (model == u"mock-401"_s) {
        plan.answer =
            refusal(plan.path, 401, u"Incorrect API key provided."_s, u"invalid_api_key"_s);
    } else if (model == u"mock-429"_s) {
        plan.answer = refusal(
            plan.path, 429, u"Rate limit reached for requests."_s, u"rate_limit_exceeded"_s);
        plan.answer.headers.push_back({"Retry-After", "7"});
    } else if (model == u"mock-500"_s) {
        plan.answer = refusal(plan.path, 500, u"The server had an error."_s, u"server_error"_s);
    } else if (model == u"mock-garbage"_s) {
        plan.answer = garbage(question.isStream);
    } else {
        plan.answer = answerTo(question);
    }
    if (model == u"mock-close"_s) {
        plan.ending = MockExchange::Ending::CutInHalf;
        plan.answer.bill.output = 0;
    }
    if (model == u"mock-slow"_s)
        plan.delay = m_options.slowLatency;
}

MockAnswer MockProvider::refusal(
    const QByteArray &path, int status, const QString &message, const QString &code) const
{
    MockAnswer answer;
    answer.status = status;
    answer.headers = {{"Content-Type", "application/json"}};
    answer.body = isAnthropicPath(path) ? mockanthropic::error(status, message)
                                        : mockopenai::error(status, message, code);
    return answer;
}

gateway::Response MockProvider::frontError(
    int status, QByteArrayView code, const QString &message, QByteArrayView target)
{
    const bool isAnthropic = !target.isEmpty() && isAnthropicPath(mockPath(target));
    return json(status,
        isAnthropic ? mockanthropic::error(status, message)
                    : mockopenai::error(status, message, QString::fromUtf8(code)));
}

} // namespace sluice::demo

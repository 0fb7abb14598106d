// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/pipeline/reply.h"

#include "core/gateway/pipeline/limitjson.h"
#include "core/insight/explain.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <array>
#include <charconv>

namespace sluice::gateway {

using namespace Qt::StringLiterals;
using config::Dialect;
using limits::Verdict;

namespace {

QString anthropicType(int status)
{
    switch (status) {
    case 401:
        return u"authentication_error"_s;
    case 403:
        return u"permission_error"_s;
    case 404:
        return u"not_found_error"_s;
    case 413:
        return u"request_too_large"_s;
    case 429:
        return u"rate_limit_error"_s;
    case 503:
        return u"overloaded_error"_s;
    default:
        return status >= 500 ? u"api_error"_s : u"invalid_request_error"_s;
    }
}

QJsonObject envelope(const Failure &failure, Dialect dialect, const QJsonObject &limit)
{
    QJsonObject error{{u"message"_s, failure.message},
        {u"type"_s,
            dialect == Dialect::Anthropic ? anthropicType(failure.status)
                                          : QString::fromUtf8(failure.type)},
        {u"code"_s, QString::fromUtf8(failure.code)}};
    if (dialect == Dialect::OpenAi)
        error.insert(u"param"_s, QJsonValue::Null);
    if (!limit.isEmpty())
        error.insert(u"limit"_s, limit);
    QJsonObject body{{u"error"_s, error}};
    if (dialect == Dialect::Anthropic)
        body.insert(u"type"_s, u"error"_s);
    return body;
}

Response jsonResponse(int status, const QJsonObject &body)
{
    return {status, {{"Content-Type", "application/json"}},
        QJsonDocument(body).toJson(QJsonDocument::Compact), false};
}

/// "sluice;dur=" and milliseconds with three decimals.
QByteArray serverTiming(std::chrono::nanoseconds ownTime)
{
    const qint64 micros = std::chrono::duration_cast<std::chrono::microseconds>(ownTime).count();
    std::array<char, 40> text{"sluice;dur="};
    char *at = std::to_chars(text.data() + 11, text.data() + 32, micros / 1000).ptr;
    *at++ = '.';
    for (const qint64 unit : {100, 10, 1})
        *at++ = char('0' + micros / unit % 10);
    return QByteArray(text.data(), at - text.data());
}

/// What clients know as a quota rather than a rate: waiting a little does not help.
bool isQuota(const limits::Limit &limit)
{
    const bool isWindow = limit.algorithm == limits::Algorithm::SlidingWindow
        || limit.algorithm == limits::Algorithm::CalendarWindow;
    return limit.unit != Unit::Request || (isWindow && !limit.isPolicy());
}

/// What an operation of the console says in place of a limit.
QJsonObject blockObject(const limits::Decision &decision)
{
    const limits::Block &block = *decision.block;
    return {{u"name"_s, u"block"_s},
        {u"segment"_s, QString::fromUtf8(config::segmentName(block.segment))},
        {u"value"_s, QString::fromUtf8(block.value)},
        {u"retry_after_ms"_s,
            block.until ? millisecondsJson(*block.until - decision.at)
                        : QJsonValue(QJsonValue::Null)}};
}

QJsonObject limitObject(const limits::Decision &decision, const QString &fileName)
{
    if (decision.block)
        return blockObject(decision);
    const limits::ChainLink *link = decision.bindingLink();
    if (link == nullptr)
        return {};
    QJsonObject json = limitJson(*link);
    json.insert(u"mode"_s, u"enforce"_s);
    json.insert(u"needed"_s, amountJson(link->limit->unit, link->cost));
    json.insert(u"retry_after_ms"_s,
        decision.verdict == Verdict::LimitReached ? millisecondsJson(decision.wait)
                                                  : QJsonValue(QJsonValue::Null));
    json.insert(u"source"_s, insight::sourceText(*link->limit, fileName));
    return json;
}

} // namespace

Response failureResponse(const Failure &failure, Dialect dialect)
{
    return jsonResponse(failure.status, envelope(failure, dialect, {}));
}

Failure refusalFailure(const limits::Decision &decision, const QString &fileName)
{
    const QString message = insight::refusalSentence(decision, fileName);
    switch (decision.verdict) {
    case Verdict::NeverFits:
        return {400, "invalid_request_error", "request_exceeds_limit", message};
    case Verdict::MissingSegment:
        return {400, "invalid_request_error", "missing_segment", message};
    case Verdict::NoRoom:
        return {503, "server_error", "limit_store_full", message};
    case Verdict::StoreDown:
        return {503, "server_error", "limit_store_unavailable", message};
    case Verdict::Unpriced:
        return {400, "invalid_request_error", "unpriced_model", message};
    case Verdict::Blocked:
        return {403, "invalid_request_error", "blocked", message};
    case Verdict::LimitReached:
        if (isQuota(*decision.bindingLink()->limit) && decision.wait > LongestRetry)
            return {429, "insufficient_quota", "insufficient_quota", message};
        break;
    case Verdict::SlotsTaken:
    case Verdict::Admitted:
        break;
    }
    return {429, "rate_limit_exceeded", "rate_limit_exceeded", message};
}

Response refusalResponse(const limits::Decision &decision, Dialect dialect, const QString &fileName)
{
    const Failure failure = refusalFailure(decision, fileName);
    QJsonObject body = envelope(failure, dialect, limitObject(decision, fileName));
    const limits::ChainLink *link = decision.bindingLink();
    // Clients written for policy headers read a top-level message.
    if (link != nullptr && link->limit->scope == limits::LimitScope::Header)
        body.insert(u"message"_s, failure.message);
    return jsonResponse(failure.status, body);
}

QByteArray streamErrorEvent(const QString &message, Dialect dialect)
{
    const Failure failure{502, "server_error", "upstream_broken", message};
    const QByteArray json =
        QJsonDocument(envelope(failure, dialect, {})).toJson(QJsonDocument::Compact);
    return dialect == Dialect::Anthropic ? QByteArray("event: error\ndata: " + json + "\n\n")
                                         : QByteArray("data: " + json + "\n\n");
}

void appendAnswerFields(const QByteArray &id, const QByteArray &externalId,
    std::chrono::nanoseconds ownTime, Headers &headers)
{
    headers.push_back({"helicone-id"_ba, id});
    headers.push_back({"x-request-id"_ba, externalId.isEmpty() ? id : externalId});
    headers.push_back({"Server-Timing"_ba, serverTiming(ownTime)});
}

Dialect dialectOf(QByteArrayView target)
{
    const QByteArray path = pathOf(target);
    return path.endsWith("/messages") || path.contains("/messages/") ? Dialect::Anthropic
                                                                     : Dialect::OpenAi;
}

} // namespace sluice::gateway

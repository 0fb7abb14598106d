// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demo/mockanthropic.h"

#include "core/demo/mocktext.h"

#include <QJsonDocument>

#include <array>

namespace sluice::demo::mockanthropic {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array<const char *, 2> ModelIds{"claude-sonnet-4-0", "claude-3-5-haiku-latest"};

QByteArray hex(quint64 seed)
{
    return QByteArray::number(seed, 16).rightJustified(16, '0');
}

QByteArray stopReason(const MockQuestion &question)
{
    return question.wasCut ? R"("max_tokens")" : R"("end_turn")";
}

QByteArray envelope(const MockQuestion &question, const QByteArray &content, const QByteArray &stop,
    qint64 outputTokens)
{
    return R"({"id":"msg_)" + hex(question.seed)
        + R"(","type":"message","role":"assistant","model":)" + jsonString(question.model)
        + ",\"content\":[" + content + "],\"stop_reason\":" + stop
        + R"(,"stop_sequence":null,"usage":{"input_tokens":)"
        + QByteArray::number(question.inputTokens - question.cachedInput - question.cacheWrite)
        + R"(,"cache_creation_input_tokens":)" + QByteArray::number(question.cacheWrite)
        + R"(,"cache_read_input_tokens":)" + QByteArray::number(question.cachedInput)
        + R"(,"cache_creation":{"ephemeral_5m_input_tokens":)"
        + QByteArray::number(question.cacheWrite - question.cacheWrite1h)
        + R"(,"ephemeral_1h_input_tokens":)" + QByteArray::number(question.cacheWrite1h)
        + R"(},"output_tokens":)" + QByteArray::number(outputTokens)
        + R"(,"service_tier":"standard"}})";
}

QByteArray event(const QByteArray &type, const QByteArray &fields)
{
    const QByteArray separator = fields.isEmpty() ? "" : ",";
    return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + separator + fields + "}\n\n";
}

void stream(MockAnswer &answer, const MockQuestion &question)
{
    const QByteArray start =
        event("message_start", "\"message\":" + envelope(question, {}, "null", 1))
        + event("content_block_start", R"("index":0,"content_block":{"type":"text","text":""})")
        + event("ping", {});
    answer.steps.push_back({.bytes = start, .tokens = 0});
    const QList<QByteArray> tokens = mockTokens(question.seed, question.outputTokens);
    for (const QByteArray &token : tokens)
        answer.steps.push_back(
            {.bytes = event("content_block_delta",
                 R"("index":0,"delta":{"type":"text_delta","text":")" + token + R"("})"),
                .tokens = 1});
    const QByteArray end = event("content_block_stop", "\"index\":0")
        + event("message_delta",
            "\"delta\":{\"stop_reason\":" + stopReason(question)
                + R"(,"stop_sequence":null},"usage":{"output_tokens":)"
                + QByteArray::number(question.allOutputTokens()) + "}")
        + event("message_stop", {});
    answer.steps.push_back({.bytes = end, .tokens = 0});
}

} // namespace

MockAnswer message(const MockQuestion &question)
{
    MockAnswer answer;
    answer.bill = question.bill();
    answer.headers = {
        {"Content-Type",
            question.isStream ? "text/event-stream; charset=utf-8" : "application/json"},
        {"request-id", "req_" + hex(question.seed)}};
    if (question.isStream) {
        stream(answer, question);
        return answer;
    }
    const QByteArray text = mockTokens(question.seed, question.outputTokens).join();
    answer.body = envelope(question, R"({"type":"text","text":")" + text + R"("})",
        stopReason(question), question.allOutputTokens());
    return answer;
}

MockAnswer countTokens(const MockQuestion &question)
{
    MockAnswer answer;
    answer.headers = {{"Content-Type", "application/json"}};
    answer.body = "{\"input_tokens\":" + QByteArray::number(question.inputTokens) + "}";
    return answer;
}

QByteArray models()
{
    QByteArray list;
    for (const char *id : ModelIds)
        list += (list.isEmpty() ? "" : ",") + QByteArray(R"({"type":"model","id":")") + id
            + R"(","display_name":")" + id + R"(","created_at":"2025-10-09T00:00:00Z"})";
    return "{\"data\":[" + list + R"(],"has_more":false,"first_id":")" + ModelIds.front()
        + R"(","last_id":")" + ModelIds.back() + R"("})";
}

QByteArray error(int status, const QString &message)
{
    QString type = u"invalid_request_error"_s;
    if (status == 401)
        type = u"authentication_error"_s;
    else if (status == 404)
        type = u"not_found_error"_s;
    else if (status == 429)
        type = u"rate_limit_error"_s;
    else if (status >= 500)
        type = u"api_error"_s;
    const QJsonObject inner{{u"type"_s, type}, {u"message"_s, message}};
    return QJsonDocument(QJsonObject{{u"type"_s, u"error"_s}, {u"error"_s, inner}})
        .toJson(QJsonDocument::Compact);
}

} // namespace sluice::demo::mockanthropic

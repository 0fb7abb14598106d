// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demo/mockopenai.h"

#include "core/demo/mocktext.h"
#include "core/demo/seededrandom.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QtEndian>

#include <array>
#include <bit>

namespace sluice::demo::mockopenai {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array<const char *, 4> ModelIds{
    "gpt-4o", "gpt-4o-mini", "gpt-4.1-mini", "text-embedding-3-small"};

QByteArray hex(quint64 seed)
{
    return QByteArray::number(seed, 16).rightJustified(16, '0');
}

QByteArray finishReason(const MockQuestion &question)
{
    return question.wasCut ? "\"length\""_ba : "\"stop\""_ba;
}

/// Everything of a chunk or a whole answer up to its choices.
QByteArray preamble(const MockQuestion &question, const char *prefix, const char *object)
{
    return "{\"id\":\"" + QByteArray(prefix) + hex(question.seed) + "\",\"object\":\"" + object
        + "\",\"created\":" + QByteArray::number(MockCreated) + ",\"model\":"
        + jsonString(question.model) + ",\"system_fingerprint\":\"fp_mock\",\"choices\":[";
}

struct StreamShape
{
    QByteArray head; ///< preamble of each chunk
    QByteArray tail; ///< closes each chunk
};

StreamShape streamShape(const MockQuestion &question, const char *prefix, const char *object)
{
    const QByteArray noUsage = question.includesUsage ? ",\"usage\":null"_ba : ""_ba;
    return {.head = "data: " + preamble(question, prefix, object), .tail = "]" + noUsage + "}\n\n"};
}

/// The last events of a stream: the usage chunk, if asked for, and the end mark.
void closeStream(MockAnswer &answer, const MockQuestion &question, const StreamShape &shape)
{
    answer.steps.front().tokens += int(question.reasoningTokens); // thought of before it is said
    QByteArray last;
    if (question.includesUsage)
        last = shape.head + "],\"usage\":" + usage(question.bill()) + "}\n\n";
    answer.steps.push_back({.bytes = last + "data: [DONE]\n\n", .tokens = 0});
}

QByteArray chatDelta(int index, const QByteArray &delta, const QByteArray &finish)
{
    return "{\"index\":" + QByteArray::number(index) + ",\"delta\":" + delta
        + ",\"logprobs\":null,\"finish_reason\":" + finish + "}";
}

void streamChat(MockAnswer &answer, const MockQuestion &question)
{
    const StreamShape shape = streamShape(question, "chatcmpl-", "chat.completion.chunk");
    for (int index = 0; index < question.choices; ++index) {
        const QByteArray first =
            chatDelta(index, R"({"role":"assistant","content":"","refusal":null})", "null");
        answer.steps.push_back({.bytes = shape.head + first + shape.tail, .tokens = 0});
        const QList<QByteArray> tokens =
            mockTokens(question.seed + static_cast<quint64>(index), question.outputTokens);
        for (const QByteArray &token : tokens) {
            const QByteArray delta = chatDelta(index, "{\"content\":\"" + token + "\"}", "null");
            answer.steps.push_back({.bytes = shape.head + delta + shape.tail, .tokens = 1});
        }
        const QByteArray last = chatDelta(index, "{}", finishReason(question));
        answer.steps.push_back({.bytes = shape.head + last + shape.tail, .tokens = 0});
    }
    closeStream(answer, question, shape);
}

QByteArray textChoice(int index, const QByteArray &text, const QByteArray &finish)
{
    return "{\"index\":" + QByteArray::number(index) + ",\"text\":\"" + text
        + "\",\"logprobs\":null,\"finish_reason\":" + finish + "}";
}

void streamCompletion(MockAnswer &answer, const MockQuestion &question)
{
    const StreamShape shape = streamShape(question, "cmpl-", "text_completion");
    for (int index = 0; index < question.choices; ++index) {
        const QList<QByteArray> tokens =
            mockTokens(question.seed + static_cast<quint64>(index), question.outputTokens);
        for (const QByteArray &token : tokens) {
            const QByteArray choice = textChoice(index, token, "null");
            answer.steps.push_back({.bytes = shape.head + choice + shape.tail, .tokens = 1});
        }
        const QByteArray last = textChoice(index, {}, finishReason(question));
        answer.steps.push_back({.bytes = shape.head + last + shape.tail, .tokens = 0});
    }
    closeStream(answer, question, shape);
}

MockAnswer begin(const MockQuestion &question)
{
    MockAnswer answer;
    answer.bill = question.bill();
    answer.headers = {
        {"Content-Type",
            question.isStream ? "text/event-stream; charset=utf-8" : "application/json"},
        {"x-request-id", "req_" + hex(question.seed)}, {"openai-version", "2020-10-01"}};
    return answer;
}

QByteArray floatArray(const std::vector<float> &values)
{
    QByteArray text = "[";
    for (const float value : values)
        text += QByteArray::number(static_cast<double>(value), 'f', 6) + ',';
    text.back() = ']';
    return text;
}

/// OpenAI's base64 form: little-endian 32-bit floats. The official SDKs ask for it by default.
QByteArray floatBase64(const std::vector<float> &values)
{
    QByteArray raw(static_cast<qsizetype>(values.size() * sizeof(float)), Qt::Uninitialized);
    for (size_t i = 0; i < values.size(); ++i)
        qToLittleEndian(std::bit_cast<quint32>(values[i]), raw.data() + i * sizeof(float));
    return '"' + raw.toBase64() + '"';
}

std::vector<float> vectorFor(const QString &text, quint64 seed, size_t dimensions)
{
    SeededRandom random(seedFor(text.toUtf8(), seed));
    std::vector<float> values(dimensions);
    for (float &value : values)
        value = (static_cast<float>(random.below(2'000'001)) - 1'000'000.0F) / 20'000'000.0F;
    return values;
}

} // namespace

QByteArray usage(const MockBill &bill)
{
    return "{\"prompt_tokens\":" + QByteArray::number(bill.input)
        + ",\"completion_tokens\":" + QByteArray::number(bill.output)
        + ",\"total_tokens\":" + QByteArray::number(bill.input + bill.output)
        + R"(,"prompt_tokens_details":{"cached_tokens":)" + QByteArray::number(bill.cachedInput)
        + R"(,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":)"
        + QByteArray::number(bill.reasoning)
        + R"(,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}})";
}

MockAnswer chat(const MockQuestion &question)
{
    MockAnswer answer = begin(question);
    if (question.isStream) {
        streamChat(answer, question);
        return answer;
    }
    answer.body = preamble(question, "chatcmpl-", "chat.completion");
    for (int index = 0; index < question.choices; ++index) {
        const QList<QByteArray> tokens =
            mockTokens(question.seed + static_cast<quint64>(index), question.outputTokens);
        answer.body += (index > 0 ? ",{" : "{") + QByteArray("\"index\":")
            + QByteArray::number(index) + R"(,"message":{"role":"assistant","content":")"
            + tokens.join() + R"(","refusal":null,"annotations":[]},"logprobs":null,)"
            + "\"finish_reason\":" + finishReason(question) + "}";
    }
    answer.body += "],\"usage\":" + usage(question.bill()) + R"(,"service_tier":"default"})";
    return answer;
}

MockAnswer completion(const MockQuestion &question)
{
    MockAnswer answer = begin(question);
    if (question.isStream) {
        streamCompletion(answer, question);
        return answer;
    }
    answer.body = preamble(question, "cmpl-", "text_completion");
    for (int index = 0; index < question.choices; ++index) {
        const QList<QByteArray> tokens =
            mockTokens(question.seed + static_cast<quint64>(index), question.outputTokens);
        answer.body +=
            (index > 0 ? "," : "") + textChoice(index, tokens.join(), finishReason(question));
    }
    answer.body += "],\"usage\":" + usage(question.bill()) + "}";
    return answer;
}

MockAnswer embeddings(const MockQuestion &question)
{
    MockAnswer answer = begin(question);
    answer.bill = {.input = question.inputTokens};
    const QJsonValue input = question.body.value(u"input"_s);
    const QJsonArray texts = input.isArray() ? input.toArray() : QJsonArray{input};
    const auto dimensions =
        static_cast<size_t>(qBound(1, question.body.value(u"dimensions"_s).toInt(1536), 4096));
    const bool isBase64 = question.body.value(u"encoding_format"_s).toString() == u"base64"_s;
    answer.body = R"({"object":"list","data":[)";
    for (int index = 0; index < texts.size(); ++index) {
        const auto values = vectorFor(texts.at(index).toString(), question.seed, dimensions);
        answer.body += (index > 0 ? ",{" : "{") + QByteArray(R"("object":"embedding","index":)")
            + QByteArray::number(index)
            + ",\"embedding\":" + (isBase64 ? floatBase64(values) : floatArray(values)) + "}";
    }
    const QByteArray input64 = QByteArray::number(question.inputTokens);
    answer.body += "],\"model\":" + jsonString(question.model)
        + ",\"usage\":{\"prompt_tokens\":" + input64 + ",\"total_tokens\":" + input64 + "}}";
    return answer;
}

QByteArray model(const QString &id)
{
    return "{\"id\":" + jsonString(id) + ",\"object\":\"model\",\"created\":"
        + QByteArray::number(MockCreated) + ",\"owned_by\":\"mock\"}";
}

QByteArray models()
{
    QByteArray list;
    for (const char *id : ModelIds)
        list += (list.isEmpty() ? "" : ",") + model(QString::fromLatin1(id));
    return R"({"object":"list","data":[)" + list + "]}";
}

QByteArray error(int status, const QString &message, const QString &code)
{
    const QString type = status == 429 ? u"requests"_s
        : status >= 500                ? u"server_error"_s
                                       : u"invalid_request_error"_s;
    const QJsonObject inner{{u"message"_s, message}, {u"type"_s, type},
        {u"param"_s, QJsonValue::Null}, {u"code"_s, code}};
    return QJsonDocument(QJsonObject{{u"error"_s, inner}}).toJson(QJsonDocument::Compact);
}

} // namespace sluice::demo::mockopenai

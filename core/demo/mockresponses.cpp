// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demo/mockresponses.h"

#include "core/demo/mocktext.h"

namespace sluice::demo::mockresponses {

using namespace Qt::StringLiterals;

namespace {

QByteArray hex(quint64 seed)
{
    return QByteArray::number(seed, 16).rightJustified(16, '0');
}

QByteArray textPart(const QByteArray &text)
{
    return R"({"type":"output_text","text":")" + text + R"(","annotations":[],"logprobs":[]})";
}

QByteArray outputItem(const MockQuestion &question, const char *status, const QByteArray &parts)
{
    return R"({"type":"message","id":"msg_)" + hex(question.seed) + R"(","status":")" + status
        + R"(","role":"assistant","content":[)" + parts + "]}";
}

QByteArray usage(const MockBill &bill)
{
    return "{\"input_tokens\":" + QByteArray::number(bill.input)
        + R"(,"input_tokens_details":{"cached_tokens":)" + QByteArray::number(bill.cachedInput)
        + R"(},"output_tokens":)" + QByteArray::number(bill.output)
        + R"(,"output_tokens_details":{"reasoning_tokens":)" + QByteArray::number(bill.reasoning)
        + R"(},"total_tokens":)" + QByteArray::number(bill.input + bill.output) + "}";
}

QByteArray envelope(const MockQuestion &question, const QByteArray &status,
    const QByteArray &output, const QByteArray &usageJson)
{
    const QByteArray incomplete =
        status == "incomplete" ? R"({"reason":"max_output_tokens"})" : "null";
    return R"({"id":"resp_)" + hex(question.seed) + R"(","object":"response","created_at":)"
        + QByteArray::number(MockCreated) + R"(,"status":")" + status
        + R"(","error":null,"incomplete_details":)" + incomplete
        + R"(,"instructions":null,"metadata":{},"model":)" + jsonString(question.model)
        + ",\"output\":[" + output
        + R"(],"parallel_tool_calls":true,"previous_response_id":null,"store":false,)"
          R"("temperature":1.0,"text":{"format":{"type":"text"}},"tool_choice":"auto",)"
          R"("tools":[],"top_p":1.0,"truncation":"disabled","usage":)"
        + usageJson + "}";
}

/// Numbers and frames the events of one stream.
class EventWriter
{
public:
    explicit EventWriter(MockAnswer &answer) : m_answer(answer) { }

    /// fields: JSON members without braces.
    void add(const QByteArray &type, const QByteArray &fields, int tokens = 0)
    {
        m_answer.steps.push_back(
            {.bytes = "event: " + type + "\ndata: {\"type\":\"" + type + "\",\"sequence_number\":"
                    + QByteArray::number(m_sequence++) + "," + fields + "}\n\n",
                .tokens = tokens});
    }

private:
    MockAnswer &m_answer;
    int m_sequence = 0;
};

void stream(MockAnswer &answer, const MockQuestion &question, const QByteArray &finalStatus)
{
    const QList<QByteArray> tokens = mockTokens(question.seed, question.outputTokens);
    const QByteArray text = tokens.join();
    const QByteArray place =
        R"("item_id":"msg_)" + hex(question.seed) + R"(","output_index":0,"content_index":0)";
    const QByteArray started = "\"response\":" + envelope(question, "in_progress", {}, "null");
    const auto thought = int(question.reasoningTokens);
    const QByteArray whole = outputItem(question, "completed", textPart(text));
    EventWriter events(answer);
    events.add("response.created", started);
    events.add("response.in_progress", started, thought);
    events.add("response.output_item.added",
        R"("output_index":0,"item":)" + outputItem(question, "in_progress", {}));
    events.add("response.content_part.added", place + ",\"part\":" + textPart({}));
    for (const QByteArray &token : tokens)
        events.add(
            "response.output_text.delta", place + R"(,"logprobs":[],"delta":")" + token + '"', 1);
    events.add("response.output_text.done", place + R"(,"logprobs":[],"text":")" + text + '"');
    events.add("response.content_part.done", place + ",\"part\":" + textPart(text));
    events.add("response.output_item.done", R"("output_index":0,"item":)" + whole);
    events.add("response." + finalStatus,
        "\"response\":" + envelope(question, finalStatus, whole, usage(question.bill())));
}

} // namespace

MockAnswer response(const MockQuestion &question)
{
    MockAnswer answer;
    answer.bill = question.bill();
    answer.headers = {
        {"Content-Type",
            question.isStream ? "text/event-stream; charset=utf-8" : "application/json"},
        {"x-request-id", "req_" + hex(question.seed)}};
    const QByteArray status = question.wasCut ? "incomplete" : "completed";
    if (question.isStream) {
        stream(answer, question, status);
        return answer;
    }
    const QByteArray text = mockTokens(question.seed, question.outputTokens).join();
    answer.body = envelope(question, status, outputItem(question, "completed", textPart(text)),
        usage(question.bill()));
    return answer;
}

} // namespace sluice::demo::mockresponses

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demo/mockquestion.h"

#include "core/demo/mocktext.h"
#include "core/demo/seededrandom.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <array>

namespace sluice::demo {

using namespace Qt::StringLiterals;

namespace {

constexpr int MaxChoices = 8;

struct PathRow
{
    const char *path;
    MockEndpoint endpoint;
};

constexpr std::array<PathRow, 6> Paths{{
    {"/v1/chat/completions", MockEndpoint::ChatCompletions},
    {"/v1/completions", MockEndpoint::Completions},
    {"/v1/embeddings", MockEndpoint::Embeddings},
    {"/v1/responses", MockEndpoint::Responses},
    {"/v1/messages", MockEndpoint::Messages},
    {"/v1/messages/count_tokens", MockEndpoint::CountTokens},
}};

/// All text in a message's content, however it is nested.
qint64 textLength(const QJsonValue &value, int depth = 0)
{
    if (value.isString())
        return value.toString().size();
    if (depth > 8)
        return 0;
    qint64 sum = 0;
    if (value.isArray()) {
        const QJsonArray items = value.toArray();
        for (const auto &item : items)
            sum += textLength(item, depth + 1);
    } else if (value.isObject()) {
        const QJsonObject object = value.toObject();
        for (const QString &key : {u"content"_s, u"text"_s, u"input"_s})
            sum += textLength(object.value(key), depth + 1);
    }
    return sum;
}

/// About four characters a token and a few for each message, as real tokenizers come out.
qint64 countInput(const QJsonObject &body)
{
    qint64 characters = 0;
    for (const QString &key :
        {u"messages"_s, u"system"_s, u"prompt"_s, u"input"_s, u"instructions"_s})
        characters += textLength(body.value(key));
    return (characters + 3) / 4 + 4 * qMax<qint64>(1, body.value(u"messages"_s).toArray().size());
}

QString missingField(MockEndpoint endpoint, const QJsonObject &body)
{
    const auto lacks = [&](const QString &key) { return body.value(key).isUndefined(); };
    switch (endpoint) {
    case MockEndpoint::Messages:
        if (lacks(u"max_tokens"_s))
            return u"max_tokens"_s;
        [[fallthrough]];
    case MockEndpoint::CountTokens:
    case MockEndpoint::ChatCompletions:
        return body.value(u"messages"_s).isArray() ? QString() : u"messages"_s;
    case MockEndpoint::Completions:
        return lacks(u"prompt"_s) ? u"prompt"_s : QString();
    case MockEndpoint::Embeddings:
    case MockEndpoint::Responses:
        return lacks(u"input"_s) ? u"input"_s : QString();
    }
    return {};
}

void applyMaximum(MockQuestion &question, const MockOptions &options)
{
    question.outputTokens = qMax(1, options.tokens);
    for (const QString &key :
        {u"max_tokens"_s, u"max_completion_tokens"_s, u"max_output_tokens"_s}) {
        const int maximum = question.body.value(key).toInt(0);
        if (maximum > 0 && maximum < question.outputTokens) {
            question.outputTokens = maximum;
            question.wasCut = true;
        }
    }
}

/// Makes one request unlike another, as far as its endpoint can.
void vary(MockQuestion &question, const MockOptions &options)
{
    SeededRandom random(question.seed);
    const int longest = question.outputTokens;
    question.outputTokens = 1 + int(random.below(quint64(longest)));
    if (random.below(3) == 0)
        question.cachedInput = qint64(random.below(quint64(question.inputTokens) + 1));
    if (question.endpoint == MockEndpoint::Messages) {
        if (random.below(3) == 0)
            question.cacheWrite =
                qint64(random.below(quint64(question.inputTokens - question.cachedInput) + 1));
        question.cacheWrite1h = qint64(random.below(quint64(question.cacheWrite) + 1));
    } else if (random.below(4) == 0) {
        question.reasoningTokens = qint64(random.below(quint64(options.tokens)));
    }
}

} // namespace

QByteArray mockPath(QByteArrayView target)
{
    const qsizetype query = target.indexOf('?');
    QByteArray path = (query < 0 ? target : target.first(query)).toByteArray();
    if (!path.startsWith("/v1/") && !path.startsWith("/-/"))
        path.prepend("/v1");
    return path;
}

std::optional<MockEndpoint> mockEndpoint(QByteArrayView path)
{
    for (const PathRow &row : Paths) {
        if (path == QByteArrayView(row.path))
            return row.endpoint;
    }
    return std::nullopt;
}

bool isAnthropicPath(QByteArrayView path)
{
    return path.startsWith("/v1/messages");
}

std::variant<MockQuestion, MockComplaint> readMockQuestion(
    MockEndpoint endpoint, const QByteArray &body, const MockOptions &options)
{
    const QJsonDocument document = QJsonDocument::fromJson(body);
    if (!document.isObject())
        return MockComplaint{u"The body is not a JSON object."_s};
    MockQuestion question;
    question.endpoint = endpoint;
    question.body = document.object();
    question.model = question.body.value(u"model"_s).toString();
    if (question.model.isEmpty())
        return MockComplaint{u"You must provide a model."_s};
    const QString missing = missingField(endpoint, question.body);
    if (!missing.isEmpty())
        return MockComplaint{u"Missing required parameter: '%1'."_s.arg(missing)};
    const bool isAnthropic = endpoint == MockEndpoint::Messages;
    const QJsonValue user = isAnthropic
        ? question.body.value(u"metadata"_s).toObject().value(u"user_id"_s)
        : question.body.value(u"user"_s);
    question.user = user.toString().toUtf8();
    const QJsonValue seed = question.body.value(u"seed"_s);
    question.seed =
        seedFor(seed.isDouble() ? QByteArray::number(seed.toInteger()) : body, options.seed);
    question.inputTokens = countInput(question.body);
    question.isStream = question.body.value(u"stream"_s).toBool()
        && endpoint != MockEndpoint::Embeddings && endpoint != MockEndpoint::CountTokens;
    question.includesUsage =
        question.body.value(u"stream_options"_s).toObject().value(u"include_usage"_s).toBool();
    const bool hasChoices =
        endpoint == MockEndpoint::ChatCompletions || endpoint == MockEndpoint::Completions;
    question.choices = hasChoices ? qBound(1, question.body.value(u"n"_s).toInt(1), MaxChoices) : 1;
    applyMaximum(question, options);
    const bool hasText =
        endpoint != MockEndpoint::Embeddings && endpoint != MockEndpoint::CountTokens;
    if (options.variesTokens && hasText)
        vary(question, options);
    return question;
}

} // namespace sluice::demo

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/pipeline/forwarding.h"

#include <algorithm>
#include <array>

namespace sluice::gateway {

using namespace Qt::StringLiterals;
using config::Dialect;

namespace {

// RFC 9110 7.6.1 and the proxy fields of RFC 9112; plus what this hop decides itself.
constexpr std::array<QByteArrayView, 9> HopByHop{"connection", "keep-alive", "proxy-connection",
    "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade"};
constexpr std::array<QByteArrayView, 5> NotForwarded{
    "host", "content-length", "accept-encoding", "expect", "origin"};
constexpr QByteArrayView HeliconePrefix = "helicone-";

bool isOneOf(QByteArrayView name, const auto &names)
{
    return std::any_of(names.begin(), names.end(),
        [name](QByteArrayView other) { return sameHeaderName(name, other); });
}

bool isNamed(QByteArrayView name, QByteArrayView other)
{
    return sameHeaderName(name, other);
}

bool isHeliconeField(QByteArrayView name)
{
    return name.size() > HeliconePrefix.size()
        && name.first(HeliconePrefix.size()).compare(HeliconePrefix, Qt::CaseInsensitive) == 0;
}

bool isCredential(QByteArrayView name)
{
    return isNamed(name, "authorization") || isNamed(name, "x-api-key");
}

/// The field names that `Connection` declares to be hop-by-hop.
QList<QByteArray> connectionNames(const Headers &headers)
{
    QList<QByteArray> names;
    for (const Header &header : headers) {
        if (isNamed(header.name, "connection"))
            for (const QByteArray &name : header.value.split(','))
                names.append(name.trimmed());
    }
    return names;
}

Failure badRequest(QByteArray code, const QString &message)
{
    return {400, "invalid_request_error", std::move(code), message};
}

/// "openai/gpt-4o" -> provider and bare model, if the prefix is a configured provider.
std::shared_ptr<const ProviderTarget> prefixedProvider(
    const QByteArray &model, const Snapshot &snapshot, QByteArray &bare)
{
    const qsizetype slash = model.indexOf('/');
    if (slash <= 0)
        return nullptr;
    auto provider = snapshot.findProvider(QByteArrayView(model).first(slash));
    if (provider)
        bare = model.sliced(slash + 1);
    return provider;
}

bool speaks(const ProviderTarget &target, const Route &route)
{
    return target.provider.dialect == route.dialect || route.endpoint == "models";
}

std::variant<Choice, Failure> chooseUnified(
    const Route &route, const BodyPeek &body, const Snapshot &snapshot)
{
    Choice choice{nullptr, body.model, 1};
    choice.target = prefixedProvider(body.model, snapshot, choice.model);
    if (!choice.target)
        choice.target = snapshot.findProviderOf(body.model);
    if (!choice.target)
        return badRequest("unknown_provider",
            u"No configured provider offers the model \"%1\". Write provider/model, or add it to "
            u"the models of a provider"_s.arg(QString::fromUtf8(body.model)));
    if (!speaks(*choice.target, route))
        return badRequest("dialect_not_supported",
            u"Provider %1 does not speak this API; use its own path /%1/..."_s.arg(
                QString::fromUtf8(choice.target->provider.name)));
    return choice;
}

const RouterTarget::Weighted *drawByWeight(
    const std::vector<const RouterTarget::Weighted *> &candidates, QRandomGenerator &random)
{
    qint64 total = 0;
    for (const auto *candidate : candidates)
        total += candidate->weight;
    if (total <= 0)
        return candidates.front();
    auto at = static_cast<qint64>(random.generate64() % static_cast<quint64>(total));
    for (const auto *candidate : candidates) {
        at -= candidate->weight;
        if (at < 0)
            return candidate;
    }
    return candidates.back();
}

/// Takes those without a price out of the rotation, unless that would leave none: limits then say
/// what is wrong.
void keepPriced(std::vector<const RouterTarget::Weighted *> &candidates, const QByteArray &model,
    const Snapshot &snapshot, std::chrono::milliseconds wallTime)
{
    const auto isPriced = [&](const RouterTarget::Weighted *candidate) {
        return snapshot.priceOf(candidate->target->provider, model, wallTime) != nullptr;
    };
    if (std::any_of(candidates.begin(), candidates.end(), isPriced))
        std::erase_if(candidates, [&](const auto *candidate) { return !isPriced(candidate); });
}

std::variant<Choice, Failure> chooseInRouter(const Route &route, const BodyPeek &body,
    const Snapshot &snapshot, QRandomGenerator &random,
    std::optional<std::chrono::milliseconds> pricedAt)
{
    QByteArray bare = body.model;
    const auto named = prefixedProvider(body.model, snapshot, bare);
    const QString router = QString::fromUtf8(route.router->name);
    std::vector<const RouterTarget::Weighted *> candidates;
    bool hasNamed = false;
    for (const RouterTarget::Weighted &weighted : route.router->targets) {
        if (named && weighted.target->provider.name != named->provider.name)
            continue;
        hasNamed = true;
        if (speaks(*weighted.target, route) || route.router->targets.size() == 1)
            candidates.push_back(&weighted);
    }
    if (named && !hasNamed)
        return badRequest("unknown_provider",
            u"Router %1 has no provider \"%2\""_s.arg(
                router, QString::fromUtf8(named->provider.name)));
    if (candidates.empty())
        return badRequest(
            "dialect_not_supported", u"No provider of router %1 speaks this API"_s.arg(router));
    if (pricedAt)
        keepPriced(candidates, bare, snapshot, *pricedAt);
    return Choice{drawByWeight(candidates, random)->target, bare,
        static_cast<int>(route.router->targets.size())};
}

QByteArray upstreamUrl(const Route &route, const ProviderTarget &target)
{
    if (route.kind == Route::Kind::Direct)
        return target.provider.baseUrl + route.rest + route.query;
    return target.provider.baseUrl + target.apiPrefix + route.endpoint + route.query;
}

void rewriteModel(QByteArray &body, const BodyPeek &peek, const QByteArray &model)
{
    if (peek.modelAt >= 0 && model != peek.model)
        body.replace(peek.modelAt, peek.modelSize, model);
}

/// Puts `"stream_options":{"include_usage":true}` into the body, whatever of it is there already.
void askForUsage(QByteArray &body, const BodyPeek &peek)
{
    using Form = StreamOptions::Form;
    constexpr QByteArrayView Member(R"("include_usage":true)");
    const StreamOptions &options = peek.streamOptions;
    switch (options.form) {
    case Form::Absent:
        body.insert(peek.end, QByteArrayView(R"(,"stream_options":{"include_usage":true})"));
        break;
    case Form::Null:
        body.replace(options.at, options.size, R"({"include_usage":true})");
        break;
    case Form::Empty:
        body.insert(options.at + 1, Member);
        break;
    case Form::WithoutUsage:
        body.insert(options.at + 1, Member.toByteArray() + ',');
        break;
    case Form::WithUsage:
        body.replace(options.at, options.size, "true");
        break;
    case Form::Unfit:
        break;
    }
}

/// Makes the changes from the back, so that the places of the others stay.
void rewriteBody(
    QByteArray &body, const Route &route, const BodyPeek &peek, const Choice &choice, bool asks)
{
    const bool isBehindModel = peek.streamOptions.at < 0 || peek.streamOptions.at > peek.modelAt;
    if (asks && isBehindModel)
        askForUsage(body, peek);
    if (route.kind != Route::Kind::Direct)
        rewriteModel(body, peek, choice.model);
    if (asks && !isBehindModel)
        askForUsage(body, peek);
}

Headers forwardedHeaders(const Headers &received, bool passCredentials)
{
    const QList<QByteArray> named = connectionNames(received);
    Headers headers;
    headers.reserve(received.size() + 2);
    for (const Header &header : received) {
        const QByteArrayView name = header.name;
        if (isOneOf(name, HopByHop) || isOneOf(name, NotForwarded) || isOneOf(name, named)
            || isHeliconeField(name) || (isCredential(name) && !passCredentials))
            continue;
        headers.push_back(header);
    }
    return headers;
}

bool hasCredential(const Headers &headers)
{
    return std::any_of(headers.begin(), headers.end(),
        [](const Header &header) { return isCredential(header.name); });
}

/// What becomes of the credentials; see spec http, "Who is calling", 2.
class Credentials
{
public:
    Credentials(const Caller &caller, const Choice &choice, const Snapshot &snapshot)
        : m_target(*choice.target), m_authentication(snapshot.configuration().authentication)
    {
        const bool hasSecret = !m_target.secret.isEmpty();
        const bool mayPassOwn = choice.candidates == 1;
        m_passOwn = mayPassOwn && (caller.bringsOwnKey || (!m_authentication && !hasSecret));
    }

    [[nodiscard]] bool passesOwn() const { return m_passOwn; }

    /// Whether there is anything to send the provider, if one is needed. Received headers.
    [[nodiscard]] std::optional<Failure> check(const Headers &headers) const
    {
        // Local providers need no key, and with authentication off the provider itself answers.
        if (!m_target.secret.isEmpty() || !m_authentication || m_target.provider.apiKeyEnv.isEmpty()
            || (m_passOwn && hasCredential(forwardedHeaders(headers, true))))
            return std::nullopt;
        return Failure{401, "invalid_request_error", "provider_key_not_found",
            u"The gateway has no key for provider %1: set the environment variable %2, or send "
            u"your own with Helicone-Auth for the gateway key"_s.arg(
                QString::fromUtf8(m_target.provider.name),
                QString::fromUtf8(m_target.provider.apiKeyEnv))};
    }

    /// Adds the provider's secret, if any, unless the client's own credential goes along.
    void append(Headers &headers) const
    {
        if (m_target.secret.isEmpty() || hasCredential(headers))
            return;
        if (m_target.provider.dialect == Dialect::Anthropic)
            headers.push_back({"x-api-key"_ba, m_target.secret});
        else
            headers.push_back({"Authorization"_ba, m_target.bearer});
    }

private:
    const ProviderTarget &m_target;
    bool m_authentication;
    bool m_passOwn = false;
};

} // namespace

std::variant<Choice, Failure> chooseProvider(const Route &route, const BodyPeek &body,
    const Snapshot &snapshot, QRandomGenerator &random,
    std::optional<std::chrono::milliseconds> pricedAt)
{
    switch (route.kind) {
    case Route::Kind::Unified:
        return chooseUnified(route, body, snapshot);
    case Route::Kind::Router:
        return chooseInRouter(route, body, snapshot, random, pricedAt);
    default:
        return Choice{route.provider, body.model, 1};
    }
}

std::optional<Failure> checkCredential(
    const Headers &headers, const Caller &caller, const Choice &choice, const Snapshot &snapshot)
{
    return Credentials(caller, choice, snapshot).check(headers);
}

bool mustAskForUsage(const Route &route, const BodyPeek &body, const Choice &choice)
{
    return body.isStream && !body.streamOptions.includesUsage
        && body.streamOptions.form != StreamOptions::Form::Unfit
        && choice.target->provider.injectsUsage
        && choice.target->provider.dialect == Dialect::OpenAi && route.isFor("completions");
}

UpstreamRequest buildUpstreamRequest(Request &&request, const Route &route, const Caller &caller,
    const BodyPeek &body, const Choice &choice, const Snapshot &snapshot, bool asksForUsage)
{
    const config::Provider &provider = choice.target->provider;
    const Credentials credentials(caller, choice, snapshot);
    UpstreamRequest upstream;
    upstream.method = request.head.method;
    upstream.url = upstreamUrl(route, *choice.target);
    upstream.headers = forwardedHeaders(request.head.headers, credentials.passesOwn());
    credentials.append(upstream.headers);
    if (provider.dialect == Dialect::Anthropic
        && headerValue(upstream.headers, "anthropic-version").isNull())
        upstream.headers.push_back(
            {"anthropic-version", provider.version.isEmpty() ? "2023-06-01"_ba : provider.version});
    upstream.body = std::move(request.body);
    rewriteBody(upstream.body, route, body, choice, asksForUsage);
    upstream.connectTimeout = provider.connectTimeout;
    upstream.timeout = provider.timeout;
    return upstream;
}

Headers clientHeaders(
    Headers &&upstream, const QByteArray &provider, const config::ResponseHeaders &options)
{
    const QList<QByteArray> named = connectionNames(upstream);
    QByteArray providerRequestId;
    Headers headers;
    headers.reserve(upstream.size() + 12);
    for (Header &header : upstream) {
        const QByteArrayView name = header.name;
        if (isNamed(name, "x-request-id") || isNamed(name, "request-id"))
            providerRequestId = header.value;
        // The sink frames the answer, and x-request-id is the gateway's own.
        if (isOneOf(name, HopByHop) || isOneOf(name, named) || isNamed(name, "content-length")
            || isNamed(name, "x-request-id") || isNamed(name, "date") || isHeliconeField(name))
            continue;
        headers.push_back(std::move(header));
    }
    if (options.provider)
        headers.push_back({"helicone-provider"_ba, provider});
    if (options.providerRequestId && !providerRequestId.isEmpty())
        headers.push_back({"helicone-provider-req-id"_ba, providerRequestId});
    return headers;
}

} // namespace sluice::gateway

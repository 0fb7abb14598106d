// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/pipeline/caller.h"

#include "core/config/policyheader.h"
#include "core/gateway/pipeline/keyhash.h"

#include <algorithm>

namespace sluice::gateway {

using namespace Qt::StringLiterals;

namespace {

constexpr auto PropertyPrefix = "helicone-property-"_L1;
constexpr size_t MaxProperties = 32;
constexpr qsizetype MaxNameSize = 64;
constexpr qsizetype MaxValueSize = 256;

Failure unauthorized(const QString &message)
{
    return {401, "invalid_request_error", "invalid_api_key", message};
}

/// "Bearer K" (any case of the scheme) or a bare K.
QByteArrayView credential(QByteArrayView value)
{
    value = value.trimmed();
    constexpr QByteArrayView scheme = "bearer ";
    if (value.size() > scheme.size()
        && value.first(scheme.size()).compare(scheme, Qt::CaseInsensitive) == 0)
        return value.sliced(scheme.size()).trimmed();
    return value;
}

QByteArray gatewayKey(const Headers &headers)
{
    for (const char *name : {"helicone-auth", "authorization", "x-api-key"}) {
        const QByteArray value = headerValue(headers, name);
        if (!value.isNull())
            return credential(value).toByteArray();
    }
    return {};
}

std::optional<Failure> checkKey(const config::ApiKey &key, const Route &route, QDate today)
{
    if (key.disabled)
        return unauthorized(u"The API key \"%1\" is disabled"_s.arg(QString::fromUtf8(key.name)));
    if (key.expires && today >= *key.expires)
        return unauthorized(u"The API key \"%1\" expired on %2"_s.arg(
            QString::fromUtf8(key.name), key.expires->toString(Qt::ISODate)));
    const QByteArray entry = route.router != nullptr ? route.router->name : QByteArray();
    const bool asksForItself = route.kind == Route::Kind::Me;
    if (!asksForItself && !key.routers.isEmpty() && !key.routers.contains(entry)) {
        QStringList allowed;
        for (const QByteArray &router : key.routers)
            allowed << u"/router/"_s + QString::fromUtf8(router);
        return Failure{403, "invalid_request_error", "key_not_allowed",
            u"The API key \"%1\" may only be used at %2"_s.arg(
                QString::fromUtf8(key.name), allowed.join(u", "_s))};
    }
    return std::nullopt;
}

bool isPropertyName(QByteArrayView name)
{
    return !name.isEmpty() && name.size() <= MaxNameSize
        && std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                   || c == '-' || c == '_';
           });
}

std::optional<Failure> addProperty(const Header &header, std::vector<limits::Property> &properties)
{
    const QByteArray name = header.name.sliced(PropertyPrefix.size());
    const auto invalid = [&name](const QString &why) {
        return Failure{400, "invalid_request_error", "invalid_property",
            u"Helicone-Property-%1: %2"_s.arg(QString::fromUtf8(name.left(MaxNameSize)), why)};
    };
    if (!isPropertyName(name))
        return invalid(u"names are 1 to 64 of A-Z a-z 0-9 - _"_s);
    if (header.value.size() > MaxValueSize)
        return invalid(u"the value is longer than 256 bytes"_s);
    if (properties.size() >= MaxProperties)
        return invalid(u"a request may have at most 32 properties"_s);
    const QByteArray lower = name.toLower();
    const auto same = [&lower](const limits::Property &p) { return p.name == lower; };
    if (std::any_of(properties.begin(), properties.end(), same))
        return invalid(u"the property is given twice"_s);
    if (!header.value.isEmpty()) // an empty value counts as missing
        properties.push_back({lower, header.value});
    return std::nullopt;
}

std::variant<std::vector<limits::Policy>, Failure> readPolicies(
    const Headers &headers, const config::PolicyHeader &options)
{
    const QByteArray text = headerValue(headers, "helicone-ratelimit-policy");
    if (!options.enabled || text.isNull())
        return std::vector<limits::Policy>{};
    auto parsed = config::parsePolicies(text);
    if (const auto *error = std::get_if<config::PolicyError>(&parsed)) {
        if (options.ignoreMalformed)
            return std::vector<limits::Policy>{};
        return Failure{400, "invalid_request_error", "invalid_rate_limit_policy",
            u"Helicone-RateLimit-Policy, column %1: %2"_s.arg(
                QString::number(error->column), error->message)};
    }
    return std::move(std::get<std::vector<limits::Policy>>(parsed));
}

} // namespace

std::optional<Failure> checkOrigin(const Headers &headers, const config::Server &server)
{
    const QByteArray origin = headerValue(headers, "origin");
    if (origin.isNull() || server.allowedOrigins.contains(QString::fromUtf8(origin)))
        return std::nullopt;
    return Failure{403, "invalid_request_error", "origin_not_allowed",
        u"Web pages from %1 may not use this gateway. To allow them add the origin to "
        u"server.allowed-origins in the configuration"_s.arg(
            QString::fromUtf8(origin.left(MaxValueSize)))};
}

std::variant<Caller, Failure> authenticate(
    const Headers &headers, const Route &route, const Snapshot &snapshot, QDate today)
{
    Caller caller;
    caller.bringsOwnKey = !headerValue(headers, "helicone-auth").isNull();
    if (!snapshot.configuration().authentication)
        return caller;
    const QByteArray key = gatewayKey(headers);
    if (key.isEmpty())
        return unauthorized(u"This gateway needs an API key: send \"Authorization: Bearer KEY\", "
                            u"\"x-api-key: KEY\" or \"Helicone-Auth: Bearer KEY\""_s);
    caller.key = snapshot.findKey(hashGatewayKey(key));
    if (caller.key == nullptr)
        return unauthorized(u"This API key is not known to the gateway. Keys are made with "
                            u"\"sluicectl keys add NAME\""_s);
    if (auto failure = checkKey(*caller.key, route, today))
        return *failure;
    return caller;
}

std::variant<limits::Subject, Failure> identify(const Headers &headers, const BodyPeek &body,
    const Route &route, const Caller &caller, const Snapshot &snapshot)
{
    limits::Subject subject;
    subject.apiKey = caller.key != nullptr ? caller.key->name : QByteArray("anonymous");
    if (caller.key != nullptr) {
        subject.member = caller.key->owner;
        subject.team = caller.key->team;
    }
    subject.entry = route.kind == Route::Kind::Router ? limits::Entry::Router
        : route.kind == Route::Kind::Unified          ? limits::Entry::Unified
                                                      : limits::Entry::Direct;
    if (route.router != nullptr)
        subject.router = route.router->name;

    subject.endUser = headerValue(headers, "helicone-user-id");
    if (subject.endUser.isEmpty())
        subject.endUser = body.user;
    if (subject.endUser.size() > MaxValueSize)
        return Failure{400, "invalid_request_error", "invalid_user",
            u"The user id is longer than 256 bytes"_s};

    for (const Header &header : headers) {
        if (header.name.size() < PropertyPrefix.size()
            || QByteArrayView(header.name)
                    .first(PropertyPrefix.size())
                    .compare(QByteArrayView(PropertyPrefix), Qt::CaseInsensitive)
                != 0)
            continue;
        if (auto failure = addProperty(header, subject.properties))
            return *failure;
    }
    auto policies = readPolicies(headers, snapshot.configuration().policyHeader);
    if (auto *failure = std::get_if<Failure>(&policies))
        return std::move(*failure);
    subject.policies = std::move(std::get<std::vector<limits::Policy>>(policies));
    return subject;
}

} // namespace sluice::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/serversection.h"

#include "core/config/scalars.h"

#include <QUrl>

#include <arpa/inet.h>

#include <limits>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 MaxConnections = 1'000'000;
constexpr qint64 MaxCounters = 1'000'000'000;
constexpr qint64 MaxWorkers = 256;
constexpr qint64 MaxSize = 1LL << 46;

bool isIpv4(const QByteArray &text)
{
    in_addr address{};
    return inet_pton(AF_INET, text.constData(), &address) == 1;
}

bool isIpv6(const QByteArray &text)
{
    in6_addr address{};
    return inet_pton(AF_INET6, text.constData(), &address) == 1;
}

bool isLoopback(const QString &address)
{
    return address.startsWith(u"127."_s) || address == u"::1"_s;
}

void readAddress(Context &context, const Value &value)
{
    const std::optional<QByteArray> text = readText(context, value);
    if (!text)
        return;
    const QByteArray address = *text == "localhost" ? QByteArrayLiteral("127.0.0.1") : *text;
    if (!isIpv4(address) && !isIpv6(address)) {
        context.error(value, u"%1 is not an IP address"_s.arg(shown(value)), u"127.0.0.1"_s);
        return;
    }
    context.config.server.address = QString::fromLatin1(address);
    context.address = value;
}

void readWorkers(Context &context, const Value &value)
{
    if (value.isScalar() && value.node->text == "auto")
        context.config.server.workers = 0;
    else
        assign(context.config.server.workers, readInteger(context, value, 1, MaxWorkers));
}

/// Protection that this version does not have must not be taken for there (spec/config.md, Keys).
void readTls(Context &context, const Value &value)
{
    if (value.isScalar() && value.node->text == "Disabled")
        return;
    if (value)
        context.errorAtKey(value, u"TLS is not in this version"_s, u"Disabled"_s);
}

void readOrigin(Context &context, const Value &value)
{
    const std::optional<QByteArray> text = readName(context, value);
    if (!text)
        return;
    const QString origin = QString::fromUtf8(*text);
    const QUrl url(origin, QUrl::StrictMode);
    const bool isOrigin = url.isValid() && !url.scheme().isEmpty() && !url.host().isEmpty()
        && url.userInfo().isEmpty() && !url.hasQuery() && !url.hasFragment();
    if (isOrigin && url.path().isEmpty()) {
        context.config.server.allowedOrigins.append(origin);
        return;
    }
    const QString fix =
        isOrigin ? url.adjusted(QUrl::RemovePath | QUrl::StripTrailingSlash).toString() : QString();
    context.error(value,
        u"%1 is not a web origin such as \"http://localhost:5173\""_s.arg(shown(value)), fix);
}

void readSizes(Context &context, MapReader &map)
{
    Server &server = context.config.server;
    assign(server.maxHeaderBytes, readSize(context, map.take("max-header-bytes"), MaxSize));
    assign(server.maxBodyBytes, readSize(context, map.take("max-body-bytes"), MaxSize));
    assign(server.maxBufferedBytes, readSize(context, map.take("max-buffered-bytes"), MaxSize));
    assign(server.maxConnections,
        readInteger(context, map.take("max-connections"), 1, MaxConnections));
    assign(server.maxCounters, readInteger(context, map.take("max-counters"), 1, MaxCounters));
}

} // namespace

void readServer(Context &context, const Value &section)
{
    MapReader map(context, section);
    Server &server = context.config.server;
    readAddress(context, map.take("address"));
    assign(server.port,
        readInteger(context, map.take("port"), 0, std::numeric_limits<quint16>::max()));
    readWorkers(context, map.take("workers"));
    readTls(context, map.take("tls"));
    readSizes(context, map);
    assign(server.allowOpen, readBool(context, map.take("allow-open")));
    assign(server.headerTimeout, readTimeout(context, map.take("header-timeout")));
    assign(server.idleTimeout, readTimeout(context, map.take("idle-timeout")));
    assign(server.shutdownTimeout, readTimeout(context, map.take("shutdown-timeout")));
    for (const Value &origin : itemsOf(context, map.take("allowed-origins")))
        readOrigin(context, origin);
    map.finish();
}

void readPolicyHeader(Context &context, const Value &section)
{
    using HeaderAlgorithm = PolicyHeader::Algorithm;
    MapReader map(context, section);
    PolicyHeader &header = context.config.policyHeader;
    assign(header.enabled, readBool(context, map.take("enabled")));
    assign(header.algorithm,
        readChoice<HeaderAlgorithm>(context, map.take("algorithm"),
            {{"sliding-window", HeaderAlgorithm::SlidingWindow},
                {"token-bucket", HeaderAlgorithm::TokenBucket}}));
    assign(header.ignoreMalformed,
        readChoice<bool>(context, map.take("on-malformed"), {{"reject", false}, {"ignore", true}}));
    assign(header.shareMissingSegment,
        readChoice<bool>(
            context, map.take("on-missing-segment"), {{"reject", false}, {"share", true}}));
    map.finish();
}

void readResponseHeaders(Context &context, const Value &section)
{
    MapReader map(context, section);
    ResponseHeaders &headers = context.config.responseHeaders;
    assign(headers.provider, readBool(context, map.take("provider")));
    assign(headers.providerRequestId, readBool(context, map.take("provider-request-id")));
    assign(headers.rateLimitIetf, readBool(context, map.take("ratelimit-ietf")));
    map.finish();
}

void settleAddress(Context &context)
{
    Server &server = context.config.server;
    if (isLoopback(server.address))
        return;
    if (context.config.authentication) {
        context.warn(context.address,
            u"the gateway listens beyond this computer, and its traffic is not encrypted"_s,
            u"127.0.0.1"_s);
    } else if (server.allowOpen) {
        context.warn(context.address,
            u"anyone who reaches this address can use the gateway: authentication is off"_s,
            u"127.0.0.1"_s);
    } else {
        const QString loopback = server.address.contains(u':') ? u"::1"_s : u"127.0.0.1"_s;
        context.warn(context.address,
            u"authentication is off, so the gateway listens on %1 only; to open it turn "
            "authentication on (helicone: {features: auth}) or set server.allow-open: true"_s.arg(
                loopback),
            loopback);
        server.address = loopback;
    }
}

} // namespace sluice::config

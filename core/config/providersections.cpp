// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/providersections.h"

#include "core/config/builtinproviders.h"
#include "core/config/scalars.h"

#include <QRegularExpression>
#include <QUrl>

#include <algorithm>
#include <array>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array<QByteArrayView, 5> ReservedNames{"router", "ai", "v1", "health", "-"};

bool isProviderName(const QByteArray &name)
{
    static const QRegularExpression pattern(u"^[A-Za-z0-9._-]{1,64}$"_s);
    return pattern.match(QString::fromUtf8(name)).hasMatch();
}

Provider startingPoint(const QByteArray &name, const std::vector<Provider> &builtIn)
{
    for (const Provider &provider : builtIn) {
        if (provider.name == name)
            return provider;
    }
    Provider provider;
    provider.name = name;
    provider.isBuiltIn = false;
    provider.apiKeyEnv = name.toUpper() + QByteArrayLiteral("_API_KEY");
    return provider;
}

void readApiKeyEnv(Context &context, const Value &value, Provider &provider)
{
    static const QRegularExpression pattern(u"^[A-Za-z_][A-Za-z0-9_-]*$"_s);
    const std::optional<QByteArray> text = readText(context, value);
    if (!text)
        return;
    if (text->startsWith("sk-") || !pattern.match(QString::fromUtf8(*text)).hasMatch()) {
        // Do not repeat it: a key pasted here must not reach a log.
        context.error(value, u"this must be the name of an environment variable, not a key"_s,
            QString::fromUtf8(provider.name.toUpper()) + u"_API_KEY"_s);
        return;
    }
    provider.apiKeyEnv = *text;
}

void readVersion(Context &context, const Value &value, Provider &provider)
{
    const std::optional<QByteArray> version = readName(context, value);
    if (!version)
        return;
    if (provider.dialect == Dialect::Anthropic)
        provider.version = *version;
    else
        context.warnAtKey(value, u"only anthropic has a version; it has no effect here"_s);
}

bool checkName(Context &context, const Value &entry, const QByteArray &name)
{
    if (name == "bedrock") {
        context.warnAtKey(
            entry, u"bedrock is not in this version; calls to it are answered with an error"_s);
        return false;
    }
    if (!isProviderName(name)) {
        context.errorAtKey(
            entry, u"a provider's name has 1 to 64 letters, digits, dots, dashes, underscores"_s);
        return false;
    }
    if (std::find(ReservedNames.begin(), ReservedNames.end(), name) != ReservedNames.end()) {
        context.errorAtKey(entry, u"this name is taken by a path of the gateway"_s);
        return false;
    }
    if (context.providerNames.contains(name)) {
        context.errorAtKey(entry, u"this provider stands here twice (google is gemini)"_s);
        return false;
    }
    return true;
}

void readProvider(Context &context, const Value &entry, Provider &provider)
{
    MapReader map(context, entry);
    if (const std::optional<QByteArray> url = readBaseUrl(context, map.take("base-url")))
        provider.baseUrl = *url;
    else if (provider.baseUrl.isEmpty() && map.isMap() && entry.node->find("base-url") == nullptr)
        context.errorAtKey(entry, u"a provider that is not built in needs a base-url"_s);
    if (const Value models = map.take("models"))
        provider.models = readTexts(context, models);
    readVersion(context, map.take("version"), provider);
    readApiKeyEnv(context, map.take("api-key-env"), provider);
    assign(provider.timeout, readTimeout(context, map.take("timeout")));
    assign(provider.connectTimeout, readTimeout(context, map.take("connect-timeout")));
    assign(provider.injectsUsage, readBool(context, map.take("inject-usage")));
    map.finish();
}

void readDispatcher(Context &context, const Value &section, std::vector<Provider> &providers)
{
    MapReader map(context, section);
    const std::optional<milliseconds> timeout = readTimeout(context, map.take("timeout"));
    const std::optional<milliseconds> connect =
        readTimeout(context, map.take("connection-timeout"));
    map.finish();
    for (Provider &provider : providers) {
        assign(provider.timeout, timeout);
        assign(provider.connectTimeout, connect);
    }
}

} // namespace

void lintPassword(Context &context, const Value &url)
{
    static const QRegularExpression literal(u"://[^/@:]*:(?!\\$\\{)[^/@]+@"_s);
    if (url.isScalar() && literal.match(QString::fromUtf8(url.node->text)).hasMatch())
        context.warn(url, u"a password in the file; take it from the environment with ${NAME}"_s);
}

std::optional<QByteArray> readBaseUrl(Context &context, const Value &value)
{
    const std::optional<QByteArray> text = readName(context, value);
    if (!text)
        return std::nullopt;
    const QUrl url(QString::fromUtf8(*text), QUrl::StrictMode);
    const bool isHttp = url.scheme() == u"http"_s || url.scheme() == u"https"_s;
    if (!url.isValid() || !isHttp || url.host().isEmpty() || url.hasQuery() || url.hasFragment()) {
        context.error(value, u"this must be an absolute http or https URL without a query"_s);
        return std::nullopt;
    }
    lintPassword(context, value);
    QByteArray base = *text;
    while (base.endsWith('/'))
        base.chop(1);
    return base;
}

void readProviders(Context &context, const Value &section, const Value &dispatcher)
{
    std::vector<Provider> builtIn = builtInProviders();
    Provider fresh;
    std::vector<Provider> defaults{fresh};
    readDispatcher(context, dispatcher, defaults);
    for (Provider &provider : builtIn) {
        provider.timeout = defaults.front().timeout;
        provider.connectTimeout = defaults.front().connectTimeout;
    }
    std::vector<Provider> &providers = context.config.providers;
    for (const Value &entry : entriesOf(context, section)) {
        const QByteArray name = canonicalProvider(entry.key);
        if (!checkName(context, entry, name))
            continue;
        Provider provider = startingPoint(name, builtIn);
        provider.timeout = defaults.front().timeout;
        provider.connectTimeout = defaults.front().connectTimeout;
        readProvider(context, entry, provider);
        context.providerNames.insert(name);
        providers.push_back(std::move(provider));
    }
    for (Provider &provider : builtIn) {
        if (context.providerNames.contains(provider.name))
            continue;
        context.providerNames.insert(provider.name);
        providers.push_back(std::move(provider));
    }
}

QByteArray readProviderName(Context &context, const Value &value, const QByteArray &written)
{
    QByteArray name = canonicalProvider(written);
    if (context.providerNames.contains(name))
        return name;
    if (name == "bedrock") {
        context.error(value, u"bedrock is not in this version"_s);
        return {};
    }
    QList<QByteArrayView> known(context.providerNames.cbegin(), context.providerNames.cend());
    known.append("google");
    std::sort(known.begin(), known.end());
    const QString fix =
        QString::fromUtf8(known.size() <= 100 ? nearest(name, known) : QByteArray());
    context.error(value,
        u"there is no provider %1%2"_s.arg(
            shown(value), fix.isEmpty() ? QString() : u", did you mean \"%1\"?"_s.arg(fix)),
        fix);
    return {};
}

QByteArray readProviderName(Context &context, const Value &value)
{
    const std::optional<QByteArray> written = readName(context, value);
    return written ? readProviderName(context, value, *written) : QByteArray();
}

} // namespace sluice::config

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/routersections.h"

#include "core/base/units.h"
#include "core/config/builtinproviders.h"
#include "core/config/ignoredsections.h"
#include "core/config/limitsections.h"
#include "core/config/providersections.h"
#include "core/config/scalars.h"

#include <QRegularExpression>

#include <algorithm>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype PortableNameLength = 12; // upstream refuses longer ones (reference A.1)

enum class Strategy : quint8 { Weighted, Latency, ModelWeighted, ModelLatency };

using Targets = std::vector<WeightedProvider>;

/// Shares that differ by at most a millionth and sum to exactly 1.
Targets evenTargets(const QList<QByteArray> &providers)
{
    Targets targets;
    const auto count = static_cast<qint64>(providers.size());
    for (qint64 i = 0; i < count; ++i) {
        const qint64 extra = i < MicroPerUnit % count ? 1 : 0;
        targets.push_back({providers[i], MicroPerUnit / count + extra});
    }
    return targets;
}

/// The provider of "provider/model"; the model may hold further slashes.
QByteArray readModelProvider(Context &context, const Value &value)
{
    const std::optional<QByteArray> text = readName(context, value);
    if (!text)
        return {};
    const qsizetype slash = text->indexOf('/');
    if (slash > 0 && slash + 1 < text->size())
        return readProviderName(context, value, text->left(slash));
    context.error(value, u"%1 is not of the form provider/model"_s.arg(shown(value)));
    return {};
}

/// Adds one weight exactly; false after a finding.
void addWeight(Context &context, const Value &weight, qint64 &sum)
{
    const std::optional<qint64> amount = readDecimal(context, weight);
    if (!amount)
        return;
    if (*amount > MicroPerUnit)
        context.error(weight, u"a weight is at most 1"_s);
    sum = std::min<qint64>(sum + *amount, 1'000 * MicroPerUnit);
}

void checkSum(Context &context, const Value &list, qint64 sum, bool isComplete)
{
    if (isComplete && sum != MicroPerUnit) {
        context.errorAtKey(list,
            u"the weights sum to %1, they must sum to exactly 1"_s.arg(
                QString::fromLatin1(formatAmount(sum))));
    }
}

/// `{provider: x, weight: y}` or, in a list of one, just a name.
bool readWeightedItem(
    Context &context, const Value &item, bool isOnly, Targets &targets, qint64 &sum)
{
    if (item.isScalar()) {
        const QByteArray name = readProviderName(context, item);
        if (!isOnly)
            context.error(item, u"each of several providers needs a weight"_s,
                u"{provider: %1, weight: 0.5}"_s.arg(QString::fromUtf8(name)));
        targets.push_back({name, MicroPerUnit});
        sum += MicroPerUnit;
        return isOnly;
    }
    MapReader map(context, item);
    const Value provider = map.take("provider");
    const Value weight = map.take("weight");
    const QByteArray name = readProviderName(context, provider);
    const qint64 before = sum;
    addWeight(context, weight, sum);
    if (map.isMap() && !provider)
        context.error(item, u"provider is missing"_s);
    if (map.isMap() && !weight)
        context.error(item, u"weight is missing"_s);
    map.finish();
    targets.push_back({name, sum - before});
    return map.isMap() && weight;
}

Targets readWeighted(Context &context, const Value &list)
{
    Targets targets;
    const std::vector<Value> items = itemsOf(context, list);
    qint64 sum = 0;
    bool isComplete = !items.empty();
    for (const Value &item : items)
        isComplete = readWeightedItem(context, item, items.size() == 1, targets, sum) && isComplete;
    checkSum(context, list, sum, isComplete);
    return targets;
}

void warnEven(Context &context, const Value &strategy)
{
    context.warn(strategy,
        u"the strategy %1 is not in this version: even weights are used"_s.arg(shown(strategy)),
        u"weighted"_s);
}

Targets readLatency(Context &context, const Value &list)
{
    QList<QByteArray> names;
    for (const Value &item : itemsOf(context, list)) {
        const QByteArray name = readProviderName(context, item);
        if (!name.isEmpty() && !names.contains(name))
            names.append(name);
    }
    return evenTargets(names);
}

Targets readModels(Context &context, const Value &list, bool isWeighted)
{
    QList<QByteArray> names;
    qint64 sum = 0;
    const std::vector<Value> items = itemsOf(context, list);
    bool isComplete = isWeighted && !items.empty();
    for (const Value &item : items) {
        Value model = item;
        if (isWeighted && !(item.isScalar() && items.size() == 1)) {
            MapReader map(context, item);
            model = map.take("model");
            const Value weight = map.take("weight");
            addWeight(context, weight, sum);
            if (map.isMap() && (!model || !weight))
                context.error(item, u"model and weight are both needed"_s);
            isComplete = isComplete && weight;
            map.finish();
        } else {
            sum += MicroPerUnit;
        }
        const QByteArray name = readModelProvider(context, model);
        if (!name.isEmpty() && !names.contains(name))
            names.append(name);
    }
    checkSum(context, list, sum, isComplete);
    return evenTargets(names);
}

void checkNotEmpty(Context &context, const Value &section, const Value &list, const QString &key)
{
    if (!list && section.isMap())
        context.errorAtKey(section, u"%1 is missing"_s.arg(key));
    else if (list.isSequence() && list.node->items.empty())
        context.error(list, u"this list must not be empty"_s);
}

Targets readChat(Context &context, const Value &section)
{
    MapReader map(context, section);
    const Value strategyValue = map.take("strategy");
    const std::optional<Strategy> strategy = readChoice<Strategy>(context, strategyValue,
        {{"weighted", Strategy::Weighted}, {"provider-weighted", Strategy::Weighted},
            {"latency", Strategy::Latency}, {"balanced-latency", Strategy::Latency},
            {"model-weighted", Strategy::ModelWeighted},
            {"model-latency", Strategy::ModelLatency}});
    if (map.isMap() && !strategyValue)
        context.errorAtKey(section, u"strategy is missing"_s);
    const bool byModel = strategy == Strategy::ModelWeighted || strategy == Strategy::ModelLatency;
    const Value list = map.take(byModel ? QByteArrayView("models") : QByteArrayView("providers"));
    if (strategy)
        checkNotEmpty(context, section, list, byModel ? u"models"_s : u"providers"_s);
    if (strategy || !map.isMap())
        map.finish();
    if (!strategy)
        return {};
    if (*strategy == Strategy::Weighted)
        return readWeighted(context, list);
    warnEven(context, strategyValue);
    if (*strategy == Strategy::Latency)
        return readLatency(context, list);
    return readModels(context, list, *strategy == Strategy::ModelWeighted);
}

/// Upstream's default is latency over these three; here it is even weights.
Targets defaultTargets()
{
    return evenTargets({"openai", "anthropic", "gemini"});
}

void readLoadBalance(Context &context, const Value &section, Router &router)
{
    MapReader map(context, section);
    const Value chat = map.take("chat");
    for (const QByteArrayView endpoint : {QByteArrayView("image"), QByteArrayView("audio")}) {
        map.ignore(endpoint, u"only chat is balanced; other paths follow it"_s);
    }
    map.finish();
    if (chat)
        router.targets = readChat(context, chat);
    if (router.targets.empty())
        router.targets = defaultTargets();
}

void readRouterProviders(Context &context, const Value &section, Router &router)
{
    for (const Value &entry : entriesOf(context, section)) {
        Value name = entry;
        const QByteArray canonical = canonicalProvider(entry.key);
        MapReader map(context, entry);
        if (const std::optional<QByteArray> url = readBaseUrl(context, map.take("base-url")))
            router.baseUrls.insert(canonical, *url);
        map.ignore("version", u"the provider's own version is used for every router"_s);
        map.finish();
        if (!context.providerNames.contains(canonical)) {
            QList<QByteArrayView> known(
                context.providerNames.cbegin(), context.providerNames.cend());
            context.errorAtKey(entry,
                u"there is no provider \"%1\""_s.arg(QString::fromUtf8(entry.key.left(80))),
                known.size() <= 100 ? QString::fromUtf8(nearest(canonical, known)) : QString());
        }
    }
}

void checkName(Context &context, const Value &entry)
{
    static const QRegularExpression pattern(u"^[A-Za-z0-9_-]{1,64}$"_s);
    if (!pattern.match(QString::fromUtf8(entry.key)).hasMatch()) {
        context.errorAtKey(
            entry, u"a router's name has 1 to 64 letters, digits, dashes, underscores"_s);
    } else if (entry.key.size() > PortableNameLength) {
        context.warnAtKey(
            entry, u"Helicone AI Gateway refuses router names longer than 12 characters"_s);
    }
}

void readRouter(Context &context, const Value &entry)
{
    checkName(context, entry);
    Router router;
    router.name = entry.key;
    router.place = entry.keyPlace;
    MapReader map(context, entry);
    readLoadBalance(context, map.take("load-balance"), router);
    readRouterProviders(context, map.take("providers"), router);
    checkModelMappings(context, map.take("model-mappings"));
    checkRetries(context, map.take("retries"));
    readLimits(context, map.take("rate-limit"), LimitScope::Router, &router);
    ignoreUpstreamKeys(context, map);
    map.finish();
    context.config.routers.push_back(std::move(router));
}

} // namespace

void readRouters(Context &context, const Value &section)
{
    for (const Value &entry : entriesOf(context, section)) {
        context.routerNames.insert(entry.key);
        readRouter(context, entry);
    }
}

} // namespace sluice::config

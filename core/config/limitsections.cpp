// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/limitsections.h"

#include "core/base/units.h"
#include "core/config/ignoredsections.h"
#include "core/config/providersections.h"
#include "core/config/scalars.h"

#include <QRegularExpression>

#include <algorithm>
#include <limits>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 DefaultCapacity = 500; // upstream's defaults (reference A.3)
constexpr nanoseconds DefaultRefill = std::chrono::seconds(1);
constexpr qint64 MaxCapacity = std::numeric_limits<quint32>::max();

enum class StoreType : quint8 { InMemory, Database, Redis };
enum class Failure : quint8 { Local, Open, Closed };

/// "not in this version" for what would limit or protect (spec/config.md).
void refuseLater(MapReader &map, std::initializer_list<QByteArrayView> keys)
{
    for (const QByteArrayView key : keys) {
        map.refuse(key,
            u"%1 is not in this version, and the limit would not hold without it"_s.arg(
                QString::fromUtf8(key)));
    }
}

std::optional<StoreType> readStoreType(Context &context, const Value &value)
{
    return readChoice<StoreType>(context, value,
        {{"in-memory", StoreType::InMemory}, {"database", StoreType::Database},
            {"redis", StoreType::Redis}});
}

/// A store that is not there yet: counting goes on in memory, and everybody is told so.
void warnInMemory(Context &context, const Value &value, StoreType type)
{
    if (type == StoreType::InMemory)
        return;
    const QString name = type == StoreType::Redis ? u"redis"_s : u"database"_s;
    context.warn(value,
        u"the %1 store is not in this version: limits are counted in memory"_s.arg(name),
        u"in-memory"_s);
    const QString notice =
        u"Limits are counted in memory: the %1 store is not in this version"_s.arg(name);
    if (!context.config.notices.contains(notice))
        context.config.notices.append(notice);
}

/// Upstream writes `connection-timeout: 5` under a store: there, and only there, it is seconds.
void checkConnectionTimeout(Context &context, const Value &value)
{
    const bool isBareNumber = value.isScalar() && value.node->isPlain && !value.node->text.isEmpty()
        && std::all_of(value.node->text.cbegin(), value.node->text.cend(),
            [](char c) { return c >= '0' && c <= '9'; });
    if (isBareNumber)
        readInteger(context, value, 1, 86'400);
    else
        readDuration(context, value);
}

void checkStoreMap(Context &context, const Value &section)
{
    MapReader map(context, section);
    const Value type = map.take("type");
    const std::optional<StoreType> read = readStoreType(context, type);
    for (const QByteArrayView key : {QByteArrayView("url"), QByteArrayView("host-url")}) {
        const Value url = map.take(key);
        lintPassword(context, url);
        readText(context, url);
    }
    readChoice<int>(context, map.take("durability"), {{"normal", 0}, {"strict", 1}});
    checkConnectionTimeout(context, map.take("connection-timeout"));
    readText(context, map.take("key-prefix"));
    ignoreUpstreamKeys(context, map);
    map.finish();
    if (read)
        warnInMemory(context, type, *read);
    else if (!type && map.isMap())
        warnInMemory(context, section, StoreType::Database);
}

/// The documented older form: `store: redis` with `redis: {url: ...}` beside it.
void checkRedisSibling(Context &context, const Value &section, bool hasStore)
{
    MapReader map(context, section);
    for (const QByteArrayView key : {QByteArrayView("url"), QByteArrayView("host-url")}) {
        const Value url = map.take(key);
        lintPassword(context, url);
        readText(context, url);
    }
    checkConnectionTimeout(context, map.take("connection-timeout"));
    map.finish();
    if (section && !hasStore)
        warnInMemory(context, section, StoreType::Redis);
}

QByteArray scopeName(const LimitRule &rule)
{
    switch (rule.scope) {
    case LimitScope::Global:
        return "global";
    case LimitScope::Unified:
        return "unified-api";
    case LimitScope::Router:
        return "routers/" + rule.router;
    case LimitScope::Header:
        break;
    }
    return "policy-header";
}

void checkUnit(Context &context, const Value &value)
{
    const std::optional<Unit> unit = readChoice<Unit>(context, value,
        {{"request", Unit::Request}, {"token", Unit::Token}, {"input-token", Unit::InputToken},
            {"output-token", Unit::OutputToken}, {"cents", Unit::Cents}});
    if (unit && *unit != Unit::Request) {
        context.error(value,
            u"limits in %1 are not in this version, only request"_s.arg(shown(value)),
            u"request"_s);
    }
}

void checkStoreFailure(Context &context, const Value &value)
{
    const std::optional<Failure> choice = readChoice<Failure>(context, value,
        {{"local", Failure::Local}, {"open", Failure::Open}, {"closed", Failure::Closed}});
    if (choice && *choice != Failure::Local)
        context.error(
            value, u"%1 is not in this version, only local"_s.arg(shown(value)), u"local"_s);
}

void readAmounts(Context &context, MapReader &map, LimitRule &rule)
{
    const Value capacity = map.take("capacity");
    const Value refill = map.take("refill-frequency");
    rule.capacity =
        readInteger(context, capacity, 1, MaxCapacity).value_or(DefaultCapacity) * MicroPerUnit;
    rule.refill = readDuration(context, refill).value_or(DefaultRefill);
    if (rule.refill <= nanoseconds(0)) {
        context.error(refill, u"the bucket cannot be refilled in no time"_s, u"1s"_s);
        rule.refill = DefaultRefill;
    }
    if (capacity)
        rule.place = capacity.place();
    if (static_cast<bool>(capacity) != static_cast<bool>(refill)) {
        context.hint(map.value(),
            capacity ? u"refill-frequency is not written, so it is 1s"_s
                     : u"capacity is not written, so it is 500"_s);
    }
    if (rule.refill.count() < rule.capacity / MicroPerUnit)
        context.warn(map.value(), u"more than one request a nanosecond: this limits nothing"_s);
}

/// A limit that stands alone is named by its path, one of a list by itself: the name is what its
/// counters belong to, so it must not change when another limit is put before it.
QByteArray readLimitName(
    Context &context, const Value &limit, const Value &name, const LimitRule &rule, bool isListed)
{
    const std::optional<QByteArray> given = readName(context, name);
    if (!given && !name && isListed) {
        context.error(limit, u"a limit of a list needs a name, which its counters belong to"_s);
        return {};
    }
    const QStringList tail = limit.path.mid(rule.scope == LimitScope::Router ? 3 : 2);
    const QByteArray result = given.value_or(scopeName(rule) + '/' + tail.join(u'/').toUtf8());
    if (context.limitNames.contains(result))
        context.error(name ? name : limit,
            u"another limit is called %1 already"_s.arg(QString::fromUtf8(result)));
    context.limitNames.insert(result);
    return result;
}

/// One GCRA limit; the keys of later versions are refused one by one.
void readRule(Context &context, const Value &value, LimitRule rule, bool isListed)
{
    MapReader map(context, value);
    if (!map.isMap())
        return;
    rule.path = value.path;
    rule.place = value.keyPlace;
    rule.name = readLimitName(context, value, map.take("name"), rule, isListed);
    readAmounts(context, map, rule);
    assign(rule.mode,
        readChoice<LimitMode>(context, map.take("mode"),
            {{"enforce", LimitMode::Enforce}, {"shadow", LimitMode::Shadow},
                {"off", LimitMode::Off}}));
    assign(rule.onMissing,
        readChoice<MissingSegment>(context, map.take("on-missing-segment"),
            {{"share", MissingSegment::Share}, {"reject", MissingSegment::Reject},
                {"skip", MissingSegment::Skip}}));
    checkUnit(context, map.take("unit"));
    checkStoreFailure(context, map.take("on-store-failure"));
    refuseLater(map, {"match", "overrides"});
    map.finish();
    context.config.limits.push_back(std::move(rule));
}

/// One limit, or a list of several of the same kind.
void readRuleOrList(Context &context, const Value &value, const LimitRule &rule)
{
    if (!value.isSequence()) {
        readRule(context, value, rule, false);
        return;
    }
    for (const Value &item : itemsOf(context, value))
        readRule(context, item, rule, true);
}

void readPropertyRules(Context &context, const Value &section, LimitRule rule)
{
    static const QRegularExpression pattern(u"^[A-Za-z0-9_-]{1,64}$"_s);
    QSet<QByteArray> names;
    for (const Value &entry : entriesOf(context, section)) {
        const QByteArray name = entry.key.toLower();
        if (!pattern.match(QString::fromUtf8(name)).hasMatch()) {
            context.errorAtKey(
                entry, u"a property's name has 1 to 64 letters, digits, dashes, underscores"_s);
            continue;
        }
        if (names.contains(name)) {
            context.errorAtKey(
                entry, u"this property stands here twice; capital letters make no difference"_s);
            continue;
        }
        names.insert(name);
        rule.segment = {SegmentKind::Property, name};
        readRuleOrList(context, entry, rule);
    }
}

void readRules(Context &context, MapReader &map, const LimitRule &pattern)
{
    struct Kind
    {
        QByteArrayView key;
        SegmentKind segment;
    };

    for (const Kind &kind :
        {Kind{"per-api-key", SegmentKind::ApiKey}, Kind{"per-end-user", SegmentKind::EndUser},
            Kind{"per-team", SegmentKind::Team}, Kind{"per-team-member", SegmentKind::TeamMember},
            Kind{"shared", SegmentKind::Shared}}) {
        const Value value = map.take(kind.key);
        LimitRule rule = pattern;
        rule.segment = {kind.segment, {}};
        if (value)
            readRuleOrList(context, value, rule);
    }
    readPropertyRules(context, map.take("per-property"), pattern);
}

/// `disabled: true` stands alone: beside it nothing would be in force.
void readDisabled(Context &context, MapReader &map, Router &router)
{
    const Value disabled = map.take("disabled");
    router.limitsDisabled = readBool(context, disabled).value_or(false);
    if (!router.limitsDisabled)
        return;
    if (map.value().node->entries.size() > 1)
        context.error(disabled, u"disabled: true excludes every other key beside it"_s);
    else
        context.warn(
            disabled, u"this router is exempt from every configured limit, the global ones too"_s);
}

/// Why a limit cannot tell apart what it is to count apart; empty if it can.
QString oddityOf(const LimitRule &rule, const Configuration &config)
{
    switch (rule.segment.kind) {
    case SegmentKind::ApiKey:
        return config.authentication
            ? QString()
            : u"authentication is off, so everyone counts as the one key \"anonymous\""_s;
    case SegmentKind::Team:
    case SegmentKind::TeamMember:
        if (!config.authentication)
            return u"authentication is off, so no request belongs to a team"_s;
        return config.teams.empty() ? u"there are no teams, so no request belongs to one"_s
                                    : QString();
    default:
        return {};
    }
}

bool isBefore(const LimitRule &a, const LimitRule &b)
{
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
}

} // namespace

void readLimits(Context &context, const Value &block, LimitScope scope, Router *router)
{
    MapReader map(context, block);
    const auto first = static_cast<std::ptrdiff_t>(context.config.limits.size());
    if (router != nullptr)
        readDisabled(context, map, *router);
    const Value store = map.take("store");
    if (store.isScalar()) {
        if (const std::optional<StoreType> type = readStoreType(context, store))
            warnInMemory(context, store, *type);
    } else {
        checkStoreMap(context, store);
    }
    checkRedisSibling(context, map.take("redis"), static_cast<bool>(store));
    LimitRule pattern;
    pattern.scope = scope;
    pattern.router = router != nullptr ? router->name : QByteArray();
    readRules(context, map, pattern);
    refuseLater(map, {"concurrency", "spend-limits", "usage-limits", "policies"});
    ignoreUpstreamKeys(context, map);
    map.finish();
    std::vector<LimitRule> &limits = context.config.limits;
    std::stable_sort(limits.begin() + first, limits.end(), isBefore);
}

void readLimitedSection(Context &context, const Value &section, LimitScope scope)
{
    MapReader map(context, section);
    readLimits(context, map.take("rate-limit"), scope, nullptr);
    checkRetries(context, map.take("retries"));
    ignoreUpstreamKeys(context, map);
    map.finish();
}

void readStore(Context &context, const Value &section)
{
    if (!section.isScalar()) {
        checkStoreMap(context, section);
        return;
    }
    if (const std::optional<StoreType> type = readStoreType(context, section))
        warnInMemory(context, section, *type);
}

void lintLimits(Context &context)
{
    for (const LimitRule &rule : context.config.limits) {
        const QString oddity = oddityOf(rule, context.config);
        if (rule.mode != LimitMode::Off && !oddity.isEmpty())
            context.add({Severity::Warning, rule.place, rule.path.join(u'.'), oddity, {}});
    }
}

} // namespace sluice::config

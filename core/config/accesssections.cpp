// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/accesssections.h"

#include "core/base/secrets.h"
#include "core/config/scalars.h"

#include <algorithm>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype HashLength = 64;

enum class Feature : quint8 { None, Auth, Observability, Prompts, All };

void warnNoCloud(Context &context, const Value &value)
{
    context.warn(value,
        u"keys are checked; observability and prompts have no effect, nothing is sent to any "
        "cloud"_s);
}

/// The three legacy booleans: each of them turned key checking on (reference H.1, A6 to A8).
bool readLegacyFlags(Context &context, const QList<Value> &flags)
{
    bool isOn = false;
    for (const Value &flag : flags) {
        if (!readBool(context, flag).value_or(false))
            continue;
        isOn = true;
        if (flag.key != "authentication")
            warnNoCloud(context, flag);
    }
    return isOn;
}

QByteArray readHash(Context &context, const Value &value)
{
    const std::optional<QByteArray> text = readText(context, value);
    if (!text)
        return {};
    const bool hasPrefix = text->startsWith("sha256:");
    QByteArray hex = (hasPrefix ? text->mid(7) : *text).toLower();
    const bool isHex = hex.size() == HashLength
        && std::all_of(hex.cbegin(), hex.cend(),
            [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    if (isHex && hasPrefix)
        return hex;
    // Never repeat the text: it may be the key itself, written here by mistake.
    if (isHex)
        context.error(
            value, u"the kind of hash is missing"_s, u"sha256:"_s + QString::fromLatin1(hex));
    else
        context.error(value,
            u"this must be \"sha256:\" and 64 hexadecimal digits, the SHA-256 of \"Bearer \" and "
            "the key"_s);
    return {};
}

void readExpires(Context &context, const Value &value, ApiKey &key)
{
    const std::optional<QByteArray> text = readText(context, value);
    if (!text)
        return;
    const QDate date = QDate::fromString(QString::fromUtf8(*text), u"yyyy-MM-dd"_s);
    if (date.isValid())
        key.expires = date;
    else
        context.error(value, u"%1 is not a date such as 2027-01-01"_s.arg(shown(value)));
}

/// The team of a key: the written one, else its owner's only one.
void settleTeam(Context &context, const Value &owner, const Value &team, ApiKey &key)
{
    const QList<QByteArray> teams = context.teamsOfMember.value(key.owner);
    if (!key.team.isEmpty()) {
        if (!context.teamNames.contains(key.team))
            context.error(team, u"there is no team %1 under teams"_s.arg(shown(team)));
        else if (!key.owner.isEmpty() && !teams.contains(key.team))
            context.warn(owner, u"%1 is not a member of team %2"_s.arg(shown(owner), shown(team)));
        return;
    }
    if (teams.size() == 1)
        key.team = teams.constFirst();
    else if (teams.size() > 1)
        context.error(owner,
            u"%1 is in %2 teams, so this key needs a team"_s.arg(shown(owner)).arg(teams.size()));
}

void readKeyRouters(Context &context, const Value &list, ApiKey &key)
{
    for (const Value &item : itemsOf(context, list)) {
        const std::optional<QByteArray> name = readName(context, item);
        if (!name)
            continue;
        if (!context.routerNames.contains(*name)) {
            const QList<QByteArrayView> known(
                context.routerNames.cbegin(), context.routerNames.cend());
            context.error(item, u"there is no router %1"_s.arg(shown(item)),
                known.size() <= 100 ? QString::fromUtf8(nearest(*name, known)) : QString());
        } else {
            key.routers.append(*name);
        }
    }
    if (list.isSequence() && list.node->items.empty())
        context.warn(list, u"an empty list means that the key may use every router"_s);
}

ApiKey readApiKey(Context &context, const Value &item)
{
    MapReader map(context, item);
    ApiKey key;
    key.place = item.place();
    const Value name = map.take("name");
    const Value hash = map.take("hash");
    const Value owner = map.take("owner");
    const Value team = map.take("team");
    key.name = readName(context, name).value_or(QByteArray());
    key.hash = readHash(context, hash);
    key.owner = readName(context, owner).value_or(QByteArray());
    key.team = readName(context, team).value_or(QByteArray());
    readKeyRouters(context, map.take("routers"), key);
    readExpires(context, map.take("expires"), key);
    assign(key.disabled, readBool(context, map.take("disabled")));
    if (map.isMap() && !name)
        context.error(item, u"this key has no name"_s);
    if (map.isMap() && !hash)
        context.error(item, u"this key has no hash"_s);
    if (key.name == "anonymous")
        context.error(name, u"\"anonymous\" stands for callers without a key"_s);
    settleTeam(context, owner, team, key);
    map.finish();
    return key;
}

/// Upstream's variable for its cloud's key; here it is one more gateway key (spec/http.md).
void addControlPlaneKey(Context &context, const QSet<QByteArray> &names, const Value &section)
{
    const QString variable = u"HELICONE_CONTROL_PLANE_API_KEY"_s;
    const QByteArray secret = context.environment().value(variable).toUtf8();
    if (secret.isEmpty() || !context.config.authentication)
        return;
    ApiKey key;
    key.name = "helicone";
    key.hash = hashApiKey(secret);
    if (names.contains(key.name)) {
        context.warnAtKey(
            section, u"%1 is not used: the file has a key \"helicone\" of its own"_s.arg(variable));
        return;
    }
    context.config.apiKeys.push_back(std::move(key));
}

} // namespace

void readAuthentication(Context &context, const Value &helicone, const Value &legacy)
{
    MapReader map(context, helicone);
    const Value features = map.take("features");
    const std::optional<Feature> feature = readChoice<Feature>(context, features,
        {{"none", Feature::None}, {"auth", Feature::Auth},
            {"observability", Feature::Observability}, {"all", Feature::All},
            {"__prompts", Feature::Prompts}});
    const bool flags = readLegacyFlags(context,
        {legacy, map.take("authentication"), map.take("observability"), map.take("__prompts")});
    const QString noCloud = u"accepted without effect, nothing is sent to any cloud"_s;
    map.ignore("api-key", noCloud);
    map.ignore("base-url", noCloud);
    map.ignore("websocket-url", noCloud);
    map.finish();
    if (!feature) {
        context.config.authentication = flags;
        return;
    }
    context.config.authentication = *feature != Feature::None;
    if (*feature != Feature::None && *feature != Feature::Auth)
        warnNoCloud(context, features);
    if (flags && *feature == Feature::None)
        context.warn(
            features, u"authentication is off: features decides, not the older keys"_s, u"auth"_s);
}

void readTeams(Context &context, const Value &section)
{
    for (const Value &entry : entriesOf(context, section)) {
        MapReader map(context, entry);
        Team team;
        team.name = entry.key;
        team.place = entry.keyPlace;
        context.teamNames.insert(team.name);
        // "core/alice" names a member everywhere, and must name one only.
        if (team.name.contains('/'))
            context.errorAtKey(entry, u"a team's name cannot hold a slash"_s);
        const Value members = map.take("members");
        for (const Value &item : itemsOf(context, members)) {
            const std::optional<QByteArray> member = readName(context, item);
            if (!member)
                continue;
            QList<QByteArray> &teams = context.teamsOfMember[*member];
            if (!teams.isEmpty() && teams.constLast() == team.name) {
                context.warn(item, u"%1 is listed twice"_s.arg(shown(item)));
                continue;
            }
            teams.append(team.name);
            team.members.append(*member);
        }
        map.finish();
        context.config.teams.push_back(std::move(team));
    }
}

void readApiKeys(Context &context, const Value &section)
{
    QSet<QByteArray> names;
    QSet<QByteArray> hashes;
    for (const Value &item : itemsOf(context, section)) {
        ApiKey key = readApiKey(context, item);
        if (!key.name.isEmpty() && names.contains(key.name))
            context.error(item, u"another key has the same name"_s);
        if (!key.hash.isEmpty() && hashes.contains(key.hash))
            context.error(item, u"another key has the same hash"_s);
        names.insert(key.name);
        hashes.insert(key.hash);
        context.config.apiKeys.push_back(std::move(key));
    }
    const bool hasKeys = !context.config.apiKeys.empty();
    addControlPlaneKey(context, names, section);
    if (hasKeys && !context.config.authentication) {
        context.warnAtKey(section,
            u"these keys are not checked: authentication is off (helicone: {features: auth} "
            "turns it on)"_s);
    }
}

} // namespace sluice::config

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/limitmatch.h"

#include "core/base/glob.h"
#include "core/config/providersections.h"
#include "core/config/scalars.h"

#include <QRegularExpression>

#include <algorithm>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

/// Whether a pattern may fit more than one name.
bool isGlob(QByteArrayView pattern)
{
    return pattern.contains('*') || pattern.contains('?');
}

/// The items of a list, or one bare text as the only item.
std::vector<Value> oneOrMore(Context &context, const Value &value)
{
    if (value.isScalar())
        return {value};
    if (value.isSequence() && value.node->items.empty())
        context.warn(value, u"an empty list means that everything fits"_s);
    return itemsOf(context, value);
}

QList<QByteArray> readGlobs(Context &context, const Value &value)
{
    QList<QByteArray> globs;
    for (const Value &item : oneOrMore(context, value)) {
        if (const std::optional<QByteArray> glob = readName(context, item))
            globs.append(*glob);
    }
    return globs;
}

/// Globs of names that another section defines: those without * and ? are looked up in the end.
QList<QByteArray> readReferences(
    Context &context, const Value &value, Reference::Kind kind, const LimitRule &rule)
{
    QList<QByteArray> globs;
    for (const Value &item : oneOrMore(context, value)) {
        const std::optional<QByteArray> glob = readName(context, item);
        if (!glob)
            continue;
        globs.append(*glob);
        if (!isGlob(*glob) && rule.mode != LimitMode::Off)
            context.references.push_back({kind, *glob, item.place(), item});
    }
    return globs;
}

QByteArray readProviderGlob(Context &context, const Value &item)
{
    const std::optional<QByteArray> glob = readName(context, item);
    if (!glob)
        return {};
    if (!isGlob(*glob))
        return readProviderName(context, item, *glob);
    const QSet<QByteArray> &names = context.providerNames;
    const bool isUsed = std::any_of(names.cbegin(), names.cend(),
        [&glob](const QByteArray &name) { return matchesGlob(*glob, name); });
    if (!isUsed)
        context.warn(item, u"no provider has a name like %1"_s.arg(shown(item)));
    return *glob;
}

QList<QByteArray> readProviderGlobs(Context &context, const Value &value)
{
    QList<QByteArray> globs;
    for (const Value &item : oneOrMore(context, value)) {
        const QByteArray glob = readProviderGlob(context, item);
        if (!glob.isEmpty())
            globs.append(glob);
    }
    return globs;
}

QMap<QByteArray, QByteArray> readProperties(Context &context, const Value &section)
{
    QMap<QByteArray, QByteArray> globs;
    for (const Value &entry : entriesOf(context, section)) {
        const QByteArray name = entry.key.toLower();
        const std::optional<QByteArray> glob = readName(context, entry);
        if (!isPropertyName(name))
            context.errorAtKey(entry, InvalidPropertyName);
        else if (globs.contains(name))
            context.errorAtKey(
                entry, u"this property stands here twice; capital letters make no difference"_s);
        else if (glob)
            globs.insert(name, *glob);
    }
    return globs;
}

} // namespace

const QString InvalidPropertyName =
    u"a property's name has 1 to 64 letters, digits, dashes, underscores"_s;

bool isPropertyName(const QByteArray &name)
{
    static const QRegularExpression pattern(u"^[A-Za-z0-9_-]{1,64}$"_s);
    return pattern.match(QString::fromUtf8(name)).hasMatch();
}

void readMatch(Context &context, const Value &section, LimitRule &rule)
{
    MapReader map(context, section);
    LimitMatch &match = rule.match;
    match.models = readGlobs(context, map.take("models"));
    match.keys = readReferences(context, map.take("keys"), Reference::Kind::Key, rule);
    match.teams = readReferences(context, map.take("teams"), Reference::Kind::Team, rule);
    match.users = readGlobs(context, map.take("users"));
    match.providers = readProviderGlobs(context, map.take("providers"));
    match.properties = readProperties(context, map.take("properties"));
    map.finish();
}

} // namespace sluice::config

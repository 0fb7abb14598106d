// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/configaudit.h"

#include "core/insight/changereport.h"
#include "core/insight/limitchange.h"
#include "core/insight/limittext.h"

namespace sluice::session::configaudit {

using namespace Qt::StringLiterals;
using insight::LimitChange;

namespace {

QString modeName(limits::LimitMode mode)
{
    return mode == limits::LimitMode::Shadow ? u"shadow"_s : u"enforce"_s;
}

/// before and after: what is said of the limit, empty if it is not there.
QJsonObject entryOf(const QString &limit, const QJsonObject &before, const QJsonObject &after)
{
    QJsonObject entry = after;
    entry.insert(u"operation"_s,
        before.isEmpty()      ? u"limit added"_s
            : after.isEmpty() ? u"limit removed"_s
                              : u"limit changed"_s);
    entry.insert(u"limit"_s, limit);
    if (!before.isEmpty())
        entry.insert(u"before"_s, before);
    return entry;
}

QJsonObject entryOf(const LimitChange &change)
{
    const limits::Limit &limit = change.after ? *change.after : *change.before;
    return entryOf(QString::fromUtf8(limit.name),
        change.before ? toJson(*change.before) : QJsonObject(),
        change.after ? toJson(*change.after) : QJsonObject());
}

QJsonObject applied(const QString &fileName)
{
    return {{u"operation"_s, u"configuration applied"_s}, {u"subject"_s, fileName}};
}

} // namespace

QJsonObject toJson(const limits::Limit &limit)
{
    return {{u"allows"_s, insight::allowanceSentence(limit)}, {u"mode"_s, modeName(limit.mode)}};
}

QList<QJsonObject> entries(const config::Configuration &before, const config::Configuration &after,
    const QString &fileName)
{
    if (insight::withoutPlaces(before) == insight::withoutPlaces(after))
        return {};
    QList<QJsonObject> entries{applied(fileName)};
    const auto limitsBefore = limits::LimitSet::compile(before);
    const auto limitsAfter = limits::LimitSet::compile(after);
    for (const LimitChange &change : insight::changedLimits(*limitsBefore, *limitsAfter))
        entries.append(entryOf(change));
    return entries;
}

QList<QJsonObject> entries(
    const AppliedLimits &before, const AppliedLimits &after, const QString &fileName)
{
    if (before.digest == after.digest)
        return {};
    QList<QJsonObject> entries{applied(fileName)};
    for (auto it = before.limits.begin(); it != before.limits.end(); ++it) {
        const QJsonObject now = after.limits.value(it.key());
        if (now != it.value())
            entries.append(entryOf(it.key(), it.value(), now));
    }
    for (auto it = after.limits.begin(); it != after.limits.end(); ++it) {
        if (!before.limits.contains(it.key()))
            entries.append(entryOf(it.key(), {}, it.value()));
    }
    return entries;
}

} // namespace sluice::session::configaudit

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

QJsonObject toJson(const limits::Limit &limit)
{
    return {{u"allows"_s, insight::allowanceSentence(limit)}, {u"mode"_s, modeName(limit.mode)}};
}

QJsonObject entryOf(const LimitChange &change)
{
    const limits::Limit &limit = change.after ? *change.after : *change.before;
    QJsonObject entry = change.after ? toJson(limit) : QJsonObject();
    entry.insert(u"operation"_s,
        !change.before      ? u"limit added"_s
            : !change.after ? u"limit removed"_s
                            : u"limit changed"_s);
    entry.insert(u"limit"_s, QString::fromUtf8(limit.name));
    if (change.before)
        entry.insert(u"before"_s, toJson(*change.before));
    return entry;
}

} // namespace

QList<QJsonObject> entries(const config::Configuration &before, const config::Configuration &after,
    const QString &fileName)
{
    if (insight::withoutPlaces(before) == insight::withoutPlaces(after))
        return {};
    QList<QJsonObject> entries{
        {{u"operation"_s, u"configuration applied"_s}, {u"subject"_s, fileName}}};
    const auto limitsBefore = limits::LimitSet::compile(before);
    const auto limitsAfter = limits::LimitSet::compile(after);
    for (const LimitChange &change : insight::changedLimits(*limitsBefore, *limitsAfter))
        entries.append(entryOf(change));
    return entries;
}

} // namespace sluice::session::configaudit

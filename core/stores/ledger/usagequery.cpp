// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/usagequery.h"

namespace sluice::stores {

using namespace Qt::StringLiterals;

namespace {

constexpr auto PropertyPrefix = "property:"_L1;

Error unknownField(const QString &name)
{
    return {ErrorCode::Invalid,
        u"\"%1\" is none of key, owner, team, user, provider, model, router, status, property:NAME"_s
            .arg(name),
        {}};
}

} // namespace

QString propertyOf(const QString &field)
{
    return field.startsWith(PropertyPrefix) ? field.sliced(PropertyPrefix.size()).toLower()
                                            : QString();
}

bool isUsageField(const QString &name)
{
    static const QStringList fields{u"key"_s, u"owner"_s, u"team"_s, u"user"_s, u"provider"_s,
        u"model"_s, u"router"_s, u"status"_s};
    if (!name.startsWith(PropertyPrefix))
        return fields.contains(name);
    const QString property = propertyOf(name);
    return !property.isEmpty() && !property.contains(u'"') && !property.contains(u'\\');
}

std::optional<UsageBucket> usageBucket(const QString &name)
{
    static const QStringList names{u"minute"_s, u"hour"_s, u"day"_s, u"week"_s, u"month"_s};
    const qsizetype index = names.indexOf(name);
    return index < 0 ? std::nullopt : std::optional(static_cast<UsageBucket>(index));
}

Result<void> check(const UsageQuery &query)
{
    QStringList seen;
    for (const QString &field : query.by) {
        if (!isUsageField(field))
            return unknownField(field);
        if (seen.contains(field))
            return Error{ErrorCode::Invalid, u"\"%1\" is there twice"_s.arg(field), {}};
        seen.append(field);
    }
    for (const UsageQuery::Condition &condition : query.where) {
        if (!isUsageField(condition.field))
            return unknownField(condition.field);
    }
    if (query.since && query.until && *query.since > *query.until)
        return Error{ErrorCode::Invalid, u"the time ends before it begins"_s, {}};
    return {};
}

} // namespace sluice::stores

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/usagequery.h"

#include <QMap>

namespace sluice::stores {

using namespace Qt::StringLiterals;

namespace {

constexpr auto PropertyPrefix = "property:"_L1;

/// Name in JSON, and what it sums up.
struct Sum
{
    QLatin1StringView name;
    QLatin1StringView expression;
};

constexpr std::array Sums{
    Sum{"requests"_L1, "count(*)"_L1},
    Sum{"admitted"_L1, "coalesce(sum(admitted), 0)"_L1},
    Sum{"refused"_L1, "coalesce(sum(refused), 0)"_L1},
    Sum{"errors"_L1, "coalesce(sum(error), 0)"_L1},
    Sum{"input_tokens"_L1, "coalesce(sum(input_tokens), 0)"_L1},
    Sum{"cached_input_tokens"_L1, "coalesce(sum(cached_input_tokens), 0)"_L1},
    Sum{"cache_write_tokens"_L1, "coalesce(sum(cache_write_tokens), 0)"_L1},
    Sum{"output_tokens"_L1, "coalesce(sum(output_tokens), 0)"_L1},
    Sum{"reasoning_tokens"_L1, "coalesce(sum(reasoning_tokens), 0)"_L1},
    Sum{"micro_cents"_L1, "coalesce(sum(micro_cents), 0)"_L1},
    Sum{"unpriced_requests"_L1, "coalesce(sum(unpriced), 0)"_L1},
    Sum{"estimated_requests"_L1, "coalesce(sum(estimated), 0)"_L1},
};

bool isProperty(const QString &field)
{
    return field.startsWith(PropertyPrefix);
}

/// A field as SQL; what it needs goes to values.
QString expression(const QString &field, QVariantList &values)
{
    if (!isProperty(field))
        return field;
    values.append(QString(u"$.\""_s + field.sliced(PropertyPrefix.size()).toLower() + u'"'));
    return u"coalesce(json_extract(properties, ?), '')"_s;
}

QString conditions(const UsageQuery &query, QVariantList &values)
{
    QStringList all{u"key <> ''"_s}; // that were identified
    if (query.since) {
        all.append(u"time_ms >= ?"_s);
        values.append(static_cast<qint64>(query.since->count()));
    }
    if (query.until) {
        all.append(u"time_ms < ?"_s);
        values.append(static_cast<qint64>(query.until->count()));
    }
    QMap<QString, QStringList> wanted;
    for (const UsageQuery::Condition &condition : query.where)
        wanted[condition.field].append(condition.value);
    for (auto it = wanted.cbegin(); it != wanted.cend(); ++it) {
        const QString field = expression(it.key(), values);
        all.append(u"CAST(%1 AS TEXT) IN (%2)"_s.arg(
            field, QStringList(it.value().size(), u"?"_s).join(u", "_s)));
        for (const QString &value : it.value())
            values.append(value);
    }
    return all.join(u" AND "_s);
}

Error unknownField(const QString &name)
{
    return {ErrorCode::Invalid,
        u"\"%1\" is none of key, owner, team, user, provider, model, router, status, property:NAME"_s
            .arg(name),
        {}};
}

} // namespace

bool isUsageField(const QString &name)
{
    static const QStringList fields{u"key"_s, u"owner"_s, u"team"_s, u"user"_s, u"provider"_s,
        u"model"_s, u"router"_s, u"status"_s};
    if (!isProperty(name))
        return fields.contains(name);
    const QString property = name.sliced(PropertyPrefix.size());
    return !property.isEmpty() && !property.contains(u'"') && !property.contains(u'\\');
}

Result<UsageStatement> toStatement(const UsageQuery &query)
{
    UsageStatement statement;
    QStringList fields;
    QStringList names;
    for (const QString &field : query.by) {
        if (!isUsageField(field))
            return unknownField(field);
        if (statement.columns.contains(field))
            return Error{ErrorCode::Invalid, u"\"%1\" is there twice"_s.arg(field), {}};
        names.append(u"g%1"_s.arg(names.size()));
        fields.append(expression(field, statement.values) + u" AS "_s + names.constLast());
        statement.columns.append(field);
    }
    for (const UsageQuery::Condition &condition : query.where) {
        if (!isUsageField(condition.field))
            return unknownField(condition.field);
    }
    QStringList results = names;
    for (const Sum &sum : Sums) {
        results.append(sum.expression);
        statement.columns.append(sum.name);
    }
    fields.append(u"*"_s);
    statement.sql = u"SELECT %1 FROM (SELECT %2 FROM requests WHERE %3)"_s.arg(
        results.join(u", "_s), fields.join(u", "_s), conditions(query, statement.values));
    if (!names.isEmpty()) {
        const QString list = names.join(u", "_s);
        statement.sql += u" GROUP BY "_s + list + u" ORDER BY "_s + list;
    }
    return statement;
}

} // namespace sluice::stores

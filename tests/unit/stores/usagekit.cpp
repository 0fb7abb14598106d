// SPDX-License-Identifier: GPL-3.0-or-later
#include "usagekit.h"

#include "core/stores/ledger/usagesums.h"
#include "recordkit.h"

#include <QDateTime>

#include <algorithm>

namespace sluice::test {

using namespace Qt::StringLiterals;
using insight::RequestRecord;
using stores::UsageBucket;
using stores::UsageQuery;

namespace {

QString text(QByteArrayView utf8)
{
    return QString::fromUtf8(utf8);
}

QString fieldOf(const RequestRecord &record, const QString &field)
{
    const insight::FinishedRequests rows = finished({record});
    const insight::FinishedRow &row = *rows->begin();
    if (const QString name = stores::propertyOf(field); !name.isEmpty()) {
        for (const limits::Property &property : record.subject.properties) {
            if (text(property.name) == name)
                return text(property.value);
        }
        return {};
    }
    const std::map<QString, QString> fields{{u"key"_s, text(row.key)},
        {u"owner"_s, text(row.owner)}, {u"team"_s, text(row.team)}, {u"user"_s, text(row.user)},
        {u"provider"_s, text(row.provider)},
        {u"model"_s, text(QByteArray(record.provider + '/' + record.model))},
        {u"router"_s, text(row.router)}, {u"status"_s, QString::number(row.status)}};
    return fields.at(field);
}

QString bucketOf(const RequestRecord &record, UsageBucket bucket)
{
    QDateTime time = QDateTime::fromMSecsSinceEpoch(record.at.count(), Qt::UTC);
    const QTime clock = time.time();
    switch (bucket) {
    case UsageBucket::Minute:
        time.setTime(QTime(clock.hour(), clock.minute()));
        break;
    case UsageBucket::Hour:
        time.setTime(QTime(clock.hour(), 0));
        break;
    case UsageBucket::Day:
        time.setTime(QTime(0, 0));
        break;
    case UsageBucket::Week:
        time = QDateTime(
            time.date().addDays(Qt::Monday - time.date().dayOfWeek()), QTime(0, 0), Qt::UTC);
        break;
    case UsageBucket::Month:
        time = QDateTime(QDate(time.date().year(), time.date().month(), 1), QTime(0, 0), Qt::UTC);
        break;
    }
    return time.toString(Qt::ISODate);
}

void add(std::vector<qint64> &sums, const RequestRecord &record)
{
    const metering::Charge &charge = record.charge;
    const bool isRefused = record.outcome == insight::Outcome::Refused;
    const bool isError = record.outcome == insight::Outcome::UpstreamFailed || record.status == 500;
    const bool hasTokens = charge.tokens.input.has_value();
    const std::vector<qint64> figures{1, isRefused ? 0 : 1, isRefused ? 1 : 0, isError ? 1 : 0,
        charge.tokens.input.value_or(0), charge.tokens.cachedInput.value_or(0),
        charge.tokens.cacheWrite.value_or(0), charge.tokens.output.value_or(0),
        charge.tokens.reasoning.value_or(0), charge.cost.value_or(0),
        hasTokens && !charge.cost ? 1 : 0,
        charge.outputSource == metering::Source::Counted ? 1 : 0};
    sums.resize(figures.size());
    for (size_t i = 0; i < figures.size(); ++i)
        sums[i] += figures[i];
}

bool isWanted(const RequestRecord &record, const UsageQuery &query)
{
    if (record.subject.apiKey.isEmpty() || (query.since && record.at < *query.since)
        || (query.until && record.at >= *query.until))
        return false;
    std::map<QString, QStringList> wanted;
    for (const UsageQuery::Condition &condition : query.where) {
        const QString name = stores::propertyOf(condition.field);
        wanted[name.isEmpty() ? condition.field : u"property:"_s + name].append(condition.value);
    }
    return std::all_of(wanted.begin(), wanted.end(), [&record](const auto &condition) {
        return condition.second.contains(fieldOf(record, condition.first));
    });
}

} // namespace

UsageGroups expectedUsage(const std::vector<RequestRecord> &records, const UsageQuery &query)
{
    UsageGroups groups;
    if (query.by.isEmpty() && !query.bucket)
        groups[{}].resize(stores::UsageSumNames.size());
    for (const RequestRecord &record : records) {
        if (!isWanted(record, query))
            continue;
        QStringList names;
        if (query.bucket)
            names.append(bucketOf(record, *query.bucket));
        for (const QString &field : query.by)
            names.append(fieldOf(record, field));
        add(groups[names], record);
    }
    return groups;
}

UsageGroups groupsOf(const stores::Table &table, const UsageQuery &query)
{
    UsageGroups groups;
    const qsizetype names = query.by.size() + (query.bucket ? 1 : 0);
    for (const QVariantList &row : table.rows) {
        QStringList group;
        std::vector<qint64> sums;
        for (qsizetype i = 0; i < row.size(); ++i) {
            if (i < names)
                group.append(row[i].toString());
            else
                sums.push_back(row[i].toLongLong());
        }
        groups[group] = sums;
    }
    return groups;
}

} // namespace sluice::test

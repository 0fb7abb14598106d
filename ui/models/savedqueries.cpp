// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/savedqueries.h"

#include <QSettings>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace sluice::ui {

namespace {

const QString ListKey = u"query/saved"_s;
const QString NameKey = u"name"_s;
const QString SqlKey = u"sql"_s;

QString sampleTightest()
{
    return u"-- Which limit refuses most, and the last time that it did\n"
           u"SELECT binding_limit, count(*) AS refused, count(DISTINCT key) AS keys,\n"
           u"       max(time) AS last\n"
           u"FROM requests\n"
           u"WHERE refused = 1 AND binding_limit <> ''\n"
           u"GROUP BY binding_limit\n"
           u"ORDER BY refused DESC"_s;
}

QString sampleUsers()
{
    return u"-- End users by what they cost since midnight, UTC\n"
           u"SELECT \"user\", count(*) AS requests, sum(refused) AS refused,\n"
           u"       sum(input_tokens) + sum(output_tokens) AS tokens,\n"
           u"       round(sum(micro_cents) / 1e8, 4) AS dollars\n"
           u"FROM requests\n"
           u"WHERE time_ms >= unixepoch('now', 'start of day') * 1000 AND \"user\" <> ''\n"
           u"GROUP BY \"user\"\n"
           u"ORDER BY dollars DESC, requests DESC\n"
           u"LIMIT 50"_s;
}

QString sampleRefusals()
{
    return u"-- Refusals of the last 24 hours by limit and key\n"
           u"SELECT binding_limit, verdict, key, count(*) AS refused\n"
           u"FROM requests\n"
           u"WHERE refused = 1 AND time_ms >= (unixepoch('now') - 86400) * 1000\n"
           u"GROUP BY binding_limit, verdict, key\n"
           u"ORDER BY refused DESC"_s;
}

QString sampleTeams()
{
    return u"-- What each team cost on each day, UTC\n"
           u"SELECT substr(time, 1, 10) AS day, team, count(*) AS requests,\n"
           u"       round(sum(micro_cents) / 1e8, 2) AS dollars\n"
           u"FROM requests\n"
           u"WHERE key <> ''\n"
           u"GROUP BY day, team\n"
           u"ORDER BY day DESC, dollars DESC"_s;
}

QString sampleSlowest()
{
    return u"-- The slowest answers\n"
           u"SELECT time, key, \"user\", model, status, duration_us / 1000 AS ms, output_tokens\n"
           u"FROM requests\n"
           u"WHERE admitted = 1\n"
           u"ORDER BY duration_us DESC\n"
           u"LIMIT 100"_s;
}

QString sampleErrors()
{
    return u"-- Failures by provider and model\n"
           u"SELECT provider, model, status, outcome, count(*) AS errors, max(time) AS last\n"
           u"FROM requests\n"
           u"WHERE error = 1\n"
           u"GROUP BY provider, model, status, outcome\n"
           u"ORDER BY errors DESC"_s;
}

} // namespace

SavedQueries::SavedQueries(QSettings &settings, QObject *parent)
    : QAbstractListModel(parent), m_settings(settings)
{
    read();
    const std::pair<QString, QString> samples[] = {{tr("Tightest limits"), sampleTightest()},
        {tr("Top users today"), sampleUsers()}, {tr("Refusals by limit"), sampleRefusals()},
        {tr("Cost per team and day"), sampleTeams()}, {tr("Slowest requests"), sampleSlowest()},
        {tr("Errors by provider"), sampleErrors()}};
    for (const auto &sample : samples)
        m_queries.push_back({sample.first, sample.second, true});
}

SavedQueries::~SavedQueries() = default;

void SavedQueries::read()
{
    const int count = m_settings.beginReadArray(ListKey);
    for (int i = 0; i < count; ++i) {
        m_settings.setArrayIndex(i);
        const QString name = m_settings.value(NameKey).toString();
        if (!name.isEmpty())
            m_queries.push_back({name, m_settings.value(SqlKey).toString(), false});
    }
    m_settings.endArray();
}

void SavedQueries::write()
{
    m_settings.remove(ListKey);
    m_settings.beginWriteArray(ListKey, ownCount());
    for (int i = 0; i < ownCount(); ++i) {
        m_settings.setArrayIndex(i);
        m_settings.setValue(NameKey, at(i).name);
        m_settings.setValue(SqlKey, at(i).sql);
    }
    m_settings.endArray();
}

int SavedQueries::ownCount() const
{
    return int(std::count_if(
        m_queries.cbegin(), m_queries.cend(), [](const Query &query) { return !query.isSample; }));
}

int SavedQueries::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_queries.size());
}

QVariant SavedQueries::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Query &query = at(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return query.name;
    case Qt::ToolTipRole:
        return query.sql;
    case Qt::AccessibleTextRole:
        return query.isSample ? tr("%1, sample").arg(query.name) : query.name;
    default:
        return {};
    }
}

int SavedQueries::save(const QString &name, const QString &sql)
{
    const auto own = m_queries.begin() + ownCount();
    const auto place = std::lower_bound(
        m_queries.begin(), own, name, [](const Query &query, const QString &wanted) {
            return query.name.localeAwareCompare(wanted) < 0;
        });
    const int row = int(place - m_queries.begin());
    if (place != own && place->name == name) {
        place->sql = sql;
        Q_EMIT dataChanged(index(row), index(row));
    } else {
        beginInsertRows({}, row, row);
        m_queries.insert(place, {name, sql, false});
        endInsertRows();
    }
    write();
    return row;
}

bool SavedQueries::remove(int row)
{
    if (row < 0 || row >= rowCount() || at(row).isSample)
        return false;
    beginRemoveRows({}, row, row);
    m_queries.erase(m_queries.begin() + row);
    endRemoveRows();
    write();
    return true;
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/usageanswer.h"

#include <QDateTime>
#include <QMap>

#include <algorithm>
#include <limits>

namespace sluice::stores {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 Minute = 60'000;
constexpr qint64 Hour = RollupBook::Hour;
constexpr qint64 Day = RollupBook::Day;
constexpr qint64 Always = std::numeric_limits<qint64>::max(); ///< the sums have every row
constexpr qint64 Never = std::numeric_limits<qint64>::max() / Day * Day;

qint64 floorTo(qint64 unit, qint64 time)
{
    return time - time % unit;
}

qint64 ceilTo(qint64 unit, qint64 time)
{
    return floorTo(unit, time + unit - 1);
}

QByteArray list(qsizetype count)
{
    QByteArray marks = QByteArray("?, ").repeated(count);
    marks.chop(2);
    return marks;
}

/// As a name in SQL: "user" is something else in PostgreSQL without the quotes.
QByteArray quoted(const QString &field)
{
    return '"' + field.toUtf8() + '"';
}

/// A field as SQL over groups of a roll-up.
QByteArray groupField(const QString &field, QStringList & /*values*/)
{
    if (field == "user"_L1 || !propertyOf(field).isEmpty())
        return "value";
    return quoted(field);
}

/// The conditions of a query as SQL, and what its places are filled with.
template <typename Name>
QByteArray conditions(const UsageQuery &query, Name &&name, QStringList &values)
{
    QMap<QString, QStringList> wanted;
    for (const UsageQuery::Condition &condition : query.where)
        wanted[condition.field].append(condition.value);
    QByteArray all;
    for (auto it = wanted.cbegin(); it != wanted.cend(); ++it) {
        all += " AND CAST(" + name(it.key(), values) + " AS TEXT) IN (" + list(it->size()) + ')';
        values += *it;
    }
    return all;
}

UsageSums sumsOf(const UsageRow &row, int first)
{
    UsageSums sums;
    for (size_t i = 0; i < sums.values.size(); ++i)
        sums.values[i] = row.number(first + static_cast<int>(i));
    return sums;
}

QString timeText(qint64 time)
{
    return QDateTime::fromMSecsSinceEpoch(time, Qt::UTC).toString(Qt::ISODate);
}

} // namespace

UsageAnswer::UsageAnswer(UsageSource &source, const UsageQuery &query)
    : m_source(source),
      m_query(query),
      m_since(query.since ? std::clamp<qint64>(query.since->count(), 0, Never - Day) : 0),
      m_until(query.until ? std::clamp<qint64>(query.until->count(), 0, Never) : Never)
{
}

Result<Table> UsageAnswer::find()
{
    if (const auto begun = m_source.begin(); !begun)
        return begun.error();
    const auto added = addAll();
    const auto ended = m_source.end();
    if (!added)
        return added.error();
    if (!ended)
        return ended.error();
    return table();
}

Result<void> UsageAnswer::addAll()
{
    if (m_since >= m_until)
        return {};
    const auto state = m_source.summedTo();
    if (!state)
        return state.error();
    m_rolledUpTo = *state;
    const auto found = rollup();
    if (!found)
        return found.error();
    if (*found)
        return addFromRollups(**found);
    m_table.source = u"rows"_s;
    if (auto noted = noteMissingRows(); !noted)
        return noted;
    return addRows(m_since, m_until, Rows::All);
}

/// None if the fields are in no roll-up together.
Result<std::optional<UsageAnswer::Rollup>> UsageAnswer::rollup()
{
    using Found = std::optional<Rollup>;
    if (m_query.bucket == UsageBucket::Minute)
        return Found();
    QStringList fields = m_query.by;
    for (const UsageQuery::Condition &condition : m_query.where)
        fields.append(condition.field);
    for (QString &field : fields) // a property's name may be written in any case
        field = propertyOf(field).isEmpty() ? field : field.toLower();
    fields.removeDuplicates();
    const auto isSpecial = [](const QString &field) {
        return field == "user"_L1 || !propertyOf(field).isEmpty();
    };
    if (std::none_of(fields.cbegin(), fields.cend(), isSpecial))
        return Found(Rollup{});
    if (fields.size() != 1)
        return Found();
    const QByteArray property = propertyOf(fields.constFirst()).toUtf8();
    if (property.isEmpty())
        return Found(Rollup{RollupKind::User, {}});
    bool isComplete = false;
    const auto done = m_source.each("SELECT since_ms FROM rollup_property WHERE name = ?",
        {QString::fromUtf8(property)}, [this, &isComplete](const UsageRow &row) {
            isComplete = row.number(0) <= floorTo(Day, m_since);
        });
    if (!done)
        return done.error();
    return isComplete ? Found(Rollup{RollupKind::Property, property}) : Found();
}

Result<void> UsageAnswer::addFromRollups(const Rollup &rollup)
{
    m_kind = rollup.kind;
    m_table.source = u"roll-ups"_s;
    if (auto loaded = loadGroups(rollup); !loaded)
        return loaded;
    // What came after the last change of the sums.
    if (m_rolledUpTo < Always) {
        if (auto added = addRows(m_since, m_until, Rows::BehindTheSums); !added)
            return added;
    }
    const qint64 firstDay = ceilTo(Day, m_since);
    const qint64 lastDay = floorTo(Day, m_until);
    if (firstDay > lastDay)
        return addPartOfDay(m_since, m_until);
    if (auto added = addPartOfDay(m_since, firstDay); !added)
        return added;
    const bool isByHour = m_query.bucket == UsageBucket::Hour;
    if (auto added = addSums(isByHour ? "rollup_hourly" : "rollup_daily", firstDay, lastDay);
        !added)
        return added;
    return addPartOfDay(lastDay, m_until);
}

/// Reads which groups of the roll-up are asked for, and what they are in the answer.
Result<void> UsageAnswer::loadGroups(const Rollup &rollup)
{
    QStringList values;
    QByteArray fields = "id";
    for (const QString &field : m_query.by)
        fields += ", " + groupField(field, values);
    const QByteArray groups =
        "(SELECT id, kind, property, value, key, owner, team, router, provider, CASE WHEN model = "
        "'' "
        "OR provider = '' THEN model ELSE provider || '/' || model END AS model, status FROM "
        "rollup_group) AS names";
    const QByteArray sql = "SELECT " + fields + " FROM " + groups
        + " WHERE kind = " + QByteArray::number(static_cast<qint64>(rollup.kind))
        + " AND property = ?" + (rollup.kind == RollupKind::Common ? " AND key <> ''" : "")
        + conditions(m_query, groupField, values);
    values.prepend(QString::fromUtf8(rollup.property));
    return m_source.each(sql, values, [this](const UsageRow &row) {
        const auto id = static_cast<size_t>(row.number(0));
        if (id >= m_groupOfId.size())
            m_groupOfId.resize(std::max(id + 1, 2 * m_groupOfId.size()), -1);
        m_groupOfId[id] = static_cast<int>(groupOf(cellsOf(row)));
    });
}

Result<void> UsageAnswer::addPartOfDay(qint64 from, qint64 to)
{
    if (from >= to)
        return {};
    const qint64 day = floorTo(Day, from);
    const auto hours = countSums("rollup_hourly", day, day + Day);
    if (!hours)
        return hours.error();
    const auto whole = countSums("rollup_daily", day, day + Day);
    if (!whole)
        return whole.error();
    if (*hours != *whole) {
        note(u"hours of %1 are not kept any more: the whole day is counted"_s.arg(timeText(day)));
        return addSums("rollup_daily", day, day + Day);
    }
    const qint64 firstHour = ceilTo(Hour, from);
    const qint64 lastHour = floorTo(Hour, to);
    if (firstHour > lastHour)
        return addPartOfHour(from, to);
    if (auto added = addPartOfHour(from, firstHour); !added)
        return added;
    if (auto added = addSums("rollup_hourly", firstHour, lastHour); !added)
        return added;
    return addPartOfHour(lastHour, to);
}

Result<void> UsageAnswer::addPartOfHour(qint64 from, qint64 to)
{
    if (from >= to)
        return {};
    const qint64 hour = floorTo(Hour, from);
    const auto all = countRows(hour, hour + Hour);
    if (!all)
        return all.error();
    const auto part = countRows(from, to);
    if (!part)
        return part.error();
    const auto summed = countSums("rollup_hourly", hour, hour + Hour);
    if (!summed)
        return summed.error();
    if (*all != *summed)
        note(u"rows of the hour from %1 are not kept: the whole hour is counted"_s.arg(
            timeText(hour)));
    if (*all != *summed || *part == *all)
        return addSums("rollup_hourly", hour, hour + Hour);
    return addRows(from, to, Rows::InTheSums);
}

Result<void> UsageAnswer::addSums(const QByteArray &table, qint64 from, qint64 to)
{
    if (from >= to)
        return {};
    QByteArray columns = "time_ms, grp";
    for (const QLatin1StringView name : UsageSumNames)
        columns += ", " + QByteArray(name.data(), name.size());
    const QByteArray sql = "SELECT " + columns + " FROM " + table
        + " WHERE kind = " + QByteArray::number(static_cast<qint64>(m_kind)) + " AND time_ms >= "
        + QByteArray::number(from) + " AND time_ms < " + QByteArray::number(to);
    return m_source.each(sql, {}, [this](const UsageRow &row) {
        const auto id = static_cast<size_t>(row.number(1));
        if (id < m_groupOfId.size() && m_groupOfId[id] >= 0)
            add(row.number(0), static_cast<size_t>(m_groupOfId[id]), sumsOf(row, 2));
    });
}

/// A field as SQL over rows; what it needs goes to values.
QByteArray UsageAnswer::rowField(const QString &field, QStringList &values) const
{
    const QString property = propertyOf(field);
    return property.isEmpty() ? quoted(field) : m_source.propertyField(property, values);
}

/// Sums of rows in SQL; by day at most, which weeks and months are made of.
QByteArray UsageAnswer::rowsStatement(
    qint64 from, qint64 to, Rows places, QStringList &values) const
{
    const qint64 unit = m_query.bucket == UsageBucket::Minute ? Minute
        : m_query.bucket == UsageBucket::Hour                 ? Hour
                                                              : Day;
    QByteArray fields =
        m_query.bucket ? "time_ms - time_ms % " + QByteArray::number(unit) : QByteArray("0");
    QByteArray groups = "1";
    for (int i = 0; i < m_query.by.size(); ++i) {
        fields += ", " + rowField(m_query.by[i], values);
        groups += ", " + QByteArray::number(i + 2);
    }
    for (const QLatin1StringView sum : UsageSumExpressions)
        fields += ", " + QByteArray(sum.data(), sum.size());
    // Of two indices SQLite takes the one of the times, unless it must not.
    const QByteArray time = places == Rows::BehindTheSums ? "+time_ms" : "time_ms";
    const QByteArray last = QByteArray::number(m_rolledUpTo);
    QByteArray where;
    if (places == Rows::BehindTheSums)
        where += " AND id > " + last;
    if (places == Rows::InTheSums)
        where += " AND +id <= " + last;
    if (from > 0)
        where += " AND " + time + " >= " + QByteArray::number(from);
    if (to < Never)
        where += " AND " + time + " < " + QByteArray::number(to);
    where += conditions(
        m_query,
        [this](const QString &field, QStringList &needed) { return rowField(field, needed); },
        values);
    return "SELECT " + fields + " FROM requests WHERE key <> ''" + where + " GROUP BY " + groups;
}

Result<void> UsageAnswer::addRows(qint64 from, qint64 to, Rows places)
{
    QStringList values;
    const QByteArray sql = rowsStatement(from, to, places, values);
    return m_source.each(sql, values, [this](const UsageRow &row) {
        const size_t group = groupOf(cellsOf(row));
        add(row.number(0), group, sumsOf(row, 1 + static_cast<int>(m_query.by.size())));
    });
}

/// What a row is grouped by, from the second column on.
UsageAnswer::Cells UsageAnswer::cellsOf(const UsageRow &row) const
{
    Cells cells;
    for (int i = 0; i < m_query.by.size(); ++i) {
        if (m_query.by[i] == "status"_L1)
            cells.emplace_back(row.number(i + 1));
        else
            cells.emplace_back(row.text(i + 1).toByteArray());
    }
    return cells;
}

/// Requests in the sums of a time, whoever's they are.
Result<qint64> UsageAnswer::countSums(const QByteArray &table, qint64 from, qint64 to)
{
    const QByteArray sql = "SELECT coalesce(sum(requests), 0) FROM " + table
        + " WHERE kind = 0 AND time_ms >= " + QByteArray::number(from) + " AND time_ms < "
        + QByteArray::number(to);
    return m_source.number(sql);
}

/// Requests in the rows of a time that the sums have, whoever's they are.
Result<qint64> UsageAnswer::countRows(qint64 from, qint64 to)
{
    const QByteArray sql = "SELECT count(*) FROM ledger WHERE time_ms >= "
        + QByteArray::number(from) + " AND time_ms < " + QByteArray::number(to)
        + " AND +id <= " + QByteArray::number(m_rolledUpTo);
    return m_source.number(sql);
}

Result<void> UsageAnswer::noteMissingRows()
{
    const auto oldestRow = m_source.number("SELECT coalesce(min(time_ms), 0) FROM ledger");
    if (!oldestRow)
        return oldestRow.error();
    const QByteArray sql = "SELECT coalesce(max(time_ms), -1) FROM rollup_daily WHERE kind = 0 AND "
                           "time_ms < "
        + QByteArray::number(floorTo(Day, *oldestRow));
    const auto newestBefore = m_source.number(sql);
    if (!newestBefore)
        return newestBefore.error();
    if (*newestBefore >= 0 && *newestBefore + Day > m_since)
        note(u"rows are kept since %1: what was before is not counted"_s.arg(timeText(*oldestRow)));
    return {};
}

size_t UsageAnswer::groupOf(Cells &&cells)
{
    return m_groups.try_emplace(std::move(cells), m_groups.size()).first->second;
}

qint64 UsageAnswer::bucketOf(qint64 timeMs) const
{
    if (!m_query.bucket)
        return 0;
    switch (*m_query.bucket) {
    case UsageBucket::Minute:
        return floorTo(Minute, timeMs);
    case UsageBucket::Hour:
        return floorTo(Hour, timeMs);
    case UsageBucket::Day:
        return floorTo(Day, timeMs);
    case UsageBucket::Week: {
        const qint64 day = timeMs / Day; // the first one of 1970 was a Thursday
        return std::max<qint64>(0, day - (day + 3) % 7) * Day;
    }
    case UsageBucket::Month: {
        const QDate date = QDateTime::fromMSecsSinceEpoch(timeMs, Qt::UTC).date();
        return QDate(date.year(), date.month(), 1).startOfDay(Qt::UTC).toMSecsSinceEpoch();
    }
    }
    Q_UNREACHABLE();
}

void UsageAnswer::add(qint64 timeMs, size_t group, const UsageSums &sums)
{
    std::vector<UsageSums> &bucket = m_sums[bucketOf(timeMs)];
    if (group >= bucket.size())
        bucket.resize(m_groups.size());
    bucket[group].add(sums);
}

void UsageAnswer::note(const QString &sentence)
{
    if (!m_table.notes.contains(sentence))
        m_table.notes.append(sentence);
}

Table UsageAnswer::table() const
{
    Table table = m_table;
    if (m_query.bucket)
        table.columns.append(u"time"_s);
    table.columns += m_query.by;
    for (const QLatin1StringView name : UsageSumNames)
        table.columns.append(name);
    for (const auto &[time, sums] : m_sums) {
        for (const auto &[cells, group] : m_groups) {
            if (group < sums.size() && sums[group].requests() > 0)
                table.rows.push_back(rowOf(time, cells, sums[group]));
        }
    }
    if (table.rows.empty() && m_query.by.isEmpty() && !m_query.bucket)
        table.rows.push_back(rowOf(0, {}, {}));
    return table;
}

QVariantList UsageAnswer::rowOf(qint64 time, const Cells &cells, const UsageSums &sums) const
{
    QVariantList row;
    if (m_query.bucket)
        row.append(timeText(time));
    for (const Cell &cell : cells) {
        if (const auto *number = std::get_if<qint64>(&cell))
            row.append(*number);
        else
            row.append(QString::fromUtf8(std::get<QByteArray>(cell)));
    }
    for (const qint64 sum : sums.values)
        row.append(sum);
    return row;
}

} // namespace sluice::stores

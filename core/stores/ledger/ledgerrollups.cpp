// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/ledgerrollups.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace sluice::stores {

using insight::FinishedRow;
using sqlite::Statement;
using Lifetime = Statement::Lifetime;

namespace {

constexpr int FirstSum = 4; ///< place of the first sum in the statements of addStatement()

QByteArray addStatement(const QByteArray &table)
{
    QByteArray marks;
    QByteArray updates;
    for (const QLatin1StringView name : UsageSumNames) {
        const QByteArray column(name.data(), name.size());
        marks += ", ?";
        updates +=
            (updates.isEmpty() ? "" : ", ") + column + " = " + column + " + excluded." + column;
    }
    return "INSERT INTO " + table + " VALUES (?, ?, ?" + marks
        + ") ON CONFLICT (kind, time_ms, grp) DO UPDATE SET " + updates;
}

/// Everything that is summed up of a row, in the order of rowOf(); then the named properties.
QByteArray rowsStatement(qsizetype properties)
{
    return "SELECT id, time_ms, key, owner, team, user, router, provider, model, status, "
           "refused = 0 AND outcome <> 'rejected', refused, error, input_tokens, "
           "cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, micro_cents, "
           "unpriced, estimated"
        + QByteArray(", coalesce(json_extract(properties, ?), '')").repeated(properties)
        + " FROM ledger WHERE id > ? ORDER BY id LIMIT ?";
}

constexpr int FirstProperty = 21; ///< column of rowsStatement()

std::optional<qint64> optionalNumber(const Statement &rows, int column)
{
    return rows.isNull(column) ? std::nullopt : std::optional(rows.number(column));
}

/// Looks into the statement's row.
FinishedRow rowOf(const Statement &rows)
{
    FinishedRow row;
    row.timeMs = rows.number(1);
    row.key = rows.text(2);
    row.owner = rows.text(3);
    row.team = rows.text(4);
    row.user = rows.text(5);
    row.router = rows.text(6);
    row.provider = rows.text(7);
    row.model = rows.text(8);
    row.status = static_cast<int>(rows.number(9));
    row.isAdmitted = rows.number(10) != 0;
    row.isRefused = rows.number(11) != 0;
    row.isError = rows.number(12) != 0;
    row.tokens.input = optionalNumber(rows, 13);
    row.tokens.cachedInput = optionalNumber(rows, 14);
    row.tokens.cacheWrite = optionalNumber(rows, 15);
    row.tokens.output = optionalNumber(rows, 16);
    row.tokens.reasoning = optionalNumber(rows, 17);
    row.cost = optionalNumber(rows, 18);
    row.isUnpriced = rows.number(19) != 0;
    row.isEstimated = rows.number(20) != 0;
    return row;
}

} // namespace

Result<LedgerRollups> LedgerRollups::open(sqlite::Database &database)
{
    LedgerRollups rollups(database);
    if (const auto prepared = rollups.prepare(); !prepared)
        return prepared.error();
    if (const auto loaded = rollups.refresh(); !loaded)
        return loaded.error();
    if (const auto loaded = rollups.loadProperties(); !loaded)
        return loaded.error();
    return rollups;
}

Result<void> LedgerRollups::prepare()
{
    const std::array<std::pair<Statement *, QByteArray>, 7> statements{{
        {&m_version, "PRAGMA data_version"},
        {&m_addHour, addStatement("rollup_hourly")},
        {&m_addDay, addStatement("rollup_daily")},
        {&m_findGroup,
            "SELECT id, last_day_ms FROM rollup_group WHERE kind = ? AND property = ? AND value = "
            "? "
            "AND key = ? AND owner = ? AND team = ? AND router = ? AND provider = ? AND model = ? "
            "AND status = ?"},
        {&m_addGroup,
            "INSERT INTO rollup_group (kind, property, value, key, owner, team, router, provider, "
            "model, status, last_day_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, -1) RETURNING id, "
            "last_day_ms"},
        {&m_markDay, "UPDATE rollup_group SET last_day_ms = max(last_day_ms, ?) WHERE id = ?"},
        {&m_setState, "UPDATE rollup_state SET rolled_up_to = ?"},
    }};
    for (const auto &[statement, sql] : statements) {
        auto prepared = m_database->prepare(sql);
        if (!prepared)
            return prepared.error();
        *statement = std::move(*prepared);
    }
    return {};
}

Result<void> LedgerRollups::loadProperties()
{
    auto names = m_database->prepare("SELECT name FROM rollup_property ORDER BY name");
    if (!names)
        return names.error();
    QByteArrayList properties;
    auto done = names->eachRow([&] { properties.append(names->text(0).toByteArray()); });
    if (done)
        m_book.setProperties(properties);
    return done;
}

Result<void> LedgerRollups::refresh()
{
    const auto row = m_version.step();
    if (!row)
        return row.error();
    const qint64 version = m_version.number(0);
    m_version.reset();
    if (version == m_seenVersion)
        return {};
    m_seenVersion = version;
    return load();
}

/// What was summed up and not flushed is summed up again, from the rows.
Result<void> LedgerRollups::load()
{
    m_book.clear();
    const auto state = m_database->number("SELECT rolled_up_to FROM rollup_state");
    if (!state)
        return state.error();
    const auto last = m_database->number("SELECT coalesce(max(id), 0) FROM ledger");
    if (!last)
        return last.error();
    m_flushedTo = *state;
    m_summedTo = *state;
    // The last rows may have been removed; an id that the sums have is not used again.
    m_lastId = std::max(*last, *state);
    return {};
}

Result<void> LedgerRollups::setProperties(const QByteArrayList &names, qint64 now)
{
    if (auto flushed = flush(); !flushed)
        return flushed;
    m_book.setProperties(names);
    const auto groups = m_database->number("SELECT count(*) FROM rollup_group");
    if (!groups)
        return groups.error();
    const QByteArray dropStatement = "DELETE FROM rollup_property WHERE name NOT IN ("
        + QByteArray("?, ").repeated(names.size()) + "'')";
    auto drop = m_database->prepare(dropStatement);
    auto add = m_database->prepare("INSERT OR IGNORE INTO rollup_property VALUES (?, ?)");
    if (!drop || !add)
        return drop ? add.error() : drop.error();
    add->bind(2, *groups == 0 ? 0 : now);
    for (int i = 0; i < names.size(); ++i) {
        drop->bindText(i + 1, names[i]);
        add->bindText(1, names[i]);
        if (auto done = add->run(); !done)
            return done;
    }
    return drop->run();
}

void LedgerRollups::addKept(const FinishedRow &row)
{
    const bool isNext = m_summedTo == m_lastId;
    ++m_lastId;
    if (!isNext)
        return; // catchUp() comes to it
    m_summedTo = m_lastId;
    m_book.add(row);
}

void LedgerRollups::addUnkept(const FinishedRow &row)
{
    m_book.add(row);
}

Result<void> LedgerRollups::flush()
{
    std::vector<RollupBook::Entry> entries = m_book.entries();
    if (auto prepared = prepareGroups(entries); !prepared)
        return prepared;
    if (auto put = add(m_addHour, entries); !put)
        return put;
    for (RollupBook::Entry &entry : entries)
        entry.hour -= entry.hour % RollupBook::Day;
    if (auto put = add(m_addDay, entries); !put)
        return put;
    m_book.clearSums();
    if (m_flushedTo == m_summedTo)
        return {};
    m_flushedTo = m_summedTo;
    m_setState.bind(1, m_flushedTo);
    return m_setState.run();
}

/// Gives each group its id, and notes in the file on which day it was there last.
Result<void> LedgerRollups::prepareGroups(const std::vector<RollupBook::Entry> &entries)
{
    for (const RollupBook::Entry &entry : entries) {
        RollupGroup &group = *entry.group;
        const qint64 day = entry.hour - entry.hour % RollupBook::Day;
        if (group.id == 0) {
            if (auto found = find(group); !found)
                return found;
        }
        if (group.lastDay < day) {
            if (auto marked = markDay(day, group); !marked)
                return marked;
        }
    }
    return {};
}

/// In the order of the table, which is a third of the work in any other one; what is of one group
/// and time becomes one change.
Result<void> LedgerRollups::add(Statement &statement, std::vector<RollupBook::Entry> &entries)
{
    const auto place = [](const RollupBook::Entry &entry) {
        return std::tuple(entry.group->kind, entry.hour, entry.group->id);
    };
    std::sort(entries.begin(), entries.end(),
        [&place](const auto &a, const auto &b) { return place(a) < place(b); });
    for (size_t i = 0; i < entries.size();) {
        UsageSums sums = entries[i].sums;
        size_t next = i + 1;
        for (; next < entries.size() && place(entries[next]) == place(entries[i]); ++next)
            sums.add(entries[next].sums);
        if (auto done = add(statement, entries[i].hour, *entries[i].group, sums); !done)
            return done;
        i = next;
    }
    return {};
}

Result<void> LedgerRollups::add(
    Statement &statement, qint64 time, const RollupGroup &group, const UsageSums &sums)
{
    statement.bind(1, static_cast<qint64>(group.kind));
    statement.bind(2, time);
    statement.bind(3, group.id);
    for (size_t i = 0; i < sums.values.size(); ++i)
        statement.bind(FirstSum + static_cast<int>(i), sums.values[i]);
    return statement.run();
}

Result<void> LedgerRollups::find(RollupGroup &group)
{
    for (Statement *statement : {&m_findGroup, &m_addGroup}) {
        int place = 0;
        statement->bind(++place, static_cast<qint64>(group.kind));
        for (const QByteArray &text : {group.property, group.value, group.key, group.owner,
                 group.team, group.router, group.provider, group.model})
            statement->bindText(++place, text);
        statement->bind(++place, group.status);
        const auto row = statement->step();
        if (!row)
            return row.error();
        if (*row) {
            group.id = statement->number(0);
            group.lastDay = statement->number(1);
            return statement->run(); // to its end
        }
    }
    return {};
}

Result<void> LedgerRollups::markDay(qint64 day, RollupGroup &group)
{
    group.lastDay = day;
    m_markDay.bind(1, day);
    m_markDay.bind(2, group.id);
    return m_markDay.run();
}

Result<bool> LedgerRollups::catchUp(int mostRows)
{
    const QByteArrayList &properties = m_book.properties();
    auto rows = m_database->prepare(rowsStatement(properties.size()));
    if (!rows)
        return rows.error();
    int place = 0;
    for (const QByteArray &name : properties)
        rows->bindText(++place, QByteArray("$.\"" + name + '"'));
    rows->bind(++place, m_summedTo);
    rows->bind(++place, qint64(mostRows));
    for (int i = 0; i < mostRows; ++i) {
        const auto row = addRow(*rows);
        if (!row)
            return row.error();
        if (!*row) {
            m_summedTo = m_lastId;
            break;
        }
    }
    rows->reset();
    if (const auto flushed = flush(); !flushed)
        return flushed.error();
    return isBehind();
}

Result<bool> LedgerRollups::addRow(Statement &rows)
{
    auto row = rows.step();
    if (!row || !*row)
        return row;
    const QByteArrayList &names = m_book.properties();
    std::vector<insight::RowProperty> properties;
    for (qsizetype i = 0; i < names.size(); ++i)
        properties.push_back({names[i], rows.text(FirstProperty + static_cast<int>(i))});
    FinishedRow values = rowOf(rows);
    values.properties = properties;
    m_book.add(values);
    m_summedTo = rows.number(0);
    return true;
}

Result<qint64> LedgerRollups::removeBefore(qint64 hourly, qint64 daily)
{
    if (const auto flushed = flush(); !flushed)
        return flushed.error();
    qint64 removed = 0;
    const std::array<std::pair<QByteArray, qint64>, 2> tables{
        {{"rollup_hourly", hourly}, {"rollup_daily", daily}}};
    for (const auto &[table, before] : tables) {
        for (const char kind : {'0', '1', '2'}) {
            const QByteArray where = QByteArray(" WHERE kind = ") + kind;
            if (const auto done = m_database->execute("DELETE FROM " + table + where
                    + " AND time_ms < " + QByteArray::number(before)
                    + " AND time_ms = (SELECT min(time_ms) FROM " + table + where + ')');
                !done)
                return done.error();
            removed += m_database->changes();
        }
    }
    if (removed == 0) {
        if (const auto done = removeGroupsBefore(std::min(hourly, daily) - RollupBook::Day); !done)
            return done.error();
    }
    return removed;
}

/// Groups that no sum is of any more: nobody's name stays behind. Looked for once a day.
Result<void> LedgerRollups::removeGroupsBefore(qint64 time)
{
    const qint64 day = time / RollupBook::Day;
    if (day == m_groupsOfDay)
        return {};
    m_groupsOfDay = day;
    if (auto done = m_database->execute(
            "DELETE FROM rollup_group WHERE last_day_ms < " + QByteArray::number(time));
        !done)
        return done;
    if (m_database->changes() > 0)
        m_book.clear();
    return {};
}

} // namespace sluice::stores

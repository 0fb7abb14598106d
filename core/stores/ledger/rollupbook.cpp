// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/rollupbook.h"

#include <algorithm>
#include <limits>

namespace sluice::stores {

using insight::FinishedRow;
using insight::RowProperty;

namespace {

constexpr size_t MostKnownGroups = 50'000; ///< end users have any name that clients think of

/// With its length, so that no two groups have one name.
void appendPart(QByteArray &name, QByteArrayView part)
{
    const auto size = static_cast<quint32>(part.size());
    name.append(reinterpret_cast<const char *>(&size), sizeof size);
    name.append(part);
}

bool isOf(const RollupGroup &group, const FinishedRow &row)
{
    return group.kind == RollupKind::Common && group.status == row.status && group.key == row.key
        && group.model == row.model && group.owner == row.owner && group.team == row.team
        && group.router == row.router && group.provider == row.provider;
}

QByteArrayView valueOf(const FinishedRow &row, const QByteArray &property)
{
    const auto found = std::find_if(row.properties.begin(), row.properties.end(),
        [&property](const RowProperty &given) { return given.name == property; });
    return found == row.properties.end() ? QByteArrayView() : found->value;
}

} // namespace

void RollupBook::add(const FinishedRow &row)
{
    const UsageSums sums = sumsOf(row);
    add(row.timeMs, commonGroup(row), sums);
    if (row.key.isEmpty())
        return;
    add(row.timeMs, namedGroup(RollupKind::User, {}, row.user), sums);
    for (const QByteArray &property : std::as_const(m_properties))
        add(row.timeMs, namedGroup(RollupKind::Property, property, valueOf(row, property)), sums);
}

void RollupBook::add(const RollupBook &other)
{
    for (auto it = other.m_sums.cbegin(); it != other.m_sums.cend(); ++it) {
        const RollupGroup &group = other.m_groups[it.key() & 0xFFFF'FFFFU];
        const auto hour = static_cast<qint64>(it.key() >> 32U) * Hour;
        add(hour, groupLike(group), *it);
    }
}

size_t RollupBook::groupLike(const RollupGroup &group)
{
    if (group.kind != RollupKind::Common)
        return namedGroup(group.kind, group.property, group.value);
    FinishedRow row;
    row.key = group.key;
    row.owner = group.owner;
    row.team = group.team;
    row.router = group.router;
    row.provider = group.provider;
    row.model = group.model;
    row.status = static_cast<int>(group.status);
    return commonGroup(row);
}

void RollupBook::add(qint64 timeMs, size_t group, const UsageSums &sums)
{
    const auto hour = static_cast<quint64>(
        std::clamp<qint64>(timeMs / Hour, 0, std::numeric_limits<qint32>::max()));
    m_sums[hour << 32U | group].add(sums);
}

size_t RollupBook::commonGroup(const FinishedRow &row)
{
    if (m_lastCommon < m_groups.size() && isOf(m_groups[m_lastCommon], row))
        return m_lastCommon; // most of what is fast comes from one program
    m_name.resize(0);
    m_name.append(char(RollupKind::Common));
    const qint64 status = row.status;
    m_name.append(reinterpret_cast<const char *>(&status), sizeof status);
    for (const QByteArrayView part :
        {row.key, row.owner, row.team, row.router, row.provider, row.model})
        appendPart(m_name, part);
    const auto found = m_byName.constFind(m_name);
    if (found != m_byName.cend())
        return m_lastCommon = *found;
    RollupGroup &group = m_groups.emplace_back();
    group.key = row.key.toByteArray();
    group.owner = row.owner.toByteArray();
    group.team = row.team.toByteArray();
    group.router = row.router.toByteArray();
    group.provider = row.provider.toByteArray();
    group.model = row.model.toByteArray();
    group.status = status;
    m_byName.insert(QByteArray(m_name.constData(), m_name.size()), m_groups.size() - 1);
    return m_groups.size() - 1;
}

size_t RollupBook::namedGroup(RollupKind kind, QByteArrayView property, QByteArrayView value)
{
    m_name.resize(0);
    m_name.append(char(kind));
    appendPart(m_name, property);
    appendPart(m_name, value);
    const auto found = m_byName.constFind(m_name);
    if (found != m_byName.cend())
        return *found;
    RollupGroup &group = m_groups.emplace_back();
    group.kind = kind;
    group.property = property.toByteArray();
    group.value = value.toByteArray();
    m_byName.insert(QByteArray(m_name.constData(), m_name.size()), m_groups.size() - 1);
    return m_groups.size() - 1;
}

std::vector<RollupBook::Entry> RollupBook::entries()
{
    std::vector<Entry> all;
    all.reserve(static_cast<size_t>(m_sums.size()));
    for (auto it = m_sums.cbegin(); it != m_sums.cend(); ++it)
        all.push_back({static_cast<qint64>(it.key() >> 32U) * Hour,
            &m_groups[it.key() & 0xFFFF'FFFFU], it.value()});
    return all;
}

void RollupBook::clearSums()
{
    m_sums.clear();
    if (m_groups.size() > MostKnownGroups)
        clear();
}

void RollupBook::clear()
{
    m_sums.clear();
    m_byName.clear();
    m_groups.clear();
}

} // namespace sluice::stores

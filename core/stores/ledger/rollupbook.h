// SPDX-License-Identifier: GPL-3.0-or-later
// Sums of requests by hour and group that are not in the file yet. Any one thread.
#pragma once

#include "core/insight/finishedrows.h"
#include "core/stores/ledger/usagesums.h"

#include <QByteArrayList>
#include <QHash>

#include <vector>

namespace sluice::stores {

/// What a roll-up is grouped by; the numbers are in the file.
enum class RollupKind : qint64 {
    Common = 0, ///< key, owner, team, router, provider, model and status
    User = 1, ///< the end user, of identified requests
    Property = 2, ///< the value of one named property, of identified requests
};

struct RollupGroup
{
    RollupKind kind = RollupKind::Common;
    QByteArray property; ///< the name, for RollupKind::Property
    QByteArray value; ///< the end user, or the property's value; empty: none was given
    QByteArray key;
    QByteArray owner;
    QByteArray team;
    QByteArray router;
    QByteArray provider;
    QByteArray model;
    qint64 status = 0;

    qint64 id = 0; ///< in the file; 0: not looked up yet
    qint64 lastDay = -1; ///< that the file has of it, milliseconds since 1970; -1: unknown
};

class RollupBook final
{
public:
    static constexpr qint64 Hour = 3'600'000; ///< milliseconds
    static constexpr qint64 Day = 24 * Hour;

    /// The names of the properties that have a roll-up, in lower case.
    void setProperties(const QByteArrayList &names) { m_properties = names; }

    [[nodiscard]] const QByteArrayList &properties() const { return m_properties; }

    void add(const insight::FinishedRow &row);

    /// All sums of another one.
    void add(const RollupBook &other);

    /// Hours and groups that have a sum.
    [[nodiscard]] qsizetype size() const { return m_sums.size(); }

    /// A sum, by the start of its hour in milliseconds since 1970.
    struct Entry
    {
        qint64 hour = 0;
        RollupGroup *group = nullptr; ///< whose id and day may be set; of the book
        UsageSums sums;
    };

    /// All of them, in no order; valid until the next change.
    [[nodiscard]] std::vector<Entry> entries();

    /// What was summed up is in the file. What is known of the groups stays, if they are not many.
    void clearSums();

    /// The file may have other groups now.
    void clear();

private:
    void add(qint64 timeMs, size_t group, const UsageSums &sums);
    size_t groupLike(const RollupGroup &group);
    size_t commonGroup(const insight::FinishedRow &row);
    size_t namedGroup(RollupKind kind, QByteArrayView property, QByteArrayView value);

    QByteArrayList m_properties;
    QByteArray m_name; ///< of a group that is looked for
    QHash<QByteArray, size_t> m_byName;
    std::vector<RollupGroup> m_groups;
    size_t m_lastCommon = 0; ///< group that was found last
    QHash<quint64, UsageSums> m_sums; ///< hour since 1970 and index of the group
};

} // namespace sluice::stores

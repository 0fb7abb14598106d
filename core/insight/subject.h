// SPDX-License-Identifier: GPL-3.0-or-later
// A subject as the console lists it: one value of one segment ("key ci", "user alice"). Value.
#pragma once

#include "core/base/bytehash.h"
#include "core/limits/limit.h"

#include <QHashFunctions>

#include <algorithm>

namespace sluice::insight {

struct SubjectId
{
    config::Segment segment;
    QByteArray value;

    friend bool operator==(const SubjectId &, const SubjectId &) = default;
};

inline size_t qHash(const SubjectId &id, size_t seed = 0)
{
    static const ByteHash s_hash;
    const quint64 kind = seed ^ static_cast<quint64>(id.segment.kind);
    const QByteArray &property = id.segment.property;
    return s_hash(id.value, property.isEmpty() ? kind : s_hash(property, kind));
}

/// The value of a team's member, as limits::displayValue() gives it: "core/alice".
inline QByteArray memberValue(const QByteArray &team, const QByteArray &member)
{
    return team + '/' + member;
}

struct TeamMember
{
    QByteArray team;
    QByteArray member;
};

/// The two parts of a memberValue(); a slash belongs to the member.
inline TeamMember teamMemberOf(const QByteArray &value)
{
    const qsizetype slash = value.indexOf('/');
    return {value.first(std::max<qsizetype>(slash, 0)), value.mid(slash + 1)};
}

/// True if every request of the subject falls into one counter of the limit, and the file knows
/// which. Policies of clients are none: there may be any number of them. One of the file is if it
/// counts nothing but keys.
inline bool isOwnLimit(const limits::Limit &limit, const SubjectId &subject)
{
    if (limit.scope == limits::LimitScope::Header)
        return false;
    if (limit.isPolicy() && limit.segment.kind != config::SegmentKind::ApiKey)
        return false;
    return limit.segment == subject.segment || limit.segment.kind == config::SegmentKind::Shared;
}

/// One counter, named: a limit for one segment value.
struct CounterId
{
    QByteArray limit; ///< Limit::name
    QByteArray value;
    QByteArray apiKey; ///< policies only, they count apart for each key

    friend bool operator==(const CounterId &, const CounterId &) = default;
};

inline size_t qHash(const CounterId &id, size_t seed = 0)
{
    return qHashMulti(seed, id.limit, id.value, id.apiKey);
}

} // namespace sluice::insight

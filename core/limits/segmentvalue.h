// SPDX-License-Identifier: GPL-3.0-or-later
// Which counter of a limit a request falls into. Pure, any thread.
#pragma once

#include "core/limits/limit.h"
#include "core/limits/subject.h"

namespace sluice::limits {

/// Owner and value stay apart, so that no chosen value can pass for another pair. Both lie in the
/// subject and live as long.
struct SegmentValue
{
    bool isMissing = false; ///< the request lacks the segment: owner and value are the shared ones
    const QByteArray &owner; ///< the API key (policies) or the team (members), else empty
    const QByteArray &value;
};

SegmentValue segmentValue(const Limit &limit, const Subject &subject);

/// Owner and value of the counter that displayValue() calls so.
struct ValueParts
{
    QByteArray owner;
    QByteArray value;
};

ValueParts partsOf(const Limit &limit, const QByteArray &displayed);

/// The value for people: "alice", "team/member", the key's name; empty for a shared counter.
QByteArray displayValue(const Limit &limit, const QByteArray &owner, const QByteArray &value);

} // namespace sluice::limits

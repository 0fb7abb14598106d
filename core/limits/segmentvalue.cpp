// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/segmentvalue.h"

namespace sluice::limits {

namespace {

const QByteArray Nothing;

const QByteArray &propertyOf(const Subject &subject, const QByteArray &name)
{
    for (const Property &property : subject.properties) {
        if (property.name == name)
            return property.value;
    }
    return Nothing;
}

const QByteArray &valueOf(const Segment &segment, const Subject &subject)
{
    switch (segment.kind) {
    case SegmentKind::Shared:
        break;
    case SegmentKind::ApiKey:
        return subject.apiKey;
    case SegmentKind::EndUser:
        return subject.endUser;
    case SegmentKind::Team:
        return subject.team;
    case SegmentKind::TeamMember:
        return subject.team.isEmpty() ? Nothing : subject.member;
    case SegmentKind::Property:
        return propertyOf(subject, segment.property);
    }
    return Nothing;
}

} // namespace

SegmentValue segmentValue(const Limit &limit, const Subject &subject)
{
    const SegmentKind kind = limit.segment.kind;
    const QByteArray &value = valueOf(limit.segment, subject);
    const bool isMissing = value.isEmpty() && kind != SegmentKind::Shared;
    if (limit.isPolicy()) {
        if (kind == SegmentKind::ApiKey)
            return {false, subject.apiKey, Nothing}; // the owner says it all
        return {isMissing, subject.apiKey, value};
    }
    const bool hasOwner = kind == SegmentKind::TeamMember && !isMissing;
    return {isMissing, hasOwner ? subject.team : Nothing, value};
}

QByteArray displayValue(const Limit &limit, const QByteArray &owner, const QByteArray &value)
{
    if (limit.isPolicy())
        return limit.segment.kind == SegmentKind::ApiKey ? owner : value;
    if (owner.isEmpty())
        return value;
    return owner + '/' + value;
}

ValueParts partsOf(const Limit &limit, const QByteArray &displayed)
{
    if (limit.isPolicy() && limit.segment.kind == SegmentKind::ApiKey)
        return {displayed, {}};
    const qsizetype slash = displayed.indexOf('/');
    if (limit.isPolicy() || limit.segment.kind != SegmentKind::TeamMember || slash < 0)
        return {{}, displayed};
    return {displayed.first(slash), displayed.sliced(slash + 1)};
}

} // namespace sluice::limits

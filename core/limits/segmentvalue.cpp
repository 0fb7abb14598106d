// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/segmentvalue.h"

namespace sluice::limits {

namespace {

QByteArray propertyOf(const Subject &subject, const QByteArray &name)
{
    for (const Property &property : subject.properties) {
        if (property.name == name)
            return property.value;
    }
    return {};
}

QByteArray valueOf(const Segment &segment, const Subject &subject)
{
    switch (segment.kind) {
    case SegmentKind::Shared:
        return {};
    case SegmentKind::ApiKey:
        return subject.apiKey;
    case SegmentKind::EndUser:
        return subject.endUser;
    case SegmentKind::Team:
        return subject.team;
    case SegmentKind::TeamMember:
        return subject.team.isEmpty() ? QByteArray() : subject.member;
    case SegmentKind::Property:
        return propertyOf(subject, segment.property);
    }
    return {};
}

} // namespace

SegmentValue segmentValue(const Limit &limit, const Subject &subject)
{
    const SegmentKind kind = limit.segment.kind;
    SegmentValue result;
    result.value = valueOf(limit.segment, subject);
    result.isMissing = result.value.isEmpty() && kind != SegmentKind::Shared;
    if (limit.isPolicy()) {
        result.owner = subject.apiKey;
        if (kind == SegmentKind::ApiKey) {
            result.isMissing = false;
            result.value.clear(); // the owner says it all
        }
    } else if (kind == SegmentKind::TeamMember && !result.isMissing) {
        result.owner = subject.team;
    }
    return result;
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

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/limitrule.h"

namespace sluice::config {

QByteArray segmentName(const Segment &segment)
{
    switch (segment.kind) {
    case SegmentKind::Shared:
        return "shared";
    case SegmentKind::ApiKey:
        return "api-key";
    case SegmentKind::EndUser:
        return "end-user";
    case SegmentKind::Team:
        return "team";
    case SegmentKind::TeamMember:
        return "team-member";
    case SegmentKind::Property:
        return "property:" + segment.property;
    }
    Q_UNREACHABLE();
}

} // namespace sluice::config

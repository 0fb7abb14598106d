// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/operationindex.h"

namespace sluice::limits {

void OperationIndex::set(const Operations &operations)
{
    m_raises.clear();
    m_blocks.clear();
    for (const Raise &raise : operations.raises)
        m_raises.insert({raise.limit, raise.value}, raise);
    for (const Block &block : operations.blocks)
        m_blocks.insert({block.segment, block.value}, block);
}

const Raise *OperationIndex::raiseOf(
    const QByteArray &limit, const QByteArray &value, EngineTime now) const
{
    const auto found = m_raises.constFind({limit, value});
    return found != m_raises.cend() && now < found->until ? &*found : nullptr;
}

const Block *OperationIndex::find(
    const Segment &segment, const QByteArray &value, EngineTime now) const
{
    if (value.isEmpty())
        return nullptr;
    const auto found = m_blocks.constFind({segment, value});
    return found != m_blocks.cend() && found->isInForce(now) ? &*found : nullptr;
}

const Block *OperationIndex::blockOf(const Subject &subject, EngineTime now) const
{
    if (m_blocks.isEmpty())
        return nullptr;
    if (const Block *block = find({SegmentKind::ApiKey, {}}, subject.apiKey, now))
        return block;
    if (const Block *block = find({SegmentKind::EndUser, {}}, subject.endUser, now))
        return block;
    if (!subject.team.isEmpty()) {
        if (const Block *block = find({SegmentKind::Team, {}}, subject.team, now))
            return block;
        if (const Block *block =
                find({SegmentKind::TeamMember, {}}, subject.team + '/' + subject.member, now))
            return block;
    }
    for (const Property &property : subject.properties) {
        if (const Block *block = find({SegmentKind::Property, property.name}, property.value, now))
            return block;
    }
    return nullptr;
}

} // namespace sluice::limits

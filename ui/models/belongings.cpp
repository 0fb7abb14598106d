// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/belongings.h"

namespace sluice::ui {

using config::SegmentKind;

void Belongings::setConfiguration(std::shared_ptr<const config::Configuration> configuration)
{
    m_configuration = std::move(configuration);
    m_keys.clear();
    m_teams.clear();
    if (!m_configuration)
        return;
    for (const config::ApiKey &key : m_configuration->apiKeys)
        m_keys.insert(key.name, &key);
    for (const config::Team &team : m_configuration->teams)
        m_teams.insert(team.name, &team);
}

Belonging Belongings::of(const insight::SubjectId &subject) const
{
    switch (subject.segment.kind) {
    case SegmentKind::ApiKey: {
        const config::ApiKey *key = m_keys.value(subject.value);
        return key ? Belonging{key->team, key->owner, {}} : Belonging();
    }
    case SegmentKind::Team: {
        const config::Team *team = m_teams.value(subject.value);
        return {subject.value, {}, team ? team->members : QList<QByteArray>()};
    }
    case SegmentKind::TeamMember: {
        const insight::TeamMember parts = insight::teamMemberOf(subject.value);
        return {parts.team, parts.member, {}};
    }
    case SegmentKind::EndUser:
    case SegmentKind::Property:
    case SegmentKind::Shared:
        break;
    }
    return {};
}

} // namespace sluice::ui

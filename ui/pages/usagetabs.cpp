// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/usagetabs.h"

#include <QCoreApplication>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using config::SegmentKind;
using insight::SubjectId;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("UsageTabs", text);
}

QString term(const QString &field, const QByteArray &value)
{
    const QString text = QString::fromUtf8(value);
    return text.contains(u' ') ? QString(field + u":\""_s + text + u'"')
                               : QString(field + u':' + text);
}

bool hasMembers(const config::Configuration &configuration)
{
    return std::any_of(configuration.teams.cbegin(), configuration.teams.cend(),
        [](const config::Team &team) { return !team.members.isEmpty(); });
}

} // namespace

UsageTabs::Tab UsageTabs::tabOf(SegmentKind kind)
{
    switch (kind) {
    case SegmentKind::EndUser:
        return Users;
    case SegmentKind::Team:
        return Teams;
    case SegmentKind::TeamMember:
        return Members;
    case SegmentKind::Property:
        return Properties;
    case SegmentKind::ApiKey:
    case SegmentKind::Shared:
        break;
    }
    return Keys;
}

SegmentKind UsageTabs::kindOf(int tab)
{
    switch (tab) {
    case Users:
        return SegmentKind::EndUser;
    case Teams:
        return SegmentKind::Team;
    case Members:
        return SegmentKind::TeamMember;
    case Properties:
        return SegmentKind::Property;
    default:
        return SegmentKind::ApiKey;
    }
}

std::optional<SubjectId> UsageTabs::subjectOf(const QString &target)
{
    const qsizetype colon = target.indexOf(u':');
    if (colon <= 0)
        return std::nullopt;
    const QString field = target.first(colon);
    const QByteArray value = target.mid(colon + 1).toUtf8();
    if (field.startsWith("prop."_L1))
        return SubjectId{{SegmentKind::Property, field.mid(5).toUtf8()}, value};
    if (field == "key"_L1)
        return SubjectId{{SegmentKind::ApiKey, {}}, value};
    if (field == "user"_L1)
        return SubjectId{{SegmentKind::EndUser, {}}, value};
    if (field == "team"_L1)
        return SubjectId{{SegmentKind::Team, {}}, value};
    if (field == "member"_L1)
        return SubjectId{{SegmentKind::TeamMember, {}}, value};
    return std::nullopt;
}

QString UsageTabs::requestFilter(const SubjectId &subject)
{
    switch (subject.segment.kind) {
    case SegmentKind::EndUser:
        return term(u"user"_s, subject.value);
    case SegmentKind::Team:
        return term(u"team"_s, subject.value);
    case SegmentKind::TeamMember: {
        const insight::TeamMember parts = insight::teamMemberOf(subject.value);
        return term(u"team"_s, parts.team) + u' ' + term(u"member"_s, parts.member);
    }
    case SegmentKind::Property:
        return term(u"prop."_s + QString::fromUtf8(subject.segment.property), subject.value);
    case SegmentKind::ApiKey:
    case SegmentKind::Shared:
        break;
    }
    return term(u"key"_s, subject.value);
}

QByteArray UsageTabs::modelOf(const QString &target)
{
    const QString field = u"model:"_s;
    return target.startsWith(field) ? target.mid(field.size()).toUtf8() : QByteArray();
}

QString UsageTabs::requestFilterOfModel(const QByteArray &model)
{
    return term(u"model"_s, model);
}

UsageHistory::Conditions UsageTabs::conditionsOf(const SubjectId &subject)
{
    const QString value = QString::fromUtf8(subject.value);
    switch (subject.segment.kind) {
    case SegmentKind::EndUser:
        return {{u"user"_s, value}};
    case SegmentKind::Team:
        return {{u"team"_s, value}};
    case SegmentKind::TeamMember: {
        const insight::TeamMember parts = insight::teamMemberOf(subject.value);
        return {{u"team"_s, QString::fromUtf8(parts.team)},
            {u"owner"_s, QString::fromUtf8(parts.member)}};
    }
    case SegmentKind::Property:
        return {{u"property:"_s + QString::fromUtf8(subject.segment.property), value}};
    case SegmentKind::ApiKey:
    case SegmentKind::Shared:
        break;
    }
    return {{u"key"_s, value}};
}

UsageHistory::Conditions UsageTabs::conditionsOfModel(const QByteArray &model)
{
    return {{u"model"_s, QString::fromUtf8(model)}};
}

EmptyReason emptyReasonOf(SegmentKind kind, const config::Configuration *configuration)
{
    const bool isGroup = kind == SegmentKind::Team || kind == SegmentKind::TeamMember;
    if (!isGroup || !configuration)
        return {};
    if (configuration->teams.empty())
        return {tr("No teams in the configuration"),
            tr("Write them into the file, for example\nteams: {core: {members: [alice, bob]}}\n"
               "An API key counts for its team, or else for the only team of its owner.")};
    if (kind == SegmentKind::TeamMember && !hasMembers(*configuration))
        return {tr("No team has members"),
            tr("Write them into the file, for example\nteams: {core: {members: [alice, bob]}}\n"
               "An API key counts for its owner: {name: ci, owner: alice, team: core, …}")};
    if (!configuration->authentication)
        return {tr("Requests belong to no team"),
            tr("Teams are known by API keys, and keys are not checked. Write into the file\n"
               "helicone: {features: auth}")};
    return {};
}

} // namespace sluice::ui

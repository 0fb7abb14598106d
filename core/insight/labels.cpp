// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/insight/labels.h"

#include <QCoreApplication>

namespace sluice::insight {

using namespace Qt::StringLiterals;
using limits::Limit;
using limits::LimitScope;
using limits::Segment;
using limits::SegmentKind;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("Explain", text);
}

/// "global", "routers/prod": the section of the file.
QByteArray sectionOf(LimitScope scope, const QByteArray &router)
{
    switch (scope) {
    case LimitScope::Unified:
        return "unified-api";
    case LimitScope::Router:
        return "routers/" + router;
    case LimitScope::Global:
    case LimitScope::Header:
        break;
    }
    return "global";
}

/// The name of a limit that the file gives none: its place, for a policy with all but the quota.
QByteArray nameByDefault(const Limit &limit)
{
    if (limit.isPolicy())
        return sectionOf(limit.scope, limit.router) + "/policies/"
            + limit.policy.mid(limit.policy.indexOf(';') + 1);
    return nameOfPlace(limit.scope, limit.router, limit.segment);
}

bool hasGivenName(const Limit &limit)
{
    return limit.scope != LimitScope::Header && !limit.name.isEmpty()
        && limit.name != nameByDefault(limit);
}

/// Whose requests share the counter of those that lack the segment.
QString whoseLackingIt(const Limit &limit)
{
    switch (limit.segment.kind) {
    case SegmentKind::EndUser:
        return tr("traffic without a user");
    case SegmentKind::Team:
        return tr("traffic without a team");
    case SegmentKind::TeamMember:
        return tr("traffic without a member");
    case SegmentKind::Property:
        return QString::fromUtf8(limit.segment.property) + u' ' + tr("(none)");
    case SegmentKind::Shared:
    case SegmentKind::ApiKey:
        break;
    }
    return tr("everybody together");
}

QString memberPhrase(const QByteArray &value)
{
    const TeamMember parts = teamMemberOf(value);
    return parts.team.isEmpty()
        ? tr("member %1").arg(QString::fromUtf8(parts.member))
        : tr("member %1 of team %2")
              .arg(QString::fromUtf8(parts.member), QString::fromUtf8(parts.team));
}

} // namespace

QString segmentLabel(const Segment &segment)
{
    switch (segment.kind) {
    case SegmentKind::Shared:
        return tr("shared");
    case SegmentKind::ApiKey:
        return tr("per key");
    case SegmentKind::EndUser:
        return tr("per end user");
    case SegmentKind::Team:
        return tr("per team");
    case SegmentKind::TeamMember:
        return tr("per member");
    case SegmentKind::Property:
        return tr("per %1").arg(QString::fromUtf8(segment.property));
    }
    Q_UNREACHABLE();
}

QByteArray nameOfPlace(LimitScope scope, const QByteArray &router, const Segment &segment)
{
    const QByteArray section = sectionOf(scope, router);
    switch (segment.kind) {
    case SegmentKind::Shared:
        return section + "/shared";
    case SegmentKind::ApiKey:
        return section + "/per-api-key";
    case SegmentKind::EndUser:
        return section + "/per-end-user";
    case SegmentKind::Team:
        return section + "/per-team";
    case SegmentKind::TeamMember:
        return section + "/per-team-member";
    case SegmentKind::Property:
        return section + "/per-property/" + segment.property;
    }
    Q_UNREACHABLE();
}

bool isPolicyText(const Limit &limit)
{
    return limit.isPolicy() && !hasGivenName(limit);
}

QString limitLabel(const Limit &limit)
{
    if (isPolicyText(limit))
        return QString::fromUtf8(limit.policy);
    return hasGivenName(limit) ? QString::fromUtf8(limit.name) : segmentLabel(limit.segment);
}

QString scopeLabel(const Limit &limit)
{
    switch (limit.scope) {
    case LimitScope::Global:
        return tr("Global");
    case LimitScope::Unified:
        return tr("Unified API");
    case LimitScope::Router:
        return tr("Router %1").arg(QString::fromUtf8(limit.router));
    case LimitScope::Header:
        return tr("Header");
    }
    Q_UNREACHABLE();
}

QString fullLabel(const Limit &limit)
{
    QString label = limitLabel(limit);
    if (hasGivenName(limit))
        return label;
    switch (limit.scope) {
    case LimitScope::Global:
        return tr("global, %1").arg(label);
    case LimitScope::Unified:
        return tr("unified, %1").arg(label);
    case LimitScope::Router:
        return QString::fromUtf8(limit.router) + u", " + label;
    case LimitScope::Header:
        return label;
    }
    Q_UNREACHABLE();
}

QString sourceText(const Limit &limit, const QString &fileName)
{
    if (limit.line == 0)
        return tr("policy header");
    return fileName + u':' + QString::number(limit.line);
}

QString subjectName(const Segment &segment, const QByteArray &value)
{
    const QString name = QString::fromUtf8(value);
    switch (segment.kind) {
    case SegmentKind::Shared:
        return tr("everybody together");
    case SegmentKind::ApiKey:
        return tr("key %1").arg(name);
    case SegmentKind::EndUser:
        return tr("user %1").arg(name);
    case SegmentKind::Team:
        return tr("team %1").arg(name);
    case SegmentKind::TeamMember:
        return memberPhrase(value);
    case SegmentKind::Property:
        return QString::fromUtf8(segment.property) + u' ' + name;
    }
    Q_UNREACHABLE();
}

QString counterName(const Limit &limit, const QByteArray &value, const QByteArray &apiKey)
{
    QString name = value.isEmpty() ? whoseLackingIt(limit) : subjectName(limit.segment, value);
    if (!limit.isPolicy() || limit.segment.kind == SegmentKind::ApiKey)
        return name;
    return apiKey.isEmpty() ? tr("%1 with this key").arg(name)
                            : tr("%1 with key %2").arg(name, QString::fromUtf8(apiKey));
}

} // namespace sluice::insight

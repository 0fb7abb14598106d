// SPDX-License-Identifier: GPL-3.0-or-later
// The fields of limitfields that are neither amounts nor periods.
#include "core/config/policyheader.h"
#include "core/insight/labels.h"
#include "ui/models/limitfields.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include <algorithm>

namespace sluice::ui::limitfields {

using namespace Qt::StringLiterals;
using config::LimitRule;
using config::MissingSegment;
using config::SegmentKind;
using session::LimitKind;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("LimitFields", text);
}

Error invalid(const QString &message)
{
    return {ErrorCode::Invalid, message, {}};
}

/// What each value has: a bucket, a window, so many requests in flight.
QString ownCount(const LimitRule &rule)
{
    switch (rule.algorithm) {
    case config::Algorithm::Gcra:
        return tr("a bucket");
    case config::Algorithm::SlidingWindow:
        return tr("a window");
    case config::Algorithm::CalendarWindow:
        return tr("a budget");
    case config::Algorithm::Concurrency:
        break;
    }
    return tr("a count");
}

QString withoutValue(const LimitRule &rule)
{
    switch (rule.onMissing) {
    case MissingSegment::Share:
        return tr("requests without one share another");
    case MissingSegment::Reject:
        return tr("requests without one are refused");
    case MissingSegment::Skip:
        break;
    }
    return tr("requests without one are not counted");
}

} // namespace

Result<QByteArray> parseName(
    const config::Configuration &configuration, const LimitRule &rule, const QString &text)
{
    constexpr qsizetype MostBytes = 256;
    const QByteArray name = text.trimmed().toUtf8();
    if (name.isEmpty() && needsName(rule))
        return invalid(tr("A limit of a list needs a name, which its counters belong to"));
    const bool hasControls = std::any_of(
        name.begin(), name.end(), [](char c) { return static_cast<uchar>(c) < 0x20 || c == 0x7f; });
    if (name.size() > MostBytes || hasControls)
        return invalid(tr("A name has at most %1 bytes in one line").arg(MostBytes));
    const bool isTaken = std::any_of(configuration.limits.begin(), configuration.limits.end(),
        [&](const LimitRule &other) { return other.name == name && other.name != rule.name; });
    if (isTaken)
        return invalid(tr("Another limit is called %1").arg(text.trimmed()));
    return name;
}

QList<QByteArray> parseGlobs(const QString &text)
{
    QList<QByteArray> globs;
    const QStringList parts = text.split(u',', Qt::SkipEmptyParts);
    for (const QString &part : parts) {
        const QByteArray glob = part.trimmed().toUtf8();
        if (!glob.isEmpty() && !globs.contains(glob))
            globs.append(glob);
    }
    return globs;
}

QString globsText(const QList<QByteArray> &globs)
{
    QStringList texts;
    for (const QByteArray &glob : globs)
        texts.append(QString::fromUtf8(glob));
    return texts.join(u", "_s);
}

Result<QMap<QByteArray, QByteArray>> parseProperties(const QString &text)
{
    static const QRegularExpression pattern(u"^([A-Za-z0-9_-]{1,64})\\s*[:=]\\s*(\\S.*)$"_s);
    QMap<QByteArray, QByteArray> properties;
    const QStringList parts = text.split(u',', Qt::SkipEmptyParts);
    for (const QString &part : parts) {
        if (part.trimmed().isEmpty())
            continue;
        const QRegularExpressionMatch match = pattern.match(part.trimmed());
        if (!match.hasMatch())
            return invalid(tr("Write a name and a pattern, like tier: free"));
        properties.insert(match.captured(1).toLower().toUtf8(), match.captured(2).toUtf8());
    }
    return properties;
}

QString propertiesText(const QMap<QByteArray, QByteArray> &properties)
{
    QStringList texts;
    for (auto it = properties.begin(); it != properties.end(); ++it)
        texts.append(QString::fromUtf8(it.key()) + u": "_s + QString::fromUtf8(it.value()));
    return texts.join(u", "_s);
}

Result<config::Policy> parsePolicy(const QString &text)
{
    const auto parsed = config::parsePolicies(text.toUtf8());
    if (const auto *error = std::get_if<config::PolicyError>(&parsed))
        return invalid(tr("Column %1: %2").arg(error->column).arg(error->message));
    const auto &policies = std::get<std::vector<config::Policy>>(parsed);
    if (policies.size() == 1)
        return policies.front();
    return invalid(policies.empty() ? tr("A policy must not be empty, write one like 1000;w=3600")
                                    : tr("One policy only; each has an item of its own"));
}

QString countedPer(const config::Segment &segment)
{
    switch (segment.kind) {
    case SegmentKind::Shared:
        return tr("all requests together");
    case SegmentKind::ApiKey:
        return tr("API key");
    case SegmentKind::EndUser:
        return tr("end user");
    case SegmentKind::Team:
        return tr("team");
    case SegmentKind::TeamMember:
        return tr("team member");
    case SegmentKind::Property:
        return tr("property %1").arg(QString::fromUtf8(segment.property));
    }
    Q_UNREACHABLE();
}

QString countedWhat(Unit unit)
{
    switch (unit) {
    case Unit::Request:
        return tr("requests");
    case Unit::Token:
        return tr("tokens, input and output");
    case Unit::InputToken:
        return tr("input tokens");
    case Unit::OutputToken:
        return tr("output tokens");
    case Unit::Cents:
        return tr("money");
    case Unit::ConcurrentRequest:
        break;
    }
    return tr("requests in flight");
}

bool hasOwnName(const LimitRule &rule)
{
    if (session::kindOf(rule) == LimitKind::Policy) {
        const QByteArray identity = rule.policy.mid(rule.policy.indexOf(';') + 1);
        return !rule.name.endsWith(QByteArray("/policies/" + identity));
    }
    return needsName(rule)
        || rule.name != insight::nameOfPlace(rule.scope, rule.router, rule.segment);
}

bool needsName(const LimitRule &rule)
{
    bool isIndex = false;
    if (!rule.path.isEmpty())
        rule.path.constLast().toUInt(&isIndex);
    return isIndex && session::kindOf(rule) != LimitKind::Policy;
}

QString label(const LimitRule &rule)
{
    if (session::kindOf(rule) == LimitKind::Policy && !hasOwnName(rule))
        return tr("policy %1").arg(QString::fromUtf8(rule.policy));
    return insight::fullLabel(limits::limitOf(rule));
}

QString whoSentence(const LimitRule &rule)
{
    if (rule.segment.kind == SegmentKind::Shared)
        return tr("Everybody shares %1.").arg(ownCount(rule));
    if (rule.segment.kind == SegmentKind::ApiKey)
        return tr("Each API key has %1 of its own.").arg(ownCount(rule));
    return tr("Each %1 has %2 of its own; %3.")
        .arg(rule.segment.kind == SegmentKind::Property ? QString::fromUtf8(rule.segment.property)
                                                        : countedPer(rule.segment),
            ownCount(rule), withoutValue(rule));
}

} // namespace sluice::ui::limitfields

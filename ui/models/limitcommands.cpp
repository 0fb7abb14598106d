// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/limitcommands.h"

#include "core/base/duration.h"
#include "ui/models/limitfields.h"

#include <QCoreApplication>
#include <QSet>

#include <algorithm>

namespace sluice::ui::limitcommands {

using namespace Qt::StringLiterals;
using config::LimitMode;
using config::LimitRule;
using config::MissingSegment;
using config::SegmentKind;
using limitfields::label;
using session::ConfigDraft;
using session::LimitKind;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("LimitCommands", text);
}

/// Steps in one field of one limit within a second are one step.
QString fieldId(const char *field, const LimitRule &rule)
{
    return QLatin1StringView(field) + u' ' + QString::fromUtf8(rule.name);
}

QString modeWord(LimitMode mode)
{
    switch (mode) {
    case LimitMode::Enforce:
        return tr("enforced");
    case LimitMode::Shadow:
        return tr("shadow");
    case LimitMode::Off:
        return tr("off");
    }
    Q_UNREACHABLE();
}

QString missingWord(MissingSegment missing)
{
    switch (missing) {
    case MissingSegment::Share:
        return tr("share a count");
    case MissingSegment::Reject:
        return tr("are refused");
    case MissingSegment::Skip:
        return tr("are not counted");
    }
    Q_UNREACHABLE();
}

QSet<QByteArray> namesOf(const ConfigDraft &draft)
{
    QSet<QByteArray> names;
    if (const auto values = draft.configuration()) {
        for (const LimitRule &rule : values->limits)
            names.insert(rule.name);
    }
    return names;
}

/// An environment variable beats the file: writing there would change nothing.
Result<void> checkNotOverridden(const ConfigDraft &draft, const LimitRule &rule, const QString &key)
{
    const auto values = draft.configuration();
    const QString path = rule.path.join(u'.') + u'.' + key;
    if (!values || !values->overridden.contains(path))
        return {};
    return Error{ErrorCode::Refused,
        tr("An environment variable decides %1; change it there").arg(path), {}};
}

QString addLabel(const session::NewLimit &limit, const QByteArray &name)
{
    if (!name.isEmpty())
        return tr("add limit %1").arg(QString::fromUtf8(name));
    LimitRule rule;
    rule.scope = limit.place.scope;
    rule.router = limit.place.router;
    rule.segment = limit.place.segment;
    return limit.kind == LimitKind::Policy ? tr("add a policy")
                                           : tr("add limit %1").arg(label(rule));
}

} // namespace

Result<void> setAmount(ConfigDraft &draft, const LimitRule &rule, const QString &text)
{
    const Result<QString> amount = limitfields::parseAmount(text, rule.unit);
    if (!amount)
        return amount.error();
    const MicroAmount value = *sluice::parseAmount(amount->toLatin1());
    if (value == rule.capacity)
        return {};
    if (auto isOurs = checkNotOverridden(draft, rule, session::amountKey(rule)); !isOurs)
        return isOurs;
    return draft.editValid(
        tr("set amount of %1 to %2").arg(label(rule), limitfields::amountWords(value, rule.unit)),
        session::setCapacity(rule, *amount), fieldId("amount", rule));
}

Result<void> setPeriod(ConfigDraft &draft, const LimitRule &rule, const QString &text)
{
    const Result<QString> period = limitfields::parsePeriodOf(rule, text);
    if (!period)
        return period.error();
    const Result<std::chrono::nanoseconds> length = parseDuration(*period);
    const bool isSame = rule.algorithm == config::Algorithm::CalendarWindow
        ? *period == limitfields::calendarWord(rule.calendar.unit)
        : length && *length == rule.refill;
    if (isSame)
        return {};
    const bool isBucket = session::kindOf(rule) == LimitKind::Bucket;
    if (auto isOurs =
            checkNotOverridden(draft, rule, isBucket ? u"refill-frequency"_s : u"period"_s);
        !isOurs)
        return isOurs;
    return draft.editValid(tr("set period of %1 to %2").arg(label(rule), *period),
        session::setRefill(rule, *period), fieldId("period", rule));
}

Result<void> setZone(ConfigDraft &draft, const LimitRule &rule, const QString &text)
{
    const Result<QByteArray> zone = limitfields::parseZone(text);
    if (!zone)
        return zone.error();
    const QString name = zone->isEmpty() ? tr("that of this machine") : QString::fromUtf8(*zone);
    return draft.editValid(tr("set time zone of %1 to %2").arg(label(rule), name),
        session::setTimeZone(rule, *zone), fieldId("zone", rule));
}

Result<void> setWeekStart(ConfigDraft &draft, const LimitRule &rule, Qt::DayOfWeek day)
{
    if (day == rule.calendar.weekStart)
        return {};
    return draft.editValid(
        tr("set start of the week of %1 to %2").arg(label(rule), QLocale::c().dayName(int(day))),
        session::setWeekStart(rule, day));
}

Result<void> setUnit(ConfigDraft &draft, const LimitRule &rule, Unit unit)
{
    if (unit == rule.unit)
        return {};
    return draft.editValid(tr("let %1 count %2").arg(label(rule), limitfields::countedWhat(unit)),
        session::setUnit(rule, unit));
}

Result<void> setSegment(ConfigDraft &draft, const LimitRule &rule, const config::Segment &segment)
{
    if (segment == rule.segment)
        return {};
    const QString step = rule.overrides.empty() ? tr("count %1 per %2")
                                                : tr("count %1 per %2, without its exceptions");
    return draft.editValid(step.arg(label(rule), limitfields::countedPer(segment)),
        session::setSegment(rule, segment));
}

Result<void> setName(ConfigDraft &draft, const LimitRule &rule, const QString &text)
{
    const auto values = draft.configuration();
    if (!values)
        return {};
    const Result<QByteArray> name = limitfields::parseName(*values, rule, text);
    if (!name)
        return name.error();
    if (*name == rule.name || (name->isEmpty() && !limitfields::hasOwnName(rule)))
        return {};
    const QString step = name->isEmpty()
        ? tr("take the name of %1 away").arg(label(rule))
        : tr("rename %1 to %2").arg(label(rule), QString::fromUtf8(*name));
    return draft.editValid(step, session::setName(rule, *name));
}

Result<void> setMode(ConfigDraft &draft, const LimitRule &rule, LimitMode mode)
{
    if (mode == rule.mode)
        return {};
    return draft.editValid(
        tr("set %1 to %2").arg(label(rule), modeWord(mode)), session::setMode(rule, mode));
}

Result<void> setOnStoreFailure(
    ConfigDraft &draft, const LimitRule &rule, config::StoreFailure failure)
{
    if (failure == rule.onStoreFailure)
        return {};
    return draft.editValid(tr("what %1 does while its store is down").arg(label(rule)),
        session::setOnStoreFailure(rule, failure));
}

Result<void> setOnMissing(ConfigDraft &draft, const LimitRule &rule, MissingSegment missing)
{
    if (missing == rule.onMissing)
        return {};
    return draft.editValid(
        tr("requests that %1 cannot count %2").arg(label(rule), missingWord(missing)),
        session::setOnMissing(rule, missing));
}

Result<void> setMatch(ConfigDraft &draft, const LimitRule &rule, const config::LimitMatch &match)
{
    if (match == rule.match)
        return {};
    return draft.editValid(
        tr("set what %1 applies to").arg(label(rule)), session::setMatch(rule, match));
}

Result<void> setPolicy(ConfigDraft &draft, const LimitRule &rule, const QString &text)
{
    const Result<config::Policy> policy = limitfields::parsePolicy(text);
    if (!policy)
        return policy.error();
    const QString canonical = QString::fromUtf8(config::canonical(*policy));
    if (canonical.toUtf8() == rule.policy)
        return {};
    return draft.editValid(
        tr("set %1 to %2").arg(label(rule), canonical), session::setPolicy(rule, *policy));
}

Result<void> setOverride(
    ConfigDraft &draft, const LimitRule &rule, const config::LimitOverride &other)
{
    const auto same = [&other](const config::LimitOverride &old) {
        return old.value == other.value && old.capacity == other.capacity
            && old.refill == other.refill;
    };
    if (std::any_of(rule.overrides.begin(), rule.overrides.end(), same))
        return {};
    return draft.editValid(tr("set exception %1 of %2 to %3")
                               .arg(QString::fromUtf8(other.value), label(rule),
                                   limitfields::amountWords(other.capacity, rule.unit)),
        session::setOverride(rule, other));
}

Result<void> renameOverride(
    ConfigDraft &draft, const LimitRule &rule, const QByteArray &value, const QByteArray &newValue)
{
    return draft.editValid(
        tr("make exception %1 of %2 one of %3")
            .arg(QString::fromUtf8(value), label(rule), QString::fromUtf8(newValue)),
        session::renameOverride(rule, value, newValue));
}

Result<void> removeOverride(ConfigDraft &draft, const LimitRule &rule, const QByteArray &value)
{
    return draft.editValid(
        tr("delete exception %1 of %2").arg(QString::fromUtf8(value), label(rule)),
        session::removeOverride(rule, value));
}

Result<void> remove(ConfigDraft &draft, const LimitRule &rule)
{
    return draft.editValid(tr("delete %1").arg(label(rule)), session::removeLimit(rule));
}

session::NewLimit usualLimit(NewKind kind, const session::LimitPlace &place)
{
    using session::NewLimit;
    switch (kind) {
    case NewKind::Bucket:
        return {place, LimitKind::Bucket, Unit::Request, u"60"_s, u"1m"_s, {}};
    case NewKind::Rolling:
        return {place, LimitKind::Usage, Unit::Request, u"1000"_s, u"24h"_s, {}};
    case NewKind::Calendar:
        return {place, LimitKind::Usage, Unit::Request, u"10000"_s, u"month"_s, {}};
    case NewKind::Spend:
        return {place, LimitKind::Spend, Unit::Cents, u"10000"_s, u"month"_s, {}};
    case NewKind::Concurrency:
        return {place, LimitKind::Concurrency, Unit::ConcurrentRequest, u"8"_s, {}, {}};
    case NewKind::Policy:
        break;
    }
    return {place, LimitKind::Policy, Unit::Request, u"1000"_s, u"1h"_s, {}};
}

bool canCountPer(NewKind kind, const config::Segment &segment)
{
    return kind != NewKind::Policy || segment.kind == SegmentKind::ApiKey
        || segment.kind == SegmentKind::EndUser || segment.kind == SegmentKind::Property;
}

Result<QByteArray> add(ConfigDraft &draft, session::NewLimit limit)
{
    const auto values = draft.configuration();
    if (!values)
        return Error{ErrorCode::Invalid, tr("The file has no valid version yet"), {}};
    const QSet<QByteArray> before = namesOf(draft);
    limit.name = session::nameForNew(*values, limit);
    const auto edited = draft.editValid(addLabel(limit, limit.name), session::addLimit(limit));
    if (!edited)
        return edited.error();
    const QSet<QByteArray> added = namesOf(draft) - before;
    return added.isEmpty() ? QByteArray() : *added.cbegin();
}

} // namespace sluice::ui::limitcommands

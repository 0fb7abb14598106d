// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/limitfields.h"

#include "core/base/duration.h"
#include "core/insight/explain.h"
#include "ui/widgets/format.h"

#include <QCoreApplication>

#include <limits>

namespace sluice::ui::limitfields {

using namespace Qt::StringLiterals;
using config::LimitMode;
using config::LimitRule;
using config::SegmentKind;
using std::chrono::nanoseconds;

namespace {

constexpr quint64 MaxAmount = std::numeric_limits<quint32>::max();
const QString NewAmount = u"60"_s;
const QString NewPeriod = u"1m"_s;

QString tr(const char *text)
{
    return QCoreApplication::translate("LimitFields", text);
}

/// Digits as people group them: blanks, narrow and no-break ones too.
QString withoutBlanks(const QString &text)
{
    QString digits;
    for (const QChar c : text) {
        if (!c.isSpace())
            digits.append(c);
    }
    return digits;
}

QString withUnit(qint64 number, const QString &unit)
{
    return format::count(number) + QChar(format::NarrowSpace) + unit;
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

} // namespace

Result<QString> parseAmount(const QString &text)
{
    const QString digits = withoutBlanks(text);
    bool isNumber = !digits.isEmpty();
    for (const QChar c : digits)
        isNumber = isNumber && c >= u'0' && c <= u'9';
    const quint64 value = isNumber ? digits.toULongLong(&isNumber) : 0;
    if (isNumber && value >= 1 && value <= MaxAmount)
        return QString::number(value);
    return Error{ErrorCode::Invalid,
        tr("A whole number from 1 to %1 is needed").arg(format::count(qint64(MaxAmount))), {}};
}

Result<QString> parsePeriod(const QString &text)
{
    const QString tidy = text.simplified();
    const Result<nanoseconds> duration = parseDuration(tidy);
    if (!duration)
        return duration.error();
    if (*duration <= nanoseconds::zero())
        return Error{ErrorCode::Invalid, tr("A time longer than nothing is needed"), {}};
    if (tidy.contains(u'M'))
        return Error{ErrorCode::Invalid,
            tr("M is a month of 30.44 days; write m for minutes, or so many days: 30d"), {}};
    return tidy;
}

QString amountText(const LimitRule &rule)
{
    return QString::number(rule.capacity / MicroPerUnit);
}

QString periodText(const LimitRule &rule)
{
    return formatDuration(rule.refill);
}

QString periodWords(nanoseconds period)
{
    using namespace std::chrono;

    struct Step
    {
        nanoseconds size;
        const char *word;
    };

    const Step steps[] = {{24h, "d"}, {1h, "h"}, {1min, "min"}, {1s, "s"}, {1ms, "ms"}};
    // A day is said in hours, as limits usually are.
    if (period == 24h)
        return withUnit(24, tr("h"));
    for (const Step &step : steps) {
        if (period >= step.size && period % step.size == nanoseconds::zero())
            return withUnit(period / step.size, tr(step.word));
    }
    return formatDuration(period);
}

QString periodInSeconds(const QString &text)
{
    const Result<nanoseconds> duration = parseDuration(text.simplified());
    if (!duration)
        return {};
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(*duration);
    const qint64 seconds = milliseconds.count() / 1000;
    const qint64 rest = milliseconds.count() % 1000;
    QString number = format::count(seconds);
    if (rest != 0)
        number += u'.' + QString::number(rest).rightJustified(3, u'0');
    return tr("= %1 s").arg(number);
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

QString label(const LimitRule &rule)
{
    return insight::fullLabel(limits::limitOf(rule));
}

Result<void> setAmount(session::ConfigDraft &draft, const LimitRule &rule, const QString &text)
{
    const Result<QString> amount = parseAmount(text);
    if (!amount)
        return amount.error();
    if (*amount == amountText(rule))
        return {};
    return draft.edit(tr("set amount of %1 to %2").arg(label(rule), *amount),
        session::setCapacity(rule, *amount), u"amount "_s + QString::fromUtf8(rule.name));
}

Result<void> setPeriod(session::ConfigDraft &draft, const LimitRule &rule, const QString &text)
{
    const Result<QString> period = parsePeriod(text);
    if (!period)
        return period.error();
    if (*parseDuration(*period) == rule.refill)
        return {};
    return draft.edit(tr("set period of %1 to %2").arg(label(rule), *period),
        session::setRefill(rule, *period), u"period "_s + QString::fromUtf8(rule.name));
}

Result<void> setMode(session::ConfigDraft &draft, const LimitRule &rule, LimitMode mode)
{
    if (mode == rule.mode)
        return {};
    return draft.edit(
        tr("set %1 to %2").arg(label(rule), modeWord(mode)), session::setMode(rule, mode));
}

Result<void> remove(session::ConfigDraft &draft, const LimitRule &rule)
{
    return draft.edit(tr("delete %1").arg(label(rule)), session::removeLimit(rule));
}

QByteArray nameAt(const session::LimitPlace &place)
{
    return insight::nameOfPlace(place.scope, place.router, place.segment);
}

Result<QByteArray> add(session::ConfigDraft &draft, const session::LimitPlace &place)
{
    LimitRule rule;
    rule.scope = place.scope;
    rule.router = place.router;
    rule.segment = place.segment;
    rule.name = nameAt(place);
    const auto edited = draft.edit(
        tr("add limit %1").arg(label(rule)), session::addLimit(place, NewAmount, NewPeriod));
    if (!edited)
        return edited.error();
    return nameAt(place);
}

} // namespace sluice::ui::limitfields

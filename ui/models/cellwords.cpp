// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/cellwords.h"

#include "core/insight/explain.h"
#include "ui/widgets/format.h"

#include <QCoreApplication>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using limits::LimitMode;
using limits::LinkVerdict;
using std::chrono::nanoseconds;

namespace {

constexpr const char *Context = "CellWords";

QString tr(const char *text)
{
    return QCoreApplication::translate(Context, text);
}

// Without a catalogue the source text speaks for itself.
QString counted(const char *text, qint64 number)
{
    QString words = QCoreApplication::translate(
        Context, text, nullptr, static_cast<int>(qMin<qint64>(number, INT_MAX)));
    return words.replace(u"(s)"_s, number == 1 ? QString() : u"s"_s);
}

/// "2 hours 5 minutes"; the second part is left out when it is nothing.
QString inTwo(const char *big, qint64 bigNumber, const char *small, qint64 smallNumber)
{
    const QString text = counted(big, bigNumber);
    return smallNumber == 0 ? text : QString(text + u' ' + counted(small, smallNumber));
}

/// "per minute", "in 24 hours", "each month (UTC)"; calls at once say it themselves.
QString perPeriod(const limits::Limit &limit)
{
    using namespace std::chrono;
    if (limit.algorithm == limits::Algorithm::Concurrency)
        return {};
    if (limit.algorithm == limits::Algorithm::CalendarWindow)
        return insight::periodPhrase(limit);
    const nanoseconds period = limit.period;
    if (period == 1s)
        return tr("per second");
    if (period == 1min)
        return tr("per minute");
    if (period == 1h)
        return tr("per hour");
    if (period == 24h)
        return tr("per day");
    return tr("in %1").arg(spokenDuration(period));
}

QString stateWords(const GaugeValue &gauge)
{
    switch (gauge.state) {
    case State::Normal:
    case State::Idle:
        return format::share(gauge.share()) + u' ' + tr("used");
    case State::Near:
        return tr("near limit");
    case State::Refused:
        return tr("refused");
    case State::Shadow:
        return gauge.stateWord;
    }
    Q_UNREACHABLE();
}

QString spokenFree(const limits::Limit &limit, const limits::Usage &usage)
{
    using limits::Algorithm;
    if (usage.taken() == 0)
        return tr("all free");
    if (limit.algorithm == Algorithm::Concurrency)
        return isFull(usage) ? tr("free when one ends") : tr("free as they end");
    if (limit.algorithm == Algorithm::CalendarWindow)
        return tr("resets in %1").arg(spokenDuration(std::max(usage.nextIn, usage.fullIn)));
    const bool isGcra = limit.algorithm == Algorithm::Gcra;
    if (usage.nextIn > nanoseconds::zero())
        return (isGcra ? tr("next in %1") : tr("eases in %1")).arg(spokenDuration(usage.nextIn));
    if (usage.fullIn > nanoseconds::zero())
        return (isGcra ? tr("full in %1") : tr("empty in %1")).arg(spokenDuration(usage.fullIn));
    return tr("all free");
}

/// Without period, state, pace and marks.
GaugeValue gaugeOf(const limits::Limit &limit, const limits::Usage &usage)
{
    const MicroAmount taken = shownTaken(limit, usage);
    const MicroAmount reserved = shownReserved(limit, usage);
    return format::gauge(limit.unit, taken - reserved, usage.quota, reserved);
}

void turnShadow(GaugeValue &gauge, bool isFull)
{
    gauge.state = State::Shadow;
    gauge.stateWord = isFull ? tr("would refuse") : tr("shadow");
}

} // namespace

MicroAmount shownTaken(const limits::Limit &limit, const limits::Usage &usage)
{
    return limit.unit == Unit::Cents ? usage.taken() : usage.takenUnits() * MicroPerUnit;
}

MicroAmount shownReserved(const limits::Limit &limit, const limits::Usage &usage)
{
    if (limit.algorithm == limits::Algorithm::Concurrency)
        return 0;
    return limit.unit == Unit::Cents ? usage.reserved : usage.reservedUnits() * MicroPerUnit;
}

MicroAmount shownLeft(const limits::Limit &limit, const limits::Usage &usage)
{
    return limit.unit == Unit::Cents ? usage.remaining
                                     : usage.remaining - usage.remaining % MicroPerUnit;
}

double elapsedShare(const limits::Calendar &calendar, std::chrono::milliseconds now)
{
    const limits::CalendarPeriod period = limits::periodAt(calendar, now);
    const auto length = double((period.end - period.start).count());
    return length > 0 ? double((now - period.start).count()) / length : 0.0;
}

bool isFull(const limits::Usage &usage)
{
    return usage.remaining < MicroPerUnit;
}

GaugeValue gaugeNow(
    const limits::Limit &limit, const limits::Usage &usage, std::optional<limits::Instant> now)
{
    GaugeValue gauge = gaugeOf(limit, usage);
    if (now && limit.algorithm == limits::Algorithm::CalendarWindow)
        gauge.paceShare = elapsedShare(limit.calendar, now->wall);
    if (limit.mode == LimitMode::Shadow)
        turnShadow(gauge, isFull(usage));
    return gauge;
}

GaugeValue gaugeThen(const limits::ChainLink &link)
{
    GaugeValue gauge = gaugeOf(*link.limit, link.usage);
    if (link.limit->mode == LimitMode::Shadow) {
        turnShadow(gauge, link.verdict == LinkVerdict::WouldRefuse);
    } else if (link.verdict == LinkVerdict::Refuses) {
        gauge.state = State::Refused;
        gauge.stateWord = tr("refused");
    } else if (gauge.state == State::Refused) {
        // This request took the last unit: it was let through.
        gauge.state = State::Near;
        gauge.stateWord = tr("near");
    }
    if (link.verdict == LinkVerdict::Skipped)
        gauge.noLimitText = tr("does not apply");
    return gauge;
}

QString spokenDuration(nanoseconds duration)
{
    using namespace std::chrono;
    const qint64 tenths = (duration_cast<milliseconds>(duration).count() + 99) / 100;
    if (tenths < 10)
        return tr("0.%1 seconds").arg(tenths);
    const qint64 seconds =
        std::max<qint64>(1, duration_cast<std::chrono::seconds>(duration).count());
    if (seconds < 60)
        return counted("%n second(s)", seconds);
    if (seconds < 3600)
        return inTwo("%n minute(s)", seconds / 60, "%n second(s)", seconds % 60);
    if (seconds < 86'400)
        return inTwo("%n hour(s)", seconds / 3600, "%n minute(s)", seconds / 60 % 60);
    return inTwo("%n day(s)", seconds / 86'400, "%n hour(s)", seconds / 3600 % 24);
}

QString spokenGauge(const limits::Limit &limit, const limits::Usage &usage, const GaugeValue &gauge)
{
    if (!gauge.noLimitText.isEmpty())
        return gauge.noLimitText;
    QStringList words{gauge.usedText, tr("of"), gauge.quotaText};
    if (limit.unit != Unit::Cents)
        words += format::unitPhrase(limit.unit);
    words += perPeriod(limit);
    words.removeAll(QString());
    QStringList parts{words.join(u' ')};
    if (!gauge.reservedText.isEmpty())
        parts += tr("%1 reserved").arg(gauge.reservedText);
    parts += {insight::fullLabel(limit), stateWords(gauge), spokenFree(limit, usage)};
    const QString text = parts.join(u", "_s);
    return gauge.stale ? QString(text + u", "_s + tr("stale")) : text;
}

QString labelWithValue(const QString &label, const limits::Limit &limit, const QByteArray &value)
{
    if (value.isEmpty() || limit.segment.kind == limits::SegmentKind::Shared)
        return label;
    return label + u", "_s + shownValue(limit, value);
}

QString shownValue(const limits::Limit &limit, const QByteArray &value)
{
    return QString::fromUtf8(limit.segment.kind == limits::SegmentKind::TeamMember
            ? insight::teamMemberOf(value).member
            : value);
}

} // namespace sluice::ui

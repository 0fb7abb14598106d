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

QString perPeriod(nanoseconds period)
{
    using namespace std::chrono;
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
    const bool isGcra = limit.algorithm == limits::Algorithm::Gcra;
    if (isFull(usage) && usage.nextIn > nanoseconds::zero())
        return (isGcra ? tr("next in %1") : tr("eases in %1")).arg(spokenDuration(usage.nextIn));
    if (usage.fullIn > nanoseconds::zero())
        return (isGcra ? tr("full in %1") : tr("empty in %1")).arg(spokenDuration(usage.fullIn));
    return tr("all free");
}

void turnShadow(GaugeValue &gauge, bool isFull)
{
    gauge.state = State::Shadow;
    gauge.stateWord = isFull ? tr("would refuse") : tr("shadow");
}

} // namespace

MicroAmount shownUsed(const limits::Usage &usage)
{
    const MicroAmount whole = usage.remaining - usage.remaining % MicroPerUnit;
    return usage.quota - whole;
}

bool isFull(const limits::Usage &usage)
{
    return usage.remaining < MicroPerUnit;
}

GaugeValue gaugeNow(const limits::Limit &limit, const limits::Usage &usage)
{
    GaugeValue gauge = format::gauge(limit.unit, shownUsed(usage), usage.quota);
    if (limit.mode == LimitMode::Shadow)
        turnShadow(gauge, isFull(usage));
    return gauge;
}

GaugeValue gaugeThen(const limits::ChainLink &link)
{
    GaugeValue gauge = format::gauge(link.limit->unit, shownUsed(link.usage), link.usage.quota);
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
    const QString text = tr("%1 of %2 %3 %4, %5, %6, %7")
                             .arg(gauge.usedText, gauge.quotaText, format::unitPhrase(limit.unit),
                                 perPeriod(limit.period), insight::fullLabel(limit),
                                 stateWords(gauge), spokenFree(limit, usage));
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

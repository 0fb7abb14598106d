// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/insight/standings.h"

#include "core/insight/amounttext.h"
#include "core/insight/labels.h"
#include "core/limits/calendarwindow.h"
#include "core/limits/slidingwindow.h"

#include <QCoreApplication>

#include <algorithm>

namespace sluice::insight {

using namespace Qt::StringLiterals;
using limits::CounterReading;
using limits::Instant;
using limits::Limit;
using limits::Usage;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("ChangeReport", text);
}

/// The state of a counter as the engine carries it over an edit.
limits::CounterState carried(const CounterReading &reading, const Limit &after, Instant now)
{
    const Limit &before = *reading.limit;
    if (const auto *window = std::get_if<limits::WindowState>(&reading.state)) {
        return limits::slidingwindow::rescaled(*window, before.period, after.period, now.engine);
    }
    if (const auto *period = std::get_if<limits::CalendarState>(&reading.state)) {
        return limits::calendarwindow::rescaled(*period,
            limits::periodAt(before.calendar, now.wall),
            limits::periodAt(after.calendar, now.wall));
    }
    return reading.state;
}

bool isFuller(const Standing &a, const Standing &b)
{
    const auto share = [](const Usage &x, const Usage &y) {
        return limits::Int128(x.taken()) * std::max<MicroAmount>(y.quota, 1);
    };
    return share(a.usage, b.usage) > share(b.usage, a.usage);
}

} // namespace

std::vector<Standing> standings(
    const QByteArray &name, const Limit &after, const UsageBook &book, Instant now)
{
    std::vector<Standing> result;
    for (const CounterReading &reading : book.counters(name)) {
        const Limit &own = after.forValue(reading.value);
        const bool countsOn = reading.limit && reading.limit->algorithm == own.algorithm;
        if (!countsOn)
            continue;
        const Usage usage = limits::usageAt(own, carried(reading, own, now), now, reading.claims);
        result.push_back({reading.value, reading.apiKey, usage});
    }
    std::stable_sort(result.begin(), result.end(), isFuller);
    return result;
}

QString takenInWords(const Usage &usage, Unit unit)
{
    return unit == Unit::Cents ? amountText(unit, usage.taken()) : groupDigits(usage.takenUnits());
}

QString shownSubject(const Limit &limit, const Standing &standing)
{
    const bool isGroup = limit.segment.kind == limits::SegmentKind::Team
        || limit.segment.kind == limits::SegmentKind::TeamMember;
    if (standing.value.isEmpty() || isGroup)
        return counterName(limit, standing.value, standing.apiKey);
    const QString value = QString::fromUtf8(standing.value);
    const bool isApart =
        !standing.apiKey.isEmpty() && limit.segment.kind != limits::SegmentKind::ApiKey;
    return isApart ? tr("%1 with key %2").arg(value, QString::fromUtf8(standing.apiKey)) : value;
}

QString firstSubject(const Limit &limit, const Standing &standing)
{
    QString text = shownSubject(limit, standing);
    const bool isOwnWord =
        !standing.value.isEmpty() && text.startsWith(QString::fromUtf8(standing.value));
    if (!isOwnWord && !text.isEmpty())
        text[0] = text[0].toUpper();
    return text;
}

// Wide, as a hundredfold might overflow.
qint64 percentTaken(const Usage &usage, Unit unit)
{
    const bool isWhole = unit != Unit::Cents;
    const qint64 part = isWhole ? usage.takenUnits() : usage.taken();
    const qint64 whole = isWhole ? usage.quota / MicroPerUnit : usage.quota;
    const limits::Int128 divisor = std::max<qint64>(whole, 1);
    const auto percent =
        static_cast<qint64>((limits::Int128(part) * 200 + divisor) / (2 * divisor));
    return part < whole ? std::min<qint64>(percent, 99) : percent;
}

} // namespace sluice::insight

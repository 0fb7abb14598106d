// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/limits/counterstore.h"

namespace sluice::limits {

namespace {

void append(QByteArray &key, QByteArrayView part)
{
    key += QByteArray::number(part.size()) + ':' + part;
}

QByteArray number(std::chrono::nanoseconds period)
{
    return QByteArray::number(static_cast<qint64>(period.count()));
}

/// The same parts as the engine's own identity of a limit.
QByteArray identityOf(const Limit &limit)
{
    const bool isHeader = limit.scope == LimitScope::Header;
    QByteArray identity = algorithmName(limit.algorithm) + '/' + unitName(limit.unit) + '/'
        + segmentName(limit.segment);
    if (isHeader)
        return "header/" + number(limit.period) + "ns/" + identity;
    return (limit.isPolicy() ? "policy/" : "limit/") + identity + '/' + limit.name;
}

} // namespace

QByteArrayView algorithmName(Algorithm algorithm)
{
    switch (algorithm) {
    case Algorithm::Gcra:
        return "gcra";
    case Algorithm::SlidingWindow:
        return "window";
    case Algorithm::CalendarWindow:
        return "calendar";
    case Algorithm::Concurrency:
        return "slots";
    }
    Q_UNREACHABLE();
}

QByteArray storeKey(const Limit &limit, const QByteArray &owner, const QByteArray &value,
    const CalendarPeriod &period)
{
    QByteArray key;
    append(key, identityOf(limit));
    append(key, owner);
    append(key, value);
    if (limit.algorithm == Algorithm::CalendarWindow) {
        append(key, limit.calendar.zone.id());
        append(key, QByteArray::number(static_cast<qint64>(period.start.count())));
    }
    return key;
}

} // namespace sluice::limits

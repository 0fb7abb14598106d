// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/pipeline/limitjson.h"

namespace sluice::gateway {

using namespace Qt::StringLiterals;

namespace {

QString periodName(config::CalendarUnit unit)
{
    switch (unit) {
    case config::CalendarUnit::Hour:
        return u"hour"_s;
    case config::CalendarUnit::Day:
        return u"day"_s;
    case config::CalendarUnit::Week:
        return u"week"_s;
    case config::CalendarUnit::Month:
        return u"month"_s;
    case config::CalendarUnit::Quarter:
        return u"quarter"_s;
    case config::CalendarUnit::Year:
        return u"year"_s;
    }
    Q_UNREACHABLE();
}

/// Seconds, the word of a calendar, or null.
QJsonValue windowJson(const limits::Limit &limit)
{
    if (limit.algorithm == limits::Algorithm::CalendarWindow)
        return periodName(limit.calendar.unit);
    if (limit.algorithm == limits::Algorithm::Concurrency)
        return QJsonValue::Null;
    return qint64(std::chrono::ceil<std::chrono::seconds>(limit.period).count());
}

} // namespace

QString scopeName(const limits::Limit &limit)
{
    switch (limit.scope) {
    case limits::LimitScope::Global:
        return u"global"_s;
    case limits::LimitScope::Unified:
        return u"unified-api"_s;
    case limits::LimitScope::Router:
        return u"router:"_s + QString::fromUtf8(limit.router);
    case limits::LimitScope::Header:
        return u"policy-header"_s;
    }
    Q_UNREACHABLE();
}

QJsonValue amountJson(Unit unit, MicroAmount amount)
{
    // JSON has no decimals of its own; a double is right to the micro-cent up to a million dollars.
    if (unit == Unit::Cents && amount % MicroPerUnit != 0)
        return double(amount) / double(MicroPerUnit);
    return amount / MicroPerUnit;
}

QJsonValue millisecondsJson(std::chrono::nanoseconds duration)
{
    return qint64(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

QJsonObject limitJson(const limits::ChainLink &link)
{
    const limits::Limit &limit = *link.limit;
    const limits::Usage &usage = link.usage;
    const bool isMoney = limit.unit == Unit::Cents;
    return {{u"name"_s,
                QString::fromUtf8(
                    limit.scope == limits::LimitScope::Header ? limit.policy : limit.name)},
        {u"scope"_s, scopeName(limit)},
        {u"segment"_s, QString::fromUtf8(config::segmentName(limit.segment))},
        {u"value"_s, QString::fromUtf8(link.value)},
        {u"unit"_s, QString::fromLatin1(unitName(limit.unit))},
        {u"quota"_s, amountJson(limit.unit, usage.quota)},
        {u"used"_s, isMoney ? amountJson(limit.unit, usage.used) : QJsonValue(usage.usedUnits())},
        {u"reserved"_s,
            isMoney ? amountJson(limit.unit, usage.reserved) : QJsonValue(usage.reservedUnits())},
        {u"window"_s, windowJson(limit)}};
}

} // namespace sluice::gateway

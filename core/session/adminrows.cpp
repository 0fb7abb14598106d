// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/adminrows.h"

#include "core/gateway/pipeline/limitjson.h"
#include "core/insight/labels.h"

#include <QCryptographicHash>
#include <QDateTime>

#include <algorithm>

namespace sluice::session::adminrows {

using namespace Qt::StringLiterals;
using limits::CounterReading;
using limits::Instant;
using limits::Usage;

namespace {

/// A reading with its figures of one and the same instant.
struct Row
{
    const CounterReading *reading = nullptr;
    Usage usage;
};

bool isTighter(const Row &a, const Row &b)
{
    const auto share = [](const Usage &x, const Usage &y) {
        return limits::Int128(x.taken()) * std::max<MicroAmount>(y.quota, 1);
    };
    const limits::Int128 left = share(a.usage, b.usage);
    const limits::Int128 right = share(b.usage, a.usage);
    if (left != right)
        return left > right;
    // Equals stay where they are from one time to the next.
    return std::tie(a.reading->limit->name, a.reading->value, a.reading->apiKey)
        < std::tie(b.reading->limit->name, b.reading->value, b.reading->apiKey);
}

qint64 inUnits(Unit unit, MicroAmount amount)
{
    return unit == Unit::Cents ? amount : amount / MicroPerUnit;
}

/// RFC 3339, UTC.
QString timeText(std::chrono::milliseconds wall)
{
    return QDateTime::fromMSecsSinceEpoch(wall.count(), Qt::UTC).toString(Qt::ISODateWithMs);
}

QString timeText(EngineTime time, Instant now)
{
    return timeText(now.wall + std::chrono::ceil<std::chrono::milliseconds>(time - now.engine));
}

/// A limit that is not in force any more may name a store that is not there either.
QString storeOf(const limits::Limit &limit, const Place &place)
{
    const std::vector<config::Store> &stores = place.limits->stores();
    const auto index = static_cast<size_t>(limit.store);
    return QString::fromLatin1(
        config::storeTypeName(stores[index < stores.size() ? index : 0].type));
}

QJsonObject toJson(const Row &row, Instant now, const Place &place)
{
    const limits::Limit &limit = *row.reading->limit;
    const Usage &usage = row.usage;
    const bool isMoney = limit.unit == Unit::Cents;
    const bool isHeader = limit.scope == limits::LimitScope::Header;
    const bool hasEnd = usage.fullIn > std::chrono::nanoseconds::zero();
    return {{u"limit"_s, QString::fromUtf8(isHeader ? limit.policy : limit.name)},
        {u"scope"_s, gateway::scopeName(limit)},
        {u"segment"_s, QString::fromUtf8(config::segmentName(limit.segment))},
        {u"value"_s, QString::fromUtf8(row.reading->value)}, {u"unit"_s, unitText(limit.unit)},
        {u"quota"_s, inUnits(limit.unit, usage.quota)},
        {u"used"_s, isMoney ? usage.used : usage.usedUnits()},
        {u"reserved"_s, isMoney ? usage.reserved : usage.reservedUnits()},
        {u"remaining"_s, inUnits(limit.unit, usage.remaining)},
        {u"resets_at"_s,
            hasEnd ? QJsonValue(timeText(now.engine + usage.fullIn, now))
                   : QJsonValue(QJsonValue::Null)},
        {u"mode"_s, limit.mode == limits::LimitMode::Shadow ? u"shadow"_s : u"enforce"_s},
        {u"store"_s, storeOf(limit, place)},
        {u"source"_s, insight::sourceText(limit, place.fileName)},
        {u"api_key"_s,
            limit.isPolicy() ? QJsonValue(QString::fromUtf8(row.reading->apiKey))
                             : QJsonValue(QJsonValue::Null)}};
}

/// Of parts that no chosen name can shift into one another.
QString hashed(const QByteArrayList &parts)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (const QByteArray &part : parts) {
        hash.addData(QByteArray::number(part.size()));
        hash.addData(":");
        hash.addData(part);
    }
    return QString::fromLatin1(hash.result().toHex().first(16));
}

QJsonValue cell(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::Double:
        return value.toDouble();
    case QMetaType::LongLong:
    case QMetaType::Int:
        return value.toLongLong();
    case QMetaType::QByteArray:
        return QString::fromLatin1(value.toByteArray().toHex());
    default:
        return value.isNull() ? QJsonValue(QJsonValue::Null) : QJsonValue(value.toString());
    }
}

} // namespace

QJsonArray counters(
    const std::vector<CounterReading> &readings, Instant now, const Place &place, qint64 max)
{
    std::vector<Row> rows;
    rows.reserve(readings.size());
    for (const CounterReading &reading : readings) {
        if (reading.limit)
            rows.push_back({&reading, limits::usageAt(reading, now)});
    }
    const auto end = rows.begin() + std::min<qint64>(max, std::ssize(rows));
    std::partial_sort(rows.begin(), end, rows.end(), isTighter);
    QJsonArray array;
    for (auto row = rows.begin(); row != end; ++row)
        array.append(toJson(*row, now, place));
    return array;
}

QJsonObject raise(const limits::Raise &raise, const limits::Limit *limit, Instant now)
{
    return {{u"id"_s, idOf(raise)}, {u"limit"_s, QString::fromUtf8(raise.limit)},
        {u"value"_s, QString::fromUtf8(raise.value)},
        {u"unit"_s,
            limit != nullptr ? QJsonValue(unitText(limit->unit)) : QJsonValue(QJsonValue::Null)},
        {u"amount"_s, limit != nullptr ? inUnits(limit->unit, raise.extra) : raise.extra},
        {u"until"_s, timeText(raise.until, now)}};
}

QJsonObject block(const limits::Block &block, Instant now)
{
    return {{u"id"_s, idOf(block)},
        {u"segment"_s, QString::fromUtf8(config::segmentName(block.segment))},
        {u"value"_s, QString::fromUtf8(block.value)},
        {u"until"_s,
            block.until ? QJsonValue(timeText(*block.until, now)) : QJsonValue(QJsonValue::Null)}};
}

QString idOf(const limits::Raise &raise)
{
    return hashed({raise.limit, raise.value});
}

QString idOf(const limits::Block &block)
{
    return hashed({config::segmentName(block.segment), block.value});
}

QString unitText(Unit unit)
{
    return unit == Unit::Cents ? u"micro-cent"_s : QString::fromLatin1(unitName(unit));
}

QJsonArray table(const stores::Table &table)
{
    QJsonArray rows;
    for (const QVariantList &row : table.rows) {
        QJsonObject object;
        for (qsizetype i = 0; i < row.size(); ++i)
            object.insert(table.columns[i], cell(row[i]));
        rows.append(object);
    }
    return rows;
}

} // namespace sluice::session::adminrows

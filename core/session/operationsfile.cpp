// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/operationsfile.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSaveFile>

namespace sluice::session::operationsfile {

using namespace Qt::StringLiterals;
using limits::Block;
using limits::Operations;
using limits::Raise;
using limits::Segment;
using limits::SegmentKind;

namespace {

constexpr auto PropertyPrefix = "property:"_L1;

/// Exact whatever JSON's numbers can hold.
QString text(qint64 number)
{
    return QString::number(number);
}

std::optional<qint64> number(const QJsonValue &value)
{
    bool isNumber = false;
    const qint64 result = value.toString().toLongLong(&isNumber);
    return isNumber ? std::optional(result) : std::nullopt;
}

QJsonObject toJson(const Raise &raise)
{
    return {{u"limit"_s, QString::fromUtf8(raise.limit)},
        {u"value"_s, QString::fromUtf8(raise.value)}, {u"extra_micro_units"_s, text(raise.extra)},
        {u"until_ns"_s, text(raise.until.count())}};
}

QJsonObject toJson(const Block &block)
{
    return {{u"segment"_s, QString::fromUtf8(config::segmentName(block.segment))},
        {u"value"_s, QString::fromUtf8(block.value)},
        {u"until_ns"_s,
            block.until ? QJsonValue(text(block.until->count())) : QJsonValue(QJsonValue::Null)}};
}

std::optional<Raise> raiseOf(const QJsonObject &json)
{
    const auto extra = number(json.value(u"extra_micro_units"_s));
    const auto until = number(json.value(u"until_ns"_s));
    const QByteArray limit = json.value(u"limit"_s).toString().toUtf8();
    if (!extra || !until || *extra <= 0 || limit.isEmpty())
        return std::nullopt;
    return Raise{limit, json.value(u"value"_s).toString().toUtf8(), *extra, EngineTime(*until)};
}

std::optional<Block> blockOf(const QJsonObject &json)
{
    const auto segment = segmentOf(json.value(u"segment"_s).toString());
    const QJsonValue end = json.value(u"until_ns"_s);
    const auto until = number(end);
    const QByteArray value = json.value(u"value"_s).toString().toUtf8();
    if (!segment || (!until && !end.isNull()) || value.isEmpty())
        return std::nullopt;
    Block block{*segment, value, std::nullopt};
    if (until)
        block.until = EngineTime(*until);
    return block;
}

Error broken(const QString &path)
{
    return {ErrorCode::Invalid,
        u"%1 is not what this program has written: raises and blocks are not in force. Mend it or "
        u"move it away"_s.arg(path),
        {}};
}

} // namespace

std::optional<Segment> segmentOf(const QString &name)
{
    for (const SegmentKind kind :
        {SegmentKind::ApiKey, SegmentKind::EndUser, SegmentKind::Team, SegmentKind::TeamMember}) {
        if (QString::fromUtf8(config::segmentName({kind, {}})) == name)
            return Segment{kind, {}};
    }
    if (!name.startsWith(PropertyPrefix) || name.size() == PropertyPrefix.size())
        return std::nullopt;
    return Segment{SegmentKind::Property, name.sliced(PropertyPrefix.size()).toLower().toUtf8()};
}

Result<Operations> read(const QString &path)
{
    QFile file(path);
    if (!file.exists())
        return Operations{};
    if (!file.open(QIODevice::ReadOnly))
        return Error{ErrorCode::Io, u"Cannot read %1: %2"_s.arg(path, file.errorString()), {}};
    const QJsonDocument document = QJsonDocument::fromJson(file.readAll());
    if (!document[u"raises"_s].isArray() || !document[u"blocks"_s].isArray())
        return broken(path);
    Operations operations;
    for (const auto &item : document[u"raises"_s].toArray()) {
        const auto raise = raiseOf(item.toObject());
        if (!raise)
            return broken(path);
        operations.raises.push_back(*raise);
    }
    for (const auto &item : document[u"blocks"_s].toArray()) {
        const auto block = blockOf(item.toObject());
        if (!block)
            return broken(path);
        operations.blocks.push_back(*block);
    }
    return operations;
}

Result<void> write(const QString &path, const Operations &operations)
{
    QJsonArray raises;
    for (const Raise &raise : operations.raises)
        raises.append(toJson(raise));
    QJsonArray blocks;
    for (const Block &block : operations.blocks)
        blocks.append(toJson(block));
    QSaveFile file(path);
    const bool isOpen = file.open(QIODevice::WriteOnly);
    file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner);
    file.write(QJsonDocument({{u"raises"_s, raises}, {u"blocks"_s, blocks}}).toJson());
    if (!isOpen || !file.commit())
        return Error{ErrorCode::Io, u"Cannot write %1: %2"_s.arg(path, file.errorString()), {}};
    return {};
}

QJsonObject entry(const QString &operation, const QByteArray &limit, const QByteArray &value)
{
    return {{u"operation"_s, operation}, {u"limit"_s, QString::fromUtf8(limit)},
        {u"value"_s, QString::fromUtf8(value)}};
}

QJsonObject entry(const Raise &raise, const QString &operation)
{
    QJsonObject json = toJson(raise);
    json.insert(u"operation"_s, operation);
    return json;
}

QJsonObject entry(const Block &block, const QString &operation)
{
    QJsonObject json = toJson(block);
    json.insert(u"operation"_s, operation);
    return json;
}

} // namespace sluice::session::operationsfile

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/limitoperations.h"

#include "core/base/logging.h"
#include "core/limits/limiter.h"
#include "core/session/auditlog.h"
#include "core/session/operationsfile.h"

#include <QDir>
#include <QTimer>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace sluice::session {

using namespace Qt::StringLiterals;
using limits::Block;
using limits::Operations;
using limits::Raise;
using limits::Segment;
using std::chrono::nanoseconds;

namespace {

constexpr size_t MostUndos = 100; ///< the oldest go first
constexpr int LookForEndsEvery = 1'000; ///< milliseconds

/// An entry of the audit that says too what was there before.
template <typename Operation>
QJsonObject withBefore(QJsonObject entry, const std::optional<Operation> &before)
{
    if (before)
        entry.insert(u"before"_s, operationsfile::entry(*before, {}));
    return entry;
}

QJsonObject unblockEntry(const Block &block)
{
    QJsonObject entry = operationsfile::entry(block, u"unblock"_s);
    entry.remove(u"until_ns"_s); // nothing is there after it
    return entry;
}

/// Far enough in the future that it never comes, instead of an overflow.
EngineTime after(EngineTime now, nanoseconds duration)
{
    return duration < EngineTime::max() - now ? now + duration : EngineTime::max();
}

} // namespace

class LimitOperations::Private
{
public:
    explicit Private(LimitOperations &owner, limits::Limiter &running) : q(owner), limiter(running)
    {
        ends.setInterval(LookForEndsEvery);
        connect(&ends, &QTimer::timeout, &q, [this] { announceEnds(); });
    }

    /// How to take an operation back; false if that has no meaning any more.
    using Undo = std::function<bool()>;

    Id done(const QJsonObject &entry, Undo undo)
    {
        const Id id = ++lastId;
        audit(entry);
        undos.emplace(id, std::move(undo));
        if (undos.size() > MostUndos)
            undos.erase(undos.begin());
        Q_EMIT q.changed();
        return id;
    }

    void audit(const QJsonObject &entry)
    {
        if (const auto written = log.append(entry, limiter.clock().wall()); !written)
            qCWarning(lcGateway, "%ls", qUtf16Printable(written.error().message));
    }

    /// Puts other raises and blocks in force and keeps them.
    void put(Operations next)
    {
        operations = std::move(next);
        dropEnded();
        applied = operations;
        limiter.setOperations(operations);
        if (hasEnds())
            ends.start();
        else
            ends.stop();
        if (path.isEmpty())
            return;
        if (const auto written = operationsfile::write(path, operations); !written)
            qCWarning(lcGateway, "%ls", qUtf16Printable(written.error().message));
    }

    void dropEnded()
    {
        const EngineTime now = limiter.clock().now();
        std::erase_if(operations.raises, [now](const Raise &raise) { return raise.until <= now; });
        std::erase_if(
            operations.blocks, [now](const Block &block) { return !block.isInForce(now); });
    }

    // The engine stops by its own clock, but its counters are read anew only when it is told.
    void announceEnds()
    {
        dropEnded();
        if (operations == applied)
            return;
        put(operations);
        Q_EMIT q.changed();
    }

    [[nodiscard]] bool hasEnds() const
    {
        return !operations.raises.empty()
            || std::any_of(operations.blocks.cbegin(), operations.blocks.cend(),
                [](const Block &block) { return block.until.has_value(); });
    }

    [[nodiscard]] bool isOver(const Raise &raise) const
    {
        return raise.until <= limiter.clock().now();
    }

    [[nodiscard]] bool isOver(const Block &block) const
    {
        return !block.isInForce(limiter.clock().now());
    }

    [[nodiscard]] std::optional<Raise> raiseOf(
        const QByteArray &limit, const QByteArray &value) const
    {
        for (const Raise &raise : operations.raises)
            if (raise.limit == limit && raise.value == value)
                return raise;
        return std::nullopt;
    }

    [[nodiscard]] std::optional<Block> blockOf(
        const Segment &segment, const QByteArray &value) const
    {
        for (const Block &block : operations.blocks)
            if (block.segment == segment && block.value == value)
                return block;
        return std::nullopt;
    }

    /// Replaces the raise of one counter by another one or by none.
    void setRaise(const QByteArray &limit, const QByteArray &value, const std::optional<Raise> &to)
    {
        Operations next = operations;
        std::erase_if(next.raises,
            [&](const Raise &raise) { return raise.limit == limit && raise.value == value; });
        if (to)
            next.raises.push_back(*to);
        put(std::move(next));
    }

    void setBlock(const Segment &segment, const QByteArray &value, const std::optional<Block> &to)
    {
        Operations next = operations;
        std::erase_if(next.blocks,
            [&](const Block &block) { return block.segment == segment && block.value == value; });
        if (to)
            next.blocks.push_back(*to);
        put(std::move(next));
    }

    LimitOperations &q;
    limits::Limiter &limiter;
    Operations operations;
    Operations applied; ///< as the engine was told last
    QTimer ends; ///< runs while something has an end
    AuditLog log;
    QString path; ///< of operations.json; empty = kept in memory only
    bool isOn = true;
    Id lastId = 0;
    std::map<Id, Undo> undos; ///< oldest first
};

LimitOperations::LimitOperations(limits::Limiter &limiter, QObject *parent)
    : QObject(parent), d(std::make_unique<Private>(*this, limiter))
{
}

LimitOperations::~LimitOperations() = default;

Result<void> LimitOperations::open(const QString &folder)
{
    if (!QDir().mkpath(folder))
        return Error{ErrorCode::Io, u"Cannot make the folder %1"_s.arg(folder), {}};
    const QString path = QDir(folder).filePath(u"operations.json"_s);
    Result<Operations> kept = operationsfile::read(path);
    if (!kept)
        return kept.error();
    if (auto opened = d->log.open(folder); !opened)
        return opened;
    d->path = path;
    d->put(std::move(*kept));
    Q_EMIT changed();
    return {};
}

void LimitOperations::setEnabled(bool isOn)
{
    d->isOn = isOn;
}

LimitOperations::Id LimitOperations::reset(const QByteArray &limit, const QByteArray &value)
{
    std::vector<limits::CounterReading> before;
    if (d->isOn)
        before = d->limiter.reset(limit, value);
    if (before.empty())
        return 0;
    Q_EMIT wasReset(limit);
    const QJsonObject entry = operationsfile::entry(u"reset"_s, limit, value);
    return d->done(entry, [this, limit, value, before = std::move(before)] {
        d->limiter.restore(before);
        d->audit(operationsfile::entry(u"undo reset"_s, limit, value));
        return true;
    });
}

LimitOperations::Id LimitOperations::resetAll(const QByteArray &limit)
{
    if (!d->isOn)
        return 0;
    std::set<QByteArray> values;
    for (const limits::CounterReading &reading : d->limiter.readings()) {
        if (reading.limit->name == limit)
            values.insert(reading.value);
    }
    std::vector<limits::CounterReading> before;
    for (const QByteArray &value : values) {
        auto readings = d->limiter.reset(limit, value);
        std::move(readings.begin(), readings.end(), std::back_inserter(before));
    }
    if (before.empty())
        return 0;
    Q_EMIT wasReset(limit);
    const QJsonObject entry = operationsfile::entry(u"reset all"_s, limit, {});
    return d->done(entry, [this, limit, before = std::move(before)] {
        d->limiter.restore(before);
        d->audit(operationsfile::entry(u"undo reset all"_s, limit, {}));
        return true;
    });
}

LimitOperations::Id LimitOperations::raise(
    const QByteArray &limit, const QByteArray &value, MicroAmount extra, nanoseconds duration)
{
    if (!d->isOn || extra <= 0 || duration <= nanoseconds::zero())
        return 0;
    const std::optional<Raise> before = d->raiseOf(limit, value);
    const Raise raise{limit, value, extra, after(d->limiter.clock().now(), duration)};
    d->setRaise(limit, value, raise);
    return d->done(
        withBefore(operationsfile::entry(raise, u"raise"_s), before), [this, before, raise] {
            if (d->isOver(raise) || d->raiseOf(raise.limit, raise.value) != raise)
                return false;
            d->setRaise(raise.limit, raise.value, before);
            d->audit(operationsfile::entry(u"undo raise"_s, raise.limit, raise.value));
            return true;
        });
}

LimitOperations::Id LimitOperations::endRaise(const QByteArray &limit, const QByteArray &value)
{
    const std::optional<Raise> before = d->raiseOf(limit, value);
    if (!d->isOn || !before || d->isOver(*before))
        return 0;
    d->setRaise(limit, value, std::nullopt);
    return d->done(
        withBefore(operationsfile::entry(u"end raise"_s, limit, value), before), [this, before] {
            if (d->isOver(*before) || d->raiseOf(before->limit, before->value))
                return false;
            d->setRaise(before->limit, before->value, before);
            d->audit(operationsfile::entry(*before, u"undo end raise"_s));
            return true;
        });
}

LimitOperations::Id LimitOperations::block(
    const Segment &segment, const QByteArray &value, std::optional<nanoseconds> duration)
{
    const bool isForNoTime = duration && *duration <= nanoseconds::zero();
    const bool isNobody = value.isEmpty() || segment.kind == limits::SegmentKind::Shared;
    if (!d->isOn || isNobody || isForNoTime)
        return 0;
    const std::optional<Block> before = d->blockOf(segment, value);
    Block block{segment, value, std::nullopt};
    if (duration)
        block.until = after(d->limiter.clock().now(), *duration);
    d->setBlock(segment, value, block);
    return d->done(
        withBefore(operationsfile::entry(block, u"block"_s), before), [this, before, block] {
            if (d->isOver(block) || d->blockOf(block.segment, block.value) != block)
                return false;
            d->setBlock(block.segment, block.value, before);
            d->audit(operationsfile::entry(block, u"undo block"_s));
            return true;
        });
}

LimitOperations::Id LimitOperations::unblock(const Segment &segment, const QByteArray &value)
{
    const std::optional<Block> before = d->blockOf(segment, value);
    if (!d->isOn || !before || d->isOver(*before))
        return 0;
    d->setBlock(segment, value, std::nullopt);
    return d->done(withBefore(unblockEntry(*before), before), [this, before] {
        if (d->isOver(*before) || d->blockOf(before->segment, before->value))
            return false;
        d->setBlock(before->segment, before->value, before);
        d->audit(operationsfile::entry(*before, u"undo unblock"_s));
        return true;
    });
}

bool LimitOperations::undo(Id id)
{
    const auto found = d->undos.find(id);
    if (found == d->undos.end())
        return false;
    const Private::Undo undo = std::move(found->second);
    d->undos.erase(found);
    const bool hasMeaning = undo();
    if (hasMeaning)
        Q_EMIT changed();
    return hasMeaning;
}

void LimitOperations::follow(const limits::Renames &renames)
{
    Operations next = d->operations;
    for (Raise &raise : next.raises) {
        const auto rename = std::find_if(renames.begin(), renames.end(),
            [&raise](const limits::Rename &r) { return r.from == raise.limit; });
        if (rename != renames.end())
            raise.limit = rename->to;
    }
    if (next == d->operations)
        return;
    d->put(std::move(next));
    Q_EMIT changed();
}

Operations LimitOperations::inForce() const
{
    d->dropEnded();
    return d->operations;
}

} // namespace sluice::session

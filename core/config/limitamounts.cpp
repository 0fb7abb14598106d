// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/limitamounts.h"

#include "core/base/units.h"
#include "core/config/scalars.h"

#include <QRegularExpression>

#include <limits>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 DefaultCapacity = 500; // upstream's defaults (reference A.3)
constexpr nanoseconds DefaultRefill = std::chrono::seconds(1);
constexpr qint64 MaxRequests = std::numeric_limits<quint32>::max();
constexpr qint64 MaxAmount = 1'000'000'000'000; ///< of tokens or cents
constexpr qsizetype MaxSegmentBytes = 256; ///< longer ones are refused in requests too

/// What one of a unit is called in a sentence.
QString nounOf(Unit unit)
{
    switch (unit) {
    case Unit::Request:
    case Unit::ConcurrentRequest:
        return u"request"_s;
    case Unit::Cents:
        return u"cent"_s;
    case Unit::Token:
    case Unit::InputToken:
    case Unit::OutputToken:
        break;
    }
    return u"token"_s;
}

std::optional<MicroAmount> readCents(Context &context, const Value &value)
{
    static const QRegularExpression number(u"^-?[0-9]+(\\.[0-9]{1,6})?$"_s);
    const std::optional<QByteArray> text = readText(context, value);
    if (!text)
        return std::nullopt;
    const Result<MicroAmount> amount = parseAmount(*text);
    if (amount && *amount > 0 && *amount <= MaxAmount * MicroPerUnit)
        return *amount;
    if (!number.match(QString::fromUtf8(*text)).hasMatch()) {
        context.error(
            value, u"%1 is not a decimal number with at most six places"_s.arg(shown(value)));
        return std::nullopt;
    }
    context.error(value,
        u"%1 is out of range, allowed are 0.000001 to %2 cents"_s.arg(shown(value)).arg(MaxAmount));
    return std::nullopt;
}

std::optional<MicroAmount> readWhole(Context &context, const Value &value, qint64 maximum)
{
    static const QRegularExpression fraction(u"^-?[0-9]+\\.[0-9]+$"_s);
    const std::optional<QByteArray> text = readText(context, value);
    if (!text)
        return std::nullopt;
    if (fraction.match(QString::fromUtf8(*text)).hasMatch()) {
        context.error(
            value, u"%1 has a fraction; fractions are for cents only"_s.arg(shown(value)));
        return std::nullopt;
    }
    const std::optional<qint64> number = readInteger(context, value, 1, maximum);
    return number ? std::optional(*number * MicroPerUnit) : std::nullopt;
}

std::optional<nanoseconds> readRefill(Context &context, const Value &value)
{
    const std::optional<nanoseconds> refill = readDuration(context, value);
    if (!refill || *refill > nanoseconds(0))
        return refill;
    context.error(value, u"the bucket cannot be refilled in no time"_s, u"1s"_s);
    return std::nullopt;
}

/// Upstream's defaults are numbers of requests; any other unit has none.
void checkBucketIsComplete(Context &context, const Value &limit, const Value &capacity,
    const Value &refill, const LimitRule &rule)
{
    if (!capacity && rule.unit != Unit::Request) {
        context.error(limit, u"a limit in %1s needs a capacity"_s.arg(nounOf(rule.unit)),
            u"capacity: 1000"_s);
    } else if (static_cast<bool>(capacity) != static_cast<bool>(refill)) {
        context.hint(limit,
            capacity ? u"refill-frequency is not written, so it is 1s"_s
                     : u"capacity is not written, so it is 500"_s);
    }
}

bool isSegmentValue(Context &context, const Value &entry)
{
    if (entry.key.isEmpty())
        context.errorAtKey(entry, u"the value to override is empty"_s);
    else if (entry.key.size() > MaxSegmentBytes)
        context.errorAtKey(
            entry, u"this is longer than %1 bytes, and no request may be"_s.arg(MaxSegmentBytes));
    else
        return true;
    return false;
}

/// The values of these segments have names in other sections.
void refer(Context &context, const Value &entry, const LimitRule &rule)
{
    if (rule.mode == LimitMode::Off)
        return;
    using Kind = Reference::Kind;
    if (rule.segment.kind == SegmentKind::ApiKey)
        context.references.push_back({Kind::Key, entry.key, entry.keyPlace, entry});
    else if (rule.segment.kind == SegmentKind::Team)
        context.references.push_back({Kind::Team, entry.key, entry.keyPlace, entry});
    else if (rule.segment.kind == SegmentKind::TeamMember)
        context.references.push_back({Kind::Member, entry.key, entry.keyPlace, entry});
}

void readOverride(Context &context, const Value &entry, const AmountKeys &keys, LimitRule &rule)
{
    MapReader map(context, entry);
    LimitOverride other{entry.key, rule.capacity, rule.refill, entry.keyPlace};
    const Value amount = map.take(keys.amount);
    const Value refill = keys.refill.isEmpty() ? Value() : map.take(keys.refill);
    assign(other.capacity, readAmount(context, amount, rule.unit));
    assign(other.refill, readRefill(context, refill));
    map.finish();
    const bool isValue = isSegmentValue(context, entry);
    if (map.isMap() && map.value().node->entries.empty())
        context.error(entry, u"this overrides nothing"_s,
            u"%1: 1000"_s.arg(QString::fromLatin1(keys.amount)));
    if (!isValue)
        return;
    refer(context, entry, rule);
    rule.overrides.push_back(std::move(other));
}

} // namespace

std::optional<MicroAmount> readAmount(Context &context, const Value &value, Unit unit)
{
    switch (unit) {
    case Unit::Cents:
        return readCents(context, value);
    case Unit::Request:
    case Unit::ConcurrentRequest:
        return readWhole(context, value, MaxRequests);
    case Unit::Token:
    case Unit::InputToken:
    case Unit::OutputToken:
        break;
    }
    return readWhole(context, value, MaxAmount);
}

void readBucket(Context &context, MapReader &map, LimitRule &rule)
{
    const Value capacity = map.take("capacity");
    const Value refill = map.take("refill-frequency");
    assign(rule.unit,
        readChoice<Unit>(context, map.take("unit"),
            {{"request", Unit::Request}, {"token", Unit::Token}, {"input-token", Unit::InputToken},
                {"output-token", Unit::OutputToken}, {"cents", Unit::Cents}}));
    rule.capacity =
        readAmount(context, capacity, rule.unit).value_or(DefaultCapacity * MicroPerUnit);
    rule.refill = readRefill(context, refill).value_or(DefaultRefill);
    if (capacity)
        rule.place = capacity.place();
    checkBucketIsComplete(context, map.value(), capacity, refill, rule);
    if (rule.refill.count() < rule.capacity / MicroPerUnit) {
        context.warn(map.value(),
            u"more than one %1 a nanosecond: this limits nothing"_s.arg(nounOf(rule.unit)));
    }
}

void readOverrides(Context &context, const Value &section, const AmountKeys &keys, LimitRule &rule)
{
    if (!section || keys.amount.isEmpty())
        return;
    if (rule.segment.kind == SegmentKind::Shared) {
        context.errorAtKey(
            section, u"everybody shares this limit, so there is no value to override"_s);
        return;
    }
    if (section.isMap() && section.node->entries.empty())
        context.error(section, u"this overrides nothing"_s);
    for (const Value &entry : entriesOf(context, section))
        readOverride(context, entry, keys, rule);
}

} // namespace sluice::config

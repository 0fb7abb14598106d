// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/limitedits.h"

#include "core/base/duration.h"
#include "core/session/limitshape.h"
#include "core/session/textpatch.h"

namespace sluice::session {

using namespace Qt::StringLiterals;
using config::LimitRule;
using config::SegmentKind;
using config::YamlPath;
namespace yamlpatch = config::yamlpatch;

namespace {

using Edit = std::function<void(TextPatch &)>;

ConfigDraft::Change changeOf(const Edit &edit)
{
    return [edit](const QByteArray &text) {
        TextPatch patch(text);
        edit(patch);
        return patch.result();
    };
}

/// An edit of keys of the limit's map; a policy that is text alone becomes a map first. Its name is
/// derived from what it says, so that it stays the same limit.
ConfigDraft::Change changeInMap(const LimitRule &rule, const Edit &edit)
{
    return changeOf([rule, edit](TextPatch &patch) {
        const bool isText = !rule.policy.isEmpty()
            && limitshape::kindAt(patch.text(), rule.path) == limitshape::Kind::Scalar;
        if (isText)
            patch.apply([&rule](const QByteArray &text) {
                return limitshape::wrapInMap(text, rule.path, u"policy"_s);
            });
        edit(patch);
    });
}

/// Whether a policy is written as text alone.
bool isTextAlone(const TextPatch &patch, const LimitRule &rule)
{
    return limitshape::kindAt(patch.text(), rule.path) == limitshape::Kind::Scalar;
}

Error invalid(const QString &message)
{
    return {ErrorCode::Invalid, message, {}};
}

QString modeName(config::LimitMode mode)
{
    switch (mode) {
    case config::LimitMode::Enforce:
        return u"enforce"_s;
    case config::LimitMode::Shadow:
        return u"shadow"_s;
    case config::LimitMode::Off:
        return u"off"_s;
    }
    Q_UNREACHABLE();
}

QString storeFailureName(config::StoreFailure failure)
{
    switch (failure) {
    case config::StoreFailure::Local:
        return u"local"_s;
    case config::StoreFailure::Open:
        return u"open"_s;
    case config::StoreFailure::Closed:
        break;
    }
    return u"closed"_s;
}

QString missingName(config::MissingSegment missing)
{
    switch (missing) {
    case config::MissingSegment::Share:
        return u"share"_s;
    case config::MissingSegment::Reject:
        return u"reject"_s;
    case config::MissingSegment::Skip:
        return u"skip"_s;
    }
    Q_UNREACHABLE();
}

QString dayName(Qt::DayOfWeek day)
{
    static const QStringList names{u"monday"_s, u"tuesday"_s, u"wednesday"_s, u"thursday"_s,
        u"friday"_s, u"saturday"_s, u"sunday"_s};
    return names.at(int(day) - 1);
}

/// What `count` says; empty for its default and for requests.
QString countName(Unit unit)
{
    return unit == Unit::InputToken ? u"input"_s
        : unit == Unit::OutputToken ? u"output"_s
                                    : QString();
}

QString amountKeyOf(LimitKind kind, Unit unit)
{
    switch (kind) {
    case LimitKind::Bucket:
        return u"capacity"_s;
    case LimitKind::Concurrency:
        return u"max"_s;
    case LimitKind::Usage:
    case LimitKind::Spend:
    case LimitKind::Policy:
        break;
    }
    if (unit == Unit::Cents)
        return u"cents"_s;
    return unit == Unit::Request ? u"requests"_s : u"tokens"_s;
}

QString amountText(MicroAmount amount)
{
    return QString::fromLatin1(formatAmount(amount));
}

/// Where the text of a policy stands.
YamlPath policyPath(const TextPatch &patch, const LimitRule &rule)
{
    return isTextAlone(patch, rule) ? rule.path : child(rule.path, u"policy"_s);
}

void writePolicy(TextPatch &patch, const LimitRule &rule, const config::Policy &policy)
{
    const YamlPath path = policyPath(patch, rule);
    const QString text = QString::fromUtf8(config::canonical(policy));
    patch.apply([&](const QByteArray &before) { return yamlpatch::setScalar(before, path, text); });
}

Result<std::chrono::seconds> policyWindow(const QString &period)
{
    const Result<std::chrono::nanoseconds> duration = parseDuration(period);
    if (!duration)
        return duration.error();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*duration);
    if (seconds != *duration || seconds.count() < 60 || seconds.count() > 31'536'000)
        return invalid(u"the window of a policy is from 60 to 31536000 whole seconds"_s);
    return seconds;
}

/// Another key for an amount, in every override too.
void renameAmounts(TextPatch &patch, const LimitRule &rule, const QString &from, const QString &to)
{
    if (from == to)
        return;
    const YamlPath overrides = child(rule.path, u"overrides"_s);
    const QStringList values = limitshape::keysAt(patch.text(), overrides);
    const auto rename = [&](const YamlPath &path) {
        if (patch.has(path))
            patch.apply(
                [&](const QByteArray &text) { return limitshape::renameKey(text, path, to); });
    };
    rename(child(rule.path, from));
    for (const QString &value : values)
        rename(child(child(overrides, value), from));
}

/// Only cents have fractions: the next whole number of anything else.
void roundAmounts(TextPatch &patch, const LimitRule &rule, const QString &key)
{
    const auto round = [&](const YamlPath &map, MicroAmount amount) {
        const MicroAmount whole = (amount + MicroPerUnit - 1) / MicroPerUnit * MicroPerUnit;
        if (whole != amount)
            patch.set(map, key, amountText(whole));
    };
    round(rule.path, rule.capacity);
    for (const config::LimitOverride &other : rule.overrides)
        round(child(child(rule.path, u"overrides"_s), QString::fromUtf8(other.value)),
            other.capacity);
}

void setBucketUnit(TextPatch &patch, const LimitRule &rule, Unit unit)
{
    if (unit != Unit::Cents)
        roundAmounts(patch, rule, u"capacity"_s);
    if (unit == Unit::Request) {
        patch.drop(rule.path, u"unit"_s);
        return;
    }
    if (!patch.has(child(rule.path, u"capacity"_s))) // the default is one of requests
        patch.set(rule.path, u"capacity"_s, amountText(rule.capacity));
    patch.set(rule.path, u"unit"_s, QString::fromLatin1(unitName(unit)));
}

void setUsageUnit(TextPatch &patch, const LimitRule &rule, Unit unit)
{
    renameAmounts(
        patch, rule, amountKeyOf(LimitKind::Usage, rule.unit), amountKeyOf(LimitKind::Usage, unit));
    const QString count = countName(unit);
    if (count.isEmpty())
        patch.drop(rule.path, u"count"_s);
    else
        patch.set(rule.path, u"count"_s, count);
}

void setPolicyUnit(TextPatch &patch, const LimitRule &rule, Unit unit)
{
    config::Policy policy = policyOf(rule);
    policy.unit = unit;
    if (unit != Unit::Cents)
        policy.quota = (policy.quota + MicroPerUnit - 1) / MicroPerUnit * MicroPerUnit;
    writePolicy(patch, rule, policy);
    const QString key = amountKeyOf(LimitKind::Policy, unit);
    renameAmounts(patch, rule, amountKey(rule), key);
    if (unit == Unit::Cents || rule.overrides.empty())
        return;
    LimitRule withoutOwn = rule; // the policy has its own amount already
    withoutOwn.capacity = policy.quota;
    roundAmounts(patch, withoutOwn, key);
}

/// The key that holds a bucket, alone or in a list with others.
YamlPath bucketKey(const LimitRule &rule)
{
    const bool isRouter = rule.scope == config::LimitScope::Router;
    const bool isProperty = rule.segment.kind == SegmentKind::Property;
    return rule.path.first((isRouter ? 4 : 3) + (isProperty ? 1 : 0));
}

void moveBucket(TextPatch &patch, const LimitRule &rule, const config::Segment &segment)
{
    const bool isProperty = segment.kind == SegmentKind::Property;
    if (isProperty != (rule.segment.kind == SegmentKind::Property)) {
        patch.fail(invalid(u"limits per property stand elsewhere in the file; add one there and "
                           u"delete this one"_s));
        return;
    }
    const YamlPath from = bucketKey(rule);
    const bool isShared = limitshape::kindAt(patch.text(), from) == limitshape::Kind::List
        && limitshape::countAt(patch.text(), from) > 1;
    if (isShared) {
        patch.fail(invalid(u"other limits stand in the same list; add one where it belongs and "
                           u"delete this one"_s));
        return;
    }
    const QString key = isProperty ? QString::fromUtf8(segment.property) : segmentKey(segment);
    patch.apply([&](const QByteArray &text) { return limitshape::renameKey(text, from, key); });
}

void removeFrom(TextPatch &patch, const YamlPath &path)
{
    patch.drop(path.first(path.size() - 1), path.last());
}

} // namespace

LimitKind kindOf(const LimitRule &rule)
{
    if (!rule.policy.isEmpty())
        return LimitKind::Policy;
    if (rule.algorithm == config::Algorithm::Gcra)
        return LimitKind::Bucket;
    if (rule.algorithm == config::Algorithm::Concurrency)
        return LimitKind::Concurrency;
    return rule.unit == Unit::Cents ? LimitKind::Spend : LimitKind::Usage;
}

QString amountKey(const LimitRule &rule)
{
    return amountKeyOf(kindOf(rule), rule.unit);
}

config::Policy policyOf(const LimitRule &rule)
{
    return {rule.capacity, std::chrono::duration_cast<std::chrono::seconds>(rule.refill), rule.unit,
        rule.segment};
}

QString segmentKey(const config::Segment &segment)
{
    if (segment.kind == SegmentKind::Shared)
        return u"shared"_s;
    if (segment.kind == SegmentKind::Property)
        return u"per-property"_s;
    return u"per-"_s + QString::fromLatin1(config::segmentName(segment));
}

ConfigDraft::Change setCapacity(const LimitRule &rule, const QString &units)
{
    if (kindOf(rule) != LimitKind::Policy)
        return changeOf(
            [rule, units](TextPatch &patch) { patch.set(rule.path, amountKey(rule), units); });
    return changeOf([rule, units](TextPatch &patch) {
        const Result<MicroAmount> amount = parseAmount(units.toUtf8());
        config::Policy policy = policyOf(rule);
        if (!amount) {
            patch.fail(amount.error());
            return;
        }
        policy.quota = *amount;
        writePolicy(patch, rule, policy);
    });
}

namespace {

void setPolicyWindow(TextPatch &patch, const LimitRule &rule, const QString &period)
{
    const Result<std::chrono::seconds> window = policyWindow(period);
    if (!window) {
        patch.fail(window.error());
        return;
    }
    config::Policy policy = policyOf(rule);
    policy.window = *window;
    writePolicy(patch, rule, policy);
}

/// What only a calendar has goes with it.
void setWindowPeriod(TextPatch &patch, const LimitRule &rule, const QString &period)
{
    patch.set(rule.path, u"period"_s, period);
    const bool isRolling = !period.isEmpty() && period.front().isDigit();
    if (isRolling)
        patch.drop(rule.path, u"timezone"_s);
    if (isRolling || period != u"week")
        patch.drop(rule.path, u"week-starts"_s);
}

} // namespace

ConfigDraft::Change setRefill(const LimitRule &rule, const QString &period)
{
    return changeOf([rule, period](TextPatch &patch) {
        switch (kindOf(rule)) {
        case LimitKind::Concurrency:
            patch.fail(invalid(u"requests in flight have no period"_s));
            break;
        case LimitKind::Bucket:
            patch.set(rule.path, u"refill-frequency"_s, period);
            break;
        case LimitKind::Policy:
            setPolicyWindow(patch, rule, period);
            break;
        case LimitKind::Usage:
        case LimitKind::Spend:
            setWindowPeriod(patch, rule, period);
            break;
        }
    });
}

ConfigDraft::Change setTimeZone(const LimitRule &rule, const QByteArray &zone)
{
    return changeOf([rule, zone](TextPatch &patch) {
        if (zone.isEmpty())
            patch.drop(rule.path, u"timezone"_s);
        else
            patch.setText(rule.path, u"timezone"_s, QString::fromUtf8(zone));
    });
}

ConfigDraft::Change setWeekStart(const LimitRule &rule, Qt::DayOfWeek day)
{
    return changeOf([rule, day](TextPatch &patch) {
        if (day == Qt::Monday)
            patch.drop(rule.path, u"week-starts"_s);
        else
            patch.set(rule.path, u"week-starts"_s, dayName(day));
    });
}

ConfigDraft::Change setUnit(const LimitRule &rule, Unit unit)
{
    return changeOf([rule, unit](TextPatch &patch) {
        switch (kindOf(rule)) {
        case LimitKind::Bucket:
            setBucketUnit(patch, rule, unit);
            return;
        case LimitKind::Usage:
            setUsageUnit(patch, rule, unit);
            return;
        case LimitKind::Policy:
            setPolicyUnit(patch, rule, unit);
            return;
        case LimitKind::Spend:
        case LimitKind::Concurrency:
            patch.fail(invalid(u"this list has one unit only"_s));
        }
    });
}

ConfigDraft::Change setSegment(const LimitRule &rule, const config::Segment &segment)
{
    return changeOf([rule, segment](TextPatch &patch) {
        if (!isTextAlone(patch, rule))
            patch.drop(rule.path, u"overrides"_s);
        if (kindOf(rule) == LimitKind::Bucket) {
            moveBucket(patch, rule, segment);
        } else if (kindOf(rule) == LimitKind::Policy) {
            config::Policy policy = policyOf(rule);
            policy.segment = segment;
            writePolicy(patch, rule, policy);
        } else {
            patch.set(rule.path, u"per"_s, QString::fromUtf8(config::segmentName(segment)));
        }
    });
}

ConfigDraft::Change setName(const LimitRule &rule, const QByteArray &name)
{
    if (name.isEmpty())
        return changeOf([rule](TextPatch &patch) { patch.drop(rule.path, u"name"_s); });
    return changeInMap(rule, [rule, name](TextPatch &patch) {
        patch.setText(rule.path, u"name"_s, QString::fromUtf8(name));
    });
}

ConfigDraft::Change setMode(const LimitRule &rule, config::LimitMode mode)
{
    if (mode == config::LimitMode::Enforce) // the default: nothing is written for it
        return changeOf([rule](TextPatch &patch) { patch.drop(rule.path, u"mode"_s); });
    return changeInMap(
        rule, [rule, mode](TextPatch &patch) { patch.set(rule.path, u"mode"_s, modeName(mode)); });
}

ConfigDraft::Change setOnMissing(const LimitRule &rule, config::MissingSegment missing)
{
    const QString key = u"on-missing-segment"_s;
    const bool isDefault =
        missing == config::MissingSegment::Share && kindOf(rule) != LimitKind::Policy;
    if (isDefault)
        return changeOf([rule, key](TextPatch &patch) { patch.drop(rule.path, key); });
    return changeInMap(rule, [rule, key, missing](TextPatch &patch) {
        patch.set(rule.path, key, missingName(missing));
    });
}

ConfigDraft::Change setOnStoreFailure(const LimitRule &rule, config::StoreFailure failure)
{
    const QString key = u"on-store-failure"_s;
    if (failure == config::storeFailureDefault(rule.unit))
        return changeOf([rule, key](TextPatch &patch) { patch.drop(rule.path, key); });
    return changeInMap(rule, [rule, key, failure](TextPatch &patch) {
        patch.set(rule.path, key, storeFailureName(failure));
    });
}

ConfigDraft::Change setPolicy(const LimitRule &rule, const config::Policy &policy)
{
    return changeOf([rule, policy](TextPatch &patch) {
        if (policy.segment != rule.segment && !isTextAlone(patch, rule))
            patch.drop(rule.path, u"overrides"_s);
        writePolicy(patch, rule, policy);
        renameAmounts(patch, rule, amountKey(rule), amountKeyOf(LimitKind::Policy, policy.unit));
    });
}

ConfigDraft::Change setOverride(const LimitRule &rule, const config::LimitOverride &other)
{
    return changeInMap(rule, [rule, other](TextPatch &patch) {
        const QString key = amountKey(rule);
        const QString refill = u"refill-frequency"_s;
        const YamlPath map =
            child(child(rule.path, u"overrides"_s), QString::fromUtf8(other.value));
        const bool isOwnPace = kindOf(rule) == LimitKind::Bucket && other.refill != rule.refill;
        // What is as for everybody else need not be written, but something must be.
        if (other.capacity != rule.capacity || patch.has(child(map, key)) || !isOwnPace)
            patch.set(map, key, amountText(other.capacity));
        if (isOwnPace)
            patch.set(map, refill, formatDuration(other.refill));
        else if (kindOf(rule) == LimitKind::Bucket)
            patch.drop(map, refill);
    });
}

ConfigDraft::Change renameOverride(
    const LimitRule &rule, const QByteArray &value, const QByteArray &newValue)
{
    return changeOf([rule, value, newValue](TextPatch &patch) {
        const YamlPath path = child(child(rule.path, u"overrides"_s), QString::fromUtf8(value));
        patch.apply([&](const QByteArray &text) {
            return limitshape::renameKey(text, path, QString::fromUtf8(newValue));
        });
    });
}

ConfigDraft::Change removeOverride(const LimitRule &rule, const QByteArray &value)
{
    return changeOf([rule, value](TextPatch &patch) {
        patch.drop(child(rule.path, u"overrides"_s), QString::fromUtf8(value));
        patch.dropIfEmpty(rule.path, u"overrides"_s);
    });
}

ConfigDraft::Change removeLimit(const LimitRule &rule)
{
    return changeOf([rule](TextPatch &patch) {
        const YamlPath parent = rule.path.first(rule.path.size() - 1);
        const bool isLastOfList = limitshape::kindAt(patch.text(), parent) == limitshape::Kind::List
            && limitshape::countAt(patch.text(), parent) == 1;
        if (!patch.has(rule.path))
            patch.apply([&](const QByteArray &text) { return yamlpatch::remove(text, rule.path); });
        removeFrom(patch, isLastOfList ? parent : rule.path);
        const qsizetype at = rule.path.indexOf(u"per-property"_s);
        if (at > 0 && rule.segment.kind == SegmentKind::Property)
            patch.dropIfEmpty(rule.path.first(at), u"per-property"_s);
    });
}

} // namespace sluice::session

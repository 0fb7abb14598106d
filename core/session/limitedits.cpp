// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/limitedits.h"

#include "core/base/duration.h"
#include "core/config/loader.h"

namespace sluice::session {

using namespace Qt::StringLiterals;
using config::YamlPath;
namespace yamlpatch = config::yamlpatch;

namespace {

bool has(const QByteArray &text, const YamlPath &path)
{
    return yamlpatch::lineOf(text, path) > 0;
}

Result<QByteArray> setOrInsert(
    const QByteArray &text, const YamlPath &map, const QString &key, const QString &value)
{
    YamlPath path = map;
    path.append(key);
    return has(text, path) ? yamlpatch::setScalar(text, path, value)
                           : yamlpatch::insertKey(text, map, key, value);
}

ConfigDraft::Change setKey(const config::LimitRule &rule, const QString &key, const QString &value)
{
    return [path = rule.path, key, value](
               const QByteArray &text) { return setOrInsert(text, path, key, value); };
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

YamlPath rateLimitPath(const LimitPlace &place)
{
    switch (place.scope) {
    case config::LimitScope::Unified:
        return {u"unified-api"_s, u"rate-limit"_s};
    case config::LimitScope::Router:
        return {u"routers"_s, QString::fromUtf8(place.router), u"rate-limit"_s};
    default:
        return {u"global"_s, u"rate-limit"_s};
    }
}

QString segmentKey(const config::Segment &segment)
{
    switch (segment.kind) {
    case config::SegmentKind::EndUser:
        return u"per-end-user"_s;
    case config::SegmentKind::Property:
        return u"per-property"_s;
    case config::SegmentKind::Team:
        return u"per-team"_s;
    case config::SegmentKind::TeamMember:
        return u"per-team-member"_s;
    case config::SegmentKind::Shared:
        return u"shared"_s;
    case config::SegmentKind::ApiKey:
        break;
    }
    return u"per-api-key"_s;
}

} // namespace

ConfigDraft::Change setCapacity(const config::LimitRule &rule, const QString &units)
{
    const bool isBucket = rule.algorithm == config::Algorithm::Gcra;
    return setKey(rule, isBucket ? u"capacity"_s : u"requests"_s, units);
}

ConfigDraft::Change setRefill(const config::LimitRule &rule, const QString &duration)
{
    const bool isBucket = rule.algorithm == config::Algorithm::Gcra;
    return setKey(rule, isBucket ? u"refill-frequency"_s : u"period"_s, duration);
}

ConfigDraft::Change setMode(const config::LimitRule &rule, config::LimitMode mode)
{
    return [path = rule.path, mode](const QByteArray &text) -> Result<QByteArray> {
        YamlPath key = path;
        key.append(u"mode"_s);
        if (mode == config::LimitMode::Enforce) // the default: nothing is written for it
            return has(text, key) ? yamlpatch::remove(text, key) : text;
        return setOrInsert(text, path, u"mode"_s, modeName(mode));
    };
}

ConfigDraft::Change removeLimit(const config::LimitRule &rule)
{
    return [path = rule.path](const QByteArray &text) { return yamlpatch::remove(text, path); };
}

ConfigDraft::Change addLimit(const LimitPlace &place, const QString &units, const QString &duration)
{
    return [place, units, duration](const QByteArray &text) -> Result<QByteArray> {
        YamlPath parent = rateLimitPath(place);
        QString key = segmentKey(place.segment);
        if (place.segment.kind == config::SegmentKind::Property) {
            parent.append(key);
            key = QString::fromUtf8(place.segment.property);
        }
        YamlPath path = parent;
        path.append(key);
        if (has(text, path))
            return Error{ErrorCode::Conflict,
                u"There is already a limit of this kind here; edit that one"_s, {}};
        const QString value = u"{capacity: %1, refill-frequency: %2}"_s.arg(units, duration);
        return yamlpatch::insertKey(text, parent, key, value);
    };
}

} // namespace sluice::session

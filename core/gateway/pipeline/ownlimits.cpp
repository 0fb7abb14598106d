// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/pipeline/ownlimits.h"

#include "core/gateway/pipeline/limitjson.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QSet>

namespace sluice::gateway {

using namespace Qt::StringLiterals;
using limits::ChainLink;
using limits::Decision;
using limits::LinkVerdict;
using limits::Subject;

namespace {

/// The entry points that a key may use: direct and unified ones, and routers; those of
/// `api-keys[].routers` alone where that is given.
std::vector<Subject> entriesOf(
    const Subject &subject, const Caller &caller, const Snapshot &snapshot)
{
    const bool isBound = caller.key != nullptr && !caller.key->routers.isEmpty();
    std::vector<Subject> entries;
    const auto add = [&](limits::Entry entry, const QByteArray &router) {
        entries.push_back(subject);
        entries.back().entry = entry;
        entries.back().router = router;
    };
    if (!isBound) {
        add(limits::Entry::Direct, {});
        add(limits::Entry::Unified, {});
    }
    for (const config::Router &router : snapshot.configuration().routers) {
        if (!isBound || caller.key->routers.contains(router.name))
            add(limits::Entry::Router, router.name);
    }
    return entries;
}

bool isShown(const ChainLink &link)
{
    return link.limit->mode == limits::LimitMode::Enforce && link.verdict != LinkVerdict::Skipped
        && !(link.limit->segment.kind != limits::SegmentKind::Shared && link.value.isEmpty());
}

QJsonObject toJson(const ChainLink &link, const QString &fileName)
{
    QJsonObject json = limitJson(link);
    json.insert(u"remaining"_s, amountJson(link.limit->unit, link.usage.remaining));
    json.insert(u"next_in_ms"_s, millisecondsJson(link.usage.nextIn));
    json.insert(u"reset_in_ms"_s, millisecondsJson(link.usage.fullIn));
    json.insert(u"source"_s, QString(fileName + u':' + QString::number(link.limit->line)));
    return json;
}

} // namespace

Response ownLimitsResponse(const Headers &headers, const Caller &caller, const Snapshot &snapshot,
    const limits::Limiter &limiter)
{
    auto identified = identify(headers, {}, {}, caller, snapshot);
    if (const auto *failure = std::get_if<Failure>(&identified))
        return failureResponse(*failure, config::Dialect::OpenAi);
    auto &subject = std::get<Subject>(identified);
    subject.policies.clear();
    QJsonArray list;
    QSet<QByteArray> seen;
    bool isBlocked = false;
    for (const Subject &entry : entriesOf(subject, caller, snapshot)) {
        const Decision decision = limiter.explain(entry);
        isBlocked |= decision.block.has_value();
        for (const ChainLink &link : decision.chain) {
            if (!isShown(link) || seen.contains(link.limit->name))
                continue;
            seen.insert(link.limit->name);
            list.append(toJson(link, snapshot.fileName()));
        }
    }
    const auto text = [](const QByteArray &name) {
        return name.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(QString::fromUtf8(name));
    };
    const QJsonObject body{{u"key"_s, text(subject.apiKey)}, {u"owner"_s, text(subject.member)},
        {u"team"_s, text(subject.team)}, {u"user"_s, text(subject.endUser)},
        {u"blocked"_s, isBlocked}, {u"limits"_s, list}};
    return {200, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
        QJsonDocument(body).toJson(QJsonDocument::Compact), false};
}

} // namespace sluice::gateway

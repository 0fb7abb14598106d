// SPDX-License-Identifier: GPL-3.0-or-later
// What limits and the subjects of their counters are called. Pure; any thread. English source text,
// translatable.
#pragma once

#include "core/insight/subject.h"

#include <QString>

namespace sluice::insight {

/// "per key", "per team", "per member", "per tenant", "shared".
QString segmentLabel(const limits::Segment &segment);

/// "global/per-api-key", "routers/prod/per-property/tenant", "unified-api/shared": the name of a
/// limit that the file gives none.
QByteArray nameOfPlace(
    limits::LimitScope scope, const QByteArray &router, const limits::Segment &segment);

/// True if limitLabel() is the text of a policy, which is code.
bool isPolicyText(const limits::Limit &limit);

/// The name that the file gives it, else its segmentLabel(); of a policy without a name its text.
QString limitLabel(const limits::Limit &limit);

/// "Global", "Unified API", "Router prod", "Header".
QString scopeLabel(const limits::Limit &limit);

/// "prod, per key": the label with its scope, for places without a scope column. Given names are
/// unique and stand alone.
QString fullLabel(const limits::Limit &limit);

/// "ai-gateway-config.yaml:31", or "policy header".
QString sourceText(const limits::Limit &limit, const QString &fileName);

/// "key ci", "member alice of team core", "tenant acme".
QString subjectName(const limits::Segment &segment, const QByteArray &value);

/// Who is counted, in the middle of a sentence: "key ci", "traffic without a team", "everybody
/// together"; policies count apart for each API key: "user alice with key ci". value is
/// ChainLink::value; without an apiKey it is "this key".
QString counterName(
    const limits::Limit &limit, const QByteArray &value, const QByteArray &apiKey = {});

} // namespace sluice::insight

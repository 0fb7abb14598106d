// SPDX-License-Identifier: GPL-3.0-or-later
// Limits and their figures as JSON, in whole units; cents may have a fraction. Pure, any thread.
#pragma once

#include "core/limits/decision.h"

#include <QJsonObject>

namespace sluice::gateway {

/// "global", "unified-api", "router:prod", "policy-header".
QString scopeName(const limits::Limit &limit);

/// Name, scope, segment, value, unit, quota, used, reserved and window of one link.
QJsonObject limitJson(const limits::ChainLink &link);

/// An amount of a limit of that unit.
QJsonValue amountJson(Unit unit, MicroAmount amount);

/// Whole milliseconds, rounded up.
QJsonValue millisecondsJson(std::chrono::nanoseconds duration);

} // namespace sluice::gateway

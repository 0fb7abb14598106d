// SPDX-License-Identifier: GPL-3.0-or-later
// What the audit says of a configuration that takes another one's place: that it was applied, and
// each limit that it adds, changes or removes. Pure, any thread.
#pragma once

#include "core/config/configuration.h"
#include "core/session/appliedlimits.h"

#include <QJsonObject>

namespace sluice::session::configaudit {

/// What is said of a limit.
QJsonObject toJson(const limits::Limit &limit);

/// Entries as AuditLog::append() takes them; none if both say the same.
QList<QJsonObject> entries(const config::Configuration &before, const config::Configuration &after,
    const QString &fileName);

/// The same of what two runs began with, as far as the data directory remembers it.
QList<QJsonObject> entries(
    const AppliedLimits &before, const AppliedLimits &after, const QString &fileName);

} // namespace sluice::session::configaudit

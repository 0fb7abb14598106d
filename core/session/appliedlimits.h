// SPDX-License-Identifier: GPL-3.0-or-later
// What a data directory remembers of the configuration that was in force last: so that the next
// run knows which limits are new, and the audit what has changed between the two. A value with its
// file; main thread.
#pragma once

#include "core/base/result.h"
#include "core/limits/limitset.h"

#include <QJsonObject>
#include <QMap>
#include <QSet>

#include <optional>

namespace sluice::session {

struct AppliedLimits
{
    QByteArray digest; ///< of the configuration's text
    QMap<QString, QJsonObject> limits; ///< by name: what configaudit::toJson() says of them
    QSet<QByteArray> waiting; ///< of these limits: what was used before them does not count yet

    static AppliedLimits of(const QByteArray &text, const limits::LimitSet &limits);

    /// The limits whose counters are as the next run has to find them.
    [[nodiscard]] QSet<QByteArray> known() const;

    /// What is in the folder; nothing without a file, or with one that says nothing, which is a
    /// warning in the log.
    static std::optional<AppliedLimits> read(const QString &folder);

    /// Replaces the file as a whole.
    [[nodiscard]] Result<void> write(const QString &folder) const;
};

} // namespace sluice::session

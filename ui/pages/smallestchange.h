// SPDX-License-Identifier: GPL-3.0-or-later
// The smallest change of the configuration that would have admitted a refused request, as a diff
// with its line. Pure; GUI thread.
#pragma once

#include "core/config/configuration.h"
#include "core/insight/requestrecord.h"
#include "ui/widgets/diffview.h"

#include <optional>

namespace sluice::ui {

struct SmallestChange
{
    QByteArray limit; ///< name of the rule
    QString label; ///< "prod, per key"
    qint64 capacity = 0; ///< in units
    int line = 0; ///< of the changed line, 1-based
    QList<DiffLine> lines; ///< with two lines of context
};

/// text is the running configuration file, configuration its values. Nothing if no single number
/// would do, or if the limit is already wide enough or gone.
std::optional<SmallestChange> smallestChange(const insight::RequestRecord &record,
    const config::Configuration &configuration, const QByteArray &text);

/// The rule of a name; null if there is none.
const config::LimitRule *findRule(const config::Configuration &configuration, QByteArrayView name);

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
// The last minute of one counter as the bucket drawing wants it, from the decisions that were
// recorded: every figure is the enforcer's own. Pure; GUI thread.
#pragma once

#include "core/insight/requestrecord.h"
#include "core/insight/usagebook.h"
#include "ui/widgets/bucketwidget.h"

namespace sluice::ui {

/// records are newest first, wall is now.
BucketValue bucketOf(const insight::ChainState &link, const QList<insight::RequestRecord> &records,
    std::chrono::milliseconds wall);

} // namespace sluice::ui

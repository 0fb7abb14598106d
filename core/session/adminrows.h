// SPDX-License-Identifier: GPL-3.0-or-later
// Counters, raises, blocks and rows of the ledger as the admin API answers them. Pure; any thread.
#pragma once

#include "core/limits/counter.h"
#include "core/limits/limitset.h"
#include "core/limits/operations.h"
#include "core/stores/ledger/table.h"

#include <QJsonArray>
#include <QJsonObject>

namespace sluice::session::adminrows {

/// What a counter's row says beside the counter.
struct Place
{
    QString fileName; ///< of the configuration
    std::shared_ptr<const limits::LimitSet> limits; ///< in force; knows the stores
};

/// At most so many, the tightest first.
QJsonArray counters(const std::vector<limits::CounterReading> &readings, limits::Instant now,
    const Place &place, qint64 max);

/// The limit gives the unit; null: it is gone.
QJsonObject raise(const limits::Raise &raise, const limits::Limit *limit, limits::Instant now);

QJsonObject block(const limits::Block &block, limits::Instant now);

/// Names a raise or a block for as long as it is in force, also over restarts.
QString idOf(const limits::Raise &raise);
QString idOf(const limits::Block &block);

/// "token", "micro-cent": what amounts are counted in.
QString unitText(Unit unit);

/// One object for each row.
QJsonArray table(const stores::Table &table);

} // namespace sluice::session::adminrows

// SPDX-License-Identifier: GPL-3.0-or-later
// How the cells of the Requests page say a request: the roles of RequestLogModel. Pure; GUI thread.
#pragma once

#include "core/insight/requestrecord.h"

#include <QVariant>

namespace sluice::ui::requestcells {

/// column: of RequestLogModel; now: wall time, for requests of another day.
QVariant cell(
    const insight::RequestRecord &record, int column, int role, std::chrono::milliseconds now);
QVariant header(int column, int role);

} // namespace sluice::ui::requestcells

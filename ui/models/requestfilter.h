// SPDX-License-Identifier: GPL-3.0-or-later
// Which fields of a request the filter knows, and whether a request fits. Pure; GUI thread.
#pragma once

#include "core/insight/requestrecord.h"
#include "ui/models/filterquery.h"

namespace sluice::ui {

std::vector<FilterField> requestFilterFields();

/// "refused", "would-refuse", "failed", "rejected", "left", "streaming" or "admitted".
QByteArray requestState(const insight::RequestRecord &record);

/// True if a shadow limit would have refused it.
bool wouldBeRefused(const insight::RequestRecord &record);

/// All terms of the query; wall is the time that `since:` counts back from.
bool requestMatches(
    const insight::RequestRecord &record, const FilterQuery &query, std::chrono::milliseconds wall);

} // namespace sluice::ui

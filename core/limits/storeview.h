// SPDX-License-Identifier: GPL-3.0-or-later
// What a decision knows of shared stores, and what it wants to know of them. Values.
#pragma once

#include "core/limits/counterstore.h"

#include <vector>

namespace sluice::limits {

/// What one store is asked for one request.
struct StoreQuestion
{
    int store = 0; ///< index into LimitSet::stores()
    StoreBatch batch;
    std::vector<int> links; ///< of each step: its index in the chain
    std::vector<LimitPtr> limits; ///< of each step

    friend bool operator==(const StoreQuestion &, const StoreQuestion &) = default;
};

/// What a store has said of one link; null: it was not asked.
struct StoreReply
{
    const StoreReading *reading = nullptr;
    Instant now; ///< by the store's clock
};

struct StoreView
{
    std::vector<bool> isUp; ///< by index into LimitSet::stores(); local ones are not looked at
    bool isPlan = false; ///< what is up is yet to be asked, and passes until then
    std::vector<StoreReply> replies; ///< by link; empty for a plan

    [[nodiscard]] StoreReply replyTo(size_t link) const
    {
        return link < replies.size() ? replies[link] : StoreReply();
    }
};

} // namespace sluice::limits

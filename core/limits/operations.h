// SPDX-License-Identifier: GPL-3.0-or-later
// What people do to running limits beside editing them: raise one for a while, block somebody
// (spec: limits, "Edits"). Values; who keeps them is above.
#pragma once

#include "core/limits/limit.h"

#include <optional>
#include <vector>

namespace sluice::limits {

/// So much more at once for one segment value, at the same refill.
struct Raise
{
    QByteArray limit; ///< Limit::name
    QByteArray value; ///< as ChainLink::value
    MicroAmount extra = 0; ///< micro-units, > 0
    EngineTime until{0};

    friend bool operator==(const Raise &, const Raise &) = default;
};

/// No request of one segment value is let through.
struct Block
{
    Segment segment; ///< never Shared
    QByteArray value; ///< "alice", "team/member"
    std::optional<EngineTime> until; ///< nothing: until it is revoked

    [[nodiscard]] bool isInForce(EngineTime now) const { return !until || now < *until; }

    friend bool operator==(const Block &, const Block &) = default;
};

struct Operations
{
    std::vector<Raise> raises;
    std::vector<Block> blocks;

    [[nodiscard]] bool isEmpty() const { return raises.empty() && blocks.empty(); }

    friend bool operator==(const Operations &, const Operations &) = default;
};

} // namespace sluice::limits

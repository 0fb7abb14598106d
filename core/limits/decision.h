// SPDX-License-Identifier: GPL-3.0-or-later
// What the engine answers to one request, with the whole chain kept for explanation. Values.
#pragma once

#include "core/limits/counter.h"
#include "core/limits/operations.h"

namespace sluice::limits {

/// Names a reservation until it is settled; 0 = there is nothing to settle.
using ReservationId = quint64;

enum class Verdict : quint8 {
    Admitted,
    LimitReached, ///< 429
    SlotsTaken, ///< 429, and nobody can tell when one ends
    NeverFits, ///< 400 request_exceeds_limit
    Unpriced, ///< 400 unpriced_model
    MissingSegment, ///< 400 missing_segment
    NoRoom, ///< 503 limit_store_full
    StoreDown, ///< 503 limit_store_unavailable
    Blocked, ///< 403 blocked
};

/// What one limit said.
enum class LinkVerdict : quint8 {
    Passes,
    Refuses,
    WouldRefuse, ///< a shadow limit that is full
    Skipped, ///< the request lacks the segment and the limit does not mind
};

/// One limit in the chain, with its figures at that instant (after charging, if it was charged).
struct ChainLink
{
    LimitPtr limit; ///< with the amounts that hold for this value
    QByteArray value; ///< "alice", "team/member"; empty = the shared counter
    Usage usage;
    MicroAmount cost = 0; ///< what this request needs of it, micro-units
    nanoseconds wait{0}; ///< until this limit alone would admit the same request
    LinkVerdict verdict = LinkVerdict::Passes;
};

struct Decision
{
    Verdict verdict = Verdict::Admitted;
    std::vector<ChainLink> chain; ///< global, then router or unified, then policy header
    int binding = -1; ///< index into chain: the refusing one, else the least remaining share
    EngineTime at{0}; ///< the instant of the decision
    nanoseconds wait{0}; ///< refused: earliest admissible instant minus `at`, exact
    ReservationId reservation = 0; ///< admitted: what Engine::settle() wants
    std::optional<Block> block; ///< for Verdict::Blocked

    [[nodiscard]] bool isAdmitted() const { return verdict == Verdict::Admitted; }

    [[nodiscard]] const ChainLink *bindingLink() const
    {
        return binding < 0 ? nullptr : &chain[static_cast<size_t>(binding)];
    }
};

} // namespace sluice::limits

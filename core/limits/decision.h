// SPDX-License-Identifier: GPL-3.0-or-later
// What the engine answers to one request, with the whole chain kept for explanation. Values.
#pragma once

#include "core/limits/counter.h"

namespace sluice::limits {

enum class Verdict : quint8 {
    Admitted,
    LimitReached, ///< 429
    NeverFits, ///< 400 request_exceeds_limit
    MissingSegment, ///< 400 missing_segment
    NoRoom, ///< 503 limit_store_full
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
    LimitPtr limit;
    QByteArray value; ///< "alice", "team/member"; empty = the shared counter
    Usage usage;
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

    [[nodiscard]] bool isAdmitted() const { return verdict == Verdict::Admitted; }

    [[nodiscard]] const ChainLink *bindingLink() const
    {
        return binding < 0 ? nullptr : &chain[static_cast<size_t>(binding)];
    }
};

} // namespace sluice::limits

// SPDX-License-Identifier: GPL-3.0-or-later
// The tallies of all gateway threads: each writes its own, under a lock that nobody else wants but
// for the moment of a scrape. Goes on over a move of the listener. Any thread.
#pragma once

#include "core/gateway/metrics/requesttally.h"

#include <memory>
#include <mutex>
#include <vector>

namespace sluice::gateway {

class MetricsBoard final
{
public:
    /// What one gateway thread counts.
    class Part final
    {
    public:
        Part() = default;
        Q_DISABLE_COPY_MOVE(Part)

        /// Counts a request that has ended.
        void note(const insight::RequestRecord &record);

        /// How many are under way.
        void setInFlight(qint64 requests);

    private:
        friend class MetricsBoard;

        mutable std::mutex m_mutex; ///< guards the next two
        RequestTally m_tally;
        qint64 m_inFlight = 0;
    };

    struct Totals
    {
        RequestTally requests;
        qint64 inFlight = 0;
    };

    MetricsBoard() = default;
    Q_DISABLE_COPY_MOVE(MetricsBoard)

    /// A part for the calling thread, until leave(): what it has counted stays.
    std::shared_ptr<Part> join();
    void leave(const std::shared_ptr<Part> &part);

    [[nodiscard]] Totals totals() const;

private:
    mutable std::mutex m_mutex; ///< guards the next two; taken before that of a part
    std::vector<std::shared_ptr<Part>> m_parts;
    RequestTally m_past; ///< of those that have left
};

} // namespace sluice::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
// Counts the rows that are on their way into the ledger: whoever records holds them until they are
// on the disk. Any thread.
#pragma once

#include "core/insight/activity.h"

#include <atomic>
#include <memory>

namespace sluice::session {

class RecordingMeter final
{
public:
    RecordingMeter() = default;
    Q_DISABLE_COPY_MOVE(RecordingMeter)

    /// The same rows; they count as waiting for as long as anybody holds what is returned.
    [[nodiscard]] insight::FinishedRequests follow(const insight::FinishedRequests &requests);

    /// Rows that were followed so far.
    [[nodiscard]] qint64 total() const { return m_counts->total; }

    /// Those that somebody still holds.
    [[nodiscard]] qint64 waiting() const { return m_counts->waiting; }

private:
    struct Counts
    {
        std::atomic<qint64> total{0};
        std::atomic<qint64> waiting{0};
    };

    const std::shared_ptr<Counts> m_counts = std::make_shared<Counts>(); ///< rows may outlive us
};

} // namespace sluice::session

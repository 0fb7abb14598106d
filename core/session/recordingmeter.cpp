// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/recordingmeter.h"

#include <algorithm>

namespace sluice::session {

insight::FinishedRequests RecordingMeter::follow(const insight::FinishedRequests &requests)
{
    if (!requests)
        return requests;
    // Others are summed up only.
    const auto rows = std::count_if(requests->begin(), requests->end(),
        [](const insight::FinishedRow &row) { return row.isKept; });
    m_counts->total += rows;
    m_counts->waiting += rows;
    return {requests.get(),
        [held = requests, rows, counts = m_counts](const insight::FinishedRows *) mutable {
            held.reset();
            counts->waiting -= rows;
        }};
}

} // namespace sluice::session

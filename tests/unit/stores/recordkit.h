// SPDX-License-Identifier: GPL-3.0-or-later
// Records of requests for tests of the ledger, and a clock that stands still. Values.
#pragma once

#include "core/base/clock.h"
#include "core/insight/activity.h"

namespace sluice::test {

class StillClock final : public Clock
{
public:
    std::chrono::milliseconds time{1'772'460'132'000};

    [[nodiscard]] EngineTime now() const override { return time; }

    [[nodiscard]] std::chrono::milliseconds wall() const override { return time; }
};

/// An admitted request that a provider has answered with 200.
insight::RequestRecord answeredRecord(quint64 id, std::chrono::milliseconds at);

/// Requests of every kind, the same ones for the same seed, one after each `step` from `from` on.
std::vector<insight::RequestRecord> seededRecords(quint32 seed, int count,
    std::chrono::milliseconds from, std::chrono::milliseconds step = std::chrono::seconds(1));

insight::FinishedRequests finished(const std::vector<insight::RequestRecord> &records);

} // namespace sluice::test

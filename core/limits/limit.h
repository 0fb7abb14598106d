// SPDX-License-Identifier: GPL-3.0-or-later
// One rule as the engine counts it: compiled from the file or from a policy header. Immutable,
// shared.
#pragma once

#include "core/config/configuration.h"
#include "core/limits/answer.h"

#include <map>
#include <memory>

namespace sluice::limits {

using config::Algorithm;
using config::Calendar;
using config::LimitMatch;
using config::LimitMode;
using config::LimitScope;
using config::MissingSegment;
using config::Segment;
using config::SegmentKind;
using config::StoreFailure;
using std::chrono::nanoseconds;

struct Limit;
using LimitPtr = std::shared_ptr<const Limit>;

struct Limit
{
    static constexpr quint32 NotNumbered = 0xFFFF'FFFF;

    QByteArray name; ///< identity of configured limits; for header policies their identity text
    LimitScope scope = LimitScope::Global;
    QByteArray router; ///< for LimitScope::Router
    Segment segment;
    Algorithm algorithm = Algorithm::Gcra;
    Unit unit = Unit::Request;
    MicroAmount quota = 0; ///< GCRA: capacity N; window: Q; concurrency: M. Micro-units, > 0
    nanoseconds period{0}; ///< GCRA: refill time of the whole capacity; rolling window: its length
    Calendar calendar; ///< calendar windows only
    LimitMode mode = LimitMode::Enforce;
    MissingSegment onMissing = MissingSegment::Share;
    StoreFailure onStoreFailure = StoreFailure::Local;
    int store = 0; ///< index into LimitSet::stores()
    bool isShared = false; ///< counted outside of this process; configured limits only
    bool isKept = true; ///< the next run counts on (the journal); configured limits only
    LimitMatch match; ///< which requests it counts
    QByteArray policy; ///< canonical text, policies only (of the header or of the file)
    int line = 0; ///< of the configuration file; 0 = sent by the client
    quint32 number = NotNumbered; ///< within its LimitSet
    std::map<QByteArray, LimitPtr, std::less<>> overrides; ///< by displayed value; same name

    [[nodiscard]] Rate rate() const { return {quota, period, 0}; }

    /// Policies count apart for each API key, as if every client had sent the header.
    [[nodiscard]] bool isPolicy() const { return !policy.isEmpty(); }

    /// The limit with the amounts that hold for one segment value.
    [[nodiscard]] const Limit &forValue(QByteArrayView value) const
    {
        const auto found = overrides.find(value);
        return found == overrides.end() ? *this : *found->second;
    }
};

} // namespace sluice::limits

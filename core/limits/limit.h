// SPDX-License-Identifier: GPL-3.0-or-later
// One rule as the engine counts it: compiled from the file or from a policy header. Immutable,
// shared.
#pragma once

#include "core/config/configuration.h"
#include "core/limits/answer.h"

#include <memory>

namespace sluice::limits {

using config::Algorithm;
using config::LimitMode;
using config::LimitScope;
using config::MissingSegment;
using config::Segment;
using config::SegmentKind;
using std::chrono::nanoseconds;

struct Limit
{
    QByteArray name; ///< identity of configured limits; for header policies their identity text
    LimitScope scope = LimitScope::Global;
    QByteArray router; ///< for LimitScope::Router
    Segment segment;
    Algorithm algorithm = Algorithm::Gcra;
    Unit unit = Unit::Request;
    MicroAmount quota = 0; ///< GCRA: capacity N; window: Q. Micro-units, > 0
    nanoseconds period{0}; ///< GCRA: refill time of the whole capacity; window: its length
    LimitMode mode = LimitMode::Enforce;
    MissingSegment onMissing = MissingSegment::Share;
    QByteArray policy; ///< canonical text, header policies only
    int line = 0; ///< of the configuration file; 0 = sent by the client

    [[nodiscard]] Rate rate() const { return {quota, period}; }

    friend bool operator==(const Limit &, const Limit &) = default;
};

using LimitPtr = std::shared_ptr<const Limit>;

} // namespace sluice::limits

// SPDX-License-Identifier: GPL-3.0-or-later
// The grammar of `Helicone-RateLimit-Policy` (spec: limits, "Policy header"). Pure, any thread.
#pragma once

#include "core/base/units.h"
#include "core/config/configuration.h"

#include <variant>
#include <vector>

namespace sluice::config {

/// One item: quota;w=seconds[;u=unit][;s=segment]
struct Policy
{
    MicroAmount quota = 0; ///< micro-units, > 0
    std::chrono::seconds window{0}; ///< 60 .. 31 536 000
    Unit unit = Unit::Request;
    Segment segment{SegmentKind::ApiKey, {}}; ///< ApiKey (global), EndUser, Property

    friend bool operator==(const Policy &, const Policy &) = default;
};

size_t qHash(const Policy &policy, size_t seed = 0);

/// Why a header was not understood, and at which character (1-based).
struct PolicyError
{
    int column = 0;
    QString message;
};

/// Parses a header value: comma-separated items, at most 8. Blank text is no policy (empty list).
std::variant<std::vector<Policy>, PolicyError> parsePolicies(QByteArrayView text);

/// `{quota};w={w}` + `;u=...` unless request + `;s=...` unless global.
QByteArray canonical(const Policy &policy);

} // namespace sluice::config

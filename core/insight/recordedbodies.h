// SPDX-License-Identifier: GPL-3.0-or-later
// What a client has sent and what it got, as far as it is kept. Only where the configuration asks
// for it: everything else about a request is in RequestRecord, without bodies. A value that travels
// from gateway threads to the store of bodies.
#pragma once

#include <QByteArray>

#include <chrono>
#include <optional>

namespace sluice::insight {

/// How much of a body is kept; whoever records does not copy more.
inline constexpr qsizetype MostKeptBytes = 256 * 1'024;

struct RecordedBody
{
    QByteArray type; ///< `content-type`; empty: none was named
    QByteArray bytes; ///< the first MostKeptBytes at most
    qint64 size = 0; ///< of the whole body

    [[nodiscard]] bool isCut() const { return bytes.size() < size; }

    friend bool operator==(const RecordedBody &, const RecordedBody &) = default;
};

struct RecordedBodies
{
    QByteArray requestId; ///< `helicone-id`
    std::chrono::milliseconds at{0}; ///< wall time of arrival
    QByteArray key; ///< empty: none was needed
    QByteArray user; ///< as the client has named it, perhaps no UTF-8
    RecordedBody request;
    std::optional<RecordedBody> answer; ///< the provider's; absent: nothing of one went out

    friend bool operator==(const RecordedBodies &, const RecordedBodies &) = default;
};

} // namespace sluice::insight

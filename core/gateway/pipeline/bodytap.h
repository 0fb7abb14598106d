// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the beginning of what one client sends and of what it gets, for the record of bodies. Only
// exchanges that are recorded have one; lives and dies with its exchange, on its gateway thread.
#pragma once

#include "core/gateway/http.h"
#include "core/insight/recordedbodies.h"
#include "core/insight/requestrecord.h"

namespace sluice::gateway {

class BodyTap final
{
public:
    /// A request as it has come, before anything is changed. A short body is shared, of a long one
    /// the beginning is copied.
    explicit BodyTap(const Request &request);

    /// The provider's answer goes out, with these headers.
    void begin(const Headers &headers);

    /// A part of it that goes out; begin() comes before.
    void append(QByteArrayView chunk);

    /// All of it, for the request that the record is of. Called once, at the end.
    [[nodiscard]] insight::RecordedBodies take(const insight::RequestRecord &record);

private:
    insight::RecordedBodies m_bodies;
};

} // namespace sluice::gateway

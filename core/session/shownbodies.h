// SPDX-License-Identifier: GPL-3.0-or-later
// Recorded bodies as a person reads them. Values; pure, any thread.
#pragma once

#include "core/insight/recordedbodies.h"

#include <QString>

namespace sluice::session {

struct ShownBody
{
    QString type; ///< content-type; empty: none was named
    QString text; ///< JSON in lines, everything else as it was; empty for what is no text
    qint64 size = 0; ///< bytes of the whole body
    qint64 kept = 0; ///< bytes of it that are recorded
    bool isText = true; ///< UTF-8

    [[nodiscard]] bool isCut() const { return kept < size; }

    friend bool operator==(const ShownBody &, const ShownBody &) = default;
};

struct ShownBodies
{
    ShownBody request;
    std::optional<ShownBody> answer; ///< absent: nothing of a provider's answer went out

    friend bool operator==(const ShownBodies &, const ShownBodies &) = default;
};

ShownBody shown(const insight::RecordedBody &body);
ShownBodies shown(const insight::RecordedBodies &bodies);

} // namespace sluice::session

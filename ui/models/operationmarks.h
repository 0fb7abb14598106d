// SPDX-License-Identifier: GPL-3.0-or-later
// Raises and blocks in force, found by counter and by subject, and what they are called in narrow
// places. Value; GUI thread.
#pragma once

#include "core/insight/subject.h"
#include "core/limits/operations.h"
#include "ui/widgets/cellvalues.h"

namespace sluice::ui {

struct OperationMarks
{
    limits::Operations operations;

    /// Null if it is not raised.
    [[nodiscard]] const limits::Raise *raiseOf(
        const QByteArray &limit, const QByteArray &value) const;

    /// Null if it is not blocked.
    [[nodiscard]] const limits::Block *blockOf(const insight::SubjectId &subject) const;

    friend bool operator==(const OperationMarks &, const OperationMarks &) = default;
};

/// "until 18:00", "until unblocked".
QString blockedUntil(const limits::Block &block, EngineTime now);

/// Puts the raise beside the state of a gauge, and says it: "+60 until 16:00".
QString markRaised(GaugeValue &gauge, const limits::Raise &raise, Unit unit, EngineTime now);

} // namespace sluice::ui

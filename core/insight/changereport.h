// SPDX-License-Identifier: GPL-3.0-or-later
// What a change of configuration means, for the Review page. Pure; any thread.
#pragma once

#include "core/config/configuration.h"
#include "core/insight/usagebook.h"
#include "core/limits/rename.h"

namespace sluice::insight {

/// One consequence: a short title and its explanation.
struct Meaning
{
    enum class Kind : quint8 { Fine, Notice, Warning };
    Kind kind = Kind::Fine;
    QString title;
    QString text;
    bool isDetail = false; ///< of the one before, where several limits change
};

struct ChangeReport
{
    QString headline; ///< "Router prod lets each key send 90 requests a minute instead of 60"
    QList<Meaning> meanings;
    bool reopensListener = false; ///< server.address or port or workers change
};

/// The same values without their places in the file and in lists, which move when a line or an item
/// above is edited: for comparing meanings.
config::Configuration withoutPlaces(config::Configuration values);

/// Compares two configurations; book supplies who is where now. Limits in `renames` take their
/// counters along.
ChangeReport describeChange(const config::Configuration &running,
    const config::Configuration &draft, const UsageBook &book, limits::Instant now,
    const limits::Renames &renames = {});

} // namespace sluice::insight

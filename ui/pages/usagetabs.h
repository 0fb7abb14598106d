// SPDX-License-Identifier: GPL-3.0-or-later
// What the tabs of the Usage page list, how other pages name their rows, and why one of them must
// stay empty. Values and pure functions; GUI thread.
#pragma once

#include "core/config/configuration.h"
#include "core/insight/subject.h"
#include "ui/pages/emptystate.h"

#include <optional>

namespace sluice::ui {

struct UsageTabs
{
    enum Tab { Keys, Users, Teams, Members, Properties };

    [[nodiscard]] static Tab tabOf(config::SegmentKind kind);
    [[nodiscard]] static config::SegmentKind kindOf(int tab);

    /// "key:ci", "member:core/alice", "prop.tenant:acme"; nothing if it names no row.
    [[nodiscard]] static std::optional<insight::SubjectId> subjectOf(const QString &target);

    /// The filter of the Requests page that leaves the requests of a subject:
    /// "team:core member:alice".
    [[nodiscard]] static QString requestFilter(const insight::SubjectId &subject);
};

/// Why a tab has no rows, whatever the gateway does, and what to write so that it has some.
EmptyReason emptyReasonOf(config::SegmentKind kind, const config::Configuration *configuration);

} // namespace sluice::ui

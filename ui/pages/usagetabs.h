// SPDX-License-Identifier: GPL-3.0-or-later
// What the tabs of the Usage page list, how other pages name their rows, and why one of them must
// stay empty. Values and pure functions; GUI thread.
#pragma once

#include "core/config/configuration.h"
#include "core/insight/subject.h"
#include "ui/models/usagehistory.h"
#include "ui/pages/emptystate.h"

#include <optional>

namespace sluice::ui {

struct UsageTabs
{
    enum Tab { Keys, Users, Teams, Members, Models, Properties };

    [[nodiscard]] static Tab tabOf(config::SegmentKind kind);
    [[nodiscard]] static config::SegmentKind kindOf(int tab);

    /// "key:ci", "member:core/alice", "prop.tenant:acme"; nothing if it names no row.
    [[nodiscard]] static std::optional<insight::SubjectId> subjectOf(const QString &target);

    /// The filter of the Requests page that leaves the requests of a subject:
    /// "team:core member:alice".
    [[nodiscard]] static QString requestFilter(const insight::SubjectId &subject);

    /// "openai/gpt-4o" of "model:openai/gpt-4o"; empty if it names no model.
    [[nodiscard]] static QByteArray modelOf(const QString &target);

    [[nodiscard]] static QString requestFilterOfModel(const QByteArray &model);

    /// What the ledger is asked for the history of a subject, or of a model.
    [[nodiscard]] static UsageHistory::Conditions conditionsOf(const insight::SubjectId &subject);
    [[nodiscard]] static UsageHistory::Conditions conditionsOfModel(const QByteArray &model);
};

/// Why a tab has no rows, whatever the gateway does, and what to write so that it has some.
EmptyReason emptyReasonOf(config::SegmentKind kind, const config::Configuration *configuration);

} // namespace sluice::ui

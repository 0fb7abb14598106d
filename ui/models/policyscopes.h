// SPDX-License-Identifier: GPL-3.0-or-later
// The limits of draft and running configuration side by side, by scope: what the Policies page
// lists. Values and pure functions; GUI thread.
#pragma once

#include "core/limits/limit.h"

#include <optional>
#include <vector>

namespace sluice::ui {

/// One limit: of the file, in one or both versions, or sent by clients.
struct PolicyRow
{
    QByteArray name;
    std::optional<config::LimitRule> draft;
    std::optional<config::LimitRule> running;
    limits::LimitPtr header; ///< a policy header; then neither of the two

    [[nodiscard]] bool isAdded() const { return draft && !running; }

    [[nodiscard]] bool isRemoved() const { return running && !draft; }

    /// Anything but its place differs, or it is new or gone.
    [[nodiscard]] bool isChanged() const;

    /// The draft's version, else the running one; null for policy headers.
    [[nodiscard]] const config::LimitRule *rule() const;
};

/// Whether two rules say the same, wherever they stand in the file.
bool saysTheSame(config::LimitRule a, config::LimitRule b);

struct PolicyScope
{
    config::LimitScope scope = config::LimitScope::Global;
    QByteArray router;
    int line = 0; ///< of the file; 0 = not written there
    bool isOptedOut = false;
    QStringList exempt; ///< global scope: the routers that opt out
    std::vector<PolicyRow> rows;

    [[nodiscard]] bool isSamePlace(const PolicyScope &other) const
    {
        return scope == other.scope && router == other.router;
    }

    [[nodiscard]] QString title() const;
    [[nodiscard]] QString note() const;
};

/// Either configuration may be null. text is the draft's; headers are the policies seen live.
std::vector<PolicyScope> readPolicyScopes(const config::Configuration *draft,
    const config::Configuration *running, const QByteArray &text,
    const std::vector<limits::LimitPtr> &headers);

} // namespace sluice::ui

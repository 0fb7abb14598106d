// SPDX-License-Identifier: GPL-3.0-or-later
// The fields of a configured limit as people type and read them, and the edits of the draft that
// they make. One place for the table and the form. GUI thread.
#pragma once

#include "core/limits/limitset.h"
#include "core/session/configdraft.h"
#include "core/session/limitadditions.h"

namespace sluice::ui::limitfields {

/// "1 000", "1000" -> "1000". Whole numbers from 1 to 4 294 967 295; the error says so.
Result<QString> parseAmount(const QString &text);

/// "90s", "1h 30m" -> the same, tidied. Errors say what to write; "1M" is asked about, because a
/// month is seldom meant.
Result<QString> parsePeriod(const QString &text);

/// The number in units without grouping, to edit: "1000".
QString amountText(const config::LimitRule &rule);
/// "1m", to edit.
QString periodText(const config::LimitRule &rule);

/// "1 min", "24 h", "1 h 30 min": exact, to read.
QString periodWords(std::chrono::nanoseconds period);

/// "= 60 s", "= 5 400 s"; empty if the text is no duration.
QString periodInSeconds(const QString &text);

/// "API key", "end user", "team member", "property tenant", "all requests together".
QString countedPer(const config::Segment &segment);

/// "prod, per key".
QString label(const config::LimitRule &rule);

Result<void> setAmount(
    session::ConfigDraft &draft, const config::LimitRule &rule, const QString &text);
Result<void> setPeriod(
    session::ConfigDraft &draft, const config::LimitRule &rule, const QString &text);
Result<void> setMode(
    session::ConfigDraft &draft, const config::LimitRule &rule, config::LimitMode mode);
Result<void> remove(session::ConfigDraft &draft, const config::LimitRule &rule);

/// Adds 60 a minute and gives the name of the new limit.
Result<QByteArray> add(session::ConfigDraft &draft, const session::LimitPlace &place);

/// The name that a limit at a place has or would have.
QByteArray nameAt(const session::LimitPlace &place);

} // namespace sluice::ui::limitfields

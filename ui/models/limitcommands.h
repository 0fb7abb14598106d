// SPDX-License-Identifier: GPL-3.0-or-later
// The edits of limits that the table and the form make: each is one step of the draft's history
// with a name, and none makes the draft invalid. Texts are as people type them, see limitfields.
// GUI thread.
#pragma once

#include "core/session/limitadditions.h"

namespace sluice::ui::limitcommands {

Result<void> setAmount(
    session::ConfigDraft &draft, const config::LimitRule &rule, const QString &text);
Result<void> setPeriod(
    session::ConfigDraft &draft, const config::LimitRule &rule, const QString &text);
Result<void> setZone(
    session::ConfigDraft &draft, const config::LimitRule &rule, const QString &text);
Result<void> setWeekStart(
    session::ConfigDraft &draft, const config::LimitRule &rule, Qt::DayOfWeek day);
Result<void> setUnit(session::ConfigDraft &draft, const config::LimitRule &rule, Unit unit);
Result<void> setSegment(
    session::ConfigDraft &draft, const config::LimitRule &rule, const config::Segment &segment);
Result<void> setName(
    session::ConfigDraft &draft, const config::LimitRule &rule, const QString &text);
Result<void> setMode(
    session::ConfigDraft &draft, const config::LimitRule &rule, config::LimitMode mode);
Result<void> setOnStoreFailure(
    session::ConfigDraft &draft, const config::LimitRule &rule, config::StoreFailure failure);
Result<void> setOnMissing(
    session::ConfigDraft &draft, const config::LimitRule &rule, config::MissingSegment missing);
Result<void> setMatch(
    session::ConfigDraft &draft, const config::LimitRule &rule, const config::LimitMatch &match);
Result<void> setPolicy(
    session::ConfigDraft &draft, const config::LimitRule &rule, const QString &text);
Result<void> setOverride(
    session::ConfigDraft &draft, const config::LimitRule &rule, const config::LimitOverride &other);
Result<void> renameOverride(session::ConfigDraft &draft, const config::LimitRule &rule,
    const QByteArray &value, const QByteArray &newValue);
Result<void> removeOverride(
    session::ConfigDraft &draft, const config::LimitRule &rule, const QByteArray &value);
Result<void> remove(session::ConfigDraft &draft, const config::LimitRule &rule);

/// What the Add menu offers.
enum class NewKind : quint8 { Bucket, Rolling, Calendar, Spend, Concurrency, Policy };

/// A new limit of a kind with usual amounts: 60 a minute, 1 000 in any 24 hours, $100 a month.
session::NewLimit usualLimit(NewKind kind, const session::LimitPlace &place);

/// Whether limits of a kind can be counted by a segment.
bool canCountPer(NewKind kind, const config::Segment &segment);

/// Adds a limit under a name that is free, and gives that name.
Result<QByteArray> add(session::ConfigDraft &draft, session::NewLimit limit);

} // namespace sluice::ui::limitcommands

// SPDX-License-Identifier: GPL-3.0-or-later
// The fields of a configured limit as people type and read them. One place for the table and the
// form; limitcommands makes the edits. Pure; GUI thread.
#pragma once

#include "core/limits/limitset.h"
#include "core/session/limitedits.h"

namespace sluice::ui::limitfields {

// --- amounts -------------------------------------------------------------------------------------

/// "1 000" -> "1000"; money is typed in dollars: "$2.50" -> "250", as the file has it in cents. The
/// error says what may be written.
Result<QString> parseAmount(const QString &text, Unit unit);

/// To edit: "1000", "2.50".
QString amountText(MicroAmount amount, Unit unit);

/// To read, exact: "60", "200 000 tokens", "$500.00", "8 at once".
QString amountWords(MicroAmount amount, Unit unit);

/// What stands behind the field: "requests", "input tokens", "US dollars", "at once".
QString unitWords(Unit unit);

// --- periods -------------------------------------------------------------------------------------

/// "90s", "1h 30m" -> the same, tidied. Errors say what to write; "1M" is asked about, because a
/// month is seldom meant.
Result<QString> parsePeriod(const QString &text);

/// The same for a limit: windows take a word of the calendar too, policies have bounds.
Result<QString> parsePeriodOf(const config::LimitRule &rule, const QString &text);

/// To edit: "1m", "month"; empty for concurrency.
QString periodText(const config::LimitRule &rule);

/// "1 min", "24 h", "1 h 30 min": exact, to read.
QString periodWords(std::chrono::nanoseconds period);

/// "1 min" of a bucket, "24 h" of a window that rolls, "month", "–".
QString periodWords(const limits::Limit &limit);

/// "= 60 s", "= 5 400 s"; empty if the text is no duration.
QString periodInSeconds(const QString &text);

/// "hour" ... "year", as the file writes it.
QString calendarWord(config::CalendarUnit unit);

/// An IANA zone that is known here; empty = the system's.
Result<QByteArray> parseZone(const QString &text);

// --- other fields --------------------------------------------------------------------------------

/// A name that no other limit of the configuration has; empty where the place gives one.
Result<QByteArray> parseName(
    const config::Configuration &configuration, const config::LimitRule &rule, const QString &text);

/// "gpt-4*, o1" -> two globs.
QList<QByteArray> parseGlobs(const QString &text);

QString globsText(const QList<QByteArray> &globs);

/// "tier: free, stage: p*".
Result<QMap<QByteArray, QByteArray>> parseProperties(const QString &text);

QString propertiesText(const QMap<QByteArray, QByteArray> &properties);

/// One policy; the error names the column.
Result<config::Policy> parsePolicy(const QString &text);

/// "API key", "end user", "team member", "property tenant", "all requests together".
QString countedPer(const config::Segment &segment);

/// "requests", "tokens, read", what a choice of units calls it.
QString countedWhat(Unit unit);

/// "prod, per key"; of a policy without a name "policy 1000;w=3600".
QString label(const config::LimitRule &rule);

/// Whether the file gives a limit its name.
bool hasOwnName(const config::LimitRule &rule);

/// Why the place needs a name: a list tells its limits apart by it.
bool needsName(const config::LimitRule &rule);

/// One sentence: who has a count of his own, and what becomes of requests without a value.
QString whoSentence(const config::LimitRule &rule);

} // namespace sluice::ui::limitfields

// SPDX-License-Identifier: GPL-3.0-or-later
// What may be asked of the ledger, and what it answers. Values; they cross from the query threads
// to the main thread.
#pragma once

#include "core/insight/requestrecord.h"

#include <QStringList>
#include <QVariantList>

#include <functional>
#include <limits>
#include <vector>

namespace sluice::session {

/// Sums of one step of time.
struct HistorySums
{
    qint64 requests = 0; ///< that were identified, refused ones too
    qint64 admitted = 0;
    qint64 refused = 0; ///< by a limit or a block
    qint64 errors = 0;
    qint64 input = 0; ///< tokens, the cached ones included
    qint64 output = 0; ///< tokens
    MicroAmount cost = 0; ///< micro-cents
    qint64 unpriced = 0; ///< requests that used tokens without a known price
    qint64 estimated = 0; ///< requests with a figure that the provider did not report

    HistorySums &operator+=(const HistorySums &other);

    friend bool operator==(const HistorySums &, const HistorySums &) = default;
};

struct HistoryQuestion
{
    struct Condition
    {
        QString field; ///< "key", "owner", "team", "user", "provider", "model", "property:<name>"
        QString value;

        friend bool operator==(const Condition &, const Condition &) = default;
    };

    /// UTC, whole minutes, ascending; n + 1 for n steps. Where all are whole hours, sums are read
    /// that are kept longer than the rows.
    std::vector<std::chrono::milliseconds> edges;
    std::vector<Condition> where; ///< all of them

    friend bool operator==(const HistoryQuestion &, const HistoryQuestion &) = default;
};

struct History
{
    std::vector<std::chrono::milliseconds> edges; ///< as they were asked for
    std::vector<HistorySums> steps; ///< one for each step, empty ones too
    HistorySums total;
    qint64 lost = 0; ///< requests of the time, of everybody, that could only be counted
    QStringList notes; ///< sentences: where the sums are not all of the time that was asked for
};

/// A page of requests that arrived before others, newest first.
struct OlderQuestion
{
    using Matcher = std::function<bool(const insight::RequestRecord &)>;

    /// Arrived before this instant, or at it with a smaller id.
    std::chrono::milliseconds before{0};
    qint64 beforeId = std::numeric_limits<qint64>::max();
    int most = 200; ///< requests wanted
    qint64 mostRows = 50'000; ///< rows to look at for them
    Matcher matches = {}; ///< called on a query thread; empty: every request
};

struct OlderRequests
{
    std::vector<insight::RequestRecord> records; ///< newest first; see isFromLedger()
    std::chrono::milliseconds before{0}; ///< where the next page begins
    qint64 beforeId = 0;
    qint64 rows = 0; ///< looked at
    bool isEnd = false; ///< there is nothing older
};

struct SqlQuestion
{
    QString sql; ///< one statement that reads
    qint64 maxRows = 10'000;
    std::chrono::milliseconds maxTime{30'000};
};

struct SqlAnswer
{
    QStringList columns;
    std::vector<QVariantList> rows; ///< of null, qint64, double, QString and QByteArray
    bool isCut = false; ///< there were more rows
    std::chrono::milliseconds elapsed{0};
};

} // namespace sluice::session

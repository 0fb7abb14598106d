// SPDX-License-Identifier: GPL-3.0-or-later
// The roll-ups of a ledger's file: sums by hour and by day. Rows are summed up in memory and put
// into the file now and then; the file knows up to which row that has happened, so that nothing is
// lost or counted twice whenever the program ends, and readers add the rows behind that one. On
// the thread of its connection.
#pragma once

#include "core/stores/ledger/rollupbook.h"
#include "core/stores/sqlite/database.h"

#include <optional>

namespace sluice::stores {

class LedgerRollups final
{
public:
    /// The database must outlive it. Errors as of Database::prepare().
    static Result<LedgerRollups> open(sqlite::Database &database);

    // Each of these is called inside of a transaction that may write.

    /// First thing in a transaction: takes note of what other programs have changed.
    Result<void> refresh();

    /// Sums up these properties from now on. Each is complete for requests from `now` (milliseconds
    /// since 1970) on, or for all if nothing has been summed up yet.
    Result<void> setProperties(const QByteArrayList &names, qint64 now);

    /// The id for the next row.
    [[nodiscard]] qint64 nextId() const { return m_lastId + 1; }

    /// A row has been put into the file under nextId().
    void addKept(const insight::FinishedRow &row);

    /// A request has no row: flush() before the transaction ends.
    void addUnkept(const insight::FinishedRow &row);

    /// The same for requests that others have summed up.
    void addUnkept(const RollupBook &sums) { m_book.add(sums); }

    /// Puts what was summed up into the file.
    Result<void> flush();

    /// Sums up rows that were in the file before, at most so many, and flushes. True: more are
    /// left.
    Result<bool> catchUp(int mostRows);

    /// Removes sums of one hour and of one day of each kind that are older; gives how many.
    Result<qint64> removeBefore(qint64 hourly, qint64 daily);

    /// Rows that were summed up and are not in the file yet.
    [[nodiscard]] qint64 waitingRows() const { return m_summedTo - m_flushedTo; }

    /// Whether there are rows that nobody has summed up.
    [[nodiscard]] bool isBehind() const { return m_summedTo < m_lastId; }

    /// The last row that the file's sums have.
    [[nodiscard]] qint64 flushedTo() const { return m_flushedTo; }

private:
    explicit LedgerRollups(sqlite::Database &database) : m_database(&database) { }

    Result<void> prepare();
    Result<void> loadProperties();
    Result<void> load();
    Result<void> prepareGroups(const std::vector<RollupBook::Entry> &entries);
    Result<void> add(sqlite::Statement &statement, std::vector<RollupBook::Entry> &entries);
    Result<void> add(
        sqlite::Statement &statement, qint64 time, const RollupGroup &group, const UsageSums &sums);
    Result<void> find(RollupGroup &group);
    Result<void> markDay(qint64 day, RollupGroup &group);
    Result<bool> addRow(sqlite::Statement &rows);
    Result<void> removeGroupsBefore(qint64 time);

    sqlite::Database *m_database;
    RollupBook m_book;
    sqlite::Statement m_version; ///< changes when another program has written
    sqlite::Statement m_addHour;
    sqlite::Statement m_addDay;
    sqlite::Statement m_findGroup;
    sqlite::Statement m_addGroup;
    sqlite::Statement m_markDay;
    sqlite::Statement m_setState;
    qint64 m_seenVersion = -1;
    qint64 m_lastId = 0; ///< of a row
    qint64 m_summedTo = 0; ///< the last row that is in the file's sums or in the book
    qint64 m_flushedTo = 0;
    qint64 m_groupsOfDay = 0; ///< the last one that groups were removed up to
};

} // namespace sluice::stores

// SPDX-License-Identifier: GPL-3.0-or-later
// One connection to a SQLite file, over SQLite's own interface. Used by one thread at a time (only
// interrupt() is for any); owned by whoever opened it. Errors name the file.
#pragma once

#include "core/base/result.h"
#include "core/stores/sqlite/statement.h"

#include <QByteArray>

#include <chrono>
#include <functional>
#include <memory>

struct sqlite3;

namespace sluice::stores::sqlite {

/// A failure of a connection in SQLite's words: Invalid if the file is broken or none of SQLite,
/// Busy if another program holds its lock, Cancelled after an interrupt, Refused for what
/// setReadingOnly() does not let through, else Io.
Error errorOf(sqlite3 *connection);

class Database final
{
public:
    enum class Access : quint8 {
        ReadOnly, ///< the file must be there and is never changed
        ReadWrite, ///< a missing file is made, with its folder, for its owner only
    };

    /// What a transaction has survived once it is committed.
    enum class Durability : quint8 {
        Normal, ///< the end of the program (WAL, synchronous NORMAL)
        Full, ///< a power cut too (synchronous FULL)
    };

    struct Options
    {
        Access access = Access::ReadWrite;
        Durability durability = Durability::Normal; ///< of a file that is written
        std::chrono::milliseconds busyTimeout{1'000}; ///< how long another program is waited for
        int cacheKiB = 2'048; ///< of pages in memory
        /// A new file can become smaller again: see `PRAGMA incremental_vacuum`.
        bool givesSpaceBack = false;
    };

    /// Not open.
    Database() = default;

    /// Opens a file, and reads enough of it to know that it is one of SQLite. Errors: NotFound when
    /// reading only, and as of errorOf().
    static Result<Database> open(const QString &path, const Options &options);

    [[nodiscard]] bool isOpen() const { return m_handle != nullptr; }

    /// The file goes as soon as the last statement has gone too.
    void close() { m_handle.reset(); }

    [[nodiscard]] QString path() const;

    /// One statement. Invalid if it is none, is more than one or names what is not there; a broken
    /// file is Invalid too. The message of a statement that is wrong does not name the file.
    [[nodiscard]] Result<Statement> prepare(QByteArrayView sql);

    /// Runs statements that give no rows, separated by semicolons.
    Result<void> execute(const QByteArray &sql);

    /// The first column of the first row of a statement; NotFound without a row.
    [[nodiscard]] Result<qint64> number(QByteArrayView sql);

    /// Runs `work`, which gives a Result<void>, in a transaction that has the right to write from
    /// its beginning: all of it or nothing.
    template <typename Work> Result<void> transaction(Work &&work)
    {
        if (auto begun = execute("BEGIN IMMEDIATE"); !begun)
            return begun;
        Result<void> done = std::forward<Work>(work)();
        if (done)
            done = execute("COMMIT");
        if (!done)
            rollBack();
        return done;
    }

    /// Writes the log into the file and empties it: what was removed is nowhere any more. False:
    /// somebody reads, so that the log still has the pages as they were.
    [[nodiscard]] Result<bool> emptyLog();

    /// Rows that the last INSERT, UPDATE or DELETE has touched.
    [[nodiscard]] qint64 changes() const;

    /// Ends what is running; it fails with Cancelled. Any thread, while the database is open.
    void interrupt();

    /// Asked every few thousand steps of whatever runs; false ends it, it fails with Cancelled.
    void watch(std::function<bool()> goesOn);

    /// While it is on nothing can be prepared but what reads this file, and no value may be larger
    /// than 16 MB: for statements of strangers.
    void setReadingOnly(bool isOn);

    [[nodiscard]] sqlite3 *handle() const { return m_handle.get(); }

private:
    struct Closer
    {
        void operator()(sqlite3 *handle) const;
    };

    void rollBack();

    std::unique_ptr<std::function<bool()>> m_goesOn; ///< where SQLite finds it
    std::unique_ptr<sqlite3, Closer> m_handle;
};

} // namespace sluice::stores::sqlite

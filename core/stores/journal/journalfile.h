// SPDX-License-Identifier: GPL-3.0-or-later
// The SQLite file that counters are kept in, open for writing. Made, used and destroyed on the
// journal's thread.
#pragma once

#include "core/limits/answer.h"
#include "core/limits/counterrecord.h"
#include "core/stores/sqlite/database.h"

#include <functional>

namespace sluice::stores {

class JournalFile final
{
public:
    using Durability = sqlite::Database::Durability;

    /// What is known of the run that wrote the file last.
    struct LastRun
    {
        EngineTime at{0}; ///< of its last transaction
        qint64 openReservations = 0; ///< at that time
    };

    JournalFile(QString path, Durability durability);

    [[nodiscard]] bool isOpen() const { return m_database.isOpen(); }

    /// Makes or opens the file and brings it to the current schema. Errors: Invalid for a broken
    /// one, Unsupported for a newer schema, Busy, Io.
    Result<void> open();

    void close();

    [[nodiscard]] Result<bool> isEmpty();

    [[nodiscard]] Result<LastRun> lastRun();

    /// Gives every record to `take`, a page at a time; of a broken file (Invalid) those in front of
    /// the damage.
    Result<void> read(const std::function<void(std::vector<limits::CounterRecord> &&)> &take);

    /// Removes records, all or none of them.
    Result<void> remove(const std::vector<limits::CounterRecord> &records);

    /// Lets the records follow changes of counters in their order, all or none of them.
    Result<void> write(const std::vector<limits::SavedCounter> &changes, limits::Instant now,
        qint64 openReservations);

private:
    using Change = limits::SavedCounter;

    Result<void> prepare();
    Result<void> follow(const Change &change, limits::Instant now);
    Result<void> put(const Change &change, limits::Instant now);
    Result<void> removeOne(const limits::CounterRecord &record);
    Result<void> rename(const Change &change);
    Result<void> note(limits::Instant now, qint64 openReservations);

    const QString m_path;
    const Durability m_durability;
    sqlite::Database m_database;
    sqlite::Statement m_put;
    sqlite::Statement m_remove;
    sqlite::Statement m_rename;
    sqlite::Statement m_note;
};

} // namespace sluice::stores

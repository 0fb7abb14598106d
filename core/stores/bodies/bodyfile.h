// SPDX-License-Identifier: GPL-3.0-or-later
// The SQLite file of recorded bodies, open for writing. Made, used and destroyed on the thread of
// its store.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/insight/recordedbodies.h"
#include "core/stores/sqlite/database.h"

#include <optional>
#include <vector>

namespace sluice::stores {

class BodyFile final
{
public:
    /// The clock must outlive the file. Opens nothing yet.
    BodyFile(QString path, const Clock &clock);
    Q_DISABLE_COPY_MOVE(BodyFile)

    [[nodiscard]] bool isOpen() const { return m_database.isOpen(); }

    /// Makes or opens the file, for its owner only, and brings it to the current schema. Errors:
    /// Invalid for a broken one, which is renamed aside with a warning in the log, so that open()
    /// makes a new one next; Unsupported for a newer schema; Busy; Io.
    Result<void> open();

    void close();

    /// Adds bodies in one transaction: all or nothing. After an error the file is closed; Invalid:
    /// it was broken and is renamed aside, open() makes a new one.
    Result<void> write(const std::vector<insight::RecordedBodies> &bodies);

    /// Removes what is older (0: nothing), a little at a time, and gives its space back. True:
    /// there is more. Errors as of write().
    Result<bool> clean(std::chrono::milliseconds age);

private:
    Result<void> prepare();
    Result<void> insert(const insight::RecordedBodies &bodies);
    Result<bool> remove(qint64 before);
    Result<void> abandon(const Error &error);

    QString m_path;
    const Clock &m_clock;
    sqlite::Database m_database;
    std::optional<sqlite::Statement> m_insert;
};

/// Gives pages that nothing is in back to the disk, a part of them at a time. True: there are more.
/// Errors as of sqlite::errorOf().
Result<bool> giveSpaceBack(sqlite::Database &database);

} // namespace sluice::stores

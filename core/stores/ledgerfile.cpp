// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledgerfile.h"

#include "core/base/logging.h"
#include "core/stores/ledgerschema.h"
#include "core/stores/sqlite/brokenfile.h"

namespace sluice::stores {

using namespace Qt::StringLiterals;

LedgerFile::LedgerFile(QString path, const Clock &clock) : m_path(std::move(path)), m_clock(clock)
{
}

Result<void> LedgerFile::open()
{
    auto database = sqlite::Database::open(m_path, {});
    if (!database)
        return abandon(database.error());
    m_database = std::move(*database);
    if (const auto prepared = prepare(); !prepared)
        return abandon(prepared.error());
    return {};
}

Result<void> LedgerFile::prepare()
{
    if (auto migrated = ledgerschema::migrate(m_database); !migrated)
        return migrated;
    auto insert = LedgerInsert::prepare(m_database);
    if (!insert)
        return insert.error();
    m_insert = std::move(*insert);
    const auto last = m_database.number("SELECT coalesce(max(id), 0) FROM ledger");
    if (!last)
        return last.error();
    m_lastId = *last;
    return {};
}

void LedgerFile::close()
{
    m_insert.reset();
    m_database.close();
}

Result<void> LedgerFile::abandon(const Error &error)
{
    close();
    if (error.code == ErrorCode::Invalid) {
        if (auto moved = moveAside(error); !moved)
            return moved;
    }
    return error;
}

Result<void> LedgerFile::moveAside(const Error &error)
{
    const auto aside = sqlite::putAside(m_path, m_clock.wall());
    if (!aside)
        return Error{ErrorCode::Io, error.message + u"; " + aside.error().message, {}};
    qCWarning(lcLedger, "%ls; it is kept as %ls, and a new ledger begins",
        qUtf16Printable(error.message), qUtf16Printable(*aside));
    return {};
}

Result<void> LedgerFile::write(
    const std::vector<insight::FinishedRequests> &requests, const RequestsByMinute &lost)
{
    const auto done = m_database.transaction([&]() -> Result<void> {
        auto written = insert(requests);
        return written ? count(lost) : written;
    });
    return done ? done : abandon(done.error());
}

Result<void> LedgerFile::insert(const std::vector<insight::FinishedRequests> &requests)
{
    for (const insight::FinishedRequests &rows : requests) {
        for (const insight::FinishedRow &row : *rows) {
            if (!row.isKept)
                continue;
            if (auto done = m_insert->run(++m_lastId, row); !done)
                return done;
        }
    }
    return {};
}

Result<void> LedgerFile::count(const RequestsByMinute &lost)
{
    if (lost.empty())
        return {};
    auto add = m_database.prepare("INSERT INTO lost_requests VALUES (?1, ?2) "
                                  "ON CONFLICT (minute_ms) DO UPDATE SET requests = requests + ?2");
    if (!add)
        return add.error();
    for (const auto &[minute, requests] : lost) {
        add->bind(1, minute);
        add->bind(2, requests);
        if (auto done = add->run(); !done)
            return done;
    }
    return {};
}

Result<int> LedgerFile::removeBefore(std::chrono::milliseconds time, int most)
{
    const auto removed = remove(time, most);
    if (!removed)
        return abandon(removed.error()).error();
    return static_cast<int>(*removed);
}

Result<qint64> LedgerFile::remove(std::chrono::milliseconds time, int most)
{
    const QByteArray before = QByteArray::number(static_cast<qint64>(time.count()));
    if (const auto done =
            m_database.execute("DELETE FROM lost_requests WHERE minute_ms < " + before);
        !done)
        return done.error();
    if (const auto done = m_database.execute(
            "DELETE FROM ledger WHERE id IN (SELECT id FROM ledger WHERE time_ms < " + before
            + " ORDER BY time_ms LIMIT " + QByteArray::number(most) + ')');
        !done)
        return done.error();
    return m_database.changes();
}

} // namespace sluice::stores

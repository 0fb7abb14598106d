// SPDX-License-Identifier: GPL-3.0-or-later
// One connection to PostgreSQL for a thread that may wait, but never for long: every wait has an
// end, names are looked up within it too, and another thread can shorten it. Counters, which must
// not wait at all, have PostgresConnection.
#pragma once

#include "core/base/result.h"
#include "core/stores/postgres/postgresproblem.h"

#include <QDeadlineTimer>

#include <atomic>
#include <functional>
#include <limits>
#include <memory>

struct pg_conn;
struct pg_result;

namespace sluice::stores {

class PostgresLink final
{
public:
    struct FreeResult
    {
        void operator()(pg_result *result) const;
    };

    using Answer = std::unique_ptr<pg_result, FreeResult>;

    explicit PostgresLink(PostgresPlace place) : m_place(std::move(place)) { }

    ~PostgresLink();
    Q_DISABLE_COPY_MOVE(PostgresLink)

    /// The waits of all that follows end then; and early, with Cancelled, if `goesOn` says no. It
    /// is asked every few milliseconds.
    void allow(QDeadlineTimer deadline, std::function<bool()> goesOn = {});

    /// All waits, now and later, end when this has passed. Any thread.
    void hurry(std::chrono::milliseconds most);

    [[nodiscard]] bool isOpen() const { return m_connection != nullptr; }

    /// Connects, and runs `settings`. Errors: Timeout, Cancelled, Unsupported for a server that is
    /// too old or has another encoding than UTF-8, else Io; state() says more. After an error of
    /// the connection, here and below, it is closed.
    Result<void> open(const QByteArray &settings);

    void close();

    /// Runs statements at once and gives the last answer. `copied` goes to the one that is COPY ...
    /// FROM STDIN. Errors: as of open().
    Result<Answer> run(const QByteArray &sql, const QByteArray &copied = {});

    /// Runs one statement whose places ($1) are filled with these texts.
    Result<Answer> run(const QByteArray &sql, const QStringList &values);

    /// Begins one such statement, whose rows next() gives one by one: each an answer with one row,
    /// then one without; then nothing. Refused for a row that is larger than 64 MB.
    Result<void> start(const QByteArray &sql, const QStringList &values);
    Result<Answer> next();

    /// The SQLSTATE of the last error; empty if there was none, or it was not the server's.
    [[nodiscard]] const QByteArray &state() const { return m_state; }

    /// The server's own words for the last error, for who wrote the statement.
    [[nodiscard]] const QString &words() const { return m_words; }

    [[nodiscard]] const PostgresPlace &place() const { return m_place; }

private:
    Result<void> connect();
    Result<QStringList> resolve(const QString &name);
    Result<void> wait(short events);
    Result<void> flush();
    Result<void> send(const QByteArray &sql, const QStringList &values);
    Result<void> waitForAnswer(qint64 most = std::numeric_limits<qint64>::max()); ///< bytes
    Result<void> copy(const QByteArray &bytes);
    Result<Answer> collect(const QByteArray &copied);
    [[nodiscard]] Result<qint64> pause();
    Error broken();
    Error tooLarge();
    Error failed(const pg_result &result);
    Error unanswered(ErrorCode code);

    PostgresPlace m_place;
    pg_conn *m_connection = nullptr;
    QDeadlineTimer m_deadline{QDeadlineTimer::Forever};
    std::function<bool()> m_goesOn;
    std::atomic<qint64> m_latest{std::numeric_limits<qint64>::max()}; ///< ms of QDeadlineTimer
    QByteArray m_state;
    QString m_words;
};

} // namespace sluice::stores

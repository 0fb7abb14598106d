// SPDX-License-Identifier: GPL-3.0-or-later
// One connection to a PostgreSQL server on libpq's asynchronous interface: resolves, connects, sets
// the session and the schema up, then pipelines calls. Never blocks. Lives on one thread with an
// event loop; owned by a PostgresStore, which does not destroy it in an event.
#pragma once

#include "core/stores/postgres/postgrescalls.h"
#include "core/stores/postgres/postgresproblem.h"
#include "core/stores/postgres/postgresschema.h"

#include <QObject>

#include <functional>
#include <memory>

QT_BEGIN_NAMESPACE
class QHostInfo;
class QSocketNotifier;
QT_END_NAMESPACE
struct pg_conn;

namespace sluice::stores {

struct FreePostgres
{
    void operator()(pg_conn *connection) const;
    void operator()(pg_result *result) const;
    void operator()(QSocketNotifier *notifier) const;
};

class PostgresConnection final
{
public:
    struct Events
    {
        std::function<void()> opened; ///< calls can be sent
        std::function<void(const pg_result &)> answered; ///< in the order of the calls
        std::function<void(const QString &problem)> failed; ///< it is closed; open() tries again
    };

    /// `timeout` bounds each statement in the server.
    PostgresConnection(PostgresAddress address, PostgresSchema schema,
        std::chrono::milliseconds timeout, Events events);
    ~PostgresConnection();
    Q_DISABLE_COPY_MOVE(PostgresConnection)

    [[nodiscard]] const PostgresPlace &place() const { return m_place; }

    void open();

    /// No event follows. What has been sent may still be carried out.
    void close();

    /// Only between opened() and close() or failed(). Written with the next turn of the event loop
    /// at the latest.
    void send(const PostgresCall &call);

    /// Writes what the socket takes, without waiting.
    void flush();

private:
    enum class Phase : quint8 {
        Closed,
        Resolving,
        Connecting,
        Settings,
        Version,
        Migrating,
        Preparing,
        Ready
    };
    using Result = std::unique_ptr<pg_result, FreePostgres>;

    void resolve();
    void resolved(const QString &name, const QHostInfo &info);
    void connectNow();
    void poll();
    void watch();
    void read();
    void take(Result result);
    void finish();
    void query(Phase phase, const QByteArray &sql);
    void examineVersion(const pg_result &result);
    void prepare();
    void fail(const QString &problem);
    void failWith(const pg_result *result);

    const PostgresPlace m_place;
    const PostgresSchema m_schema;
    const std::chrono::milliseconds m_timeout;
    const Events m_events;
    QObject m_context; ///< of everything asynchronous
    Phase m_phase = Phase::Closed;
    quint64 m_attempt = 0; ///< tells late answers of the name server
    QStringList m_names; ///< still to be resolved
    QHash<QString, QStringList> m_addresses;
    std::unique_ptr<pg_conn, FreePostgres> m_connection;
    std::unique_ptr<QSocketNotifier, FreePostgres> m_reader;
    std::unique_ptr<QSocketNotifier, FreePostgres> m_writer;
    Result m_result; ///< of the statement that is being answered
    bool m_hasMigrated = false;
    int m_unanswered = 0; ///< statements
};

} // namespace sluice::stores

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/postgres/postgresconnection.h"

#include <QHostInfo>
#include <QSocketNotifier>

#include <libpq-fe.h>

namespace sluice::stores {

using namespace Qt::StringLiterals;

namespace {

constexpr int OldestServer = 13;

bool hasFailed(const PGresult &result)
{
    const ExecStatusType status = PQresultStatus(&result);
    return status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK;
}

QByteArray stateOf(const PGresult &result)
{
    return {PQresultErrorField(&result, PG_DIAG_SQLSTATE)};
}

/// Notices would go to standard error.
void ignoreNotice(void *, const PGresult *) { }

/// Whatever the server's and the role's defaults are. Keepalives let the server notice a gateway
/// that is cut off in the middle of a call.
QByteArray settings(std::chrono::milliseconds timeout)
{
    return "SET statement_timeout = " + QByteArray::number(static_cast<qint64>(timeout.count()))
        + "; SET default_transaction_isolation = 'read committed'"
          "; SET search_path = pg_catalog" // nobody's functions come before the server's
          "; SET default_transaction_read_only = off; SET jit = off"
          "; SET standard_conforming_strings = on"
          "; SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5"
          "; SET tcp_keepalives_count = 3";
}

/// "$1,$2": the parameters of a function.
QByteArray placeholders(int count)
{
    QByteArray text;
    for (int i = 1; i <= count; ++i)
        text += (i > 1 ? ",$" : "$") + QByteArray::number(i);
    return text;
}

} // namespace

void FreePostgres::operator()(pg_conn *connection) const
{
    PQfinish(connection);
}

void FreePostgres::operator()(pg_result *result) const
{
    PQclear(result);
}

// It may be the one whose signal is being handled.
void FreePostgres::operator()(QSocketNotifier *notifier) const
{
    notifier->setEnabled(false);
    notifier->deleteLater();
}

PostgresConnection::PostgresConnection(PostgresAddress address, PostgresSchema schema,
    std::chrono::milliseconds timeout, Events events)
    : m_place{std::move(address), schema.name()},
      m_schema(std::move(schema)),
      m_timeout(timeout),
      m_events(std::move(events))
{
}

PostgresConnection::~PostgresConnection()
{
    close();
}

void PostgresConnection::close()
{
    m_phase = Phase::Closed;
    ++m_attempt;
    m_reader.reset();
    m_writer.reset();
    m_result.reset();
    m_connection.reset();
    m_unanswered = 0;
    m_hasMigrated = false;
}

void PostgresConnection::fail(const QString &problem)
{
    close();
    m_events.failed(problem);
}

void PostgresConnection::failWith(const pg_result *result)
{
    const QString message = QString::fromUtf8(
        result != nullptr ? PQresultErrorMessage(result) : PQerrorMessage(m_connection.get()));
    const QByteArray state = result != nullptr ? stateOf(*result) : sqlStateIn(message);
    fail(postgresProblem(m_place, state, message));
}

// --- connecting ----------------------------------------------------------------------------------

void PostgresConnection::open()
{
    close();
    m_phase = Phase::Resolving;
    m_names = m_place.address.names();
    m_addresses.clear();
    resolve();
}

void PostgresConnection::resolve()
{
    if (m_names.isEmpty())
        return connectNow();
    const QString name = m_names.takeFirst();
    QHostInfo::lookupHost(
        name, &m_context, [this, name, attempt = m_attempt](const QHostInfo &info) {
            if (attempt == m_attempt)
                resolved(name, info);
        });
}

void PostgresConnection::resolved(const QString &name, const QHostInfo &info)
{
    const QList<QHostAddress> addresses = info.addresses();
    for (const QHostAddress &address : addresses)
        m_addresses[name].append(address.toString());
    if (addresses.isEmpty())
        return fail(u"The host \""_s + name
            + u"\" of the PostgreSQL store has no address: check url and the name server");
    resolve();
}

void PostgresConnection::connectNow()
{
    m_phase = Phase::Connecting;
    const QHash<QByteArray, QByteArray> parameters = m_place.address.parameters(m_addresses);
    std::vector<const char *> names;
    std::vector<const char *> values;
    for (auto it = parameters.cbegin(); it != parameters.cend(); ++it) {
        names.push_back(it.key().constData());
        values.push_back(it.value().constData());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    m_connection.reset(PQconnectStartParams(names.data(), values.data(), 0));
    if (m_connection == nullptr)
        return fail(u"There is no memory for a connection to PostgreSQL"_s);
    PQsetErrorVerbosity(m_connection.get(), PQERRORS_VERBOSE); // has the SQLSTATE
    PQsetNoticeReceiver(m_connection.get(), ignoreNotice, nullptr);
    if (PQstatus(m_connection.get()) == CONNECTION_BAD)
        return failWith(nullptr);
    watch();
    m_reader->setEnabled(false);
    m_writer->setEnabled(true); // connected once it can be written to
}

/// libpq may take another socket with each step: for the next address, or without TLS.
void PostgresConnection::watch()
{
    const int socket = PQsocket(m_connection.get());
    m_reader.reset(new QSocketNotifier(socket, QSocketNotifier::Read));
    m_writer.reset(new QSocketNotifier(socket, QSocketNotifier::Write));
    QObject::connect(m_reader.get(), &QSocketNotifier::activated, &m_context,
        [this] { m_phase == Phase::Connecting ? poll() : read(); });
    QObject::connect(m_writer.get(), &QSocketNotifier::activated, &m_context,
        [this] { m_phase == Phase::Connecting ? poll() : flush(); });
}

void PostgresConnection::poll()
{
    const PostgresPollingStatusType status = PQconnectPoll(m_connection.get());
    if (status == PGRES_POLLING_FAILED)
        return failWith(nullptr);
    watch();
    m_reader->setEnabled(status == PGRES_POLLING_READING);
    m_writer->setEnabled(status == PGRES_POLLING_WRITING);
    if (status != PGRES_POLLING_OK)
        return;
    if (const int version = PQserverVersion(m_connection.get()) / 10'000; version < OldestServer)
        return fail(u"PostgreSQL at %1 is version %2: version %3 or newer is needed"_s
                        .arg(m_place.address.where())
                        .arg(version)
                        .arg(OldestServer));
    m_reader->setEnabled(true);
    PQsetnonblocking(m_connection.get(), 1);
    query(Phase::Settings, settings(m_timeout));
}

// --- setting up ----------------------------------------------------------------------------------

void PostgresConnection::query(Phase phase, const QByteArray &sql)
{
    m_phase = phase;
    ++m_unanswered;
    if (PQsendQuery(m_connection.get(), sql.constData()) == 0)
        return failWith(nullptr);
    flush();
}

/// One statement has been answered completely; m_result is its last result.
void PostgresConnection::finish()
{
    const Result result = std::move(m_result);
    --m_unanswered;
    if (m_phase == Phase::Ready) {
        if (result != nullptr)
            m_events.answered(*result);
        return;
    }
    if (result == nullptr || (hasFailed(*result) && m_phase != Phase::Version))
        return failWith(result.get());
    if (m_phase == Phase::Version)
        return examineVersion(*result);
    if (m_phase == Phase::Settings || m_phase == Phase::Migrating)
        return query(Phase::Version, "SELECT version FROM " + m_schema.qualified("meta"));
    if (m_phase == Phase::Preparing && m_unanswered == 0) {
        m_phase = Phase::Ready;
        m_events.opened();
    }
}

void PostgresConnection::examineVersion(const pg_result &result)
{
    const QByteArray state = stateOf(result);
    const bool isMissing = state == "42P01" || state == "3F000"; // the table, the schema
    if (hasFailed(result) && !isMissing)
        return failWith(&result);
    const int version =
        isMissing || PQntuples(&result) == 0 ? 0 : QByteArray(PQgetvalue(&result, 0, 0)).toInt();
    if (version > PostgresSchema::Version)
        return fail(u"The schema \"%1\" in PostgreSQL at %2 was made by a newer version (%3, this "
                    "one knows %4): use that version, or another key-prefix"_s
                        .arg(QString::fromUtf8(m_schema.name()), m_place.address.where())
                        .arg(version)
                        .arg(PostgresSchema::Version));
    if (version == PostgresSchema::Version)
        return prepare();
    if (m_hasMigrated)
        return failWith(&result);
    m_hasMigrated = true;
    query(Phase::Migrating, m_schema.migration());
}

void PostgresConnection::prepare()
{
    m_phase = Phase::Preparing;
    bool isSent = PQenterPipelineMode(m_connection.get()) == 1;
    for (const PostgresFunction &function : PostgresFunctions) {
        const QByteArray sql = "SELECT * FROM " + m_schema.qualified(function.name) + '('
            + placeholders(function.parameters) + ')';
        isSent = isSent
            && PQsendPrepare(m_connection.get(), function.name, sql.constData(), 0, nullptr) == 1
            && PQpipelineSync(m_connection.get()) == 1;
        ++m_unanswered;
    }
    if (!isSent)
        return failWith(nullptr);
    flush();
}

// --- calls ---------------------------------------------------------------------------------------

void PostgresConnection::send(const PostgresCall &call)
{
    std::vector<const char *> values;
    values.reserve(call.parameters.size());
    for (const QByteArray &parameter : call.parameters)
        values.push_back(parameter.isNull() ? nullptr : parameter.constData());
    ++m_unanswered;
    const bool isSent = PQsendQueryPrepared(m_connection.get(), call.function.constData(),
                            static_cast<int>(values.size()), values.data(), nullptr, nullptr, 0)
            == 1
        && PQpipelineSync(m_connection.get()) == 1;
    // A failure is told from the event loop: nobody expects it here.
    if (!isSent)
        QMetaObject::invokeMethod(
            &m_context,
            [this, attempt = m_attempt] {
                if (attempt == m_attempt)
                    failWith(nullptr);
            },
            Qt::QueuedConnection);
    else
        m_writer->setEnabled(true);
}

void PostgresConnection::flush()
{
    if (m_connection == nullptr || m_writer == nullptr)
        return;
    const int left = PQflush(m_connection.get());
    if (left >= 0)
        return m_writer->setEnabled(left > 0);
    failWith(nullptr);
}

void PostgresConnection::read()
{
    if (PQconsumeInput(m_connection.get()) == 0)
        return failWith(nullptr);
    const quint64 attempt = m_attempt;
    while (attempt == m_attempt && m_unanswered > 0 && PQisBusy(m_connection.get()) == 0) {
        take(Result(PQgetResult(m_connection.get())));
        if (attempt == m_attempt && PQstatus(m_connection.get()) == CONNECTION_BAD)
            return failWith(std::exchange(m_result, nullptr).get());
    }
}

/// The results of a statement end with a null; in a pipeline a synchronization point follows.
void PostgresConnection::take(Result result)
{
    const bool isPipeline = PQpipelineStatus(m_connection.get()) != PQ_PIPELINE_OFF;
    if (result == nullptr) {
        if (!isPipeline)
            finish();
        return;
    }
    if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC)
        return finish();
    if (m_result == nullptr || !hasFailed(*m_result))
        m_result = std::move(result);
}

} // namespace sluice::stores

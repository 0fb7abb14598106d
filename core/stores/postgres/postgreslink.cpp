// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/postgres/postgreslink.h"

#include <QFile>
#include <QHostAddress>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include <libpq-fe.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace sluice::stores {

using namespace Qt::StringLiterals;

namespace {

constexpr int OldestServer = 13;
constexpr qint64 Tick = 20; ///< milliseconds between two looks at what may end a wait
constexpr int CopiedAtOnce = 64 * 1'024;
constexpr qint64 LargestRow = 64 * 1'024 * 1'024;

/// Notices would go to standard error.
void ignoreNotice(void *, const PGresult *) { }

/// What a thread of its own looks up, since nothing ends getaddrinfo(); whoever comes last frees
/// it.
struct Lookup
{
    std::mutex mutex;
    std::condition_variable wake;
    bool isDone = false;
    QStringList addresses;
};

QStringList addressesOf(const QByteArray &name)
{
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo *found = nullptr;
    if (::getaddrinfo(name.constData(), nullptr, &hints, &found) != 0)
        return {};
    QStringList addresses;
    for (const addrinfo *each = found; each != nullptr; each = each->ai_next)
        addresses.append(QHostAddress(each->ai_addr).toString());
    ::freeaddrinfo(found);
    return addresses;
}

bool hasFailed(const PGresult &result)
{
    switch (PQresultStatus(&result)) {
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
    case PGRES_COPY_IN:
        return false;
    default:
        return true;
    }
}

/// Over a network, since the connection was made; of a local socket nobody knows.
qint64 receivedBytes(int socket)
{
    tcp_info info{};
    socklen_t size = sizeof info;
    const bool isKnown = ::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0
        && size >= offsetof(tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received;
    return isKnown ? static_cast<qint64>(info.tcpi_bytes_received) : 0;
}

bool isLarge(const PGresult &row)
{
    qint64 size = 0;
    for (int i = 0; i < PQnfields(&row); ++i)
        size += PQgetlength(&row, 0, i);
    return size > LargestRow;
}

qint64 now()
{
    return QDeadlineTimer::current().deadline();
}

} // namespace

void PostgresLink::FreeResult::operator()(pg_result *result) const
{
    PQclear(result);
}

PostgresLink::~PostgresLink()
{
    close();
}

void PostgresLink::allow(QDeadlineTimer deadline, std::function<bool()> goesOn)
{
    m_deadline = deadline;
    m_goesOn = std::move(goesOn);
}

void PostgresLink::hurry(std::chrono::milliseconds most)
{
    m_latest = std::min(m_latest.load(), now() + static_cast<qint64>(most.count()));
}

void PostgresLink::close()
{
    PQfinish(std::exchange(m_connection, nullptr));
}

// --- waiting -------------------------------------------------------------------------------------

/// How many milliseconds may be waited before the next look.
Result<qint64> PostgresLink::pause()
{
    if (m_goesOn && !m_goesOn())
        return unanswered(ErrorCode::Cancelled);
    const qint64 end = std::min(m_latest.load(), m_deadline.deadline()); // forever: the largest one
    const qint64 left = end - now();
    if (left <= 0)
        return unanswered(ErrorCode::Timeout);
    return std::min(left, Tick);
}

Result<void> PostgresLink::wait(short events)
{
    for (;;) {
        const auto most = pause();
        if (!most)
            return most.error();
        pollfd socket{PQsocket(m_connection), events, 0};
        if (::poll(&socket, 1, static_cast<int>(*most)) > 0)
            return {};
    }
}

Result<void> PostgresLink::flush()
{
    for (;;) {
        const int left = PQflush(m_connection);
        if (left < 0)
            return broken();
        if (left == 0)
            return {};
        // A server that is busy with what it has to say does not listen before we do.
        if (auto waited = wait(POLLIN | POLLOUT); !waited)
            return waited;
        if (PQconsumeInput(m_connection) == 0)
            return broken();
    }
}

Result<void> PostgresLink::waitForAnswer(qint64 most)
{
    if (auto flushed = flush(); !flushed)
        return flushed;
    const qint64 start = receivedBytes(PQsocket(m_connection));
    while (PQisBusy(m_connection) != 0) {
        if (auto waited = wait(POLLIN); !waited)
            return waited;
        if (PQconsumeInput(m_connection) == 0)
            return broken();
        if (receivedBytes(PQsocket(m_connection)) - start > most)
            return tooLarge();
    }
    return {};
}

// --- connecting ----------------------------------------------------------------------------------

Result<QStringList> PostgresLink::resolve(const QString &name)
{
    if (!QHostAddress(name).isNull())
        return QStringList{name};
    const auto lookup = std::make_shared<Lookup>();
    std::thread([lookup, host = name.toUtf8()] {
        const QStringList found = addressesOf(host);
        const std::lock_guard lock(lookup->mutex);
        lookup->addresses = found;
        lookup->isDone = true;
        lookup->wake.notify_all();
    }).detach();
    std::unique_lock lock(lookup->mutex);
    while (!lookup->isDone) {
        const auto most = pause();
        if (!most)
            return most.error();
        lookup->wake.wait_for(lock, std::chrono::milliseconds(*most));
    }
    if (lookup->addresses.isEmpty())
        return Error{ErrorCode::Io,
            u"The host \"%1\" of PostgreSQL has no address: check url and the name server"_s.arg(
                name),
            {}};
    return lookup->addresses;
}

Result<void> PostgresLink::connect()
{
    QHash<QString, QStringList> addresses;
    for (const QString &name : m_place.address.names()) {
        const auto found = resolve(name);
        if (!found)
            return found.error();
        addresses.insert(name, *found);
    }
    const QHash<QByteArray, QByteArray> parameters = m_place.address.parameters(addresses);
    std::vector<const char *> names;
    std::vector<const char *> values;
    for (auto it = parameters.cbegin(); it != parameters.cend(); ++it) {
        names.push_back(it.key().constData());
        values.push_back(it.value().constData());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    m_connection = PQconnectStartParams(names.data(), values.data(), 0);
    if (m_connection == nullptr)
        return Error{ErrorCode::Io, u"There is no memory for a connection to PostgreSQL"_s, {}};
    PQsetErrorVerbosity(m_connection, PQERRORS_VERBOSE); // has the SQLSTATE
    PQsetNoticeReceiver(m_connection, ignoreNotice, nullptr);
    if (PQstatus(m_connection) == CONNECTION_BAD)
        return broken();
    for (PostgresPollingStatusType status = PGRES_POLLING_WRITING; status != PGRES_POLLING_OK;) {
        if (auto waited = wait(status == PGRES_POLLING_READING ? POLLIN : POLLOUT); !waited)
            return waited;
        status = PQconnectPoll(m_connection);
        if (status == PGRES_POLLING_FAILED)
            return broken();
    }
    PQsetnonblocking(m_connection, 1);
    return {};
}

Result<void> PostgresLink::open(const QByteArray &settings)
{
    close();
    m_state.clear();
    auto connected = connect();
    if (!connected) {
        close();
        return connected;
    }
    const QString where = m_place.address.where();
    const int version = PQserverVersion(m_connection) / 10'000;
    const QByteArray encoding = PQparameterStatus(m_connection, "server_encoding");
    QString problem;
    if (version < OldestServer)
        problem = u"PostgreSQL at %1 is version %2: version %3 or newer is needed"_s.arg(where)
                      .arg(version)
                      .arg(OldestServer);
    else if (encoding != "UTF8")
        problem = u"The database \"%1\" in PostgreSQL at %2 has the encoding %3: make one with "
                  "UTF8"_s.arg(m_place.address.database(), where, QString::fromLatin1(encoding));
    if (!problem.isEmpty()) {
        close();
        return Error{ErrorCode::Unsupported, problem, {}};
    }
    const auto set = run(settings);
    return set ? Result<void>() : set.error();
}

// --- statements ----------------------------------------------------------------------------------

Result<PostgresLink::Answer> PostgresLink::run(const QByteArray &sql, const QByteArray &copied)
{
    m_state.clear();
    if (PQsendQuery(m_connection, sql.constData()) == 0)
        return broken();
    return collect(copied);
}

Result<PostgresLink::Answer> PostgresLink::run(const QByteArray &sql, const QStringList &values)
{
    if (const auto sent = send(sql, values); !sent)
        return sent.error();
    return collect({});
}

Result<void> PostgresLink::start(const QByteArray &sql, const QStringList &values)
{
    if (auto sent = send(sql, values); !sent)
        return sent;
    PQsetSingleRowMode(m_connection);
    return {};
}

Result<void> PostgresLink::send(const QByteArray &sql, const QStringList &values)
{
    m_state.clear();
    QByteArrayList texts;
    for (const QString &value : values)
        texts.append(value.toUtf8());
    std::vector<const char *> pointers;
    pointers.reserve(static_cast<size_t>(texts.size()));
    for (const QByteArray &text : std::as_const(texts))
        pointers.push_back(text.constData());
    const int sent = PQsendQueryParams(m_connection, sql.constData(),
        static_cast<int>(pointers.size()), nullptr, pointers.data(), nullptr, nullptr, 0);
    if (sent == 0)
        return broken();
    return {};
}

Result<PostgresLink::Answer> PostgresLink::next()
{
    if (const auto waited = waitForAnswer(LargestRow); !waited)
        return waited.error();
    Answer answer(PQgetResult(m_connection));
    if (answer && hasFailed(*answer))
        return failed(*answer);
    if (answer && PQresultStatus(answer.get()) == PGRES_SINGLE_TUPLE && isLarge(*answer))
        return tooLarge();
    return answer;
}

/// The last answer, or the first error; to the end of all.
Result<PostgresLink::Answer> PostgresLink::collect(const QByteArray &copied)
{
    Answer last;
    std::optional<Error> error;
    while (m_connection != nullptr) { // failed() closes one that is gone
        if (const auto waited = waitForAnswer(); !waited)
            return waited.error();
        Answer answer(PQgetResult(m_connection));
        if (!answer)
            break;
        const bool isWaiting = PQresultStatus(answer.get()) == PGRES_COPY_IN;
        const auto done = isWaiting ? copy(copied) : Result<void>();
        if (!done)
            return done.error();
        if (hasFailed(*answer))
            error = error.value_or(failed(*answer));
        last = std::move(answer);
    }
    if (error)
        return *error;
    return last;
}

Result<void> PostgresLink::copy(const QByteArray &bytes)
{
    for (qsizetype done = 0; done < bytes.size(); done += CopiedAtOnce) {
        const auto size = static_cast<int>(std::min<qsizetype>(CopiedAtOnce, bytes.size() - done));
        if (PQputCopyData(m_connection, bytes.constData() + done, size) < 1)
            return broken();
        if (auto flushed = flush(); !flushed)
            return flushed;
    }
    return PQputCopyEnd(m_connection, nullptr) < 1 ? broken() : Result<void>();
}

// --- failures ------------------------------------------------------------------------------------

Error PostgresLink::broken()
{
    const QString message = QString::fromUtf8(PQerrorMessage(m_connection));
    m_state = sqlStateIn(message);
    m_words = message.section(u'\n', 0, 0);
    close();
    return {ErrorCode::Io, postgresProblem(m_place, m_state, message), {}};
}

Error PostgresLink::failed(const pg_result &result)
{
    const QString message = QString::fromUtf8(PQresultErrorMessage(&result));
    m_state = PQresultErrorField(&result, PG_DIAG_SQLSTATE);
    m_words = QString::fromUtf8(PQresultErrorField(&result, PG_DIAG_MESSAGE_PRIMARY));
    if (PQstatus(m_connection) == CONNECTION_BAD)
        close();
    return {ErrorCode::Io, postgresProblem(m_place, m_state, message), {}};
}

Error PostgresLink::tooLarge()
{
    close();
    return {ErrorCode::Refused, u"the answer has a row of more than 64 MB"_s, {}};
}

Error PostgresLink::unanswered(ErrorCode code)
{
    close();
    return {code,
        u"PostgreSQL at %1 does not answer: look whether it runs, for locks there, and at the "
        "network"_s.arg(m_place.address.where()),
        {}};
}

} // namespace sluice::stores

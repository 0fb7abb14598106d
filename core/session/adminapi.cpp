// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/adminapi.h"

#include "core/base/duration.h"
#include "core/config/reader.h"
#include "core/limits/limiter.h"
#include "core/session/adminrows.h"
#include "core/session/auditlog.h"
#include "core/session/limitoperations.h"
#include "core/session/operationsfile.h"
#include "core/stores/ledger/ledgerforget.h"
#include "core/stores/ledger/ledgerreader.h"

#include <QDateTime>

#include <algorithm>

namespace sluice::session {

using namespace Qt::StringLiterals;
using gateway::AdminCall;
using gateway::AdminRequest;
using gateway::AdminTicketPtr;
using gateway::Failure;
using gateway::Response;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using stores::UsageQuery;

namespace {

constexpr qint64 DefaultRows = 10'000;
constexpr qint64 MostGroups = 100'000; ///< of usage

Response failed(const Failure &failure)
{
    return gateway::failureResponse(failure, config::Dialect::OpenAi);
}

Response notFound(const QString &message, const QByteArray &code = "not_found")
{
    return failed({404, "invalid_request_error", code, message});
}

Response invalid(const QString &message)
{
    return failed({400, "invalid_request_error", "invalid_field", message});
}

/// "24h" (ago), or ISO 8601, in UTC where no zone is written.
Result<std::optional<milliseconds>> readTime(
    const AdminRequest &request, QLatin1StringView name, milliseconds now)
{
    if (!request.has(name))
        return std::optional<milliseconds>();
    const QString text = request.values.value(name).toString();
    if (const auto ago = parseDuration(text))
        return std::optional(now - std::chrono::floor<milliseconds>(*ago));
    QDateTime time = QDateTime::fromString(text, Qt::ISODate);
    if (!time.isValid())
        return Error{ErrorCode::Invalid,
            u"\"%1\" must be how long ago, like 24h, or a time, like 2026-01-31T12:00:00Z"_s.arg(
                name),
            {}};
    if (time.timeSpec() == Qt::LocalTime)
        time.setTimeSpec(Qt::UTC);
    return std::optional(milliseconds(time.toMSecsSinceEpoch()));
}

Result<UsageQuery> readUsageQuery(const AdminRequest &request, milliseconds now)
{
    UsageQuery query;
    query.by = request.values.value("by"_L1).toString().split(u',', Qt::SkipEmptyParts);
    const QJsonArray conditions = request.values.value("where"_L1).toArray();
    for (const auto &condition : conditions) {
        const QString text = condition.toString();
        const qsizetype equals = text.indexOf(u'=');
        if (equals <= 0)
            return Error{ErrorCode::Invalid, u"\"where\" must be FIELD=VALUE, like key=ci"_s, {}};
        query.where.push_back({text.left(equals), text.sliced(equals + 1)});
    }
    const auto since = readTime(request, "since"_L1, now);
    if (!since)
        return since.error();
    const auto until = readTime(request, "until"_L1, now);
    if (!until)
        return until.error();
    query.since = *since;
    query.until = *until;
    if (const auto good = stores::check(query); !good)
        return good.error();
    return query;
}

Response answerUsage(stores::LedgerReader &reader, const UsageQuery &query)
{
    stores::ReadLimits limits;
    limits.maxRows = MostGroups;
    const auto table = reader.usage(query, limits);
    if (!table)
        return AdminQuestions::failed(table.error());
    const auto lost = reader.lost(query);
    return gateway::adminAnswer(QJsonObject{{u"rows"_s, adminrows::table(*table)},
        {u"is_cut"_s, table->isCut}, {u"lost_requests"_s, lost ? *lost : 0}});
}

Response answerSql(stores::LedgerReader &reader, const QString &sql, qint64 max)
{
    const auto table = reader.select(sql, max);
    if (!table)
        return AdminQuestions::failed(table.error());
    return gateway::adminAnswer(
        QJsonObject{{u"columns"_s, QJsonArray::fromStringList(table->columns)},
            {u"rows"_s, adminrows::table(*table)}, {u"is_cut"_s, table->isCut}});
}

} // namespace

AdminApi::AdminApi(limits::Limiter &limiter, LimitOperations &operations, QObject *parent)
    : QObject(parent), m_limiter(limiter), m_operations(operations)
{
    m_readings.setMaxThreadCount(1);
}

AdminApi::~AdminApi()
{
    m_readings.clear();
    m_readings.waitForDone();
}

void AdminApi::setPlace(const QString &folder, const QString &fileName)
{
    m_folder = folder;
    m_fileName = fileName;
}

void AdminApi::handle(AdminRequest request, AdminTicketPtr ticket)
{
    QMetaObject::invokeMethod(
        this,
        [this, request = std::move(request), ticket = std::move(ticket)] {
            carryOut(request, ticket);
        },
        Qt::QueuedConnection);
}

void AdminApi::carryOut(const AdminRequest &request, const AdminTicketPtr &ticket)
{
    if (!ticket->isWanted())
        return;
    switch (request.call) {
    case AdminCall::ListLimits:
    case AdminCall::ListCounters:
        return run(ticket, listCounters(request));
    case AdminCall::Usage:
        return askUsage(request, ticket);
    case AdminCall::Sql:
        return askSql(request, ticket);
    case AdminCall::Forget:
        return forget(request, ticket);
    default:
        return ticket->answer(operate(request));
    }
}

void AdminApi::run(const AdminTicketPtr &ticket, Work work)
{
    m_readings.start([ticket, work = std::move(work)] {
        if (ticket->isWanted())
            ticket->answer(work());
    });
}

Response AdminApi::operate(const AdminRequest &request)
{
    switch (request.call) {
    case AdminCall::ResetCounters:
        return reset(request);
    case AdminCall::ListRaises:
        return raises();
    case AdminCall::Raise:
        return raise(request);
    case AdminCall::EndRaise:
        return endRaise(request);
    case AdminCall::ListBlocks:
        return blocks();
    case AdminCall::Block:
        return block(request);
    case AdminCall::Unblock:
        return unblock(request);
    default:
        return notFound(u"This gateway cannot do that"_s);
    }
}

/// The name that the engine knows a limit by. Policies of headers are known while they count.
Result<QByteArray> AdminApi::nameOf(const QByteArray &limit) const
{
    const auto set = m_limiter.limits();
    if (set->find(limit))
        return limit;
    if (limit.contains(';')) {
        for (const limits::CounterReading &reading : m_limiter.readings()) {
            if (reading.limit->policy == limit || reading.limit->name == limit)
                return reading.limit->name;
        }
    }
    QList<QByteArrayView> names;
    for (const limits::LimitPtr &known : set->all())
        names.append(known->name);
    const QByteArray meant = config::nearest(limit, names);
    return Error{ErrorCode::NotFound,
        u"There is no limit \"%1\"%2"_s.arg(gateway::shownText(QString::fromUtf8(limit)),
            meant.isEmpty() ? QString()
                            : u"; did you mean \"%1\"?"_s.arg(QString::fromUtf8(meant))),
        {}};
}

// --- counters ------------------------------------------------------------------------------------

AdminApi::Work AdminApi::listCounters(const AdminRequest &request) const
{
    const bool isOne = request.call == AdminCall::ListCounters;
    const QByteArray limit = request.text(isOne ? "name"_L1 : "limit"_L1);
    QByteArray name;
    if (isOne || !limit.isEmpty()) {
        const auto found = nameOf(limit);
        if (!found) {
            return [message = found.error().message] { return notFound(message, "unknown_limit"); };
        }
        name = *found;
    }
    const adminrows::Place place{m_fileName, m_limiter.limits()};
    const qint64 max = request.number("max"_L1, DefaultRows);
    return [this, name, place, max] {
        auto readings = m_limiter.readings();
        if (!name.isEmpty())
            std::erase_if(readings,
                [&name](const limits::CounterReading &r) { return r.limit->name != name; });
        const limits::Instant now(m_limiter.clock());
        return gateway::adminAnswer(adminrows::counters(readings, now, place, max));
    };
}

Response AdminApi::reset(const AdminRequest &request)
{
    const auto name = nameOf(request.text("name"_L1));
    if (!name)
        return notFound(name.error().message, "unknown_limit");
    const bool isOne = request.has("value"_L1);
    const LimitOperations::Id id =
        isOne ? m_operations.reset(*name, request.text("value"_L1)) : m_operations.resetAll(*name);
    return gateway::adminAnswer(QJsonObject{{u"limit"_s, request.values.value("name"_L1)},
        {u"value"_s, isOne ? request.values.value("value"_L1) : QJsonValue(QJsonValue::Null)},
        {u"is_reset"_s, id != 0}});
}

// --- raises --------------------------------------------------------------------------------------

Response AdminApi::raises() const
{
    QJsonArray rows;
    const auto set = m_limiter.limits();
    const limits::Instant now(m_limiter.clock());
    for (const limits::Raise &raise : m_operations.inForce().raises)
        rows.append(adminrows::raise(raise, set->find(raise.limit).get(), now));
    return gateway::adminAnswer(rows);
}

Response AdminApi::raise(const AdminRequest &request)
{
    const QByteArray name = request.text("limit"_L1);
    const limits::LimitPtr limit = m_limiter.limits()->find(name);
    if (!limit) {
        const auto known = nameOf(name);
        return notFound(known ? u"A policy that clients send cannot be raised; name a limit of the "
                                u"configuration"_s
                              : known.error().message,
            "unknown_limit");
    }
    const QByteArray value = request.text("value"_L1);
    const bool isShared = limit->segment.kind == limits::SegmentKind::Shared;
    if (isShared && !value.isEmpty())
        return invalid(
            u"\"value\" must be empty: %1 is shared by everybody"_s.arg(QString::fromUtf8(name)));
    const qint64 extra = request.number("amount"_L1);
    if (limit->unit != Unit::Cents && extra % MicroPerUnit != 0)
        return invalid(u"\"amount\" must be a whole number: %1 counts in the unit %2"_s.arg(
            QString::fromUtf8(name), adminrows::unitText(limit->unit)));
    m_operations.raise(name, value, extra, nanoseconds(request.number("for"_L1)));
    const limits::Instant now(m_limiter.clock());
    for (const limits::Raise &raise : m_operations.inForce().raises) {
        if (raise.limit == name && raise.value == value)
            return gateway::adminAnswer(adminrows::raise(raise, limit.get(), now));
    }
    return invalid(u"\"for\" is too short"_s);
}

Response AdminApi::endRaise(const AdminRequest &request)
{
    const QString id = request.values.value("id"_L1).toString();
    const limits::Instant now(m_limiter.clock());
    for (const limits::Raise &raise : m_operations.inForce().raises) {
        if (adminrows::idOf(raise) != id)
            continue;
        m_operations.endRaise(raise.limit, raise.value);
        return gateway::adminAnswer(
            adminrows::raise(raise, m_limiter.limits()->find(raise.limit).get(), now));
    }
    return notFound(u"There is no raise %1 in force"_s.arg(gateway::shownText(id)));
}

// --- blocks --------------------------------------------------------------------------------------

Response AdminApi::blocks() const
{
    QJsonArray rows;
    const limits::Instant now(m_limiter.clock());
    for (const limits::Block &block : m_operations.inForce().blocks)
        rows.append(adminrows::block(block, now));
    return gateway::adminAnswer(rows);
}

Response AdminApi::block(const AdminRequest &request)
{
    const auto segment = operationsfile::segmentOf(request.values.value("segment"_L1).toString());
    if (!segment)
        return invalid(u"\"segment\" must be api-key, end-user, team, team-member or "
                       u"property:NAME"_s);
    const QByteArray value = request.text("value"_L1);
    if (segment->kind == limits::SegmentKind::TeamMember && !value.contains('/'))
        return invalid(u"\"value\" of a member must be TEAM/MEMBER"_s);
    std::optional<nanoseconds> duration;
    if (request.has("for"_L1))
        duration = nanoseconds(request.number("for"_L1));
    m_operations.block(*segment, value, duration);
    const limits::Instant now(m_limiter.clock());
    for (const limits::Block &block : m_operations.inForce().blocks) {
        if (block.segment == *segment && block.value == value)
            return gateway::adminAnswer(adminrows::block(block, now));
    }
    return invalid(u"\"for\" is too short"_s);
}

Response AdminApi::unblock(const AdminRequest &request)
{
    const QString id = request.values.value("id"_L1).toString();
    const limits::Instant now(m_limiter.clock());
    for (const limits::Block &block : m_operations.inForce().blocks) {
        if (adminrows::idOf(block) != id)
            continue;
        m_operations.unblock(block.segment, block.value);
        return gateway::adminAnswer(adminrows::block(block, now));
    }
    return notFound(u"There is no block %1 in force"_s.arg(gateway::shownText(id)));
}

// --- the ledger ----------------------------------------------------------------------------------

stores::LedgerPlace AdminApi::ledger() const
{
    return stores::LedgerPlace::in(m_folder, m_ledgerUrl);
}

void AdminApi::askUsage(const AdminRequest &request, const AdminTicketPtr &ticket)
{
    const auto query = readUsageQuery(request, m_limiter.clock().wall());
    if (!query)
        return ticket->answer(invalid(query.error().message));
    m_questions.ask(ledger(), ticket,
        [query = *query](stores::LedgerReader &reader) { return answerUsage(reader, query); });
}

void AdminApi::askSql(const AdminRequest &request, const AdminTicketPtr &ticket)
{
    m_questions.ask(ledger(), ticket,
        [sql = request.values.value("sql"_L1).toString(),
            max = request.number("max"_L1, DefaultRows)](
            stores::LedgerReader &reader) { return answerSql(reader, sql, max); });
}

void AdminApi::forget(const AdminRequest &request, const AdminTicketPtr &ticket)
{
    const QString user = request.values.value("user"_L1).toString();
    const QString key = request.values.value("key"_L1).toString();
    if (user.isEmpty() == key.isEmpty())
        return ticket->answer(invalid(u"Either \"user\" or \"key\" must be there"_s));
    stores::ForgetRequest wanted;
    wanted.subject =
        user.isEmpty() ? stores::ForgetRequest::Subject::Key : stores::ForgetRequest::Subject::User;
    wanted.name = user.isEmpty() ? key : user;
    wanted.actor = localUser();
    wanted.now = m_limiter.clock().wall();
    wanted.goesOn = [this] { return !m_questions.isEnding(); };
    m_questions.run(ticket, [place = ledger(), wanted] {
        const auto done = stores::forget(place, wanted);
        if (!done)
            return AdminQuestions::failed(done.error());
        return gateway::adminAnswer(QJsonObject{{u"removed_requests"_s, done->rows},
            {u"anonymous_sums"_s, done->groups}, {u"is_wiped"_s, done->isWiped}});
    });
}

} // namespace sluice::session

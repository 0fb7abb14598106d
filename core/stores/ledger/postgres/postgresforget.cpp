// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/postgres/postgresforget.h"

#include "core/base/ids.h"
#include "core/stores/ledger/postgres/ledgertables.h"
#include "core/stores/ledger/postgres/ledgertexts.h"
#include "core/stores/ledger/rollupbook.h"

#include <libpq-fe.h>

#include <algorithm>

namespace sluice::stores {

using namespace Qt::StringLiterals;

namespace {

constexpr std::chrono::milliseconds StepTime{60'000};
constexpr std::chrono::milliseconds ConnectTime{8'000};
constexpr qint64 RowsSearchedAtOnce = 50'000; ///< so that who records waits for a moment only

const QByteArray Schema = QByteArray(ledgertables::SchemaName) + '.';

class Forgetting
{
public:
    Forgetting(PostgresPlace place, const ForgetRequest &request)
        : m_link(std::move(place)),
          m_request(request),
          m_isUser(request.subject == ForgetRequest::Subject::User),
          m_name(sqlLiteral(request.name.toUtf8()))
    {
    }

    Result<void> open()
    {
        m_link.allow(QDeadlineTimer(ConnectTime), m_request.goesOn);
        if (auto opened = m_link.open("SET search_path = pg_catalog; SET statement_timeout = '60s'"
                                      "; SET standard_conforming_strings = on"
                                      "; SET default_transaction_read_only = off");
            !opened)
            return opened;
        const auto version = ledgertables::version(m_link);
        if (!version)
            return version.error();
        if (*version == 0)
            return Error{ErrorCode::NotFound,
                u"PostgreSQL at %1 has no ledger: nothing has been recorded there"_s.arg(
                    m_link.place().address.where()),
                {}};
        return {};
    }

    Result<qint64> removeRows()
    {
        auto first = number("SELECT coalesce(min(id), 1) FROM " + Schema + "ledger");
        if (!first)
            return first;
        auto last = number("SELECT coalesce(max(id), 0) FROM " + Schema + "ledger");
        if (!last)
            return last;
        qint64 removed = 0;
        for (qint64 id = *first; id <= *last; id += RowsSearchedAtOnce) {
            const qint64 to = std::min(*last, id + RowsSearchedAtOnce - 1);
            auto some = number("WITH gone AS (DELETE FROM " + Schema + "ledger WHERE id BETWEEN "
                + QByteArray::number(id) + " AND " + QByteArray::number(to) + " AND "
                + (m_isUser ? "\"user\"" : "key") + " = " + m_name
                + " RETURNING 1) SELECT count(*) FROM gone");
            if (!some)
                return some;
            removed += *some;
        }
        return removed;
    }

    /// The sums and the audit, together. Gives how many sums have lost the name.
    Result<qint64> anonymise(qint64 rows)
    {
        const QByteArray kind = QByteArray::number(
            static_cast<qint64>(m_isUser ? RollupKind::User : RollupKind::Common));
        const QByteArray time = QByteArray::number(static_cast<qint64>(m_request.now.count()));
        if (const auto begun = m_link.run("BEGIN"); !begun)
            return begun.error();
        auto groups = number("SELECT " + Schema + "forget_sums(" + kind + ", " + m_name + ", "
            + sqlLiteral(ForgottenName) + ')');
        if (!groups)
            return groups;
        const auto ended = m_link.run("INSERT INTO " + Schema
            + "audit_log (origin, origin_id, time_ms, actor, action, subject, value, before, after)"
              " VALUES ('"
            + makeSecret(128) + "', 1, " + time + ", " + sqlLiteral(m_request.actor.toUtf8())
            + ", 'forget', " + (m_isUser ? "'user'" : "'key'") + ", "
            + sqlLiteral(hashOfForgotten(m_request.name))
            + ", '', '{\"rows\":" + QByteArray::number(rows) + "}'); COMMIT");
        return ended ? groups : ended.error();
    }

private:
    Result<qint64> number(const QByteArray &sql)
    {
        m_link.allow(QDeadlineTimer(StepTime), m_request.goesOn);
        const auto answer = m_link.run(sql);
        if (!answer)
            return answer.error();
        return QByteArray(PQgetvalue(answer->get(), 0, 0)).toLongLong();
    }

    PostgresLink m_link;
    const ForgetRequest &m_request;
    bool m_isUser;
    QByteArray m_name; ///< as SQL
};

} // namespace

Result<Forgotten> forgetInPostgres(const QString &url, const ForgetRequest &request)
{
    auto place = ledgertables::placeOf(url);
    if (!place)
        return place.error();
    Forgetting forgetting(std::move(*place), request);
    if (const auto opened = forgetting.open(); !opened)
        return opened.error();
    const auto rows = forgetting.removeRows();
    if (!rows)
        return rows.error();
    const auto groups = forgetting.anonymise(*rows);
    if (!groups)
        return groups.error();
    return Forgotten{*rows, *groups, true};
}

} // namespace sluice::stores

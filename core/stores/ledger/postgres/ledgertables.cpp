// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/postgres/ledgertables.h"

#include "core/stores/ledger/usagesums.h"

#include <libpq-fe.h>

namespace sluice::stores::ledgertables {

using namespace Qt::StringLiterals;

QByteArray textTemplate(); // ledgertext.cpp, made from ledger.sql

namespace {

/// Says something for each sum: %1 is its name, %2 a parameter for it.
QByteArray forEachSum(const QByteArray &pattern, const QByteArray &between)
{
    QByteArrayList all;
    int number = 0;
    for (const QLatin1StringView name : UsageSumNames) {
        QByteArray text = pattern;
        text.replace("%1", QByteArray(name.data(), name.size()));
        text.replace("%2", QByteArray("f" + QByteArray::number(++number)));
        all.append(text);
    }
    return all.join(between);
}

} // namespace

Result<PostgresPlace> placeOf(const QString &url)
{
    const auto address = PostgresAddress::parse(url);
    if (!address)
        return Error{ErrorCode::Refused,
            u"recording.url cannot be understood: write postgresql://user@host:port/database, with "
            "special characters as %XX"_s,
            {}};
    return PostgresPlace{*address, SchemaName};
}

QByteArray migration()
{
    QByteArray sql = textTemplate();
    sql.replace("{schema}", SchemaName);
    sql.replace("{version}", QByteArray::number(Version));
    sql.replace("{sum_columns}", forEachSum("        %1 bigint NOT NULL,", "\n"));
    sql.replace("{sum_names}", forEachSum("%1", ", "));
    sql.replace("{sum_parameters}", forEachSum("%2 bigint[]", ", "));
    sql.replace("{sum_figures}", forEachSum("%2", ", "));
    sql.replace("{sum_of_figures}",
        forEachSum("least(sum(%1), 9223372036854775807)::bigint", ",\n            "));
    sql.replace("{sum_updates}",
        forEachSum("%1 = " + QByteArray(SchemaName) + ".plus(old.%1, excluded.%1)",
            ",\n                "));
    return sql;
}

QByteArray forAdministrators(const QString &role)
{
    QByteArray grantee = role.toUtf8().replace("\"", "\"\"");
    grantee = role.isEmpty() ? QByteArray("PUBLIC") : '"' + grantee + '"';
    QByteArray grants = R"(
GRANT USAGE ON SCHEMA {schema} TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.batches, {schema}.ledger, {schema}.lost_requests,
    {schema}.rollup_group, {schema}.rollup_hourly, {schema}.rollup_daily,
    {schema}.rollup_property TO {role};
GRANT SELECT, INSERT ON {schema}.audit_log TO {role};
GRANT SELECT ON {schema}.meta, {schema}.requests, {schema}.usage_hourly, {schema}.usage_daily,
    {schema}.usage_hourly_by_user, {schema}.usage_hourly_by_property, {schema}.audit TO {role};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO {role};
)";
    grants.replace("{schema}", SchemaName);
    grants.replace("{role}", grantee);
    return migration() + grants;
}

Result<int> version(PostgresLink &link)
{
    const auto answer = link.run("SELECT version FROM " + QByteArray(SchemaName) + ".meta");
    if (!answer && (link.state() == "42P01" || link.state() == "3F000")) // no table, no schema
        return 0;
    if (!answer)
        return answer.error();
    const int found =
        PQntuples(answer->get()) == 0 ? 0 : QByteArray(PQgetvalue(answer->get(), 0, 0)).toInt();
    if (found > Version)
        return Error{ErrorCode::Unsupported,
            u"the ledger in PostgreSQL at %1 was made by a newer version of Sluice (%2, this one "
            "knows %3): use that version, or another database"_s.arg(link.place().address.where())
                .arg(found)
                .arg(Version),
            {}};
    return found;
}

Result<void> migrate(PostgresLink &link)
{
    const auto before = version(link);
    if (!before)
        return before.error();
    if (*before == Version)
        return {};
    if (const auto done = link.run(migration()); !done)
        return done.error();
    const auto after = version(link);
    if (!after)
        return after.error();
    return *after == Version
        ? Result<void>()
        : Error{ErrorCode::Io, u"the ledger's schema could not be set up"_s, {}};
}

} // namespace sluice::stores::ledgertables

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/postgres/postgresschema.h"

#include <algorithm>

namespace sluice::stores {

using namespace Qt::StringLiterals;

QByteArray postgresSchemaTemplate(); // schematext.cpp, made from schema.sql

namespace {

constexpr qsizetype MaxNameLength = 63; // longer identifiers are cut by the server

bool isNameCharacter(char c)
{
    const bool isLetter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return isLetter || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

QByteArray quoted(QByteArray name)
{
    return '"' + name.replace("\"", "\"\"") + '"';
}

} // namespace

Result<PostgresSchema> PostgresSchema::forPrefix(const QByteArray &prefix)
{
    QByteArray name = prefix;
    while (name.endsWith(':'))
        name.chop(1);
    const bool isGood = !name.isEmpty() && name.size() <= MaxNameLength && !name.startsWith("pg_")
        && std::all_of(name.cbegin(), name.cend(), isNameCharacter);
    if (!isGood)
        return Error{ErrorCode::Invalid,
            u"key-prefix names a schema in PostgreSQL: use 1 to 63 letters, digits, \"_\", \"-\" "
            "and \".\", not beginning with \"pg_\""_s,
            {}};
    return PostgresSchema(name);
}

QByteArray PostgresSchema::qualified(QByteArrayView object) const
{
    return quoted(m_name) + '.' + object.toByteArray();
}

QByteArray PostgresSchema::migration() const
{
    QByteArray sql = postgresSchemaTemplate();
    sql.replace("{schema}", quoted(m_name));
    sql.replace("{version}", QByteArray::number(Version));
    return sql;
}

QByteArray PostgresSchema::forAdministrators(const QString &role) const
{
    const QByteArray schema = quoted(m_name);
    const QByteArray grantee = role.isEmpty() ? QByteArray("PUBLIC") : quoted(role.toUtf8());
    return migration() + "\nGRANT USAGE ON SCHEMA " + schema + " TO " + grantee
        + ";\nGRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA " + schema + " TO "
        + grantee + ";\nGRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA " + schema + " TO " + grantee
        + ";\nGRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA " + schema + " TO " + grantee + ";\n";
}

} // namespace sluice::stores

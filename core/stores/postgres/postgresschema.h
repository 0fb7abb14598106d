// SPDX-License-Identifier: GPL-3.0-or-later
// The tables and functions that the gateways use in PostgreSQL, as SQL. Pure, any thread.
#pragma once

#include "core/base/result.h"

#include <QByteArray>

namespace sluice::stores {

class PostgresSchema final
{
public:
    /// Of the tables and functions. A server that has a newer one is left alone.
    static constexpr int Version = 2;

    /// The schema for a `key-prefix`: "sluice:" is the schema "sluice".
    static Result<PostgresSchema> forPrefix(const QByteArray &prefix);

    /// Unquoted.
    [[nodiscard]] const QByteArray &name() const { return m_name; }

    /// A function or table of it, for SQL.
    [[nodiscard]] QByteArray qualified(QByteArrayView object) const;

    /// One statement that brings the database to Version; does nothing where it is there already.
    [[nodiscard]] QByteArray migration() const;

    /// The same, and what `role` (unquoted; empty: everybody) needs to use it, for administrators.
    [[nodiscard]] QByteArray forAdministrators(const QString &role) const;

private:
    explicit PostgresSchema(QByteArray name) : m_name(std::move(name)) { }

    QByteArray m_name; ///< letters, digits, '_', '-' and '.'
};

} // namespace sluice::stores

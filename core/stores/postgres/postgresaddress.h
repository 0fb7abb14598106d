// SPDX-License-Identifier: GPL-3.0-or-later
// Where a PostgreSQL server is and how to log in there: the URL of the configuration as libpq's
// parameters. A value, any thread.
#pragma once

#include "core/base/result.h"

#include <QByteArrayList>
#include <QHash>
#include <QStringList>

namespace sluice::stores {

class PostgresAddress final
{
public:
    /// Understands "postgresql://[user[:password]@][host][:port][/database][?parameter=value]", as
    /// libpq does. Invalid says so without the text itself, which may hold a password.
    static Result<PostgresAddress> parse(const QString &url);

    /// "127.0.0.1:5432" for sentences; never a secret.
    [[nodiscard]] QString where() const;

    [[nodiscard]] QString user() const;

    [[nodiscard]] QString database() const;

    /// The hosts that need a name server; libpq would block for it. Empty for Unix sockets.
    [[nodiscard]] QStringList names() const;

    /// Names and values for PQconnectStartParams(). `addresses` has what names() were resolved to;
    /// names with several addresses become several hosts.
    [[nodiscard]] QHash<QByteArray, QByteArray> parameters(
        const QHash<QString, QStringList> &addresses) const;

private:
    [[nodiscard]] QByteArrayList hosts() const;
    [[nodiscard]] QByteArray portOf(qsizetype host) const;

    QHash<QByteArray, QByteArray> m_values; ///< what the URL says
};

} // namespace sluice::stores

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/postgres/postgresaddress.h"

#include <libpq-fe.h>

#include <memory>

namespace sluice::stores {

using namespace Qt::StringLiterals;

namespace {

constexpr auto DefaultPort = "5432";

struct FreeOptions
{
    void operator()(PQconninfoOption *options) const { PQconninfoFree(options); }
};

/// A directory of a Unix socket, or an abstract one.
bool isSocket(const QByteArray &host)
{
    return host.isEmpty() || host.startsWith('/') || host.startsWith('@');
}

} // namespace

Result<PostgresAddress> PostgresAddress::parse(const QString &url)
{
    const QByteArray text = url.toUtf8();
    const bool isUrl = text.startsWith("postgresql://") || text.startsWith("postgres://");
    // Its message may quote the password, so nobody sees it.
    char *message = nullptr;
    const std::unique_ptr<PQconninfoOption, FreeOptions> options(
        isUrl ? PQconninfoParse(text.constData(), &message) : nullptr);
    PQfreemem(message);
    if (options == nullptr)
        return Error{ErrorCode::Invalid,
            u"The url of the PostgreSQL store cannot be understood: write "
            "postgresql://user@host:port/database, with special characters as %XX"_s,
            {}};
    PostgresAddress address;
    for (const PQconninfoOption *option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr && *option->val != '\0')
            address.m_values.insert(option->keyword, option->val);
    }
    return address;
}

QByteArrayList PostgresAddress::hosts() const
{
    const QByteArray host = m_values.value("host", m_values.value("hostaddr"));
    return (host.isEmpty() ? qgetenv("PGHOST") : host).split(',');
}

/// One port may be meant for all hosts.
QByteArray PostgresAddress::portOf(qsizetype host) const
{
    const QByteArrayList ports = m_values.value("port", qgetenv("PGPORT")).split(',');
    const QByteArray port = ports.value(ports.size() == 1 ? 0 : host);
    return port.isEmpty() ? QByteArray(DefaultPort) : port;
}

QString PostgresAddress::where() const
{
    QStringList places;
    const QByteArrayList all = hosts();
    for (qsizetype i = 0; i < all.size(); ++i) {
        const QString host = all[i].isEmpty() ? u"the local socket"_s : QString::fromUtf8(all[i]);
        const bool isBare = host.contains(u':') && !isSocket(all[i]); // IPv6
        places.append((isBare ? u'[' + host + u']' : host) + u':' + QString::fromLatin1(portOf(i)));
    }
    return places.join(u',');
}

QString PostgresAddress::user() const
{
    return QString::fromUtf8(m_values.value("user"));
}

QString PostgresAddress::database() const
{
    return QString::fromUtf8(m_values.value("dbname", m_values.value("user")));
}

QStringList PostgresAddress::names() const
{
    QStringList names;
    if (m_values.contains("hostaddr"))
        return names;
    for (const QByteArray &host : hosts()) {
        if (!isSocket(host))
            names.append(QString::fromUtf8(host));
    }
    return names;
}

QHash<QByteArray, QByteArray> PostgresAddress::parameters(
    const QHash<QString, QStringList> &addresses) const
{
    QHash<QByteArray, QByteArray> values = m_values;
    values.insert("fallback_application_name", "sluice");
    values.insert("client_encoding", "UTF8");
    if (!values.contains("gssencmode"))
        values.insert("gssencmode", "disable"); // it may block, and costs a round trip
    if (values.contains("hostaddr"))
        return values;
    QByteArrayList names;
    QByteArrayList numbers;
    QByteArrayList ports;
    const QByteArrayList all = hosts();
    for (qsizetype i = 0; i < all.size(); ++i) {
        const QStringList found = addresses.value(QString::fromUtf8(all[i]), {QString()});
        for (const QString &address : found) {
            names.append(all[i]);
            numbers.append(address.toLatin1());
            ports.append(portOf(i));
        }
    }
    values.insert("host", names.join(','));
    values.insert("hostaddr", numbers.join(','));
    values.insert("port", ports.join(','));
    return values;
}

} // namespace sluice::stores

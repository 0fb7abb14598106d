// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/postgres/postgresproblem.h"

#include <QRegularExpression>

namespace sluice::stores {

using namespace Qt::StringLiterals;

namespace {

/// A sentence for one SQLSTATE or for all that begin so. %1 is the server, %2 the role, %3 the
/// database, %4 the schema, %5 the command for administrators.
struct Known
{
    QLatin1StringView state;
    QStringView sentence;
};

constexpr Known KnownStates[] = {
    {"28P01"_L1, u"PostgreSQL at %1 refuses the password of the role %2: check url"},
    {"28"_L1,
        u"PostgreSQL at %1 does not let the role %2 log in to the database %3: check the role in "
        "url, and pg_hba.conf of the server"},
    {"3D000"_L1, u"PostgreSQL at %1 has no database %3: check url, or create it"},
    {"42501"_L1,
        u"PostgreSQL at %1 does not allow the role %2 to set up or use the schema %4 of the "
        "database %3: let an administrator run the SQL that %5 prints"},
    {"25006"_L1,
        u"PostgreSQL at %1 is a read-only replica: let url name the primary server, or add "
        "?target_session_attrs=read-write"},
    {"53100"_L1, u"PostgreSQL at %1 has no disk space left: make room there"},
    {"53200"_L1, u"PostgreSQL at %1 is out of memory: check max_locks_per_transaction and memory"},
    {"53300"_L1, u"PostgreSQL at %1 takes no more connections: raise max_connections there"},
    {"57P03"_L1, u"PostgreSQL at %1 is starting up or shutting down: wait for it"},
    {"57P"_L1,
        u"PostgreSQL at %1 is shutting down, or its administrator ended the connection: "
        "wait for it"},
    {"57014"_L1,
        u"PostgreSQL at %1 did not finish within connection-timeout: look for locks and slow disks "
        "there"},
    {"42P01"_L1,
        u"PostgreSQL at %1 has lost the tables of the schema %4 of the database %3: look who "
        "removed them"},
};

/// The same for what libpq says without a SQLSTATE.
struct KnownText
{
    QLatin1StringView text;
    QStringView sentence;
};

constexpr KnownText KnownTexts[] = {
    {"Connection refused"_L1,
        u"Nothing listens at %1: start PostgreSQL, or check host and port in url"},
    {"No such file or directory"_L1,
        u"Nothing listens at %1: start PostgreSQL, or check host and port in url"},
    {"no password supplied"_L1,
        u"PostgreSQL at %1 wants a password of the role %2: add it to url, or use ~/.pgpass"},
    {"does not support SSL"_L1, u"PostgreSQL at %1 offers no TLS: check sslmode in url"},
    {"certificate"_L1,
        u"PostgreSQL at %1 shows a certificate that is not trusted: check sslmode and sslrootcert "
        "in url"},
    {"invalid response"_L1,
        u"What listens at %1 does not answer like PostgreSQL: check host and port in url"},
    {"expected authentication request"_L1,
        u"What listens at %1 does not answer like PostgreSQL: check host and port in url"},
    {"lost synchronization"_L1,
        u"What listens at %1 does not answer like PostgreSQL: check host and port in url"},
    {"session is read-only"_L1,
        u"PostgreSQL at %1 is a read-only replica: let url name the "
        "primary server"},
    {"closed the connection"_L1,
        u"PostgreSQL at %1 closed the connection: look at its log; it is tried again"},
};

QString fill(QStringView sentence, const PostgresPlace &place)
{
    const PostgresAddress &address = place.address;
    const auto quoted = [](const QString &name) -> QString {
        return name.isEmpty() ? u"of the operating system's user"_s : u'"' + name + u'"';
    };
    QString text = sentence.toString();
    text.replace(u"%1"_s, address.where());
    text.replace(u"%2"_s, quoted(address.user()));
    text.replace(u"%3"_s, quoted(address.database()));
    text.replace(u"%4"_s, quoted(QString::fromUtf8(place.schema)));
    text.replace(u"%5"_s, u"\"" + QString::fromLatin1(PostgresSchemaCommand) + u"\"");
    return text;
}

/// The first line without what a verbose message has around it.
QString plain(const QString &message)
{
    static const QRegularExpression head(u"^.*?(FATAL|ERROR|PANIC): +([0-9A-Z]{5}: )?"_s);
    QString line = message.section(u'\n', 0, 0).trimmed();
    line.remove(head);
    return line.isEmpty() ? u"no reason given"_s : line;
}

} // namespace

QByteArray sqlStateIn(const QString &message)
{
    // With a digit: "FATAL" has five letters as well.
    static const QRegularExpression state(u": +(?=[A-Z]*[0-9])([0-9A-Z]{5}): "_s);
    return state.match(message).captured(1).toLatin1();
}

QString postgresProblem(const PostgresPlace &place, QByteArrayView state, const QString &message)
{
    for (const Known &known : KnownStates) {
        if (QLatin1StringView(state.data(), state.size()).startsWith(known.state))
            return fill(known.sentence, place);
    }
    for (const KnownText &known : KnownTexts) {
        if (message.contains(known.text))
            return fill(known.sentence, place);
    }
    return fill(u"PostgreSQL at %1 cannot be used (", place) + plain(message)
        + u"): check url and the server's log";
}

} // namespace sluice::stores

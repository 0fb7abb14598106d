// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/postgresserver.h"

#include "core/stores/postgres/postgresstore.h"

#include <QDir>
#include <QFile>
#include <QTcpServer>
#include <QTest>

#include <csignal>
#include <pwd.h>
#include <unistd.h>

namespace sluice::test {

using namespace Qt::StringLiterals;

namespace {

QString programFolder()
{
    const QDir versions(u"/usr/lib/postgresql"_s);
    const QStringList found = versions.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name);
    return found.isEmpty() ? QString() : versions.filePath(QString(found.last() + u"/bin/"_s));
}

bool isRoot()
{
    return ::geteuid() == 0;
}

/// What runs a program of the server: never as root, and never longer than the test.
QStringList wrapper()
{
    QStringList words{u"--pdeathsig"_s, u"KILL"_s};
    if (isRoot())
        words += {u"--reuid=postgres"_s, u"--regid=postgres"_s, u"--clear-groups"_s};
    return words;
}

quint16 freePort()
{
    QTcpServer server;
    server.listen(QHostAddress::LocalHost, 0);
    return server.serverPort();
}

qint64 parentOf(const QString &process)
{
    QFile file(u"/proc/"_s + process + u"/stat"_s);
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray text = file.readAll();
    return text.mid(text.lastIndexOf(')') + 2).split(' ').value(1).toLongLong();
}

} // namespace

PostgresServer::PostgresServer()
{
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    m_process.setStandardOutputFile(QProcess::nullDevice());
}

// After a SIGKILL its shared memory would stay with the system.
PostgresServer::~PostgresServer()
{
    if (m_process.state() == QProcess::NotRunning)
        return;
    resume();
    ::kill(static_cast<pid_t>(m_process.processId()), SIGQUIT);
    if (!m_process.waitForFinished(10'000))
        kill();
}

QByteArray PostgresServer::run(const QString &program, const QStringList &arguments, int *exitCode)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.setWorkingDirectory(m_folder.path());
    process.start(u"setpriv"_s,
        wrapper() + QStringList{program.startsWith(u'/') ? program : programFolder() + program}
            + arguments);
    process.waitForFinished(60'000);
    const QByteArray output = process.readAll();
    const bool isGood = process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0;
    if (exitCode != nullptr)
        *exitCode = isGood ? 0 : 1;
    else if (!isGood)
        qInfo("%s: %s", qPrintable(program), output.constData());
    return output;
}

bool PostgresServer::makeCluster()
{
    if (isRoot()) {
        const passwd *user = ::getpwnam("postgres"); // NOLINT(concurrency-mt-unsafe): one thread
        if (user == nullptr
            || ::chown(QFile::encodeName(m_folder.path()).constData(), user->pw_uid, user->pw_gid)
                != 0)
            return false;
    }
    int exitCode = 1;
    const QByteArray output = run(u"initdb"_s,
        {u"--pgdata"_s, path(u"data"_s), u"--username=sluice"_s, u"--auth=trust"_s,
            u"--encoding=UTF8"_s, u"--locale=C"_s, u"--no-sync"_s, u"--no-instructions"_s},
        &exitCode);
    if (exitCode != 0)
        qInfo("initdb: %s", output.constData());
    m_port = freePort();
    m_hasCluster = exitCode == 0;
    return m_hasCluster;
}

bool PostgresServer::start()
{
    if (programFolder().isEmpty()) {
        qInfo("there is no PostgreSQL (package postgresql)");
        return false;
    }
    if (!m_hasCluster && !makeCluster())
        return false;
    QStringList arguments{u"-D"_s, path(u"data"_s), u"-p"_s, QString::number(m_port), u"-h"_s,
        u"127.0.0.1"_s, u"-k"_s, m_folder.path(), u"-c"_s, u"fsync=off"_s, u"-c"_s,
        u"max_connections=50"_s, u"-c"_s, u"shared_buffers=16MB"_s};
    if (m_hasTls)
        arguments += {u"-c"_s, u"ssl=on"_s, u"-c"_s, u"ssl_cert_file="_s + certificate(), u"-c"_s,
            u"ssl_key_file="_s + path(u"server.key"_s)};
    const auto isReady = [this] {
        int exitCode = 1;
        run(u"pg_isready"_s, {u"-q"_s, u"-h"_s, m_folder.path(), u"-p"_s, QString::number(m_port)},
            &exitCode);
        return exitCode == 0;
    };
    return QTest::qWaitFor(
        [&] {
            // After a kill the memory of the one before may still be in use.
            if (m_process.state() == QProcess::NotRunning)
                m_process.start(u"setpriv"_s,
                    wrapper() + QStringList{programFolder() + u"postgres"} + arguments);
            return isReady();
        },
        30'000);
}

QList<qint64> PostgresServer::processes() const
{
    const qint64 server = m_process.processId();
    QList<qint64> found;
    if (server == 0)
        return found;
    found.append(server);
    const QStringList all = QDir(u"/proc"_s).entryList(QDir::Dirs);
    for (const QString &process : all) {
        if (parentOf(process) == server)
            found.append(process.toLongLong());
    }
    return found;
}

void PostgresServer::signal(int number) const
{
    const QList<qint64> found = processes();
    for (const qint64 process : found)
        ::kill(static_cast<pid_t>(process), number);
}

void PostgresServer::kill()
{
    signal(SIGKILL);
    m_process.waitForFinished();
}

void PostgresServer::suspend()
{
    signal(SIGSTOP);
}

void PostgresServer::resume()
{
    signal(SIGCONT);
}

bool PostgresServer::makeStandby()
{
    sql("CHECKPOINT");
    kill();
    QFile file(path(u"data/standby.signal"_s));
    if (!file.open(QIODevice::WriteOnly))
        return false;
    file.close();
    return start();
}

bool PostgresServer::enableTls()
{
    int exitCode = 1;
    run(u"/usr/bin/openssl"_s,
        {u"req"_s, u"-x509"_s, u"-newkey"_s, u"ec"_s, u"-pkeyopt"_s, u"ec_paramgen_curve:P-256"_s,
            u"-nodes"_s, u"-days"_s, u"2"_s, u"-subj"_s, u"/CN=localhost"_s, u"-addext"_s,
            u"subjectAltName=DNS:localhost,IP:127.0.0.1"_s, u"-keyout"_s, path(u"server.key"_s),
            u"-out"_s, certificate()},
        &exitCode);
    m_hasTls = exitCode == 0;
    if (!m_hasTls)
        return false;
    QFile::setPermissions(path(u"server.key"_s), QFile::ReadOwner | QFile::WriteOwner);
    kill();
    return start();
}

bool PostgresServer::addRole(const QString &name, const QString &password)
{
    sql("CREATE ROLE " + name.toUtf8() + " LOGIN PASSWORD '" + password.toUtf8() + '\'');
    QFile file(path(u"data/pg_hba.conf"_s));
    if (!file.open(QIODevice::ReadWrite))
        return false;
    const QByteArray before = file.readAll();
    file.seek(0);
    file.write("host all " + name.toUtf8() + " 127.0.0.1/32 scram-sha-256\n" + before);
    file.close();
    return sql("SELECT pg_reload_conf()") == "t\n";
}

QByteArray PostgresServer::sql(const QByteArray &text, const QString &database)
{
    return run(u"psql"_s,
        {u"-XAtq"_s, u"-v"_s, u"ON_ERROR_STOP=1"_s, u"-h"_s, m_folder.path(), u"-p"_s,
            QString::number(m_port), u"-U"_s, u"sluice"_s, u"-d"_s, database, u"-c"_s,
            QString::fromUtf8(text)});
}

void PostgresServer::emptySchema()
{
    config::Store store;
    store.url = url();
    sql(*stores::PostgresStore::schemaSql(store)); // if it is not there yet
    sql("TRUNCATE sluice.gateways, sluice.counters, sluice.holds, sluice.calls, "
        "sluice.merges");
}

void PostgresServer::dropSchema()
{
    sql("SET client_min_messages = error; DROP SCHEMA sluice CASCADE");
}

QString PostgresServer::urlAt(quint16 port)
{
    return u"postgresql://sluice@127.0.0.1:%1/postgres?sslmode=disable"_s.arg(port);
}

QString PostgresServer::url() const
{
    return u"postgresql://sluice@127.0.0.1:%1/postgres"_s.arg(m_port);
}

QString PostgresServer::socketUrl() const
{
    return u"postgresql://sluice@/postgres?host=%1&port=%2"_s.arg(m_folder.path()).arg(m_port);
}

} // namespace sluice::test

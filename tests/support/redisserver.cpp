// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/redisserver.h"

#include <QDeadlineTimer>
#include <QStandardPaths>
#include <QTcpServer>

#include <csignal>

namespace sluice::test {

using namespace Qt::StringLiterals;

namespace {

constexpr int StartMilliseconds = 20'000;

QString program(const QString &redis, const QString &valkey)
{
    const QString found = QStandardPaths::findExecutable(redis);
    return found.isEmpty() ? QStandardPaths::findExecutable(valkey) : found;
}

} // namespace

RedisServer::RedisServer(QStringList arguments)
    : m_arguments(std::move(arguments)), m_port(freePort())
{
}

RedisServer::~RedisServer()
{
    kill();
}

QString RedisServer::start()
{
    const QString server = program(u"redis-server"_s, u"valkey-server"_s);
    if (server.isEmpty())
        return u"there is no redis-server (package redis-server)"_s;
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    m_process.start(server,
        QStringList{u"--bind"_s, u"127.0.0.1"_s, u"--port"_s, QString::number(m_port), u"--dir"_s,
            m_folder.path(), u"--save"_s, QString(), u"--daemonize"_s, u"no"_s}
            + m_arguments);
    QByteArray said;
    const QDeadlineTimer deadline(StartMilliseconds);
    while (!said.contains("Ready to accept connections") && !deadline.hasExpired()
        && m_process.state() != QProcess::NotRunning) {
        m_process.waitForReadyRead(100);
        said += m_process.readAll();
    }
    if (said.contains("Ready to accept connections"))
        return {};
    return u"redis-server does not start: "_s + QString::fromUtf8(said.right(500));
}

void RedisServer::freeze()
{
    ::kill(static_cast<pid_t>(m_process.processId()), SIGSTOP);
}

void RedisServer::thaw()
{
    ::kill(static_cast<pid_t>(m_process.processId()), SIGCONT);
}

void RedisServer::kill()
{
    if (m_process.state() == QProcess::NotRunning)
        return;
    m_process.kill();
    m_process.waitForFinished();
}

QString RedisServer::url(const QString &path) const
{
    return u"redis://127.0.0.1:"_s + QString::number(m_port) + path;
}

config::Store RedisServer::store(std::chrono::milliseconds timeout) const
{
    config::Store store;
    store.type = config::Store::Type::Redis;
    store.url = url();
    store.connectionTimeout = timeout;
    return store;
}

QString RedisServer::ask(const QStringList &words) const
{
    QProcess client;
    client.start(program(u"redis-cli"_s, u"valkey-cli"_s),
        QStringList{u"-p"_s, QString::number(m_port)} + words);
    client.waitForFinished();
    return QString::fromUtf8(client.readAll()).trimmed();
}

quint16 RedisServer::freePort()
{
    QTcpServer server;
    server.listen(QHostAddress::LocalHost);
    return server.serverPort();
}

} // namespace sluice::test

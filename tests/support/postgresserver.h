// SPDX-License-Identifier: GPL-3.0-or-later
// A real PostgreSQL server in a temporary directory on a free loopback port, for one test. Its
// superuser is "sluice" without a password. Lives on the test's thread; gone with the object.
#pragma once

#include <QProcess>
#include <QTemporaryDir>

namespace sluice::test {

class PostgresServer final
{
public:
    PostgresServer();

    /// Ends it at once.
    ~PostgresServer();
    Q_DISABLE_COPY_MOVE(PostgresServer)

    /// Makes the cluster if there is none yet, starts it and waits until it answers. The server
    /// does not run as root, so then it runs as the user "postgres".
    bool start();

    /// SIGKILL to the server and its children.
    void kill();

    /// SIGSTOP and SIGCONT to the server and its children: connections stay and nobody answers.
    void suspend();
    void resume();

    /// Restarts it as a read-only replica of nobody.
    bool makeStandby();

    /// Restarts it with TLS, under a certificate for "localhost" and 127.0.0.1 that it signed
    /// itself.
    bool enableTls();

    /// The certificate, to be trusted.
    [[nodiscard]] QString certificate() const { return path(QStringLiteral("server.crt")); }

    /// A role with that password; only its password lets it in.
    bool addRole(const QString &name, const QString &password);

    /// Runs SQL as the superuser; rows as lines, columns apart by '|'.
    QByteArray sql(const QByteArray &text, const QString &database = QStringLiteral("postgres"));

    /// The gateways' schema, with nothing in it.
    void emptySchema();
    void dropSchema();

    [[nodiscard]] quint16 port() const { return m_port; }

    /// "postgresql://sluice@127.0.0.1:<port>/postgres"
    [[nodiscard]] QString url() const;

    /// The same at another port, unencrypted: something that stands between.
    static QString urlAt(quint16 port);

    /// The same through the Unix socket.
    [[nodiscard]] QString socketUrl() const;

private:
    [[nodiscard]] QString path(const QString &name) const { return m_folder.filePath(name); }

    /// Of the server's programs; an absolute path for others.
    QByteArray run(const QString &program, const QStringList &arguments, int *exitCode = nullptr);
    bool makeCluster();
    [[nodiscard]] QList<qint64> processes() const;
    void signal(int number) const;

    QTemporaryDir m_folder;
    QProcess m_process;
    quint16 m_port = 0;
    bool m_hasCluster = false;
    bool m_hasTls = false;
};

} // namespace sluice::test

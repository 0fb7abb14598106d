// SPDX-License-Identifier: GPL-3.0-or-later
// A real Redis server for tests: in a temporary directory, on a free port of the loopback address,
// nothing saved. Ended by its process id. Lives on the test's thread.
#pragma once

#include "core/config/configuration.h"

#include <QProcess>
#include <QTemporaryDir>

namespace sluice::test {

class RedisServer final
{
public:
    /// `arguments` go to redis-server behind those for the place and the port.
    explicit RedisServer(QStringList arguments = {});
    ~RedisServer();
    Q_DISABLE_COPY_MOVE(RedisServer)

    /// Empty, or why there is none.
    [[nodiscard]] QString start();

    /// SIGSTOP, SIGCONT.
    void freeze();
    void thaw();

    /// SIGKILL, and waits for its end. start() takes the same port again.
    void kill();

    [[nodiscard]] quint16 port() const { return m_port; }

    [[nodiscard]] QString folder() const { return m_folder.path(); }

    /// "redis://127.0.0.1:PORT" and what follows.
    [[nodiscard]] QString url(const QString &path = {}) const;

    [[nodiscard]] config::Store store(
        std::chrono::milliseconds timeout = std::chrono::seconds(5)) const;

    /// What redis-cli prints; the words are the command.
    QString ask(const QStringList &words) const;

    /// A port that nobody listens on.
    static quint16 freePort();

private:
    QStringList m_arguments;
    QTemporaryDir m_folder;
    QProcess m_process;
    quint16 m_port = 0;
};

} // namespace sluice::test

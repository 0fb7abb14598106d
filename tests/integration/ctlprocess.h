// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl as a process of its own, as people run it. Lives on the test's thread; a process that
// still runs is ended with the object.
#pragma once

#include <QProcess>
#include <QTemporaryDir>

namespace sluice::test {

class CtlProcess final
{
public:
    CtlProcess();
    ~CtlProcess();
    Q_DISABLE_COPY_MOVE(CtlProcess)

    void setEnvironment(const QString &name, const QString &value);

    /// Starts a command that goes on running and waits until it prints where it listens.
    bool start(const QStringList &arguments);

    /// Starts a command that goes on running and waits for nothing.
    void launch(const QStringList &arguments);

    /// Runs a command to its end (30 s at most) and gives its exit code; -1 if it did not end.
    int run(const QStringList &arguments);

    /// SIGTERM, SIGHUP, SIGKILL.
    void signal(int number) const;

    /// Waits for the end; the exit code, -1 for a crash or none.
    int wait(int milliseconds = 30'000);

    [[nodiscard]] qint64 pid() const { return m_process.processId(); }

    [[nodiscard]] bool isRunning() const { return m_process.state() == QProcess::Running; }

    /// "http://127.0.0.1:<port>" as it was printed.
    [[nodiscard]] QByteArray url() const { return m_url; }

    [[nodiscard]] QByteArray output() const { return m_output; }

    [[nodiscard]] QByteArray errors() const { return m_errors; }

private:
    QTemporaryDir m_data; ///< of this process alone, so that no test meets the user's own
    QProcess m_process;
    QProcessEnvironment m_environment = QProcessEnvironment::systemEnvironment();
    QByteArray m_url;
    QByteArray m_output;
    QByteArray m_errors;
};

} // namespace sluice::test

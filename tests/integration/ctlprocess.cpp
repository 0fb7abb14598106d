// SPDX-License-Identifier: GPL-3.0-or-later
#include "ctlprocess.h"

#include <QTest>

#include <csignal>

namespace sluice::test {

using namespace Qt::StringLiterals;

CtlProcess::CtlProcess()
{
    m_environment.insert(u"XDG_DATA_HOME"_s, m_data.path());
    m_process.setProgram(QStringLiteral(SLUICECTL));
    QObject::connect(&m_process, &QProcess::readyReadStandardOutput, &m_process,
        [this] { m_output += m_process.readAllStandardOutput(); });
    QObject::connect(&m_process, &QProcess::readyReadStandardError, &m_process,
        [this] { m_errors += m_process.readAllStandardError(); });
}

CtlProcess::~CtlProcess()
{
    m_process.disconnect();
    if (m_process.state() == QProcess::NotRunning)
        return;
    m_process.kill();
    m_process.waitForFinished();
}

void CtlProcess::setEnvironment(const QString &name, const QString &value)
{
    m_environment.insert(name, value);
}

bool CtlProcess::start(const QStringList &arguments)
{
    m_url.clear();
    launch(arguments);
    const QByteArray announcement = "listening on ";
    const bool isUp = QTest::qWaitFor(
        [&] {
            return m_process.state() == QProcess::NotRunning
                || (m_output.startsWith(announcement) && m_output.contains('\n'));
        },
        30'000);
    if (!isUp || !m_output.startsWith(announcement)) {
        qInfo("%s", m_errors.constData());
        return false;
    }
    m_url = m_output.mid(announcement.size(), m_output.indexOf('\n') - announcement.size());
    return true;
}

void CtlProcess::launch(const QStringList &arguments)
{
    m_output.clear();
    m_errors.clear();
    m_process.setProcessEnvironment(m_environment);
    m_process.setArguments(arguments);
    m_process.start();
}

int CtlProcess::run(const QStringList &arguments)
{
    launch(arguments);
    return m_process.waitForStarted() ? wait() : -1;
}

void CtlProcess::signal(int number) const
{
    if (isRunning())
        ::kill(static_cast<pid_t>(m_process.processId()), number);
}

int CtlProcess::wait(int milliseconds)
{
    const bool hasEnded =
        QTest::qWaitFor([this] { return m_process.state() == QProcess::NotRunning; }, milliseconds);
    return hasEnded && m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1;
}

} // namespace sluice::test

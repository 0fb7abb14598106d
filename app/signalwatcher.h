// SPDX-License-Identifier: GPL-3.0-or-later
// Unix signals as Qt signals. One per process; main thread.
#pragma once

#include <QObject>

class QSocketNotifier;

namespace sluice {

class SignalWatcher final : public QObject
{
    Q_OBJECT

public:
    /// Takes over SIGTERM, SIGINT and SIGHUP.
    explicit SignalWatcher(QObject *parent = nullptr);
    ~SignalWatcher() override;
    Q_DISABLE_COPY_MOVE(SignalWatcher)

Q_SIGNALS:
    void terminateRequested(); ///< SIGTERM or SIGINT, the first; a second one ends the process
    void reloadRequested(); ///< SIGHUP

private:
    void readSignal();

    QSocketNotifier *m_notifier = nullptr;
};

} // namespace sluice

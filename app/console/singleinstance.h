// SPDX-License-Identifier: GPL-3.0-or-later
// One console per configuration file: the first holds a lock and listens on a local socket, a
// second one hands over its wishes and ends. Main thread; owned by the application.
#pragma once

#include "core/base/result.h"

#include <QLocalServer>
#include <QLockFile>

#include <memory>

namespace sluice::console {

class SingleInstance final : public QObject
{
    Q_OBJECT

public:
    /// folder holds lock and socket and must exist; configuration is the path of the file.
    SingleInstance(const QString &folder, const QString &configuration, QObject *parent = nullptr);
    ~SingleInstance() override;
    Q_DISABLE_COPY_MOVE(SingleInstance)

    /// True: this is the first one, and it hears of the others from now on.
    bool acquire();

    /// Tells the first one to come to the front and show a page (may be empty).
    Result<void> raiseFirst(const QString &page) const;

Q_SIGNALS:
    /// Another start asked for the window. activation is a Wayland token, or empty.
    void raiseRequested(const QString &page, const QByteArray &activation);

private:
    void readRequest();

    QString m_socket;
    QLockFile m_lock;
    QLocalServer m_server;
};

} // namespace sluice::console

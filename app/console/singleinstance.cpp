// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/console/singleinstance.h"

#include "core/base/logging.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFileInfo>
#include <QLocalSocket>

namespace sluice::console {

using namespace Qt::StringLiterals;

namespace {

constexpr int Patience = 3000; ///< milliseconds
constexpr qint64 MaxRequest = 4096;

/// Symbolic links to one file are one file.
QString baseName(const QString &configuration)
{
    const QFileInfo file(configuration);
    const QString canonical = file.canonicalFilePath();
    const QString path = canonical.isEmpty() ? file.absoluteFilePath() : canonical;
    const QByteArray hash = QCryptographicHash::hash(path.toUtf8(), QCryptographicHash::Sha256);
    return u"sluice-"_s + QString::fromLatin1(hash.toHex().first(16));
}

} // namespace

SingleInstance::SingleInstance(const QString &folder, const QString &configuration, QObject *parent)
    : QObject(parent),
      m_socket(QDir(folder).absoluteFilePath(baseName(configuration) + u".socket"_s)),
      m_lock(QDir(folder).absoluteFilePath(baseName(configuration) + u".lock"_s))
{
    // A lock is stale only when its process is gone, however long a window stays open.
    m_lock.setStaleLockTime(0);
    m_server.setSocketOptions(QLocalServer::UserAccessOption);
    connect(&m_server, &QLocalServer::newConnection, this, &SingleInstance::readRequest);
}

SingleInstance::~SingleInstance() = default;

bool SingleInstance::acquire()
{
    if (!m_lock.tryLock(0) && m_lock.error() == QLockFile::LockFailedError)
        return false;
    QLocalServer::removeServer(m_socket); // left over from a crash: the lock is ours
    if (!m_server.listen(m_socket))
        qCWarning(lcSession, "A second start cannot raise this window: %ls",
            qUtf16Printable(m_server.errorString()));
    return true;
}

Result<void> SingleInstance::raiseFirst(const QString &page) const
{
    QLocalSocket socket;
    socket.connectToServer(m_socket);
    const Error error{ErrorCode::Busy,
        u"Another console has this configuration open, and it does not answer"_s,
        socket.errorString()};
    if (!socket.waitForConnected(Patience))
        return error;
    socket.write(page.toUtf8() + '\n' + qgetenv("XDG_ACTIVATION_TOKEN") + '\n');
    if (!socket.waitForBytesWritten(Patience))
        return error;
    // The first one hangs up when it has read everything.
    if (socket.state() == QLocalSocket::ConnectedState)
        socket.waitForDisconnected(Patience);
    return {};
}

void SingleInstance::readRequest()
{
    QLocalSocket *socket = m_server.nextPendingConnection();
    if (socket == nullptr)
        return;
    connect(socket, &QLocalSocket::disconnected, socket, &QObject::deleteLater);
    const auto read = [this, socket] {
        const QByteArray request = socket->peek(MaxRequest);
        if (request.count('\n') < 2) {
            if (request.size() >= MaxRequest)
                socket->abort();
            return;
        }
        socket->readAll();
        const QList<QByteArray> lines = request.split('\n');
        socket->disconnectFromServer();
        Q_EMIT raiseRequested(QString::fromUtf8(lines.at(0)), lines.at(1));
    };
    connect(socket, &QLocalSocket::readyRead, this, read);
    read();
}

} // namespace sluice::console

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/datafolder.h"

#include "core/base/ids.h"
#include "core/base/logging.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <QThread>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice::session {

using namespace Qt::StringLiterals;

namespace {

constexpr auto LockName = "lock";
constexpr auto GatewayName = "gateway.json";
constexpr auto TokenName = "admin-token";
constexpr auto ConfigurationName = "configuration";
constexpr auto OwnerOnly = QFileDevice::ReadOwner | QFileDevice::WriteOwner;
constexpr qint64 MaxBytes = 8192; ///< of the small files here
constexpr qsizetype TokenSize = 64; ///< 256 bits in hex
constexpr unsigned long Pause = 20; ///< milliseconds
/// Somebody who only asks who has the directory has it for an instant, a command for longer.
constexpr int InstantTries = 5;
constexpr int CommandTries = 100;

QString pathIn(const QString &folder, const char *name)
{
    return QDir(folder).filePath(QString::fromLatin1(name));
}

Error ioError(const QString &path, const QString &reason)
{
    return {ErrorCode::Io, u"Cannot use %1: %2"_s.arg(path, reason), {}};
}

QJsonObject readObject(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    return QJsonDocument::fromJson(file.read(MaxBytes)).object();
}

DataFolder::Holder readHolder(const QString &folder)
{
    const QJsonObject lock = readObject(pathIn(folder, LockName));
    DataFolder::Holder holder;
    holder.pid = lock.value(u"pid"_s).toInteger();
    holder.program = lock.value(u"program"_s).toString();
    holder.use =
        lock.value(u"use"_s) == "gateway"_L1 ? DataFolder::Use::Gateway : DataFolder::Use::Command;
    // One of an earlier process was left by a kill.
    const QJsonObject gateway = readObject(pathIn(folder, GatewayName));
    if (gateway.value(u"pid"_s).toInteger() == holder.pid)
        holder.url = gateway.value(u"url"_s).toString().toUtf8();
    return holder;
}

Error busyError(const QString &folder)
{
    const DataFolder::Holder holder = readHolder(folder);
    const QString program = holder.program.isEmpty() ? u"another program"_s : holder.program;
    const QString pid = holder.pid > 0 ? u"process %1"_s.arg(holder.pid) : u"starting"_s;
    const QString url = holder.url.isEmpty() ? QString() : u", "_s + QString::fromUtf8(holder.url);
    return {ErrorCode::Busy,
        u"%1 is in use by %2 (%3%4): stop that one first, or start with another --data-dir"_s.arg(
            folder, program, pid, url),
        {}};
}

Result<void> writeWhole(const QString &path, const QByteArray &text)
{
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || !file.setPermissions(OwnerOnly)
        || file.write(text) != text.size() || !file.commit())
        return Error{ErrorCode::Io, u"Cannot write %1: %2"_s.arg(path, file.errorString()), {}};
    return {};
}

/// Whether a folder is there now; a new one is its owner's alone.
bool make(const QString &path)
{
    if (QDir(path).exists())
        return true;
    return QDir().mkpath(path) && ::chmod(QFile::encodeName(path).constData(), S_IRWXU) == 0;
}

bool isToken(const QByteArray &text)
{
    return text.size() == TokenSize && std::all_of(text.begin(), text.end(), [](char letter) {
        return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
    });
}

} // namespace

DataFolder::DataFolder(QString path) : m_path(std::move(path)) { }

DataFolder::~DataFolder()
{
    withdraw();
    if (m_lock >= 0)
        ::close(m_lock);
}

QString DataFolder::file(const char *name) const
{
    return pathIn(m_path, name);
}

Result<void> DataFolder::acquire(const QString &program, Use use)
{
    if (isHeld())
        return {};
    if (!make(m_path))
        return Error{ErrorCode::Io, u"Cannot make the folder %1"_s.arg(m_path), {}};
    const QString path = file(LockName);
    const int lock = ::open(QFile::encodeName(path).constData(),
        O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (lock < 0)
        return ioError(path, qt_error_string(errno));
    for (int tries = 1; ::flock(lock, LOCK_EX | LOCK_NB) != 0; ++tries) {
        const int reason = errno;
        const bool isGateway = reason == EWOULDBLOCK && readHolder(m_path).use == Use::Gateway;
        if ((reason != EWOULDBLOCK && reason != EINTR) || tries >= CommandTries
            || (isGateway && tries >= InstantTries)) {
            ::close(lock);
            return reason == EWOULDBLOCK ? busyError(m_path)
                                         : ioError(path, qt_error_string(reason));
        }
        QThread::msleep(Pause); // nothing runs yet that could wait for it
    }
    m_lock = lock;
    m_program = program;
    QFile::remove(file(GatewayName)); // of a process that was killed
    sign(use);
    return {};
}

/// Says in the lock who has it. Who cannot be named has it all the same.
void DataFolder::sign(Use use) const
{
    const QJsonObject holder{{u"pid"_s, QCoreApplication::applicationPid()},
        {u"program"_s, m_program}, {u"use"_s, use == Use::Gateway ? u"gateway"_s : u"command"_s}};
    const QByteArray text = QJsonDocument(holder).toJson(QJsonDocument::Compact);
    const bool isWritten = ::ftruncate(m_lock, 0) == 0
        && ::pwrite(m_lock, text.constData(), size_t(text.size()), 0) >= 0;
    if (!isWritten)
        qCWarning(lcSession, "Cannot write %ls: %ls", qUtf16Printable(file(LockName)),
            qUtf16Printable(qt_error_string(errno)));
}

Result<void> DataFolder::announce(const QByteArray &url)
{
    const QJsonObject gateway{{u"url"_s, QString::fromUtf8(url)},
        {u"pid"_s, QCoreApplication::applicationPid()}, {u"program"_s, m_program},
        {u"version"_s, QStringLiteral(SLUICE_VERSION)}};
    m_isAnnounced = true;
    return writeWhole(file(GatewayName), QJsonDocument(gateway).toJson());
}

Result<void> DataFolder::noteConfiguration(const QString &path)
{
    return writeWhole(file(ConfigurationName), QFileInfo(path).absoluteFilePath().toUtf8() + '\n');
}

QString DataFolder::configurationOf(const QString &path)
{
    QFile file(pathIn(path, ConfigurationName));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    return QString::fromUtf8(file.read(MaxBytes)).section(u'\n', 0, 0);
}

void DataFolder::withdraw()
{
    if (m_isAnnounced)
        QFile::remove(file(GatewayName));
    m_isAnnounced = false;
}

Result<QByteArray> DataFolder::adminToken() const
{
    auto kept = readToken(m_path);
    if (kept || kept.error().code != ErrorCode::NotFound)
        return kept;
    const QByteArray token = makeSecret(256);
    if (const auto written = writeWhole(file(TokenName), token + '\n'); !written)
        return written.error();
    return token;
}

Result<QByteArray> DataFolder::readToken(const QString &path)
{
    QFile file(pathIn(path, TokenName));
    if (!file.exists())
        return Error{ErrorCode::NotFound,
            u"%1 is not there: no gateway has run with this data directory"_s.arg(file.fileName()),
            {}};
    if (!file.open(QIODevice::ReadOnly))
        return Error{
            ErrorCode::Io, u"Cannot read %1: %2"_s.arg(file.fileName(), file.errorString()), {}};
    QByteArray token = file.read(MaxBytes).trimmed();
    // A directory that others can write to may hold a token that they know.
    const bool isOurs = QFileInfo(file).ownerId() == ::geteuid()
        && !(file.permissions() & (QFileDevice::WriteGroup | QFileDevice::WriteOther));
    if (!isToken(token) || !isOurs)
        return Error{ErrorCode::Invalid,
            u"%1 is not what this program has written for you; remove it, and the next start of "
            u"the "
            u"gateway "
            u"makes a new one"_s.arg(file.fileName()),
            {}};
    if (file.permissions() & (QFileDevice::ReadGroup | QFileDevice::ReadOther))
        file.setPermissions(OwnerOnly);
    return token;
}

std::optional<DataFolder::Holder> DataFolder::holderOf(const QString &path)
{
    const int lock =
        ::open(QFile::encodeName(pathIn(path, LockName)).constData(), O_RDONLY | O_CLOEXEC);
    if (lock < 0)
        return std::nullopt;
    const bool isFree = ::flock(lock, LOCK_SH | LOCK_NB) == 0;
    const bool isTaken = !isFree && errno == EWOULDBLOCK;
    ::close(lock);
    return isTaken ? std::optional(readHolder(path)) : std::nullopt;
}

} // namespace sluice::session

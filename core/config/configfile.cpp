// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/configfile.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

/// A file descriptor that closes itself.
class Descriptor
{
public:
    explicit Descriptor(int fd) : m_fd(fd) { }

    ~Descriptor() { close(); }

    Q_DISABLE_COPY_MOVE(Descriptor)

    [[nodiscard]] int get() const { return m_fd; }

    [[nodiscard]] bool isOpen() const { return m_fd >= 0; }

    bool close()
    {
        const int fd = std::exchange(m_fd, -1);
        return fd < 0 || ::close(fd) == 0;
    }

private:
    int m_fd;
};

/// Removes a temporary file unless it was renamed into its place.
class TemporaryFile
{
public:
    explicit TemporaryFile(QByteArray name) : m_name(std::move(name)) { }

    ~TemporaryFile()
    {
        if (!m_name.isEmpty())
            ::unlink(m_name.constData());
    }

    Q_DISABLE_COPY_MOVE(TemporaryFile)

    void keep() { m_name.clear(); }

private:
    QByteArray m_name;
};

Error systemError(const QString &what, int error)
{
    const ErrorCode code = error == ENOENT ? ErrorCode::NotFound : ErrorCode::Io;
    return {code, u"%1: %2"_s.arg(what, qt_error_string(error)), {}};
}

Error cannotRead(const QString &path, int error)
{
    return systemError(u"cannot read %1"_s.arg(path), error);
}

Error cannotSave(const QString &path, int error)
{
    Error result = systemError(u"cannot save %1, the file is unchanged"_s.arg(path), error);
    result.code = ErrorCode::Io;
    if (error == EACCES || error == EPERM || error == EROFS)
        result.message += u"; allow writing to its folder, or copy the file elsewhere"_s;
    return result;
}

bool writeAll(int fd, const QByteArray &text)
{
    qsizetype written = 0;
    while (written < text.size()) {
        const ssize_t count =
            ::write(fd, text.constData() + written, size_t(text.size() - written));
        if (count < 0 && errno != EINTR)
            return false;
        written += count < 0 ? 0 : count;
    }
    return ::fsync(fd) == 0;
}

/// Makes a rename or a new file survive a power cut.
void syncFolder(const QString &folder)
{
    const Descriptor fd(
        ::open(QFile::encodeName(folder).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.isOpen())
        ::fsync(fd.get());
}

/// Gives the new file the owner and mode of the old one; the mode last, chown clears bits of it.
bool keepAttributes(int fd, const struct stat &old)
{
    struct stat now
    {
    };

    if (::fstat(fd, &now) != 0)
        return false;
    const bool isOwned = now.st_uid == old.st_uid && now.st_gid == old.st_gid;
    if (!isOwned && ::fchown(fd, old.st_uid, old.st_gid) != 0)
        return false;
    return ::fchmod(fd, old.st_mode & 07777U) == 0;
}

Result<QByteArray> readAll(const QString &path)
{
    // Not blocking: somebody may have put a pipe there.
    const Descriptor fd(
        ::open(QFile::encodeName(path).constData(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!fd.isOpen())
        return cannotRead(path, errno);

    struct stat info
    {
    };

    if (::fstat(fd.get(), &info) != 0)
        return cannotRead(path, errno);
    if (!S_ISREG(info.st_mode))
        return Error{ErrorCode::Io, u"cannot read %1: it is not a regular file"_s.arg(path), {}};
    if (info.st_size > ConfigFile::MaxBytes)
        return Error{ErrorCode::Io, u"cannot read %1: it is larger than 16 MiB"_s.arg(path), {}};
    QFile file;
    if (!file.open(fd.get(), QIODevice::ReadOnly))
        return cannotRead(path, errno);
    QByteArray text = file.read(ConfigFile::MaxBytes);
    if (file.error() != QFileDevice::NoError)
        return Error{ErrorCode::Io, u"cannot read %1: %2"_s.arg(path, file.errorString()), {}};
    return text;
}

/// Puts text in the place of target, which must exist and still have the hash just before.
Result<void> replaceFile(const QString &target, const QByteArray &text, const QByteArray &hash)
{
    struct stat old
    {
    };

    if (::stat(QFile::encodeName(target).constData(), &old) != 0)
        return cannotSave(target, errno);
    const QFileInfo info(target);
    // The six X are what mkostemp() replaces by a name that is free.
    const QString pattern = u"%1/.%2.XXXXXX"_s.arg(info.path(), info.fileName());
    QByteArray name = QFile::encodeName(pattern);
    Descriptor fd(::mkostemp(name.data(), O_CLOEXEC));
    if (!fd.isOpen())
        return cannotSave(target, errno);
    TemporaryFile temporary(name);
    if (!keepAttributes(fd.get(), old))
        return cannotSave(target, errno);
    if (!writeAll(fd.get(), text) || !fd.close())
        return cannotSave(target, errno);
    // As late as can be: an editor may have saved while we wrote.
    const Result<QByteArray> current = readAll(target);
    if (!current || contentHash(*current) != hash)
        return Error{ErrorCode::Conflict,
            u"%1 was changed by somebody else meanwhile; reload it and make the change again"_s.arg(
                target),
            {}};
    if (::rename(name.constData(), QFile::encodeName(target).constData()) != 0)
        return cannotSave(target, errno);
    temporary.keep();
    syncFolder(info.path());
    return {};
}

} // namespace

QByteArray contentHash(const QByteArray &text)
{
    return QCryptographicHash::hash(text, QCryptographicHash::Sha256).toHex();
}

Result<ConfigFile> ConfigFile::read(const QString &path)
{
    Result<QByteArray> text = readAll(path);
    if (!text)
        return text.error();
    ConfigFile file;
    file.m_text = *std::move(text);
    file.m_hash = contentHash(file.m_text);
    file.m_path = QFileInfo(path).absoluteFilePath();
    file.m_canonicalPath = QFileInfo(path).canonicalFilePath();
    return file;
}

Result<ConfigFile> ConfigFile::create(const QString &path, const QByteArray &text)
{
    const QString folder = QFileInfo(path).absolutePath();
    if (!QDir().mkpath(folder))
        return systemError(u"cannot make the folder %1"_s.arg(folder), errno);
    const QByteArray name = QFile::encodeName(path);
    Descriptor fd(::open(name.constData(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd.isOpen() && errno == EEXIST)
        return Error{ErrorCode::Conflict, u"%1 is there already"_s.arg(path), {}};
    if (!fd.isOpen())
        return systemError(u"cannot create %1"_s.arg(path), errno);
    TemporaryFile unfinished(name);
    if (!writeAll(fd.get(), text) || !fd.close())
        return systemError(u"cannot create %1"_s.arg(path), errno);
    unfinished.keep();
    syncFolder(folder);
    return read(path);
}

Result<void> ConfigFile::save(const QByteArray &newText)
{
    // Resolved anew: a link may point elsewhere by now, and then the hash decides.
    const QString target = QFileInfo(m_path).canonicalFilePath();
    if (target.isEmpty())
        return Error{ErrorCode::Conflict,
            u"%1 was deleted meanwhile; restore it or save under another name"_s.arg(m_path), {}};
    const Result<void> replaced = replaceFile(target, newText, m_hash);
    if (!replaced)
        return replaced.error();
    m_text = newText;
    m_hash = contentHash(newText);
    m_canonicalPath = target;
    return {};
}

} // namespace sluice::config

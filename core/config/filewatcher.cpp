// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/filewatcher.h"

#include "core/config/configfile.h"

#include <QFile>
#include <QFileInfo>
#include <QSet>

#include <chrono>
#include <sys/stat.h>

namespace sluice::config {

using namespace std::chrono_literals;

namespace {

constexpr auto PollInterval = 400ms;
constexpr auto SettleInterval = 50ms;
/// An empty or missing file is most often one that is being written: an empty configuration has no
/// limits at all, so it must be meant.
constexpr auto SuspiciousInterval = 300ms;
/// A file that never stands still is read all the same.
constexpr auto RestlessInterval = 500ms;

} // namespace

FileWatcher::FileWatcher(const QString &path, const QByteArray &knownText, QObject *parent)
    : QObject(parent),
      m_path(QFileInfo(path).absoluteFilePath()),
      m_knownHash(contentHash(knownText))
{
    m_settleTimer.setSingleShot(true);
    m_settleTimer.setInterval(SettleInterval);
    m_pollTimer.setInterval(PollInterval);
    connect(&m_settleTimer, &QTimer::timeout, this, &FileWatcher::settle);
    connect(&m_pollTimer, &QTimer::timeout, this, &FileWatcher::poll);
    connect(&m_watcher, &QFileSystemWatcher::fileChanged, this, &FileWatcher::notice);
    connect(&m_watcher, &QFileSystemWatcher::directoryChanged, this, &FileWatcher::poll);
    watchPaths();
    m_pollTimer.start();
    notice(); // what changed since knownText was read
}

void FileWatcher::setKnownText(const QByteArray &text)
{
    m_knownHash = contentHash(text);
}

FileWatcher::Signature FileWatcher::look() const
{
    struct stat info
    {
    };

    if (::stat(QFile::encodeName(m_path).constData(), &info) != 0)
        return {};
    return {true,
        {qint64(info.st_dev), qint64(info.st_ino), qint64(info.st_size),
            qint64(info.st_mtim.tv_sec), qint64(info.st_mtim.tv_nsec), qint64(info.st_ctim.tv_sec),
            qint64(info.st_ctim.tv_nsec)}};
}

/// Starts to wait until the file stands still.
void FileWatcher::notice()
{
    if (m_settleTimer.isActive())
        return;
    m_pending = look();
    m_pendingSince.start();
    m_restlessSince.start();
    m_settleTimer.start();
}

/// Other files of the folder change too, so this looks before it waits.
void FileWatcher::poll()
{
    if (look() != m_delivered)
        notice();
}

void FileWatcher::settle()
{
    const Signature now = look();
    const bool isSuspicious = !now.exists || now.fields[2] == 0;
    if (now != m_pending) {
        m_pending = now;
        m_pendingSince.start();
    }
    const auto still = std::chrono::milliseconds(m_pendingSince.elapsed());
    const auto restless = std::chrono::milliseconds(m_restlessSince.elapsed());
    // Timers may fire a millisecond early.
    const auto needed = isSuspicious ? SuspiciousInterval : SettleInterval - 5ms;
    if (still < needed && restless < RestlessInterval)
        m_settleTimer.start();
    else
        deliver();
}

void FileWatcher::deliver()
{
    m_delivered = look();
    watchPaths();
    const Result<ConfigFile> file = ConfigFile::read(m_path);
    if (!file) {
        reportUnreadable(file.error().message);
        return;
    }
    const bool wasUnreadable = !std::exchange(m_reason, {}).isEmpty();
    const bool isNew = std::exchange(m_knownHash, file->hash()) != file->hash();
    if (wasUnreadable)
        Q_EMIT readable();
    if (isNew)
        Q_EMIT changed(file->text());
}

void FileWatcher::reportUnreadable(const QString &reason)
{
    if (std::exchange(m_reason, reason) != reason)
        Q_EMIT unreadable(reason);
}

/// A watch dies with its inode, so the set is made anew after each change.
void FileWatcher::watchPaths()
{
    const QFileInfo info(m_path);
    QSet<QString> wanted{m_path, info.absolutePath()};
    const QString target = info.canonicalFilePath();
    if (!target.isEmpty())
        wanted += QFileInfo(target).absolutePath();
    const QStringList watched = m_watcher.files() + m_watcher.directories();
    for (const QString &path : watched) {
        // The file is always watched anew: its path may lead to another inode by now.
        if (path == m_path || !wanted.contains(path))
            m_watcher.removePath(path);
        else
            wanted.remove(path);
    }
    for (const QString &path : std::as_const(wanted))
        m_watcher.addPath(path);
}

} // namespace sluice::config

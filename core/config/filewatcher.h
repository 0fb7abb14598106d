// SPDX-License-Identifier: GPL-3.0-or-later
// Tells when the content of one file has changed, however an editor writes it. Lives in the thread
// that made it, which needs an event loop; its owner is whoever made it.
#pragma once

#include <QElapsedTimer>
#include <QFileSystemWatcher>
#include <QObject>
#include <QTimer>

#include <array>

namespace sluice::config {

/// Watches the file, its folder and the folder behind its symbolic links, and looks twice a
/// second for what notifications miss (network file systems, links in between). A change is
/// reported within a second, once, and only when the file has stood still for a moment.
class FileWatcher : public QObject
{
    Q_OBJECT

public:
    /// knownText is what the caller has read already: only other contents are reported. So a change
    /// between reading and watching is not lost.
    FileWatcher(const QString &path, const QByteArray &knownText, QObject *parent = nullptr);

    [[nodiscard]] const QString &path() const { return m_path; }

    /// False between unreadable() and readable().
    [[nodiscard]] bool isReadable() const { return m_reason.isEmpty(); }

    /// The caller wrote text itself: not worth a report.
    void setKnownText(const QByteArray &text);

Q_SIGNALS:
    /// The file has another content. It may be broken in any way.
    void changed(const QByteArray &newText);

    /// The file is gone or cannot be read; the reason is one sentence. Once per reason.
    void unreadable(const QString &reason);

    /// It can be read again; changed() follows if the content is another one.
    void readable();

private:
    /// What stat() says, enough to see that something happened.
    struct Signature
    {
        bool exists = false;
        std::array<qint64, 7> fields{};

        friend bool operator==(const Signature &, const Signature &) = default;
    };

    [[nodiscard]] Signature look() const;
    void notice();
    void poll();
    void settle();
    void deliver();
    void watchPaths();
    void reportUnreadable(const QString &reason);

    QString m_path;
    QByteArray m_knownHash;
    QString m_reason;
    Signature m_delivered; ///< of the content that was last read
    Signature m_pending; ///< seen last while waiting for the file to stand still
    QElapsedTimer m_pendingSince;
    QElapsedTimer m_restlessSince;
    QFileSystemWatcher m_watcher;
    QTimer m_settleTimer;
    QTimer m_pollTimer;
};

} // namespace sluice::config

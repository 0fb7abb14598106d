// SPDX-License-Identifier: GPL-3.0-or-later
// A data directory and the lock that makes it one process's own. The kernel drops the lock when the
// process ends, however it ends. Main thread.
#pragma once

#include "core/base/result.h"

#include <optional>

namespace sluice::session {

class DataFolder final
{
public:
    /// What takes the directory. A command works on its files and is gone in a moment.
    enum class Use : quint8 { Gateway, Command };

    /// Who has the directory, as it says itself.
    struct Holder
    {
        qint64 pid = 0; ///< 0: it has not said so yet
        QString program; ///< "sluicectl serve"
        Use use = Use::Command;
        QByteArray url; ///< of its gateway, empty unless one runs
    };

    /// Touches nothing yet.
    explicit DataFolder(QString path);

    /// Gives the directory back.
    ~DataFolder();
    Q_DISABLE_COPY_MOVE(DataFolder)

    /// Makes the directory, for its owner alone, and takes it; waits a moment for a command that
    /// has it. Busy: the error names who has it. Io: it cannot be made or locked.
    Result<void> acquire(const QString &program, Use use);

    [[nodiscard]] bool isHeld() const { return m_lock >= 0; }

    [[nodiscard]] const QString &path() const { return m_path; }

    /// Tells commands where the gateway is, in `gateway.json`; the directory must be held.
    Result<void> announce(const QByteArray &url);

    /// Notes which configuration file the directory belongs to, for commands that are told the
    /// directory alone; it must be held.
    Result<void> noteConfiguration(const QString &path);

    /// The configuration file of a directory's last gateway; empty if there was none.
    static QString configurationOf(const QString &path);

    /// There is no gateway any more.
    void withdraw();

    /// The admin token, made on the first call. Invalid if the file holds something else.
    [[nodiscard]] Result<QByteArray> adminToken() const;

    /// The token of a directory that another process may hold. NotFound if there is none.
    static Result<QByteArray> readToken(const QString &path);

    /// Who has a directory now; nothing if it is free or not there.
    static std::optional<Holder> holderOf(const QString &path);

private:
    void sign(Use use) const;
    [[nodiscard]] QString file(const char *name) const;

    QString m_path;
    QString m_program;
    int m_lock = -1; ///< descriptor of the lock file
    bool m_isAnnounced = false;
};

} // namespace sluice::session

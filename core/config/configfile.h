// SPDX-License-Identifier: GPL-3.0-or-later
// A configuration file on disk: read with its hash, and replaced whole or not at all. Value, any
// thread; reads and writes block.
#pragma once

#include "core/base/result.h"

#include <QByteArray>
#include <QString>

namespace sluice::config {

/// SHA-256 of a file's text, lower-case hex: tells contents apart where times cannot.
QByteArray contentHash(const QByteArray &text);

class ConfigFile
{
public:
    /// Longer files are refused: nobody writes them, and every edit parses the whole text.
    static constexpr qint64 MaxBytes = 16 * 1024 * 1024;

    /// Reads the file at path, through symbolic links. NotFound, or Io with the reason.
    static Result<ConfigFile> read(const QString &path);

    /// Writes a new file with mode 0600 and makes missing folders. Conflict if there is one
    /// already.
    static Result<ConfigFile> create(const QString &path, const QByteArray &text);

    /// Replaces the file's content: a temporary file in the same folder, fsync, rename, fsync of
    /// the folder; mode and owner stay, a symbolic link stays one and its target is replaced.
    /// Conflict if the content on disk is not what was read; after any error the file is as it was.
    Result<void> save(const QByteArray &newText);

    [[nodiscard]] const QByteArray &text() const { return m_text; }

    /// contentHash() of text().
    [[nodiscard]] const QByteArray &hash() const { return m_hash; }

    /// As it was given, made absolute.
    [[nodiscard]] const QString &path() const { return m_path; }

    /// Behind all symbolic links, when it was read.
    [[nodiscard]] const QString &canonicalPath() const { return m_canonicalPath; }

private:
    QByteArray m_text;
    QByteArray m_hash;
    QString m_path;
    QString m_canonicalPath;
};

} // namespace sluice::config

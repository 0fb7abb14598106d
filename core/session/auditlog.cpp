// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/auditlog.h"

#include <QDateTime>
#include <QJsonDocument>

#include <unistd.h>

namespace sluice::session {

using namespace Qt::StringLiterals;

namespace {

Error ioError(const QFile &file)
{
    return {ErrorCode::Io, u"Cannot write %1: %2"_s.arg(file.fileName(), file.errorString()), {}};
}

} // namespace

Result<void> AuditLog::open(const QString &path)
{
    m_file.close(); // of another folder
    m_file.setFileName(path);
    if (!m_file.open(QIODevice::WriteOnly | QIODevice::Append,
            QFileDevice::ReadOwner | QFileDevice::WriteOwner))
        return ioError(m_file);
    // One that is there already may have been made by another program.
    m_file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner);
    return {};
}

Result<void> AuditLog::append(QJsonObject entry, std::chrono::milliseconds wall)
{
    if (!m_file.isOpen())
        return {};
    entry.insert(
        u"at"_s, QDateTime::fromMSecsSinceEpoch(wall.count(), Qt::UTC).toString(Qt::ISODateWithMs));
    const QByteArray line = QJsonDocument(entry).toJson(QJsonDocument::Compact) + '\n';
    if (m_file.write(line) != line.size() || !m_file.flush() || ::fsync(m_file.handle()) != 0)
        return ioError(m_file);
    return {};
}

} // namespace sluice::session

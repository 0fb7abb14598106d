// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/auditlog.h"

#include "core/stores/ledger/audittrail.h"
#include "core/stores/ledger/ledger.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QJsonDocument>

#include <array>

#include <pwd.h>
#include <unistd.h>

namespace sluice::session {

using namespace Qt::StringLiterals;
using std::chrono::milliseconds;
using stores::AuditEntry;

namespace {

QString jsonText(const QJsonObject &object)
{
    return object.isEmpty()
        ? QString()
        : QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact));
}

AuditEntry entryOf(QJsonObject json, milliseconds time)
{
    const auto take = [&json](QLatin1StringView name) { return json.take(name).toString(); };
    AuditEntry entry;
    entry.time = time;
    entry.actor = take("who"_L1);
    if (entry.actor.isEmpty())
        entry.actor = localUser();
    entry.action = take("operation"_L1);
    for (const QLatin1StringView name : {"limit"_L1, "segment"_L1, "subject"_L1})
        entry.subject += take(name);
    entry.value = take("value"_L1);
    QJsonObject before = json.take("before"_L1).toObject();
    before.remove("operation"_L1); // of which it is an entry itself
    entry.before = jsonText(before);
    entry.after = jsonText(json);
    return entry;
}

/// A line of what an older version has written. What cannot be read is kept as it is.
AuditEntry entryOf(const QByteArray &line)
{
    QJsonObject json = QJsonDocument::fromJson(line).object();
    const QDateTime at = QDateTime::fromString(json.take("at"_L1).toString(), Qt::ISODateWithMs);
    if (json.isEmpty() || !at.isValid())
        json = {{u"operation"_s, u"unreadable"_s}, {u"line"_s, QString::fromUtf8(line.trimmed())}};
    return entryOf(json, milliseconds(at.isValid() ? at.toMSecsSinceEpoch() : 0));
}

} // namespace

QString localUser()
{
    std::array<char, 4'096> texts{};
    passwd user{};
    passwd *found = nullptr;
    ::getpwuid_r(::geteuid(), &user, texts.data(), texts.size(), &found);
    return found ? QString::fromLocal8Bit(found->pw_name) : QString::number(::geteuid());
}

Result<void> AuditLog::open(const QString &folder)
{
    m_path = stores::Ledger::pathIn(folder);
    return takeOver(QDir(folder).filePath(u"audit.jsonl"_s));
}

Result<void> AuditLog::takeOver(const QString &path)
{
    QFile file(path);
    if (!file.exists())
        return {};
    if (!file.open(QIODevice::ReadOnly))
        return Error{ErrorCode::Io, u"Cannot read %1: %2"_s.arg(path, file.errorString()), {}};
    std::vector<AuditEntry> entries;
    while (!file.atEnd()) {
        if (const QByteArray line = file.readLine(); !line.trimmed().isEmpty())
            entries.push_back(entryOf(line));
    }
    if (!entries.empty()) {
        if (auto imported = stores::AuditTrail(m_path).import(entries); !imported)
            return imported;
    }
    if (!file.rename(path + u".imported"_s))
        return Error{
            ErrorCode::Io, u"%1 cannot be renamed: %2"_s.arg(path, file.errorString()), {}};
    return {};
}

Result<void> AuditLog::append(const QJsonObject &entry, milliseconds wall)
{
    if (m_path.isEmpty())
        return {};
    return stores::AuditTrail(m_path).append({entryOf(entry, wall)});
}

} // namespace sluice::session

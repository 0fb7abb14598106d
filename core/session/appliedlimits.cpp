// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/appliedlimits.h"

#include "core/base/logging.h"
#include "core/session/configaudit.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSaveFile>

namespace sluice::session {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 MaxBytes = 64 * 1024 * 1024; ///< many times what the largest configuration needs

QString pathIn(const QString &folder)
{
    return QDir(folder).filePath(u"limits.json"_s);
}

} // namespace

AppliedLimits AppliedLimits::of(const QByteArray &text, const limits::LimitSet &limits)
{
    AppliedLimits applied;
    applied.digest = QCryptographicHash::hash(text, QCryptographicHash::Sha256).toHex();
    for (const limits::LimitPtr &limit : limits.all())
        applied.limits.insert(QString::fromUtf8(limit->name), configaudit::toJson(*limit));
    return applied;
}

QSet<QByteArray> AppliedLimits::known() const
{
    QSet<QByteArray> names;
    for (auto it = limits.keyBegin(); it != limits.keyEnd(); ++it)
        names.insert(it->toUtf8());
    return names - waiting;
}

std::optional<AppliedLimits> AppliedLimits::read(const QString &folder)
{
    QFile file(pathIn(folder));
    if (!file.exists())
        return std::nullopt;
    if (!file.open(QIODevice::ReadOnly)) {
        qCWarning(lcGateway, "Cannot read %ls: %ls", qUtf16Printable(file.fileName()),
            qUtf16Printable(file.errorString()));
        return std::nullopt;
    }
    const QJsonObject json = QJsonDocument::fromJson(file.read(MaxBytes)).object();
    AppliedLimits applied;
    applied.digest = json[u"configuration"_s].toString().toLatin1();
    const QJsonObject limits = json[u"limits"_s].toObject();
    for (auto it = limits.begin(); it != limits.end(); ++it)
        applied.limits.insert(it.key(), it->toObject());
    for (const auto &name : json[u"waiting"_s].toArray())
        applied.waiting.insert(name.toString().toUtf8());
    if (!applied.digest.isEmpty())
        return applied;
    qCWarning(lcGateway,
        "%ls is damaged: which limits are new, and what has changed since the last run, is not "
        "known this time",
        qUtf16Printable(file.fileName()));
    return std::nullopt;
}

Result<void> AppliedLimits::write(const QString &folder) const
{
    QJsonObject byName;
    for (auto it = limits.begin(); it != limits.end(); ++it)
        byName.insert(it.key(), it.value());
    QJsonArray names;
    for (const QByteArray &name : waiting)
        names.append(QString::fromUtf8(name));
    const QByteArray json = QJsonDocument(
        {{u"configuration"_s, QString::fromLatin1(digest)}, {u"limits"_s, byName},
            {u"waiting"_s,
                names}}).toJson();
    QSaveFile file(pathIn(folder));
    if (file.open(QIODevice::WriteOnly)
        && file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner)
        && file.write(json) == json.size() && file.commit())
        return {};
    return Error{
        ErrorCode::Io, u"Cannot write %1: %2"_s.arg(file.fileName(), file.errorString()), {}};
}

} // namespace sluice::session

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/configpath.h"

#include "core/config/configfile.h"
#include "core/config/startertemplate.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

namespace sluice::session {

using namespace Qt::StringLiterals;

namespace {

constexpr auto FileName = "ai-gateway-config.yaml"_L1;
constexpr qsizetype LongestName = 40; ///< letters of a folder's readable part
constexpr qsizetype HashDigits = 16;

QString allData()
{
    return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation);
}

/// Of a file that is not there yet, what it will be.
QString canonicalPath(const QString &file)
{
    const QFileInfo info(file);
    if (QString path = info.canonicalFilePath(); !path.isEmpty())
        return path;
    const QString folder = QFileInfo(info.absolutePath()).canonicalFilePath();
    return folder.isEmpty() ? info.absoluteFilePath() : QDir(folder).filePath(info.fileName());
}

} // namespace

QString findConfigPath(const QString &option)
{
    if (!option.isEmpty())
        return option;
    if (QString variable = qEnvironmentVariable("SLUICE_CONFIG"); !variable.isEmpty())
        return variable;
    if (QFileInfo::exists(FileName))
        return FileName;
    return QDir(QStandardPaths::writableLocation(QStandardPaths::AppConfigLocation))
        .filePath(FileName);
}

QString findDataFolder(const QString &option, const QString &configuration)
{
    if (!option.isEmpty())
        return option;
    const QString path = canonicalPath(configuration);
    const QByteArray hash =
        QCryptographicHash::hash(path.toUtf8(), QCryptographicHash::Sha256).toHex();
    return QDir(allData()).filePath(
        u"%1-%2"_s.arg(QFileInfo(path).completeBaseName().left(LongestName),
            QString::fromLatin1(hash.first(HashDigits))));
}

QString formerDataNotice(const QString &folder)
{
    const QDir former(allData());
    const QDir own(folder);
    const bool isOfFormer = QFileInfo(own.absolutePath()).absolutePath() == former.absolutePath();
    if (!isOfFormer || own.exists())
        return {};
    QStringList found;
    for (const QString &name : {u"ledger.sqlite"_s, u"operations.json"_s, u"learned.json"_s}) {
        if (former.exists(name))
            found.append(name);
    }
    if (found.isEmpty())
        return {};
    return u"%1 holds %2 of an earlier version, for all configurations together; each file has its "
           u"own data directory now, this one %3. Move them there to go on with them, or start "
           u"with "
           u"--data-dir %1"_s.arg(former.path(), found.join(u", "_s), own.path());
}

Result<void> createStarterConfig(const QString &path)
{
    if (QFileInfo::exists(path))
        return {};
    const auto created = config::ConfigFile::create(path, config::starterTemplate());
    if (!created)
        return created.error();
    return {};
}

} // namespace sluice::session

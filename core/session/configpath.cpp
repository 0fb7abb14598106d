// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/configpath.h"

#include "core/config/configfile.h"
#include "core/config/startertemplate.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

namespace sluice::session {

using namespace Qt::StringLiterals;

namespace {

constexpr auto FileName = "ai-gateway-config.yaml"_L1;

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

QString findDataFolder(const QString &option)
{
    return option.isEmpty() ? QStandardPaths::writableLocation(QStandardPaths::AppDataLocation)
                            : option;
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

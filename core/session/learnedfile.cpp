// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/learnedfile.h"

#include "core/base/logging.h"
#include "core/metering/tokens/learnedmodels.h"

#include <QDir>
#include <QFile>
#include <QSaveFile>

namespace sluice::session {

using namespace Qt::StringLiterals;

namespace {

constexpr std::chrono::minutes SaveEvery{5};
constexpr qint64 MaxBytes = 16 * 1024 * 1024; ///< many times what can be learned

} // namespace

void LearnedFile::open(const QString &folder)
{
    m_due = m_clock.now() + SaveEvery;
    m_path = QDir(folder).filePath(u"learned.json"_s);
    if (!QDir().mkpath(folder)) {
        qCWarning(lcGateway, "Cannot make the folder %ls", qUtf16Printable(folder));
        return;
    }
    QFile file(m_path);
    if (!file.exists())
        return;
    if (!file.open(QIODevice::ReadOnly)) {
        qCWarning(lcGateway, "Cannot read %ls: %ls", qUtf16Printable(m_path),
            qUtf16Printable(file.errorString()));
        return;
    }
    const QByteArray json = file.read(MaxBytes);
    if (const auto loaded = m_models.load(json); loaded)
        m_saved = json;
    else
        qCWarning(lcGateway, "%ls (%ls); learning starts anew",
            qUtf16Printable(loaded.error().message), qUtf16Printable(m_path));
}

void LearnedFile::saveIfDue()
{
    if (m_clock.now() >= m_due)
        save();
}

void LearnedFile::save()
{
    m_due = m_clock.now() + SaveEvery;
    if (m_path.isEmpty())
        return;
    const QByteArray json = m_models.save();
    if (json == m_saved || (m_saved.isEmpty() && m_models.size() == 0))
        return;
    QSaveFile file(m_path);
    if (file.open(QIODevice::WriteOnly)
        && file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner)
        && file.write(json) == json.size() && file.commit())
        m_saved = json;
    else
        qCWarning(lcGateway, "Cannot write %ls: %ls", qUtf16Printable(m_path),
            qUtf16Printable(file.errorString()));
}

} // namespace sluice::session

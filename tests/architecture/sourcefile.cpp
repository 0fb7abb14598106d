// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/architecture/sourcefile.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>

using namespace Qt::StringLiterals;

namespace sluice::architecture {

namespace {

// Blanks comments and string contents, keeping the line structure. Raw strings are rare enough in
// this project that only their first line is treated as text.
class Stripper final
{
public:
    QString strip(const QString &line)
    {
        QString out;
        out.reserve(line.size());
        for (qsizetype at = 0; at < line.size();) {
            at = m_inComment ? skipComment(line, at) : copyCode(line, at, out);
        }
        return out;
    }

private:
    qsizetype skipComment(const QString &line, qsizetype at)
    {
        const qsizetype end = line.indexOf("*/"_L1, at);
        m_inComment = end < 0;
        return end < 0 ? line.size() : end + 2;
    }

    qsizetype copyCode(const QString &line, qsizetype at, QString &out)
    {
        const QStringView rest = QStringView(line).sliced(at);
        if (rest.startsWith("//"_L1)) {
            return line.size();
        }
        if (rest.startsWith("/*"_L1)) {
            m_inComment = true;
            return at + 2;
        }
        if (rest.startsWith(u'"')) {
            out += "\"\""_L1;
            return endOfString(line, at + 1);
        }
        out += rest.front();
        return at + 1;
    }

    static qsizetype endOfString(const QString &line, qsizetype at)
    {
        while (at < line.size() && line[at] != u'"') {
            at += line[at] == u'\\' ? 2 : 1;
        }
        return qMin(at + 1, line.size());
    }

    bool m_inComment = false;
};

void readIncludes(SourceFile &file)
{
    static const QRegularExpression pattern(uR"(^\s*#\s*include\s*([<"])([^>"]+)[>"])"_s);
    for (int number = 0; number < file.lines.size(); ++number) {
        const auto match = pattern.match(file.lines[number]);
        if (match.hasMatch()) {
            file.includes.push_back({.path = match.captured(2),
                .line = number + 1,
                .quoted = match.captured(1) == u"\""_s});
        }
    }
}

} // namespace

bool SourceFile::isHeader() const
{
    return path.endsWith(".h"_L1);
}

bool SourceFile::isCpp() const
{
    return path.endsWith(".cpp"_L1);
}

QString SourceFile::layer() const
{
    // What cells say, free of widgets: a library of its own in the folder of those who paint it.
    if (path.startsWith("ui/widgets/cellvalues."_L1) || path.startsWith("ui/widgets/format."_L1)) {
        return u"ui/values"_s;
    }
    const QStringList parts = path.split(u'/');
    // The two ends of the gateway know neither each other nor what is between them; the admin API
    // knows how requests are answered, and nothing of the others.
    if (path.startsWith("core/gateway/front/"_L1) || path.startsWith("core/gateway/upstream/"_L1)
        || path.startsWith("core/gateway/admin/"_L1)) {
        return QStringList(parts.first(3)).join(u'/');
    }
    const bool hasOwnLayer = parts.size() > 2
        && (parts[0] != "ui"_L1 || parts[1] == "models"_L1 || parts[1] == "widgets"_L1);
    return hasOwnLayer ? QString(parts[0] + u'/' + parts[1]) : parts[0];
}

SourceFile readSource(const QString &root, const QString &path)
{
    SourceFile result{.path = path, .lines = {}, .code = {}, .includes = {}};
    QFile file(QDir(root).filePath(path));
    if (!file.open(QIODevice::ReadOnly)) {
        return result;
    }
    QString text = QString::fromUtf8(file.readAll());
    if (text.endsWith(u'\n')) {
        text.chop(1);
    }
    result.lines = text.split(u'\n');
    Stripper stripper;
    for (const QString &line : std::as_const(result.lines)) {
        result.code.append(stripper.strip(line));
    }
    readIncludes(result);
    return result;
}

std::vector<SourceFile> readTree(const QString &root, const QStringList &folders)
{
    const QStringList names{u"*.h"_s, u"*.cpp"_s, u"*.sh"_s, u"*.cmake"_s, u"CMakeLists.txt"_s};
    QStringList paths;
    for (const QString &folder : folders) {
        QDirIterator it(
            QDir(root).filePath(folder), names, QDir::Files, QDirIterator::Subdirectories);
        while (it.hasNext()) {
            paths.append(QDir(root).relativeFilePath(it.next()));
        }
    }
    paths.sort();
    std::vector<SourceFile> files;
    for (const QString &path : std::as_const(paths)) {
        files.push_back(readSource(root, path));
    }
    return files;
}

} // namespace sluice::architecture

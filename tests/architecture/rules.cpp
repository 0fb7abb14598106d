// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/architecture/rules.h"

#include <QFileInfo>
#include <QHash>
#include <QRegularExpression>
#include <QSet>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace sluice::architecture {

namespace {

constexpr qsizetype MaxCppLines = 600;
constexpr qsizetype MaxHeaderLines = 200;

QString at(const SourceFile &file, qsizetype line, const QString &message)
{
    return u"%1:%2: %3"_s.arg(file.path).arg(line).arg(message);
}

bool startsWithAny(const QString &text, const QStringList &prefixes)
{
    return std::ranges::any_of(
        prefixes, [&text](const QString &prefix) { return text.startsWith(prefix); });
}

// What each layer may include, itself apart. A layer that is missing here may include everything.
const QHash<QString, QStringList> &allowedLayers()
{
    static const QStringList base{u"core/base/"_s};
    static const QStringList config = base + QStringList{u"core/config/"_s};
    static const QStringList limits = config + QStringList{u"core/limits/"_s};
    static const QStringList metering = config + QStringList{u"core/metering/"_s};
    static const QStringList figures = limits + QStringList{u"core/metering/"_s};
    static const QStringList insight = figures + QStringList{u"core/insight/"_s};
    static const QStringList gatewayEnd = base + QStringList{u"core/gateway/http.h"_s};
    static const QStringList admin = gatewayEnd
        + QStringList{u"core/config/reader.h"_s, u"core/gateway/front/responsesink.h"_s,
            u"core/gateway/pipeline/reply.h"_s};
    static const QStringList gateway = insight + QStringList{u"core/gateway/"_s};
    static const QStringList session = gateway + QStringList{u"core/demo/"_s, u"core/stores/"_s};
    static const QStringList values =
        base + QStringList{u"ui/widgets/cellvalues.h"_s, u"ui/widgets/format.h"_s};
    static const QStringList models = insight + QStringList{u"core/session/"_s} + values;
    static const QStringList ui = models + QStringList{u"ui/"_s};
    static const QHash<QString, QStringList> table{
        {u"core/base"_s, base},
        {u"core/config"_s, config},
        {u"core/limits"_s, limits},
        {u"core/metering"_s, metering},
        {u"core/insight"_s, figures},
        {u"core/gateway"_s, insight},
        {u"core/stores"_s, insight},
        {u"core/gateway/admin"_s, admin},
        {u"core/gateway/front"_s, gatewayEnd},
        {u"core/gateway/upstream"_s, gatewayEnd},
        {u"core/demo"_s, gateway},
        {u"core/session"_s, session},
        {u"ui/values"_s, values},
        {u"ui/widgets"_s, values},
        {u"ui/models"_s, models},
        {u"ui"_s, ui},
        {u"app/ctl"_s, QStringList{u"core/"_s, u"app/ctl/"_s, u"app/signalwatcher.h"_s}},
        {u"app/console"_s,
            QStringList{u"core/"_s, u"ui/"_s, u"app/console/"_s, u"app/signalwatcher.h"_s}},
    };
    return table;
}

bool isUi(const SourceFile &file)
{
    return file.path.startsWith("ui/"_L1);
}

bool isProduct(const SourceFile &file)
{
    return !file.path.startsWith("tests/"_L1);
}

// The engine decides; a user interface may only read what it decided.
bool isHiddenFromUi(const QString &header)
{
    return header.startsWith("core/gateway/"_L1) || header.startsWith("core/demo/"_L1)
        || header.startsWith("core/stores/"_L1) || header == "core/limits/engine.h"_L1
        || header == "core/limits/limiter.h"_L1;
}

bool isGenerated(const QString &header)
{
    return header.endsWith(".moc"_L1) || header.startsWith("ui_"_L1);
}

// A library and the only files that may know it.
struct LibraryRule
{
    QString headers; ///< regular expression on the include, or on the Qt module of a class header
    QString layers; ///< regular expression on the path: where the rule holds
    QString except; ///< regular expression on the path: the named exceptions
    QString message;
};

const std::vector<LibraryRule> &libraryRules()
{
    static const std::vector<LibraryRule> rules{
        {u"^(QtWidgets|QtGui)/"_s, u"^(core|app/ctl)/"_s, {}, u"core is headless"_s},
        {u"^QtWidgets/"_s, u"^ui/(models/|widgets/(cellvalues|format)\\.)"_s, {},
            u"models do not know widgets"_s},
        {u"^QtHttpServer/"_s, u"^(core|ui|app)/"_s,
            u"^core/gateway/front/httpserveradapter\\.(h|cpp)$"_s,
            u"only httpserveradapter knows QtHttpServer"_s},
        {u"^curl/"_s, u"^(core|ui|app)/"_s, u"^core/gateway/upstream/"_s,
            u"only the upstream knows libcurl"_s},
        {u"^yaml-cpp/"_s, u"^(core|ui|app)/"_s, u"^core/config/"_s,
            u"only config knows yaml-cpp"_s},
        {u"^QtSql/"_s, u"^(core|ui|app)/"_s, {}, u"SQLite is used through core/stores/sqlite"_s},
        {u"^sqlite3\\.h$"_s, u"^(core|ui|app)/"_s, u"^core/stores/sqlite/"_s,
            u"only core/stores/sqlite knows SQLite"_s},
        {u"^hiredis/"_s, u"^(core|ui|app)/"_s, u"^core/stores/redis/"_s,
            u"only stores/redis knows hiredis"_s},
        {u"^libpq"_s, u"^(core|ui|app)/"_s, u"^core/stores/(ledger/)?postgres/"_s,
            u"only what talks to PostgreSQL knows libpq"_s},
        {u"^yaml-cpp/emit"_s, u"^"_s, {}, u"the emitter destroys a user's file"_s},
        {u"^(QtCore/(QObject|QTimer|QThread|QProcess)$|QtNetwork/|QtSql/)"_s,
            u"^core/(base|config|limits|metering)/"_s, u"^core/config/filewatcher\\.(h|cpp)$"_s,
            u"base, config, limits and metering are pure"_s},
        {u"^(QtNetwork|QtSql)/"_s, u"^ui/"_s, {}, u"the window talks to façades only"_s},
    };
    return rules;
}

// "QtWidgets/QLabel" for QLabel: class headers are found in the module folders of Qt.
QString withModule(const QString &header, const QStringList &qtIncludes)
{
    static QHash<QString, QString> known;
    if (header.contains(u'/') || !header.startsWith(u'Q')) {
        return header;
    }
    QString &found = known[header];
    for (const QString &folder : qtIncludes) {
        const QString module = QFileInfo(folder).fileName();
        if (found.isEmpty() && module.startsWith("Qt"_L1)
            && QFileInfo::exists(folder + u'/' + header)) {
            found = module + u'/' + header;
        }
    }
    return found.isEmpty() ? header : found;
}

struct CodeRule
{
    QString pattern; ///< regular expression on one line of code
    QString where; ///< regular expression on the path
    QString except; ///< regular expression on the path
    QString message;
    bool unlessExplained = false; ///< a comment on the same line says why it is right there
};

const std::vector<CodeRule> &codeRules()
{
    static const std::vector<CodeRule> rules{
        {u"\\bYAML::(Emitter|Dump)\\b"_s, u"^"_s, {}, u"the emitter destroys a user's file"_s},
        {u"\\b(double|float)\\b"_s, u"^core/(limits|metering)/"_s, {},
            u"what is counted is counted in integers"_s},
        {u"\\bQ_OBJECT\\b"_s, u"^core/(base|config|limits|metering)/"_s,
            u"^core/config/filewatcher\\."_s, u"base, config, limits and metering are pure"_s},
        {u"(steady_clock|system_clock)::now|currentDateTime|currentMSecs|currentSecs|"
         u"Date::currentDate|Time::currentTime"_s,
            u"^core/"_s, u"^core/base/(clock|logging)\\.cpp$"_s, u"time comes from Clock"_s},
        {u"setUniformRowHeights\\(false\\)"_s, u"^ui/"_s, {}, u"a big tree needs 43 s"_s},
        {u"\\bResizeToContents\\b"_s, u"^ui/"_s, {}, u"measures every row at each change"_s},
        {u"setDynamicSortFilter\\(true\\)"_s, u"^ui/"_s, {}, u"sorts at each change"_s},
        {u"\\b(SIGNAL|SLOT)\\("_s, u"^(core|ui|app)/"_s, {}, u"connect with member pointers"_s},
        {u"\\bprocessEvents\\("_s, u"^(core|ui|app)/"_s, {}, u"no nested event loops"_s},
        {u"\\b(qSleep|qWait|sleep_for|usleep|msleep)\\("_s, u"^(core|ui|app|tests)/"_s, {},
            u"no sleeping: wait for the condition, or say why not"_s, true},
        {u"\\bGLOB(_RECURSE)?\\b"_s, u"CMakeLists\\.txt$"_s, {}, u"sources are listed by hand"_s},
    };
    return rules;
}

bool applies(const QString &path, const QString &where, const QString &except)
{
    const auto matches = [&path](const QString &pattern) {
        return QRegularExpression(pattern).match(path).hasMatch();
    };
    return matches(where) && (except.isEmpty() || !matches(except));
}

void checkCode(const SourceFile &file, const CodeRule &rule, QStringList &found)
{
    const QRegularExpression pattern(rule.pattern);
    for (qsizetype line = 0; line < file.code.size(); ++line) {
        const bool isExplained = file.lines[line].contains("// "_L1);
        if (pattern.match(file.code[line]).hasMatch() && !(rule.unlessExplained && isExplained))
            found.append(at(file, line + 1, rule.message));
    }
}

// Sorting is on by default in a proxy, so whoever uses one has to switch it off.
void checkProxy(const SourceFile &file, QStringList &found)
{
    const auto has = [&file](QLatin1StringView text) {
        return std::ranges::any_of(
            file.code, [text](const QString &line) { return line.contains(text); });
    };
    if (isUi(file) && file.isCpp() && has("new QSortFilterProxyModel"_L1)
        && !has("setDynamicSortFilter(false)"_L1)) {
        found.append(at(file, 1, u"QSortFilterProxyModel sorts at each change by default"_s));
    }
}

void checkSize(const SourceFile &file, QStringList &found)
{
    const qsizetype limit = file.isHeader() ? MaxHeaderLines : MaxCppLines;
    if (file.lines.size() > limit) {
        found.append(at(file, limit, u"%1 lines; at most %2"_s.arg(file.lines.size()).arg(limit)));
    }
}

void checkHead(const SourceFile &file, QStringList &found)
{
    const bool isScript = file.lines.value(0).startsWith("#!"_L1);
    const QString licence = file.lines.value(isScript ? 1 : 0);
    if (!licence.endsWith("SPDX-License-Identifier: GPL-3.0-or-later"_L1)) {
        found.append(at(file, 1, u"the licence line is missing"_s));
    }
    if (file.isHeader() && !file.lines.value(1).startsWith("//"_L1)) {
        found.append(at(file, 2, u"a header opens with what it is"_s));
    }
    if (file.isHeader() && !file.code.contains("#pragma once"_L1)) {
        found.append(at(file, 1, u"#pragma once is missing"_s));
    }
}

void checkName(const SourceFile &file, QStringList &found)
{
    static const QRegularExpression good(u"^[a-z][a-z0-9_]*\\.(h|cpp)$"_s);
    const QString name = QFileInfo(file.path).fileName();
    if ((file.isHeader() || file.isCpp()) && !good.match(name).hasMatch()) {
        found.append(at(file, 1, u"file names are lower case"_s));
    }
}

// Walks everything that one user interface file includes, directly or not.
void followIncludes(
    const SourceFile &file, const QHash<QString, const SourceFile *> &byPath, QStringList &found)
{
    QSet<QString> seen{file.path};
    std::vector<const SourceFile *> open{&file};
    while (!open.empty()) {
        const SourceFile *next = open.back();
        open.pop_back();
        for (const Include &include : next->includes) {
            const SourceFile *target = byPath.value(include.path);
            if (isHiddenFromUi(include.path) && next != &file) {
                found.append(
                    u"%1 reaches %2 through %3"_s.arg(file.path, include.path, next->path));
            } else if (target && !seen.contains(include.path)) {
                seen.insert(include.path);
                open.push_back(target);
            }
        }
    }
}

} // namespace

QStringList forbiddenProjectIncludes(const Tree &tree)
{
    QStringList found;
    for (const SourceFile &file : tree) {
        const auto allowed = allowedLayers().constFind(file.layer());
        for (const Include &include : file.includes) {
            if (!include.quoted || isGenerated(include.path)) {
                continue;
            }
            const bool isFromRoot =
                startsWithAny(include.path, {u"core/"_s, u"ui/"_s, u"app/"_s, u"tests/"_s});
            if (!isFromRoot && isProduct(file)) {
                found.append(at(file, include.line,
                    u"%1: includes are spelled from the root"_s.arg(include.path)));
            } else if (allowed != allowedLayers().cend()
                && !include.path.startsWith(QString(file.layer() + u'/'))
                && !startsWithAny(include.path, *allowed)) {
                found.append(at(file, include.line,
                    u"%1 must not include %2"_s.arg(file.layer(), include.path)));
            } else if (isUi(file) && isHiddenFromUi(include.path)) {
                found.append(at(file, include.line, u"ui must not see "_s + include.path));
            }
        }
    }
    return found;
}

QStringList hiddenIncludesOfTheUi(const Tree &tree)
{
    QHash<QString, const SourceFile *> byPath;
    for (const SourceFile &file : tree) {
        byPath.insert(file.path, &file);
    }
    QStringList found;
    for (const SourceFile &file : tree) {
        if (isUi(file)) {
            followIncludes(file, byPath, found);
        }
    }
    return found;
}

QStringList forbiddenLibraries(const Tree &tree, const QStringList &qtIncludes)
{
    QStringList found;
    for (const LibraryRule &rule : libraryRules()) {
        const QRegularExpression headers(rule.headers);
        for (const SourceFile &file : tree) {
            if (!isProduct(file) || !applies(file.path, rule.layers, rule.except)) {
                continue;
            }
            for (const Include &include : file.includes) {
                if (headers.match(withModule(include.path, qtIncludes)).hasMatch()) {
                    found.append(
                        at(file, include.line, u"<%1>: %2"_s.arg(include.path, rule.message)));
                }
            }
        }
    }
    return found;
}

QStringList forbiddenCode(const Tree &tree)
{
    QStringList found;
    for (const SourceFile &file : tree) {
        for (const CodeRule &rule : codeRules()) {
            if (applies(file.path, rule.where, rule.except))
                checkCode(file, rule, found);
        }
        checkProxy(file, found);
    }
    return found;
}

QStringList badFiles(const Tree &tree)
{
    QStringList found;
    for (const SourceFile &file : tree) {
        checkSize(file, found);
        checkHead(file, found);
        checkName(file, found);
    }
    return found;
}

} // namespace sluice::architecture

// SPDX-License-Identifier: GPL-3.0-or-later
// The dependency arrows, the limits of what each layer may know, and the sizes hold in the whole
// tree; and each rule really notices a violation planted into an empty tree.
#include "tests/architecture/rules.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice::architecture;

namespace {

const QStringList Folders{u"app"_s, u"core"_s, u"ui"_s, u"tests"_s, u"resources"_s};

QStringList qtIncludes()
{
    return QStringLiteral(SLUICE_QT_INCLUDES).split(u':', Qt::SkipEmptyParts);
}

// The folders of all Qt modules: Qt6::Core alone names only its own.
QStringList qtModuleFolders()
{
    QStringList folders;
    const QStringList includes = qtIncludes();
    for (const QString &include : includes) {
        const QDir dir(include);
        const QStringList modules = dir.entryList({u"Qt*"_s}, QDir::Dirs);
        for (const QString &module : modules) {
            folders.append(dir.filePath(module));
        }
    }
    return folders;
}

QStringList violations(const QString &root)
{
    const Tree tree = readTree(root, Folders);
    return forbiddenProjectIncludes(tree) + hiddenIncludesOfTheUi(tree)
        + forbiddenLibraries(tree, qtModuleFolders()) + forbiddenCode(tree) + badFiles(tree);
}

// The shared libraries that a program loads, its libraries' own ones included.
QStringList loadedLibraries(const QString &program)
{
    QProcess ldd;
    ldd.start(u"ldd"_s, {program});
    if (!ldd.waitForFinished() || ldd.exitCode() != 0) {
        return {};
    }
    return QString::fromUtf8(ldd.readAllStandardOutput()).split(u'\n', Qt::SkipEmptyParts);
}

QStringList guiLibraries(const QString &program)
{
    const QStringList libraries = loadedLibraries(program);
    return libraries.filter(u"libQt6Gui"_s) + libraries.filter(u"libQt6Widgets"_s);
}

void plant(const QString &root, const QString &path, const QByteArray &text)
{
    QVERIFY(QDir(root).mkpath(QFileInfo(path).path()));
    QFile file(QDir(root).filePath(path));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
}

constexpr auto Head = "// SPDX-License-Identifier: GPL-3.0-or-later\n";
constexpr auto HeaderHead =
    "// SPDX-License-Identifier: GPL-3.0-or-later\n// What.\n#pragma once\n";

} // namespace

class TestArchitecture : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void treeKeepsRules_data();
    void treeKeepsRules();
    void plantedViolationIsNoticed_data();
    void plantedViolationIsNoticed();
    void commentsAndStringsAreNotCode();
    void headerReachedThroughOthersIsNoticed();
    void headlessProgramsLoadNoGui();
    void consoleLoadsGui();
};

void TestArchitecture::treeKeepsRules_data()
{
    QTest::addColumn<QStringList>("found");
    const QString root = QStringLiteral(SLUICE_SOURCE_DIR);
    const Tree tree = readTree(root, Folders);
    QVERIFY2(tree.size() > 10, "the source tree was not found");
    QTest::newRow("arrows") << forbiddenProjectIncludes(tree);
    QTest::newRow("hidden from ui") << hiddenIncludesOfTheUi(tree);
    QTest::newRow("libraries") << forbiddenLibraries(tree, qtModuleFolders());
    QTest::newRow("code") << forbiddenCode(tree);
    QTest::newRow("files") << badFiles(tree);
}

void TestArchitecture::treeKeepsRules()
{
    QFETCH(QStringList, found);
    for (const QString &sentence : std::as_const(found)) {
        qInfo().noquote() << sentence; // the failure message itself is cut after a screenful
    }
    QVERIFY2(found.isEmpty(), "the tree breaks the rules listed above");
}

void TestArchitecture::plantedViolationIsNoticed_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QByteArray>("line");
    const auto row = [](const char *name, const char *path, const char *line) {
        QTest::newRow(name) << QString::fromLatin1(path) << QByteArray(line);
    };
    row("base includes config", "core/base/a.cpp", "#include \"core/config/loader.h\"");
    row("limits includes gateway", "core/limits/a.cpp", "#include \"core/gateway/http.h\"");
    row("metering includes limits", "core/metering/a.cpp", "#include \"core/limits/limit.h\"");
    row("limits includes metering", "core/limits/a.cpp",
        "#include \"core/metering/prices/price.h\"");
    row("gateway includes session", "core/gateway/a.cpp", "#include \"core/session/x.h\"");
    row("front includes pipeline", "core/gateway/front/a.cpp",
        "#include \"core/gateway/pipeline/reply.h\"");
    row("admin includes the exchange", "core/gateway/admin/a.cpp",
        "#include \"core/gateway/pipeline/exchange.h\"");
    row("upstream includes front", "core/gateway/upstream/a.cpp",
        "#include \"core/gateway/front/responsesink.h\"");
    row("insight includes gateway", "core/insight/a.cpp", "#include \"core/gateway/http.h\"");
    row("gateway includes stores", "core/gateway/a.cpp",
        "#include \"core/stores/ledger/ledger.h\"");
    row("stores include gateway", "core/stores/a.cpp", "#include \"core/gateway/http.h\"");
    row("ui includes stores", "ui/a.cpp", "#include \"core/stores/ledger/table.h\"");
    row("Qt's own SQL", "core/session/a.cpp", "#include <QSqlDatabase>");
    row("sqlite beside its wrapper", "core/stores/a.cpp", "#include <sqlite3.h>");
    row("session includes ui", "core/session/a.cpp", "#include \"ui/mainwindow.h\"");
    row("models include a page", "ui/models/a.cpp", "#include \"ui/pages/usagepage.h\"");
    row("models include a widget", "ui/models/a.cpp", "#include \"ui/widgets/gaugebar.h\"");
    row("widgets include a model", "ui/widgets/a.cpp", "#include \"ui/models/usagemodel.h\"");
    row("formats include a widget", "ui/widgets/format.cpp", "#include <QLabel>");
    row("ui includes gateway", "ui/pages/a.cpp", "#include \"core/gateway/http.h\"");
    row("ui includes the engine", "ui/pages/a.cpp", "#include \"core/limits/engine.h\"");
    row("ui includes the limiter", "ui/models/a.cpp", "#include \"core/limits/limiter.h\"");
    row("ui includes demo", "ui/a.cpp", "#include \"core/demo/demo.h\"");
    row("sluicectl includes ui", "app/ctl/a.cpp", "#include \"ui/mainwindow.h\"");
    row("include not from the root", "core/base/a.cpp", "#include \"clock.h\"");
    row("widgets in core", "core/session/a.cpp", "#include <QLabel>");
    row("widgets in core, with module", "core/gateway/a.cpp", "#include <QtWidgets/QLabel>");
    row("gui in core", "core/insight/a.cpp", "#include <QColor>");
    row("widgets in a model", "ui/models/a.cpp", "#include <QTableView>");
    row("object in limits", "core/limits/a.cpp", "#include <QObject>");
    row("object in metering", "core/metering/a.cpp", "#include <QObject>");
    row("timer in config", "core/config/a.cpp", "#include <QTimer>");
    row("network in base", "core/base/a.cpp", "#include <QTcpSocket>");
    row("network in ui", "ui/pages/a.cpp", "#include <QNetworkAccessManager>");
    row("server in a second file", "core/gateway/a.cpp", "#include <QAbstractHttpServer>");
    row("curl in a second file", "core/gateway/pipeline/exchange.cpp", "#include <curl/curl.h>");
    row("libpq outside its store", "core/stores/ledger/ledger.cpp", "#include <libpq-fe.h>");
    row("yaml outside config", "core/session/a.cpp", "#include <yaml-cpp/yaml.h>");
    row("redis outside its folder", "core/stores/a.cpp", "#include <hiredis/hiredis.h>");
    row("yaml emitter", "core/config/a.cpp", "YAML::Emitter out;");
    row("floating point in limits", "core/limits/a.cpp", "double share = 0;");
    row("floating point in metering", "core/metering/a.cpp", "double cents = 0;");
    row("time read in core", "core/gateway/a.cpp", "auto t = std::chrono::steady_clock::now();");
    row("uneven rows", "ui/pages/a.cpp", "tree->setUniformRowHeights(false);");
    row("columns that measure", "ui/pages/a.cpp", "mode(QHeaderView::ResizeToContents);");
    row("sorting proxy", "ui/pages/a.cpp", "auto *p = new QSortFilterProxyModel(this);");
    row("string connect", "ui/pages/a.cpp", "connect(a, SIGNAL(b()), c, SLOT(d()));");
    row("sleeping test", "tests/unit/a.cpp", "QTest::qWait(100);");
    row("globbed sources", "core/CMakeLists.txt", "file(GLOB sources *.cpp)");
    row("upper case name", "core/base/Clock.cpp", "");
}

void TestArchitecture::plantedViolationIsNoticed()
{
    QFETCH(QString, path);
    QFETCH(QByteArray, line);
    QTemporaryDir root;
    QByteArray head = Head;
    if (path.endsWith("CMakeLists.txt"_L1)) {
        head.replace("//", "#");
    }
    plant(root.path(), path, head);
    const bool isNameWrong = line.isEmpty();
    QCOMPARE(violations(root.path()).size(), isNameWrong ? 1 : 0);
    if (isNameWrong) {
        return;
    }

    plant(root.path(), path, head + line + '\n');
    const QStringList found = violations(root.path());
    QVERIFY2(!found.isEmpty(), "not noticed");
    // The place is named, so that it can be clicked.
    QVERIFY2(found.first().startsWith(path + u':'), qPrintable(found.join(u'\n')));
}

void TestArchitecture::commentsAndStringsAreNotCode()
{
    QTemporaryDir root;
    plant(root.path(), u"ui/pages/a.cpp"_s,
        QByteArray(Head)
            + "// never ResizeToContents\n/* SIGNAL(x)\n SLOT(y) */\nauto t = "
              "\"ResizeToContents\";\n");
    QCOMPARE(violations(root.path()), QStringList());

    plant(root.path(), u"ui/pages/long.h"_s, HeaderHead + QByteArray(300, '\n'));
    plant(root.path(), u"ui/pages/bare.h"_s, "int x;\n");
    QCOMPARE(violations(root.path()).filter(u"ui/pages/long.h"_s).size(), 1);
    QCOMPARE(violations(root.path()).filter(u"ui/pages/bare.h"_s).size(), 3);
}

void TestArchitecture::headerReachedThroughOthersIsNoticed()
{
    QTemporaryDir root;
    plant(root.path(), u"core/session/facade.h"_s,
        QByteArray(HeaderHead) + "#include \"core/session/inner.h\"\n");
    plant(root.path(), u"core/session/inner.h"_s,
        QByteArray(HeaderHead) + "#include \"core/limits/engine.h\"\n");
    plant(root.path(), u"ui/pages/a.cpp"_s,
        QByteArray(Head) + "#include \"core/session/facade.h\"\n");
    QCOMPARE(violations(root.path()),
        QStringList{u"ui/pages/a.cpp reaches core/limits/engine.h through core/session/inner.h"_s});
}

void TestArchitecture::headlessProgramsLoadNoGui()
{
    const QDir build(QStringLiteral(SLUICE_BINARY_DIR));
    QStringList programs{build.filePath(u"app/ctl/sluicectl"_s)};
    QDirIterator it(build.filePath(u"tests/unit"_s), {u"tst_*"_s}, QDir::Files | QDir::Executable,
        QDirIterator::Subdirectories);
    while (it.hasNext()) {
        programs.append(it.next());
    }
    for (const QString &program : std::as_const(programs)) {
        QVERIFY2(QFile::exists(program), qPrintable(program));
        QVERIFY2(!loadedLibraries(program).isEmpty(), qPrintable(program));
        QCOMPARE(guiLibraries(program), QStringList());
    }
}

void TestArchitecture::consoleLoadsGui()
{
    // The proof that headlessProgramsLoadNoGui() could see a GUI library if there were one.
    const QString console =
        QDir(QStringLiteral(SLUICE_BINARY_DIR)).filePath(u"app/console/sluice"_s);
    if (!QFile::exists(console)) {
        QSKIP("built without the console");
    }
    QVERIFY(!guiLibraries(console).isEmpty());
}

QTEST_GUILESS_MAIN(TestArchitecture)
#include "tst_architecture.moc"

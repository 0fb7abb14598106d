// SPDX-License-Identifier: GPL-3.0-or-later
// The whole console in one process: real window, real gateway, a mock provider behind it and a real
// HTTP client before it.
#include "app/console/application.h"
#include "core/session/demosession.h"
#include "tests/gui/consolestage.h"
#include "tests/gui/guikit.h"
#include "ui/contextbar.h"
#include "ui/initui.h"
#include "ui/mainwindow.h"
#include "ui/models/policytreemodel.h"
#include "ui/models/usagefigures.h"
#include "ui/widgets/fieldedit.h"
#include "ui/widgets/segmented.h"

#include <QAbstractButton>
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QProcessEnvironment>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTreeView>

using namespace Qt::StringLiterals;
using namespace sluice;
using console::Application;
using console::CommandLine;
using session::ConfigDraft;
using session::GatewaySession;
using test::Limit;
using test::write;
using test::Yaml;
using ui::PolicyTreeModel;
using Stage = test::ConsoleStage;

namespace {

/// As editors save: a new file under the old name.
bool replace(const QString &path, const QByteArray &text)
{
    return write(path + u".new"_s, text) && QFile::remove(path)
        && QFile::rename(path + u".new"_s, path);
}

int differingLines(const QByteArray &a, const QByteArray &b)
{
    const QByteArrayList left = a.split('\n');
    const QByteArrayList right = b.split('\n');
    if (left.size() != right.size())
        return -1;
    int count = 0;
    for (qsizetype i = 0; i < left.size(); ++i)
        count += left.at(i) != right.at(i) ? 1 : 0;
    return count;
}

/// A thousand lines with comments, quotes, flow and block maps.
QByteArray longConfiguration()
{
    QByteArray text = Yaml;
    text += "routers:\n";
    for (int i = 0; text.count('\n') < 1000; ++i) {
        text += "  # Router number " + QByteArray::number(i) + ", kept for a reason.\n";
        text += "  r" + QByteArray::number(i) + ":\n";
        text += "    load-balance:   {chat: {strategy: weighted, providers: [{provider: openai, "
                "weight: '1'}]}}\n";
        text += "    rate-limit:\n      per-api-key:\n";
        text += "        capacity:    " + QByteArray::number(100 + i) + "     # requests\n";
        text += "        refill-frequency: \"1m\"\n\n";
    }
    return text;
}

} // namespace

class ConsoleAppTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase()
    {
        qputenv("SLUICE_TEST_SECRET", "upstream");
        session::DemoSession::prepareEnvironment();
        ui::initUi();
    }

    void operationsAreKeptInTheDataFolder()
    {
        const config::Segment keys{config::SegmentKind::ApiKey, {}};
        Stage stage;
        stage.start();
        QVERIFY(stage.app->operations().block(keys, "ci") != 0);
        const QDir data(stage.folder.filePath(u"data"_s));
        QVERIFY(data.exists(u"operations.json"_s));
        QVERIFY(data.exists(u"ledger.sqlite"_s));
        stage.app.reset();
        stage.start();
        QCOMPARE(stage.app->operations().inForce().blocks.size(), size_t{1});
        QVERIFY(!stage.bar()->isVisible());
    }

    void brokenOperationsAreSaidAndLeftAlone()
    {
        Stage stage;
        const QDir data(stage.folder.filePath(u"data"_s));
        QVERIFY(data.mkpath(u"."_s));
        QFile file(data.filePath(u"operations.json"_s));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("oops");
        file.close();
        stage.start();
        QVERIFY(stage.bar()->isVisible());
        QVERIFY2(
            stage.bar()->text().contains(u"operations.json"_s), qPrintable(stage.bar()->text()));
        QTRY_COMPARE(stage.app->gateway().state(), GatewaySession::State::Running);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), "oops"_ba);
    }

    void aLimitChangedInTheWindowIsObeyedAtOnce()
    {
        Stage stage;
        stage.start();
        const QByteArray before = stage.file();
        QTRY_COMPARE(stage.app->gateway().state(), GatewaySession::State::Running);
        QCOMPARE(stage.ask(), 200);
        QCOMPARE(stage.ask(), 200);
        QCOMPARE(stage.ask(), 429);
        stage.type(Limit, u"5"_s);
        QCOMPARE(stage.file(), before); // a draft is not the file
        QCOMPARE(stage.ask(), 429);
        stage.reviewAndApply();
        QCOMPARE(stage.file(), QByteArray(before).replace("capacity: 2,", "capacity: 5,"));
        QCOMPARE(differingLines(stage.file(), before), 1);
        QCOMPARE(stage.ask(), 200);
        // Undo from the message: the very same bytes, and refused again.
        QAbstractButton *undo = stage.barButton(u"Undo"_s);
        QVERIFY(undo);
        test::click(undo);
        QCOMPARE(stage.file(), before);
        QCOMPARE(stage.ask(), 429);
    }

    void theWindowCountsAsTheClientDoes()
    {
        Stage stage;
        stage.start();
        stage.app->window().openPage(u"policies"_s);
        int admitted = 0;
        for (int i = 0; i < 5; ++i)
            admitted += stage.ask() == 200 ? 1 : 0;
        QCOMPARE(admitted, 2);
        const auto gauge = [&stage] {
            return stage.cell(Limit, PolicyTreeModel::ClosestColumn)
                .data(ui::GaugeRole)
                .value<ui::GaugeValue>();
        };
        QTRY_COMPARE(gauge().usedText, u"2"_s);
        QCOMPARE(gauge().stateWord, u"ci"_s);
        QCOMPARE(gauge().state, ui::State::Refused);
        QTRY_COMPARE(stage.app->feed().size(), 5);
    }

    void aLongFileKeepsEveryOtherLine()
    {
        Stage stage(longConfiguration());
        stage.start();
        const QByteArray before = stage.file();
        QVERIFY(before.count('\n') >= 1000);
        stage.type("routers/r70/per-api-key", u"4711"_s);
        stage.reviewAndApply();
        QCOMPARE(differingLines(stage.file(), before), 1);
        QCOMPARE(
            stage.file(), QByteArray(before).replace("capacity:    170 ", "capacity:    4711 "));
    }

    void undoAndRedoGiveBackTheBytes()
    {
        Stage stage;
        stage.start();
        const QByteArray before = stage.app->draft().text();
        stage.type(Limit, u"7"_s);
        const QByteArray after = stage.app->draft().text();
        QTest::keyClick(&stage.app->window(), Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(stage.app->draft().text(), before);
        QTest::keyClick(&stage.app->window(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(stage.app->draft().text(), after);
    }

    void anOutsideEditShowsWhenTheDraftIsClean()
    {
        Stage stage;
        stage.start();
        stage.app->window().openPage(u"policies"_s);
        QCOMPARE(stage.amount(), u"2"_s);
        QVERIFY(replace(stage.path(), stage.file().replace("capacity: 2,", "capacity: 9,")));
        QTRY_COMPARE(stage.amount(), u"9"_s);
        QCOMPARE(stage.app->draft().changeCount(), 0);
        QVERIFY(stage.bar()->isVisible());
    }

    void anOutsideEditMeetsADraftAndNothingIsLost_data()
    {
        QTest::addColumn<QString>("choice");
        QTest::addColumn<QString>("amount");
        QTest::newRow("theirs") << u"Take theirs"_s << u"9"_s;
        QTest::newRow("mine") << u"Keep mine"_s << u"7"_s;
    }

    void anOutsideEditMeetsADraftAndNothingIsLost()
    {
        QFETCH(QString, choice);
        QFETCH(QString, amount);
        Stage stage;
        stage.start();
        stage.type(Limit, u"7"_s);
        const QByteArray theirs = stage.file().replace("capacity: 2,", "capacity: 9,");
        QVERIFY(replace(stage.path(), theirs));
        QTRY_COMPARE(stage.app->draft().state(), ConfigDraft::State::DiskNewer);
        QCOMPARE(stage.amount(), u"7"_s);
        stage.reviewAndApply(); // not over a change nobody has seen
        QCOMPARE(stage.file(), theirs);
        QTRY_VERIFY(stage.bar()->isVisible());
        stage.app->window().openPage(u"policies"_s);
        QVERIFY(stage.app->draft().state() == ConfigDraft::State::DiskNewer);
        QTRY_VERIFY(stage.barButton(choice));
        test::click(stage.barButton(choice));
        QCOMPARE(stage.amount(), amount);
        QCOMPARE(stage.file(), theirs);
    }

    void aBrokenOutsideEditKeepsTheOldLimits()
    {
        Stage stage;
        stage.start();
        QVERIFY(replace(stage.path(), stage.file().replace("capacity: 2,", "capacity: two,")));
        QTRY_COMPARE(stage.app->draft().state(), ConfigDraft::State::Broken);
        QVERIFY2(
            stage.bar()->text().contains(u"line 10, column 29"_s), qPrintable(stage.bar()->text()));
        QCOMPARE(stage.ask(), 200);
        QCOMPARE(stage.ask(), 200);
        QCOMPARE(stage.ask(), 429);
    }

    void aBrokenFileOpensOnItsProblemsAndStartsWhenMended()
    {
        Stage stage(QByteArray(Yaml).replace("capacity: 2,", "capacity: two,"));
        stage.start();
        QCOMPARE(stage.app->gateway().state(), GatewaySession::State::Stopped);
        QCOMPARE(stage.app->window().currentPage(), u"policies"_s);
        QVERIFY2(
            stage.bar()->text().contains(u"line 10, column 29"_s), qPrintable(stage.bar()->text()));
        QVERIFY(replace(stage.path(), stage.file().replace("capacity: two,", "capacity: 2,")));
        QTRY_COMPARE(stage.app->gateway().state(), GatewaySession::State::Running);
        QCOMPARE(stage.amount(), u"2"_s);
    }

    void aBusyPortOffersAnother()
    {
        QTcpServer other;
        QVERIFY(other.listen(QHostAddress::LocalHost));
        const QByteArray busy = "{port: " + QByteArray::number(other.serverPort()) + '}';
        Stage stage(QByteArray(Yaml).replace("{port: 0}", busy));
        stage.start();
        QCOMPARE(stage.app->gateway().state(), GatewaySession::State::Failed);
        const QByteArray before = stage.file();
        QVERIFY(stage.barButton(u"Retry"_s));
        QAbstractButton *use = stage.barButton(u"Use "_s);
        QVERIFY(use);
        const QByteArray port = use->text().mid(4).toLatin1();
        test::click(use);
        QCOMPARE(stage.app->draft().changeCount(), 1); // a draft, not done silently
        QCOMPARE(stage.file(), before);
        QTest::keyClick(&stage.app->window(), Qt::Key_Return, Qt::ControlModifier);
        QTRY_COMPARE(stage.app->gateway().state(), GatewaySession::State::Running);
        QCOMPARE(stage.app->gateway().baseUrl(), "http://127.0.0.1:" + port);
        QCOMPARE(differingLines(stage.file(), before), 1);
    }

    void anOpenEditorDoesNotHinderTheEnd_data()
    {
        QTest::addColumn<QString>("field");
        QTest::newRow("table") << u"amountLineEdit"_s;
        QTest::newRow("form") << u"formAmountLineEdit"_s;
    }

    void anOpenEditorDoesNotHinderTheEnd()
    {
        QFETCH(QString, field);
        Stage stage;
        stage.start();
        stage.type(Limit, u"7"_s);
        QTest::keyClick(stage.tree(), Qt::Key_F2);
        auto *edit = stage.app->window().findChild<ui::FieldEdit *>(field);
        QVERIFY(edit);
        edit->setFocus();
        edit->selectAll();
        QTest::keyClicks(edit, u"8"_s);
        stage.app.reset();
        QVERIFY(stage.file().contains("capacity: 2,"));
    }

    void theCommandLineDecidesWhatIsOpened()
    {
        Stage stage;
        stage.start([](CommandLine &line) {
            line.hasGateway = false;
            line.page = u"review"_s;
        });
        QCOMPARE(stage.app->gateway().state(), GatewaySession::State::Stopped);
        QCOMPARE(stage.app->window().currentPage(), u"review"_s);
    }

    void theFirstStartShowsWhereToBegin()
    {
        Stage stage;
        stage.start();
        QCOMPARE(stage.app->window().currentPage(), u"start"_s);
        QCOMPARE(stage.ask(), 200);
        QTRY_COMPARE(stage.app->feed().size(), 1);
        stage.app.reset();
        stage.start();
        QCOMPARE(stage.app->window().currentPage(), u"usage"_s);
    }

    void aSecondStartRaisesTheFirst()
    {
        Stage stage;
        stage.start();
        // Through a link it is the same file.
        const QString link = stage.folder.filePath(u"link.yaml"_s);
        QVERIFY(QFile::link(stage.path(), link));
        QProcess second;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"QT_QPA_PLATFORM"_s, u"offscreen"_s);
        second.setProcessEnvironment(environment);
        second.start(QStringLiteral(SLUICE_PROGRAM),
            {u"--config"_s, link, u"--data-dir"_s, stage.folder.filePath(u"data"_s), u"--page"_s,
                u"review"_s});
        QTRY_COMPARE_WITH_TIMEOUT(second.state(), QProcess::NotRunning, 20'000);
        QCOMPARE(second.exitCode(), 0);
        QCOMPARE(stage.app->window().currentPage(), u"review"_s);
    }

    void theDemoMovesWithinFiveSeconds()
    {
        const QTemporaryDir folder;
        CommandLine line;
        line.isDemo = true;
        line.dataDir = folder.path();
        Application app(line);
        QVERIFY(app.start().has_value());
        QTRY_VERIFY_WITH_TIMEOUT(
            app.feed().size() > 10 && app.usage().book().subjectCount() > 5, 5000);
        QCOMPARE(app.window().currentPage(), u"usage"_s);
        const auto *mark = app.window().findChild<QAbstractButton *>(u"demoStatusButton"_s);
        QVERIFY(mark && mark->isVisible());
    }

    // Limits in tokens and in money move with the demo's traffic as those in requests do.
    void theDemoMovesItsLimitsOfEveryUnit_data()
    {
        QTest::addColumn<int>("tab");
        QTest::addColumn<int>("unit");
        QTest::addColumn<QString>("limit");
        QTest::addColumn<QString>("sign"); // in every figure
        QTest::newRow("tokens") << 3 << 2 << u"member-hour"_s << u" tokens "_s;
        QTest::newRow("money") << 2 << 3 << u"team-day"_s << u"$"_s;
    }

    void theDemoMovesItsLimitsOfEveryUnit()
    {
        QFETCH(const int, tab);
        QFETCH(const int, unit);
        QFETCH(const QString, limit);
        QFETCH(const QString, sign);
        const QTemporaryDir folder;
        CommandLine line;
        line.isDemo = true;
        line.dataDir = folder.path();
        Application app(line);
        QVERIFY(app.start().has_value());
        QVERIFY(QTest::qWaitForWindowActive(&app.window()));
        test::clickTab(app.window().findChild<QTabBar *>(u"subjectsTabBar"_s), tab);
        test::click(app.window().findChild<ui::Segmented *>(u"unitSegmented"_s)->button(unit));
        const auto *table = app.window().findChild<QTableView *>(u"usageTableView"_s);
        const auto spoken = [table](int column) {
            return table->model()->index(0, column).data(Qt::AccessibleTextRole).toString();
        };
        QTRY_VERIFY_WITH_TIMEOUT(spoken(ui::UsageColumn::LimitColumn).startsWith(limit), 10'000);
        QTRY_VERIFY_WITH_TIMEOUT(spoken(ui::UsageColumn::GaugeColumn).contains(sign), 10'000);
        const QString before = spoken(ui::UsageColumn::GaugeColumn);
        QTRY_VERIFY_WITH_TIMEOUT(spoken(ui::UsageColumn::GaugeColumn) != before, 10'000);
        QVERIFY(spoken(ui::UsageColumn::GaugeColumn).contains(sign));
    }

    void everythingFocusableHasAName()
    {
        Stage stage;
        stage.start();
        for (const QString &page :
            {u"start"_s, u"requests"_s, u"usage"_s, u"policies"_s, u"review"_s}) {
            stage.app->window().openPage(page);
            QCoreApplication::processEvents();
            QCOMPARE(test::namelessWidgets(&stage.app->window()), QStringList());
        }
    }

    void theCommandLineIsRead_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("error"); // part of it; empty = fine
        QTest::newRow("nothing") << QStringList() << QString();
        QTest::newRow("all") << QStringList{u"--config"_s, u"a.yaml"_s, u"--listen"_s, u"[::1]:0"_s,
            u"--no-gateway"_s, u"--page"_s, u"usage"_s}
                             << QString();
        QTest::newRow("typo") << QStringList{u"--cofnig"_s, u"a"_s} << u"cofnig"_s;
        QTest::newRow("file without option") << QStringList{u"a.yaml"_s} << u"--config FILE"_s;
        QTest::newRow("no port") << QStringList{u"--listen"_s, u"127.0.0.1"_s} << u"ADDR:PORT"_s;
        QTest::newRow("large port")
            << QStringList{u"--listen"_s, u"127.0.0.1:70000"_s} << u"ADDR:PORT"_s;
        QTest::newRow("host name")
            << QStringList{u"--listen"_s, u"localhost:80"_s} << u"ADDR:PORT"_s;
        QTest::newRow("demo with a file")
            << QStringList{u"--demo"_s, u"--config"_s, u"a.yaml"_s} << u"--demo brings"_s;
    }

    void theCommandLineIsRead()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, error);
        const auto line = console::parseCommandLine(QStringList(u"sluice"_s) + arguments);
        QCOMPARE(line.has_value(), error.isEmpty());
        if (!line)
            QVERIFY2(line.error().message.contains(error), qPrintable(line.error().message));
    }
};

QTEST_MAIN(ConsoleAppTest)
#include "tst_consoleapp.moc"

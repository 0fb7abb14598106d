// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/configdraft.h"
#include "core/session/limitoperations.h"
#include "tests/gui/guikit.h"
#include "tests/support/livefixture.h"
#include "ui/contextbar.h"
#include "ui/initui.h"
#include "ui/mainwindow.h"
#include "ui/widgets/navigationlist.h"
#include "ui/widgets/statusbutton.h"

#include <QAction>
#include <QClipboard>
#include <QFile>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QSettings>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QToolButton>

using namespace Qt::StringLiterals;
using namespace sluice;
using test::LiveFixture;
using ui::MainWindow;
using State = session::GatewaySession::State;

namespace {

struct Stage
{
    QTemporaryDir folder;
    SystemClock clock;
    LiveFixture live;
    session::GatewaySession gateway{clock};
    session::ConfigDraft draft{gateway};
    session::LimitOperations operations{live.limiter};
    QSettings settings{folder.filePath(u"ui.ini"_s), QSettings::IniFormat};
    std::unique_ptr<MainWindow> window;

    explicit Stage(const QByteArray &yaml = LiveFixture::sampleConfiguration())
    {
        QFile file(folder.filePath(u"ai-gateway-config.yaml"_s));
        if (!file.open(QIODevice::WriteOnly) || file.write(yaml) < 0)
            qFatal("cannot write the sample");
        file.close();
        if (!draft.open(file.fileName()))
            qFatal("cannot open the sample");
        open();
    }

    void open()
    {
        window = std::make_unique<MainWindow>(
            MainWindow::Session{gateway, draft, live.usage, live.feed, &operations}, settings);
        window->addLivePages();
        window->restore();
        window->show();
        if (!QTest::qWaitForWindowActive(window.get()))
            qFatal("no window");
    }

    [[nodiscard]] ui::StatusButton *status(const char *name) const
    {
        return window->findChild<ui::StatusButton *>(QLatin1StringView(name));
    }

    [[nodiscard]] QList<QAction *> actions() const
    {
        QList<QAction *> found;
        for (const QMenu *menu : window->menuBar()->findChildren<QMenu *>())
            found += menu->actions();
        return found;
    }

    [[nodiscard]] QAction *action(const QString &text) const
    {
        for (QAction *each : actions()) {
            if (each->text().remove(u'&') == text)
                return each;
        }
        return nullptr;
    }
};

} // namespace

class MainWindowTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() { ui::initUi(); }

    void init() { test::failOnWarnings(); }

    void operationsAreSaidAndTakenBack()
    {
        Stage stage;
        const LiveFixture::Client client{.key = "ci", .router = "prod"};
        for (int i = 0; i < 66; ++i)
            stage.live.send(client);
        stage.live.report();
        stage.window->openPage(u"usage"_s, u"key:ci"_s);
        auto *reset = stage.window->findChild<QToolButton *>(u"resetToolButton"_s);
        QTRY_VERIFY(reset->isVisible() && reset->isEnabled());
        test::click(reset);
        const ui::ContextBar *bar = stage.window->contextBar();
        QVERIFY(bar->isVisible());
        QCOMPARE(bar->text(), u"Reset: key ci has all of prod, per key again"_s);
        QVERIFY(stage.live.send(client).decision.isAdmitted());
        QToolButton *undo = nullptr;
        for (QToolButton *button : bar->findChildren<QToolButton *>()) {
            if (button->text() == u"Undo"_s)
                undo = button;
        }
        QVERIFY(undo);
        test::click(undo);
        QCOMPARE(bar->text(), u"Undone"_s);
        QVERIFY(!stage.live.send(client).decision.isAdmitted());
    }

    void whatIsHiddenByNewsComesBack()
    {
        using Subject = ui::ContextBar::Subject;
        const Stage stage;
        ui::ContextBar *bar = stage.window->contextBar();
        bar->report(Subject::Ledger, ui::State::Near, u"no ledger"_s);
        bool hasRun = false;
        bar->report(Subject::SharedStore, ui::State::Near, u"no store"_s,
            {{u"Retry"_s, [&hasRun] { hasRun = true; }}});
        bar->report(Subject::Counters, ui::State::Near, u"no counters"_s);
        bar->report(Subject::Passing, ui::State::Normal, u"copied"_s);
        QCOMPARE(bar->text(), u"copied"_s);
        bar->settle(Subject::Passing);
        QCOMPARE(bar->text(), u"no counters"_s);
        bar->settle(Subject::Ledger); // unseen
        bar->settle(Subject::Counters);
        QCOMPARE(bar->text(), u"no store"_s);
        for (QToolButton *button : bar->findChildren<QToolButton *>()) {
            if (button->text() == u"Retry"_s)
                test::click(button);
        }
        QVERIFY(hasRun);
        bar->settle(Subject::SharedStore);
        QVERIFY(!bar->isVisible());
    }

    void newsDoesNotHideWhatNeedsAnAnswer()
    {
        using Subject = ui::ContextBar::Subject;
        const Stage stage;
        ui::ContextBar *bar = stage.window->contextBar();
        bar->report(Subject::Disk, ui::State::Refused, u"the file has changed"_s);
        bar->report(Subject::Passing, ui::State::Normal, u"copied"_s);
        QCOMPARE(bar->text(), u"the file has changed"_s);
    }

    void thePageInSightHasAMenu()
    {
        Stage stage;
        auto *menu = stage.window->findChild<QMenu *>(u"pageMenu"_s);
        stage.window->openPage(u"requests"_s);
        QVERIFY(!menu->menuAction()->isVisible());
        stage.window->openPage(u"usage"_s);
        QVERIFY(menu->menuAction()->isVisible());
        QCOMPARE(menu->title(), u"&Usage"_s);
        const auto opened = [menu, &stage](const QString &text) -> QAction * {
            menu->popup(stage.window->mapToGlobal(QPoint(200, 20)));
            QAction *found = nullptr;
            for (QAction *action : menu->actions()) {
                if (action->text() == text)
                    found = action;
            }
            return found;
        };
        QVERIFY(!opened(u"Reset counter"_s)->isEnabled()); // nothing has been used
        menu->hide();
        const LiveFixture::Client client{.key = "ci", .router = "prod"};
        for (int i = 0; i < 66; ++i)
            stage.live.send(client);
        stage.live.report();
        stage.window->openPage(u"usage"_s, u"key:ci"_s);
        QAction *reset = opened(u"Reset counter"_s);
        QVERIFY(reset->isEnabled());
        menu->setActiveAction(reset);
        QTest::keyClick(menu, Qt::Key_Return);
        QVERIFY(!menu->isVisible());
        QCOMPARE(
            stage.window->contextBar()->text(), u"Reset: key ci has all of prod, per key again"_s);
        QVERIFY(stage.live.send(client).decision.isAdmitted());
    }

    void everyCommandHasATextAndAShortcutOfItsOwn()
    {
        const Stage stage;
        QHash<QString, QString> owners;
        for (const QAction *action : stage.actions()) {
            if (action->isSeparator())
                continue;
            QVERIFY(!action->text().isEmpty());
            for (const QKeySequence &key : action->shortcuts()) {
                QVERIFY2(!owners.contains(key.toString()), qPrintable(key.toString()));
                owners.insert(key.toString(), action->text());
            }
        }
        for (const QString &key :
            {u"Ctrl+1"_s, u"Ctrl+2"_s, u"Ctrl+E"_s, u"Ctrl+Return"_s, u"F5"_s})
            QVERIFY2(owners.contains(key), qPrintable(key));
    }

    void pagesOpenByKeyAndByMouse()
    {
        const Stage stage;
        QCOMPARE(stage.window->currentPage(), u"requests"_s);
        QVERIFY(!stage.window->findChild<QWidget *>(u"UsagePage"_s)); // made on the first visit
        QTest::keyClick(stage.window.get(), Qt::Key_2, Qt::ControlModifier);
        QCOMPARE(stage.window->currentPage(), u"usage"_s);
        QVERIFY(stage.window->findChild<QWidget *>(u"UsagePage"_s)->isVisible());
        auto *navigation = stage.window->findChild<ui::NavigationList *>();
        const QModelIndex requests = navigation->model()->index(1, 0);
        QTest::mouseClick(
            navigation->viewport(), Qt::LeftButton, {}, navigation->visualRect(requests).center());
        QCOMPARE(stage.window->currentPage(), u"requests"_s);
        QVERIFY(stage.window->findChild<QWidget *>(u"RequestsPage"_s)->isVisible());
    }

    void pagesLeadToEachOther()
    {
        Stage stage;
        stage.live.send({.key = "ci", .user = "alice", .router = "prod"});
        stage.live.report();
        QTest::keyClick(stage.window.get(), Qt::Key_2, Qt::ControlModifier);
        auto *table = stage.window->findChild<QTableView *>(u"usageTableView"_s);
        QTRY_VERIFY(test::rowNamed(table, u"ci"_s) >= 0);
        test::clickCell(table, test::rowNamed(table, u"ci"_s), 0);
        QTest::keyClick(table, Qt::Key_Return);
        QCOMPARE(stage.window->currentPage(), u"requests"_s);
        auto *list = stage.window->findChild<QTableView *>(u"requestsTableView"_s);
        QTRY_COMPARE(list->model()->rowCount(), 1);
    }

    void theGatewayStartsAndStops()
    {
        Stage stage;
        QCOMPARE(stage.status("gatewayStatusButton")->text(), u"Stopped"_s);
        QTest::keyClick(stage.window.get(), Qt::Key_E, Qt::ControlModifier);
        QTRY_COMPARE(stage.gateway.state(), State::Running);
        const QString host = QString::fromUtf8(stage.gateway.baseUrl()).section(u'/', 2, 2);
        QTRY_COMPARE(stage.status("gatewayStatusButton")->text(), u"Running on %1"_s.arg(host));
        QCOMPARE(stage.action(u"Stop"_s)->shortcut().toString(), u"Ctrl+E"_s);
        stage.action(u"Copy base URL"_s)->trigger();
        QCOMPARE(QGuiApplication::clipboard()->text(), QString::fromUtf8(stage.gateway.baseUrl()));
        QTest::keyClick(stage.window.get(), Qt::Key_E, Qt::ControlModifier);
        QTRY_COMPARE(stage.status("gatewayStatusButton")->text(), u"Stopped"_s);
    }

    void aBusyPortSaysWhatToDo()
    {
        QTcpServer other;
        QVERIFY(other.listen(QHostAddress::LocalHost, 0));
        QByteArray yaml = LiveFixture::sampleConfiguration();
        yaml.replace(
            "port: 0", QByteArray("port: ").append(QByteArray::number(other.serverPort())));
        const Stage stage(yaml);
        QTest::keyClick(stage.window.get(), Qt::Key_E, Qt::ControlModifier);
        QTRY_COMPARE(stage.gateway.state(), State::Failed);
        const auto *bar = stage.window->findChild<ui::ContextBar *>();
        QVERIFY(bar->isVisible());
        QVERIFY2(
            bar->text().contains(QString::number(other.serverPort())), qPrintable(bar->text()));
        QCOMPARE(stage.status("gatewayStatusButton")->text(), u"Not running"_s);
    }

    void draftAndUndoAreNamed()
    {
        Stage stage;
        QCOMPARE(stage.status("draftStatusButton")->text(), u"No changes"_s);
        QVERIFY(!stage.action(u"Review and apply"_s)->isEnabled());
        const auto change = [](const QByteArray &text) -> Result<QByteArray> {
            QByteArray changed = text;
            return changed.replace("        capacity: 60", "        capacity: 90");
        };
        QVERIFY(stage.draft.edit(u"set capacity of prod to 90"_s, change));
        QCOMPARE(stage.status("draftStatusButton")->text(), u"Draft: 1 change"_s);
        QVERIFY(stage.action(u"Undo set capacity of prod to 90"_s));
        QTest::keyClick(stage.window.get(), Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(stage.draft.text(), LiveFixture::sampleConfiguration());
        QTRY_COMPARE(stage.status("draftStatusButton")->text(), u"No changes"_s);
        QVERIFY(stage.action(u"Redo set capacity of prod to 90"_s)->isEnabled());
    }

    void quittingWithADraftAsks()
    {
        Stage stage;
        const auto change = [](const QByteArray &text) -> Result<QByteArray> {
            QByteArray changed = text;
            return changed.replace("        capacity: 60", "        capacity: 90");
        };
        QVERIFY(stage.draft.edit(u"edit"_s, change));
        stage.window->close();
        QVERIFY(stage.window->isVisible());
        auto *box = stage.window->findChild<QMessageBox *>(u"quitMessageBox"_s);
        QTRY_VERIFY(box && box->isVisible());
        QTest::keyClick(box, Qt::Key_Return); // the default loses nothing
        QTRY_VERIFY(!box->isVisible());
        QVERIFY(stage.window->isVisible());
        stage.draft.discard();
        stage.window->close();
        QVERIFY(!stage.window->isVisible());
    }

    void theLastPageComesBack()
    {
        Stage stage;
        stage.window->openPage(u"usage"_s);
        stage.window->close();
        stage.open();
        QCOMPARE(stage.window->currentPage(), u"usage"_s);
    }

    void rateIsTheClientsRate()
    {
        Stage stage;
        for (int second = 0; second < 6; ++second) {
            for (int i = 0; i < 20; ++i)
                stage.live.send({.key = "ci", .router = "prod"});
            stage.live.report();
            stage.live.advance(std::chrono::seconds(1));
        }
        // 60 at once and one a second pass; 20 a second are sent.
        QTRY_VERIFY(stage.status("rateStatusButton")->text().startsWith(u"20.0 req/s, "_s));
    }

    void everythingThatTakesTheFocusHasAName()
    {
        Stage stage;
        stage.window->setDemo(true);
        for (const QString &page : {u"requests"_s, u"usage"_s}) {
            stage.window->openPage(page);
            QCOMPARE(test::namelessWidgets(stage.window.get()), QStringList());
        }
        QVERIFY(stage.status("demoStatusButton")->isVisible());
    }
};

QTEST_MAIN(MainWindowTest)
#include "tst_mainwindow.moc"

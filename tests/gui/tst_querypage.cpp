// SPDX-License-Identifier: GPL-3.0-or-later
// The Query page in its window, against a ledger's file.
#include "core/session/configdraft.h"
#include "core/session/ledgerqueries.h"
#include "tests/gui/guikit.h"
#include "tests/support/ledgerkit.h"
#include "tests/support/livefixture.h"
#include "ui/contextbar.h"
#include "ui/initui.h"
#include "ui/mainwindow.h"
#include "ui/widgets/sqledit.h"

#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QFileDialog>
#include <QHeaderView>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QToolButton>

using namespace Qt::StringLiterals;
using namespace sluice;
using test::LiveFixture;

namespace {

const QString Endless =
    u"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"_s;

struct Stage
{
    QTemporaryDir folder;
    SystemClock clock;
    LiveFixture live;
    session::GatewaySession gateway{clock};
    session::ConfigDraft draft{gateway};
    session::LedgerQueries ledger;
    QSettings settings{folder.filePath(u"ui.ini"_s), QSettings::IniFormat};
    std::unique_ptr<ui::MainWindow> window;

    /// 61 requests of ci (one of them refused) and 9 of app, or no ledger at all.
    explicit Stage(bool hasRows = true, const QByteArray &extra = {})
        : live(LiveFixture::sampleConfiguration() + extra)
    {
        QFile file(folder.filePath(u"ai-gateway-config.yaml"_s));
        if (!file.open(QIODevice::WriteOnly)
            || file.write(LiveFixture::sampleConfiguration() + extra) < 0)
            qFatal("cannot write the sample");
        file.close();
        if (!draft.open(file.fileName()))
            qFatal("cannot open the sample");
        ledger.setFolder(folder.path());
        for (int i = 0; i < 61; ++i)
            live.send({.key = "ci", .user = "alice", .router = "prod", .input = 1'000 + i});
        for (int i = 0; i < 9; ++i)
            live.send({.key = "app", .user = "bob", .input = 10});
        live.report();
        if (hasRows)
            test::writeLedger(folder.path(), live);
        open();
    }

    void open()
    {
        window = std::make_unique<ui::MainWindow>(
            ui::MainWindow::Session{gateway, draft, live.usage, live.feed, nullptr, &ledger},
            settings);
        window->addLivePages();
        window->addTryPages();
        window->restore();
        window->show();
        if (!QTest::qWaitForWindowActive(window.get()))
            qFatal("no window");
        QTest::keyClick(window.get(), Qt::Key_3, Qt::ControlModifier);
    }

    template <typename Widget> [[nodiscard]] Widget *find(const QString &name) const
    {
        return window->findChild<Widget *>(name);
    }

    [[nodiscard]] ui::SqlEdit *edit() const { return find<ui::SqlEdit>(u"sqlPlainTextEdit"_s); }

    [[nodiscard]] QTableView *table() const { return find<QTableView>(u"queryTableView"_s); }

    [[nodiscard]] QTableView *saved() const { return find<QTableView>(u"savedQueriesTableView"_s); }

    [[nodiscard]] QString label(const char *name) const
    {
        return find<QLabel>(QLatin1StringView(name))->text();
    }

    [[nodiscard]] bool isRunning() const
    {
        return !find<QPushButton>(u"runPushButton"_s)->isEnabled();
    }

    /// Types a statement over the one that is there and runs it by key.
    void run(const QString &sql) const
    {
        edit()->setFocus();
        edit()->selectAll();
        QTest::keyClick(edit(), Qt::Key_Delete);
        edit()->insertPlainText(sql);
        QTest::keyClick(edit(), Qt::Key_Return, Qt::ControlModifier);
    }

    void runAndWait(const QString &sql) const
    {
        run(sql);
        if (!QTest::qWaitFor([this] { return !isRunning(); }))
            qFatal("still running");
    }

    [[nodiscard]] QString cell(int row, int column) const
    {
        return table()->model()->index(row, column).data().toString();
    }

    /// Exports by the menu into a file.
    void exportTo(int entry, const QString &path) const
    {
        const QList<QAction *> actions =
            find<QToolButton>(u"exportToolButton"_s)->menu()->actions();
        actions.at(entry)->trigger();
        auto *name = find<QFileDialog>(u"exportFileDialog"_s)->findChild<QLineEdit *>();
        name->setText(path);
        QTest::keyClick(name, Qt::Key_Return);
        if (!QTest::qWaitFor(
                [this] { return find<QFileDialog>(u"exportFileDialog"_s) == nullptr; }))
            qFatal("the dialog stays");
    }

    [[nodiscard]] QByteArray exported(int entry, const QString &name) const
    {
        exportTo(entry, folder.filePath(name));
        QFile file(folder.filePath(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
};

} // namespace

class QueryPageTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() { ui::initUi(); }

    void init()
    {
        QTest::failOnWarning(QRegularExpression(u"^(?!This plugin does not support)"_s));
    }

    void aTypedStatementBringsItsRows()
    {
        const Stage stage;
        QCOMPARE(stage.window->currentPage(), u"query"_s);
        QVERIFY(stage.edit()->hasFocus());
        stage.edit()->selectAll();
        QTest::keyClicks(stage.edit(), u"SELECT key, count(*) AS n FROM requests GROUP BY key"_s);
        QTest::keyClick(stage.edit(), Qt::Key_Return, Qt::ControlModifier);
        QTRY_COMPARE(stage.table()->model()->rowCount(), 2);
        QVERIFY(stage.table()->isVisible());
        QCOMPARE(stage.cell(0, 0), u"app"_s);
        QCOMPARE(stage.cell(0, 1), u"9"_s);
        QCOMPARE(stage.cell(1, 1), QString::number(61)); // as the client has counted
        QCOMPARE(stage.label("queryCountLabel"), u"2 rows"_s);
        QVERIFY(stage.label("queryStatusLabel").startsWith(u"took "_s));
    }

    // The window's own meaning of the key is Apply.
    void runningNeverAppliesADraft()
    {
        Stage stage;
        const auto change = [](const QByteArray &text) -> Result<QByteArray> {
            QByteArray changed = text;
            return changed.replace("        capacity: 60", "        capacity: 90");
        };
        QVERIFY(stage.draft.edit(u"set capacity of prod to 90"_s, change));
        stage.runAndWait(u"SELECT 1"_s);
        QCOMPARE(stage.window->currentPage(), u"query"_s);
        QCOMPARE(stage.draft.changeCount(), 1);
        QCOMPARE(stage.cell(0, 0), u"1"_s);
        // Nor with the focus on the rows.
        stage.table()->setFocus();
        QTest::keyClick(stage.table(), Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY(!stage.isRunning());
        QCOMPARE(stage.window->currentPage(), u"query"_s);
        QCOMPARE(stage.draft.changeCount(), 1);
        stage.draft.discard();
    }

    void anErrorStandsUnderTheStatement()
    {
        const Stage stage;
        stage.runAndWait(u"SELECT key FROM requests"_s);
        stage.runAndWait(u"SELECT modle FROM requests"_s);
        auto *error = stage.find<QLabel>(u"queryErrorLabel"_s);
        QVERIFY(error->isVisible());
        QVERIFY2(error->text().contains(u"no such column: modle"_s), qPrintable(error->text()));
        QCOMPARE(stage.edit()->extraSelections().first().cursor.selectedText(), u"modle"_s);
        QCOMPARE(stage.table()->model()->rowCount(), 70); // what was there stays
        stage.runAndWait(u"DELETE FROM ledger"_s);
        QVERIFY2(error->text().contains(u"only reading"_s), qPrintable(error->text()));
        stage.runAndWait(u"SELECT 1"_s);
        QVERIFY(!error->isVisible());
    }

    void escapeCancels()
    {
        const Stage stage;
        stage.run(Endless);
        auto *cancel = stage.find<QPushButton>(u"cancelPushButton"_s);
        QVERIFY(cancel->isVisible());
        QTRY_VERIFY(stage.label("queryStatusLabel").startsWith(u"running, "_s));
        QTest::keyClick(stage.edit(), Qt::Key_Escape);
        QVERIFY(!cancel->isVisible());
        QVERIFY(stage.label("queryStatusLabel").startsWith(u"cancelled after "_s));
        stage.run(Endless);
        test::click(cancel);
        QVERIFY(!stage.isRunning());
        stage.runAndWait(u"SELECT 3"_s); // nothing is left behind
        QCOMPARE(stage.cell(0, 0), u"3"_s);
    }

    void limitsAreSaidWhenTheyCut()
    {
        const Stage stage;
        auto *rows = stage.find<QComboBox>(u"maxRowsComboBox"_s);
        rows->setFocus();
        QTest::keyClick(rows, Qt::Key_Home);
        QCOMPARE(rows->currentData().toInt(), 1'000);
        stage.runAndWait(u"SELECT a.id FROM requests a, requests b"_s);
        QCOMPARE(stage.table()->model()->rowCount(), 1'000);
        QCOMPARE(stage.label("queryCountLabel"), u"The first 1\u202f000 rows, there are more"_s);
        auto *time = stage.find<QComboBox>(u"maxTimeComboBox"_s);
        time->setItemData(0, 1); // nobody waits five seconds here
        time->setFocus();
        QTest::keyClick(time, Qt::Key_Home);
        stage.runAndWait(Endless);
        QVERIFY2(stage.label("queryErrorLabel").contains(u"longer than 1"_s),
            qPrintable(stage.label("queryErrorLabel")));
    }

    void rowsAreSortedByAClick()
    {
        const Stage stage;
        stage.runAndWait(u"SELECT key, count(*) AS n FROM requests GROUP BY key"_s);
        const QHeaderView *header = stage.table()->horizontalHeader();
        const auto click = [header](int column) {
            QTest::mouseClick(header->viewport(), Qt::LeftButton, {},
                QPoint(header->sectionViewportPosition(column) + header->sectionSize(column) / 2,
                    header->height() / 2));
        };
        click(1);
        QCOMPARE(stage.cell(0, 0), u"app"_s);
        click(1);
        QCOMPARE(stage.cell(0, 0), u"ci"_s);
    }

    void cellsAndRowsAreCopied()
    {
        const Stage stage;
        stage.runAndWait(u"SELECT key, count(*) AS n FROM requests GROUP BY key"_s);
        test::clickCell(stage.table(), 1, 1);
        QTest::keyClick(stage.table(), Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QGuiApplication::clipboard()->text(), u"61"_s);
        test::clickCell(stage.table(), 0, 0, Qt::ShiftModifier);
        QTest::keyClick(stage.table(), Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QGuiApplication::clipboard()->text(), u"app\t9\nci\t61"_s);
        test::click(stage.find<QToolButton>(u"copyRowsToolButton"_s));
        QCOMPARE(QGuiApplication::clipboard()->text(), u"key\tn\napp\t9\nci\t61"_s);
    }

    void allOfItIsInTheMenuBar()
    {
        const Stage stage;
        auto *menu = stage.find<QMenu>(u"pageMenu"_s);
        const auto item = [menu, &stage](const QString &text) -> QAction * {
            menu->popup(stage.window->mapToGlobal(QPoint(200, 20)));
            for (QAction *action : menu->actions()) {
                if (action->text().remove(u'&').section(u'\t', 0, 0) == text)
                    return action;
            }
            return nullptr;
        };
        QVERIFY(!item(u"Copy all rows"_s)->isEnabled());
        QVERIFY(!item(u"Cancel"_s)->isEnabled());
        stage.edit()->setPlainText(u"SELECT count(*) AS n FROM requests"_s);
        item(u"Run"_s)->trigger();
        menu->hide();
        QTRY_VERIFY(!stage.isRunning());
        QTRY_COMPARE(stage.label("queryCountLabel"), u"1 row"_s);
        item(u"Copy all rows"_s)->trigger();
        QCOMPARE(QGuiApplication::clipboard()->text(), u"n\n70"_s);
        QVERIFY(item(u"Export"_s)->isEnabled());
        QVERIFY(!item(u"Remove the saved query"_s)->isEnabled());
        item(u"Save this query…"_s)->trigger();
        menu->hide();
        QVERIFY(stage.find<QLineEdit>(u"queryNameEdit"_s)->isVisible());
    }

    void rowsAreExportedAsTheyAreSorted()
    {
        const Stage stage;
        stage.runAndWait(u"SELECT key, sum(input_tokens) AS tokens FROM requests GROUP BY key "
                         u"ORDER BY key DESC"_s);
        QCOMPARE(stage.exported(0, u"rows.csv"_s), "key,tokens\r\nci,61770\r\napp,90\r\n"_ba);
        QVERIFY2(stage.label("queryStatusLabel").startsWith(u"Exported 2 rows to "_s),
            qPrintable(stage.label("queryStatusLabel")));
        const QList<QByteArray> lines = stage.exported(1, u"rows.jsonl"_s).split('\n');
        QCOMPARE(lines.size(), 3);
        QCOMPARE(QJsonDocument::fromJson(lines.at(1)).object().value(u"tokens"_s).toInteger(), 90);
    }

    void aFileThatCannotBeWrittenIsSaid()
    {
        const Stage stage;
        stage.runAndWait(u"SELECT 1"_s);
        stage.exportTo(0, u"/proc/rows.csv"_s);
        const QString said = stage.window->contextBar()->text();
        QVERIFY2(said.startsWith(u"Not exported: /proc/rows.csv"_s), qPrintable(said));
    }

    void samplesAreOpenedByKeyAndByMouse()
    {
        const Stage stage;
        test::clickCell(stage.saved(), 1, 0);
        QVERIFY(stage.edit()->toPlainText().contains(u"GROUP BY user"_s));
        QVERIFY(stage.edit()->hasFocus());
        stage.saved()->setFocus();
        QTest::keyClick(stage.saved(), Qt::Key_Down);
        QTest::keyClick(stage.saved(), Qt::Key_Return);
        QVERIFY(stage.edit()->toPlainText().contains(u"verdict"_s));
        QTest::keyClick(stage.edit(), Qt::Key_Z, Qt::ControlModifier); // the editor's own undo
        QVERIFY(stage.edit()->toPlainText().contains(u"GROUP BY user"_s));
    }

    void aQueryIsSavedAndTakenAway()
    {
        Stage stage;
        const int samples = stage.saved()->model()->rowCount();
        stage.runAndWait(u"SELECT 42"_s);
        test::click(stage.find<QToolButton>(u"saveQueryToolButton"_s));
        auto *name = stage.find<QLineEdit>(u"queryNameEdit"_s);
        QVERIFY(name->hasFocus());
        QTest::keyClicks(name, u"answer"_s);
        QTest::keyClick(name, Qt::Key_Return);
        QVERIFY(!name->isVisible());
        QCOMPARE(stage.saved()->model()->rowCount(), samples + 1);
        stage.window.reset();
        stage.open();
        QCOMPARE(stage.edit()->toPlainText(), u"SELECT 42"_s); // what was written last is there
        QCOMPARE(stage.saved()->model()->index(0, 0).data().toString(), u"answer"_s);
        stage.saved()->selectRow(0);
        stage.saved()->setFocus();
        QTest::keyClick(stage.saved(), Qt::Key_Delete);
        QCOMPARE(stage.saved()->model()->rowCount(), samples);
        const ui::ContextBar *bar = stage.window->contextBar();
        QCOMPARE(bar->text(), u"Removed the query answer"_s);
        for (QToolButton *button : bar->findChildren<QToolButton *>()) {
            if (button->text() == u"Undo"_s)
                test::click(button);
        }
        QCOMPARE(stage.saved()->model()->rowCount(), samples + 1);
        // Samples stay.
        stage.saved()->selectRow(3);
        QTest::keyClick(stage.saved(), Qt::Key_Delete);
        QCOMPARE(stage.saved()->model()->rowCount(), samples + 1);
    }

    void columnsAreInserted()
    {
        const Stage stage;
        stage.edit()->setPlainText(u""_s);
        auto *columns = stage.find<QTableView>(u"ledgerColumnsTableView"_s);
        columns->selectRow(4);
        columns->setFocus();
        QTest::keyClick(columns, Qt::Key_Return);
        QCOMPARE(stage.edit()->toPlainText(), u"key"_s);
        QVERIFY(test::spokenCell(columns, 0, 0).startsWith(u"id: "_s));
    }

    void whyThereIsNothing_data()
    {
        QTest::addColumn<QByteArray>("yaml");
        QTest::addColumn<QString>("title");
        QTest::newRow("nothing yet") << ""_ba << u"Nothing has been recorded yet"_s;
        QTest::newRow("off") << "recording: {enabled: false}\n"_ba
                             << u"Requests are not recorded"_s;
    }

    void whyThereIsNothing()
    {
        QFETCH(const QByteArray, yaml);
        const Stage stage(false, yaml);
        auto *title = stage.window->findChild<QWidget *>(u"QueryResults"_s)
                          ->findChild<QLabel *>(u"emptyTitleLabel"_s);
        QCOMPARE(title->text(), u"Nothing asked yet"_s);
        stage.runAndWait(u"SELECT 1"_s);
        QTEST(title->text(), "title");
        QVERIFY(title->isVisible());
        QCOMPARE(stage.label("queryNoteLabel").contains(u"not recorded"_s), !yaml.isEmpty());
    }

    void noRowsIsNoError()
    {
        const Stage stage;
        stage.runAndWait(u"SELECT * FROM requests WHERE key = 'nobody'"_s);
        QCOMPARE(stage.label("queryCountLabel"), u"0 rows"_s);
        QVERIFY(!stage.find<QLabel>(u"queryErrorLabel"_s)->isVisible());
        QVERIFY(!stage.find<QToolButton>(u"exportToolButton"_s)->isEnabled());
    }

    void everythingThatTakesTheFocusHasAName()
    {
        const Stage stage;
        stage.runAndWait(u"SELECT * FROM requests"_s);
        QCOMPARE(test::namelessWidgets(stage.window.get()), QStringList());
    }
};

QTEST_MAIN(QueryPageTest)
#include "tst_querypage.moc"

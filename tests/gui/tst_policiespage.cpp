// SPDX-License-Identifier: GPL-3.0-or-later
// The Policies page through keys and clicks, over a real draft of a real file.
#include "core/session/configdraft.h"
#include "core/session/gatewaysession.h"
#include "tests/gui/guikit.h"
#include "tests/support/livefixture.h"
#include "ui/initui.h"
#include "ui/models/policytreemodel.h"
#include "ui/models/problemsmodel.h"
#include "ui/pages/addlimitmenu.h"
#include "ui/pages/policiespage.h"
#include "ui/widgets/fieldedit.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/messagebar.h"
#include "ui/widgets/segmented.h"

#include <QDialog>
#include <QFile>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTreeView>

using namespace Qt::StringLiterals;
using namespace sluice;
using test::LiveFixture;
using ui::PolicyTreeModel;

namespace {

const QByteArray Prod = "routers/prod/per-api-key";

struct Stage
{
    QTemporaryDir folder;
    SystemClock clock;
    LiveFixture live;
    session::GatewaySession gateway{clock};
    session::ConfigDraft draft{gateway};
    std::unique_ptr<ui::PoliciesPage> page;
    QTreeView *tree = nullptr;

    explicit Stage(const QByteArray &yaml = LiveFixture::sampleConfiguration()) : live(yaml)
    {
        QFile file(folder.filePath(u"ai-gateway-config.yaml"_s));
        if (!file.open(QIODevice::WriteOnly) || file.write(yaml) < 0)
            qFatal("cannot write the sample");
        file.close();
        if (!draft.open(file.fileName()))
            qFatal("cannot open the sample");
        page = std::make_unique<ui::PoliciesPage>(draft, live.usage);
        page->resize(1095, 750);
        page->show();
        if (!QTest::qWaitForWindowActive(page.get()))
            qFatal("no window");
        tree = find<QTreeView>("policyTreeView");
    }

    template <typename Widget> [[nodiscard]] Widget *find(const char *name) const
    {
        return page->findChild<Widget *>(QLatin1StringView(name));
    }

    [[nodiscard]] QModelIndex cell(const QByteArray &limit, int column) const
    {
        const auto *model = static_cast<const PolicyTreeModel *>(tree->model());
        return model->indexOf(limit).siblingAtColumn(column);
    }

    void click(const QByteArray &limit, int column) const
    {
        QCoreApplication::processEvents();
        QTest::mouseClick(
            tree->viewport(), Qt::LeftButton, {}, tree->visualRect(cell(limit, column)).center());
    }

    /// Opens the editor of a cell by F2.
    ui::FieldEdit *edit(const QByteArray &limit, int column) const
    {
        click(limit, column);
        QTest::keyClick(tree, Qt::Key_F2);
        return tree->viewport()->findChild<ui::FieldEdit *>();
    }

    [[nodiscard]] QByteArray text() const { return draft.text(); }
};

} // namespace

class PoliciesPageTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() { ui::initUi(); }

    void init() { test::failOnWarnings(); }

    void editingACellChangesOneNumberOfTheDraft()
    {
        const Stage stage;
        const QByteArray before = stage.text();
        ui::FieldEdit *edit = stage.edit(Prod, PolicyTreeModel::AmountColumn);
        QVERIFY(edit);
        QCOMPARE(edit->text(), u"60"_s);
        QTest::keyClicks(edit, u"90"_s);
        QTest::keyClick(edit, Qt::Key_Return);
        const QByteArray after = QByteArray(before).replace("capacity: 60", "capacity: 90");
        QTRY_COMPARE(stage.text(), after);
        QCOMPARE(stage.find<QLabel>("changeCountLabel")->text(), u"1 change in the draft"_s);
        QCOMPARE(
            stage.find<QLabel>("limitEffectLabel")->text(), u"90 at once, then one every 0.67 s"_s);
        QCOMPARE(stage.find<QLabel>("limitRunningLabel")->text(),
            u"running: 60 at once, then one every second"_s);
        QVERIFY(stage.find<QPushButton>("reviewPushButton")->isEnabled());
    }

    void escapeRestores()
    {
        const Stage stage;
        const QByteArray before = stage.text();
        ui::FieldEdit *edit = stage.edit(Prod, PolicyTreeModel::AmountColumn);
        QTest::keyClicks(edit, u"7"_s);
        QTest::keyClick(edit, Qt::Key_Escape);
        QTRY_VERIFY(!stage.tree->viewport()->findChild<ui::FieldEdit *>());
        QCOMPARE(stage.text(), before);
    }

    void whatCannotBeStaysInTheEditor_data()
    {
        QTest::addColumn<int>("column");
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("reason");
        QTest::newRow("too large")
            << int(PolicyTreeModel::AmountColumn) << u"5000000000"_s << u"A whole number"_s;
        QTest::newRow("not a duration")
            << int(PolicyTreeModel::PeriodColumn) << u"90"_s << u"90s"_s;
        QTest::newRow("a month") << int(PolicyTreeModel::PeriodColumn) << u"1M"_s << u"30.44"_s;
    }

    void whatCannotBeStaysInTheEditor()
    {
        QFETCH(int, column);
        QFETCH(QString, typed);
        QFETCH(QString, reason);
        const Stage stage;
        const QByteArray before = stage.text();
        ui::FieldEdit *edit = stage.edit(Prod, column);
        QTest::keyClicks(edit, typed);
        QTest::keyClick(edit, Qt::Key_Return);
        QCoreApplication::processEvents(); // a commit would be queued
        QCOMPARE(stage.tree->viewport()->findChild<ui::FieldEdit *>(), edit);
        QVERIFY2(edit->error().contains(reason), qPrintable(edit->error()));
        QCOMPARE(stage.text(), before);
        QTest::keyClick(edit, Qt::Key_Escape);
    }

    void tabWalksFromFieldToField()
    {
        const Stage stage;
        ui::FieldEdit *edit = stage.edit(Prod, PolicyTreeModel::AmountColumn);
        QTest::keyClicks(edit, u"90"_s);
        QTest::keyClick(edit, Qt::Key_Tab);
        QTRY_COMPARE(stage.tree->currentIndex(), stage.cell(Prod, PolicyTreeModel::PeriodColumn));
        QTRY_VERIFY(stage.text().contains("capacity: 90"));
        ui::FieldEdit *next = nullptr;
        QTRY_VERIFY((next = stage.find<ui::FieldEdit>("periodLineEdit")) != nullptr);
        QTest::keyClicks(next, u"1h 30m"_s);
        QTest::keyClick(next, Qt::Key_Tab);
        QTRY_VERIFY(stage.text().contains("refill-frequency: 1h 30m"));
        QTRY_COMPARE(stage.tree->currentIndex(),
            stage.cell("routers/prod/per-end-user", PolicyTreeModel::AmountColumn));
    }

    void arrowKeysStepTheNumber()
    {
        const Stage stage;
        ui::FieldEdit *edit = stage.edit(Prod, PolicyTreeModel::AmountColumn);
        QTest::keyClick(edit, Qt::Key_Up);
        QTest::keyClick(edit, Qt::Key_PageUp);
        QCOMPARE(edit->text(), u"71"_s);
        QTest::keyClick(edit, Qt::Key_Down);
        QTest::keyClick(edit, Qt::Key_Return);
        QTRY_VERIFY(stage.text().contains("capacity: 70"));
    }

    void aWindowOfAListIsEditedInItsOwnWords()
    {
        const Stage stage("server: {port: 0}\nglobal:\n  rate-limit:\n    usage-limits:\n"
                          "      - name: user-day # reviewed in June\n"
                          "        per: end-user\n        requests: 2000\n        period: 24h\n"
                          "      - {name: user-hour, per: end-user, requests: 300, period: 1h}\n");
        stage.click("user-day", PolicyTreeModel::LimitColumn);
        QCOMPARE(stage.find<QLabel>("limitEffectLabel")->text().replace(QChar(0x202f), u' '),
            u"2 000 in any 24 hours"_s);
        auto *amount = stage.find<ui::FieldEdit>("formAmountLineEdit");
        amount->setFocus();
        amount->selectAll();
        QTest::keyClicks(amount, u"1500"_s);
        QTest::keyClick(amount, Qt::Key_Return);
        QVERIFY2(stage.text().contains("        requests: 1500\n"), stage.text().constData());
        auto *period = stage.find<ui::FieldEdit>("formPeriodLineEdit");
        QCOMPARE(period->accessibleName(), u"In any"_s);
        period->setFocus();
        period->selectAll();
        QTest::keyClicks(period, u"12h"_s);
        QTest::keyClick(period, Qt::Key_Return);
        QVERIFY2(stage.text().contains("        period: 12h\n"), stage.text().constData());
        QVERIFY(
            stage.text().contains("{name: user-hour, per: end-user, requests: 300, period: 1h}"));
        QVERIFY(stage.text().contains("# reviewed in June"));
    }

    void theFormEditsTheSameDraft()
    {
        const Stage stage;
        stage.click(Prod, PolicyTreeModel::LimitColumn);
        auto *amount = stage.find<ui::FieldEdit>("formAmountLineEdit");
        QCOMPARE(amount->text(), u"60"_s);
        amount->setFocus();
        amount->selectAll();
        QTest::keyClicks(amount, u"45"_s);
        QTest::keyClick(amount, Qt::Key_Return);
        QVERIFY(stage.text().contains("capacity: 45"));
        QCOMPARE(stage.cell(Prod, PolicyTreeModel::AmountColumn).data().toString(), u"45 req"_s);
        auto *period = stage.find<ui::FieldEdit>("formPeriodLineEdit");
        period->setFocus();
        period->selectAll();
        QTest::keyClicks(period, u"soon"_s);
        QTest::keyClick(period, Qt::Key_Return);
        QVERIFY(period->hasError());
        QTest::keyClick(period, Qt::Key_Escape);
        QCOMPARE(period->text(), u"1m"_s);
        auto *mode = stage.find<ui::Segmented>("stateSegmented");
        QTest::mouseClick(mode->button(1), Qt::LeftButton);
        QVERIFY(stage.text().contains("mode: shadow\n"));
        QCOMPARE(stage.cell(Prod, PolicyTreeModel::StateColumn).data().toString(), u"Shadow"_s);
        QTest::mouseClick(mode->button(2), Qt::LeftButton);
        QTest::mouseClick(stage.find<QAbstractButton>("undoToolButton"), Qt::LeftButton);
        QCOMPARE(stage.cell(Prod, PolicyTreeModel::StateColumn).data().toString(), u"Shadow"_s);
    }

    void deletingCanBeUndoneFromItsBar()
    {
        const Stage stage;
        const QByteArray before = stage.text();
        stage.click(Prod, PolicyTreeModel::LimitColumn);
        QTest::keyClick(stage.tree, Qt::Key_Delete);
        QVERIFY(!stage.text().contains("capacity: 60"));
        const auto *bar = stage.find<ui::MessageBar>("deletedMessageBar");
        QVERIFY(bar->isVisible());
        QVERIFY(bar->text().contains(u"prod, per key"_s));
        for (QAbstractButton *button : bar->findChildren<QAbstractButton *>()) {
            if (button->text() == u"Undo"_s)
                test::click(button);
        }
        QCOMPARE(stage.text(), before);
        QVERIFY(!bar->isVisible());
    }

    void everyKindOfLimitCanBeAdded_data()
    {
        QTest::addColumn<QString>("title");
        QTest::addColumn<QByteArray>("key");
        QTest::addColumn<QString>("countedPer");
        QTest::newRow("team") << u"per team"_s << "per-team"_ba << u"team"_s;
        QTest::newRow("member") << u"per member"_s << "per-team-member"_ba << u"team member"_s;
        QTest::newRow("shared") << u"shared"_s << "shared"_ba << u"all requests together"_s;
    }

    // Through the menu by keys, as a person without a mouse does it.
    void everyKindOfLimitCanBeAdded()
    {
        QFETCH(QString, title);
        QFETCH(QByteArray, key);
        QFETCH(QString, countedPer);
        const Stage stage;
        const QByteArray before = stage.text();
        auto *menu = stage.find<ui::AddLimitMenu>("addLimitMenu");
        menu->popup(stage.page->mapToGlobal(QPoint(10, 10)));
        QMenu *scope = nullptr;
        for (const QAction *action : menu->actions()) {
            if (action->text() == u"Router prod"_s)
                scope = action->menu();
        }
        QVERIFY(scope);
        QAction *place = nullptr;
        for (QAction *action : scope->actions()) {
            if (action->text() == title)
                place = action;
        }
        QVERIFY(place && place->isEnabled());
        menu->setActiveAction(scope->menuAction());
        QTest::keyClick(menu, Qt::Key_Right);
        QTRY_VERIFY(scope->isVisible());
        scope->setActiveAction(place);
        QTest::keyClick(scope, Qt::Key_Return);
        const QByteArray line = "\n      " + key + ": {capacity: 60, refill-frequency: 1m}\n";
        QTRY_VERIFY2(stage.text().contains(line), stage.text().constData());
        QCOMPARE(QByteArray(stage.text()).replace(line, "\n"), before); // nothing else changes
        const QByteArray name = "routers/prod/" + key;
        ui::FieldEdit *edit = nullptr;
        QTRY_VERIFY((edit = stage.find<ui::FieldEdit>("amountLineEdit")) != nullptr);
        QTest::keyClicks(edit, u"12"_s);
        QTest::keyClick(edit, Qt::Key_Return);
        QTRY_COMPARE(
            stage.cell(name, PolicyTreeModel::AmountColumn).data().toString(), u"12 req"_s);
        QCOMPARE(stage.cell(name, PolicyTreeModel::LimitColumn).data().toString(), title);
        QCOMPARE(stage.find<QLabel>("limitSubjectLabel")->text(), u"prod, "_s + title);
        QCOMPARE(stage.find<QLabel>("countedPerLabel")->text(), countedPer);
        QCOMPARE(
            stage.find<QLabel>("limitEffectLabel")->text(), u"12 at once, then one every 5 s"_s);
        Q_EMIT menu->aboutToShow();
        for (const QAction *action : menu->actions()) {
            if (action->text() != u"Router prod"_s)
                continue;
            for (const QAction *item : action->menu()->actions())
                QVERIFY(item->text() != title); // "exists already", and cannot be chosen
        }
    }

    void onlyLimitsOfTheSameKindTakeAPlace()
    {
        QByteArray yaml = LiveFixture::sampleConfiguration();
        const QByteArray own = "    per-api-key: {capacity: 120, refill-frequency: 1m}\n";
        QVERIFY(yaml.contains(own));
        yaml.replace(own,
            "    shared: [{name: burst, capacity: 9, refill-frequency: 1s}]\n"
            "    usage-limits: [{name: day, per: api-key, requests: 2000, period: 24h}]\n");
        const Stage stage(yaml);
        auto *menu = stage.find<ui::AddLimitMenu>("addLimitMenu");
        Q_EMIT menu->aboutToShow();
        const QMenu *global = menu->actions().constFirst()->menu();
        QHash<QString, bool> isOffered;
        for (const QAction *action : global->actions())
            isOffered.insert(action->text(), action->isEnabled());
        QVERIFY(isOffered.value(u"per key"_s));
        QVERIFY(isOffered.value(u"per team"_s));
        QVERIFY(!isOffered.value(u"shared, exists already"_s, true));
    }

    void aNewLimitIsReadyToBeTyped()
    {
        const Stage stage;
        auto *menu = stage.find<ui::AddLimitMenu>("addLimitMenu");
        Q_EMIT menu->aboutToShow();
        QAction *place = nullptr;
        for (const QAction *scope : menu->actions()) {
            if (scope->text() == u"Router agents"_s)
                place = scope->menu()->actions().value(1);
        }
        QVERIFY(place);
        QCOMPARE(place->text(), u"per end user"_s);
        place->trigger();
        ui::FieldEdit *edit = nullptr;
        QTRY_VERIFY((edit = stage.find<ui::FieldEdit>("amountLineEdit")) != nullptr);
        QTest::keyClicks(edit, u"12"_s);
        QTest::keyClick(edit, Qt::Key_Return);
        QTRY_COMPARE(stage.cell("routers/agents/per-end-user", PolicyTreeModel::AmountColumn)
                         .data()
                         .toString(),
            u"12 req"_s);
        Q_EMIT menu->aboutToShow();
        for (const QAction *scope : menu->actions()) {
            if (scope->text() == u"Router agents"_s)
                QVERIFY(!scope->menu()->actions().value(1)->isEnabled());
        }
    }

    void undoAndRedoGiveBackIdenticalBytes()
    {
        Stage stage;
        QList<QByteArray> texts{stage.text()};
        for (int i = 0; i < 200; ++i) {
            const QByteArray amount = QByteArray::number(100 + i);
            const auto edited =
                stage.draft.edit(u"step"_s, [&amount](QByteArray text) -> Result<QByteArray> {
                    const qsizetype at = text.indexOf("capacity: ", text.indexOf("# raised")) + 10;
                    return text.replace(at, text.indexOf('\n', at) - at, amount);
                });
            QVERIFY(edited.has_value());
            texts.append(stage.text());
        }
        for (qsizetype i = texts.size() - 2; i >= 0; --i) {
            stage.find<QAbstractButton>("undoToolButton")->click();
            QCOMPARE(stage.text(), texts.at(i));
        }
        QVERIFY(!stage.find<QAbstractButton>("undoToolButton")->isEnabled());
        for (qsizetype i = 1; i < texts.size(); ++i) {
            stage.find<QAbstractButton>("redoToolButton")->click();
            QCOMPARE(stage.text(), texts.at(i));
        }
    }

    void aBrokenDraftSaysWhereAndOffersTheFix()
    {
        Stage stage;
        const auto broken = stage.draft.edit(u"break"_s, [](QByteArray text) -> Result<QByteArray> {
            return text.replace("refill-frequency: 1m\n      per-end-user",
                "refill-frequency: 60\n      per-end-user");
        });
        QVERIFY(broken.has_value());
        QVERIFY(!stage.find<QPushButton>("reviewPushButton")->isEnabled());
        QCOMPARE(stage.find<QLabel>("obstacleLabel")->text(), u"fix 1 error to apply"_s);
        auto *problems = stage.find<QTableView>("problemsTableView");
        QVERIFY(problems->isVisible());
        QCOMPARE(problems->model()->index(0, ui::ProblemsModel::FixColumn).data().toString(),
            u"Write 60s"_s);
        QVERIFY(stage.find<ui::FieldEdit>("formAmountLineEdit")->isReadOnly());
        test::clickCell(problems, 0, ui::ProblemsModel::FixColumn);
        QVERIFY(stage.text().contains("refill-frequency: 60s\n"));
        QVERIFY(stage.find<QPushButton>("reviewPushButton")->isEnabled());
    }

    void linesShowTheFileAndTargetsSelect()
    {
        Stage stage;
        const int line = static_cast<PolicyTreeModel *>(stage.tree->model())
                             ->lineOf(stage.cell(Prod, PolicyTreeModel::LineColumn));
        stage.click(Prod, PolicyTreeModel::LineColumn);
        auto *dialog = stage.find<QDialog>("LineDialog");
        QVERIFY(dialog);
        QCOMPARE(dialog->findChild<QPlainTextEdit *>()->textCursor().selectedText().trimmed(),
            u"capacity: 60"_s);
        QCOMPARE(dialog->windowTitle(), u"ai-gateway-config.yaml, line %1"_s.arg(line));
        QCOMPARE(test::namelessWidgets(dialog), QStringList());
        dialog->close();
        stage.click("global/per-api-key", PolicyTreeModel::LimitColumn);
        stage.page->showTarget(u"line:%1"_s.arg(line));
        QCOMPARE(stage.tree->currentIndex().siblingAtColumn(0), stage.cell(Prod, 0));
        stage.page->showTarget(u"limit:global/per-end-user"_s);
        QCOMPARE(stage.find<QLabel>("limitSubjectLabel")->text(), u"global, per end user"_s);
        stage.page->showTarget(u"limit:no/such/limit"_s);
        stage.page->showTarget(u"nonsense"_s);
    }

    void anEditorSurvivesAChangeFromElsewhere()
    {
        Stage stage;
        ui::FieldEdit *edit = stage.edit(Prod, PolicyTreeModel::AmountColumn);
        QTest::keyClicks(edit, u"77"_s);
        const auto other = stage.draft.edit(u"other"_s, [](QByteArray text) -> Result<QByteArray> {
            return text.replace("capacity: 120", "capacity: 121");
        });
        QVERIFY(other.has_value());
        QCOMPARE(edit->text(), u"77"_s);
        QTest::keyClick(edit, Qt::Key_Return);
        QTRY_VERIFY(stage.text().contains("capacity: 77"));
        QVERIFY(stage.text().contains("capacity: 121"));
    }

    void everythingFocusableHasAName()
    {
        Stage stage;
        stage.edit(Prod, PolicyTreeModel::AmountColumn);
        QCOMPARE(test::namelessWidgets(stage.page.get()), QStringList());
        QVERIFY(stage.tree->uniformRowHeights());
    }
};

QTEST_MAIN(PoliciesPageTest)
#include "tst_policiespage.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// The Policies page through keys and clicks, over a real draft of a real file.
#include "tests/gui/policystage.h"
#include "ui/initui.h"
#include "ui/models/problemsmodel.h"
#include "ui/pages/addlimitmenu.h"
#include "ui/widgets/messagebar.h"

#include <QAbstractButton>
#include <QDialog>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>

using namespace Qt::StringLiterals;
using namespace sluice;
using test::LiveFixture;
using test::PolicyStage;
using test::Prod;
using ui::PolicyTreeModel;

class PoliciesPageTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() { ui::initUi(); }

    void init() { test::failOnWarnings(); }

    void editingACellChangesOneNumberOfTheDraft()
    {
        const PolicyStage stage;
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
        const PolicyStage stage;
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
        const PolicyStage stage;
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
        const PolicyStage stage;
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
        const PolicyStage stage;
        ui::FieldEdit *edit = stage.edit(Prod, PolicyTreeModel::AmountColumn);
        QTest::keyClick(edit, Qt::Key_Up);
        QTest::keyClick(edit, Qt::Key_PageUp);
        QCOMPARE(edit->text(), u"71"_s);
        QTest::keyClick(edit, Qt::Key_Down);
        QTest::keyClick(edit, Qt::Key_Return);
        QTRY_VERIFY(stage.text().contains("capacity: 70"));
    }

    void deletingCanBeUndoneFromItsBar()
    {
        const PolicyStage stage;
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
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("per");
        QTest::addColumn<QByteArray>("lines"); ///< that come into the block of the router
        QTest::addColumn<QString>("label");
        QTest::addColumn<QString>("countedPer");
        const auto row = [](const QString &kind, const QString &per, const QByteArray &lines,
                             const QString &label, const QString &countedPer) {
            QTest::newRow(qPrintable(kind + u' ' + per))
                << kind << per << lines << label << countedPer;
        };
        const QString bucket = u"Bucket, refilled evenly"_s;
        row(bucket, u"per team"_s, "      per-team: {capacity: 60, refill-frequency: 1m}\n",
            u"per team"_s, u"team"_s);
        row(bucket, u"per member"_s,
            "      per-team-member: {capacity: 60, refill-frequency: 1m}\n", u"per member"_s,
            u"team member"_s);
        row(bucket, u"shared"_s, "      shared: {capacity: 60, refill-frequency: 1m}\n",
            u"shared"_s, u"all requests together"_s);
        row(u"Rolling window"_s, u"per key"_s,
            "      usage-limits:\n        - {name: prod-key-24h, per: api-key, requests: 1000, "
            "period: 24h}\n",
            u"prod-key-24h, per key"_s, u"API key"_s);
        row(u"Calendar window"_s, u"per tenant"_s,
            "      usage-limits:\n        - {name: prod-tenant-month, per: property:tenant, "
            "requests: 10000, period: month}\n",
            u"prod-tenant-month, per tenant"_s, u"property tenant"_s);
        row(u"Spending"_s, u"per team"_s,
            "      spend-limits:\n        - {name: prod-team-month, per: team, cents: 10000, "
            "period: month}\n",
            u"prod-team-month, per team"_s, u"team"_s);
        row(u"Requests at the same time"_s, u"per key"_s,
            "      concurrency:\n        - {name: prod-key-at-once, per: api-key, max: 8}\n",
            u"prod-key-at-once, per key"_s, u"API key"_s);
        row(u"Policy, as clients send it"_s, u"per end user"_s,
            "      policies:\n        - \"1000;w=3600;s=user\"\n", u"1000;w=3600;s=user"_s,
            u"end user"_s);
    }

    // Through the menus by keys, as a person without a mouse does it.
    void everyKindOfLimitCanBeAdded()
    {
        QFETCH(QString, kind);
        QFETCH(QString, per);
        QFETCH(QByteArray, lines);
        QFETCH(QString, label);
        QFETCH(QString, countedPer);
        const PolicyStage stage;
        const QByteArray before = stage.text();
        auto *menu = stage.find<ui::AddLimitMenu>("addLimitMenu");
        menu->popup(stage.page->mapToGlobal(QPoint(10, 10)));
        QMenu *scope = test::open(menu, u"Router prod"_s);
        QVERIFY(scope);
        QMenu *places = test::open(scope, kind);
        QVERIFY(places);
        QAction *place = test::actionOf(places, per);
        QVERIFY(place && place->isEnabled());
        places->setActiveAction(place);
        QTest::keyClick(places, Qt::Key_Return);
        QTRY_VERIFY2(stage.text().contains(lines), stage.text().constData());
        QCOMPARE(QByteArray(stage.text()).replace(lines, {}), before); // nothing else changes
        ui::FieldEdit *edit = nullptr;
        QTRY_VERIFY((edit = stage.find<ui::FieldEdit>("amountLineEdit")) != nullptr);
        QTest::keyClicks(edit, u"12"_s);
        QTest::keyClick(edit, Qt::Key_Return);
        const QModelIndex row = stage.tree->currentIndex();
        const bool isMoney = kind == u"Spending"_s;
        QTRY_VERIFY(row.siblingAtColumn(PolicyTreeModel::AmountColumn)
                        .data()
                        .toString()
                        .startsWith(isMoney ? u"$12.00"_s : u"12"_s));
        if (!label.contains(u";w="_s)) // the text of a policy has changed
            QCOMPARE(row.siblingAtColumn(0).data().toString(), label);
        QCOMPARE(row.siblingAtColumn(0).data(ui::SecondTextRole).toString(), u"new"_s);
        QCOMPARE(stage.find<QComboBox>("countedPerComboBox")->currentText(), countedPer);
        QVERIFY(stage.page->findChild<QLabel *>(u"limitEffectLabel"_s)->isVisible());
    }

    void aSecondLimitOfAKindKeepsTheFirst()
    {
        const PolicyStage stage;
        auto *menu = stage.find<ui::AddLimitMenu>("addLimitMenu");
        Q_EMIT menu->aboutToShow();
        QMenu *scope = test::actionOf(menu, u"Router prod"_s)->menu();
        test::actionOf(test::actionOf(scope, u"Bucket, refilled evenly"_s)->menu(), u"per key"_s)
            ->trigger();
        QVERIFY2(stage.text().contains(
                     "      per-api-key:\n"
                     "        # raised from 40 for the launch\n"
                     "        - name: routers/prod/per-api-key\n"
                     "          capacity: 60\n"
                     "          refill-frequency: 1m\n"
                     "        - {name: prod-key-minute, capacity: 60, refill-frequency: 1m}\n"),
            stage.text().constData());
        // The first is the same limit, unchanged.
        const QModelIndex first = stage.cell(Prod, 0);
        QVERIFY(!first.data(ui::ChangedRole).toBool());
        QCOMPARE(first.data().toString(), u"per key"_s);
        QCOMPARE(stage.cell("prod-key-minute", 0).data(ui::SecondTextRole).toString(), u"new"_s);
    }

    void undoAndRedoGiveBackIdenticalBytes()
    {
        PolicyStage stage;
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
        PolicyStage stage;
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
        PolicyStage stage;
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
        PolicyStage stage;
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
        PolicyStage stage;
        stage.edit(Prod, PolicyTreeModel::AmountColumn);
        QCOMPARE(test::namelessWidgets(stage.page.get()), QStringList());
        QVERIFY(stage.tree->uniformRowHeights());
    }
};

QTEST_MAIN(PoliciesPageTest)
#include "tst_policiespage.moc"

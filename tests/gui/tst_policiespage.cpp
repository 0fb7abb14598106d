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

#include <QAbstractItemView>
#include <QComboBox>
#include <QDialog>
#include <QFile>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
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

    /// Replaces the text of a field of the form.
    void type(const char *name, const QString &text) const
    {
        auto *edit = find<ui::FieldEdit>(name);
        edit->setFocus();
        edit->selectAll();
        if (text.isEmpty())
            QTest::keyClick(edit, Qt::Key_Delete);
        QTest::keyClicks(edit, text);
        QTest::keyClick(edit, Qt::Key_Return);
    }

    /// Chooses by keys, as the popup would.
    void choose(const char *name, const QString &text) const
    {
        auto *box = find<QComboBox>(name);
        const int wanted = box->findText(text);
        if (wanted < 0)
            qFatal("no such choice: %s", qPrintable(text));
        box->setFocus();
        while (box->currentIndex() != wanted) {
            const int before = box->currentIndex();
            box->showPopup();
            box->view()->setCurrentIndex(box->model()->index(wanted, 0));
            QTest::keyClick(box->view(), Qt::Key_Return);
            if (box->currentIndex() == before)
                return; // refused
        }
    }

    /// Opens the editor of a cell of a table by F2 and commits a text.
    static void typeCell(QTableView *table, int row, int column, const QString &text)
    {
        table->setFocus();
        table->setCurrentIndex(table->model()->index(row, column));
        QTest::keyClick(table, Qt::Key_F2);
        auto *edit = table->findChild<ui::FieldEdit *>();
        if (!edit)
            qFatal("no editor");
        QTest::keyClicks(edit, text);
        QTest::keyClick(edit, Qt::Key_Return);
        QCoreApplication::processEvents(); // a commit is queued
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }
};

/// Limits that are no buckets, in both styles.
QByteArray windows()
{
    return "server: {port: 0}\n"
           "global:\n  rate-limit:\n"
           "    spend-limits: # money\n"
           "      - name: team-month\n        per: team\n        cents: 50000\n"
           "        period: month # closes on Fridays\n        timezone: Asia/Tokyo\n"
           "    usage-limits:\n"
           "      - {name: user-hour, per: end-user, requests: 300, period: 1h, overrides: "
           "{alice: {requests: 9}}}\n"
           "    policies:\n"
           "      - \"1000;w=3600;s=user\" # everybody\n";
}

QAction *actionOf(const QMenu *menu, const QString &text)
{
    for (QAction *action : menu->actions()) {
        if (action->text() == text)
            return action;
    }
    return nullptr;
}

/// Opens a submenu by keys.
QMenu *open(QMenu *menu, const QString &text)
{
    QAction *action = actionOf(menu, text);
    if (!action || !action->menu())
        return nullptr;
    menu->setActiveAction(action);
    QTest::keyClick(menu, Qt::Key_Right);
    return QTest::qWaitFor([action] { return action->menu()->isVisible(); }) ? action->menu()
                                                                             : nullptr;
}

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
        QCOMPARE(stage.cell(Prod, PolicyTreeModel::AmountColumn).data().toString(), u"45"_s);
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
        const Stage stage;
        const QByteArray before = stage.text();
        auto *menu = stage.find<ui::AddLimitMenu>("addLimitMenu");
        menu->popup(stage.page->mapToGlobal(QPoint(10, 10)));
        QMenu *scope = open(menu, u"Router prod"_s);
        QVERIFY(scope);
        QMenu *places = open(scope, kind);
        QVERIFY(places);
        QAction *place = actionOf(places, per);
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
        const Stage stage;
        auto *menu = stage.find<ui::AddLimitMenu>("addLimitMenu");
        Q_EMIT menu->aboutToShow();
        QMenu *scope = actionOf(menu, u"Router prod"_s)->menu();
        actionOf(actionOf(scope, u"Bucket, refilled evenly"_s)->menu(), u"per key"_s)->trigger();
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

    void aCalendarOfMoneyIsEditedFieldByField()
    {
        const Stage stage(windows());
        stage.click("team-month", PolicyTreeModel::LimitColumn);
        stage.type("formAmountLineEdit", u"612.5"_s);
        QVERIFY(stage.text().contains("cents: 61250\n"));
        QVERIFY(stage.find<QWidget>("formZoneLineEdit")->isVisible());
        QVERIFY(!stage.find<QWidget>("formPeriodLineEdit")->isVisible());
        QVERIFY(!stage.find<QWidget>("weekStartComboBox")->isVisible());
        stage.type("formZoneLineEdit", u"Europe/Atlantis"_s);
        QVERIFY(stage.find<ui::FieldEdit>("formZoneLineEdit")->hasError());
        QVERIFY(stage.text().contains("timezone: Asia/Tokyo\n"));
        stage.type("formZoneLineEdit", u"Europe/Berlin"_s);
        QVERIFY(stage.text().contains("timezone: Europe/Berlin\n"));
        stage.choose("periodKindComboBox", u"calendar week"_s);
        QVERIFY(stage.text().contains("period: week # closes on Fridays\n"));
        stage.choose("weekStartComboBox", u"Sunday"_s);
        QVERIFY(stage.text().contains("week-starts: sunday\n"));
        stage.choose("countedPerComboBox", u"API key"_s);
        QVERIFY(stage.text().contains("per: api-key\n"));
        stage.choose("missingComboBox", u"refuse"_s);
        QVERIFY(stage.text().contains("on-missing-segment: reject\n"));
        stage.choose("periodKindComboBox", u"rolling window"_s);
        QVERIFY(stage.text().contains("period: 7d # closes on Fridays\n"));
        QVERIFY(!stage.text().contains("timezone"));
        QVERIFY(!stage.text().contains("week-starts"));
        QCOMPARE(stage.draft.undoLabel(), u"set period of team-month to 7d"_s);
        QVERIFY(stage.text().contains("# money\n"));
    }

    void typingIsCheckedAndShownInAdvance()
    {
        const Stage stage(windows());
        stage.click("team-month", PolicyTreeModel::LimitColumn);
        auto *amount = stage.find<ui::FieldEdit>("formAmountLineEdit");
        amount->setFocus();
        amount->selectAll();
        QTest::keyClicks(amount, u"2,"_s);
        QVERIFY(amount->hasError()); // before Return
        QTest::keyClick(amount, Qt::Key_Escape);
        QVERIFY(!amount->hasError());
        QCOMPARE(amount->text(), u"500.00"_s);
        stage.click("user-hour", PolicyTreeModel::LimitColumn);
        amount->setFocus();
        amount->selectAll();
        QTest::keyClicks(amount, u"17"_s);
        const QString effect = stage.find<QLabel>("limitEffectLabel")->text();
        QVERIFY2(effect.startsWith(u"17 in any hour"_s), qPrintable(effect));
        QTest::keyClick(amount, Qt::Key_Escape);
        QVERIFY(stage.find<QLabel>("limitEffectLabel")->text().startsWith(u"300"_s));
    }

    void whatAWindowCountsChangesItsKeys()
    {
        const Stage stage(windows());
        stage.click("user-hour", PolicyTreeModel::LimitColumn);
        stage.choose("unitComboBox", u"output tokens"_s);
        QVERIFY2(stage.text().contains(
                     "{name: user-hour, per: end-user, tokens: 300, period: 1h, overrides: {alice: "
                     "{tokens: 9}}, count: output}"),
            stage.text().constData());
        QCOMPARE(stage.draft.undoLabel(), u"let user-hour count output tokens"_s);
        // Exceptions are of another dimension then, and the step says so.
        stage.choose("countedPerComboBox", u"team"_s);
        QVERIFY(!stage.text().contains("overrides"));
        QCOMPARE(stage.draft.undoLabel(), u"count user-hour per team, without its exceptions"_s);
    }

    void aRenamedLimitStaysChosen()
    {
        const Stage stage(windows());
        stage.click("user-hour", PolicyTreeModel::LimitColumn);
        stage.type("formNameLineEdit", u"team-month"_s);
        QVERIFY(stage.find<ui::FieldEdit>("formNameLineEdit")->hasError()); // taken
        stage.type("formNameLineEdit", u"hourly"_s);
        QVERIFY(stage.text().contains("{name: hourly, per: end-user"));
        QCOMPARE(stage.find<QLabel>("limitSubjectLabel")->text(), u"hourly"_s);
        QCOMPARE(stage.tree->currentIndex().siblingAtColumn(0), stage.cell("hourly", 0));
        QCOMPARE(stage.draft.undoLabel(), u"rename user-hour to hourly"_s);
    }

    void aPolicyIsEditedAsTextAndByFields()
    {
        const Stage stage(windows());
        const QByteArray policy = "global/policies/w=3600;s=user";
        stage.click(policy, PolicyTreeModel::LimitColumn);
        auto *text = stage.find<ui::FieldEdit>("formPolicyLineEdit");
        QVERIFY(text->isVisible());
        stage.type("formPolicyLineEdit", u"1000;w=30"_s);
        QVERIFY2(text->error().startsWith(u"Column 8"_s), qPrintable(text->error()));
        stage.type("formPolicyLineEdit", u"50 ; u=cost; w=3600"_s);
        QVERIFY2(stage.text().contains("- \"50;w=3600;u=cents\" # everybody\n"),
            stage.text().constData());
        QCOMPARE(stage.find<QLabel>("limitSubjectLabel")->text(), u"policy 50;w=3600;u=cents"_s);
        stage.type("formAmountLineEdit", u"0.75"_s);
        QVERIFY(stage.text().contains("- \"75;w=3600;u=cents\" # everybody\n"));
        const auto *mode = stage.find<ui::Segmented>("stateSegmented");
        QTest::mouseClick(mode->button(1), Qt::LeftButton);
        QVERIFY2(
            stage.text().contains("- {policy: \"75;w=3600;u=cents\", mode: shadow} # everybody\n"),
            stage.text().constData());
    }

    void limitsAreNarrowedByGlobs()
    {
        const Stage stage(windows());
        const QByteArray before = stage.text();
        stage.click("team-month", PolicyTreeModel::LimitColumn);
        QCOMPARE(stage.find<QLabel>("matchSummaryLabel")->text(), u"every request"_s);
        QVERIFY(!stage.find<QWidget>("matchModelsLineEdit")->isVisible());
        test::click(stage.find<QAbstractButton>("narrowToolButton"));
        stage.type("matchModelsLineEdit", u"gpt-4*, o1"_s);
        stage.type("matchPropertiesLineEdit", u"tier"_s);
        QVERIFY(stage.find<ui::FieldEdit>("matchPropertiesLineEdit")->hasError());
        stage.type("matchPropertiesLineEdit", u"Tier: free"_s);
        QVERIFY2(stage.text().contains("        match:\n          models: [gpt-4*, o1]\n"
                                       "          properties:\n            tier: free\n"),
            stage.text().constData());
        QCOMPARE(stage.find<QLabel>("matchSummaryLabel")->text(), u"requests that match"_s);
        stage.type("matchModelsLineEdit", {});
        stage.type("matchPropertiesLineEdit", {});
        QCOMPARE(stage.text(), before);
    }

    void exceptionsAreEditedInTheirTable()
    {
        const Stage stage(windows());
        stage.click("user-hour", PolicyTreeModel::LimitColumn);
        auto *table = stage.find<QTableView>("overrideTableView");
        QCOMPARE(table->model()->rowCount(), 2); // alice, and the row that adds one
        stage.typeCell(table, 1, 0, u"bob"_s);
        QVERIFY2(stage.text().contains("overrides: {alice: {requests: 9}, bob: {requests: 300}}"),
            stage.text().constData());
        QCOMPARE(table->model()->rowCount(), 3);
        stage.typeCell(table, 1, 1, u"12"_s);
        QVERIFY(stage.text().contains("bob: {requests: 12}"));
        stage.typeCell(table, 1, 0, u"alice"_s); // has one already: stays in the editor
        QVERIFY(table->findChild<ui::FieldEdit *>());
        QTest::keyClick(table->findChild<ui::FieldEdit *>(), Qt::Key_Escape);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        stage.typeCell(table, 1, 0, u"carol"_s);
        QVERIFY(stage.text().contains("carol: {requests: 12}"));
        table->setCurrentIndex(table->model()->index(0, 0));
        QTest::keyClick(table, Qt::Key_Delete);
        QVERIFY(stage.text().contains("overrides: {carol: {requests: 12}}"));
        test::click(stage.find<QAbstractButton>("removeOverrideToolButton"));
        QVERIFY(!stage.text().contains("overrides"));
        QCOMPARE(stage.draft.undoLabel(), u"delete exception carol of user-hour"_s);
    }

    void everyEditOfTheFormCanBeUndone()
    {
        const Stage stage(windows());
        const QByteArray before = stage.text();
        stage.click("team-month", PolicyTreeModel::LimitColumn);
        stage.type("formAmountLineEdit", u"1"_s);
        stage.choose("periodKindComboBox", u"rolling window"_s);
        stage.type("formPeriodLineEdit", u"12h"_s);
        stage.choose("countedPerComboBox", u"end user"_s);
        stage.choose("missingComboBox", u"do not count"_s);
        stage.type("formNameLineEdit", u"other"_s);
        while (stage.find<QAbstractButton>("undoToolButton")->isEnabled())
            stage.find<QAbstractButton>("undoToolButton")->click();
        QCOMPARE(stage.text(), before);
    }

    void aBucketMovesToAnotherKey()
    {
        const Stage stage;
        stage.click(Prod, PolicyTreeModel::LimitColumn);
        stage.choose("countedPerComboBox", u"team"_s);
        QVERIFY(stage.text().contains("      per-team:\n        # raised from 40"));
        QCOMPARE(stage.find<QLabel>("limitSubjectLabel")->text(), u"prod, per team"_s);
        const QSignalSpy failed(stage.page.get(), &ui::Page::failed);
        stage.choose("countedPerComboBox", u"end user"_s); // that place is taken
        QCOMPARE(failed.size(), 1);
        QCOMPARE(stage.find<QComboBox>("countedPerComboBox")->currentText(), u"team"_s);
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

// SPDX-License-Identifier: GPL-3.0-or-later
// The form of the Policies page: every field of every kind of limit through keys and clicks.
#include "tests/gui/policystage.h"
#include "ui/initui.h"
#include "ui/widgets/segmented.h"

#include <QAbstractButton>
#include <QLabel>
#include <QSignalSpy>

using namespace Qt::StringLiterals;
using namespace sluice;
using test::PolicyStage;
using test::Prod;
using test::windows;
using ui::PolicyTreeModel;

class PolicyFormTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() { ui::initUi(); }

    void init() { test::failOnWarnings(); }

    void aCalendarOfMoneyIsEditedFieldByField()
    {
        const PolicyStage stage(windows());
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
        const PolicyStage stage(windows());
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
        const PolicyStage stage(windows());
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
        const PolicyStage stage(windows());
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
        const PolicyStage stage(windows());
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
        const PolicyStage stage(windows());
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
        const PolicyStage stage(windows());
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

    void whatItDoesWithoutItsStoreIsAskedOnlyWhereThatCanBe()
    {
        const PolicyStage alone(windows());
        alone.click("team-month", PolicyTreeModel::LimitColumn);
        QVERIFY(!alone.find<QWidget>("storeFailureComboBox")->isVisible());
        const PolicyStage stage(
            "rate-limit-store: {type: redis, host-url: 'redis://h'}\n" + windows());
        stage.click("team-month", PolicyTreeModel::LimitColumn);
        stage.choose("storeFailureComboBox", u"let everything through"_s);
        QVERIFY(stage.text().contains("on-store-failure: open\n"));
        stage.choose("storeFailureComboBox", u"let nothing through"_s); // the default of money
        QVERIFY(!stage.text().contains("on-store-failure"));
    }

    void everyEditOfTheFormCanBeUndone()
    {
        const PolicyStage stage(windows());
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
        const PolicyStage stage;
        stage.click(Prod, PolicyTreeModel::LimitColumn);
        stage.choose("countedPerComboBox", u"team"_s);
        QVERIFY(stage.text().contains("      per-team:\n        # raised from 40"));
        QCOMPARE(stage.find<QLabel>("limitSubjectLabel")->text(), u"prod, per team"_s);
        const QSignalSpy failed(stage.page.get(), &ui::Page::failed);
        stage.choose("countedPerComboBox", u"end user"_s); // that place is taken
        QCOMPARE(failed.size(), 1);
        QCOMPARE(stage.find<QComboBox>("countedPerComboBox")->currentText(), u"team"_s);
    }

    void aWindowOfAListIsEditedInItsOwnWords()
    {
        const PolicyStage stage(
            "server: {port: 0}\nglobal:\n  rate-limit:\n    usage-limits:\n"
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
        const PolicyStage stage;
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

    void everythingFocusableHasAName()
    {
        const PolicyStage stage(windows());
        for (const QByteArray &limit :
            {"team-month"_ba, "user-hour"_ba, "global/policies/w=3600;s=user"_ba}) {
            stage.click(limit, PolicyTreeModel::LimitColumn);
            if (stage.find<QWidget>("narrowToolButton")->isVisible())
                test::click(stage.find<QWidget>("narrowToolButton"));
            QCOMPARE(test::namelessWidgets(stage.page.get()), QStringList());
        }
    }
};

QTEST_MAIN(PolicyFormTest)
#include "tst_policyform.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// What people do to running limits on the Usage page, with mouse and keys: each does what it says
// to the engine, says what was done, and can be taken back.
#include "core/session/limitoperations.h"
#include "tests/gui/guikit.h"
#include "tests/support/livefixture.h"
#include "ui/dialogs/blockdialog.h"
#include "ui/dialogs/raisedialog.h"
#include "ui/initui.h"
#include "ui/models/chainmodel.h"
#include "ui/pages/usagepage.h"
#include "ui/widgets/bucketwidget.h"
#include "ui/widgets/fieldedit.h"
#include "ui/widgets/marklabel.h"
#include "ui/widgets/periodwidget.h"
#include "ui/widgets/segmented.h"
#include "ui/widgets/slotswidget.h"
#include "ui/widgets/windowwidget.h"

#include <QAbstractButton>
#include <QAction>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QToolButton>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace std::chrono_literals;
using limits::Verdict;
using test::LiveFixture;
using ui::UsageColumn;
using ui::UsagePage;

namespace {

const LiveFixture::Client Ci{.key = "ci", .user = "alice", .router = "prod"};

/// A page over a running engine, and what a window would say.
struct Stage
{
    LiveFixture live;
    session::LimitOperations operations{live.limiter};
    UsagePage page{live.usage, live.feed, &operations};
    QTableView *table = page.findChild<QTableView *>(u"usageTableView"_s);
    QString said;
    std::function<bool()> undo;

    explicit Stage(const QByteArray &yaml = LiveFixture::sampleConfiguration()) : live(yaml)
    {
        QObject::connect(&page, &ui::Page::done, &page,
            [this](const QString &text, const std::function<bool()> &takeBack) {
                said = text;
                undo = takeBack;
            });
        QObject::connect(
            &page, &ui::Page::failed, &page, [this](const QString &text) { said = text; });
        page.resize(1096, 750);
        page.show();
        if (!QTest::qWaitForWindowActive(&page))
            qFatal("no window");
    }

    void send(int count, const LiveFixture::Client &client)
    {
        for (int i = 0; i < count; ++i)
            live.send(client);
        live.report();
    }

    /// Fills the router's limit of ci, 60 a minute, and selects its row.
    void fillCi()
    {
        send(66, Ci);
        choose(u"ci"_s);
    }

    void choose(const QString &name)
    {
        QTRY_VERIFY(test::rowNamed(table, name) >= 0);
        test::clickCell(table, test::rowNamed(table, name), UsageColumn::LimitColumn);
    }

    [[nodiscard]] QString spoken(const QString &name, int column) const
    {
        return test::spokenCell(table, test::rowNamed(table, name), column);
    }

    void clickButton(const QString &name) const
    {
        auto *button = page.findChild<QToolButton *>(name);
        QTRY_VERIFY(button->isVisible() && button->isEnabled());
        test::click(button);
    }

    /// An entry of the menu of the current row, opened and chosen by keys.
    void chooseInMenu(const QString &text) const
    {
        table->setFocus();
        const QPoint middle = table->visualRect(table->currentIndex()).center();
        QContextMenuEvent event(
            QContextMenuEvent::Keyboard, middle, table->viewport()->mapToGlobal(middle));
        QApplication::sendEvent(table->viewport(), &event);
        auto *menu = qobject_cast<QMenu *>(QApplication::activePopupWidget());
        QVERIFY(menu);
        const QList<QAction *> actions = menu->actions();
        const auto found = std::find_if(actions.cbegin(), actions.cend(),
            [&text](const QAction *action) { return action->text() == text; });
        QVERIFY2(found != actions.cend(), qPrintable(text));
        QVERIFY((*found)->isVisible() && (*found)->isEnabled());
        menu->setActiveAction(*found);
        QTest::keyClick(menu, Qt::Key_Return);
    }

    template <typename Dialog> [[nodiscard]] Dialog *dialog() const
    {
        Dialog *found = nullptr;
        [&] {
            QTRY_VERIFY((found = page.findChild<Dialog *>()) != nullptr);
            QTRY_VERIFY(found->isVisible());
        }();
        return found;
    }
};

void pressButton(QDialog *dialog, const QString &name)
{
    test::click(dialog->findChild<QPushButton *>(name));
}

} // namespace

class UsageOperationsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() { ui::initUi(); }

    void init() { test::failOnWarnings(); }

    void resetsTheCounterThatIsShown()
    {
        Stage stage;
        stage.fillCi();
        QVERIFY(!stage.live.send(Ci).decision.isAdmitted());
        stage.clickButton(u"resetToolButton"_s);
        QCOMPARE(stage.said, u"Reset: key ci has all of prod, per key again"_s);
        stage.live.report();
        auto *chain = stage.page.findChild<QTableView *>(u"chainTableView"_s);
        const auto routers = [chain] { return test::spokenCell(chain, 2, 2); };
        QTRY_VERIFY2(routers().startsWith(u"0 of 60 requests"_s), qPrintable(routers()));
        QVERIFY(stage.live.send(Ci).decision.isAdmitted());
        QVERIFY(stage.undo());
        QVERIFY(!stage.live.send(Ci).decision.isAdmitted());
        QVERIFY(!stage.undo()); // once
    }

    void resetsByKeysFromTheMenuOfTheRow()
    {
        Stage stage;
        stage.fillCi();
        stage.chooseInMenu(u"Reset counter"_s);
        QVERIFY(stage.live.send(Ci).decision.isAdmitted());
    }

    void raisesForAWhile_data()
    {
        QTest::addColumn<QString>("amount"); // empty: as offered
        QTest::addColumn<int>("choice");
        QTest::addColumn<QString>("typed");
        QTest::addColumn<qint64>("extra");
        QTest::addColumn<std::chrono::nanoseconds>("duration");
        QTest::newRow("as offered")
            << QString() << -1 << QString() << qint64{60} << std::chrono::nanoseconds(1h);
        QTest::newRow("500 for 2 h")
            << u"500"_s << 2 << QString() << qint64{500} << std::chrono::nanoseconds(2h);
        QTest::newRow("typed") << u"7"_s << -1 << u"1h 30m"_s << qint64{7}
                               << std::chrono::nanoseconds(90min);
    }

    void raisesForAWhile()
    {
        QFETCH(const QString, amount);
        QFETCH(const int, choice);
        QFETCH(const QString, typed);
        QFETCH(const qint64, extra);
        QFETCH(const std::chrono::nanoseconds, duration);
        Stage stage;
        stage.fillCi();
        stage.chooseInMenu(u"Raise…"_s);
        auto *dialog = stage.dialog<ui::RaiseDialog>();
        auto *field = dialog->findChild<ui::FieldEdit *>(u"raiseAmountFieldEdit"_s);
        if (!amount.isEmpty()) {
            field->selectAll();
            QTest::keyClicks(field, amount);
        }
        if (choice >= 0)
            test::click(dialog->findChild<ui::Segmented *>()->button(choice));
        if (!typed.isEmpty())
            QTest::keyClicks(dialog->findChild<ui::FieldEdit *>(u"durationFieldEdit"_s), typed);
        const QString sentence = dialog->findChild<QLabel *>(u"raiseConsequenceLabel"_s)->text();
        QVERIFY2(sentence.startsWith(u"key ci: %1 at once instead of 60 until "_s.arg(60 + extra)),
            qPrintable(sentence));
        QVERIFY(sentence.endsWith(u", refilled as before"_s));
        pressButton(dialog, u"raisePushButton"_s);
        QCOMPARE(stage.said, QString(u"Raised prod, per key: "_s + sentence));
        const auto raises = stage.operations.inForce().raises;
        QCOMPARE(raises.size(), size_t{1});
        QCOMPARE(raises.front().extra, extra * MicroPerUnit);
        QCOMPARE(raises.front().until, stage.live.clock.time + duration);
        QVERIFY(stage.live.send(Ci).decision.isAdmitted());
        QVERIFY(stage.undo());
        QVERIFY(stage.operations.inForce().isEmpty());
    }

    void whatIsNoAmountIsNotRaised_data()
    {
        QTest::addColumn<QString>("amount");
        QTest::addColumn<QString>("typed");
        for (const QString &amount :
            {u"0"_s, u"-5"_s, u"1.5"_s, u"many"_s, u"99999999999999999999"_s})
            QTest::newRow(qPrintable(amount)) << amount << QString();
        QTest::newRow("empty") << QString() << QString();
        QTest::newRow("no duration") << u"5"_s << u"soon"_s;
        QTest::newRow("no time") << u"5"_s << u"0s"_s;
    }

    void whatIsNoAmountIsNotRaised()
    {
        QFETCH(const QString, amount);
        QFETCH(const QString, typed);
        Stage stage;
        stage.fillCi();
        stage.chooseInMenu(u"Raise…"_s);
        auto *dialog = stage.dialog<ui::RaiseDialog>();
        auto *field = dialog->findChild<ui::FieldEdit *>(u"raiseAmountFieldEdit"_s);
        field->selectAll();
        QTest::keyClick(field, Qt::Key_Delete);
        QTest::keyClicks(field, amount);
        QTest::keyClicks(dialog->findChild<ui::FieldEdit *>(u"durationFieldEdit"_s), typed);
        QVERIFY(!dialog->findChild<QPushButton *>(u"raisePushButton"_s)->isEnabled());
        QTest::keyClick(field, Qt::Key_Return);
        QVERIFY(stage.operations.inForce().isEmpty());
        QTest::keyClick(dialog, Qt::Key_Escape);
        QTRY_VERIFY(stage.page.findChild<ui::RaiseDialog *>() == nullptr);
    }

    void aRaiseIsMarkedAndEnds()
    {
        Stage stage;
        stage.send(40, Ci);
        stage.choose(u"ci"_s);
        stage.operations.raise("routers/prod/per-api-key", "ci", 20 * MicroPerUnit, 1h);
        stage.live.report();
        const QString gauge = [&] {
            stage.page.sortNow();
            return stage.spoken(u"ci"_s, UsageColumn::GaugeColumn);
        }();
        QVERIFY2(gauge.startsWith(u"40 of 80 requests per minute"_s), qPrintable(gauge));
        QVERIFY2(gauge.contains(u"raised: +20 until "_s), qPrintable(gauge));
        const QModelIndex limit = stage.table->model()->index(
            test::rowNamed(stage.table, u"ci"_s), UsageColumn::LimitColumn);
        QCOMPARE(limit.data(ui::SignRole).toInt(), int(ui::Sign::Raised));
        stage.chooseInMenu(u"End raise"_s);
        QCOMPARE(
            stage.said, u"The raise of prod, per key has ended: key ci has 60 requests again"_s);
        QVERIFY(stage.operations.inForce().isEmpty());
        stage.live.report();
        stage.page.sortNow();
        QVERIFY(stage.spoken(u"ci"_s, UsageColumn::GaugeColumn).startsWith(u"40 of 60"_s));
        QVERIFY(stage.undo());
        QCOMPARE(stage.operations.inForce().raises.size(), size_t{1});
        // By the clock, without anybody's doing.
        stage.live.advance(1h);
        QTRY_VERIFY(!stage.spoken(u"ci"_s, UsageColumn::GaugeColumn).contains(u"raised"_s));
    }

    void blocksAndUnblocks_data()
    {
        QTest::addColumn<int>("choice"); // -1: until it is unblocked
        QTest::addColumn<QString>("free");
        QTest::newRow("until unblocked") << -1 << u"until unblocked"_s;
        QTest::newRow("15 m") << 0 << u"until "_s;
    }

    void blocksAndUnblocks()
    {
        QFETCH(const int, choice);
        QFETCH(const QString, free);
        Stage stage;
        stage.send(3, Ci);
        stage.choose(u"ci"_s);
        stage.clickButton(u"blockToolButton"_s);
        auto *dialog = stage.dialog<ui::BlockDialog>();
        if (choice >= 0)
            test::click(dialog->findChild<ui::Segmented *>()->button(choice));
        QVERIFY(dialog->findChild<QLabel *>(u"blockConsequenceLabel"_s)
                    ->text()
                    .startsWith(u"Every request of key ci is refused with 403 until "_s));
        pressButton(dialog, u"blockPushButton"_s);
        QVERIFY2(stage.said.startsWith(u"The key ci is blocked until "_s), qPrintable(stage.said));
        QCOMPARE(stage.live.send(Ci).decision.verdict, Verdict::Blocked);
        QVERIFY(stage.spoken(u"ci"_s, UsageColumn::GaugeColumn).startsWith(u"blocked until"_s));
        QVERIFY(stage.spoken(u"ci"_s, UsageColumn::FreeColumn).startsWith(free));
        QCOMPARE(stage.spoken(u"ci"_s, UsageColumn::LimitColumn), u"every request"_s);
        auto *mark = stage.page.findChild<ui::MarkLabel *>(u"subjectMarkLabel"_s);
        QVERIFY(mark->isVisible());
        QVERIFY(stage.page.findChild<QLabel *>(u"bucketTitleLabel"_s)
                    ->text()
                    .contains(u"blocked until"_s));
        QVERIFY(mark->mark().text.startsWith(u"blocked until"_s));
        QVERIFY(!stage.page.findChild<QToolButton *>(u"blockToolButton"_s)->isVisible());
        stage.clickButton(u"unblockToolButton"_s);
        QCOMPARE(stage.said, u"The key ci is no longer blocked"_s);
        QVERIFY(stage.live.send(Ci).decision.isAdmitted());
        QVERIFY(!mark->isVisible());
        QVERIFY(stage.undo());
        QCOMPARE(stage.live.send(Ci).decision.verdict, Verdict::Blocked);
    }

    void aBlockEndsByTheClock()
    {
        Stage stage;
        stage.send(3, Ci);
        stage.operations.block({limits::SegmentKind::ApiKey, {}}, "ci", 10min);
        QVERIFY(stage.spoken(u"ci"_s, UsageColumn::GaugeColumn).startsWith(u"blocked"_s));
        stage.live.advance(10min);
        QTRY_VERIFY(!stage.spoken(u"ci"_s, UsageColumn::GaugeColumn).startsWith(u"blocked"_s));
    }

    // The menu acts on what it was opened for, however the figures change meanwhile.
    void anOpenMenuKeepsItsTarget()
    {
        Stage stage;
        stage.fillCi();
        const QPoint middle = stage.table->visualRect(stage.table->currentIndex()).center();
        QContextMenuEvent event(
            QContextMenuEvent::Mouse, middle, stage.table->viewport()->mapToGlobal(middle));
        QApplication::sendEvent(stage.table->viewport(), &event);
        auto *menu = qobject_cast<QMenu *>(QApplication::activePopupWidget());
        QVERIFY(menu);
        stage.live.advance(1min); // prod is empty again, and the global limit becomes the tightest
        stage.send(30, {.key = "ci"});
        // The row goes on under the open menu; what the menu acts on does not.
        const int row = stage.table->currentIndex().row();
        const auto limit = [&] {
            return test::spokenCell(stage.table, row, ui::UsageColumn::LimitColumn);
        };
        QTRY_VERIFY2(limit().startsWith(u"global"_s), qPrintable(limit()));
        const QList<QAction *> actions = menu->actions();
        const auto reset = std::find_if(actions.cbegin(), actions.cend(),
            [](const QAction *action) { return action->text() == u"Reset counter"_s; });
        menu->setActiveAction(*reset);
        QTest::keyClick(menu, Qt::Key_Return);
        QVERIFY2(stage.said.contains(u"prod, per key"_s), qPrintable(stage.said));
    }

    void withoutOperationsThereIsNothingToDo()
    {
        LiveFixture live;
        UsagePage page(live.usage, live.feed);
        page.show();
        for (const QString &name : {u"resetToolButton"_s, u"raiseToolButton"_s,
                 u"blockToolButton"_s, u"unblockToolButton"_s})
            QVERIFY(!page.findChild<QToolButton *>(name)->isVisible());
    }

    // --- units and drawings ----------------------------------------------------------------------

    void theUnitSwitchShowsTheTightestOfItsUnit_data()
    {
        QTest::addColumn<int>("unit");
        QTest::addColumn<QString>("limit");
        QTest::addColumn<QString>("gauge"); // its beginning
        QTest::newRow("tightest") << 0 << u"key-tokens"_s << u"16 000 of 20 000 tokens per hour"_s;
        QTest::newRow("requests") << 1 << u"50;w=60;s=user"_s << u"4 of 50 requests"_s;
        QTest::newRow("tokens") << 2 << u"key-tokens"_s << u"16 000 of 20 000 tokens"_s;
        QTest::newRow("cents") << 3 << u"team-month"_s << u"$0.4000 of $5.00 each month"_s;
    }

    void theUnitSwitchShowsTheTightestOfItsUnit()
    {
        QFETCH(const int, unit);
        QFETCH(const QString, limit);
        QFETCH(const QString, gauge);
        Stage stage(LiveFixture::everyLimitConfiguration());
        stage.send(4,
            {.key = "ci",
                .user = "alice",
                .input = 3'000,
                .output = 1'000,
                .cents = 10 * MicroPerUnit});
        stage.choose(u"ci"_s);
        auto *units = stage.page.findChild<ui::Segmented *>(u"unitSegmented"_s);
        test::click(units->button(unit));
        const auto spoken = [&stage] {
            return stage.spoken(u"ci"_s, UsageColumn::GaugeColumn).replace(QChar(0x202f), u' ');
        };
        QTRY_VERIFY2(spoken().startsWith(gauge), qPrintable(spoken()));
        QVERIFY2(stage.spoken(u"ci"_s, UsageColumn::LimitColumn).contains(limit),
            qPrintable(stage.spoken(u"ci"_s, UsageColumn::LimitColumn)));
        QTRY_VERIFY(stage.page.findChild<QLabel *>(u"bucketTitleLabel"_s)->text().contains(limit));
        // The next request moves it.
        const QString before = spoken();
        stage.send(1, {.key = "ci", .user = "alice", .input = 500, .cents = 7 * MicroPerUnit});
        QTRY_VERIFY(spoken() != before);
        QVERIFY2(!spoken().startsWith(gauge), qPrintable(spoken()));
        // Another tab keeps the choice.
        test::clickTab(stage.page.findChild<QTabBar *>(), 2);
        QTRY_VERIFY(test::rowNamed(stage.table, u"core"_s) >= 0);
        const QAbstractItemModel *teams = stage.table->model();
        const int core = test::rowNamed(stage.table, u"core"_s);
        QVERIFY(teams->index(core, UsageColumn::LimitColumn).data().toString().contains(limit));
    }

    void rowsWithoutALimitOfTheUnitShowADash()
    {
        Stage stage; // limits of requests only
        stage.send(3, Ci);
        auto *units = stage.page.findChild<ui::Segmented *>(u"unitSegmented"_s);
        units->button(0)->setFocus();
        for (int i = 0; i < 3; ++i)
            QTest::keyClick(QApplication::focusWidget(), Qt::Key_Right); // to Cents
        QCOMPARE(units->currentIndex(), 3);
        QCOMPARE(stage.spoken(u"ci"_s, UsageColumn::GaugeColumn), u"no limit of this unit"_s);
        QCOMPARE(stage.spoken(u"ci"_s, UsageColumn::FreeColumn), u"–"_s);
    }

    void everyAlgorithmIsDrawn_data()
    {
        QTest::addColumn<QString>("limit");
        QTest::addColumn<QString>("widget");
        QTest::addColumn<QString>("text"); // what a screen reader says
        QTest::newRow("bucket") << u"per key"_s << u"bucketWidget"_s << u"118 of 120 left"_s;
        QTest::newRow("window") << u"key-tokens"_s << u"windowWidget"_s
                                << u"8 000 of 20 000 tok used, 8 000 tok free in 1 h 1 m"_s;
        QTest::newRow("period")
            << u"team-month"_s << u"periodWidget"_s
            << u"$0.00 of $2.50, $0.2000 reserved, 0 %, $2.30 left, 5 % of the month is over, "
               "resets 1 April 00:00 Europe/Berlin"_s;
        QTest::newRow("slots") << u"in-flight"_s << u"slotsWidget"_s
                               << u"2 of 3 slots taken, 1 free"_s;
    }

    void everyAlgorithmIsDrawn()
    {
        QFETCH(const QString, limit);
        QFETCH(const QString, widget);
        QFETCH(const QString, text);
        Stage stage(LiveFixture::everyLimitConfiguration());
        const LiveFixture::Client client{.key = "helpdesk-bot",
            .user = "carol",
            .router = "agents",
            .input = 3'000,
            .output = 1'000,
            .cents = 10 * MicroPerUnit};
        for (int i = 0; i < 2; ++i)
            stage.live.send(client, 1s, insight::Outcome::Streaming);
        stage.live.report();
        stage.choose(u"helpdesk-bot"_s);
        auto *chain = stage.page.findChild<QTableView *>(u"chainTableView"_s);
        QTRY_VERIFY(chain->model()->rowCount() >= 6);
        for (int row = 0; row < chain->model()->rowCount(); ++row) {
            const QModelIndex label = chain->model()->index(row, ui::ChainModel::LabelColumn);
            if (label.data().toString().startsWith(limit)) {
                chain->scrollTo(label);
                test::clickCell(chain, row, ui::ChainModel::LabelColumn);
                break;
            }
        }
        auto *drawing = stage.page.findChild<QWidget *>(widget);
        QTRY_VERIFY(drawing->isVisible());
        QAccessibleInterface *interface = QAccessible::queryAccessibleInterface(drawing);
        QVERIFY(interface);
        QString spoken = interface->text(QAccessible::Value);
        QCOMPARE(spoken.replace(QChar(0x202f), u' '), text);
        QCOMPARE(interface->role(), QAccessible::ProgressBar);
        // What is not settled yet is told apart, but for slots, which it is all about.
        QVERIFY(!chain->isColumnHidden(ui::ChainModel::ReservedColumn));
    }

    void everythingThatTakesTheFocusHasAName()
    {
        Stage stage(LiveFixture::everyLimitConfiguration());
        stage.fillCi();
        QCOMPARE(test::namelessWidgets(&stage.page), QStringList());
        stage.chooseInMenu(u"Raise…"_s);
        QCOMPARE(test::namelessWidgets(stage.dialog<ui::RaiseDialog>()), QStringList());
    }
};

QTEST_MAIN(UsageOperationsTest)
#include "tst_usageoperations.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/gui/guikit.h"
#include "tests/support/livefixture.h"
#include "ui/initui.h"
#include "ui/models/chainmodel.h"
#include "ui/models/usagefigures.h"
#include "ui/pages/usagepage.h"
#include "ui/widgets/bucketwidget.h"
#include "ui/widgets/filteredit.h"
#include "ui/widgets/theme.h"

#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QStackedWidget>
#include <QTabBar>
#include <QToolButton>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace std::chrono_literals;
using test::LiveFixture;
using ui::UsageColumn;
using ui::UsagePage;
using State = session::GatewaySession::State;

namespace {

/// A page in its window over façades that a test feeds.
struct Stage
{
    LiveFixture live;
    UsagePage page{live.usage, live.feed};
    QTableView *table = page.findChild<QTableView *>(u"usageTableView"_s);

    explicit Stage(const QByteArray &yaml = LiveFixture::sampleConfiguration()) : live(yaml)
    {
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

    [[nodiscard]] QString spoken(const QString &name, int column) const
    {
        return test::spokenCell(table, test::rowNamed(table, name), column);
    }

    [[nodiscard]] QStringList selected() const
    {
        QStringList names;
        for (const QModelIndex &index : table->selectionModel()->selectedRows())
            names += index.data().toString();
        return names;
    }

    template <typename Widget> [[nodiscard]] Widget *find(const QString &name) const
    {
        return page.findChild<Widget *>(name);
    }
};

} // namespace

class UsagePageTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() { ui::initUi(); }

    void init() { test::failOnWarnings(); }

    void figuresEqualTheClientsOwnCount()
    {
        Stage stage;
        stage.send(66, {.key = "ci", .user = "alice", .router = "prod"});
        stage.send(7, {.key = "app", .user = "bob", .router = "prod"});
        const LiveFixture::Count ci = stage.live.keys["ci"];
        QTRY_COMPARE(
            stage.spoken(u"ci"_s, UsageColumn::RefusedColumn), u"%1 refused"_s.arg(ci.refused));
        QCOMPARE(stage.spoken(u"ci"_s, UsageColumn::RateColumn),
            u"%1 requests in the last minute"_s.arg(ci.admitted + ci.refused));
        QVERIFY(stage.spoken(u"ci"_s, UsageColumn::GaugeColumn)
                    .startsWith(u"60 of 60 requests per minute, prod, per key, refused"_s));
        QVERIFY(stage.spoken(u"app"_s, UsageColumn::GaugeColumn).startsWith(u"7 of 60"_s));
        QCOMPARE(stage.spoken(u"ci"_s, UsageColumn::HistoryColumn),
            u"last 60 minutes: %1 admitted, %2 refused"_s.arg(ci.admitted).arg(ci.refused));
    }

    void tabsShowUsersAndProperties()
    {
        Stage stage;
        auto *tabs = stage.page.findChild<QTabBar *>();
        QCOMPARE(tabs->count(), 5); // no property has been seen: no tab for it
        stage.send(3, {.key = "ci", .user = "alice", .router = "prod", .tenant = "acme"});
        stage.send(2, {.key = "ci", .user = "bob", .router = "prod", .tenant = "zeta"});
        QTRY_COMPARE(tabs->count(), 6);
        test::clickTab(tabs, 1);
        QTRY_COMPARE(stage.table->model()->rowCount(), 2);
        QVERIFY(test::rowNamed(stage.table, u"alice"_s) >= 0);
        test::clickTab(tabs, 5);
        QTRY_VERIFY(test::rowNamed(stage.table, u"zeta"_s) >= 0);
        const QString spoken = stage.spoken(u"acme"_s, UsageColumn::GaugeColumn);
        QVERIFY2(spoken.startsWith(u"5 of 60 requests per minute"_s), qPrintable(spoken));
    }

    void tabsShowTeamsAndMembers()
    {
        Stage stage(LiveFixture::teamConfiguration());
        auto *tabs = stage.page.findChild<QTabBar *>();
        QStringList titles;
        for (int tab = 0; tab < tabs->count(); ++tab)
            titles += tabs->tabText(tab);
        QCOMPARE(
            titles, (QStringList{u"Keys"_s, u"Users"_s, u"Teams"_s, u"Members"_s, u"Models"_s}));
        stage.send(30, {.key = "ci", .router = "prod"});
        stage.send(25, {.key = "app", .router = "prod"});
        test::clickTab(tabs, 2);
        QCOMPARE(stage.table->model()->rowCount(), 3);
        QVERIFY(stage.table->isColumnHidden(UsageColumn::TeamColumn));
        const int sent = stage.live.keys["ci"].admitted + stage.live.keys["app"].admitted;
        QTRY_VERIFY2(stage.spoken(u"core"_s, UsageColumn::GaugeColumn)
                         .startsWith(u"%1 of 90 requests per minute, global, per team"_s.arg(sent)),
            qPrintable(stage.spoken(u"core"_s, UsageColumn::GaugeColumn)));
        QCOMPARE(stage.spoken(u"core"_s, UsageColumn::SubjectColumn), u"core, 2 members"_s);
        // By keys to the next tab.
        tabs->setFocus();
        QTest::keyClick(tabs, Qt::Key_Right);
        QCOMPARE(tabs->currentIndex(), 3);
        QVERIFY(!stage.table->isColumnHidden(UsageColumn::TeamColumn));
        QCOMPARE(stage.table->model()->rowCount(), 5);
        QCOMPARE(stage.spoken(u"alice"_s, UsageColumn::TeamColumn), u"core"_s);
        QCOMPARE(stage.spoken(u"alice"_s, UsageColumn::RateColumn),
            u"%1 requests in the last minute"_s.arg(stage.live.keys["ci"].admitted));
    }

    void aTeamAndAMemberAreExplained_data()
    {
        QTest::addColumn<int>("tab");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("note");
        QTest::addColumn<QStringList>("chain");
        QTest::addColumn<QString>("requests");
        QTest::newRow("team") << 2 << u"core"_s << u"members alice, bob"_s
                              << QStringList{u"per key, ci"_s, u"per team"_s,
                                     u"per member, alice"_s, u"shared"_s, u"per key, ci"_s}
                              << u"team:core"_s;
        QTest::newRow("member") << 3 << u"alice"_s << u"team core"_s
                                << QStringList{u"per key, ci"_s, u"per team, core"_s,
                                       u"per member"_s, u"shared"_s, u"per key, ci"_s}
                                << u"team:core member:alice"_s;
    }

    void aTeamAndAMemberAreExplained()
    {
        QFETCH(const int, tab);
        QFETCH(const QString, name);
        QFETCH(const QString, note);
        QFETCH(const QStringList, chain);
        QFETCH(const QString, requests);
        Stage stage(LiveFixture::teamConfiguration());
        stage.send(30, {.key = "ci", .router = "prod"});
        test::clickTab(stage.page.findChild<QTabBar *>(), tab);
        QTRY_COMPARE(test::rowNamed(stage.table, name) >= 0, true);
        test::clickCell(stage.table, test::rowNamed(stage.table, name), UsageColumn::LimitColumn);
        QCOMPARE(stage.find<QLabel>(u"subjectLabel"_s)->text(), name);
        QCOMPARE(stage.find<QLabel>(u"subjectNoteLabel"_s)->text(), note);
        QVERIFY(
            stage.find<QLabel>(u"bucketTitleLabel"_s)->text().startsWith(u"prod, per key, ci: "_s));
        auto *links = stage.find<QTableView>(u"chainTableView"_s);
        QTRY_COMPARE(links->model()->rowCount(), int(chain.size()));
        for (int row = 0; row < chain.size(); ++row)
            QCOMPARE(test::spokenCell(links, row, 1), chain.at(row));
        QSignalSpy pages(&stage.page, &ui::Page::pageRequested);
        test::click(stage.find<QToolButton>(u"showRequestsToolButton"_s));
        QCOMPARE(pages.last().at(0).toString(), u"requests"_s);
        QCOMPARE(pages.last().at(1).toString(), requests);
    }

    void otherPagesNameARow_data()
    {
        QTest::addColumn<QString>("target");
        QTest::addColumn<int>("tab");
        QTest::addColumn<QString>("name");
        QTest::newRow("key") << u"key:app"_s << 0 << u"app"_s;
        QTest::newRow("user") << u"user:zoe"_s << 1 << u"zoe"_s;
        QTest::newRow("team") << u"team:support"_s << 2 << u"support"_s;
        QTest::newRow("member") << u"member:research/erin"_s << 3 << u"erin"_s;
        QTest::newRow("property") << u"prop.tenant:acme"_s << 5 << u"acme"_s;
    }

    void otherPagesNameARow()
    {
        QFETCH(const QString, target);
        QFETCH(const int, tab);
        QFETCH(const QString, name);
        Stage stage;
        stage.send(1, {.key = "ci", .user = "zoe", .tenant = "acme"});
        stage.page.showTarget(target);
        QCOMPARE(stage.page.findChild<QTabBar *>()->currentIndex(), tab);
        QCOMPARE(stage.selected(), QStringList{name});
        // What names nothing changes nothing.
        for (const QString &odd : {u"team:nobody"_s, u"colour:red"_s, u":"_s, QString()})
            stage.page.showTarget(odd);
    }

    void tabsWithoutTeamsSayWhatToWrite_data()
    {
        QTest::addColumn<QByteArray>("yaml");
        QTest::addColumn<int>("tab");
        QTest::addColumn<QString>("title");
        QTest::addColumn<QString>("text"); // part of it
        const QByteArray none = LiveFixture::teamlessConfiguration();
        QByteArray open = LiveFixture::sampleConfiguration();
        open.replace("features: auth", "features: none");
        QByteArray memberless = none;
        memberless.replace("providers:\n", "teams: {core: {members: []}}\nproviders:\n");
        QTest::newRow("no teams") << none << 2 << u"No teams in the configuration"_s
                                  << u"teams: {core: {members: [alice, bob]}}"_s;
        QTest::newRow("no teams, members") << none << 3 << u"No teams in the configuration"_s
                                           << u"teams: {core: {members: [alice, bob]}}"_s;
        QTest::newRow("no members")
            << memberless << 3 << u"No team has members"_s << u"members: [alice, bob]"_s;
        QTest::newRow("keys are not checked")
            << open << 2 << u"Requests belong to no team"_s << u"helicone: {features: auth}"_s;
    }

    void tabsWithoutTeamsSayWhatToWrite()
    {
        QFETCH(const QByteArray, yaml);
        QFETCH(const int, tab);
        QFETCH(const QString, title);
        QFETCH(const QString, text);
        Stage stage(yaml);
        test::clickTab(stage.page.findChild<QTabBar *>(), tab);
        const auto *label = stage.find<QLabel>(u"emptyTitleLabel"_s);
        // It is so whether the gateway runs or not.
        for (const State state : {State::Running, State::Stopped}) {
            stage.page.setGatewayState(state, {});
            QVERIFY(label->isVisible());
            QCOMPARE(label->text(), title);
            QVERIFY(stage.find<QLabel>(u"emptyTextLabel"_s)->text().contains(text));
            QVERIFY(!stage.find<QPushButton>(u"emptyActionPushButton"_s)->isVisible());
        }
        test::clickTab(stage.page.findChild<QTabBar *>(), 1);
        QCOMPARE(label->text(), u"The gateway is not running"_s);
    }

    void tabLeadsFromTheTabsToTheTable()
    {
        Stage stage(LiveFixture::teamConfiguration());
        auto *tabs = stage.page.findChild<QTabBar *>();
        test::clickTab(tabs, 2);
        tabs->setFocus();
        QStringList visited;
        for (int i = 0; i < 12 && !stage.table->hasFocus(); ++i) {
            QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
            visited += QApplication::focusWidget()->objectName();
        }
        QVERIFY2(stage.table->hasFocus(), qPrintable(visited.join(u' ')));
        QVERIFY2(visited.size() <= 4, qPrintable(visited.join(u' ')));
    }

    void filterIsTypedAndChecked()
    {
        Stage stage;
        auto *filter = stage.page.findChild<ui::FilterEdit *>();
        stage.page.focusFilter();
        QTest::keyClicks(filter->edit(), u"team:research"_s);
        QCOMPARE(filter->edit()->text(), u"team:research"_s);
        QCOMPARE(filter->error(), QString());
        QCOMPARE(stage.table->model()->rowCount(), 3);
        QTest::keyClicks(filter->edit(), u" tem:x"_s);
        QVERIFY2(filter->error().contains(u"character 15"_s), qPrintable(filter->error()));
        QTest::keyClicks(filter->edit(), u"y"_s); // nothing is filtered by what is not understood
        QTest::keyClick(filter->edit(), Qt::Key_Escape);
        QCOMPARE(stage.table->model()->rowCount(), 12);
        QVERIFY(filter->error().isEmpty());
    }

    void rowsStayUnderThePointer()
    {
        Stage stage;
        stage.send(5, {.key = "app", .router = "prod"});
        QTRY_COMPARE(test::rowNamed(stage.table, u"app"_s), 0);
        auto *pill = stage.find<QWidget>(u"orderPausedPill"_s);
        // The pointer keeps moving for three seconds while another key gets fuller.
        const QRect row = stage.table->visualRect(stage.table->model()->index(0, 1));
        stage.send(50, {.key = "ci", .router = "prod"});
        for (int i = 0; i < 20 && !pill->isVisible(); ++i) {
            QTest::mouseMove(stage.table->viewport(), row.center() + QPoint(i % 5, 0));
            QTest::qWait(100); // the pace of a hand
        }
        QVERIFY(pill->isVisible());
        QCOMPARE(test::rowNamed(stage.table, u"app"_s), 0);
        QVERIFY(stage.spoken(u"ci"_s, UsageColumn::GaugeColumn).startsWith(u"50 of 60"_s));
        test::click(stage.find<QToolButton>(u"sortNowToolButton"_s));
        QCOMPARE(test::rowNamed(stage.table, u"ci"_s), 0);
        QVERIFY(!pill->isVisible());
    }

    void selectionHoldsItsSubjectsWhileTheOrderChanges()
    {
        Stage stage;
        stage.send(9, {.key = "app", .router = "prod"});
        QTRY_COMPARE(test::rowNamed(stage.table, u"app"_s), 0);
        test::clickCell(stage.table, 0, 1);
        stage.send(40, {.key = "ci", .router = "prod"});
        stage.page.sortNow();
        const QModelIndexList rows = stage.table->selectionModel()->selectedRows();
        QCOMPARE(rows.size(), 1);
        QCOMPARE(rows.first().data().toString(), u"app"_s);
        QCOMPARE(rows.first().row(), 1);
    }

    void detailExplainsTheSelectedKey()
    {
        Stage stage;
        stage.send(66, {.key = "ci", .user = "alice", .router = "prod"});
        QTRY_COMPARE(test::rowNamed(stage.table, u"ci"_s), 0);
        test::clickCell(stage.table, 0, 1);
        QCOMPARE(stage.find<QLabel>(u"subjectLabel"_s)->text(), u"ci"_s);
        auto *chain = stage.find<QTableView>(u"chainTableView"_s);
        // Global key and user, router key and user.
        QTRY_COMPARE(chain->model()->rowCount(), 4);
        QVERIFY(stage.find<QLabel>(u"chainTitleLabel"_s)->text().startsWith(u"4 limits apply"_s));
        QVERIFY(
            stage.find<QLabel>(u"bucketTitleLabel"_s)->text().contains(u"next request in 1 s"_s));
        auto *bucket = stage.page.findChild<ui::BucketWidget *>();
        QCOMPARE(bucket->bucket().capacity, 60.0);
        QCOMPARE(bucket->bucket().arrivals.size(), 66);
        QCOMPARE(std::count_if(bucket->bucket().arrivals.cbegin(), bucket->bucket().arrivals.cend(),
                     [](const auto &arrival) { return !arrival.admitted; }),
            stage.live.keys["ci"].refused);
    }

    void theFirstRowIsSelectedByItself()
    {
        Stage stage;
        auto *filter = stage.page.findChild<ui::FilterEdit *>();
        const auto *subject = stage.find<QLabel>(u"subjectLabel"_s);
        // The keys of the configuration are listed before anybody sends.
        QTRY_VERIFY(subject->isVisible());
        QCOMPARE(stage.selected(), QStringList{subject->text()});
        auto *tabs = stage.page.findChild<QTabBar *>();
        test::clickTab(tabs, 1);
        QVERIFY(!subject->isVisible()); // no user has been seen
        stage.page.focusFilter();
        stage.send(3, {.key = "ci", .user = "alice", .router = "prod"});
        stage.send(9, {.key = "app", .user = "bob", .router = "prod"});
        QTRY_COMPARE(subject->text(), u"bob"_s); // the fullest
        QVERIFY(subject->isVisible());
        QCOMPARE(stage.selected(), QStringList{u"bob"_s});
        QVERIFY(filter->edit()->hasFocus());
        // What is selected stays selected, whoever comes first.
        stage.send(30, {.key = "ci", .user = "alice", .router = "prod"});
        QTRY_COMPARE(test::rowNamed(stage.table, u"alice"_s), 0);
        QCOMPARE(stage.selected(), QStringList{u"bob"_s});
        // A filter that hides it leads to the first of the others.
        QTest::keyClicks(filter->edit(), u"alice"_s);
        QTRY_COMPARE(stage.selected(), QStringList{u"alice"_s});
        QVERIFY(subject->isVisible());
    }

    void escapeKeepsTheSelectionEmpty()
    {
        Stage stage;
        stage.send(5, {.key = "ci", .router = "prod"});
        QTRY_VERIFY(!stage.selected().isEmpty());
        stage.table->setFocus();
        QTest::keyClick(stage.table, Qt::Key_Escape);
        QSignalSpy chosen(stage.table->selectionModel(), &QItemSelectionModel::selectionChanged);
        stage.send(40, {.key = "app", .router = "prod"});
        QVERIFY(!chosen.wait(1500)); // longer than the turn of the order
        QCOMPARE(stage.selected(), QStringList());
        QVERIFY(!stage.find<QLabel>(u"subjectLabel"_s)->isVisible());
        test::clickCell(stage.table, 0, 1);
        QCOMPARE(stage.selected().size(), 1);
    }

    void anOfferedRowDoesNotHoldTheOrder()
    {
        Stage stage;
        QTRY_VERIFY(!stage.selected().isEmpty());
        QWidget other;
        other.show();
        other.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&other));
        stage.send(40, {.key = "web-search", .router = "prod"});
        QTRY_COMPARE(test::rowNamed(stage.table, u"web-search"_s), 0);
        QVERIFY(!stage.find<QWidget>(u"orderPausedPill"_s)->isVisible());
        // A chosen one does.
        stage.page.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&stage.page));
        test::clickCell(stage.table, 3, 1);
        other.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&other));
        stage.send(50, {.key = "ci", .router = "prod"});
        QTRY_VERIFY(stage.find<QWidget>(u"orderPausedPill"_s)->isVisible());
        QCOMPARE(test::rowNamed(stage.table, u"web-search"_s), 0);
    }

    void actionsLeadToOtherPages()
    {
        Stage stage;
        stage.send(66, {.key = "ci", .user = "alice", .router = "prod"});
        QTRY_COMPARE(test::rowNamed(stage.table, u"ci"_s), 0);
        test::clickCell(stage.table, 0, 1);
        QSignalSpy pages(&stage.page, &ui::Page::pageRequested);
        QTRY_VERIFY(stage.find<QToolButton>(u"editLimitToolButton"_s)->isEnabled());
        test::click(stage.find<QToolButton>(u"editLimitToolButton"_s));
        QCOMPARE(pages.last().at(0).toString(), u"policies"_s);
        QCOMPARE(pages.last().at(1).toString(), u"limit:routers/prod/per-api-key"_s);
        test::click(stage.find<QToolButton>(u"showRequestsToolButton"_s));
        QCOMPARE(pages.last().at(0).toString(), u"requests"_s);
        QCOMPARE(pages.last().at(1).toString(), u"key:ci"_s);
        QSignalSpy lines(&stage.page, &ui::Page::lineRequested);
        auto *chain = stage.find<QTableView>(u"chainTableView"_s);
        test::clickCell(chain, 0, ui::ChainModel::LineColumn);
        const QByteArray text = LiveFixture::sampleConfiguration();
        QCOMPARE(lines.size(), 1);
        QCOMPARE(lines.last().at(0).toInt(),
            int(text.first(text.indexOf("capacity: 120")).count('\n')) + 1);
    }

    void freezeStopsAllMotionAndLosesNothing()
    {
        Stage stage;
        stage.send(5, {.key = "ci", .router = "prod"});
        QTRY_VERIFY(stage.spoken(u"ci"_s, UsageColumn::GaugeColumn).startsWith(u"5 of 60"_s));
        stage.table->setFocus();
        QTest::keyClick(stage.table, Qt::Key_Space);
        QVERIFY(stage.page.isFrozen());
        QVERIFY(stage.find<QToolButton>(u"freezeToolButton"_s)->isChecked());
        QSignalSpy changes(stage.table->model(), &QAbstractItemModel::dataChanged);
        stage.send(20, {.key = "ci", .router = "prod"});
        QVERIFY(!changes.wait(900));
        QVERIFY(stage.spoken(u"ci"_s, UsageColumn::GaugeColumn).startsWith(u"5 of 60"_s));
        QTest::keyClick(stage.table, Qt::Key_Space);
        QTRY_VERIFY(stage.spoken(u"ci"_s, UsageColumn::GaugeColumn).startsWith(u"25 of 60"_s));
    }

    void aHiddenPageIsSilent()
    {
        Stage stage;
        QTRY_VERIFY(stage.page.isVisible());
        stage.page.hide();
        QSignalSpy changes(stage.table->model(), &QAbstractItemModel::dataChanged);
        QSignalSpy layouts(stage.table->model(), &QAbstractItemModel::layoutChanged);
        stage.send(30, {.key = "ci", .router = "prod"});
        QVERIFY(!changes.wait(900));
        QCOMPARE(layouts.size(), 0);
        stage.page.show();
        QTRY_VERIFY(stage.spoken(u"ci"_s, UsageColumn::GaugeColumn).startsWith(u"30 of 60"_s));
    }

    void emptyListsSayWhy()
    {
        Stage stage;
        auto *tabs = stage.page.findChild<QTabBar *>();
        test::clickTab(tabs, 1);
        auto *title = stage.find<QLabel>(u"emptyTitleLabel"_s);
        auto *action = stage.find<QPushButton>(u"emptyActionPushButton"_s);
        stage.page.setGatewayState(State::Stopped, {});
        QVERIFY(title->isVisible());
        QCOMPARE(title->text(), u"The gateway is not running"_s);
        QSignalSpy starts(&stage.page, &ui::Page::startRequested);
        test::click(action);
        QCOMPARE(starts.size(), 1);
        stage.page.setGatewayState(State::Starting, {});
        QCOMPARE(title->text(), u"The gateway is starting"_s);
        QVERIFY(!action->isVisible());
        stage.page.setGatewayState(State::Failed, u"port 8080 is in use"_s);
        QCOMPARE(action->text(), u"Try again"_s);
        stage.page.setGatewayState(State::Running, {});
        QCOMPARE(title->text(), u"No requests yet"_s);
        stage.send(1, {.key = "ci", .user = "alice"});
        QTRY_VERIFY(!title->isVisible());
        auto *filter = stage.page.findChild<ui::FilterEdit *>();
        QTest::keyClicks(filter->edit(), u"nobody"_s);
        QTRY_COMPARE(title->text(), u"Nothing matches the filter"_s);
        QVERIFY(title->isVisible());
        test::click(action);
        QTRY_COMPARE(stage.table->model()->rowCount(), 1);
    }

    void textsFitIntoTheColumnsOfAUsualWindow()
    {
        Stage stage; // as wide as the page of a window of 1280
        const QFont mono = ui::Theme::font(ui::FontRole::Mono, stage.table->font());
        const int limit = QFontMetrics(mono).horizontalAdvance(u"1000;w=3600;s=user, alice"_s);
        QVERIFY(stage.table->columnWidth(UsageColumn::LimitColumn) >= limit + 16);
        const int free = stage.table->fontMetrics().horizontalAdvance(u"empty in 23 h 59 m"_s);
        QVERIFY(stage.table->columnWidth(UsageColumn::FreeColumn) >= free + 16);
        auto *tabs = stage.page.findChild<QTabBar *>(u"subjectsTabBar"_s);
        for (int tab = 0; tab < 4; ++tab) {
            test::clickTab(tabs, tab);
            QVERIFY(stage.table->columnWidth(UsageColumn::GaugeColumn) >= 200);
            QVERIFY(stage.table->horizontalHeader()->length() <= stage.table->viewport()->width());
            QVERIFY(stage.table->isColumnHidden(UsageColumn::RateColumn));
        }
        // More room shows more.
        stage.page.resize(1600, 750);
        QTRY_VERIFY(!stage.table->isColumnHidden(UsageColumn::RateColumn));
        QTRY_VERIFY(stage.table->columnWidth(UsageColumn::GaugeColumn) >= 200);
    }

    void staleFiguresAreMarked()
    {
        Stage stage;
        stage.send(5, {.key = "ci", .router = "prod"});
        QTRY_VERIFY(stage.spoken(u"ci"_s, UsageColumn::GaugeColumn).startsWith(u"5 of 60"_s));
        stage.page.setStale(true);
        QVERIFY(stage.spoken(u"ci"_s, UsageColumn::GaugeColumn).endsWith(u"stale"_s));
        stage.page.setStale(false);
        QVERIFY(!stage.spoken(u"ci"_s, UsageColumn::GaugeColumn).endsWith(u"stale"_s));
    }

    void everythingThatTakesTheFocusHasAName()
    {
        Stage stage;
        stage.send(66, {.key = "ci", .user = "alice", .router = "prod"});
        QTRY_COMPARE(test::rowNamed(stage.table, u"ci"_s), 0);
        test::clickCell(stage.table, 0, 1);
        QCOMPARE(test::namelessWidgets(&stage.page), QStringList());
    }
};

QTEST_MAIN(UsagePageTest)
#include "tst_usagepage.moc"

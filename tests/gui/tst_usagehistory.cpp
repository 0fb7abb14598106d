// SPDX-License-Identifier: GPL-3.0-or-later
// The history on the Usage page, against a ledger's file.
#include "core/session/ledgerqueries.h"
#include "core/stores/ledger/ledger.h"
#include "tests/gui/guikit.h"
#include "tests/support/ledgerkit.h"
#include "tests/support/livefixture.h"
#include "ui/initui.h"
#include "ui/models/historymodel.h"
#include "ui/pages/usagepage.h"
#include "ui/widgets/chart.h"
#include "ui/widgets/format.h"
#include "ui/widgets/segmented.h"

#include <QAbstractButton>
#include <QFile>
#include <QLabel>
#include <QTemporaryDir>
#include <QToolButton>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace sluice;
using test::LiveFixture;
using ui::Chart;

namespace {

struct Stage
{
    QTemporaryDir folder;
    LiveFixture live{LiveFixture::teamConfiguration()};
    session::LedgerQueries ledger;
    std::unique_ptr<ui::UsagePage> page;

    explicit Stage(bool hasRows = true)
    {
        ledger.setFolder(folder.path());
        if (hasRows)
            fill();
        page = std::make_unique<ui::UsagePage>(live.usage, live.feed, nullptr, &ledger);
        page->resize(1096, 750);
        page->show();
        if (!QTest::qWaitForWindowActive(page.get()))
            qFatal("no window");
    }

    /// Two days ago 5 requests of ci; now 70 of ci, of which some are refused, and 8 of app.
    void fill()
    {
        for (int i = 0; i < 5; ++i)
            live.send(
                {.key = "ci", .user = "alice", .router = "prod", .input = 100, .cents = 2'000'000});
        live.advance(48h);
        for (int i = 0; i < 70; ++i)
            live.send({.key = "ci",
                .user = "alice",
                .router = "prod",
                .tenant = "acme",
                .input = 1'000,
                .output = 200,
                .cents = 5'000'000});
        for (int i = 0; i < 8; ++i)
            live.send({.key = "app", .user = "bob", .router = "prod"});
        live.report();
        test::writeLedger(folder.path(), live);
    }

    /// Within the details of subjects.
    template <typename Widget> [[nodiscard]] Widget *find(const char *name) const
    {
        return page->findChild<QWidget *>(u"UsageDetail"_s)
            ->findChild<Widget *>(QLatin1StringView(name));
    }

    [[nodiscard]] QString text(const char *name) const
    {
        QString plain = find<QLabel>(name)->text();
        return plain.remove(QRegularExpression(u"<[^>]*>"_s))
            .replace(ui::format::NarrowSpace, u' ');
    }

    void choose(const QString &target) const { page->showTarget(target); }

    void openHistory() const { test::click(find<QToolButton>("historyToolButton")); }

    void chooseRange(int range) const
    {
        test::click(find<ui::Segmented>("historyRangeSegmented")->button(range));
    }
};

/// As text() says a figure.
QString plain(qint64 figure)
{
    return ui::format::count(figure).replace(ui::format::NarrowSpace, u' ');
}

double sumOf(const QList<double> &figures)
{
    double sum = 0;
    for (const double figure : figures)
        sum += figure;
    return sum;
}

} // namespace

class UsageHistoryTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() { ui::initUi(); }

    void init() { test::failOnWarnings(); }

    void theLastDayStandsBesideTheLimits()
    {
        const Stage stage;
        stage.choose(u"key:ci"_s);
        const int refused = stage.live.keys.at("ci").refused;
        QVERIFY(refused > 0);
        QTRY_COMPARE(stage.text("historyTitleLabel"), u"Last 24 hours: %1 refused"_s.arg(refused));
        const auto *chart = stage.find<Chart>("historyColumnChart");
        QVERIFY(chart->isVisible());
        QCOMPARE(sumOf(chart->value().refused), double(refused));
        QCOMPARE(sumOf(chart->value().values), 70.0 - refused);
        QCOMPARE(chart->value().steps(), 72);
    }

    void whereThereIsLittleRoomItIsBehindAButton()
    {
        const Stage stage;
        stage.choose(u"key:ci"_s);
        QTRY_VERIFY(stage.find<QWidget>("HistoryColumn")->isVisible());
        stage.page->resize(900, 750);
        QTRY_VERIFY(!stage.find<QWidget>("HistoryColumn")->isVisible());
        stage.openHistory();
        QVERIFY(stage.find<QWidget>("HistoryPane")->isVisible());
        stage.openHistory();
        QVERIFY(!stage.find<QWidget>("HistoryPane")->isVisible());
    }

    void everyRangeHasItsSums()
    {
        const Stage stage;
        stage.choose(u"key:ci"_s);
        QTRY_VERIFY(stage.find<QToolButton>("moreHistoryToolButton")->isVisible());
        test::click(stage.find<QToolButton>("moreHistoryToolButton"));
        QVERIFY(stage.find<QWidget>("HistoryPane")->isVisible());
        const int refused = stage.live.keys.at("ci").refused;
        const int recent = 70 - refused;
        QTRY_COMPARE(stage.text("historySumLabel0"), u"70 requests, %1 refused"_s.arg(refused));
        QCOMPARE(stage.text("historySumLabel1"),
            u"%1 tokens, %2 of them out"_s.arg(plain(recent * 1'200), plain(recent * 200)));
        for (const int range : {2, 3, 4}) {
            stage.chooseRange(range);
            QTRY_COMPARE(stage.text("historySumLabel0"), u"75 requests, %1 refused"_s.arg(refused));
            const auto *cost = stage.find<Chart>("historyChart2");
            QCOMPARE(sumOf(cost->value().values), recent * 5e6 + 5 * 2e6);
        }
        stage.chooseRange(0);
        QTRY_COMPARE(stage.text("historySumLabel0"), u"70 requests, %1 refused"_s.arg(refused));
        QCOMPARE(stage.find<Chart>("historyChart0")->value().steps(), 60);
        QCOMPARE(stage.text("historyNoteLabel"), u"one minute a step"_s);
    }

    void theSelectedSubjectIsShown_data()
    {
        QTest::addColumn<QString>("target");
        QTest::addColumn<int>("requests"); // of the last 24 hours
        QTest::newRow("key") << u"key:app"_s << 8;
        QTest::newRow("user") << u"user:bob"_s << 8;
        QTest::newRow("team") << u"team:core"_s << 78;
        QTest::newRow("member") << u"member:core/alice"_s << 70;
        QTest::newRow("property") << u"prop.tenant:acme"_s << 70;
    }

    void theSelectedSubjectIsShown()
    {
        QFETCH(const QString, target);
        QFETCH(const int, requests);
        const Stage stage;
        stage.openHistory();
        stage.choose(target);
        QTRY_VERIFY2(stage.text("historySumLabel0").startsWith(u"%1 requests"_s.arg(requests)),
            qPrintable(stage.text("historySumLabel0")));
    }

    void modelsHaveAHistoryToo()
    {
        const Stage stage;
        stage.choose(u"model:openai/gpt-4o-mini"_s);
        auto *detail = stage.page->findChild<QWidget *>(u"ModelDetail"_s);
        QTRY_VERIFY(detail->isVisible());
        const auto *chart = detail->findChild<Chart *>(u"historyColumnChart"_s);
        QTRY_COMPARE(sumOf(chart->value().values) + sumOf(chart->value().refused), 78.0);
        test::click(detail->findChild<QToolButton *>(u"modelHistoryToolButton"_s));
        QVERIFY(detail->findChild<QWidget *>(u"HistoryPane"_s)->isVisible());
        QCOMPARE(test::namelessWidgets(detail), QStringList());
    }

    void oneCursorReadsAllThree()
    {
        const Stage stage;
        stage.choose(u"key:ci"_s);
        stage.openHistory();
        QTRY_VERIFY(stage.text("historySumLabel0").startsWith(u"70 "_s));
        auto *requests = stage.find<Chart>("historyChart0");
        requests->setFocus();
        QTest::keyClick(requests, Qt::Key_End);
        QCOMPARE(requests->cursor(), 71);
        QCOMPARE(stage.find<Chart>("historyChart2")->cursor(), 71);
        QVERIFY2(
            requests->figureText().contains(u"admitted"_s), qPrintable(requests->figureText()));
    }

    void theSameFiguresAreATable()
    {
        const Stage stage;
        stage.choose(u"key:ci"_s);
        stage.openHistory();
        QTRY_VERIFY(stage.text("historySumLabel0").startsWith(u"70 "_s));
        stage.find<Chart>("historyChart0")->setFocus();
        QTest::keyClick(stage.find<Chart>("historyChart0"), Qt::Key_F6);
        auto *table = stage.find<QTableView>("historyTableView");
        QTRY_VERIFY(table->isVisible());
        QVERIFY(table->hasFocus());
        const int refused = stage.live.keys.at("ci").refused;
        QCOMPARE(table->model()->rowCount(), 73);
        QCOMPARE(test::spokenCell(table, 0, ui::HistoryModel::RequestsColumn), u"70"_s);
        QCOMPARE(
            test::spokenCell(table, 0, ui::HistoryModel::RefusedColumn), QString::number(refused));
        QTest::keyClick(table, Qt::Key_F6);
        QVERIFY(!table->isVisible());
        QVERIFY(stage.find<Chart>("historyChart0")->hasFocus());
        QCOMPARE(test::namelessWidgets(stage.page.get()), QStringList());
    }

    void whyThereIsNone_data()
    {
        QTest::addColumn<bool>("isBroken");
        QTest::addColumn<QString>("title");
        QTest::newRow("nothing yet") << false << u"Nothing has been recorded yet"_s;
        QTest::newRow("broken") << true << u"The ledger cannot be read"_s;
    }

    void whyThereIsNone()
    {
        QFETCH(const bool, isBroken);
        Stage stage(false);
        if (isBroken) {
            QFile file(stores::Ledger::pathIn(stage.folder.path()));
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(QByteArray(4'096, 'x'));
        }
        stage.live.send({.key = "ci"});
        stage.live.report();
        stage.choose(u"key:ci"_s);
        stage.openHistory();
        QTRY_VERIFY(stage.find<QLabel>("historyProblemLabel")->isVisible());
        QFETCH(const QString, title);
        QTRY_COMPARE(stage.text("historyProblemLabel"), title);
        QVERIFY(!stage.find<QToolButton>("historyTableToolButton")->isEnabled());
    }

    // The first request makes the file; a page that stands still does not look for it.
    void freezeStopsTheFigures()
    {
        Stage stage(false);
        stage.live.send({.key = "ci"});
        stage.live.report();
        stage.choose(u"key:ci"_s);
        stage.openHistory();
        QTRY_COMPARE(stage.text("historyProblemLabel"), u"Nothing has been recorded yet"_s);
        stage.page->setFrozen(true);
        test::writeLedger(stage.folder.path(), stage.live);
        const auto hasFigures = [&stage] {
            return stage.find<QLabel>("historySumLabel0")->isVisible();
        };
        QVERIFY(!QTest::qWaitFor(hasFigures, 2'600));
        stage.page->setFrozen(false);
        QTRY_COMPARE(stage.text("historySumLabel0"), u"1 request"_s);
    }

    void withoutALedgerThereIsNoHistory()
    {
        LiveFixture live;
        ui::UsagePage page(live.usage, live.feed);
        page.resize(1096, 750);
        page.show();
        live.send({.key = "ci"});
        live.report();
        page.showTarget(u"key:ci"_s);
        QTRY_VERIFY(page.findChild<QWidget *>(u"UsageDetail"_s)->isVisible());
        QVERIFY(!page.findChild<QWidget *>(u"HistoryColumn"_s)->isVisible());
        QVERIFY(!page.findChild<QWidget *>(u"historyToolButton"_s)->isVisible());
    }
};

QTEST_MAIN(UsageHistoryTest)
#include "tst_usagehistory.moc"

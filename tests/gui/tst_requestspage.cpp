// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/configdraft.h"
#include "core/session/ledgerqueries.h"
#include "tests/gui/guikit.h"
#include "tests/support/ledgerkit.h"
#include "tests/support/livefixture.h"
#include "ui/initui.h"
#include "ui/models/chainmodel.h"
#include "ui/models/requestlogmodel.h"
#include "ui/pages/requestspage.h"
#include "ui/widgets/diffview.h"
#include "ui/widgets/filteredit.h"

#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTabBar>
#include <QTemporaryDir>
#include <QToolButton>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace std::chrono_literals;
using insight::Outcome;
using test::LiveFixture;
using ui::RequestLogModel;
using ui::RequestsPage;

namespace {

/// A page in its window; the configuration is a file, as it is for a person.
struct Stage
{
    QTemporaryDir folder;
    LiveFixture live;
    session::GatewaySession gateway{live.clock};
    session::ConfigDraft draft{gateway};
    std::unique_ptr<RequestsPage> page;
    QTableView *table = nullptr;

    explicit Stage(const QByteArray &yaml = LiveFixture::sampleConfiguration(),
        session::LedgerQueries *ledger = nullptr)
        : live(yaml)
    {
        QFile file(folder.filePath(u"ai-gateway-config.yaml"_s));
        if (!file.open(QIODevice::WriteOnly) || file.write(yaml) < 0)
            qFatal("cannot write the sample");
        file.close();
        if (!draft.open(file.fileName()))
            qFatal("cannot open the sample");
        page = std::make_unique<RequestsPage>(live.feed, live.usage, draft, ledger);
        table = page->findChild<QTableView *>(u"requestsTableView"_s);
        page->resize(1096, 750);
        page->show();
        if (!QTest::qWaitForWindowActive(page.get()))
            qFatal("no window");
    }

    void send(int count, const LiveFixture::Client &client)
    {
        for (int i = 0; i < count; ++i) {
            live.advance(10ms);
            live.send(client);
        }
        live.report();
    }

    [[nodiscard]] int rows() const { return table->model()->rowCount(); }

    template <typename Widget> [[nodiscard]] Widget *find(const QString &name) const
    {
        return page->findChild<Widget *>(name);
    }

    [[nodiscard]] QString label(const QString &name) const { return find<QLabel>(name)->text(); }
};

} // namespace

class RequestsPageTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() { ui::initUi(); }

    void init() { test::failOnWarnings(); }

    void listsEveryRequest()
    {
        Stage stage;
        stage.send(66, {.key = "ci", .user = "alice", .router = "prod"});
        stage.send(4, {.key = "app", .user = "bob", .router = "prod"});
        QTRY_COMPARE(stage.rows(), 70);
        int refused = 0;
        for (int row = 0; row < stage.rows(); ++row) {
            if (test::spokenCell(stage.table, row, RequestLogModel::DecisionColumn)
                == u"429 refused"_s)
                ++refused;
        }
        QCOMPARE(refused, stage.live.keys["ci"].refused);
        QVERIFY(refused > 0);
    }

    void explainsEveryRefusal_data()
    {
        QTest::addColumn<int>("which");
        QTest::addColumn<QString>("headline");
        QTest::addColumn<QString>("advice"); // part of it
        QTest::newRow("slots") << 0
                               << u"Refused: router agents allows each key 3 at the same time"_s
                               << u"The smallest change that would have admitted it"_s;
        QTest::newRow("too large")
            << 1
            << u"Refused: it needs 33 000 tokens, and the global limit allows each key 20 000 "
               "tokens in any hour"_s
            << u"The smallest change that would have admitted it"_s;
        QTest::newRow("no price")
            << 2
            << u"Rejected: the model has no price in prices.models, and the global limit allows "
               "each team $2.50 each month (Europe/Berlin)"_s
            << u"A price of gpt-4o-mini in prices.models"_s;
        QTest::newRow("blocked") << 3
                                 << u"Refused: The key local-dev is blocked until it is "
                                    "unblocked"_s
                                 << u"Unblock it on the page Usage"_s;
    }

    void explainsEveryRefusal()
    {
        QFETCH(const int, which);
        QFETCH(const QString, headline);
        QFETCH(const QString, advice);
        Stage stage(LiveFixture::everyLimitConfiguration());
        limits::Operations operations;
        operations.blocks.push_back({{limits::SegmentKind::ApiKey, {}}, "local-dev", {}});
        stage.live.limiter.setOperations(operations);
        const LiveFixture::Client agent{.key = "triage-agent", .user = "dave", .router = "agents"};
        const LiveFixture::Client clients[] = {agent,
            {.key = "triage-agent", .user = "dave", .input = 3'000, .output = 30'000},
            {.key = "triage-agent", .user = "dave", .isPriced = false},
            {.key = "local-dev", .user = "alice"}};
        for (int i = 0; i < 3; ++i)
            stage.live.send(agent, 640ms, insight::Outcome::Streaming);
        stage.send(1, clients[which]);
        QTRY_COMPARE(stage.rows(), 4);
        test::clickCell(stage.table, 0, RequestLogModel::KeyColumn);
        QCOMPARE(stage.label(u"headlineLabel"_s).replace(QChar(0x202f), u' '), headline);
        QVERIFY2(stage.label(u"changeTextLabel"_s).contains(advice),
            qPrintable(stage.label(u"changeTextLabel"_s)));
        QCOMPARE(stage.find<QLabel>(u"waitLabel"_s)->isVisible(), which == 0);
        // What it needed of each limit, and what others had reserved.
        auto *chain = stage.find<QTableView>(u"decisionTableView"_s);
        QVERIFY(!chain->isColumnHidden(ui::ChainModel::CostColumn));
        if (which == 1)
            QCOMPARE(
                test::spokenCell(chain, 0, ui::ChainModel::CostColumn).replace(QChar(0x202f), u' '),
                u"needs 33 000"_s);
    }

    void tabsAndFilter()
    {
        Stage stage;
        stage.send(66, {.key = "ci", .user = "alice", .router = "prod"});
        stage.send(4, {.key = "app", .user = "bob", .router = "prod"});
        QTRY_COMPARE(stage.rows(), 70);
        auto *tabs = stage.find<QTabBar>(u"viewTabBar"_s);
        test::clickTab(tabs, 1);
        QTRY_COMPARE(stage.rows(), stage.live.keys["ci"].refused);
        test::clickTab(tabs, 0);
        auto *filter = stage.page->findChild<ui::FilterEdit *>();
        stage.page->focusFilter();
        QTest::keyClicks(filter->edit(), u"user:bob"_s);
        QTRY_COMPARE(stage.rows(), 4);
        QTest::keyClick(filter->edit(), Qt::Key_Return);
        QCOMPARE(filter->chips().size(), 1);
        QCOMPARE(filter->chips().first().name, u"user"_s);
        QTest::mouseClick(filter, Qt::LeftButton, {}, filter->crossRect(0).center());
        QTRY_COMPARE(stage.rows(), 70);
    }

    void aRefusalIsExplained()
    {
        Stage stage;
        stage.send(66, {.key = "ci", .user = "alice", .router = "prod"});
        QTRY_COMPARE(stage.rows(), 66);
        test::clickCell(stage.table, 0, 1);
        QCOMPARE(
            stage.label(u"headlineLabel"_s), u"Refused: router prod allows each key 60 a minute"_s);
        auto *chain = stage.find<QTableView>(u"decisionTableView"_s);
        QCOMPARE(chain->model()->rowCount(), 5); // the tenant limit is shown as not applying
        QVERIFY(stage.label(u"sentLabel"_s).startsWith(u"429 in 0.3 ms, retry-after 1"_s));
        QVERIFY(stage.label(u"waitLabel"_s).startsWith(u"or wait 0."_s));
        // The diff changes the one line that a person would.
        const QList<ui::DiffLine> lines = stage.page->findChild<ui::DiffView *>()->lines();
        const QStringList file = QString::fromUtf8(LiveFixture::sampleConfiguration()).split(u'\n');
        const qsizetype at = file.indexOf(u"        capacity: 60"_s);
        QVERIFY(at > 0);
        QStringList removed;
        QStringList added;
        for (const ui::DiffLine &line : lines) {
            if (line.side == ui::DiffSide::Removed)
                removed += line.text;
            if (line.side == ui::DiffSide::Added)
                added += line.text;
            if (line.side == ui::DiffSide::Removed)
                QCOMPARE(line.number, int(at + 1));
        }
        QCOMPARE(removed, QStringList{u"        capacity: 60"_s});
        QCOMPARE(added, QStringList{u"        capacity: 61"_s});
    }

    void theSmallestChangeGoesIntoTheDraft()
    {
        Stage stage;
        stage.send(66, {.key = "ci", .user = "alice", .router = "prod"});
        QTRY_COMPARE(stage.rows(), 66);
        test::clickCell(stage.table, 0, 1);
        QSignalSpy pages(stage.page.get(), &ui::Page::pageRequested);
        test::click(stage.find<QPushButton>(u"draftChangePushButton"_s));
        QByteArray expected = LiveFixture::sampleConfiguration();
        expected.replace("        capacity: 60\n", "        capacity: 61\n");
        QCOMPARE(stage.draft.text(), expected);
        QCOMPARE(stage.draft.undoLabel(), u"set capacity of prod, per key to 61"_s);
        QCOMPARE(pages.last().at(0).toString(), u"review"_s);
    }

    void newOnesWaitWhileSomeoneReads()
    {
        Stage stage;
        stage.send(80, {.key = "ci", .user = "alice", .router = "prod"});
        QTRY_COMPARE(stage.rows(), 80);
        test::clickCell(stage.table, 3, 1);
        const QString held = stage.table->currentIndex().data().toString();
        stage.send(14, {.key = "app", .router = "prod"});
        auto *follow = stage.find<QToolButton>(u"followToolButton"_s);
        QTRY_VERIFY(follow->isVisible());
        QCOMPARE(follow->text(), u"14 new, follow"_s);
        QCOMPARE(stage.rows(), 80);
        QCOMPARE(stage.table->currentIndex().row(), 3);
        test::click(follow);
        QCOMPARE(stage.rows(), 94);
        QCOMPARE(stage.table->currentIndex().data().toString(), held); // still the same request
        QVERIFY(!follow->isVisible());
        QCOMPARE(stage.table->verticalScrollBar()->value(), 0);
    }

    void otherPagesBringTheirFilter()
    {
        Stage stage;
        stage.send(5, {.key = "ci", .user = "alice"});
        stage.send(3, {.key = "app", .user = "bob"});
        stage.page->showTarget(u"key:app"_s);
        QTRY_COMPARE(stage.rows(), 3);
        QCOMPARE(stage.page->findChild<ui::FilterEdit *>()->chips().size(), 1);
    }

    void summaryTellsWhatIsKnown()
    {
        Stage stage;
        stage.send(1, {.key = "ci", .user = "alice", .router = "prod", .tenant = "acme"});
        QTRY_COMPARE(stage.rows(), 1);
        test::clickCell(stage.table, 0, 1);
        auto *tabs = stage.find<QTabBar>(u"detailTabBar"_s);
        test::clickTab(tabs, 1);
        QStringList texts;
        for (const QLabel *label : stage.page->findChildren<QLabel *>()) {
            if (label->isVisible())
                texts += label->text();
        }
        QVERIFY(texts.contains(u"tenant = acme"_s));
        QVERIFY(texts.contains(u"router prod"_s));
        QVERIFY(texts.contains(u"req-1"_s));
    }

    // A person scrolls on behind what is in memory, and comes to what was recorded before.
    void scrollingGoesOnInTheLedger()
    {
        QTemporaryDir data;
        LiveFixture before;
        before.clock.time -= 2h;
        std::vector<insight::RequestRecord> records;
        for (int i = 0; i < 700; ++i) {
            before.advance(1s);
            records.push_back(before.send({.key = i % 100 ? "ci" : "app", .router = "prod"}));
            records.back().requestId = "old-" + QByteArray::number(i);
        }
        test::writeLedger(data.path(), records);
        session::LedgerQueries ledger;
        ledger.setFolder(data.path());
        Stage stage(LiveFixture::sampleConfiguration(), &ledger);
        stage.send(50, {.key = "ci", .router = "prod"});
        QTRY_COMPARE(stage.rows(), 250); // the first page is there before anybody scrolls
        QSignalSpy resets(stage.table->model(), &QAbstractItemModel::modelReset);
        QSignalSpy problems(stage.page.get(), &RequestsPage::failed);
        const QString first = stage.table->model()->index(0, 0).data().toString();
        stage.table->setFocus();
        while (stage.rows() < 750) {
            QTest::keyClick(stage.table, Qt::Key_PageDown);
            const int row = stage.table->currentIndex().row();
            const QString held = stage.table->currentIndex().data().toString();
            QTRY_VERIFY(row < stage.rows() - 1 || stage.rows() == 750); // there is more
            QCOMPARE(stage.table->currentIndex().row(), row); // nothing moves meanwhile
            QCOMPARE(stage.table->currentIndex().data().toString(), held);
        }
        QCOMPARE(stage.rows(), 750);
        QCOMPARE(problems.size() + resets.size(), 0);
        QCOMPARE(stage.table->model()->index(0, 0).data().toString(), first);
        QTest::keyClick(stage.table, Qt::Key_End, Qt::ControlModifier);
        QCOMPARE(stage.table->currentIndex().row(), 749);
        auto *chain = stage.find<QTableView>(u"decisionTableView"_s);
        QTRY_VERIFY(chain->isVisible());
        QCOMPARE(test::spokenCell(chain, 0, ui::ChainModel::LabelColumn), u"per key"_s);
        QCOMPARE(test::spokenCell(chain, 0, ui::ChainModel::GaugeColumn), u"passes"_s);
        QCOMPARE(test::spokenCell(chain, 0, ui::ChainModel::LineColumn), u"–"_s);
        QVERIFY(stage.label(u"changeTextLabel"_s).contains(u"latest requests only"_s));
        // Few matches: the ledger is looked through to its end.
        stage.page->showTarget(u"key:app"_s);
        QTRY_COMPARE(stage.rows(), 7);
    }

    void freezeHoldsTheList()
    {
        Stage stage;
        stage.send(3, {.key = "ci"});
        QTRY_COMPARE(stage.rows(), 3);
        test::click(stage.find<QToolButton>(u"freezeToolButton"_s));
        QSignalSpy inserted(stage.table->model(), &QAbstractItemModel::rowsInserted);
        stage.send(3, {.key = "ci"});
        QVERIFY(!inserted.wait(900));
        test::click(stage.find<QToolButton>(u"freezeToolButton"_s));
        QTRY_COMPARE(stage.rows(), 6);
    }

    void everythingThatTakesTheFocusHasAName()
    {
        Stage stage;
        stage.send(66, {.key = "ci", .user = "alice", .router = "prod"});
        QTRY_COMPARE(stage.rows(), 66);
        test::clickCell(stage.table, 0, 1);
        QCOMPARE(test::namelessWidgets(stage.page.get()), QStringList());
    }
};

QTEST_MAIN(RequestsPageTest)
#include "tst_requestspage.moc"

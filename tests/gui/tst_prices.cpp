// SPDX-License-Identifier: GPL-3.0-or-later
// From a model without a price to a price in the draft, as a person does it: the bar above the
// list, the Models tab, the dialog, undo.
#include "core/session/configdraft.h"
#include "tests/gui/guikit.h"
#include "tests/support/livefixture.h"
#include "ui/contextbar.h"
#include "ui/dialogs/pricedialog.h"
#include "ui/initui.h"
#include "ui/mainwindow.h"
#include "ui/models/modelusagemodel.h"
#include "ui/models/requestlogmodel.h"
#include "ui/models/usagefigures.h"
#include "ui/pages/factform.h"
#include "ui/pages/pricebar.h"
#include "ui/pages/usagepage.h"
#include "ui/widgets/fieldedit.h"
#include "ui/widgets/filteredit.h"

#include <QComboBox>
#include <QFile>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QToolButton>

using namespace Qt::StringLiterals;
using namespace sluice;
using test::LiveFixture;
using ui::ModelColumn;
using ui::PriceDialog;

namespace {

const LiveFixture::Client New{.key = "ci",
    .provider = "anthropic",
    .model = "claude-new",
    .input = 10,
    .output = 20,
    .isPriced = false};
const LiveFixture::Client Priced{.key = "ci", .input = 1'000, .output = 200, .cents = 1'000'000};

const QString NewName = u"anthropic/claude-new"_s;

struct Stage
{
    QTemporaryDir folder;
    SystemClock clock;
    LiveFixture live;
    session::GatewaySession gateway{clock};
    session::ConfigDraft draft{gateway};
    QSettings settings{folder.filePath(u"ui.ini"_s), QSettings::IniFormat};
    std::unique_ptr<ui::MainWindow> window;

    Stage()
    {
        QFile file(folder.filePath(u"ai-gateway-config.yaml"_s));
        if (!file.open(QIODevice::WriteOnly) || file.write(LiveFixture::sampleConfiguration()) < 0)
            qFatal("cannot write the sample");
        file.close();
        if (!draft.open(file.fileName()))
            qFatal("cannot open the sample");
        window = std::make_unique<ui::MainWindow>(
            ui::MainWindow::Session{gateway, draft, live.usage, live.feed}, settings);
        window->addLivePages();
        window->addDecidePages();
        window->restore();
        window->show();
        if (!QTest::qWaitForWindowActive(window.get()))
            qFatal("no window");
    }

    void send(const LiveFixture::Client &client, int count = 1)
    {
        for (int i = 0; i < count; ++i)
            live.send(client);
        live.report();
    }

    template <typename Widget> [[nodiscard]] Widget *find(const QString &name) const
    {
        return window->findChild<Widget *>(name);
    }

    [[nodiscard]] QTableView *table() const { return find<QTableView>(u"usageTableView"_s); }

    void openModels() const
    {
        window->openPage(u"usage"_s);
        test::clickTab(find<QTabBar>(u"subjectsTabBar"_s), 4);
    }

    [[nodiscard]] QAction *undoAction() const
    {
        for (const QMenu *menu : window->menuBar()->findChildren<QMenu *>()) {
            for (QAction *action : menu->actions()) {
                if (action->shortcuts().contains(QKeySequence(QKeySequence::Undo)))
                    return action;
            }
        }
        return nullptr;
    }

    /// The button of the bar on the page that is shown.
    [[nodiscard]] QToolButton *barButton(const ui::PriceBar *bar) const
    {
        for (QToolButton *button : bar->findChildren<QToolButton *>()) {
            if (button->isVisible() && button->text().startsWith(u"Set price"_s))
                return button;
        }
        return nullptr;
    }

    /// Whether a page has taken in this many requests of key ci.
    [[nodiscard]] bool isPainted(const QString &page, int requests) const
    {
        if (page == u"requests"_s) {
            const auto *log = qobject_cast<ui::RequestLogModel *>(
                find<QTableView>(u"requestsTableView"_s)->model());
            return log->rowCount() + log->waitingCount() == requests;
        }
        const int row = test::rowNamed(table(), u"ci"_s);
        return table()
            ->model()
            ->index(row, ui::UsageColumn::GaugeColumn)
            .data(Qt::AccessibleTextRole)
            .toString()
            .startsWith(u"%1 of 120 "_s.arg(requests));
    }

    [[nodiscard]] PriceDialog *dialog() const { return window->findChild<PriceDialog *>(); }
};

void type(PriceDialog *dialog, const char *field, const QString &text)
{
    auto *edit = dialog->findChild<ui::FieldEdit *>(QLatin1StringView(field));
    edit->setFocus();
    edit->selectAll();
    QTest::keyClick(edit, Qt::Key_Delete);
    QTest::keyClicks(edit, text);
}

} // namespace

class PricesTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() { ui::initUi(); }

    void init() { test::failOnWarnings(); }

    void theModelsTabListsWhatWasServed()
    {
        Stage stage;
        stage.openModels();
        QCOMPARE(stage.table()->model()->rowCount(), 0);
        stage.send(Priced, 2);
        stage.send(New);
        QTRY_COMPARE(stage.table()->model()->rowCount(), 2);
        const int row = test::rowNamed(stage.table(), u"openai/gpt-4o-mini"_s);
        QCOMPARE(row, 0); // the dearest first
        QCOMPARE(
            test::spokenCell(stage.table(), row, ModelColumn::RequestsColumn), u"2 requests"_s);
        QCOMPARE(test::spokenCell(stage.table(), row, ModelColumn::CostColumn), u"cost $0.0200"_s);
        QCOMPARE(test::spokenCell(stage.table(), 1, ModelColumn::StateColumn), u"no price"_s);
        for (int column = 0; column < ModelColumn::ColumnCount; ++column)
            QVERIFY(!stage.table()->isColumnHidden(column));
        QVERIFY(stage.table()->horizontalHeader()->length() <= stage.table()->viewport()->width());
        // The limits' units mean nothing here, and back on the other tabs everything is as before.
        QVERIFY(!stage.find<QWidget>(u"unitSegmented"_s)->isVisible());
        test::clickTab(stage.find<QTabBar>(u"subjectsTabBar"_s), 0);
        QVERIFY(stage.find<QWidget>(u"unitSegmented"_s)->isVisible());
        QCOMPARE(stage.table()->horizontalHeader()->sortIndicatorSection(),
            int(ui::UsageColumn::GaugeColumn));
        const int ci = test::rowNamed(stage.table(), u"ci"_s);
        QVERIFY(ci >= 0);
        QCOMPARE(stage.table()
                     ->model()
                     ->index(ci, ui::UsageColumn::TokensColumn)
                     .data(Qt::AccessibleTextRole)
                     .toString(),
            u"2\u202f430 tokens"_s);
    }

    void theModelsTabHasItsOwnFilter()
    {
        Stage stage;
        stage.send(Priced);
        stage.send(New);
        stage.openModels();
        QTRY_COMPARE(stage.table()->model()->rowCount(), 2);
        auto *filter = stage.window->findChild<ui::UsagePage *>()->findChild<ui::FilterEdit *>();
        QTest::keyClicks(filter->edit(), u"state:unpriced"_s);
        QTRY_COMPARE(stage.table()->model()->rowCount(), 1);
        QVERIFY(filter->error().isEmpty());
        test::clickTab(stage.find<QTabBar>(u"subjectsTabBar"_s), 0);
        QVERIFY(filter->query().isEmpty()); // it would mean nothing here
        QTRY_VERIFY(stage.table()->model()->rowCount() > 2);
        QTest::keyClicks(filter->edit(), u"state:unpriced"_s);
        QTRY_VERIFY(!filter->error().isEmpty());
    }

    void detailsSayWhichPriceHolds()
    {
        Stage stage;
        stage.send(New, 3);
        stage.window->openPage(u"usage"_s, u"model:"_s + NewName);
        QTRY_VERIFY(stage.find<QWidget>(u"ModelDetail"_s)->isVisible());
        QCOMPARE(stage.find<QLabel>(u"modelLabel"_s)->text(), NewName);
        const auto *price = stage.find<ui::FactForm>(u"modelPriceForm"_s);
        QCOMPARE(price->fact(u"Price"_s), u"none: limits in money refuse it"_s);
        QCOMPARE(price->fact(u"Not in the cost"_s), u"3 requests"_s);
        const auto *figures = stage.find<ui::FactForm>(u"modelFiguresForm"_s);
        QCOMPARE(figures->fact(u"Tokens out"_s), u"60"_s);
        QCOMPARE(figures->fact(u"Own counts"_s),
            u"~ not checked; Claude 2 is the nearest that is published"_s);
        auto configuration =
            std::make_shared<config::Configuration>(*stage.live.usage.configuration());
        config::ModelPrice known;
        known.model = NewName.toUtf8();
        known.rates = {2'500'000, 1'250'000, 2'500'000, 10'000'001, {}, {}};
        configuration->prices.models.push_back(known);
        stage.live.usage.setConfiguration(configuration);
        QTRY_COMPARE(price->fact(u"Price"_s),
            u"$2.50 in, $1.25 cached, $2.50 cache write, $10.000001 out, for a million tokens"_s);
        // Return opens its requests.
        stage.table()->setFocus();
        QTest::keyClick(stage.table(), Qt::Key_Return);
        QCOMPARE(stage.window->currentPage(), u"requests"_s);
        QTRY_COMPARE(stage.find<QTableView>(u"requestsTableView"_s)->model()->rowCount(), 3);
    }

    void theBarAppearsWithTheFirstUnpricedRequest_data()
    {
        QTest::addColumn<QString>("page");
        QTest::newRow("requests") << u"requests"_s;
        QTest::newRow("usage") << u"usage"_s;
    }

    void theBarAppearsWithTheFirstUnpricedRequest()
    {
        QFETCH(const QString, page);
        Stage stage;
        stage.window->openPage(page);
        auto *shown = stage.window->findChild<QWidget *>(
            page == u"usage"_s ? u"UsagePage"_s : u"RequestsPage"_s);
        auto *bar = shown->findChild<ui::PriceBar *>();
        stage.send(Priced);
        QTRY_VERIFY(stage.live.feed.size() == 1);
        QVERIFY(!bar->isVisible());
        stage.send(New);
        QTRY_VERIFY(bar->isVisible());
        QCOMPARE(bar->text(), u"1 model has no price: 1 request is not in the cost figures"_s);
        LiveFixture::Client other = New;
        other.model = "claude-newer";
        stage.send(other, 4);
        QTRY_COMPARE(
            bar->text(), u"2 models have no price: 5 requests are not in the cost figures"_s);
        // Once read it stays away, until there is another model.
        test::click(bar->findChildren<QToolButton *>().constFirst());
        QVERIFY(!bar->isVisible());
        stage.send(other);
        QTRY_VERIFY(stage.isPainted(page, 7));
        QVERIFY(!bar->isVisible());
        other.model = "claude-newest";
        stage.send(other);
        QTRY_VERIFY(bar->isVisible());
    }

    void theBarTellsOfRequestsThatWereRejected()
    {
        Stage stage;
        stage.window->openPage(u"usage"_s);
        auto *bar = stage.window->findChild<ui::UsagePage *>()->findChild<ui::PriceBar *>();
        LiveFixture::Client limited = New;
        limited.policy = "10;w=60;u=cents";
        stage.send(limited);
        QTRY_VERIFY(bar->isVisible());
        QCOMPARE(bar->text(), u"1 model has no price: 1 request was rejected for that"_s);
        QVERIFY(stage.barButton(bar) != nullptr);
        stage.send(New);
        QTRY_COMPARE(bar->text(),
            u"1 model has no price: 1 request is not in the cost figures, 1 request was rejected "
            "for that"_s);
    }

    void aPriceIsSetInTheDraftAndUndone()
    {
        Stage stage;
        const QByteArray before = stage.draft.text();
        stage.send(New);
        stage.window->openPage(u"usage"_s);
        auto *bar = stage.window->findChild<ui::UsagePage *>()->findChild<ui::PriceBar *>();
        QTRY_VERIFY(bar->isVisible() && stage.barButton(bar) != nullptr);
        test::click(stage.barButton(bar));
        QTRY_VERIFY(stage.dialog() != nullptr && stage.dialog()->isVisible());
        PriceDialog *dialog = stage.dialog();
        QCOMPARE(dialog->findChild<QComboBox *>()->currentText(), NewName);
        auto *set = dialog->findChild<QPushButton *>(u"setPricePushButton"_s);
        QVERIFY(!set->isEnabled());
        type(dialog, "priceInputFieldEdit", u"$2.50"_s);
        type(dialog, "priceOutputFieldEdit", u"10"_s);
        type(dialog, "priceCachedInputFieldEdit", u"0.250001"_s);
        QVERIFY(set->isEnabled());
        test::click(set);
        QTRY_VERIFY(stage.dialog() == nullptr);
        QCOMPARE(stage.draft.text(),
            before
                + "prices:\n  models:\n    anthropic/claude-new: {input: 2.5, cached-input: "
                  "0.250001, output: 10}\n");
        QCOMPARE(stage.window->contextBar()->text(),
            u"The price of anthropic/claude-new is in the draft"_s);
        QCOMPARE(
            stage.undoAction()->text().remove(u'&'), u"Undo set price of anthropic/claude-new"_s);
        stage.window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(stage.window.get()));
        stage.table()->setFocus(); // a field would undo its own text
        QTest::keyClick(stage.table(), Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE(stage.draft.text(), before);
    }

    void whatIsNoPriceIsSaid_data()
    {
        QTest::addColumn<QString>("text");
        QTest::newRow("comma") << u"2,5"_s;
        QTest::newRow("seven decimals") << u"0.1234567"_s;
        QTest::newRow("letters") << u"cheap"_s;
        QTest::newRow("too much") << u"1000001"_s;
    }

    void whatIsNoPriceIsSaid()
    {
        QFETCH(const QString, text);
        Stage stage;
        PriceDialog dialog(stage.draft, {NewName.toUtf8()});
        dialog.setAttribute(Qt::WA_DeleteOnClose, false);
        dialog.show();
        type(&dialog, "priceOutputFieldEdit", u"1"_s);
        type(&dialog, "priceInputFieldEdit", text);
        auto *field = dialog.findChild<ui::FieldEdit *>(u"priceInputFieldEdit"_s);
        QVERIFY(field->hasError());
        auto *set = dialog.findChild<QPushButton *>(u"setPricePushButton"_s);
        QVERIFY(!set->isEnabled());
        QVERIFY(
            dialog.findChild<QLabel *>(u"priceMessageLabel"_s)->text().startsWith(u"Input: "_s));
        QTest::keyClick(field, Qt::Key_Return);
        QVERIFY(!stage.draft.text().contains("prices:"));
        type(&dialog, "priceInputFieldEdit", u"0"_s);
        QVERIFY(set->isEnabled());
        QCOMPARE(test::namelessWidgets(&dialog), QStringList());
    }

    void theDialogShowsThePriceThatTheDraftHas()
    {
        Stage stage;
        const session::PriceFields price{u"2.5"_s, {}, u"3.75"_s, u"10"_s};
        QVERIFY(stage.draft.edit(u"price"_s, session::setPrice("openai/x", price)).has_value());
        PriceDialog dialog(stage.draft, {NewName.toUtf8(), "openai/x"});
        dialog.setAttribute(Qt::WA_DeleteOnClose, false);
        dialog.show();
        auto *field = dialog.findChild<ui::FieldEdit *>(u"priceCacheWriteFieldEdit"_s);
        QCOMPARE(field->text(), QString());
        auto *models = dialog.findChild<QComboBox *>();
        models->setFocus();
        QTest::keyClick(models, Qt::Key_Down);
        QCOMPARE(models->currentText(), u"openai/x"_s);
        QCOMPARE(field->text(), u"3.75"_s);
        type(&dialog, "priceCacheWriteFieldEdit", {});
        test::click(dialog.findChild<QPushButton *>(u"setPricePushButton"_s));
        QCOMPARE(session::writtenPrice(stage.draft.text(), "openai/x"),
            std::optional(session::PriceFields{u"2.5"_s, {}, {}, u"10"_s}));
    }
};

QTEST_MAIN(PricesTest)
#include "tst_prices.moc"

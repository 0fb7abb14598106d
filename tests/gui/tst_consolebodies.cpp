// SPDX-License-Identifier: GPL-3.0-or-later
// The console over a gateway that records bodies: it says so as long as it does, and shows what a
// real client has sent and got.
#include "tests/gui/consolestage.h"
#include "tests/gui/guikit.h"
#include "ui/initui.h"
#include "ui/pages/bodyview.h"

#include <QFileInfo>
#include <QLabel>
#include <QLoggingCategory>

using namespace Qt::StringLiterals;
using namespace sluice;
using test::ConsoleStage;

namespace {

const QByteArray On = QByteArray(test::Yaml) + "recording:\n  bodies: true\n";

} // namespace

class ConsoleBodiesTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase()
    {
        ui::initUi();
        qputenv("SLUICE_TEST_SECRET", "sk-provider-secret-of-the-test");
        QLoggingCategory::setFilterRules(u"sluice.ledger.warning=false"_s); // it is loud
    }

    void init() { test::failOnWarnings(); }

    void saysThatBodiesAreRecorded()
    {
        ConsoleStage stage(On);
        stage.start();
        auto *sign = stage.app->window().findChild<QAbstractButton *>(u"bodiesStatusButton"_s);
        QTRY_VERIFY(sign->isVisible());
        QCOMPARE(sign->text(), u"Bodies recorded"_s);
        QVERIFY(sign->toolTip().contains(u"recording.bodies"_s));
        QTest::mouseClick(sign, Qt::LeftButton);
        QCOMPARE(stage.app->window().currentPage(), u"review"_s); // where the problems are
        // Until the file says otherwise.
        QByteArray off = stage.file();
        QVERIFY(test::write(stage.path(), off.replace("bodies: true", "bodies: false")));
        QTRY_VERIFY_WITH_TIMEOUT(!sign->isVisible(), 10'000);
    }

    void saysNothingWhereNothingIsRecorded()
    {
        ConsoleStage stage;
        stage.start();
        QCOMPARE(stage.ask(), 200);
        QVERIFY(!stage.app->window()
                     .findChild<QAbstractButton *>(u"bodiesStatusButton"_s)
                     ->isVisible());
        QVERIFY(!QFileInfo::exists(stage.folder.filePath(u"data/bodies.sqlite"_s)));
    }

    void showsWhatAClientHasSentAndGot()
    {
        ConsoleStage stage(On);
        stage.start();
        QCOMPARE(stage.ask(), 200);
        ui::MainWindow &window = stage.app->window();
        window.openPage(u"requests"_s);
        auto *table = window.findChild<QTableView *>(u"requestsTableView"_s);
        QTRY_COMPARE(table->model()->rowCount(), 1);
        test::clickCell(table, 0, 1);
        auto *tabs = window.findChild<QTabBar *>(u"detailTabBar"_s);
        test::clickTab(tabs, 2);
        auto *request = window.findChild<ui::BodyView *>(u"requestBodyView"_s);
        QTRY_VERIFY(request->text().contains(u"\"model\": \"gpt-4o-mini\""_s));
        test::clickTab(tabs, 3);
        auto *answer = window.findChild<ui::BodyView *>(u"answerBodyView"_s);
        QTRY_VERIFY(answer->text().contains(u"\"choices\": ["_s));
    }
};

QTEST_MAIN(ConsoleBodiesTest)
#include "tst_consolebodies.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// The console and its data directory: held by one gateway at a time, and an editor of the file
// while that is another one's.
#include "core/session/datafolder.h"
#include "core/session/demosession.h"
#include "tests/gui/consolestage.h"
#include "tests/gui/guikit.h"
#include "ui/initui.h"

#include <QDir>

using namespace Qt::StringLiterals;
using namespace sluice;
using console::CommandLine;
using session::GatewaySession;
using test::Limit;
using Stage = test::ConsoleStage;

class ConsoleFolderTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase()
    {
        qputenv("SLUICE_TEST_SECRET", "upstream");
        session::DemoSession::prepareEnvironment();
        ui::initUi();
    }

    // Another gateway has the data directory: nothing there is touched, the file can be edited, and
    // the gateway starts as soon as the directory is free.
    void editsWhileAnotherGatewayHasTheDirectory()
    {
        Stage stage;
        const QString folder = stage.folder.filePath(u"data"_s);
        auto other = std::make_unique<session::DataFolder>(folder);
        QVERIFY(other->acquire(u"sluicectl serve"_s, session::DataFolder::Use::Gateway));
        QVERIFY(other->announce("http://127.0.0.1:9"));
        stage.start();
        QCOMPARE(stage.app->gateway().state(), GatewaySession::State::Failed);
        QVERIFY(stage.bar()->isVisible());
        for (const QString &part : {u"only edits"_s, u"sluicectl serve"_s, u"http://127.0.0.1:9"_s})
            QVERIFY2(stage.bar()->text().contains(part), qPrintable(stage.bar()->text()));
        QVERIFY(!stage.barButton(u"Use "_s)); // the port is not what is in the way
        for (const QString &name : {u"ledger.sqlite"_s, u"counters.sqlite"_s, u"operations.json"_s})
            QVERIFY2(!QDir(folder).exists(name), qPrintable(name));
        const config::Segment keys{config::SegmentKind::ApiKey, {}};
        QCOMPARE(stage.app->operations().block(keys, "ci"), session::LimitOperations::Id{0});
        const QByteArray before = stage.file();
        stage.type(Limit, u"5"_s);
        stage.reviewAndApply();
        QCOMPARE(stage.file(), QByteArray(before).replace("capacity: 2,", "capacity: 5,"));
        QCOMPARE(stage.app->gateway().state(), GatewaySession::State::Failed);
        QTRY_VERIFY(stage.barButton(u"Retry"_s));
        test::click(stage.barButton(u"Retry"_s));
        QCOMPARE(stage.app->gateway().state(), GatewaySession::State::Failed);
        other.reset();
        QTRY_VERIFY(stage.barButton(u"Retry"_s));
        test::click(stage.barButton(u"Retry"_s));
        QTRY_COMPARE(stage.app->gateway().state(), GatewaySession::State::Running);
        QVERIFY(!stage.bar()->isVisible());
        for (int i = 0; i < 5; ++i)
            QCOMPARE(stage.ask(), 200);
        QCOMPARE(stage.ask(), 429);
        QVERIFY(stage.app->operations().block(keys, "ci") != 0);
        QCOMPARE(
            session::DataFolder::holderOf(folder).value_or(session::DataFolder::Holder()).program,
            u"sluice"_s);
        QCOMPARE(session::DataFolder::holderOf(folder).value_or(session::DataFolder::Holder()).url,
            stage.app->gateway().baseUrl());
    }

    // Without a gateway of its own the window leaves the directory to others.
    void leavesTheDirectoryAloneWithoutAGateway()
    {
        Stage stage;
        stage.start([](CommandLine &line) { line.hasGateway = false; });
        const QString folder = stage.folder.filePath(u"data"_s);
        QVERIFY(!session::DataFolder::holderOf(folder));
        session::DataFolder other(folder);
        QVERIFY(other.acquire(u"sluicectl serve"_s, session::DataFolder::Use::Gateway));
    }
};

QTEST_MAIN(ConsoleFolderTest)
#include "tst_consolefolder.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/configdraft.h"
#include "core/session/gatewaysession.h"
#include "tests/gui/guikit.h"
#include "tests/support/livefixture.h"
#include "ui/initui.h"
#include "ui/pages/firstrunpage.h"
#include "ui/widgets/codesnippet.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/steplist.h"

#include <QClipboard>
#include <QFile>
#include <QLabel>
#include <QSignalSpy>
#include <QTemporaryDir>

using namespace Qt::StringLiterals;
using namespace sluice;
using test::LiveFixture;
using ui::StepList;

namespace {

constexpr const char *Open = "server: {port: 0}\n"
                             "providers:\n"
                             "  openai: {base-url: \"http://127.0.0.1:9\", models: [m], "
                             "api-key-env: SLUICE_TEST_SECRET}\n";

struct Stage
{
    QTemporaryDir folder;
    SystemClock clock;
    LiveFixture live;
    session::GatewaySession gateway{clock};
    session::ConfigDraft draft{gateway};
    std::unique_ptr<ui::FirstRunPage> page;

    explicit Stage(const QByteArray &yaml)
    {
        QFile file(folder.filePath(u"ai-gateway-config.yaml"_s));
        if (!file.open(QIODevice::WriteOnly) || file.write(yaml) < 0)
            qFatal("cannot write the sample");
        file.close();
        if (!draft.open(file.fileName()))
            qFatal("cannot open the sample");
        page = std::make_unique<ui::FirstRunPage>(gateway, draft, live.feed);
        page->resize(1095, 750);
        page->show();
        QObject::connect(&gateway, &session::GatewaySession::stateChanged, page.get(),
            [this](session::GatewaySession::State state) {
                page->setGatewayState(state, gateway.error());
            });
    }

    [[nodiscard]] StepList *steps() const { return page->findChild<StepList *>(); }

    [[nodiscard]] QString code(int snippet) const
    {
        return page->findChildren<ui::CodeSnippet *>().at(snippet)->code();
    }
};

} // namespace

class FirstRunPageTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() { ui::initUi(); }

    void init() { test::failOnWarnings(); }

    void snippetsNameTheRealAddress()
    {
        Stage stage(Open);
        QVERIFY(stage.gateway.start(stage.draft.configuration(), u"c.yaml"_s).has_value());
        const QString base = QString::fromUtf8(stage.gateway.baseUrl());
        QVERIFY2(stage.code(0).contains(base + u"/v1\n"_s), qPrintable(stage.code(0)));
        QVERIFY(stage.code(0).contains(u"keys are not checked yet"_s));
        QVERIFY(stage.code(1).contains(base + u"/v1\""_s));
        QVERIFY(stage.code(2).contains(base + u"/anthropic/v1/messages"_s));
        auto *snippet = stage.page->findChildren<ui::CodeSnippet *>().at(2);
        test::click(snippet->copyButton());
        QCOMPARE(QGuiApplication::clipboard()->text(), stage.code(2));
    }

    void withAuthenticationTheySayHowToMakeAKey()
    {
        Stage stage(LiveFixture::sampleConfiguration());
        QVERIFY(!stage.code(0).contains(u"not checked"_s));
        QVERIFY(stage.code(0).contains(u"sluicectl keys add"_s));
        stage.page->setKey("sk-test");
        QVERIFY(stage.code(0).contains(u"OPENAI_API_KEY=sk-test"_s));
        QVERIFY(!stage.code(0).contains(u"sluicectl keys add"_s));
    }

    void stepsShowHowFarItIs()
    {
        qunsetenv("SLUICE_TEST_SECRET");
        Stage stage(Open);
        const StepList *steps = stage.steps();
        QCOMPARE(steps->status(0), StepList::Status::Open);
        QCOMPARE(steps->status(1), StepList::Status::Done);
        QCOMPARE(steps->status(3), StepList::Status::Open);
        QCOMPARE(steps->status(4), StepList::Status::Waiting);
        QVERIFY(stage.gateway.start(stage.draft.configuration(), u"c.yaml"_s).has_value());
        QCOMPARE(steps->status(0), StepList::Status::Done);
        stage.live.send({.key = "ci", .router = "prod"});
        stage.live.report();
        QCOMPARE(steps->status(4), StepList::Status::Done);
        QCOMPARE(stage.page->findChild<QLabel *>(u"startTitleLabel"_s)->text(),
            u"The first request has arrived"_s);
    }

    void aProviderKeyIsFoundByNameOnly()
    {
        qputenv("SLUICE_TEST_SECRET", "very-secret-value");
        const Stage stage(Open);
        QCOMPARE(stage.steps()->status(2), StepList::Status::Done);
        const QString spoken = stage.steps()->accessibleDescription();
        QVERIFY2(spoken.contains(u"SLUICE_TEST_SECRET"_s), qPrintable(spoken));
        QVERIFY(!spoken.contains(u"very-secret-value"_s));
        qunsetenv("SLUICE_TEST_SECRET");
    }

    void theFirstLimitIsOneClickAway()
    {
        Stage stage(Open);
        const QSignalSpy pages(stage.page.get(), &ui::Page::pageRequested);
        auto *link = stage.steps()->findChild<ui::FlatButton *>();
        QVERIFY(link && link->isVisible());
        test::click(link);
        QCOMPARE(pages.size(), 1);
        QCOMPARE(pages.at(0).at(0).toString(), u"policies"_s);
    }

    void stepsBeginRightBelowTheirTitle()
    {
        const Stage stage(Open);
        QVERIFY(QTest::qWaitForWindowExposed(stage.page.get()));
        const QRect steps = stage.steps()->geometry();
        int title = 0;
        for (const QLabel *label : stage.page->findChildren<QLabel *>()) {
            if (label->text() == u"Getting started"_s)
                title = label->geometry().bottom();
        }
        QVERIFY(steps.top() - title < 30);
        QCOMPARE(steps.height(), stage.steps()->sizeHint().height());
    }

    void everythingFocusableHasAName()
    {
        const Stage stage(Open);
        QCOMPARE(test::namelessWidgets(stage.page.get()), QStringList());
    }
};

QTEST_MAIN(FirstRunPageTest)
#include "tst_firstrunpage.moc"

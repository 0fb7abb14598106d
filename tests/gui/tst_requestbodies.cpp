// SPDX-License-Identifier: GPL-3.0-or-later
// What the details of a request show of its recorded bodies, and what they say where there is none.
#include "core/session/configdraft.h"
#include "core/session/ledgerqueries.h"
#include "tests/gui/guikit.h"
#include "tests/support/ledgerkit.h"
#include "tests/support/livefixture.h"
#include "ui/initui.h"
#include "ui/pages/bodyview.h"
#include "ui/pages/requestspage.h"

#include <QClipboard>
#include <QFile>
#include <QLabel>
#include <QPlainTextEdit>
#include <QTabBar>
#include <QTemporaryDir>
#include <QTextBlock>
#include <QToolButton>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace std::chrono_literals;
using insight::MostKeptBytes;
using insight::Outcome;
using insight::RecordedBodies;
using insight::RecordedBody;
using test::LiveFixture;
using ui::BodyView;
using ui::RequestsPage;

namespace {

constexpr int RequestTab = 2;
constexpr int AnswerTab = 3;

RecordedBody body(const QByteArray &type, const QByteArray &text)
{
    return {type, text, text.size()};
}

/// A page in its window over a data directory.
struct Stage
{
    QTemporaryDir folder;
    LiveFixture live;
    session::GatewaySession gateway{live.clock};
    session::ConfigDraft draft{gateway};
    session::LedgerQueries ledger;
    std::unique_ptr<RequestsPage> page;
    QTableView *table = nullptr;

    explicit Stage(bool isRecording = true)
        : live(LiveFixture::sampleConfiguration()
            + (isRecording ? QByteArray("recording: {bodies: true}\n") : QByteArray()))
    {
        const QString path = folder.filePath(u"ai-gateway-config.yaml"_s);
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(LiveFixture::sampleConfiguration()) < 0)
            qFatal("cannot write the sample");
        file.close();
        if (!draft.open(path))
            qFatal("cannot open the sample");
        ledger.setFolder(folder.path());
        page = std::make_unique<RequestsPage>(live.feed, live.usage, draft, &ledger);
        table = page->findChild<QTableView *>(u"requestsTableView"_s);
        page->resize(1096, 750);
        page->show();
        if (!QTest::qWaitForWindowActive(page.get()))
            qFatal("no window");
    }

    /// One request, selected.
    insight::RequestRecord send(Outcome outcome = Outcome::Completed)
    {
        live.advance(10ms);
        auto record = live.send({.key = "ci", .router = "prod"}, 640ms, outcome);
        live.report();
        if (!QTest::qWaitFor([this] { return table->model()->rowCount() > 0; }))
            qFatal("no row");
        test::clickCell(table, 0, 1);
        return record;
    }

    void record(const insight::RequestRecord &record, const RecordedBody &request,
        const std::optional<RecordedBody> &answer) const
    {
        test::writeBodies(
            folder.path(), {{record.requestId, record.at, "ci", "", request, answer}});
    }

    [[nodiscard]] QTabBar *tabs() const { return page->findChild<QTabBar *>(u"detailTabBar"_s); }

    [[nodiscard]] BodyView *request() const
    {
        return page->findChild<BodyView *>(u"requestBodyView"_s);
    }

    [[nodiscard]] BodyView *answer() const
    {
        return page->findChild<BodyView *>(u"answerBodyView"_s);
    }
};

} // namespace

class RequestBodiesTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() { ui::initUi(); }

    void init() { test::failOnWarnings(); }

    void showsWhatWasSentAndGot()
    {
        Stage stage;
        const auto record = stage.send();
        const QByteArray stream = "data: {\"a\":1}\n\ndata: [DONE]\n\n";
        stage.record(record, body("application/json", "{\"model\":\"x\",\"n\":1}"),
            body("text/event-stream", stream));
        test::clickTab(stage.tabs(), RequestTab);
        QTRY_COMPARE(stage.request()->text(), u"{\n  \"model\": \"x\",\n  \"n\": 1\n}"_s);
        QCOMPARE(stage.request()->facts(), u"application/json, 19 bytes"_s);
        QVERIFY(stage.request()->isVisible());
        // On with the keyboard.
        stage.tabs()->setFocus();
        QTest::keyClick(stage.tabs(), Qt::Key_Right);
        QCOMPARE(stage.tabs()->currentIndex(), AnswerTab);
        QTRY_VERIFY(stage.answer()->isVisible());
        QCOMPARE(stage.answer()->text(), QString::fromUtf8(stream));
        QCOMPARE(test::namelessWidgets(stage.page.get()), QStringList());
        auto *copy = stage.answer()->findChild<QToolButton *>(u"copyBodyToolButton"_s);
        QCOMPARE(copy->accessibleName(), u"Copy Answer"_s);
        copy->setFocus();
        QTest::keyClick(copy, Qt::Key_Space);
        QCOMPARE(QGuiApplication::clipboard()->text(), QString::fromUtf8(stream));
    }

    void canBeReadWithTheKeyboard()
    {
        Stage stage;
        const auto record = stage.send();
        stage.record(record, body("text/plain", "one\ntwo\nthree"), {});
        test::clickTab(stage.tabs(), RequestTab);
        QTRY_COMPARE(stage.request()->text(), u"one\ntwo\nthree"_s);
        auto *edit = stage.request()->findChild<QPlainTextEdit *>(u"bodyTextEdit"_s);
        edit->setFocus();
        QTest::keyClick(edit, Qt::Key_A, Qt::ControlModifier);
        QCOMPARE(edit->textCursor().selectedText().size(), 13);
        QTest::keyClick(edit, Qt::Key_X);
        QCOMPARE(stage.request()->text(), u"one\ntwo\nthree"_s); // nothing is written
        QTest::keyClick(edit, Qt::Key_Tab);
        QVERIFY(!edit->hasFocus());
    }

    void saysWhatItIs_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<qint64>("size");
        QTest::addColumn<QString>("facts");
        QTest::newRow("cut") << QByteArray(MostKeptBytes, 'a') << qint64(1'258'291)
                             << u"text/plain, cut after 256 KiB of 1.2 MiB"_s;
        QTest::newRow("large") << QByteArray(20'480, 'a') << qint64(20'480)
                               << u"text/plain, 20.0 KiB"_s;
        QTest::newRow("no text")
            << QByteArray("\xFF\xD8") << qint64(2)
            << u"text/plain, 2 bytes, no text: read it with SQL from the view bodies"_s;
        QTest::newRow("none") << QByteArray() << qint64(0) << u"The request has no body."_s;
    }

    void saysWhatItIs()
    {
        QFETCH(const QByteArray, bytes);
        QFETCH(const qint64, size);
        QFETCH(const QString, facts);
        Stage stage;
        const auto record = stage.send();
        stage.record(record, {"text/plain", bytes, size}, {});
        test::clickTab(stage.tabs(), RequestTab);
        QTRY_COMPARE(stage.request()->facts(), facts);
        test::clickTab(stage.tabs(), AnswerTab);
        QCOMPARE(stage.answer()->facts(),
            u"Nothing of a provider's answer went out to the client. Summary says what happened."_s);
    }

    void saysWhenNothingIsRecorded()
    {
        Stage stage(false);
        stage.send();
        test::clickTab(stage.tabs(), AnswerTab);
        QTRY_COMPARE(stage.answer()->facts(),
            u"Bodies are not recorded. recording.bodies: true keeps them on this machine."_s);
        auto *copy = stage.answer()->findChild<QToolButton *>(u"copyBodyToolButton"_s);
        QVERIFY(!copy->isVisible());
    }

    // What was recorded before stays readable as long as it is kept.
    void showsWhatWasRecordedBeforeItWasSwitchedOff()
    {
        Stage stage(false);
        stage.record(stage.send(), body("text/plain", "kept"), {});
        test::clickTab(stage.tabs(), RequestTab);
        QTRY_COMPARE(stage.request()->text(), u"kept"_s);
    }

    void waitsForWhatIsOnItsWay()
    {
        Stage stage;
        const auto record = stage.send();
        test::clickTab(stage.tabs(), RequestTab);
        QCOMPARE(stage.request()->facts(), QString());
        stage.record(record, body("text/plain", "late"), {});
        QTRY_COMPARE(stage.request()->text(), u"late"_s);
    }

    void waitsNoLongerThanAMoment()
    {
        Stage stage;
        stage.send();
        test::clickTab(stage.tabs(), RequestTab);
        QTRY_VERIFY(stage.request()->facts().startsWith(u"Nothing is recorded of this request"_s));
    }

    void aStreamIsKnownAtItsEnd()
    {
        Stage stage;
        auto record = stage.send(Outcome::Streaming);
        test::clickTab(stage.tabs(), AnswerTab);
        QCOMPARE(stage.answer()->facts(), u"Known when the answer has ended."_s);
        stage.record(record, body("text/plain", "q"), body("text/plain", "told"));
        stage.live.end(record, Outcome::Completed, 200);
        stage.live.report();
        QTRY_COMPARE(stage.answer()->text(), u"told"_s);
    }

    void followsTheSelection()
    {
        Stage stage;
        stage.record(stage.send(), body("text/plain", "first"), {});
        test::clickTab(stage.tabs(), RequestTab);
        QTRY_COMPARE(stage.request()->text(), u"first"_s);
        stage.live.advance(10ms);
        const auto second = stage.live.send({.key = "app", .router = "prod"});
        stage.record(second, body("text/plain", "second"), {});
        stage.live.report();
        QTRY_VERIFY(stage.page->findChild<QToolButton *>(u"followToolButton"_s)->isVisible());
        test::click(stage.page->findChild<QToolButton *>(u"followToolButton"_s));
        test::clickCell(stage.table, 0, 1);
        QTRY_COMPARE(stage.request()->text(), u"second"_s);
        QTest::keyClick(stage.table, Qt::Key_Down);
        QTRY_COMPARE(stage.request()->text(), u"first"_s);
    }

    // The largest body that is kept is one line: laid out at once it would hold up the window.
    void aLargeOneIsShownQuickly()
    {
        Stage stage;
        const QByteArray line(MostKeptBytes, 'w');
        stage.record(stage.send(), body("text/plain", line), {});
        test::clickTab(stage.tabs(), RequestTab);
        QTRY_COMPARE(stage.request()->text(), QString::fromLatin1(line));
        test::click(stage.request()->findChild<QToolButton *>(u"copyBodyToolButton"_s));
        QCOMPARE(QGuiApplication::clipboard()->text(), QString::fromLatin1(line)); // as it was
        auto *edit = stage.request()->findChild<QPlainTextEdit *>(u"bodyTextEdit"_s);
        for (const QTextBlock &block : {edit->document()->begin(), edit->document()->lastBlock()})
            QVERIFY(block.length() < 5'000);
        QCOMPARE(edit->toPlainText().remove(u'\n'), QString::fromLatin1(line));
    }
};

QTEST_MAIN(RequestBodiesTest)
#include "tst_requestbodies.moc"

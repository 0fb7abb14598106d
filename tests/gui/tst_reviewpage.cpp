// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/configdraft.h"
#include "core/session/gatewaysession.h"
#include "tests/gui/guikit.h"
#include "tests/support/livefixture.h"
#include "ui/initui.h"
#include "ui/pages/meaninglist.h"
#include "ui/pages/reviewpage.h"
#include "ui/widgets/diffview.h"

#include <QFile>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>

using namespace Qt::StringLiterals;
using namespace sluice;
using test::LiveFixture;

namespace {

struct Stage
{
    QTemporaryDir folder;
    SystemClock clock;
    LiveFixture live;
    session::GatewaySession gateway{clock};
    session::ConfigDraft draft{gateway};
    std::unique_ptr<ui::ReviewPage> page;

    explicit Stage(const QByteArray &yaml = LiveFixture::sampleConfiguration()) : live(yaml)
    {
        QFile file(path());
        if (!file.open(QIODevice::WriteOnly) || file.write(yaml) < 0)
            qFatal("cannot write the sample");
        file.close();
        if (!draft.open(path()))
            qFatal("cannot open the sample");
        page = std::make_unique<ui::ReviewPage>(draft, live.usage);
        page->resize(1095, 750);
        page->show();
        if (!QTest::qWaitForWindowActive(page.get()))
            qFatal("no window");
    }

    [[nodiscard]] QString path() const { return folder.filePath(u"ai-gateway-config.yaml"_s); }

    [[nodiscard]] QByteArray file() const
    {
        QFile file(path());
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    void replace(const char *before, const char *after)
    {
        const auto edited =
            draft.edit(u"replace"_s, [before, after](QByteArray text) -> Result<QByteArray> {
                return text.replace(before, after);
            });
        if (!edited)
            qFatal("cannot edit");
    }

    template <typename Widget> [[nodiscard]] Widget *find(const char *name) const
    {
        return page->findChild<Widget *>(QLatin1StringView(name));
    }
};

} // namespace

class ReviewPageTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() { ui::initUi(); }

    void init() { test::failOnWarnings(); }

    void saysTheChangeInOneSentenceAndOneLine()
    {
        Stage stage;
        QVERIFY(stage.find<QWidget>("EmptyState")->isVisible());
        stage.replace("capacity: 60", "capacity: 90");
        QCOMPARE(stage.find<QLabel>("headlineLabel")->text(),
            u"Router prod allows each key 90 a minute instead of 60"_s);
        QVERIFY(stage.find<QLabel>("lineCountLabel")->text().startsWith(u"1 line of "_s));
        QCOMPARE(stage.find<QLabel>("changedPathLabel")->text(),
            u"routers › prod › rate-limit › per-api-key"_s);
        QStringList removed;
        QStringList added;
        for (const ui::DiffLine &line : stage.find<ui::DiffView>("reviewDiffView")->lines()) {
            if (line.side == ui::DiffSide::Removed)
                removed += line.text.trimmed();
            if (line.side == ui::DiffSide::Added)
                added += line.text.trimmed();
        }
        QCOMPARE(removed, QStringList(u"capacity: 60"_s));
        QCOMPARE(added, QStringList(u"capacity: 90"_s));
    }

    void saysWhoIsOverTheNewLimit()
    {
        Stage stage;
        for (int i = 0; i < 50; ++i)
            stage.live.send({.key = "ci", .router = "prod"});
        stage.live.report();
        stage.replace("capacity: 60", "capacity: 20");
        const QString meaning = stage.find<ui::MeaningList>("meaningList")->lines().join(u'\n');
        QVERIFY2(meaning.contains(u"ci has used 50 of 20"_s), qPrintable(meaning));
        QVERIFY2(meaning.contains(u"over the new limit"_s), qPrintable(meaning));
    }

    void everyKindOfChangeIsExplained_data()
    {
        QTest::addColumn<QByteArray>("after");
        QTest::addColumn<QString>("headline");
        QTest::addColumn<QString>("meaning");
        const auto row = [](const char *name, const QByteArray &after, const QString &headline,
                             const QString &meaning) {
            QTest::newRow(name) << after << headline << meaning;
        };
        row("another amount", "{name: day, per: api-key, requests: 90, period: 24h}",
            u"The global limit allows each key 90 in any 24 hours instead of 60"_s,
            u"ci has used 50 of 90, 40 left."_s);
        row("less", "{name: day, per: api-key, requests: 20, period: 24h}",
            u"The global limit allows each key 20 in any 24 hours instead of 60"_s,
            u"1 over the new limit now: ci is refused until enough has grown old."_s);
        row("a longer window", "{name: day, per: api-key, requests: 60, period: 48h}", {},
            u"the guarantee over any interval restarts at the edit"_s);
        row("the calendar", "{name: day, per: api-key, requests: 60, period: day}", {},
            u"Counting starts anew: It counts in another way"_s);
        row("tokens", "{name: day, per: api-key, tokens: 60, period: 24h}", {},
            u"Counting starts anew: It counts something else"_s);
        row("another segment", "{name: day, per: end-user, requests: 60, period: 24h}", {},
            u"Counting starts anew: It counts by something else"_s);
        row("another name", "{name: daily, per: api-key, requests: 60, period: 24h}",
            u"Day is called daily from now on"_s, u"Counting starts anew under the new name"_s);
        row("an exception",
            "{name: day, per: api-key, requests: 60, period: 24h, overrides: {ci: {requests: 55}}}",
            u"Day has other exceptions"_s,
            u"Exception for ci: 55 of its own; now 60. ci has used 50 of 55, 5 left."_s);
        row("a condition",
            "{name: day, per: api-key, requests: 60, period: 24h, match: {models: [o1]}}",
            u"Day counts other requests"_s,
            u"Only requests for model o1 from now on. Now every request."_s);
    }

    void everyKindOfChangeIsExplained()
    {
        QFETCH(const QByteArray, after);
        QFETCH(const QString, headline);
        QFETCH(const QString, meaning);
        const QByteArray before = "{name: day, per: api-key, requests: 60, period: 24h}";
        QByteArray yaml = LiveFixture::sampleConfiguration();
        const QByteArray list = "    usage-limits: [" + before + "]\n";
        yaml.replace("global:\n  rate-limit:\n", QByteArray("global:\n  rate-limit:\n" + list));
        Stage stage(yaml);
        for (int i = 0; i < 50; ++i)
            stage.live.send({.key = "ci", .router = "prod"});
        stage.live.report();
        stage.replace(before.constData(), after.constData());
        if (!headline.isEmpty())
            QCOMPARE(stage.find<QLabel>("headlineLabel")->text(), headline);
        const QString said = stage.find<ui::MeaningList>("meaningList")->lines().join(u'\n');
        QVERIFY2(said.contains(meaning), qPrintable(said));
    }

    void applyWritesTheFile()
    {
        Stage stage;
        const QByteArray before = stage.file();
        stage.replace("capacity: 60", "capacity: 90");
        const QSignalSpy applied(&stage.draft, &session::ConfigDraft::applied);
        test::click(stage.find<QPushButton>("applyPushButton"));
        QCOMPARE(applied.size(), 1);
        QCOMPARE(stage.file(), QByteArray(before).replace("capacity: 60", "capacity: 90"));
        QVERIFY(stage.find<QWidget>("EmptyState")->isVisible());
    }

    void aDraftWithAnErrorCannotBeApplied()
    {
        Stage stage;
        const QByteArray before = stage.file();
        stage.replace("capacity: 60", "capacity: sixty");
        const auto *apply = stage.find<QPushButton>("applyPushButton");
        QVERIFY(!apply->isEnabled());
        QCOMPARE(apply->accessibleDescription(), u"fix 1 error to apply"_s);
        QVERIFY(stage.find<QLabel>("sublineLabel")->text().contains(u"Line "_s));
        QCOMPARE(stage.file(), before);
    }

    void aFailedApplyGivesTheReason()
    {
        Stage stage;
        stage.replace("capacity: 60", "capacity: 90");
        // The file changes behind the watcher's back.
        QFile file(stage.path());
        QVERIFY(file.open(QIODevice::Append));
        file.write("# touched\n");
        file.close();
        const QSignalSpy failed(stage.page.get(), &ui::Page::failed);
        test::click(stage.find<QPushButton>("applyPushButton"));
        QCOMPARE(failed.size(), 1);
        QVERIFY(failed.at(0).at(0).toString().startsWith(u"Not applied: "_s));
        QVERIFY(stage.file().endsWith("# touched\n"));
    }

    void everythingFocusableHasAName()
    {
        Stage stage;
        QCOMPARE(test::namelessWidgets(stage.page.get()), QStringList());
        stage.replace("capacity: 60", "capacity: 90");
        QCOMPARE(test::namelessWidgets(stage.page.get()), QStringList());
    }
};

QTEST_MAIN(ReviewPageTest)
#include "tst_reviewpage.moc"

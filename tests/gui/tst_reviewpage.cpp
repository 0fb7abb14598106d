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

    explicit Stage(const QByteArray &yaml = LiveFixture::sampleConfiguration())
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

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/ledgerqueries.h"
#include "tests/support/ledgerkit.h"
#include "tests/support/livefixture.h"
#include "ui/models/savedqueries.h"

#include <QAbstractItemModelTester>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using ui::SavedQueries;

class SavedQueriesTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void whatIsSavedComesBack()
    {
        const QTemporaryDir folder;
        QSettings settings(folder.filePath(u"ui.ini"_s), QSettings::IniFormat);
        const QString sql = u"SELECT 'ü', \"x\"\nFROM requests -- 100 %; a=b"_s;
        {
            SavedQueries saved(settings);
            const QAbstractItemModelTester tester(&saved);
            const int samples = saved.rowCount();
            QVERIFY(samples >= 5);
            QCOMPARE(saved.save(u"mine"_s, u"SELECT 1"_s), 0);
            QCOMPARE(saved.save(u"before"_s, u"SELECT 2"_s), 0); // by name
            QCOMPARE(saved.save(u"mine"_s, sql), 1); // instead of the first
            QCOMPARE(saved.rowCount(), samples + 2);
            QVERIFY(saved.remove(0));
            QVERIFY(!saved.remove(1)); // a sample
            QVERIFY(!saved.remove(-1) && !saved.remove(99));
        }
        const SavedQueries again(settings);
        QCOMPARE(again.at(0).name, u"mine"_s);
        QCOMPARE(again.at(0).sql, sql);
        QVERIFY(again.at(1).isSample);
    }

    // Against a real ledger: samples with a mistake would teach the wrong thing.
    void everySampleRuns()
    {
        const QTemporaryDir folder;
        test::LiveFixture live;
        for (int i = 0; i < 70; ++i)
            live.send({.key = "ci",
                .user = "alice",
                .router = "prod",
                .input = 10,
                .output = 5,
                .cents = 1'000});
        live.send({.key = "app", .user = "bob"}, std::chrono::seconds(2),
            insight::Outcome::UpstreamFailed, 502);
        live.report();
        test::writeLedger(folder.path(), live);
        session::LedgerQueries queries;
        queries.setFolder(folder.path());
        QSettings settings(folder.filePath(u"ui.ini"_s), QSettings::IniFormat);
        const SavedQueries saved(settings);
        int withRows = 0;
        for (int row = 0; row < saved.rowCount(); ++row) {
            std::optional<Result<session::SqlAnswer>> got;
            queries.askSql({.sql = saved.at(row).sql}, this,
                [&got](const Result<session::SqlAnswer> &answer) { got = answer; });
            QTRY_VERIFY(got);
            QVERIFY2(*got, *got ? "" : qPrintable(saved.at(row).name + got->error().message));
            withRows += got->value().rows.empty() ? 0 : 1;
        }
        // Two of them look at today only.
        QVERIFY2(withRows >= saved.rowCount() - 2, qPrintable(QString::number(withRows)));
    }
};

QTEST_GUILESS_MAIN(SavedQueriesTest)
#include "tst_savedqueries.moc"

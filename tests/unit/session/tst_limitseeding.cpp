// SPDX-License-Identifier: GPL-3.0-or-later
// New limits start from the ledger once each, whatever happens to the question meanwhile, and
// nobody has to wait for its end.
#include "core/config/loader.h"
#include "core/session/limitseeding.h"
#include "core/stores/ledger/ledger.h"
#include "core/stores/sqlite/database.h"
#include "tests/support/ledgerkit.h"
#include "tests/unit/stores/recordkit.h"

#include <QElapsedTimer>
#include <QFile>
#include <QProcessEnvironment>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace sluice;
using session::LimitSeeding;

namespace {

const QByteArray Two = "global: {rate-limit: {usage-limits: "
                       "[{name: keys, per: api-key, requests: 100, period: 24h}, "
                       "{name: users, per: end-user, requests: 100, period: 24h, "
                       "match: {keys: [ci]}}]}}\n";

std::shared_ptr<const limits::LimitSet> limitsOf(const QByteArray &text)
{
    return limits::LimitSet::compile(*config::load(text, {}).configuration);
}

/// The limiter of a gateway whose ledger has five requests of the key ci.
struct Stage
{
    QTemporaryDir folder;
    test::StillClock clock;
    limits::Limiter limiter{clock};
    std::shared_ptr<const limits::LimitSet> limits = limitsOf(Two);

    Stage()
    {
        limiter.apply(limits);
        std::vector<insight::RequestRecord> records;
        for (quint64 i = 1; i <= 5; ++i)
            records.push_back(test::answeredRecord(i, clock.time - 1h));
        test::writeLedger(folder.path(), records);
    }

    [[nodiscard]] QString path() const { return stores::Ledger::pathIn(folder.path()); }

    /// By limit; the counters of a limit together.
    [[nodiscard]] QMap<QByteArray, qint64> used() const
    {
        QMap<QByteArray, qint64> used;
        for (const limits::CounterReading &reading : limiter.readings())
            used[reading.limit->name] +=
                usageAt(*reading.limit, reading.state, limits::Instant(clock)).taken()
                / MicroPerUnit;
        return used;
    }

    /// The ledger takes as long to read as anybody waits; or not any more.
    [[nodiscard]] bool setEndless(bool isEndless) const
    {
        auto file = stores::sqlite::Database::open(path(), {});
        return file
            && file->execute(isEndless
                    ? "ALTER TABLE ledger RENAME TO short; "
                      "CREATE VIEW ledger AS WITH RECURSIVE c(x) AS "
                      "(SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT short.* FROM short, c"
                    : "DROP VIEW ledger; ALTER TABLE short RENAME TO ledger");
    }
};

} // namespace

class TestLimitSeeding : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void addsWhatTheLedgerKnowsOnce();
    void stopsAtOnceAndGoesOnLater();
    void aNewerQuestionAsksForTheOlderOnes();
    void followsEdits();
    void withoutALedgerNothingIsAdded();
    void whatCannotBeReadIsTriedAgain();
};

void TestLimitSeeding::addsWhatTheLedgerKnowsOnce()
{
    Stage stage;
    QSet<QByteArray> begun;
    LimitSeeding seeding(stage.limiter, [&](const QSet<QByteArray> &names) { begun += names; });
    seeding.add(stage.limits->all(), limits::Instant(stage.clock));
    for (const limits::LimitPtr &limit : stage.limits->all())
        QVERIFY(seeding.isWaiting(*limit));
    seeding.start({stage.path()}, 0ms);
    seeding.waitFor(10s);
    const QMap<QByteArray, qint64> five{{"keys", 5}, {"users", 5}};
    QCOMPARE(stage.used(), five);
    seeding.start({stage.path()}, 0ms); // nobody waits any more
    seeding.stop();
    QCOMPARE(stage.used(), five);
    QCOMPARE(begun, QSet<QByteArray>({"keys", "users"}));
    QCOMPARE(seeding.unsaved(), begun); // until somebody says so
    seeding.saved({"keys"});
    QCOMPARE(seeding.unsaved(), QSet<QByteArray>({"users"}));
    QVERIFY(!seeding.isWaiting(*stage.limits->find("users")));
}

void TestLimitSeeding::stopsAtOnceAndGoesOnLater()
{
    Stage stage;
    QVERIFY(stage.setEndless(true));
    LimitSeeding seeding(stage.limiter, [](const QSet<QByteArray> &) {});
    seeding.add(stage.limits->all(), limits::Instant(stage.clock));
    seeding.start({stage.path()}, 0ms);
    seeding.waitFor(300ms);
    QVERIFY(seeding.isWaiting(*stage.limits->find("users")));
    QElapsedTimer time;
    time.start();
    seeding.stop();
    QVERIFY2(time.elapsed() < 1'000, "it has waited for the answer");
    QVERIFY(seeding.isWaiting(*stage.limits->find("users")));
    QVERIFY(stage.setEndless(false));
    seeding.start({stage.path()}, 0ms);
    seeding.waitFor(10s);
    QCOMPARE(stage.used(), (QMap<QByteArray, qint64>{{"keys", 5}, {"users", 5}}));
}

void TestLimitSeeding::aNewerQuestionAsksForTheOlderOnes()
{
    Stage stage;
    LimitSeeding seeding(stage.limiter, [](const QSet<QByteArray> &) {});
    for (const limits::LimitPtr &limit : stage.limits->all()) {
        seeding.add({limit}, limits::Instant(stage.clock));
        seeding.start({stage.path()}, 0ms);
    }
    seeding.add(stage.limits->all(), limits::Instant(stage.clock)); // they wait already, or begin
    seeding.waitFor(10s);
    const QMap<QByteArray, qint64> used = stage.used();
    QVERIFY(used["keys"] >= 5 && used["users"] >= 5);
}

void TestLimitSeeding::followsEdits()
{
    Stage stage;
    LimitSeeding seeding(stage.limiter, [](const QSet<QByteArray> &) {});
    seeding.add(stage.limits->all(), limits::Instant(stage.clock));
    QByteArray text = Two;
    text.replace("name: users", "name: people").replace("name: keys", "name: others");
    const auto edited = limitsOf(text);
    const limits::Renames renames{{"users", "people"}};
    stage.limiter.apply(edited, renames);
    seeding.follow(*edited, renames);
    QCOMPARE(seeding.unsaved(), QSet<QByteArray>({"people"})); // the other one has gone
    seeding.start({stage.path()}, 0ms);
    seeding.waitFor(10s);
    QCOMPARE(stage.used(), (QMap<QByteArray, qint64>{{"people", 5}}));
}

void TestLimitSeeding::withoutALedgerNothingIsAdded()
{
    Stage stage;
    LimitSeeding seeding(stage.limiter, [](const QSet<QByteArray> &) {});
    seeding.add(stage.limits->all(), limits::Instant(stage.clock));
    seeding.start({stage.folder.filePath(u"nowhere.sqlite"_s)}, 0ms);
    seeding.waitFor(10s);
    QVERIFY(!seeding.isWaiting(*stage.limits->find("users")));
    QVERIFY(stage.used().isEmpty());
}

void TestLimitSeeding::whatCannotBeReadIsTriedAgain()
{
    Stage stage;
    const QString later = stage.folder.filePath(u"later.sqlite"_s);
    QFile file(later);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("not yet") > 0);
    file.close();
    LimitSeeding seeding(stage.limiter, [](const QSet<QByteArray> &) {});
    seeding.add(stage.limits->all(), limits::Instant(stage.clock));
    seeding.start({later}, 0ms);
    seeding.waitFor(300ms);
    QVERIFY(seeding.isWaiting(*stage.limits->find("users")));
    QVERIFY(file.remove() && QFile::copy(stage.path(), later));
    QTRY_COMPARE(stage.used(), (QMap<QByteArray, qint64>{{"keys", 5}, {"users", 5}}));
}

QTEST_GUILESS_MAIN(TestLimitSeeding)
#include "tst_limitseeding.moc"

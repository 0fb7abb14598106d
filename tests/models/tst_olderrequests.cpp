// SPDX-License-Identifier: GPL-3.0-or-later
// The list of requests where the ring ends and the ledger goes on.
#include "core/session/ledgerqueries.h"
#include "core/session/ledgerrecord.h"
#include "core/stores/ledger/ledger.h"
#include "tests/support/ledgerkit.h"
#include "tests/support/livefixture.h"
#include "ui/models/requestfilter.h"
#include "ui/models/requestlogmodel.h"

#include <QAbstractItemModelTester>
#include <QFile>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace sluice;
using insight::Outcome;
using insight::RequestRecord;
using test::LiveFixture;
using ui::OlderRequests;
using ui::RequestLogModel;

namespace {

ui::FilterQuery filter(const QString &text)
{
    return ui::parseFilter(text, ui::requestFilterFields());
}

QByteArrayList idsOf(const RequestLogModel &model)
{
    QByteArrayList ids;
    for (int row = 0; row < model.rowCount(); ++row)
        ids += model.recordAt(row)->requestId;
    return ids;
}

/// An earlier run whose requests are in the ledger only, and this one in both.
struct Stage
{
    QTemporaryDir folder;
    LiveFixture live;
    session::LedgerQueries queries;
    QByteArrayList sent; ///< request ids, oldest first

    /// So many requests of an earlier run, one a second, then an hour of nothing.
    explicit Stage(int earlier)
    {
        queries.setFolder(folder.path());
        std::vector<RequestRecord> records;
        LiveFixture before;
        for (int i = 0; i < earlier; ++i) {
            before.advance(1s);
            RequestRecord record =
                before.send({.key = i % 3 ? "ci" : "app", .user = i % 50 ? "bob" : "eve"});
            record.requestId = "old-" + QByteArray::number(i);
            sent += record.requestId;
            records.push_back(record);
        }
        test::writeLedger(folder.path(), records);
        live.clock.time = before.clock.time + 1h;
    }

    /// Requests of this run, reported and recorded as a gateway does both.
    void send(int count, const LiveFixture::Client &client = {.key = "ci", .user = "bob"})
    {
        std::vector<RequestRecord> records;
        for (int i = 0; i < count; ++i) {
            live.advance(100ms);
            records.push_back(live.send(client));
            sent += records.back().requestId;
        }
        live.report();
        test::writeLedger(folder.path(), records);
    }

    [[nodiscard]] QByteArrayList newestFirst() const
    {
        QByteArrayList ids = sent;
        std::reverse(ids.begin(), ids.end());
        return ids;
    }
};

/// As a view does at the end of its rows.
void fetchAll(RequestLogModel &model)
{
    for (int i = 0; i < 1'000; ++i) {
        if (!QTest::qWaitFor(
                [&model] { return !model.isFiltering() && !model.older().isFetching(); }))
            qFatal("still looking");
        if (!model.canFetchMore({}))
            return;
        model.fetchMore({});
    }
}

} // namespace

class OlderRequestsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void withoutALedgerTheListEndsWithTheRing()
    {
        LiveFixture live;
        live.send({.key = "ci"});
        live.report();
        RequestLogModel model(live.feed, live.clock);
        QVERIFY(!model.canFetchMore({}));
        model.fetchMore({});
        QCOMPARE(model.rowCount(), 1);
    }

    void theLedgerGoesOnWhereTheRingEnds()
    {
        Stage stage(950);
        stage.send(40);
        RequestLogModel model(stage.live.feed, stage.live.clock, &stage.queries);
        const QAbstractItemModelTester tester(&model);
        QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        QSignalSpy removals(&model, &QAbstractItemModel::rowsRemoved);
        fetchAll(model);
        QCOMPARE(idsOf(model), stage.newestFirst()); // every one once, in order
        QCOMPARE(model.totalCount(), 990);
        QCOMPARE(resets.size() + removals.size(), 0);
        QVERIFY(session::isFromLedger(*model.recordAt(model.rowCount() - 1)));
        QVERIFY(!session::isFromLedger(*model.recordAt(0)));
        QVERIFY(model.rowOfRecord(model.recordAt(500)->id) == 500);
    }

    void aFreshProgramShowsWhatWasRecordedBefore()
    {
        Stage stage(30);
        RequestLogModel model(stage.live.feed, stage.live.clock, &stage.queries);
        const QAbstractItemModelTester tester(&model);
        fetchAll(model);
        QCOMPARE(idsOf(model), stage.newestFirst());
        const QModelIndex first = model.index(0, RequestLogModel::KeyColumn);
        QVERIFY(!first.data().toString().isEmpty());
        QCOMPARE(model.index(0, RequestLogModel::LeftColumn).data().toString(), u"–"_s);
        // The next ones come on top as always.
        stage.send(3);
        model.tick();
        QCOMPARE(idsOf(model), stage.newestFirst());
    }

    void olderRowsLookLikeTheOthers()
    {
        Stage stage(0);
        stage.send(64,
            {.key = "ci",
                .user = "alice",
                .router = "prod",
                .input = 1'200,
                .output = 30,
                .cents = 17'100});
        const RequestLogModel ring(stage.live.feed, stage.live.clock);
        session::RequestFeed empty;
        stage.live.advance(1s);
        RequestLogModel ledger(empty, stage.live.clock, &stage.queries);
        fetchAll(ledger);
        QCOMPARE(ledger.rowCount(), 64);
        QCOMPARE(ring.rowCount(), 64);
        for (int row = 0; row < 64; ++row) {
            for (int column = 0; column < RequestLogModel::LeftColumn; ++column) {
                for (const int role : {int(Qt::DisplayRole), int(Qt::AccessibleTextRole)})
                    QCOMPARE(
                        ledger.index(row, column).data(role), ring.index(row, column).data(role));
                QCOMPARE(ledger.index(row, column).data(ui::ChipRole).value<ui::ChipValue>(),
                    ring.index(row, column).data(ui::ChipRole).value<ui::ChipValue>());
            }
        }
    }

    // What limits on trial would have refused is recorded with the others.
    void limitsOnTrialAreKnown()
    {
        Stage stage(0);
        stage.send(40, {.key = "eval-runner", .user = "erin", .router = "agents"});
        RequestLogModel ring(stage.live.feed, stage.live.clock);
        ring.setView(RequestLogModel::View::WouldRefuse);
        QVERIFY(ring.rowCount() > 0);
        session::RequestFeed empty;
        stage.live.advance(1s);
        RequestLogModel ledger(empty, stage.live.clock, &stage.queries);
        ledger.setView(RequestLogModel::View::WouldRefuse);
        fetchAll(ledger);
        QCOMPARE(idsOf(ledger), idsOf(ring));
    }

    void ofAnotherDayTheDateIsSaid()
    {
        Stage stage(1);
        stage.live.advance(30h);
        RequestLogModel model(stage.live.feed, stage.live.clock, &stage.queries);
        fetchAll(model);
        const QString text = model.index(0, RequestLogModel::TimeColumn).data().toString();
        QVERIFY2(text.startsWith(u"2 Mar "_s), qPrintable(text));
    }

    void aFilterGoesOnInTheLedger_data()
    {
        QTest::addColumn<QString>("query");
        QTest::addColumn<int>("count"); // of 900 + 60
        QTest::newRow("rare") << u"user:eve"_s << 18;
        QTest::newRow("not") << u"-key:ci"_s << 300;
        QTest::newRow("both") << u"key:ci"_s << 600 + 60;
        QTest::newRow("nobody") << u"user:nobody"_s << 0;
        QTest::newRow("since") << u"since:10s"_s << 60;
    }

    void aFilterGoesOnInTheLedger()
    {
        QFETCH(const QString, query);
        Stage stage(900);
        stage.send(60);
        RequestLogModel model(stage.live.feed, stage.live.clock, &stage.queries);
        const QAbstractItemModelTester tester(&model);
        model.setFilter(filter(query));
        fetchAll(model);
        QTEST(model.rowCount(), "count");
        QVERIFY(!model.canFetchMore({}));
    }

    void anotherFilterStartsAnew()
    {
        Stage stage(900);
        RequestLogModel model(stage.live.feed, stage.live.clock, &stage.queries);
        const QAbstractItemModelTester tester(&model);
        fetchAll(model);
        QCOMPARE(model.rowCount(), 900);
        model.fetchMore({});
        model.setFilter(filter(u"user:eve"_s));
        model.setView(RequestLogModel::View::Refused);
        model.setFilter({});
        model.setView(RequestLogModel::View::All);
        fetchAll(model);
        QCOMPARE(idsOf(model), stage.newestFirst());
    }

    // The ring is full: what leaves it stays in the list that goes on behind it.
    void whatLeavesTheRingStays()
    {
        Stage stage(300);
        RequestLogModel model(stage.live.feed, stage.live.clock, &stage.queries);
        const QAbstractItemModelTester tester(&model);
        stage.send(10);
        model.tick();
        fetchAll(model);
        QCOMPARE(model.rowCount(), 310);
        QSignalSpy removals(&model, &QAbstractItemModel::rowsRemoved);
        const auto batch = [](quint64 first, int count) {
            auto filled = std::make_shared<insight::ActivityBatch>();
            for (int i = 0; i < count; ++i) {
                RequestRecord record;
                record.id = first + quint64(i);
                record.requestId = "many-" + QByteArray::number(record.id);
                record.at = std::chrono::milliseconds(1'772'500'000'000 + qint64(record.id));
                filled->records.push_back(record);
            }
            return filled;
        };
        const int capacity = session::RequestFeed::Capacity;
        stage.live.feed.ingest(batch(1'000, capacity));
        model.tick();
        QCOMPARE(model.rowCount(), capacity + 310);
        QCOMPARE(removals.size(), 0);
        const QByteArrayList ids = idsOf(model);
        QCOMPARE(ids.mid(capacity), stage.newestFirst());
        // Beyond what is kept the oldest go, at the end.
        stage.live.feed.ingest(batch(200'000, OlderRequests::Capacity));
        model.tick();
        QCOMPARE(model.rowCount(), capacity + OlderRequests::Capacity);
        QVERIFY(model.older().isFull());
        QVERIFY(!model.canFetchMore({}));
        QCOMPARE(model.recordAt(model.rowCount() - 1)->requestId, "many-1000"_ba);
    }

    // The ledger's row may be read before the report comes in.
    void aRequestThatWasReadFirstIsListedOnce()
    {
        Stage stage(5);
        RequestRecord late = stage.live.send({.key = "app"}, 20s);
        stage.live.advance(20s);
        test::writeLedger(stage.folder.path(), {late});
        RequestLogModel model(stage.live.feed, stage.live.clock, &stage.queries);
        const QAbstractItemModelTester tester(&model);
        fetchAll(model);
        QCOMPARE(model.rowCount(), 6);
        stage.live.report();
        model.tick();
        QCOMPARE(model.rowCount(), 6);
        QCOMPARE(model.recordAt(0)->requestId, late.requestId);
        QVERIFY(!session::isFromLedger(*model.recordAt(0)));
    }

    void aLedgerThatCannotBeReadIsSaidOnce()
    {
        Stage stage(5);
        QFile file(stores::Ledger::pathIn(stage.folder.path()));
        for (const char *suffix : {"-wal", "-shm"})
            QFile::remove(file.fileName() + QLatin1StringView(suffix));
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        file.write(QByteArray(4'096, 'x'));
        file.close();
        RequestLogModel model(stage.live.feed, stage.live.clock, &stage.queries);
        fetchAll(model);
        QCOMPARE(model.rowCount(), 0);
        QVERIFY(!model.older().problem().isEmpty());
        QVERIFY(!model.canFetchMore({}));
    }

    void nothingRecordedIsNoProblem()
    {
        Stage stage(0);
        const QTemporaryDir elsewhere;
        stage.queries.setFolder(elsewhere.path());
        stage.send(2);
        RequestLogModel model(stage.live.feed, stage.live.clock, &stage.queries);
        fetchAll(model);
        QCOMPARE(model.rowCount(), 2);
        QVERIFY(model.older().problem().isEmpty());
    }

    void randomOperationsKeepTheContract()
    {
        Stage stage(1'500);
        RequestLogModel model(stage.live.feed, stage.live.clock, &stage.queries);
        const QAbstractItemModelTester tester(&model);
        QRandomGenerator random(11);
        const QStringList queries{u""_s, u"key:app"_s, u"user:eve"_s, u"state:refused"_s};
        for (int step = 0; step < 120; ++step) {
            switch (random.bounded(5)) {
            case 0:
                model.setFilter(filter(queries.at(random.bounded(int(queries.size())))));
                break;
            case 1:
                model.setView(static_cast<RequestLogModel::View>(random.bounded(4)));
                break;
            case 2:
                stage.send(3);
                break;
            case 3:
                model.older().pause();
                break;
            default:
                model.fetchMore({});
            }
            model.tick();
            QCoreApplication::processEvents();
        }
        model.setFilter({});
        model.setView(RequestLogModel::View::All);
        fetchAll(model);
        QCOMPARE(idsOf(model), stage.newestFirst());
    }
};

QTEST_GUILESS_MAIN(OlderRequestsTest)
#include "tst_olderrequests.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// The list of requests is bounded, in order, and one row is one request.
#include "core/session/requestfeed.h"

#include <QSignalSpy>
#include <QTest>

using namespace sluice;
using insight::ActivityBatch;
using insight::Outcome;
using insight::RequestRecord;
using session::RequestFeed;

namespace {

RequestRecord record(quint64 id, Outcome outcome = Outcome::Completed)
{
    RequestRecord result;
    result.id = id;
    result.at = std::chrono::milliseconds(id);
    result.outcome = outcome;
    return result;
}

insight::ActivityBatchPtr batch(std::vector<RequestRecord> records, quint32 notListed = 0)
{
    auto result = std::make_shared<ActivityBatch>();
    result->records = std::move(records);
    result->notListed = notListed;
    return result;
}

/// Records `first` to `last`.
insight::ActivityBatchPtr range(quint64 first, quint64 last)
{
    std::vector<RequestRecord> records;
    for (quint64 id = first; id <= last; ++id)
        records.push_back(record(id));
    return batch(std::move(records));
}

RequestRecord touching(quint64 id, const QByteArray &limitName, const QByteArray &value)
{
    RequestRecord result = record(id);
    auto limit = std::make_shared<limits::Limit>();
    limit->name = limitName;
    result.decision.chain.push_back({limit, value, {}, 0, {}, limits::LinkVerdict::Passes});
    return result;
}

} // namespace

class TestRequestFeed : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsTheOrder();
    void trimsTheOldestAtItsCapacity();
    void endsAStreamInItsRow();
    void findsAStreamAfterTrimming();
    void ignoresTheEndOfATrimmedStream();
    void countsWhatWasNotListed();
    void findsRequestsThatTouchedACounter();
};

void TestRequestFeed::keepsTheOrder()
{
    RequestFeed feed;
    QSignalSpy appended(&feed, &RequestFeed::appended);
    feed.ingest(range(1, 3));
    feed.ingest(range(4, 5));
    QCOMPARE(feed.size(), 5);
    for (int i = 0; i < 5; ++i)
        QCOMPARE(feed.at(i).id, quint64(i + 1));
    QCOMPARE(appended.size(), 2);
    QCOMPARE(appended[1][0].toInt(), 2);
    feed.ingest(batch({}));
    QCOMPARE(appended.size(), 2); // nothing new, nothing to draw
}

void TestRequestFeed::trimsTheOldestAtItsCapacity()
{
    RequestFeed feed;
    for (quint64 first = 1; first <= quint64(RequestFeed::Capacity); first += 500)
        feed.ingest(range(first, first + 499));
    QCOMPARE(feed.size(), RequestFeed::Capacity);
    QSignalSpy trimmed(&feed, &RequestFeed::trimmed);
    // The view must be told before rows go: it still sees them in the slot.
    int sizeWhenTold = 0;
    connect(&feed, &RequestFeed::trimmed, this, [&](int) { sizeWhenTold = feed.size(); });
    feed.ingest(range(RequestFeed::Capacity + 1, RequestFeed::Capacity + 7));
    QCOMPARE(feed.size(), RequestFeed::Capacity);
    QCOMPARE(trimmed.size(), 1);
    QCOMPARE(trimmed[0][0].toInt(), 7);
    QCOMPARE(sizeWhenTold, RequestFeed::Capacity);
    QCOMPARE(feed.at(0).id, quint64{8});
    QCOMPARE(feed.at(feed.size() - 1).id, quint64(RequestFeed::Capacity + 7));
}

void TestRequestFeed::endsAStreamInItsRow()
{
    RequestFeed feed;
    QSignalSpy updated(&feed, &RequestFeed::updated);
    QSignalSpy appended(&feed, &RequestFeed::appended);
    feed.ingest(batch({record(1), record(2, Outcome::Streaming), record(3)}));
    feed.ingest(batch({record(4), record(2, Outcome::Completed)}));
    QCOMPARE(feed.size(), 4);
    QVERIFY(feed.at(1).outcome == Outcome::Completed);
    QCOMPARE(updated.size(), 1);
    QCOMPARE(updated[0][0].toInt(), 1);
    QCOMPARE(appended[1][0].toInt(), 1);
}

void TestRequestFeed::findsAStreamAfterTrimming()
{
    RequestFeed feed;
    for (quint64 first = 1; first < quint64(RequestFeed::Capacity); first += 500)
        feed.ingest(range(first, first + 499));
    feed.ingest(batch({record(200'000, Outcome::Streaming)}));
    feed.ingest(range(200'001, 200'300));
    QSignalSpy updated(&feed, &RequestFeed::updated);
    feed.ingest(batch({record(200'000, Outcome::ClientLeft)}));
    QCOMPARE(updated.size(), 1);
    const int row = updated[0][0].toInt();
    QCOMPARE(row, RequestFeed::Capacity - 301);
    QCOMPARE(feed.at(row).id, quint64{200'000});
    QVERIFY(feed.at(row).outcome == Outcome::ClientLeft);
}

void TestRequestFeed::ignoresTheEndOfATrimmedStream()
{
    RequestFeed feed;
    feed.ingest(batch({record(1, Outcome::Streaming)}));
    for (quint64 first = 2; first <= quint64(RequestFeed::Capacity) + 2; first += 500)
        feed.ingest(range(first, first + 499));
    QVERIFY(feed.at(0).id > 1);
    QSignalSpy updated(&feed, &RequestFeed::updated);
    QSignalSpy appended(&feed, &RequestFeed::appended);
    feed.ingest(batch({record(1, Outcome::Completed)}));
    QCOMPARE(updated.size(), 0);
    QCOMPARE(appended.size(), 0);
    QCOMPARE(feed.size(), RequestFeed::Capacity);
}

void TestRequestFeed::countsWhatWasNotListed()
{
    RequestFeed feed;
    feed.ingest(batch({record(1)}, 40));
    feed.ingest(batch({}, 2));
    QCOMPARE(feed.notListed(), quint64{42});
}

void TestRequestFeed::findsRequestsThatTouchedACounter()
{
    RequestFeed feed;
    feed.ingest(batch({touching(1, "k", "ci"), touching(2, "k", "app"), touching(3, "k", "ci"),
        touching(4, "u", "ci"), touching(5, "k", "ci")}));
    const auto ids = [&feed](qint64 since, int most) {
        QList<quint64> result;
        for (const RequestRecord &found :
            feed.touching({"k", "ci", {}}, std::chrono::milliseconds(since), most))
            result.append(found.id);
        return result;
    };
    QCOMPARE(ids(0, 10), (QList<quint64>{5, 3, 1})); // newest first
    QCOMPARE(ids(0, 2), (QList<quint64>{5, 3}));
    QCOMPARE(ids(3, 10), (QList<quint64>{5, 3}));
    QCOMPARE(ids(6, 10), QList<quint64>{});
    // Policies count apart for each key.
    RequestRecord own = touching(7, "p", "alice");
    own.subject.apiKey = "ci";
    RequestRecord foreign = touching(8, "p", "alice");
    foreign.subject.apiKey = "app";
    feed.ingest(batch({own, foreign}));
    const auto found = feed.touching({"p", "alice", "ci"}, std::chrono::milliseconds(0), 10);
    QCOMPARE(found.size(), 1);
    QCOMPARE(found.first().id, quint64{7});
}

QTEST_GUILESS_MAIN(TestRequestFeed)
#include "tst_requestfeed.moc"

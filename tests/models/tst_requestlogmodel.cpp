// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/livefixture.h"
#include "ui/models/requestlogmodel.h"

#include <QAbstractItemModelTester>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace std::chrono_literals;
using insight::Outcome;
using test::LiveFixture;
using ui::ChipValue;
using ui::RequestLogModel;

Q_DECLARE_METATYPE(sluice::test::LiveFixture::Client)

namespace {

ui::FilterQuery filter(const QString &text)
{
    const ui::FilterQuery query = ui::parseFilter(text, RequestLogModel::filterFields());
    if (!query.isValid())
        qFatal("%s", qPrintable(query.error));
    return query;
}

/// Records without an engine: for rings of full size.
insight::ActivityBatchPtr plainBatch(quint64 &id, int count)
{
    auto batch = std::make_shared<insight::ActivityBatch>();
    for (int i = 0; i < count; ++i) {
        insight::RequestRecord record;
        record.id = ++id;
        record.subject.apiKey = id % 3 == 0 ? "ci" : "app";
        record.status = 200;
        batch->records.push_back(record);
    }
    return batch;
}

QString text(const RequestLogModel &model, int row, int column)
{
    return model.index(row, column).data().toString();
}

ChipValue chip(const RequestLogModel &model, int row)
{
    return model.index(row, RequestLogModel::DecisionColumn).data(ui::ChipRole).value<ChipValue>();
}

} // namespace

class RequestLogModelTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void tellsEveryRefusal_data()
    {
        QTest::addColumn<LiveFixture::Client>("client");
        QTest::addColumn<QString>("chip");
        QTest::addColumn<QString>("limit");
        QTest::addColumn<QString>("left");
        QTest::addColumn<QString>("state");
        QTest::addColumn<bool>("isRefused");
        const LiveFixture::Client usual{.key = "triage-agent",
            .user = "dave",
            .router = "agents",
            .input = 3'000,
            .output = 900,
            .cents = 20 * MicroPerUnit};
        QTest::newRow("slots") << usual << u"429 refused"_s << u"in-flight"_s << u"0"_s
                               << u"refused"_s << true;
        LiveFixture::Client direct = usual;
        direct.router.clear();
        direct.output = 9'000;
        QTest::newRow("tokens") << direct << u"429 refused"_s << u"key-tokens"_s << u"8 300"_s
                                << u"refused"_s << true;
        direct.output = 30'000;
        QTest::newRow("too large") << direct << u"400 too large"_s << u"key-tokens"_s << u"8 300"_s
                                   << u"refused"_s << true;
        direct.output = 900;
        direct.cents = 200 * MicroPerUnit;
        QTest::newRow("money") << direct << u"429 refused"_s << u"team-month"_s << u"$1.90"_s
                               << u"refused"_s << true;
        direct.isPriced = false;
        QTest::newRow("no price") << direct << u"400 no price"_s << u"team-month"_s << u"$1.90"_s
                                  << u"rejected"_s << false;
        direct.key = "local-dev";
        QTest::newRow("blocked") << direct << u"403 blocked"_s << u"key local-dev"_s << u"–"_s
                                 << u"blocked"_s << true;
    }

    void tellsEveryRefusal()
    {
        QFETCH(const LiveFixture::Client, client);
        QFETCH(const QString, chip);
        QFETCH(const QString, limit);
        QFETCH(const QString, left);
        QFETCH(const QString, state);
        QFETCH(const bool, isRefused);
        LiveFixture live(LiveFixture::everyLimitConfiguration());
        limits::Operations operations;
        operations.blocks.push_back({{limits::SegmentKind::ApiKey, {}}, "local-dev", {}});
        live.limiter.setOperations(operations);
        RequestLogModel model(live.feed, live.clock);
        const QAbstractItemModelTester tester(&model);
        for (int i = 0; i < 3; ++i)
            live.send({.key = "triage-agent",
                          .user = "dave",
                          .router = "agents",
                          .input = 3'000,
                          .output = 900,
                          .cents = 20 * MicroPerUnit},
                640ms, Outcome::Streaming);
        live.send(client);
        live.report();
        model.tick();
        QCOMPARE(::chip(model, 0).text, chip);
        QCOMPARE(text(model, 0, RequestLogModel::LimitColumn), limit);
        QCOMPARE(text(model, 0, RequestLogModel::LeftColumn).replace(QChar(0x202f), u' '), left);
        model.setView(RequestLogModel::View::Refused);
        QCOMPARE(model.rowCount(), isRefused ? 1 : 0);
        model.setView(RequestLogModel::View::Failed);
        QCOMPARE(model.rowCount(), isRefused ? 0 : 1);
        model.setView(RequestLogModel::View::All);
        model.setFilter(filter(u"state:"_s + state));
        QCOMPARE(model.rowCount(), 1);
    }

    void tokensAndCostAreThereWhenTheAnswerHasEnded()
    {
        LiveFixture live;
        RequestLogModel model(live.feed, live.clock);
        const QAbstractItemModelTester tester(&model);
        const LiveFixture::Client client{
            .key = "ci", .input = 1'204, .output = 356, .cents = 1'290'000};
        insight::RequestRecord stream = live.send(client, 0ms, Outcome::Streaming, 200);
        live.report();
        model.tick();
        QCOMPARE(text(model, 0, RequestLogModel::TokensColumn), u"…"_s);
        QCOMPARE(text(model, 0, RequestLogModel::CostColumn), u"…"_s);
        stream.charge = LiveFixture::chargeOf(client);
        live.end(stream, Outcome::Completed, 200);
        live.report();
        model.tick();
        QCOMPARE(text(model, 0, RequestLogModel::TokensColumn), u"1\u202f204 + 356"_s);
        QCOMPARE(text(model, 0, RequestLogModel::CostColumn), u"$0.0129"_s);
        QCOMPARE(model.index(0, RequestLogModel::CostColumn).data(Qt::ToolTipRole).toString(),
            u"1\u202f290\u202f000 micro-cents"_s);
        live.send({.key = "ci"}, 0ms, Outcome::UpstreamFailed, 502);
        live.report();
        model.tick();
        QCOMPARE(text(model, 0, RequestLogModel::TokensColumn), u"–"_s);
        QCOMPARE(model.index(0, RequestLogModel::CostColumn).data(ui::ToneRole).toInt(),
            int(ui::Tone::Second));
    }

    // Four requests: 100 + 20 for 3 cents; 3 000 + 0 estimated for half a cent; 10 + 10 without a
    // price; refused.
    void figuresAreFiltered_data()
    {
        QTest::addColumn<QString>("query");
        QTest::addColumn<QString>("keys");
        QTest::newRow("tokens") << u"tokens>119"_s << u"app ci"_s;
        QTest::newRow("few tokens") << u"tokens<=20"_s << u"notebook batch-embed"_s;
        QTest::newRow("cents") << u"cost>2"_s << u"ci"_s;
        QTest::newRow("parts of a cent") << u"cost<2 tokens>0"_s << u"app"_s;
        QTest::newRow("no price") << u"state:unpriced"_s << u"batch-embed"_s;
        QTest::newRow("estimated") << u"state:estimated"_s << u"app"_s;
        QTest::newRow("or") << u"state:estimated,unpriced"_s << u"batch-embed app"_s;
        QTest::newRow("not") << u"-state:unpriced tokens>0"_s << u"app ci"_s;
        QTest::newRow("as prices name it")
            << u"model:openai/gpt-4o-mini"_s << u"notebook batch-embed app ci"_s;
    }

    void figuresAreFiltered()
    {
        QFETCH(const QString, query);
        LiveFixture live;
        live.send({.key = "ci", .input = 100, .output = 20, .cents = 3 * MicroPerUnit});
        live.send({.key = "app", .input = 3'000, .cents = MicroPerUnit / 2, .isEstimate = true});
        live.send({.key = "batch-embed", .input = 10, .output = 10, .isPriced = false});
        limits::Operations operations;
        operations.blocks.push_back({{limits::SegmentKind::ApiKey, {}}, "notebook", {}});
        live.limiter.setOperations(operations);
        live.send({.key = "notebook", .input = 10, .output = 10});
        live.report();
        RequestLogModel model(live.feed, live.clock);
        model.setFilter(filter(query));
        QTRY_VERIFY(!model.isFiltering());
        QStringList keys;
        for (int row = 0; row < model.rowCount(); ++row)
            keys += text(model, row, RequestLogModel::KeyColumn);
        QTEST(keys.join(u' '), "keys");
    }

    void newestComesFirst()
    {
        LiveFixture live;
        RequestLogModel model(live.feed, live.clock);
        const QAbstractItemModelTester tester(&model);
        live.send({.key = "ci", .user = "alice", .router = "prod"});
        live.advance(1s);
        live.send({.key = "app", .user = "bob", .router = "prod", .model = "gpt-4o"});
        live.report();
        QCOMPARE(model.rowCount(), 0); // nothing moves before the tick
        model.tick();
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(text(model, 0, RequestLogModel::KeyColumn), u"app"_s);
        QCOMPARE(text(model, 0, RequestLogModel::ModelColumn), u"gpt-4o"_s);
        QCOMPARE(text(model, 0, RequestLogModel::DurationColumn), u"640"_s);
        QCOMPARE(text(model, 1, RequestLogModel::KeyColumn), u"ci"_s);
        QCOMPARE(text(model, 1, RequestLogModel::LimitColumn), u"prod, per key"_s);
        QCOMPARE(text(model, 1, RequestLogModel::LeftColumn), u"59"_s);
        QCOMPARE(chip(model, 1).kind, ChipValue::Kind::Plain);
    }

    void everyChipIsAnException()
    {
        LiveFixture live;
        RequestLogModel model(live.feed, live.clock);
        for (int i = 0; i < 61; ++i)
            live.send({.key = "ci", .router = "prod"});
        live.report();
        model.tick();
        QCOMPARE(chip(model, 0).text, u"429 refused"_s);
        QCOMPARE(chip(model, 0).kind, ChipValue::Kind::Tinted);
        QCOMPARE(text(model, 0, RequestLogModel::DurationColumn), u"<1"_s);
        for (int i = 0; i < 31; ++i)
            live.send({.key = "eval-runner", .router = "agents"});
        live.report();
        model.tick();
        QCOMPARE(chip(model, 0).text, u"200 would refuse"_s);
        QCOMPARE(chip(model, 0).kind, ChipValue::Kind::Outlined);
        live.send({.key = "app"}, 10s, Outcome::UpstreamFailed, 502);
        live.report();
        model.tick();
        QCOMPARE(chip(model, 0).text, u"502 upstream"_s);
        QCOMPARE(chip(model, 0).kind, ChipValue::Kind::Grey);
    }

    void streamsChangeInPlace()
    {
        LiveFixture live;
        RequestLogModel model(live.feed, live.clock);
        const QAbstractItemModelTester tester(&model);
        const insight::RequestRecord stream =
            live.send({.key = "ci"}, 0ms, Outcome::Streaming, 200);
        live.report();
        model.tick();
        QCOMPARE(chip(model, 0).text, u"streaming"_s);
        RequestLogModel failed(live.feed, live.clock);
        failed.setView(RequestLogModel::View::Failed);
        QCOMPARE(failed.rowCount(), 0);
        live.advance(3s);
        live.send({.key = "app"});
        live.end(stream, Outcome::ClientLeft, 200);
        live.report();
        model.tick();
        failed.tick();
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(chip(model, 1).text, u"200 client left"_s);
        QCOMPARE(text(model, 1, RequestLogModel::DurationColumn), u"3\u202f000"_s);
        QCOMPARE(failed.rowCount(), 1); // fits only now
        QCOMPARE(text(failed, 0, RequestLogModel::KeyColumn), u"ci"_s);
    }

    void newOnesWaitWhileNotFollowing()
    {
        LiveFixture live;
        RequestLogModel model(live.feed, live.clock);
        const QAbstractItemModelTester tester(&model);
        live.send({.key = "ci"});
        live.report();
        model.tick();
        model.setFollowing(false);
        QSignalSpy waiting(&model, &RequestLogModel::waitingChanged);
        for (int i = 0; i < 214; ++i)
            live.send({.key = "app"});
        live.report();
        model.tick();
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(model.waitingCount(), 214);
        QCOMPARE(waiting.last().at(0).toInt(), 214);
        model.setFollowing(true);
        QCOMPARE(model.rowCount(), 215);
        QCOMPARE(waiting.last().at(0).toInt(), 0);
    }

    void filters_data()
    {
        QTest::addColumn<QString>("query");
        QTest::addColumn<int>("count");
        QTest::newRow("all") << u""_s << 75;
        QTest::newRow("refused") << u"state:refused"_s << 10;
        QTest::newRow("key and user") << u"key:ci user:alice"_s << 70;
        QTest::newRow("not user") << u"-user:alice"_s << 5;
        QTest::newRow("model glob") << u"model:gpt-4o-m*"_s << 70;
        QTest::newRow("status") << u"status>=429"_s << 13;
        QTest::newRow("slow") << u"dur>2s"_s << 3;
        QTest::newRow("property") << u"prop.tenant:acme"_s << 5;
        QTest::newRow("router") << u"router:prod"_s << 70;
        QTest::newRow("word") << u"bob"_s << 5;
        QTest::newRow("since") << u"since:10s"_s << 5;
        QTest::newRow("alternatives") << u"user:alice,bob"_s << 75;
    }

    void filters()
    {
        QFETCH(QString, query);
        LiveFixture live;
        for (int i = 0; i < 70; ++i)
            live.send({.key = "ci", .user = "alice", .router = "prod"});
        live.advance(60s);
        for (int i = 0; i < 5; ++i)
            live.send({.key = "app", .user = "bob", .tenant = "acme", .model = "gpt-4o"},
                i < 3 ? 2500ms : 100ms, Outcome::Completed, i < 3 ? 500 : 200);
        live.report();
        RequestLogModel model(live.feed, live.clock);
        const QAbstractItemModelTester tester(&model);
        model.setFilter(filter(query));
        QTRY_VERIFY(!model.isFiltering());
        QTEST(model.rowCount(), "count");
    }

    void aBigRingIsFilteredInSlices()
    {
        session::RequestFeed feed;
        test::ManualClock clock;
        quint64 id = 0;
        for (int i = 0; i < 90; ++i)
            feed.ingest(plainBatch(id, 500));
        RequestLogModel model(feed, clock);
        QTRY_VERIFY(!model.isFiltering());
        QCOMPARE(model.rowCount(), 45'000);
        model.setFilter(filter(u"key:ci"_s));
        QVERIFY(model.isFiltering()); // first rows at once, the rest in later turns
        QVERIFY(model.rowCount() > 0 && model.rowCount() <= RequestLogModel::SliceSize);
        QTRY_VERIFY(!model.isFiltering());
        QCOMPARE(model.rowCount(), 15'000);
    }

    void theRingIsBounded()
    {
        session::RequestFeed feed;
        test::ManualClock clock;
        quint64 id = 0;
        RequestLogModel model(feed, clock);
        const int rounds = session::RequestFeed::Capacity / 500 + 4;
        for (int i = 0; i < rounds; ++i) {
            feed.ingest(plainBatch(id, 500));
            model.tick();
        }
        QCOMPARE(model.rowCount(), session::RequestFeed::Capacity);
        QCOMPARE(model.recordAt(0)->id, id);
        QCOMPARE(model.recordAt(model.rowCount() - 1)->id,
            id - quint64(session::RequestFeed::Capacity) + 1);
    }

    void randomOperationsKeepTheContract()
    {
        LiveFixture live;
        RequestLogModel model(live.feed, live.clock);
        const QAbstractItemModelTester tester(&model);
        QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        QRandomGenerator random(99);
        const QStringList queries{
            u""_s, u"key:ci"_s, u"state:refused"_s, u"-user:bob"_s, u"state:streaming"_s};
        QList<insight::RequestRecord> streams;
        int sent = 0;
        for (int step = 0; step < 500; ++step) {
            switch (random.bounded(6)) {
            case 0:
                model.setFilter(filter(queries.at(random.bounded(int(queries.size())))));
                break;
            case 1:
                model.setView(static_cast<RequestLogModel::View>(random.bounded(4)));
                break;
            case 2:
                model.setFollowing(random.bounded(2));
                break;
            case 3:
                if (!streams.isEmpty())
                    live.end(streams.takeAt(random.bounded(int(streams.size()))),
                        random.bounded(2) ? Outcome::Completed : Outcome::ClientLeft, 200);
                live.report();
                break;
            default:
                for (int i = 0; i < 9; ++i, ++sent) {
                    live.advance(std::chrono::milliseconds(random.bounded(300)));
                    const auto record = live.send({.key = random.bounded(2) ? "ci" : "app",
                                                      .user = random.bounded(2) ? "bob" : "eve",
                                                      .router = "prod"},
                        100ms, random.bounded(4) ? Outcome::Completed : Outcome::Streaming);
                    if (record.outcome == Outcome::Streaming)
                        streams += record;
                }
                live.report();
            }
            if (random.bounded(2))
                model.tick();
            QCoreApplication::processEvents();
        }
        live.report();
        model.setFilter({});
        model.setView(RequestLogModel::View::All);
        model.setFollowing(true);
        QTRY_VERIFY(!model.isFiltering());
        model.tick();
        QCOMPARE(model.rowCount(), sent);
        for (int row = 1; row < model.rowCount(); ++row)
            QVERIFY(model.recordAt(row - 1)->id > model.recordAt(row)->id);
        QCOMPARE(resets.size(), 0);
    }
};

QTEST_GUILESS_MAIN(RequestLogModelTest)
#include "tst_requestlogmodel.moc"

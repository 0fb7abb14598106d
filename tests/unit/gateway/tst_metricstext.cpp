// SPDX-License-Identifier: GPL-3.0-or-later
// Promises: metrics are text that Prometheus reads, whatever is in a label; durations are exact;
// and threads that count at the same time lose nothing.
#include "core/config/loader.h"
#include "core/gateway/metrics/metricsboard.h"
#include "core/gateway/metrics/metricspage.h"
#include "core/gateway/metrics/metricstext.h"
#include "metricsparser.h"

#include <QRegularExpression>
#include <QTest>

#include <thread>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::gateway;
using namespace std::chrono_literals;
using insight::Outcome;
using insight::RequestRecord;
using test::parseMetrics;

namespace {

RequestRecord ended(Outcome outcome, std::chrono::microseconds duration = 1ms)
{
    RequestRecord record;
    record.outcome = outcome;
    record.duration = duration;
    record.provider = "openai";
    record.status = 200;
    return record;
}

RequestHead headFrom(const QByteArray &host, const QByteArray &origin = {})
{
    RequestHead head;
    head.method = "GET";
    head.target = "/-/metrics";
    if (!host.isNull())
        head.headers.push_back({"Host", host});
    if (!origin.isEmpty())
        head.headers.push_back({"Origin", origin});
    return head;
}

} // namespace

class TestMetricsText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void writesTheFormat();
    void escapesLabels();
    void sumsDurationsExactly();
    void countsEachRequestOnce();
    void countsOnManyThreads();
    void goesOnWithoutAThread();
    void saysWhatIsKeptAndWhere();
    void parserForgivesNothing_data();
    void parserForgivesNothing();
    void answersThisMachineOnly_data();
    void answersThisMachineOnly();
};

void TestMetricsText::writesTheFormat()
{
    MetricsText text;
    text.begin("a_total", MetricsText::Type::Counter, "So many.");
    text.add(7, {{"x", "1"}, {"y", "2"}});
    text.add(18'446'744'073'709'551'615U, {{"x", "2"}, {"y", "2"}});
    text.begin("b", MetricsText::Type::Gauge, "Now.");
    text.add(0);
    QCOMPARE(text.text(),
        "# HELP a_total So many.\n# TYPE a_total counter\na_total{x=\"1\",y=\"2\"} 7\n"
        "a_total{x=\"2\",y=\"2\"} 18446744073709551615\n"
        "# HELP b Now.\n# TYPE b gauge\nb 0\n"_ba);
    QVERIFY(parseMetrics(text.text()));
    QCOMPARE(MetricsText::ContentType, "text/plain; version=0.0.4; charset=utf-8");
}

void TestMetricsText::escapesLabels()
{
    MetricsText text;
    text.begin("a", MetricsText::Type::Gauge, "One.");
    text.add(1, {{"name", "quote \" backslash \\ line\nfeed \xC3\xA4"}});
    QVERIFY(text.text().endsWith("a{name=\"quote \\\" backslash \\\\ line\\nfeed \xC3\xA4\"} 1\n"));
    const auto metrics = parseMetrics(text.text());
    QVERIFY2(metrics, metrics ? "" : qPrintable(metrics.error().message));
}

void TestMetricsText::sumsDurationsExactly()
{
    static constexpr std::array<std::chrono::microseconds, 3> Bounds{250us, 5ms, 2500ms};
    DurationHistogram histogram(Bounds);
    for (const auto duration : {0us, 250us, 251us, 5'000us, 3'000'000us, -5us})
        histogram.add(duration);
    DurationHistogram twice(Bounds);
    twice.add(histogram);
    twice.add(histogram);
    MetricsText text;
    text.begin("t_seconds", MetricsText::Type::Histogram, "How long.");
    text.add(twice);
    QVERIFY(text.text().endsWith("t_seconds_bucket{le=\"0.00025\"} 6\n"
                                 "t_seconds_bucket{le=\"0.005\"} 10\n"
                                 "t_seconds_bucket{le=\"2.5\"} 10\n"
                                 "t_seconds_bucket{le=\"+Inf\"} 12\n"
                                 "t_seconds_sum 6.011002\nt_seconds_count 12\n"));
    QVERIFY(parseMetrics(text.text()));
}

void TestMetricsText::countsEachRequestOnce()
{
    RequestTally tally;
    RequestRecord stream = ended(Outcome::Streaming);
    tally.add(stream); // comes again at its end
    stream.outcome = Outcome::Completed;
    stream.charge.tokens.input = 10;
    stream.charge.tokens.output = 4;
    stream.charge.cost = 123;
    tally.add(stream);
    RequestRecord failed = ended(Outcome::UpstreamFailed);
    failed.status = 502;
    tally.add(failed);
    RequestRecord refused = ended(Outcome::Refused);
    refused.decision.verdict = limits::Verdict::LimitReached;
    tally.add(refused);
    QCOMPARE(tally.outcomes.at(static_cast<size_t>(Outcome::Completed)), 1U);
    QCOMPARE(tally.outcomes.at(static_cast<size_t>(Outcome::UpstreamFailed)), 1U);
    QCOMPARE(tally.refusals.at(static_cast<size_t>(limits::Verdict::LimitReached)), 1U);
    QCOMPARE(tally.duration.sum(), 3ms);
    QCOMPARE(tally.overhead.counts().front(), 2U); // nobody was asked for the third one
    const RequestTally::Provider &provider = tally.providers.at("openai");
    QCOMPARE(provider.errors, 1U);
    QCOMPARE(provider.input, 10U);
    QCOMPARE(provider.output, 4U);
    QCOMPARE(provider.cost, 123U);
    QCOMPARE(tally.providers.size(), 1U);
}

void TestMetricsText::countsOnManyThreads()
{
    constexpr int Threads = 4;
    constexpr quint64 Each = 2'000;
    MetricsBoard board;
    std::vector<std::thread> threads;
    threads.reserve(Threads);
    for (int i = 0; i < Threads; ++i) {
        threads.emplace_back([&board] {
            const auto part = board.join();
            for (quint64 n = 0; n < Each; ++n) {
                part->setInFlight(1);
                part->note(ended(Outcome::Completed));
                part->setInFlight(0);
            }
            board.leave(part);
        });
    }
    quint64 before = 0;
    for (int i = 0; i < 100; ++i) { // scrapes meanwhile never count back
        const quint64 now = board.totals().requests.outcomes.at(1);
        QVERIFY(now >= before);
        before = now;
    }
    for (std::thread &thread : threads)
        thread.join();
    const MetricsBoard::Totals totals = board.totals();
    QCOMPARE(totals.requests.outcomes.at(1), Threads * Each);
    QCOMPARE(totals.requests.providers.at("openai").errors, 0U);
    QCOMPARE(totals.inFlight, 0);
}

void TestMetricsText::goesOnWithoutAThread()
{
    MetricsBoard board;
    const auto part = board.join();
    part->note(ended(Outcome::Completed));
    part->setInFlight(3);
    board.leave(part);
    board.leave(part); // once
    part->note(ended(Outcome::Completed)); // too late
    QCOMPARE(board.totals().requests.outcomes.at(1), 1U);
    QCOMPARE(board.totals().inFlight, 0);
}

void TestMetricsText::saysWhatIsKeptAndWhere()
{
    const config::LoadResult result =
        config::load("rate-limit-store: {type: redis, host-url: 'redis://:secret@one:1'}\n"
                     "global: {rate-limit: {shared: {capacity: 3, refill-frequency: 24h}}}\n",
            {});
    const config::Store &store = result.configuration->stores.front();
    const SystemClock clock;
    limits::Limiter limiter(clock);
    limiter.apply(limits::LimitSet::compile(*result.configuration));
    const MetricsBoard board;
    const FrontCounters front;
    StoreBoard stores;
    const auto page = [&](const KeptFigures &kept) {
        const Response response = metricsResponse({board, front, limiter, stores, kept});
        const auto metrics = parseMetrics(response.body);
        return metrics ? *metrics : test::Metrics();
    };
    test::Metrics metrics = page({});
    const QByteArray up = "sluice_store_up{store=\"Redis at one:1\"}";
    const QByteArray failures = "sluice_store_failures_total{store=\"Redis at one:1\"}";
    QCOMPARE(metrics.at(up), 1.0);
    QCOMPARE(metrics.at(failures), 0.0);
    QVERIFY(!metrics.contains("sluice_ledger_up") && !metrics.contains("sluice_journal_up"));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"cannot be reached"_s));
    stores.note(store, 1, u"gone"_s);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"cannot be reached"_s));
    stores.note(store, 2, u"gone for this one too"_s); // the same failure
    KeptFigures kept;
    kept.ledger = {false, 7, 2, 1};
    kept.isJournalUp = false;
    metrics = page(kept);
    QCOMPARE(metrics.at(up), 0.0);
    QCOMPARE(metrics.at(failures), 1.0);
    QCOMPARE(metrics.at("sluice_ledger_up"), 0.0);
    QCOMPARE(metrics.at("sluice_ledger_rows_total"), 7.0);
    QCOMPARE(metrics.at("sluice_ledger_rows_waiting"), 2.0);
    QCOMPARE(metrics.at("sluice_ledger_rows_lost_total"), 1.0);
    QCOMPARE(metrics.at("sluice_journal_up"), 0.0);
    stores.note(store, 1, {});
    QCOMPARE(page({}).at(up), 0.0); // not for each thread yet
    stores.note(store, 2, {});
    metrics = page({});
    QCOMPARE(metrics.at(up), 1.0);
    QCOMPARE(metrics.at(failures), 1.0);
}

void TestMetricsText::parserForgivesNothing_data()
{
    QTest::addColumn<QByteArray>("text");
    const QByteArray head = "# HELP a_total A.\n# TYPE a_total counter\n";
    QTest::newRow("no line feed") << head + "a_total 1";
    QTest::newRow("no type") << QByteArray("# HELP a A.\na 1\n");
    QTest::newRow("no help") << QByteArray("# TYPE a gauge\na 1\n");
    QTest::newRow("counter without _total") << QByteArray("# HELP a A.\n# TYPE a counter\na 1\n");
    QTest::newRow("twice") << head + "a_total 1\na_total 2\n";
    QTest::newRow("another metric's") << head + "b_total 1\n";
    QTest::newRow("bad escape") << head + "a_total{x=\"\\t\"} 1\n";
    QTest::newRow("bare quote") << head + "a_total{x=\"\"\"} 1\n";
    QTest::newRow("comma at the end") << head + "a_total{x=\"1\",} 1\n";
    QTest::newRow("no number") << head + "a_total one\n";
    QTest::newRow("milliseconds") << QByteArray("# HELP a_ms A.\n# TYPE a_ms gauge\na_ms 1\n");
    const QByteArray histogram = "# HELP h A.\n# TYPE h histogram\n";
    QTest::newRow("no last bucket") << histogram + "h_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n";
    QTest::newRow("buckets descend")
        << histogram + "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n";
    QTest::newRow("wrong count") << histogram + "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n";
}

void TestMetricsText::parserForgivesNothing()
{
    QFETCH(const QByteArray, text);
    QVERIFY(!parseMetrics(text));
}

void TestMetricsText::answersThisMachineOnly_data()
{
    QTest::addColumn<QByteArray>("host");
    QTest::addColumn<QByteArray>("origin");
    QTest::addColumn<QString>("peer");
    QTest::addColumn<QByteArray>("code"); // empty: answered
    const QByteArray none;
    const QString here = u"127.0.0.1"_s;
    QTest::newRow("address") << "127.0.0.1:8080"_ba << none << here << none;
    QTest::newRow("localhost") << "localhost:8080"_ba << none << here << none;
    QTest::newRow("below localhost") << "gw.localhost"_ba << none << here << none;
    QTest::newRow("IPv6") << "[::1]:8080"_ba << none << u"::1"_s << none;
    QTest::newRow("the machine's name") << "desk:8080"_ba << none << here << none;
    QTest::newRow("no name") << none << none << here << none;
    QTest::newRow("a page") << "127.0.0.1"_ba
                            << "https://example.com"_ba << here << "origin_not_allowed"_ba;
    QTest::newRow("no origin at all") << "127.0.0.1"_ba
                                      << "null"_ba << here << "origin_not_allowed"_ba;
    QTest::newRow("another machine") << "127.0.0.1"_ba << none << u"192.0.2.7"_s << "local_only"_ba;
    QTest::newRow("a name that points here, port 80")
        << "evil.example.com"_ba << none << here << "local_only"_ba;
    QTest::newRow("not quite localhost")
        << "localhost.example.com"_ba << none << here << "local_only"_ba;
    QTest::newRow("a name that points here")
        << "evil.example.com:8080"_ba << none << here << "local_only"_ba;
}

void TestMetricsText::answersThisMachineOnly()
{
    QFETCH(const QByteArray, host);
    QFETCH(const QByteArray, origin);
    QFETCH(const QString, peer);
    QFETCH(const QByteArray, code);
    const auto failure = refuseMetrics(headFrom(host, origin), QHostAddress(peer));
    QCOMPARE(failure.has_value(), !code.isEmpty());
    if (failure) {
        QCOMPARE(failure->status, 403);
        QCOMPARE(failure->code, code);
    }
}

QTEST_GUILESS_MAIN(TestMetricsText)
#include "tst_metricstext.moc"

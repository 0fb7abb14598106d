// SPDX-License-Identifier: GPL-3.0-or-later
// Where limits are strict a client that has its answer finds it recorded, at once and whatever the
// answer was; where the ledger cannot be written it has its answer all the same.
#include "core/stores/ledger/ledger.h"
#include "core/stores/ledger/ledgerreader.h"
#include "fulldisk.h"
#include "gatewaystage.h"

#include <QDir>
#include <QElapsedTimer>
#include <QLoggingCategory>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using test::FullDisk;
using test::GatewayStage;
using test::Reply;

namespace {

const QByteArray Path = "/openai/v1/chat/completions";

const QByteArray Strict = "rate-limit-store: {durability: strict}\n"
                          "global:\n  rate-limit:\n    usage-limits:\n"
                          "      - {name: few, per: end-user, requests: 2, period: 24h}\n";

QByteArray chat(const QByteArray &more = {}, const QByteArray &model = "gpt-4o")
{
    return R"({"model":")" + model + R"(","messages":[{"role":"user","content":"hi"}])" + more
        + '}';
}

} // namespace

class TestStrictAnswers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void areRecordedBeforeTheyAreSent_data();
    void areRecordedBeforeTheyAreSent();
    void areSummedUpBeforeTheyAreSent();
    void comeWithoutALedgerToo();
    void comeWhileTheDiskIsFull();

private:
    [[nodiscard]] QStringList outcomes() const;

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestStrictAnswers::initTestCase()
{
    QLoggingCategory::setFilterRules(u"sluice.*.info=false"_s);
}

/// As they are in the file now.
QStringList TestStrictAnswers::outcomes() const
{
    const auto reader = stores::LedgerReader::open({stores::Ledger::pathIn(m_folder->path())});
    if (!reader)
        return {};
    const auto table = (*reader)->select(
        u"SELECT outcome || ' ' || status || ' ' || (bytes > 65536) FROM requests ORDER BY id"_s,
        100);
    QStringList rows;
    for (const QVariantList &row : table ? table->rows : std::vector<QVariantList>())
        rows.append(row.constFirst().toString());
    return rows;
}

void TestStrictAnswers::areRecordedBeforeTheyAreSent_data()
{
    QTest::addColumn<int>("tokens");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QString>("row");
    QTest::newRow("short") << 8 << Path << chat() << u"completed 200 0"_s;
    // Its length is known, and yet it must not end with the provider's last byte.
    QTest::newRow("large") << 30'000 << Path << chat() << u"completed 200 1"_s;
    QTest::newRow("stream") << 8 << Path << chat(R"(,"stream":true)") << u"completed 200 0"_s;
    QTest::newRow("provider's error") << 8 << Path << chat({}, "mock-500") << u"completed 500 0"_s;
    QTest::newRow("rejected") << 8 << QByteArray("/ai/chat/completions") << QByteArray("[]")
                              << u"rejected 400 0"_s;
}

void TestStrictAnswers::areRecordedBeforeTheyAreSent()
{
    QFETCH(const int, tokens);
    QFETCH(const QByteArray, path);
    QFETCH(const QByteArray, body);
    QFETCH(const QString, row);
    m_folder = std::make_unique<QTemporaryDir>();
    demo::MockOptions options = GatewayStage::shortAnswers();
    options.tokens = tokens;
    GatewayStage stage(options);
    stage.gateway->keepCounters(m_folder->path());
    stage.gateway->keepLedger(m_folder->path());
    QVERIFY(stage.start(Strict));
    QStringList expected;
    for (int i = 0; i < 2; ++i) {
        const Reply reply = stage.client->post(path, body);
        QVERIFY2(reply.isWhole, qPrintable(reply.error));
        expected.append(row);
        QCOMPARE(outcomes(), expected);
    }
    if (!row.startsWith("rejected"_L1)) {
        QCOMPARE(stage.client->post(Path, chat()).status, 429);
        expected.append(u"refused 429 0"_s);
        QCOMPARE(outcomes(), expected);
    }
    // Who asks is listed as ever, each once.
    QTRY_COMPARE(stage.feed->size(), expected.size());
    stage.gateway->stop(std::chrono::seconds(1));
    QCOMPARE(outcomes(), expected);
}

void TestStrictAnswers::areSummedUpBeforeTheyAreSent()
{
    m_folder = std::make_unique<QTemporaryDir>();
    GatewayStage stage;
    stage.gateway->keepCounters(m_folder->path());
    stage.gateway->keepLedger(m_folder->path());
    QVERIFY(stage.start(Strict + "recording: {enabled: false}\n"));
    for (int i = 1; i <= 3; ++i) {
        QVERIFY(stage.client->post(Path, chat()).isWhole);
        const auto reader = stores::LedgerReader::open({stores::Ledger::pathIn(m_folder->path())});
        QVERIFY(reader);
        QCOMPARE((*reader)->usage({})->rows.front().constFirst().toInt(), i);
    }
    QCOMPARE(outcomes(), QStringList());
}

void TestStrictAnswers::comeWithoutALedgerToo()
{
    m_folder = std::make_unique<QTemporaryDir>();
    QVERIFY(QDir().mkpath(stores::Ledger::pathIn(m_folder->path()))); // no file can be there
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"^requests are not recorded: "_s));
    GatewayStage stage;
    stage.gateway->keepCounters(m_folder->path());
    stage.gateway->keepLedger(m_folder->path());
    QVERIFY(stage.start(Strict));
    QElapsedTimer time;
    time.start();
    for (const int status : {200, 200, 429})
        QCOMPARE(stage.client->post(Path, chat()).status, status);
    QVERIFY2(time.elapsed() < 4'000, "it has waited for the next try");
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"^3 requests were not recorded"_s));
    stage.gateway->stop(std::chrono::seconds(1));
}

void TestStrictAnswers::comeWhileTheDiskIsFull()
{
    m_folder = std::make_unique<QTemporaryDir>();
    GatewayStage stage;
    QSignalSpy problems(stage.gateway.get(), &session::GatewaySession::storeProblem);
    const auto problem = [&](session::GatewaySession::Store store) {
        QString last;
        for (const QVariantList &each : problems) {
            if (each[0].value<session::GatewaySession::Store>() == store)
                last = each[1].toString();
        }
        return last;
    };
    stage.gateway->keepCounters(m_folder->path());
    stage.gateway->keepLedger(m_folder->path());
    QVERIFY(stage.start("rate-limit-store: {durability: strict}\n"
                        "global: {rate-limit: {usage-limits: "
                        "[{name: many, per: api-key, requests: 1000, period: 24h}]}}\n"));
    QCOMPARE(stage.client->post(Path, chat()).status, 200);
    QCOMPARE(outcomes().size(), 1);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"^requests are not recorded: "_s));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"^counters are in memory only: "_s));
    {
        const FullDisk disk(65'536);
        for (int i = 0; i < 50; ++i)
            QCOMPARE(stage.client->post(Path, chat()).status, 200);
        QTRY_VERIFY(
            problem(session::GatewaySession::Store::Ledger).startsWith(u"Requests are not"_s));
        QTRY_VERIFY(
            problem(session::GatewaySession::Store::Counters).startsWith(u"Counters are in"_s));
    }
    QTRY_COMPARE_WITH_TIMEOUT(outcomes().size(), 51, 20'000);
    QTRY_COMPARE(problem(session::GatewaySession::Store::Ledger), QString());
    QTRY_COMPARE(problem(session::GatewaySession::Store::Counters), QString());
    QCOMPARE(stage.client->post(Path, chat()).status, 200);
    QCOMPARE(outcomes().size(), 52);
    stage.gateway->stop(std::chrono::seconds(1));
}

QTEST_GUILESS_MAIN(TestStrictAnswers)
#include "tst_strictanswers.moc"

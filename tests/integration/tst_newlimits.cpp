// SPDX-License-Identifier: GPL-3.0-or-later
// The file is edited while the gateway is stopped, through whole processes: a limit that is new
// starts from what the ledger knows of its period, exactly once; one that is not does not; and the
// audit says what has changed.
#include "core/stores/sqlite/database.h"
#include "processstage.h"

#include <QFile>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QRegularExpression>
#include <QTest>

#include <algorithm>
#include <csignal>

using namespace sluice;
using namespace Qt::StringLiterals;
using test::ChatPath;
using test::ProcessStage;
using test::question;

namespace {

const QByteArray Day = "global:\n  rate-limit:\n    usage-limits:\n"
                       "      - {name: day, per: api-key, requests: 100, period: 24h}\n";
const QByteArray Month =
    "      - {name: month, per: api-key, requests: 100, period: month, timezone: UTC}\n";
const QByteArray Slow =
    "      - {name: tenant, per: 'property:tenant', requests: 100, period: 24h, "
    "match: {models: ['gpt-*'], keys: [ci]}}\n";

} // namespace

class TestNewLimits : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void startFromTheLedger_data();
    void startFromTheLedger();
    void startFromItOnceWhateverHappens();
    void startFromItUnderLoad_data();
    void startFromItUnderLoad();
    void oldOnesAreLeftAlone();
    void broughtBackTheyAreAsTheyWere_data();
    void broughtBackTheyAreAsTheyWere();
    void withoutMemoryKeptCountersWin();
    void damagedMemoryIsNone();
    void theAuditSaysWhatHasChanged();

private:
    void spend(int requests) const;
    void awaitRecorded(qint64 requests);

    [[nodiscard]] QString memory() const { return m_stage->path(u"data/limits.json"_s); }

    std::unique_ptr<ProcessStage> m_stage;
};

void TestNewLimits::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_stage = std::make_unique<ProcessStage>();
}

void TestNewLimits::cleanup()
{
    m_stage.reset();
}

void TestNewLimits::spend(int requests) const
{
    for (int i = 0; i < requests; ++i)
        QCOMPARE(m_stage->client->post(ChatPath, question(), {{"Helicone-Property-Tenant", "acme"}})
                     .status,
            200);
}

void TestNewLimits::startFromTheLedger_data()
{
    QTest::addColumn<QByteArray>("recording");
    QTest::newRow("rows") << QByteArray();
    QTest::newRow("sums alone") << QByteArray("recording: {enabled: false}\n");
    QTest::newRow("strict") << QByteArray("rate-limit-store: {durability: strict}\n");
}

void TestNewLimits::startFromTheLedger()
{
    QFETCH(const QByteArray, recording);
    m_stage->write(recording);
    QVERIFY(m_stage->serve());
    spend(5);
    QCOMPARE(m_stage->stop(), 0);
    m_stage->write(Day + Month + recording);
    for (int used = 5; used <= 7; ++used) {
        QVERIFY(m_stage->serve());
        // From the first request on, and no more than once.
        QCOMPARE(m_stage->used(u"day"_s), used);
        QCOMPARE(m_stage->used(u"month"_s), used);
        spend(1);
        QCOMPARE(m_stage->stop(), 0);
    }
}

/// Killed before what it has begun with is remembered, or even kept.
void TestNewLimits::startFromItOnceWhateverHappens()
{
    QVERIFY(m_stage->serve());
    spend(5);
    QCOMPARE(m_stage->stop(), 0);
    m_stage->write(Day + Month + Slow);
    for (int i = 0; i < 10; ++i) {
        QVERIFY(m_stage->serve());
        QVERIFY(m_stage->kill());
    }
    QVERIFY(m_stage->serve());
    QCOMPARE(m_stage->used(u"day"_s), 5);
    QCOMPARE(m_stage->used(u"month"_s), 5);
    QTRY_VERIFY(
        !m_stage->rows(
                    {u"sql"_s, u"SELECT 1 FROM limits WHERE \"limit\" = 'tenant' AND used = 5"_s})
             .isEmpty());
    spend(1);
    QCOMPARE(m_stage->used(u"day"_s), 6);
}

void TestNewLimits::startFromItUnderLoad_data()
{
    QTest::addColumn<bool>("isRunning");
    QTest::newRow("while the gateway runs") << true;
    QTest::newRow("between two runs") << false;
}

/// Each time another limit is new, and the gateway is killed while the limit begins: what the next
/// run has counted is what is recorded, and what was open.
void TestNewLimits::startFromItUnderLoad()
{
    QFETCH(const bool, isRunning);
    const QByteArray strict = "rate-limit-store: {durability: strict}\n";
    QRandomGenerator random(1);
    m_stage->write(strict);
    QVERIFY(m_stage->serve());
    spend(5);
    for (int i = 0; i < 8; ++i) {
        QByteArray text = Day + strict;
        text.replace("name: day", QByteArray("name: day" + QByteArray::number(i)));
        if (!isRunning) {
            m_stage->write(text);
            QCOMPARE(m_stage->stop(), 0);
            QVERIFY(m_stage->serve());
        } else {
            m_stage->write(text);
            m_stage->server->signal(SIGHUP);
        }
        std::vector<size_t> sent;
        for (int request = 0; request < 12; ++request)
            sent.push_back(m_stage->client->start("POST", ChatPath, question()));
        const auto answered = [&] {
            return std::count_if(sent.begin(), sent.end(),
                [this](size_t each) { return m_stage->client->reply(each).isDone; });
        };
        const int enough = random.bounded(12);
        QTRY_VERIFY(answered() >= enough);
        QVERIFY(m_stage->kill());
        QTRY_COMPARE(answered(), 12); // or broken off
        QVERIFY(m_stage->serve());
        const QString limit = u"day%1"_s.arg(i);
        const qint64 recorded = m_stage->recorded();
        QTRY_VERIFY(m_stage->used(limit) >= recorded);
        QVERIFY2(m_stage->used(limit) <= recorded + 12 - enough,
            qPrintable(
                u"%1: %2, recorded %3"_s.arg(limit).arg(m_stage->used(limit)).arg(recorded)));
    }
}

void TestNewLimits::oldOnesAreLeftAlone()
{
    m_stage->write(Day);
    QVERIFY(m_stage->serve());
    spend(5);
    QCOMPARE(m_stage->run({u"reset"_s, u"day"_s, u"ci"_s}), 0);
    QCOMPARE(m_stage->used(u"day"_s), 0);
    QTRY_VERIFY(QFile::exists(memory()));
    QCOMPARE(m_stage->stop(), 0);
    QVERIFY(m_stage->serve());
    QCOMPARE(m_stage->used(u"day"_s), 0); // it has no counter, and yet it is not new
}

void TestNewLimits::broughtBackTheyAreAsTheyWere_data()
{
    QTest::addColumn<bool>("isRunning");
    QTest::newRow("while the gateway runs") << true;
    QTest::newRow("between two runs") << false;
}

void TestNewLimits::broughtBackTheyAreAsTheyWere()
{
    QFETCH(const bool, isRunning);
    m_stage->write(Day);
    QVERIFY(m_stage->serve());
    spend(5);
    const auto edit = [&](const QByteArray &text, qint64 day) {
        if (!isRunning)
            QCOMPARE(m_stage->stop(), 0);
        m_stage->write(text);
        if (isRunning)
            m_stage->server->signal(SIGHUP);
        else
            QVERIFY(m_stage->serve());
        QTRY_COMPARE(m_stage->used(u"month"_s) >= 0, text.contains("month"));
        QTRY_COMPARE(m_stage->used(u"day"_s), day);
    };
    edit({}, -1);
    edit(Day + Month, 5);
    QTRY_COMPARE(m_stage->used(u"month"_s), 5); // by when the other one would have been added to
    QCOMPARE(m_stage->used(u"day"_s), 5);
}

/// As over the files of a version that did not remember.
void TestNewLimits::withoutMemoryKeptCountersWin()
{
    m_stage->write(Day);
    QVERIFY(m_stage->serve());
    spend(3);
    QCOMPARE(m_stage->run({u"reset"_s, u"day"_s, u"ci"_s}), 0);
    spend(2);
    QCOMPARE(m_stage->stop(), 0);
    QVERIFY(QFile::remove(memory()));
    m_stage->write(Day + Month);
    QVERIFY(m_stage->serve());
    QCOMPARE(m_stage->used(u"day"_s), 2);
    QCOMPARE(m_stage->used(u"month"_s), 5);
}

void TestNewLimits::damagedMemoryIsNone()
{
    m_stage->write(Day);
    QVERIFY(m_stage->serve());
    spend(2);
    QCOMPARE(m_stage->stop(), 0);
    QFile file(memory());
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    file.write("{\"limits\": [");
    file.close();
    QVERIFY(m_stage->serve());
    QCOMPARE(m_stage->used(u"day"_s), 2);
    QVERIFY(m_stage->server->errors().contains("limits.json is damaged"));
    QCOMPARE(m_stage->stop(), 0);
    QVERIFY(m_stage->serve());
    QVERIFY(!m_stage->server->errors().contains("damaged"));
}

void TestNewLimits::theAuditSaysWhatHasChanged()
{
    m_stage->write(Day + Slow);
    QVERIFY(m_stage->serve());
    QTRY_VERIFY(QFile::exists(memory()));
    QCOMPARE(m_stage->stop(), 0);
    QByteArray day = Day;
    day.replace("100", "200");
    m_stage->write(day + Month);
    for (int i = 0; i < 2; ++i) { // said once
        QVERIFY(m_stage->serve());
        QTRY_VERIFY(m_stage->client->send("GET", "/-/me").status == 200);
        QCOMPARE(m_stage->stop(), 0);
    }
    QStringList entries;
    for (const auto &row : m_stage->rows(
             {u"sql"_s, u"SELECT action, subject, before, after FROM audit ORDER BY id"_s}))
        entries.append(row["action"_L1].toString() + u' ' + row["subject"_L1].toString()
            + (row["before"_L1].toString().contains(u"100"_s) ? u" was 100"_s : QString())
            + (row["after"_L1].toString().contains(u"200"_s) ? u" is 200"_s : QString()));
    QCOMPARE(entries,
        QStringList({u"configuration applied gw.yaml"_s, u"limit changed day was 100 is 200"_s,
            u"limit removed tenant was 100"_s, u"limit added month"_s}));
}

QTEST_GUILESS_MAIN(TestNewLimits)
#include "tst_newlimits.moc"

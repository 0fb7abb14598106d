// SPDX-License-Identifier: GPL-3.0-or-later
// Sums by hour and by day say what the rows say, whenever the program ends, whoever else writes the
// file, and after the rows have gone.
#include "core/stores/ledger/audittrail.h"
#include "core/stores/ledger/ledger.h"
#include "core/stores/ledger/ledgerfile.h"
#include "core/stores/ledger/ledgerreader.h"
#include "core/stores/sqlite/database.h"
#include "recordkit.h"
#include "usagekit.h"

#include <QRandomGenerator>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using insight::RequestRecord;
using stores::Ledger;
using stores::LedgerFile;
using stores::LedgerReader;
using stores::Table;
using stores::UsageBucket;
using stores::UsageQuery;
using Records = std::vector<RequestRecord>;

namespace {

constexpr std::chrono::milliseconds Start{1'772'460'132'000}; // 2026-03-02T14:02:12, a Monday

/// What the first version of the program has made.
constexpr auto FirstSchema =
    "CREATE TABLE ledger (id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, request_id TEXT NOT "
    "NULL, key TEXT NOT NULL, owner TEXT NOT NULL, team TEXT NOT NULL, user TEXT NOT NULL, "
    "properties TEXT NOT NULL, router TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, "
    "method TEXT NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL, outcome TEXT NOT NULL, "
    "verdict TEXT NOT NULL, binding_limit TEXT NOT NULL, stream INTEGER NOT NULL, refused INTEGER "
    "NOT NULL, error INTEGER NOT NULL, duration_us INTEGER NOT NULL, overhead_us INTEGER NOT NULL, "
    "input_tokens INTEGER, cached_input_tokens INTEGER, cache_write_tokens INTEGER, output_tokens "
    "INTEGER, reasoning_tokens INTEGER, input_source TEXT NOT NULL, output_source TEXT NOT NULL, "
    "micro_cents INTEGER, unpriced INTEGER NOT NULL, estimated INTEGER NOT NULL, bytes INTEGER NOT "
    "NULL, note TEXT NOT NULL);"
    "CREATE INDEX ledger_time ON ledger (time_ms);"
    "CREATE TABLE lost_requests (minute_ms INTEGER PRIMARY KEY, requests INTEGER NOT NULL);"
    "CREATE VIEW requests AS SELECT id, time_ms, key FROM ledger;"
    "CREATE TABLE schema_version (version INTEGER NOT NULL);"
    "INSERT INTO schema_version VALUES (1);";

Records joined(Records first, const Records &second)
{
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

std::vector<insight::FinishedRequests> rows(const Records &records, bool isKept = true)
{
    auto finished = std::make_shared<insight::FinishedRows>();
    for (const RequestRecord &record : records)
        finished->append(record, isKept);
    return {finished};
}

} // namespace

class TestLedgerRollups : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void equalTheRecords_data();
    void equalTheRecords();
    void sumUpAllInAnyOrder_data();
    void sumUpAllInAnyOrder();
    void loseNothingWhenTheProgramEnds();
    void takeNoteOfOthers();
    void countWhatHasNoRow();
    void outliveTheRows();
    void outliveTheHours();
    void areRemovedInTime();
    void followTheProperties();
    void sumUpAnOlderFile();
    void areInViews();
    void areWrittenByTheLedger();

private:
    Table usage(const UsageQuery &query);
    void check(const Records &records, const UsageQuery &query, const QString &source);
    void checkAll(const Records &records);

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;
    test::StillClock m_clock;
};

void TestLedgerRollups::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_folder = std::make_unique<QTemporaryDir>();
    m_path = Ledger::pathIn(m_folder->path());
    m_clock.time = Start;
}

Table TestLedgerRollups::usage(const UsageQuery &query)
{
    const auto reader = LedgerReader::open({m_path});
    if (!reader)
        qFatal("%ls", qUtf16Printable(reader.error().message));
    auto table = (*reader)->usage(query);
    if (!table)
        qFatal("%ls", qUtf16Printable(table.error().message));
    return *table;
}

void TestLedgerRollups::check(
    const Records &records, const UsageQuery &query, const QString &source)
{
    const Table table = usage(query);
    QCOMPARE(table.source, source);
    QCOMPARE(table.notes, QStringList());
    const test::UsageGroups expected = test::expectedUsage(records, query);
    QCOMPARE(test::groupsOf(table, query), expected);
    QCOMPARE(table.rows.size(), expected.size());
}

/// The sums of each kind, of all time.
void TestLedgerRollups::checkAll(const Records &records)
{
    for (const char *by : {"", "key,model,status", "team", "user"}) {
        UsageQuery query;
        query.by = QString::fromLatin1(by).split(u',', Qt::SkipEmptyParts);
        check(records, query, u"roll-ups"_s);
    }
}

void TestLedgerRollups::equalTheRecords_data()
{
    QTest::addColumn<QString>("by");
    QTest::addColumn<QStringList>("where"); // name and value in turn
    QTest::addColumn<QString>("per");
    QTest::addColumn<qint64>("since"); // minutes after the start; -1: all
    QTest::addColumn<qint64>("until");
    QTest::addColumn<QString>("source");
    const auto row = [](const QString &by, const QStringList &where, const QString &per,
                         qint64 since, qint64 until, const QString &source) {
        QTest::addRow("%s where %s per %s from %lld to %lld", qPrintable(by),
            qPrintable(where.join(u' ')), qPrintable(per), since, until)
            << by << where << per << since << until << source;
    };
    constexpr qint64 day = 24 * 60;
    const QString sums = u"roll-ups"_s;
    const QString all = u"rows"_s;
    for (const char *per : {"", "hour", "day", "week", "month"}) {
        const QString unit = QString::fromLatin1(per);
        for (const char *by : {"", "key", "user", "property:tenant", "model,status"})
            row(QString::fromLatin1(by), {}, unit, -1, -1, sums);
        row(u"team,model"_s, {u"key"_s, u"ci"_s}, unit, 100, 30 * day, sums);
        row(u"user"_s, {}, unit, 3 * day + 1, 20 * day + 77, sums);
        row(u"user,key"_s, {}, unit, -1, 10 * day, all);
    }
    row(u"key"_s, {}, u"minute"_s, 0, 700, all);
    row(u"property:tenant"_s, {u"key"_s, u"ci"_s}, {}, -1, -1, all);
    row(u"property:other"_s, {}, {}, -1, -1, all);
    row(u"key"_s, {u"status"_s, u"200"_s, u"status"_s, u"429"_s}, {}, -1, -1, sums);
    row(u"user"_s, {u"user"_s, u"alice"_s, u"user"_s, u""_s}, {}, -1, -1, sums);
    row(u"property:tenant"_s, {u"property:Tenant"_s, u"acme"_s}, u"day"_s, -1, -1, sums);
    // The same minute, hour and day; a whole hour; a whole day; nothing; what is not there.
    row(u"key"_s, {}, {}, 70, 71, sums);
    row(u"key"_s, {}, {}, 100, 150, sums);
    row(u"key"_s, {}, {}, 100, 400, sums);
    row(u"key"_s, {}, {}, 500, 2'000, sums);
    row({}, {}, {}, 500, 500, {});
    row({}, {}, {}, 100 * day, 200 * day, sums);
}

void TestLedgerRollups::equalTheRecords()
{
    QFETCH(QString, by);
    QFETCH(QStringList, where);
    QFETCH(QString, per);
    QFETCH(qint64, since);
    QFETCH(qint64, until);
    QFETCH(QString, source);
    // Two months, half of them put into the sums, half of them not yet.
    const Records first = test::seededRecords(1, 400, Start, 107min);
    const Records second = test::seededRecords(2, 400, Start + 30 * 24h, 107min);
    LedgerFile file(m_path, m_clock);
    QVERIFY(file.setProperties({"tenant"}));
    QVERIFY(file.open());
    QVERIFY(file.write(rows(first), {}));
    QVERIFY(file.rollUp());
    QVERIFY(file.write(rows(second), {}));
    QVERIFY(file.hasSums());
    UsageQuery query;
    query.by = by.split(u',', Qt::SkipEmptyParts);
    for (qsizetype i = 0; i < where.size(); i += 2)
        query.where.push_back({where[i], where[i + 1]});
    query.bucket = stores::usageBucket(per);
    if (since >= 0)
        query.since = Start + std::chrono::minutes(since);
    if (until >= 0)
        query.until = Start + std::chrono::minutes(until);
    check(joined(first, second), query, source);
    QVERIFY(file.rollUp());
    check(joined(first, second), query, source);
}

void TestLedgerRollups::sumUpAllInAnyOrder_data()
{
    QTest::addColumn<quint32>("seed");
    for (quint32 seed = 1; seed <= 8; ++seed)
        QTest::addRow("seed %u", seed) << seed;
}

/// Writing, rolling up, closing, cleaning and other writers, as they come.
void TestLedgerRollups::sumUpAllInAnyOrder()
{
    QFETCH(quint32, seed);
    QRandomGenerator random(seed);
    Records all;
    auto file = std::make_unique<LedgerFile>(m_path, m_clock);
    QVERIFY(file->open());
    for (int step = 0; step < 60; ++step) {
        const Records some = test::seededRecords(
            random.generate(), 1 + random.bounded(20), Start + random.bounded(500) * 1h, 7min);
        switch (random.bounded(6)) {
        case 0:
            QVERIFY(file->rollUp());
            break;
        case 1:
            file = std::make_unique<LedgerFile>(m_path, m_clock);
            QVERIFY(file->open());
            break;
        case 2: {
            LedgerFile other(m_path, m_clock);
            QVERIFY(other.open());
            QVERIFY(other.write(rows(some, random.bounded(2) == 0), {}));
            if (random.bounded(2) == 0)
                QVERIFY(other.rollUp());
            all = joined(all, some);
            break;
        }
        case 3:
            m_clock.time += 1h;
            QVERIFY(file->clean({1'000h, {}, {}}));
            break;
        default:
            QVERIFY(file->write(rows(some, random.bounded(4) != 0), {}));
            all = joined(all, some);
        }
        if (step % 10 == 9)
            checkAll(all);
    }
    QVERIFY(file->rollUp());
    checkAll(all);
}

void TestLedgerRollups::loseNothingWhenTheProgramEnds()
{
    const Records records = test::seededRecords(3, 500, Start, 1h);
    for (size_t i = 0; i < records.size(); i += 100) {
        const auto from = records.begin() + static_cast<qsizetype>(i);
        LedgerFile file(m_path, m_clock);
        QVERIFY(file.open());
        QVERIFY(file.write(rows(Records(from, from + 50)), {}));
        if (i % 200 == 0)
            QVERIFY(file.rollUp());
        QVERIFY(file.write(rows(Records(from + 50, from + 100)), {}));
    } // closed as if it were killed: nothing is put into the sums
    checkAll(records);
    LedgerFile file(m_path, m_clock);
    QVERIFY(file.open());
    QVERIFY(!file.rollUp().value());
    checkAll(records);
}

void TestLedgerRollups::takeNoteOfOthers()
{
    const Records first = test::seededRecords(4, 100, Start, 1h);
    const Records second = test::seededRecords(5, 100, Start, 1h);
    LedgerFile one(m_path, m_clock);
    LedgerFile two(m_path, m_clock);
    QVERIFY(one.open());
    QVERIFY(two.open());
    QVERIFY(one.write(rows(first), {}));
    QVERIFY(two.write(rows(second), {}));
    QVERIFY(two.rollUp());
    QVERIFY(one.rollUp());
    QVERIFY(two.rollUp());
    checkAll(joined(first, second));
}

void TestLedgerRollups::countWhatHasNoRow()
{
    const Records kept = test::seededRecords(6, 300, Start, 1h);
    const Records unkept = test::seededRecords(7, 300, Start, 1h);
    {
        LedgerFile file(m_path, m_clock);
        QVERIFY(file.open());
        QVERIFY(file.write(rows(kept), {}));
        QVERIFY(file.write(rows(unkept, false), {}));
    } // closed as if it were killed
    checkAll(joined(kept, unkept));
    const auto reader = LedgerReader::open({m_path});
    QCOMPARE((*reader)->select(u"SELECT count(*) FROM requests"_s, 1)->rows.front().front(),
        QVariant(300LL));
    // A part of an hour has not all that it should have: it is counted as a whole, and that is
    // said.
    UsageQuery query;
    query.since = Start + 90min;
    query.until = Start + 92min;
    const Table table = usage(query);
    QCOMPARE(table.notes,
        QStringList{u"rows of the hour from 2026-03-02T15:00:00Z are not kept: "
                    u"the whole hour is counted"_s});
    query.since = Start + 58min - 12s;
    query.until = *query.since + 1h;
    QCOMPARE(test::groupsOf(table, query), test::expectedUsage(joined(kept, unkept), query));
}

void TestLedgerRollups::outliveTheRows()
{
    const Records records = test::seededRecords(8, 2'000, Start, 1h);
    LedgerFile file(m_path, m_clock);
    QVERIFY(file.open());
    QVERIFY(file.write(rows(records), {}));
    m_clock.time = Start + 2'000h;
    while (file.clean({500h, {}, {}}).value()) { }
    const auto reader = LedgerReader::open({m_path});
    QCOMPARE((*reader)->select(u"SELECT count(*) FROM requests"_s, 1)->rows.front().front(),
        QVariant(500LL));
    checkAll(records);
    UsageQuery query;
    query.by = QStringList{u"user"_s, u"key"_s}; // that no roll-up has
    const Table table = usage(query);
    QCOMPARE(table.source, u"rows"_s);
    QCOMPARE(table.notes,
        QStringList{u"rows are kept since 2026-05-04T02:02:12Z: what was before "
                    u"is not counted"_s});
    QCOMPARE(test::groupsOf(table, query),
        test::expectedUsage(Records(records.end() - 500, records.end()), query));
}

void TestLedgerRollups::outliveTheHours()
{
    const Records records = test::seededRecords(9, 1'000, Start, 1h);
    LedgerFile file(m_path, m_clock);
    QVERIFY(file.open());
    QVERIFY(file.write(rows(records), {}));
    m_clock.time = Start + 1'000h;
    while (file.clean({1h, 240h, {}}).value()) { }
    checkAll(records);
    UsageQuery query;
    query.since = Start + 1h;
    const Table table = usage(query);
    QCOMPARE(table.notes,
        QStringList{u"hours of 2026-03-02T00:00:00Z are not kept any more: the "
                    u"whole day is counted"_s});
    QCOMPARE(test::groupsOf(table, query), test::expectedUsage(records, {}));
}

void TestLedgerRollups::areRemovedInTime()
{
    const Records records = test::seededRecords(10, 1'000, Start, 1h);
    LedgerFile file(m_path, m_clock);
    QVERIFY(file.open());
    QVERIFY(file.write(rows(records), {}));
    m_clock.time = Start + 1'000h;
    while (file.clean({1h, 100h, 240h}).value()) { }
    const auto number = [this](const QString &sql) {
        return (*LedgerReader::open({m_path}))->select(sql, 1)->rows.front().front().toLongLong();
    };
    QVERIFY(number(u"SELECT min(time_ms) FROM rollup_hourly"_s) >= (m_clock.time - 100h).count());
    QVERIFY(number(u"SELECT min(time_ms) FROM rollup_daily"_s) >= (m_clock.time - 240h).count());
    QVERIFY(number(u"SELECT count(*) FROM rollup_group"_s) > 0);
    m_clock.time += 300h;
    while (file.clean({1h, 100h, 240h}).value()) { }
    QCOMPARE(number(u"SELECT count(*) FROM rollup_daily"_s), 0);
    QVERIFY2(number(u"SELECT count(*) FROM rollup_group"_s) == 0, "names stay behind");
    QVERIFY(file.write(rows(records), {}));
    checkAll(records);
}

void TestLedgerRollups::followTheProperties()
{
    const Records first = test::seededRecords(11, 100, Start, 1h);
    LedgerFile file(m_path, m_clock);
    QVERIFY(file.open());
    QVERIFY(file.write(rows(first), {}));
    QVERIFY(file.rollUp());
    m_clock.time = Start + 100h;
    QVERIFY(file.setProperties({"tenant"}));
    const Records second = test::seededRecords(12, 200, Start + 100h, 1h);
    QVERIFY(file.write(rows(second), {}));
    QVERIFY(file.rollUp());
    UsageQuery query;
    query.by = QStringList{u"property:tenant"_s};
    check(joined(first, second), query, u"rows"_s);
    query.since = Start + 150h;
    check(joined(first, second), query, u"roll-ups"_s);
    QVERIFY(file.setProperties({}));
    check(joined(first, second), query, u"rows"_s);
}

void TestLedgerRollups::sumUpAnOlderFile()
{
    const Records records = test::seededRecords(13, 300, Start, 1h);
    {
        LedgerFile file(m_path, m_clock);
        QVERIFY(file.open());
        QVERIFY(file.write(rows(records), {}));
    }
    { // The same rows in a file of the first version.
        auto database = stores::sqlite::Database::open(m_folder->filePath(u"old"_s), {});
        QVERIFY(database);
        QVERIFY(database->execute(FirstSchema));
        QVERIFY(database->execute("ATTACH '" + m_path.toUtf8() + "' AS new"));
        QVERIFY(database->execute(
            "INSERT INTO ledger SELECT id, time_ms, request_id, key, owner, team, user, "
            "properties, router, provider, model, method, path, status, outcome, verdict, "
            "binding_limit, stream, refused, error, duration_us, overhead_us, input_tokens, "
            "cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, "
            "input_source, output_source, micro_cents, unpriced, estimated, bytes, note FROM "
            "new.ledger"));
    }
    m_path = m_folder->filePath(u"old"_s);
    LedgerFile file(m_path, m_clock);
    QVERIFY(file.setProperties({"tenant"}));
    QVERIFY(file.open());
    checkAll(records);
    QVERIFY(file.rollUp());
    checkAll(records);
    UsageQuery query;
    query.by = QStringList{u"property:tenant"_s};
    check(records, query, u"roll-ups"_s);
    QCOMPARE((*LedgerReader::open({m_path}))
                 ->select(u"SELECT sum(requests) FROM usage_hourly"_s, 1)
                 ->rows.front()
                 .front(),
        QVariant(300LL));
}

void TestLedgerRollups::areInViews()
{
    LedgerFile file(m_path, m_clock);
    QVERIFY(file.setProperties({"tenant"}));
    QVERIFY(file.open());
    QVERIFY(file.write(rows({test::answeredRecord(1, Start), test::answeredRecord(2, Start)}), {}));
    QVERIFY(file.rollUp());
    const auto reader = LedgerReader::open({m_path});
    for (const char *view : {"usage_hourly", "usage_daily"}) {
        const auto table = (*reader)->select(
            u"SELECT time, key, provider, model, status, requests, admitted FROM "_s
                + QLatin1StringView(view),
            10);
        QVERIFY2(table, qPrintable(table ? QString() : table.error().message));
        const bool isHourly = QByteArrayView(view) == "usage_hourly";
        QCOMPARE(table->rows.size(), size_t(1));
        QCOMPARE(table->rows.front(),
            (QVariantList{isHourly ? u"2026-03-02T14:00:00Z"_s : u"2026-03-02T00:00:00Z"_s, u"ci"_s,
                u"openai"_s, u"openai/gpt-4o"_s, 200LL, 2LL, 2LL}));
    }
    QCOMPARE((*reader)->select(u"SELECT user, requests FROM usage_hourly_by_user"_s, 10)->rows,
        (std::vector<QVariantList>{{u""_s, 2LL}}));
    QCOMPARE((*reader)
                 ->select(u"SELECT property, value, requests FROM usage_hourly_by_property"_s, 10)
                 ->rows,
        (std::vector<QVariantList>{{u"tenant"_s, u""_s, 2LL}}));
}

void TestLedgerRollups::areWrittenByTheLedger()
{
    const Records records = test::seededRecords(14, 500, Start, 1h);
    Ledger::Options options;
    options.commitInterval = 1ms;
    options.rollUpInterval = 5ms;
    Ledger ledger({m_path}, m_clock, {}, options);
    ledger.keep({}, {"tenant"});
    ledger.append(test::finished(records));
    const auto summed = [this]() -> qint64 {
        const auto reader = LedgerReader::open({m_path});
        if (!reader)
            return -1;
        const auto table = (*reader)->select(u"SELECT sum(requests) FROM usage_hourly"_s, 1);
        return table ? table->rows.front().front().toLongLong() : -1;
    };
    QTRY_COMPARE(summed(), 500);
    checkAll(records);
    // Whoever else writes the file makes it begin anew with what it has not put there.
    const stores::AuditTrail audit(m_path);
    Records all = records;
    for (quint32 round = 1; round <= 5; ++round) {
        QVERIFY(audit.append({stores::AuditEntry()}));
        const Records more = test::seededRecords(14 + round, 20, Start, 1h);
        ledger.append(test::finished(more));
        all = joined(all, more);
        QTRY_COMPARE(summed(), 500 + 20 * round);
    }
    checkAll(all);
    UsageQuery query;
    query.by = QStringList{u"property:tenant"_s};
    check(all, query, u"roll-ups"_s);
}

QTEST_GUILESS_MAIN(TestLedgerRollups)
#include "tst_ledgerrollups.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// The ledger keeps the same promises in a file and in PostgreSQL: what is written, summed up,
// removed and forgotten.
#include "core/stores/ledger/ledger.h"
#include "core/stores/ledger/ledgerforget.h"
#include "core/stores/ledger/ledgerreader.h"
#include "core/stores/ledger/ledgerwriter.h"
#include "ledgerstage.h"
#include "recordkit.h"
#include "usagekit.h"

#include <QRegularExpression>
#include <QTest>

#include <atomic>

using namespace sluice;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using insight::RequestRecord;
using stores::ForgetRequest;
using stores::LedgerReader;
using stores::LedgerWriter;
using stores::UsageBucket;
using stores::UsageQuery;
using test::LedgerStage;
using Records = std::vector<RequestRecord>;

namespace {

constexpr std::chrono::milliseconds Start{1'772'460'132'000}; // 2026-03-02T14:02:12Z

stores::LedgerBatch batchOf(const Records &records, quint32 number)
{
    stores::LedgerBatch batch;
    batch.id = QByteArray::number(number).rightJustified(32, '0');
    batch.requests = {test::finished(records)};
    return batch;
}

} // namespace

class TestSharedLedger : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();

    void sumsEqualAnOwnSum_data() { places(); }

    void sumsEqualAnOwnSum();

    void keepsEveryColumn_data() { places(); }

    void keepsEveryColumn();

    void sumsOutliveTheRows_data() { places(); }

    void sumsOutliveTheRows();

    void sumsOutliveTheHours_data() { places(); }

    void sumsOutliveTheHours();

    void sumsAreRemovedInTime_data() { places(); }

    void sumsAreRemovedInTime();

    void cleansTheFileOfBeforeToo_data() { places(); }

    void cleansTheFileOfBeforeToo();

    void sumsFollowTheProperties_data() { places(); }

    void sumsFollowTheProperties();

    void sumsAreInViews_data() { places(); }

    void sumsAreInViews();

    void keepsAnyText_data() { places(); }

    void keepsAnyText();

    void sumsStopAtTheLargestNumber_data() { places(); }

    void sumsStopAtTheLargestNumber();
    void forgets_data();
    void forgets();

    void countsWhatFindsTheQueueFull_data() { places(); }

    void countsWhatFindsTheQueueFull();

    void takesItsQueueToAnotherPlace_data() { places(); }

    void takesItsQueueToAnotherPlace();

private:
    void places();
    std::unique_ptr<LedgerWriter> open();
    void write(const Records &records);
    void clean(const stores::LedgerAges &ages);
    [[nodiscard]] stores::Table usage(const UsageQuery &query) const;
    void check(const Records &expected, const UsageQuery &query, const QString &source) const;
    void checkSums(const Records &expected) const;

    test::PostgresServer m_server;
    std::unique_ptr<LedgerStage> m_stage;
    std::unique_ptr<LedgerWriter> m_writer;
    quint32 m_batches = 0;
    test::StillClock m_clock;
};

void TestSharedLedger::initTestCase()
{
    QVERIFY(m_server.start());
}

void TestSharedLedger::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    QFETCH(bool, isShared);
    m_stage = std::make_unique<LedgerStage>(isShared ? &m_server : nullptr);
    m_clock.time = Start;
}

void TestSharedLedger::cleanup()
{
    m_writer.reset();
}

void TestSharedLedger::places()
{
    QTest::addColumn<bool>("isShared");
    QTest::newRow("file") << false;
    QTest::newRow("PostgreSQL") << true;
}

std::unique_ptr<LedgerWriter> TestSharedLedger::open()
{
    auto writer = LedgerWriter::make(m_stage->place(), m_clock);
    if (const auto opened = writer->open(); !opened)
        qWarning("%s", qPrintable(opened.error().message));
    return writer;
}

void TestSharedLedger::write(const Records &records)
{
    if (!m_writer)
        m_writer = open();
    if (const auto written = m_writer->write(batchOf(records, ++m_batches)); !written)
        qWarning("%s", qPrintable(written.error().message));
    if (const auto done = m_writer->rollUp(); !done)
        qWarning("%s", qPrintable(done.error().message));
}

void TestSharedLedger::clean(const stores::LedgerAges &ages)
{
    while (m_writer->clean(ages).value()) { }
}

stores::Table TestSharedLedger::usage(const UsageQuery &query) const
{
    const auto reader = LedgerReader::open(m_stage->place());
    const auto table = reader ? (*reader)->usage(query) : Result<stores::Table>(reader.error());
    if (!table)
        qWarning("%s", qPrintable(table.error().message));
    return table ? *table : stores::Table();
}

void TestSharedLedger::check(
    const Records &expected, const UsageQuery &query, const QString &source) const
{
    const stores::Table table = usage(query);
    QCOMPARE(table.source, source);
    QCOMPARE(test::groupsOf(table, query), test::expectedUsage(expected, query));
}

void TestSharedLedger::checkSums(const Records &expected) const
{
    for (const char *by : {"", "key", "user", "team,model,status"}) {
        for (const auto bucket : {std::optional<UsageBucket>(), std::optional(UsageBucket::Day)}) {
            UsageQuery query;
            query.by = QString::fromLatin1(by).split(u',', Qt::SkipEmptyParts);
            query.bucket = bucket;
            check(expected, query, u"roll-ups"_s);
        }
    }
}

// --- writing and summing up ----------------------------------------------------------------------

void TestSharedLedger::sumsEqualAnOwnSum()
{
    m_writer = open();
    QVERIFY(m_writer->setProperties({"tenant"}));
    const Records records = test::seededRecords(7, 3'000, Start, 97s);
    write(Records(records.begin(), records.begin() + 1'000));
    write(Records(records.begin() + 1'000, records.end()));
    QCOMPARE(m_stage->rows(), 3'000);
    const auto last = records.back().at;
    for (const char *fields : {"", "key", "owner", "team", "user", "provider", "model", "router",
             "status", "property:tenant", "key,model", "user,property:tenant,status"}) {
        UsageQuery query;
        query.by = QString::fromLatin1(fields).split(u',', Qt::SkipEmptyParts);
        const QString source = query.by.size() == 3 ? u"rows"_s : u"roll-ups"_s;
        check(records, query, source);
        query.since = Start + 1h + 1s;
        query.until = last - 25h - 1min;
        check(records, query, source);
        for (const UsageBucket bucket :
            {UsageBucket::Hour, UsageBucket::Day, UsageBucket::Week, UsageBucket::Month}) {
            query.bucket = bucket;
            check(records, query, source);
        }
        query.bucket = UsageBucket::Minute;
        check(records, query, u"rows"_s);
    }
    UsageQuery query;
    query.by = QStringList{u"model"_s};
    query.where = {{u"key"_s, u"ci"_s}, {u"key"_s, u"app"_s}, {u"status"_s, u"200"_s}};
    check(records, query, u"roll-ups"_s);
    query.by = QStringList{u"user"_s, u"property:tenant"_s};
    query.where = {{u"property:Tenant"_s, u"o'brien \"x\""_s}, {u"user"_s, u"Zoë"_s}};
    check(records, query, u"rows"_s);
    query.by = QStringList{u"property:tenant"_s};
    query.where = {{u"property:tenant"_s, u"o'brien \"x\""_s}};
    check(records, query, u"roll-ups"_s);
}

void TestSharedLedger::keepsEveryColumn()
{
    RequestRecord record = test::answeredRecord(1, Start + 7ms);
    record.subject.endUser = "alice";
    record.subject.properties = {{"tenant", "a\\b\t\"c\"\n'd'"}};
    record.client = "10.0.0.1";
    record.isStream = true;
    record.retries = 2;
    record.duration = 5'000us;
    record.firstByte = 3'000us;
    record.charge.tokens.input = 10;
    record.charge.tokens.output = 20;
    record.charge.cost = 30;
    record.note = u"a\tnote; \\N"_s;
    write({record});
    const stores::Table table = m_stage->select(
        u"SELECT time, time_ms, request_id, key, \"user\", properties, provider, model, method, "
        u"path, client, status, outcome, verdict, stream, admitted, refused, error, retries, "
        u"duration_us, first_byte_us, input_tokens, cached_input_tokens, output_tokens, "
        u"micro_cents, unpriced, note FROM requests"_s);
    QCOMPARE(table.rows.size(), size_t(1));
    const QVariantList expected{u"2026-03-02T14:02:12.007Z"_s, qint64((Start + 7ms).count()),
        u"request-1"_s, u"ci"_s, u"alice"_s, u"{\"tenant\":\"a\\\\b\\t\\\"c\\\"\\n'd'\"}"_s,
        u"openai"_s, u"openai/gpt-4o"_s, u"POST"_s, u"/openai/v1/chat/completions"_s, u"10.0.0.1"_s,
        200LL, u"completed"_s, u"admitted"_s, 1LL, 1LL, 0LL, 0LL, 2LL, 5'000LL, 3'000LL, 10LL,
        QVariant(), 20LL, 30LL, 0LL, u"a\tnote; \\N"_s};
    for (qsizetype i = 0; i < expected.size(); ++i)
        QCOMPARE(table.columns[i] + u'=' + table.rows.front()[i].toString(),
            table.columns[i] + u'=' + expected[i].toString());
    for (qsizetype i = 0; i < expected.size(); ++i)
        QCOMPARE(table.rows.front()[i].isNull(), expected[i].isNull());
}

void TestSharedLedger::sumsOutliveTheRows()
{
    const Records records = test::seededRecords(8, 2'000, Start, 1h);
    write(records);
    m_clock.time = Start + 2'000h;
    clean({500h, {}, {}});
    QCOMPARE(m_stage->rows(), 500);
    checkSums(records);
    UsageQuery query;
    query.by = QStringList{u"user"_s, u"key"_s}; // that no roll-up has
    const stores::Table table = usage(query);
    QCOMPARE(table.source, u"rows"_s);
    QCOMPARE(table.notes,
        QStringList{u"rows are kept since 2026-05-04T02:02:12Z: what was before is not counted"_s});
    QCOMPARE(test::groupsOf(table, query),
        test::expectedUsage(Records(records.end() - 500, records.end()), query));
}

void TestSharedLedger::sumsOutliveTheHours()
{
    const Records records = test::seededRecords(9, 1'000, Start, 1h);
    write(records);
    m_clock.time = Start + 1'000h;
    clean({1h, 240h, {}});
    checkSums(records);
    UsageQuery query;
    query.since = Start + 1h;
    const stores::Table table = usage(query);
    QCOMPARE(table.notes,
        QStringList{
            u"hours of 2026-03-02T00:00:00Z are not kept any more: the whole day is counted"_s});
    QCOMPARE(test::groupsOf(table, query), test::expectedUsage(records, {}));
}

void TestSharedLedger::sumsAreRemovedInTime()
{
    const Records records = test::seededRecords(10, 1'000, Start, 1h);
    write(records);
    m_clock.time = Start + 1'000h;
    clean({1h, 100h, 240h});
    QVERIFY(m_stage->number(u"SELECT min(time_ms) FROM rollup_hourly"_s)
        >= (m_clock.time - 100h).count());
    QVERIFY(m_stage->number(u"SELECT min(time_ms) FROM rollup_daily"_s)
        >= (m_clock.time - 240h).count());
    QVERIFY(m_stage->number(u"SELECT count(*) FROM rollup_group"_s) > 0);
    m_clock.time += 300h;
    clean({1h, 100h, 240h});
    QCOMPARE(m_stage->number(u"SELECT count(*) FROM rollup_daily"_s), 0);
    QVERIFY2(m_stage->number(u"SELECT count(*) FROM rollup_group"_s) == 0, "names stay behind");
    write(records);
    checkSums(records);
}

void TestSharedLedger::cleansTheFileOfBeforeToo()
{
    const stores::LedgerPlace file(m_stage->place().path);
    {
        stores::Ledger before(file, m_clock, {}, {});
        before.append(test::finished(test::seededRecords(3, 3'000, Start, 1s)));
    }
    m_clock.time = Start + 48h;
    write(test::seededRecords(4, 10, m_clock.time, 1s));
    clean({24h, {}, {}});
    QCOMPARE(m_stage->rows(), 10);
    const auto reader = LedgerReader::open(file);
    const auto left = (*reader)->select(u"SELECT count(*) FROM requests"_s, 1);
    QCOMPARE(left->rows.front().front().toLongLong(), file == m_stage->place() ? 10 : 0);
}

void TestSharedLedger::sumsFollowTheProperties()
{
    const Records first = test::seededRecords(11, 100, Start, 1h);
    write(first);
    m_clock.time = Start + 100h;
    QVERIFY(m_writer->setProperties({"tenant"}));
    const Records second = test::seededRecords(12, 200, Start + 100h, 1h);
    write(second);
    Records all = first;
    all.insert(all.end(), second.begin(), second.end());
    UsageQuery query;
    query.by = QStringList{u"property:tenant"_s};
    check(all, query, u"rows"_s);
    query.since = Start + 150h;
    check(all, query, u"roll-ups"_s);
    QVERIFY(m_writer->setProperties({}));
    m_clock.time += 48h;
    clean({}); // a shared one waits a day: others may want it
    check(all, query, u"rows"_s);
}

void TestSharedLedger::sumsAreInViews()
{
    m_writer = open();
    QVERIFY(m_writer->setProperties({"tenant"}));
    write({test::answeredRecord(1, Start), test::answeredRecord(2, Start)});
    for (const char *view : {"usage_hourly", "usage_daily"}) {
        const stores::Table table = m_stage->select(
            u"SELECT time, time_ms, key, provider, model, status, requests, admitted FROM "_s
            + QLatin1StringView(view));
        const bool isHourly = QByteArrayView(view) == "usage_hourly";
        QCOMPARE(table.rows,
            (std::vector<QVariantList>{
                {isHourly ? u"2026-03-02T14:00:00Z"_s : u"2026-03-02T00:00:00Z"_s,
                    isHourly ? 1'772'460'000'000LL : 1'772'409'600'000LL, u"ci"_s, u"openai"_s,
                    u"openai/gpt-4o"_s, 200LL, 2LL, 2LL}}));
    }
    QCOMPARE(m_stage->select(u"SELECT \"user\", requests FROM usage_hourly_by_user"_s).rows,
        (std::vector<QVariantList>{{u""_s, 2LL}}));
    QCOMPARE(
        m_stage->select(u"SELECT property, value, requests FROM usage_hourly_by_property"_s).rows,
        (std::vector<QVariantList>{{u"tenant"_s, u""_s, 2LL}}));
}

/// One stranger's name must not keep everybody's requests from being recorded.
void TestSharedLedger::keepsAnyText()
{
    QByteArrayList names{"'", "\"", "\\", "\\\\'", "{}", "a,b", "NULL", "\\.", "\t\n\r", "$1",
        QByteArray(20'000, 'x'), "x\xff\xfe", QByteArray("zero\0byte", 9), "\xf0\x9f\x8c\x8a"};
    Records records;
    for (const QByteArray &name : names) {
        RequestRecord record = test::answeredRecord(records.size(), Start);
        record.subject.endUser = name;
        record.subject.properties = {{"tenant", name}};
        record.model = name;
        records.push_back(record);
    }
    m_writer = open();
    QVERIFY(m_writer->setProperties({"tenant"}));
    write(records);
    QCOMPARE(m_stage->rows(), qint64(names.size()));
    for (const char *field :
        {"user", "property:tenant", "model", "user,model", "user,property:tenant"}) {
        UsageQuery query;
        query.by = QString::fromLatin1(field).split(u',');
        qint64 sum = 0;
        for (const QVariantList &row : usage(query).rows)
            sum += row[query.by.size()].toLongLong();
        QCOMPARE(sum, qint64(names.size()));
    }
    for (const QByteArray &name : names.first(10)) {
        UsageQuery query;
        query.where = {{u"user"_s, QString::fromUtf8(name)}};
        QCOMPARE(usage(query).rows.front().front().toLongLong(), 1);
    }
}

void TestSharedLedger::sumsStopAtTheLargestNumber()
{
    Records records;
    for (quint64 i = 0; i < 3; ++i) {
        records.push_back(test::answeredRecord(i, Start));
        records.back().charge.tokens.input = 4'000'000'000'000'000'000;
    }
    write(records);
    write(records);
    UsageQuery query;
    const stores::Table table = usage(query);
    const qsizetype column = table.columns.indexOf(u"input_tokens"_s);
    QCOMPARE(table.rows.front().front().toLongLong(), 6);
    QVERIFY(table.rows.front()[column].toLongLong() > 8'000'000'000'000'000'000);
}

// --- forgetting ----------------------------------------------------------------------------------

void TestSharedLedger::forgets_data()
{
    QTest::addColumn<bool>("isShared");
    QTest::addColumn<bool>("isUser");
    for (const bool isUser : {true, false}) {
        QTest::addRow("file %d", isUser) << false << isUser;
        QTest::addRow("PostgreSQL %d", isUser) << true << isUser;
    }
}

void TestSharedLedger::forgets()
{
    QFETCH(bool, isUser);
    Records records = test::seededRecords(1, 600, Start, 1h);
    const auto nameOf = [isUser](RequestRecord &record) -> QByteArray & {
        return isUser ? record.subject.endUser : record.subject.apiKey;
    };
    for (size_t i = 0; i < records.size(); i += 4) {
        if (!records[i].subject.apiKey.isEmpty())
            nameOf(records[i]) = "O'Somebody";
    }
    Records all;
    ForgetRequest request;
    request.subject = isUser ? ForgetRequest::Subject::User : ForgetRequest::Subject::Key;
    request.name = u"O'Somebody"_s;
    request.actor = u"root"_s;
    request.now = Start;
    for (int round = 1; round <= 2; ++round) { // what was forgotten before is added to
        write(records);
        const qint64 before = m_stage->rows();
        const auto forgotten = stores::forget(m_stage->place(), request);
        QVERIFY2(forgotten, qPrintable(forgotten ? QString() : forgotten.error().message));
        QVERIFY(forgotten->rows > 100);
        QVERIFY(forgotten->groups > 0);
        QCOMPARE(m_stage->rows(), before - forgotten->rows);
        for (RequestRecord record : records) {
            if (nameOf(record) == "O'Somebody")
                nameOf(record) = stores::ForgottenName;
            all.push_back(record);
        }
        checkSums(all);
    }
    const stores::Table audit =
        m_stage->select(u"SELECT actor, action, subject, value FROM audit ORDER BY id"_s);
    QCOMPARE(audit.rows.size(), size_t(2));
    QCOMPARE(audit.rows.front(),
        (QVariantList{u"root"_s, u"forget"_s, isUser ? u"user"_s : u"key"_s,
            QString::fromLatin1(stores::hashOfForgotten(request.name))}));
    QCOMPARE(stores::forget(m_stage->place(), request)->rows, 0);
}

// --- the queue -----------------------------------------------------------------------------------

void TestSharedLedger::countsWhatFindsTheQueueFull()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"^70 requests came too fast"_s));
    {
        stores::Ledger::Options options;
        options.maxQueuedRows = 100;
        stores::Ledger ledger(m_stage->place(), m_clock, {}, options);
        Records records;
        for (quint64 i = 0; i < 100; ++i)
            records.push_back(test::answeredRecord(i, Start));
        ledger.append(test::finished(records));
        records.resize(70);
        ledger.append(test::finished(records));
        ledger.keep({24h, {}, {}}, {"tenant"});
    }
    QCOMPARE(m_stage->rows(), 100);
    const auto reader = LedgerReader::open(m_stage->place());
    QCOMPARE((*reader)->lost({}).value(), 70);
    UsageQuery query;
    query.until = Start - 1min;
    QCOMPARE((*reader)->lost(query).value(), 0);
    query = {};
    query.by = QStringList{u"user"_s};
    QCOMPARE(usage(query).rows.front()[1].toLongLong(), 170);
}

void TestSharedLedger::takesItsQueueToAnotherPlace()
{
    const LedgerStage other(nullptr);
    {
        stores::Ledger::Options options;
        options.commitInterval = 1ms;
        options.retryInterval = 1h;
        stores::LedgerPlace nowhere = m_stage->place();
        if (nowhere.isShared())
            nowhere.url = u"postgresql://sluice@127.0.0.1:1/postgres"_s;
        else
            nowhere.path = u"/dev/null/ledger.sqlite"_s;
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"^requests are not recorded: "_s));
        std::atomic<int> problems = 0;
        stores::Ledger ledger(
            nowhere, m_clock, [&problems](const QString &) { ++problems; }, options);
        ledger.append(test::finished({test::answeredRecord(1, Start)}));
        QTRY_COMPARE(problems.load(), 1);
        ledger.append(test::finished({test::answeredRecord(2, Start)}));
        ledger.moveTo(m_stage->place());
        QTRY_COMPARE(m_stage->rows(), 2);
        QTRY_COMPARE(problems.load(), 2); // that there is none any more
        ledger.moveTo(other.place());
        ledger.append(test::finished({test::answeredRecord(3, Start)}));
    }
    QCOMPARE(m_stage->rows() + other.rows(), 3);
    QCOMPARE(other.rows(), 1);
}

QTEST_GUILESS_MAIN(TestSharedLedger)
#include "tst_sharedledger.moc"

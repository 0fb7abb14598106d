// SPDX-License-Identifier: GPL-3.0-or-later
// Bodies are kept as they were, as long as they should be and no longer, and nobody waits for them.
#include "core/stores/bodies/bodyforget.h"
#include "core/stores/bodies/bodyreader.h"
#include "core/stores/bodies/bodystore.h"
#include "core/stores/ledger/ledger.h"
#include "core/stores/ledger/ledgerreader.h"
#include "core/stores/sqlite/database.h"
#include "recordkit.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QMutex>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace sluice;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using insight::MostKeptBytes;
using insight::RecordedBodies;
using insight::RecordedBody;
using stores::BodyStore;
using stores::ForgetRequest;
using stores::LedgerReader;
using test::StillClock;

namespace {

constexpr BodyStore::Options Quick{64 * 1'024 * 1'024, 1ms, 5ms, 60'000ms};
constexpr std::chrono::milliseconds Start{1'772'460'132'000}; ///< 2026-03-02T14:02:12Z

RecordedBody json(const QByteArray &text)
{
    return {"application/json", text, text.size()};
}

RecordedBodies chat(int number, std::chrono::milliseconds at = Start)
{
    const QByteArray id = "id-" + QByteArray::number(number);
    return {
        id, at, "ci", "alice", json(R"({"ask":")" + id + "\"}"), json(R"({"told":")" + id + "\"}")};
}

/// Another program at the file, with all that SQLite lets it do.
class Stranger
{
public:
    explicit Stranger(const QString &path)
    {
        if (auto database = stores::sqlite::Database::open(path, {}))
            m_database = std::move(*database);
    }

    bool run(const QByteArray &sql) { return m_database.execute(sql).has_value(); }

    qint64 number(const QByteArray &sql) { return m_database.number(sql).value_or(-1); }

private:
    stores::sqlite::Database m_database;
};

} // namespace

class TestBodyStore : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void keepsBodiesAsTheyWere_data();
    void keepsBodiesAsTheyWere();
    void makesNoFileUntilItIsAsked();
    void onlyItsOwnerReadsIt();
    void recordsNothingAfterItsEnd();
    void removesOldOnesAlsoWhenItIsOff_data();
    void removesOldOnesAlsoWhenItIsOff();
    void givesSpaceBack();
    void dropsWhatDoesNotFit();
    void writesWhatWaitedForTheLock();
    void goesOnWhenTheFolderCanBeMade();
    void refusesNewerSchema();
    void putsBrokenFilesAside();
    void beginsAgainWhenTheFileIsRemoved();
    void forgets_data();
    void forgets();
    void forgetsNothingWithoutAFile();
    void isInTheReachOfQuestions();

private:
    std::unique_ptr<BodyStore> open(const BodyStore::Options &options = Quick);
    [[nodiscard]] std::optional<RecordedBodies> read(const QByteArray &id) const;
    [[nodiscard]] qint64 rows() const;
    [[nodiscard]] qint64 sizeOnDisk() const;
    [[nodiscard]] bool isInFiles(const QByteArray &text) const;
    QString problem();

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;
    StillClock m_clock;
    QMutex m_mutex; ///< guards m_problems
    QStringList m_problems;
};

void TestBodyStore::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_folder = std::make_unique<QTemporaryDir>();
    m_path = BodyStore::pathIn(m_folder->path());
    m_problems.clear();
}

std::unique_ptr<BodyStore> TestBodyStore::open(const BodyStore::Options &options)
{
    const auto report = [this](const QString &problem) {
        const QMutexLocker lock(&m_mutex);
        m_problems.append(problem);
    };
    return std::make_unique<BodyStore>(m_path, m_clock, report, options);
}

/// What was reported last.
QString TestBodyStore::problem()
{
    const QMutexLocker lock(&m_mutex);
    return m_problems.isEmpty() ? QString() : m_problems.constLast();
}

std::optional<RecordedBodies> TestBodyStore::read(const QByteArray &id) const
{
    const auto bodies = stores::readBodies(m_path, id);
    return bodies ? *bodies : std::nullopt;
}

/// -1 if they cannot be counted (yet).
qint64 TestBodyStore::rows() const
{
    auto database = stores::sqlite::Database::open(
        m_path, {.access = stores::sqlite::Database::Access::ReadOnly});
    return database ? database->number("SELECT count(*) FROM bodies").value_or(-1) : -1;
}

qint64 TestBodyStore::sizeOnDisk() const
{
    return QFileInfo(m_path).size() + QFileInfo(m_path + u"-wal"_s).size();
}

bool TestBodyStore::isInFiles(const QByteArray &text) const
{
    const QFileInfoList files = QDir(m_folder->path()).entryInfoList(QDir::Files);
    return std::any_of(files.begin(), files.end(), [&text](const QFileInfo &info) {
        QFile file(info.filePath());
        return file.open(QIODevice::ReadOnly) && file.readAll().contains(text);
    });
}

void TestBodyStore::keepsBodiesAsTheyWere_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<qint64>("size"); // of all of it
    QTest::addColumn<QByteArray>("kept");
    QTest::addColumn<QString>("type"); // of SQLite
    const auto row = [](const char *name, const QByteArray &body, qint64 size,
                         const QByteArray &kept, const QString &type) {
        QTest::newRow(name) << body << size << kept << type;
    };
    const QByteArray full(MostKeptBytes, 'a');
    row("nothing", "", 0, "", u"text"_s);
    row("JSON", R"({"a":"Zoë"})", 12, R"({"a":"Zoë"})", u"text"_s);
    row("a whole one of the largest size", full, MostKeptBytes, full, u"text"_s);
    row("cut", full, MostKeptBytes + 1, full, u"text"_s);
    for (const QByteArray &letter : {"é"_ba, "€"_ba, "😀"_ba}) {
        for (qsizetype part = 1; part < letter.size(); ++part) {
            const QByteArray text = full.first(MostKeptBytes - part);
            const QByteArray name = "cut after " + QByteArray::number(part) + " of "
                + QByteArray::number(letter.size());
            row(name.constData(), text + letter.first(part), 1'000'000, text, u"text"_s);
        }
        const QByteArray text = full.first(MostKeptBytes - letter.size()) + letter;
        row(QByteArray("cut behind " + QByteArray::number(letter.size())).constData(), text,
            1'000'000, text, u"text"_s);
    }
    row("bytes", "\xFF\xFE\x80", 3, "\xFF\xFE\x80", u"blob"_s);
    row("a whole one that ends in a part of a character", "a\xE2\x82", 3, "a\xE2\x82", u"blob"_s);
    row("with a null", QByteArray("a\0b", 3), 3, QByteArray("a\0b", 3), u"blob"_s);
}

void TestBodyStore::keepsBodiesAsTheyWere()
{
    QFETCH(QByteArray, body);
    QFETCH(qint64, size);
    QFETCH(QByteArray, kept);
    QFETCH(QString, type);
    RecordedBodies sent = chat(1);
    sent.request = {"text/x", body, size};
    RecordedBodies refused = sent;
    refused.requestId = "id-2";
    refused.answer.reset();
    {
        const auto store = open();
        store->keep(true, 7 * 24h);
        store->append(RecordedBodies(sent));
        store->append(RecordedBodies(refused));
        store->append(RecordedBodies(sent)); // never twice
    }
    sent.request.bytes = kept;
    refused.request.bytes = kept;
    QCOMPARE(read("id-1"), std::optional(sent));
    QCOMPARE(read("id-2"), std::optional(refused));
    QCOMPARE(read("id-3"), std::nullopt);
    QCOMPARE(rows(), 2);
    Stranger stranger(m_path);
    QCOMPARE(stranger.number(
                 "SELECT count(*) FROM bodies WHERE typeof(request) = '" + type.toLatin1() + "'"),
        2);
}

void TestBodyStore::makesNoFileUntilItIsAsked()
{
    {
        const auto store = open();
        store->append(chat(1));
        store->keep(false, 7 * 24h);
        store->append(chat(2));
    }
    QVERIFY(!QFileInfo::exists(m_path));
    QVERIFY(stores::readBodies(m_path, "id-1").has_value());
    const auto store = open();
    store->keep(true, 7 * 24h);
    QTRY_COMPARE(rows(), 0);
}

void TestBodyStore::onlyItsOwnerReadsIt()
{
    const auto store = open();
    store->keep(true, 7 * 24h);
    store->append(chat(1));
    QTRY_COMPARE(rows(), 1);
    const auto others = QFileDevice::ReadGroup | QFileDevice::ReadOther | QFileDevice::WriteGroup
        | QFileDevice::WriteOther;
    const QFileInfoList files = QDir(m_folder->path()).entryInfoList(QDir::Files);
    QVERIFY(files.size() >= 3); // with the log and its index
    for (const QFileInfo &file : files)
        QVERIFY2(!(file.permissions() & others), qPrintable(file.fileName()));
}

void TestBodyStore::recordsNothingAfterItsEnd()
{
    {
        const auto store = open();
        store->keep(true, 7 * 24h);
        store->append(chat(1));
        store->keep(false, 7 * 24h);
        store->append(chat(2));
        store->keep(true, 7 * 24h);
        store->append(chat(3));
    }
    QCOMPARE(rows(), 2);
    QVERIFY(!read("id-2"));
}

void TestBodyStore::removesOldOnesAlsoWhenItIsOff_data()
{
    QTest::addColumn<bool>("isRecording");
    QTest::newRow("on") << true;
    QTest::newRow("off") << false;
}

void TestBodyStore::removesOldOnesAlsoWhenItIsOff()
{
    QFETCH(bool, isRecording);
    {
        const auto store = open();
        store->keep(true, 0ms);
        for (int i = 0; i < 2'500; ++i) // more than are removed at once
            store->append(chat(i, Start - 25h));
        store->append(chat(2'500, Start - 24h));
        store->append(chat(2'501));
    }
    QCOMPARE(rows(), 2'502);
    const auto store = open();
    store->keep(isRecording, 24h);
    QTRY_COMPARE(rows(), 2);
    store->keep(isRecording, 24h - 1ms); // looks at once
    QTRY_COMPARE(rows(), 1);
    QVERIFY(read("id-2501"));
}

void TestBodyStore::givesSpaceBack()
{
    const auto store = open();
    store->keep(true, 0ms);
    RecordedBodies large = chat(0, Start - 25h);
    large.request = json(QByteArray(MostKeptBytes, 'x'));
    for (int i = 0; i < 100; ++i) {
        large.requestId = "large-" + QByteArray::number(i);
        store->append(RecordedBodies(large));
    }
    store->append(chat(1));
    QTRY_COMPARE(rows(), 101);
    QVERIFY(sizeOnDisk() > 100 * MostKeptBytes);
    store->keep(true, 24h);
    QTRY_COMPARE(rows(), 1);
    QTRY_VERIFY2(
        sizeOnDisk() < 10 * 1'024 * 1'024, qPrintable(u"%1 bytes are left"_s.arg(sizeOnDisk())));
}

void TestBodyStore::dropsWhatDoesNotFit()
{
    {
        const auto store = open();
        store->keep(true, 7 * 24h); // makes the file
        QTRY_COMPARE(rows(), 0);
    }
    Stranger stranger(m_path);
    QVERIFY(stranger.run("BEGIN IMMEDIATE"));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"^bodies are not recorded: .*locked"_s));
    QTest::ignoreMessage(QtWarningMsg, "bodies of 17 requests came too fast to be recorded");
    {
        const auto store = open({10'000, 1ms, 1ms, 60'000ms});
        store->keep(true, 7 * 24h);
        for (int i = 0; i < 20; ++i) {
            RecordedBodies large = chat(i);
            large.request = json(QByteArray(2'500, 'x'));
            store->append(std::move(large));
        }
        QTRY_VERIFY(problem().contains(u"locked"_s));
        QVERIFY(stranger.run("ROLLBACK"));
        QTRY_COMPARE(rows(), 3); // by bytes
        QTRY_COMPARE(problem(), QString());
        store->append(chat(21));
        QTRY_COMPARE(rows(), 4);
    }
}

void TestBodyStore::writesWhatWaitedForTheLock()
{
    {
        const auto store = open();
        store->keep(true, 7 * 24h);
        QTRY_COMPARE(rows(), 0);
    }
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"^bodies are not recorded: .*locked"_s));
    Stranger stranger(m_path);
    QVERIFY(stranger.run("BEGIN IMMEDIATE"));
    const auto store = open();
    store->keep(true, 7 * 24h);
    store->append(chat(1));
    QTRY_VERIFY(problem().contains(u"locked"_s));
    store->append(chat(2));
    QVERIFY(stranger.run("ROLLBACK"));
    QTRY_COMPARE(rows(), 2);
    QTRY_COMPARE(problem(), QString());
}

void TestBodyStore::goesOnWhenTheFolderCanBeMade()
{
    QFile inTheWay(m_folder->filePath(u"data"_s));
    QVERIFY(inTheWay.open(QIODevice::WriteOnly));
    m_path = BodyStore::pathIn(m_folder->filePath(u"data"_s));
    QTest::ignoreMessage(
        QtWarningMsg, QRegularExpression(u"^bodies are not recorded: Cannot make the folder"_s));
    const auto store = open();
    store->keep(true, 7 * 24h);
    store->append(chat(1));
    QTRY_VERIFY(problem().contains(u"Cannot make the folder"_s));
    QVERIFY(inTheWay.remove());
    QTRY_COMPARE(rows(), 1);
    QTRY_COMPARE(problem(), QString());
}

void TestBodyStore::refusesNewerSchema()
{
    {
        const auto store = open();
        store->keep(true, 7 * 24h);
        store->append(chat(1));
    }
    {
        Stranger stranger(m_path);
        QVERIFY(stranger.run("UPDATE schema_version SET version = 99"));
    }
    QTest::ignoreMessage(QtWarningMsg,
        QRegularExpression(u"^bodies are not recorded: .*newer version of Sluice.*99"_s));
    QTest::ignoreMessage(QtWarningMsg, "bodies of 1 requests were not recorded");
    {
        const auto store = open();
        store->keep(true, 7 * 24h);
        store->append(chat(2));
        QTRY_VERIFY(problem().contains(u"newer version"_s));
    }
    const auto bodies = stores::readBodies(m_path, "id-1");
    QVERIFY(!bodies);
    QCOMPARE(bodies.error().code, ErrorCode::Unsupported);
    QCOMPARE(rows(), 1); // it is left alone
    // Who records nothing is told of it in the log alone.
    QTest::ignoreMessage(QtWarningMsg,
        QRegularExpression(u"^recorded bodies are not removed: .*newer version of Sluice"_s));
    m_problems.clear();
    open()->keep(false, 7 * 24h);
    QCOMPARE(problem(), QString());
}

void TestBodyStore::putsBrokenFilesAside()
{
    {
        const auto store = open();
        store->keep(true, 7 * 24h);
        for (int i = 0; i < 100; ++i)
            store->append(chat(i));
    }
    QFile file(m_path);
    QVERIFY(file.open(QIODevice::ReadWrite));
    const qint64 size = file.size();
    file.write(QByteArray(static_cast<qsizetype>(size), 'x'));
    file.close();
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"a new file of bodies begins$"_s));
    {
        const auto store = open();
        store->keep(true, 7 * 24h);
        store->append(chat(1));
    }
    QCOMPARE(rows(), 1);
    QCOMPARE(problem(), QString());
    const QStringList aside = QDir(m_folder->path()).entryList({u"bodies.sqlite.broken-*"_s});
    QCOMPARE(aside, QStringList{u"bodies.sqlite.broken-20260302-140212-000"_s});
    QCOMPARE(QFileInfo(m_folder->filePath(aside.constFirst())).size(), size);
}

void TestBodyStore::beginsAgainWhenTheFileIsRemoved()
{
    const auto store = open();
    store->keep(true, 7 * 24h);
    store->append(chat(1));
    QTRY_COMPARE(rows(), 1);
    for (const char *end : {"", "-wal", "-shm"})
        QVERIFY(QFile::remove(m_path + QLatin1StringView(end)));
    store->append(chat(2));
    QTRY_VERIFY(read("id-2"));
    QCOMPARE(rows(), 1);
    // Where nothing is recorded any more nothing is made in its place.
    store->keep(false, 7 * 24h);
    for (const char *end : {"", "-wal", "-shm"})
        QVERIFY(QFile::remove(m_path + QLatin1StringView(end)));
    store->append(chat(3));
    store->keep(false, 7 * 24h);
    QCOMPARE(problem(), QString());
    QVERIFY(!QFileInfo::exists(m_path));
}

void TestBodyStore::forgets_data()
{
    QTest::addColumn<int>("subject");
    QTest::addColumn<bool>("isOpen"); // by a gateway
    QTest::newRow("a user beside the gateway") << int(ForgetRequest::Subject::User) << true;
    QTest::newRow("a user without it") << int(ForgetRequest::Subject::User) << false;
    QTest::newRow("a key beside the gateway") << int(ForgetRequest::Subject::Key) << true;
}

void TestBodyStore::forgets()
{
    QFETCH(int, subject);
    QFETCH(bool, isOpen);
    auto store = open();
    store->keep(true, 7 * 24h);
    for (int i = 0; i < 300; ++i) {
        RecordedBodies bodies = chat(i);
        if (i % 2 == 0) {
            (subject == int(ForgetRequest::Subject::User) ? bodies.user : bodies.key) = "Zoë";
            bodies.request = json("unmistakable prompt" + QByteArray(20'000, 'p'));
            bodies.answer = json("unmistakable answer");
        }
        store->append(std::move(bodies));
    }
    QTRY_COMPARE(rows(), 300);
    if (!isOpen)
        store.reset();
    ForgetRequest request;
    request.subject = static_cast<ForgetRequest::Subject>(subject);
    request.name = u"Zoë"_s;
    const auto forgotten = stores::forgetBodies(m_path, request);
    QVERIFY2(forgotten, forgotten ? "" : qPrintable(forgotten.error().message));
    QCOMPARE(forgotten->requests, 150);
    QVERIFY(forgotten->isWiped);
    QCOMPARE(rows(), 150);
    QVERIFY(!isInFiles("unmistakable"));
    QVERIFY2(sizeOnDisk() < 1'000'000, qPrintable(u"%1 bytes are left"_s.arg(sizeOnDisk())));
    if (!isOpen)
        return;
    store->append(chat(1'000));
    QTRY_COMPARE(rows(), 151);
    QCOMPARE(problem(), QString());
}

void TestBodyStore::forgetsNothingWithoutAFile()
{
    const auto forgotten = stores::forgetBodies(m_path, {});
    QVERIFY(forgotten);
    QCOMPARE(forgotten->requests, 0);
    QVERIFY(!QFileInfo::exists(m_path));
}

/// Joined with the requests, and as harmless as they.
void TestBodyStore::isInTheReachOfQuestions()
{
    insight::RequestRecord record = test::answeredRecord(1, Start);
    record.requestId = "id-1";
    const QString ledgerPath = stores::Ledger::pathIn(m_folder->path());
    stores::Ledger({ledgerPath}, m_clock, {}, {}).append(test::finished({record}));
    QVERIFY(!(*LedgerReader::open({ledgerPath}))->select(u"SELECT * FROM bodies"_s, 1));
    const auto store = open();
    store->keep(true, 7 * 24h);
    store->append(chat(1));
    QTRY_COMPARE(rows(), 1);
    const auto reader = LedgerReader::open({ledgerPath});
    const auto joined = (*reader)->select(
        u"SELECT status, time_ms, bodies.* FROM requests JOIN bodies USING (request_id, time_ms)"_s,
        10);
    QVERIFY2(joined, joined ? "" : qPrintable(joined.error().message));
    QCOMPARE(joined->rows.size(), size_t(1));
    QCOMPARE(joined->columns.sliced(2),
        QStringList({u"request_id"_s, u"time"_s, u"time_ms"_s, u"key"_s, u"user"_s,
            u"request_type"_s, u"request"_s, u"request_bytes"_s, u"answer_type"_s, u"answer"_s,
            u"answer_bytes"_s}));
    QCOMPARE(joined->rows.front()[3].toString(), u"2026-03-02T14:02:12.000Z"_s);
    const auto asked =
        (*reader)->select(u"SELECT json_extract(request, '$.ask') FROM bodies"_s, 10);
    QCOMPARE(asked->rows.front().front().toString(), u"id-1"_s);
    for (const char *sql : {"DELETE FROM bodies", "DELETE FROM recorded_body",
             "UPDATE recorded.recorded_body SET user = ''"})
        QVERIFY(!(*reader)->select(QString::fromLatin1(sql), 1));
    QCOMPARE(rows(), 1);
}

QTEST_GUILESS_MAIN(TestBodyStore)
#include "tst_bodystore.moc"

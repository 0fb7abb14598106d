// SPDX-License-Identifier: GPL-3.0-or-later
// A SQLite file keeps what it is given, says what is wrong with it, and goes from version to
// version.
#include "core/stores/sqlite/brokenfile.h"
#include "core/stores/sqlite/database.h"
#include "core/stores/sqlite/migration.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

#include <limits>

using namespace sluice;
using namespace sluice::stores::sqlite;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr Database::Options Reading{
    Database::Access::ReadOnly, Database::Durability::Normal, 1'000ms, 2'048};
constexpr Database::Options Impatient{
    Database::Access::ReadWrite, Database::Durability::Normal, 1ms, 2'048};

/// Runs for hours unless somebody ends it.
constexpr auto Endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                         "SELECT count(*) FROM n WHERE i < 1000000000000";

} // namespace

class TestSqlite : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void keepsWhatIsBound();
    void bindsWithoutCopies();
    void tellsWhatCannotBeBound();
    void statementsAreUsedAgain();
    void takesOneStatement_data();
    void takesOneStatement();
    void transactionsAreAllOrNothing();
    void filesArePrivate();
    void setsDurability_data();
    void setsDurability();
    void readsWithoutWriting();
    void saysWhatIsWrong_data();
    void saysWhatIsWrong();
    void saysWhoIsInTheWay();
    void endsWhenInterrupted();
    void statementsOutliveTheirDatabase();
    void migratesStepByStep();
    void aBrokenStepChangesNothing();
    void refusesNewerFiles();
    void putsFilesAside();

private:
    Database open(const Database::Options &options = {});

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;
};

void TestSqlite::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_path = m_folder->filePath(u"a folder/a file.sqlite"_s);
}

Database TestSqlite::open(const Database::Options &options)
{
    auto database = Database::open(m_path, options);
    if (!database)
        qFatal("%ls", qUtf16Printable(database.error().message));
    return std::move(*database);
}

void TestSqlite::keepsWhatIsBound()
{
    Database database = open();
    QVERIFY(database.execute("CREATE TABLE t (a, b, c, d, e, f)"));
    auto insert = database.prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)");
    QVERIFY(insert);
    insert->bind(1, std::numeric_limits<qint64>::min());
    insert->bind(2, std::optional<qint64>());
    insert->bindText(3, {});
    insert->bindText(4, "Zo\xc3\xab \xf0\x9f\x8d\x80");
    insert->bindBlob(5, QByteArray("\0\xff", 2));
    insert->bindValue(6, u"Grüße"_s);
    QVERIFY(insert->run());
    auto read = database.prepare("SELECT *, 0.5 AS half FROM t");
    QVERIFY(read);
    QVERIFY(read->step().value());
    QCOMPARE(read->columns(), 7);
    QCOMPARE(read->columnName(6), u"half"_s);
    QCOMPARE(read->number(0), std::numeric_limits<qint64>::min());
    QVERIFY(read->isNull(1));
    QVERIFY2(!read->isNull(2), "an empty text is not NULL");
    QCOMPARE(read->text(2).size(), 0);
    QCOMPARE(QString::fromUtf8(read->text(3)), u"Zoë 🍀"_s);
    QCOMPARE(read->blob(4).toByteArray(), QByteArray("\0\xff", 2));
    QCOMPARE(read->value(0).typeId(), int(QMetaType::LongLong));
    QVERIFY(!read->value(1).isValid());
    QCOMPARE(read->value(4).toByteArray(), QByteArray("\0\xff", 2));
    QCOMPARE(read->value(5).toString(), u"Grüße"_s);
    QCOMPARE(read->value(6).toDouble(), 0.5);
    QVERIFY(!read->step().value());
}

void TestSqlite::bindsWithoutCopies()
{
    Database database = open();
    auto echo = database.prepare("SELECT ?");
    QByteArray text("first");
    echo->bindText(1, text, Statement::Lifetime::Static);
    QVERIFY(echo->step().value());
    QVERIFY2(echo->blob(0).data() == text.constData(), "the text was copied");
    echo->reset();
    echo->bindText(1, text);
    text = "other";
    QVERIFY(echo->step().value());
    QCOMPARE(echo->text(0).toByteArray(), "first"_ba);
}

void TestSqlite::tellsWhatCannotBeBound()
{
    Database database = open();
    auto echo = database.prepare("SELECT ?");
    echo->bind(2, 5);
    QVERIFY(!echo->step());
    echo->bind(1, 5);
    QVERIFY2(echo->step().value(), "the next try has its own chance");
    QCOMPARE(echo->number(0), 5);
}

void TestSqlite::statementsAreUsedAgain()
{
    Database database = open();
    QVERIFY(database.execute("CREATE TABLE t (a INTEGER UNIQUE)"));
    auto insert = database.prepare("INSERT INTO t VALUES (?)");
    for (qint64 i = 0; i < 100; ++i) {
        insert->bind(1, i);
        QVERIFY(insert->run());
    }
    const auto twice = insert->run();
    QVERIFY(!twice);
    QVERIFY2(twice.error().message.contains(m_path), qPrintable(twice.error().message));
    insert->bind(1, 100);
    QVERIFY2(insert->run(), "an error is of one run only");
    QCOMPARE(database.number("SELECT sum(a) FROM t").value(), 5'050);
    QVERIFY(database.execute("DELETE FROM t WHERE a < 7"));
    QCOMPARE(database.changes(), 7);
    QCOMPARE(database.number("SELECT a FROM t WHERE a < 0").error().code, ErrorCode::NotFound);
}

void TestSqlite::takesOneStatement_data()
{
    QTest::addColumn<QByteArray>("sql");
    QTest::addColumn<bool>("isGood");
    QTest::newRow("one") << "SELECT 1"_ba << true;
    QTest::newRow("with its end") << "SELECT 1 ; ; -- end\n /* x */ "_ba << true;
    QTest::newRow("two") << "SELECT 1; SELECT 2"_ba << false;
    QTest::newRow("a broken second") << "SELECT 1; SELEC"_ba << false;
    QTest::newRow("none") << ""_ba << false;
    QTest::newRow("a comment") << "-- nothing"_ba << false;
    QTest::newRow("wrong") << "SELECT FROM"_ba << false;
    QTest::newRow("what is not there") << "SELECT x FROM nowhere"_ba << false;
}

void TestSqlite::takesOneStatement()
{
    QFETCH(QByteArray, sql);
    QFETCH(bool, isGood);
    const auto statement = open().prepare(sql);
    QCOMPARE(statement.has_value(), isGood);
    if (!isGood) {
        QCOMPARE(statement.error().code, ErrorCode::Invalid);
        QVERIFY(!statement.error().message.isEmpty());
    }
}

void TestSqlite::transactionsAreAllOrNothing()
{
    Database database = open();
    QVERIFY(database.execute("CREATE TABLE t (a)"));
    const auto failed = database.transaction([&]() -> Result<void> {
        if (auto done = database.execute("INSERT INTO t VALUES (1)"); !done)
            return done;
        return Error{ErrorCode::Refused, u"no"_s, {}};
    });
    QCOMPARE(failed.error().code, ErrorCode::Refused);
    QCOMPARE(database.number("SELECT count(*) FROM t").value(), 0);
    QVERIFY(database.transaction([&] { return database.execute("INSERT INTO t VALUES (1)"); }));
    QCOMPARE(database.number("SELECT count(*) FROM t").value(), 1);
}

void TestSqlite::filesArePrivate()
{
    Database database = open();
    QVERIFY(database.execute("CREATE TABLE t (a)"));
    const auto others = QFileDevice::ReadGroup | QFileDevice::ReadOther | QFileDevice::WriteGroup
        | QFileDevice::WriteOther;
    const QFileInfoList files = QFileInfo(m_path).dir().entryInfoList(QDir::Files);
    QCOMPARE(files.size(), 3); // with the log and its index
    for (const QFileInfo &file : files)
        QVERIFY2(!(file.permissions() & others), qPrintable(file.fileName()));
}

void TestSqlite::setsDurability_data()
{
    QTest::addColumn<int>("durability");
    QTest::addColumn<qint64>("synchronous");
    QTest::newRow("normal") << int(Database::Durability::Normal) << qint64(1);
    QTest::newRow("full") << int(Database::Durability::Full) << qint64(2);
}

void TestSqlite::setsDurability()
{
    QFETCH(int, durability);
    QFETCH(qint64, synchronous);
    Database::Options options;
    options.durability = static_cast<Database::Durability>(durability);
    Database database = open(options);
    QCOMPARE(database.number("PRAGMA synchronous").value(), synchronous);
    auto mode = database.prepare("PRAGMA journal_mode");
    QVERIFY(mode->step().value());
    QCOMPARE(mode->text(0).toByteArray(), "wal"_ba);
}

void TestSqlite::readsWithoutWriting()
{
    Database writer = open();
    QVERIFY(writer.execute("CREATE TABLE t (a)"));
    Database reader = open(Reading);
    QCOMPARE(reader.number("SELECT count(*) FROM t").value(), 0);
    QVERIFY(writer.execute("INSERT INTO t VALUES (1)"));
    QCOMPARE(reader.number("SELECT count(*) FROM t").value(), 1);
    QVERIFY(!reader.execute("INSERT INTO t VALUES (1)"));
    QCOMPARE(reader.path(), m_path);
}

void TestSqlite::saysWhatIsWrong_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<bool>("isReading");
    QTest::addColumn<int>("code");
    QTest::newRow("none") << QByteArray() << true << int(ErrorCode::NotFound);
    QTest::newRow("text") << QByteArray(10'000, 'x') << true << int(ErrorCode::Invalid);
    QTest::newRow("text, written") << QByteArray(10'000, 'x') << false << int(ErrorCode::Invalid);
    QTest::newRow("cut") << QByteArray("SQLite format 3\0abc", 19) << false
                         << int(ErrorCode::Invalid);
}

void TestSqlite::saysWhatIsWrong()
{
    QFETCH(QByteArray, content);
    QFETCH(bool, isReading);
    QFETCH(int, code);
    m_path = m_folder->filePath(u"broken"_s);
    QFile file(m_path);
    if (!content.isNull()) {
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
        file.close();
    }
    const auto database = Database::open(m_path, isReading ? Reading : Impatient);
    QVERIFY(!database);
    QCOMPARE(int(database.error().code), code);
    QVERIFY2(database.error().message.contains(m_path), qPrintable(database.error().message));
}

void TestSqlite::saysWhoIsInTheWay()
{
    Database first = open();
    QVERIFY(first.execute("CREATE TABLE t (a); BEGIN IMMEDIATE"));
    Database second = open(Impatient);
    const auto written = second.transaction([]() -> Result<void> { return {}; });
    QCOMPARE(written.error().code, ErrorCode::Busy);
    QVERIFY(written.error().message.contains(u"locked"_s));
    QVERIFY(first.execute("COMMIT"));
    QVERIFY(second.transaction([]() -> Result<void> { return {}; }));
}

void TestSqlite::endsWhenInterrupted()
{
    Database database = open();
    ErrorCode code = ErrorCode::Io;
    std::atomic<bool> isOver = false;
    const std::unique_ptr<QThread> asking(QThread::create([&] {
        code = database.number(Endless).error().code;
        isOver = true;
    }));
    asking->start();
    // What has not begun is not interrupted.
    while (!isOver) {
        database.interrupt();
        QThread::yieldCurrentThread();
    }
    QVERIFY(asking->wait());
    QCOMPARE(code, ErrorCode::Cancelled);
    QCOMPARE(database.number("SELECT 1").value(), 1);
}

void TestSqlite::statementsOutliveTheirDatabase()
{
    Statement statement;
    QVERIFY(!statement.isValid());
    {
        Database database = open();
        statement = std::move(*database.prepare("SELECT 5"));
    }
    QVERIFY(statement.isValid());
    QVERIFY(statement.step().value());
    QCOMPARE(statement.number(0), 5);
}

void TestSqlite::migratesStepByStep()
{
    const Step first{"CREATE TABLE t (a)", "INSERT INTO t VALUES (1)"};
    const Step second{"ALTER TABLE t ADD COLUMN b", "UPDATE t SET b = a + 1"};
    {
        Database database = open();
        QCOMPARE(version(database, 2, u"the test"_s).value(), 0);
        QVERIFY(migrate(database, {first}, u"the test"_s));
        QCOMPARE(version(database, 2, u"the test"_s).value(), 1);
    }
    Database database = open();
    for (int again = 0; again < 2; ++again) {
        QVERIFY(migrate(database, {first, second}, u"the test"_s));
        QCOMPARE(version(database, 2, u"the test"_s).value(), 2);
        QCOMPARE(database.number("SELECT b FROM t").value(), 2);
    }
}

void TestSqlite::aBrokenStepChangesNothing()
{
    Database database = open();
    QVERIFY(!migrate(database, {{"CREATE TABLE t (a)", "no SQL"}}, u"the test"_s));
    QCOMPARE(database.number("SELECT count(*) FROM sqlite_master").value(), 0);
}

void TestSqlite::refusesNewerFiles()
{
    Database database = open();
    const Step step{"SELECT 1"};
    QVERIFY(migrate(database, {step, step, step}, u"the test"_s));
    const auto migrated = migrate(database, {step}, u"the test"_s);
    QCOMPARE(migrated.error().code, ErrorCode::Unsupported);
    const QString message = migrated.error().message;
    for (const QString &part : {m_path, u"the test"_s, u"schema is 3"_s, u"update Sluice"_s})
        QVERIFY2(message.contains(part), qPrintable(message));
    QCOMPARE(version(database, 3, u"the test"_s).value(), 3);
}

void TestSqlite::putsFilesAside()
{
    m_path = m_folder->filePath(u"file"_s);
    for (const auto *end : {"", "-wal", "-shm"}) {
        QFile file(m_path + QLatin1StringView(end));
        QVERIFY(file.open(QIODevice::WriteOnly));
    }
    const auto aside = putAside(m_path, 1'772'460'132'000ms);
    QCOMPARE(aside.value(), QString(m_path + u".broken-20260302-140212-000"_s));
    QCOMPARE(QDir(m_folder->path()).entryList(QDir::Files),
        QStringList(
            {u"file.broken-20260302-140212-000"_s, u"file.broken-20260302-140212-000-wal"_s}));
    QCOMPARE(putAside(m_path, 0ms).error().code, ErrorCode::Io);
}

QTEST_GUILESS_MAIN(TestSqlite)
#include "tst_sqlite.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// URLs of PostgreSQL, and the sentences about what is wrong there.
#include "core/stores/postgres/postgresaddress.h"
#include "core/stores/postgres/postgresproblem.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::stores;

class TestPostgresAddress : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void urlsAreUnderstood_data();
    void urlsAreUnderstood();
    void nonsenseIsRefusedWithoutQuotingIt_data();
    void nonsenseIsRefusedWithoutQuotingIt();
    void namesBecomeNumbers();
    void ownParametersWin();
    void statesHaveSentences_data();
    void statesHaveSentences();
    void stateIsFoundInAnyLanguage();
};

void TestPostgresAddress::initTestCase()
{
    for (const char *name : {"PGHOST", "PGPORT", "PGUSER", "PGDATABASE"})
        qunsetenv(name);
}

void TestPostgresAddress::urlsAreUnderstood_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("where");
    QTest::addColumn<QStringList>("names");
    QTest::addColumn<QString>("user");
    QTest::addColumn<QString>("database");
    const auto row = [](const char *url, const char *where, const QStringList &names,
                         const char *user, const char *database) {
        QTest::newRow(url) << QString::fromLatin1(url) << QString::fromLatin1(where) << names
                           << QString::fromLatin1(user) << QString::fromLatin1(database);
    };
    row("postgresql://me:se%2Fcret@db.example:5433/limits", "db.example:5433", {u"db.example"_s},
        "me", "limits");
    row("postgres://me@db.example", "db.example:5432", {u"db.example"_s}, "me", "me");
    row("postgresql://me@[::1]:7/x", "[::1]:7", {u"::1"_s}, "me", "x");
    row("postgresql://a:1,b:2/x?target_session_attrs=read-write", "a:1,b:2", {u"a"_s, u"b"_s}, "",
        "x");
    row("postgresql:///x?host=/run/postgresql", "/run/postgresql:5432", {}, "", "x");
    row("postgresql://me@/x", "the local socket:5432", {}, "me", "x");
    row("postgresql://me@h/x?hostaddr=10.0.0.1", "h:5432", {}, "me", "x");
}

void TestPostgresAddress::urlsAreUnderstood()
{
    QFETCH(QString, url);
    const Result<PostgresAddress> address = PostgresAddress::parse(url);
    QVERIFY(address);
    QTEST(address->where(), "where");
    QTEST(address->names(), "names");
    QTEST(address->user(), "user");
    QTEST(address->database(), "database");
}

void TestPostgresAddress::nonsenseIsRefusedWithoutQuotingIt_data()
{
    QTest::addColumn<QString>("url");
    for (const char *url : {"", "postgresql://me:secret%zz@h/x", "postgresql://me:secret@h/x?a=b",
             "host=h password=secret", "mysql://me:secret@h/x", "postgresql://me:secret@[::1/x"})
        QTest::newRow(url) << QString::fromLatin1(url);
}

void TestPostgresAddress::nonsenseIsRefusedWithoutQuotingIt()
{
    QFETCH(QString, url);
    const Result<PostgresAddress> address = PostgresAddress::parse(url);
    QVERIFY(!address);
    QVERIFY(!address.error().message.contains("secret"_L1));
    QVERIFY(address.error().message.contains("postgresql://user@host:port/database"_L1));
}

void TestPostgresAddress::namesBecomeNumbers()
{
    const auto address = PostgresAddress::parse(u"postgresql://a:1,10.0.0.9:2/x"_s).value();
    const auto values = address.parameters(
        {{u"a"_s, {u"::1"_s, u"127.0.0.1"_s}}, {u"10.0.0.9"_s, {u"10.0.0.9"_s}}});
    QCOMPARE(values["host"], "a,a,10.0.0.9");
    QCOMPARE(values["hostaddr"], "::1,127.0.0.1,10.0.0.9");
    QCOMPARE(values["port"], "1,1,2");
    QCOMPARE(values["dbname"], "x");
}

void TestPostgresAddress::ownParametersWin()
{
    const auto address = PostgresAddress::parse(
        u"postgresql://h/x?application_name=mine&gssencmode=prefer&hostaddr=10.0.0.1"_s)
                             .value();
    const auto values = address.parameters({});
    QCOMPARE(values["application_name"], "mine");
    QCOMPARE(values["gssencmode"], "prefer");
    QCOMPARE(values["hostaddr"], "10.0.0.1");
}

void TestPostgresAddress::statesHaveSentences_data()
{
    QTest::addColumn<QByteArray>("state");
    QTest::addColumn<QString>("message");
    QTest::addColumn<QString>("sentence");
    const auto row = [](const char *state, const char *message, const QString &sentence) {
        QTest::addRow("%s %s", state, message)
            << QByteArray(state) << QString::fromLatin1(message) << sentence;
    };
    row("53100", "", u"PostgreSQL at h:5432 has no disk space left: make room there"_s);
    row("53200", "",
        u"PostgreSQL at h:5432 is out of memory: check max_locks_per_transaction and memory"_s);
    row("53300", "",
        u"PostgreSQL at h:5432 takes no more connections: raise max_connections there"_s);
    row("57P03", "", u"PostgreSQL at h:5432 is starting up or shutting down: wait for it"_s);
    row("57014", "",
        u"PostgreSQL at h:5432 did not finish within connection-timeout: look for locks and slow "
        "disks there"_s);
    row("42P01", "",
        u"PostgreSQL at h:5432 has lost the tables of the schema \"team\" of the database \"x\": "
        "look who removed them"_s);
    row("XX000", "ERROR:  XX000: something odd\nLOCATION: here",
        u"PostgreSQL at h:5432 cannot be used (something odd): check url and the server's log"_s);
    row("", "",
        u"PostgreSQL at h:5432 cannot be used (no reason given): check url and the server's "
        "log"_s);
}

void TestPostgresAddress::statesHaveSentences()
{
    QFETCH(QByteArray, state);
    QFETCH(QString, message);
    const PostgresPlace place{
        PostgresAddress::parse(u"postgresql://me:secret@h/x"_s).value(), "team"};
    QTEST(postgresProblem(place, state, message), "sentence");
}

void TestPostgresAddress::stateIsFoundInAnyLanguage()
{
    QCOMPARE(sqlStateIn(u"connection to \"h\" failed: FATAL:  28P01: password"_s), "28P01");
    QCOMPARE(sqlStateIn(u"FATAL:  3D000: la base existe pas"_s), "3D000");
    QCOMPARE(sqlStateIn(u"connection refused"_s), "");
}

QTEST_APPLESS_MAIN(TestPostgresAddress)
#include "tst_postgresaddress.moc"

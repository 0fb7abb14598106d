// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever is wrong with the address, the role or the schema in PostgreSQL is told in one sentence
// with the remedy, and without a secret.
#include "postgreswatch.h"
#include "tests/support/postgresserver.h"

#include <QElapsedTimer>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::limits;
using namespace sluice::stores;
using namespace sluice::test;
using namespace std::chrono_literals;

class TestPostgresProblems : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void badAddressesAreNamed_data();
    void badAddressesAreNamed();
    void urlThatCannotBeUnderstoodKeepsItsSecret();
    void prefixThatNamesNoSchemaIsRefused();
    void strangersAreNotMistakenForTheServer_data();
    void strangersAreNotMistakenForTheServer();
    void passwordsWork();
    void certificatesAreChecked();
    void newerSchemaIsLeftAlone();
    void roleWithoutRightsIsToldTheRemedy();
    void replicaIsNamed();

private:
    PostgresServer m_server;
};

void TestPostgresProblems::initTestCase()
{
    QVERIFY(m_server.start());
    QVERIFY(m_server.addRole(u"guarded"_s, u"right horse"_s));
}

/// Most tests find an empty schema, so that none of them waits for its making.
void TestPostgresProblems::init()
{
    m_server.emptySchema();
}

void TestPostgresProblems::badAddressesAreNamed_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("problem");
    const QString port = QString::number(m_server.port());
    const QString here = u"127.0.0.1:"_s + port;
    QTest::newRow("wrong password")
        << QString(u"postgresql://guarded:wrong-horse@"_s + here + u"/postgres")
        << QString(u"PostgreSQL at "_s + here
               + u" refuses the password of the role \"guarded\": check url");
    QTest::newRow("no password")
        << QString(u"postgresql://guarded@"_s + here + u"/postgres")
        << QString(u"PostgreSQL at "_s + here
               + u" wants a password of the role \"guarded\": add it to url, or use ~/.pgpass");
    QTest::newRow("wrong database")
        << QString(u"postgresql://sluice@"_s + here + u"/nothing")
        << QString(u"PostgreSQL at "_s + here
               + u" has no database \"nothing\": check url, or create it");
    QTest::newRow("wrong role")
        << QString(u"postgresql://nobody@"_s + here + u"/postgres")
        << QString(u"PostgreSQL at "_s + here
               + u" does not let the role \"nobody\" log in to the database \"postgres\": check "
                 u"the role in url, and pg_hba.conf of the server");
    QTest::newRow("no TLS there") << QString(
        u"postgresql://sluice@"_s + here + u"/postgres?sslmode=require")
                                  << QString(u"PostgreSQL at "_s + here
                                         + u" offers no TLS: check sslmode in url");
    QTest::newRow("nothing listens")
        << u"postgresql://sluice@127.0.0.1:1/postgres"_s
        << u"Nothing listens at 127.0.0.1:1: start PostgreSQL, or check host and port in url"_s;
    QTest::newRow("no socket")
        << u"postgresql://sluice@/postgres?host=/nowhere"_s
        << u"Nothing listens at /nowhere:5432: start PostgreSQL, or check host and port in url"_s;
    QTest::newRow("no such host")
        << u"postgresql://sluice@no-such-host.invalid/postgres"_s
        << u"The host \"no-such-host.invalid\" of the PostgreSQL store has no address: check url "
           u"and the name server"_s;
}

void TestPostgresProblems::badAddressesAreNamed()
{
    QFETCH(QString, url);
    QFETCH(QString, problem);
    StoreProbe watched = probeOf(url, {}, 10s);
    // Requests wait for the first connection, and no longer.
    const Result<StoreAnswer> answer = watched.reserve({"1", {heldStep("bad")}});
    QVERIFY(!answer);
    QCOMPARE(answer.error().message, problem);
    QCOMPARE(watched.notices().size(), 1U);
    QCOMPARE(watched.problem(), problem);
    QVERIFY(!watched.isUp());
    // Tried again, but told once.
    bool isAnswered = false;
    watched.store().reserve(
        {"2", {heldStep("bad")}}, [&](const Result<StoreAnswer> &) { isAnswered = true; });
    QVERIFY(isAnswered);
    QCOMPARE(watched.notices().size(), 1U);
}

void TestPostgresProblems::urlThatCannotBeUnderstoodKeepsItsSecret()
{
    StoreProbe watched = probeOf(u"postgresql://sluice:se%cret@127.0.0.1/postgres"_s);
    QVERIFY(watched.notices().empty()); // not before the store is in its owner's hands
    QTRY_COMPARE(watched.notices().size(), 1U);
    QVERIFY(watched.problem().contains("cannot be understood"_L1));
    QVERIFY(!watched.problem().contains("cret"_L1));
    QVERIFY(!watched.reserve({"1", {heldStep("bad")}}));
}

void TestPostgresProblems::prefixThatNamesNoSchemaIsRefused()
{
    for (const char *prefix : {"", ":", "pg_sluice:", "a\"b", "a b", "\xc3\xa4"}) {
        config::Store config;
        config.url = m_server.url();
        config.keyPrefix = prefix;
        QVERIFY2(!PostgresStore::schemaSql(config), prefix);
    }
}

void TestPostgresProblems::strangersAreNotMistakenForTheServer_data()
{
    QTest::addColumn<QByteArray>("greeting");
    QTest::addColumn<QString>("problem");
    const QString nonsense =
        u"What listens at %1 does not answer like PostgreSQL: check host and port in url"_s;
    QTest::newRow("a web server") << QByteArray("HTTP/1.1 400 Bad Request\r\n\r\n") << nonsense;
    QTest::newRow("a length out of bounds")
        << QByteArray("R\xff\xff\xff\xff\0\0\0\0", 9) << nonsense;
    QTest::newRow("silence")
        << QByteArray()
        << u"PostgreSQL at %1 does not answer within 400 ms: check that it runs, and host and port "
           u"in url"_s;
}

void TestPostgresProblems::strangersAreNotMistakenForTheServer()
{
    QFETCH(QByteArray, greeting);
    QFETCH(QString, problem);
    QTcpServer stranger;
    QVERIFY(stranger.listen(QHostAddress::LocalHost, 0));
    connect(&stranger, &QTcpServer::newConnection, &stranger, [&] {
        QTcpSocket *socket = stranger.nextPendingConnection();
        connect(socket, &QTcpSocket::readyRead, socket, [socket, greeting] {
            socket->readAll();
            socket->write(greeting);
        });
    });
    QElapsedTimer timer;
    timer.start();
    StoreProbe watched = probeOf(PostgresServer::urlAt(stranger.serverPort()));
    const Result<StoreAnswer> answer = watched.reserve({"1", {heldStep("bad")}});
    QVERIFY2(
        timer.elapsed() <= Timeout.count() + Slack, qPrintable(QString::number(timer.elapsed())));
    QVERIFY(!answer);
    QCOMPARE(answer.error().message,
        problem.arg(u"127.0.0.1:"_s + QString::number(stranger.serverPort())));
}

void TestPostgresProblems::passwordsWork()
{
    m_server.dropSchema();
    m_server.sql("CREATE SCHEMA sluice AUTHORIZATION guarded");
    StoreProbe watched =
        probeOf(u"postgresql://guarded:right%20horse@127.0.0.1:%1/postgres"_s.arg(m_server.port()),
            {}, 10s);
    QTRY_VERIFY(watched.isUp());
    m_server.dropSchema();
}

void TestPostgresProblems::certificatesAreChecked()
{
    PostgresServer server;
    QVERIFY(server.start());
    if (!server.enableTls())
        QSKIP("openssl is not installed");
    const QString url = server.url() + u"?sslmode=verify-full&sslrootcert="_s;
    StoreProbe trusting = probeOf(url + server.certificate(), {}, 10s);
    QTRY_COMPARE(trusting.notices().size(), 1U);
    QVERIFY(trusting.isUp());
    StoreProbe strange = probeOf(url + u"/etc/ssl/certs/ca-certificates.crt"_s, {}, 10s);
    QTRY_COMPARE(strange.problem(),
        u"PostgreSQL at 127.0.0.1:%1 shows a certificate that is not trusted: check "
        "sslmode and sslrootcert in url"_s.arg(server.port()));
    QCOMPARE(strange.notices().size(), 1U);
}

void TestPostgresProblems::newerSchemaIsLeftAlone()
{
    {
        StoreProbe watched = probeOf(m_server.url());
        QTRY_VERIFY(watched.isUp());
    }
    m_server.sql("UPDATE sluice.meta SET version = 7");
    StoreProbe watched = probeOf(m_server.url());
    QTRY_COMPARE(watched.notices().size(), 1U);
    QCOMPARE(watched.problem(),
        u"The schema \"sluice\" in PostgreSQL at 127.0.0.1:%1 was made by a newer version (7, this "
        "one knows 2): use that version, or another key-prefix"_s.arg(m_server.port()));
    QCOMPARE(m_server.sql("SELECT version FROM sluice.meta"), "7\n");
    m_server.dropSchema();
}

void TestPostgresProblems::roleWithoutRightsIsToldTheRemedy()
{
    m_server.dropSchema();
    config::Store config;
    config.url = u"postgresql://guarded:right%20horse@127.0.0.1:%1/postgres"_s.arg(m_server.port());
    StoreProbe watched = probeOf(config.url, {}, 10s);
    QTRY_COMPARE(watched.problem(),
        u"PostgreSQL at 127.0.0.1:%1 does not allow the role \"guarded\" to set up or "
        "use the schema \"sluice\" of the database \"postgres\": let an administrator "
        "run the SQL that \"sluicectl check --store-sql\" prints"_s.arg(m_server.port()));
    QCOMPARE(watched.notices().size(), 1U);
    const Result<QByteArray> sql = PostgresStore::schemaSql(config);
    QVERIFY(sql);
    QVERIFY(!sql->contains("horse"));
    QCOMPARE(m_server.sql(*sql), "");
    QTRY_VERIFY(watched.isUp());
    const Result<StoreAnswer> answer = watched.reserve({"1", {heldStep("rights")}});
    QVERIFY2(answer, reasonOf(answer).constData());
}

void TestPostgresProblems::replicaIsNamed()
{
    PostgresServer replica;
    QVERIFY(replica.start());
    QVERIFY(replica.makeStandby());
    StoreProbe watched = probeOf(replica.url(), {}, 10s);
    QTRY_COMPARE(watched.problem(),
        u"PostgreSQL at 127.0.0.1:%1 is a read-only replica: let url name the primary "
        "server, or add ?target_session_attrs=read-write"_s.arg(replica.port()));
    QCOMPARE(watched.notices().size(), 1U);
}

QTEST_GUILESS_MAIN(TestPostgresProblems)
#include "tst_postgresproblems.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// The admin API of a whole gateway over real sockets: closed to pages, strangers and wrong tokens,
// one clear sentence for what it cannot read, and never in the way of the gateway's own work.
#include "adminstage.h"

#include <QElapsedTimer>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTcpSocket>
#include <QTest>
#include <QUrl>

#include <array>
#include <csignal>

using namespace sluice;
using namespace Qt::StringLiterals;
using test::AdminStage;
using test::Reply;

namespace {

/// A question that takes as long as anybody waits.
const QByteArray Endless = R"({"sql":"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 )"
                           R"(FROM n) SELECT count(*) FROM n"})";

QString message(const Reply &reply)
{
    return reply.json()[u"error"_s][u"message"_s].toString();
}

} // namespace

class TestAdminProcess : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void isClosedToOthers_data();
    void isClosedToOthers();
    void saysWhatItCannotRead_data();
    void saysWhatItCannotRead();
    void refusesAHugeBodyUnread();
    void readsTheLedger();
    void forgetsAUser();
    void aLongQuestionIsInNobodysWay();
    void aClientThatLeavesIsForgotten();
    void endsWhileItIsAsked();
    void describesItself();
    void neverTellsItsToken();

private:
    std::unique_ptr<AdminStage> m_stage;
};

void TestAdminProcess::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_stage = std::make_unique<AdminStage>();
    QVERIFY(m_stage->serve());
}

void TestAdminProcess::cleanup()
{
    m_stage.reset();
}

void TestAdminProcess::isClosedToOthers_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("path");
    QTest::newRow("limits") << "GET"_ba
                            << "limits"_ba;
    QTest::newRow("block") << "POST"_ba
                           << "blocks"_ba;
    QTest::newRow("unblock") << "DELETE"_ba
                             << "blocks/1"_ba;
    QTest::newRow("sql") << "POST"_ba
                         << "sql"_ba;
    QTest::newRow("document") << "GET"_ba
                              << "openapi.json"_ba;
    QTest::newRow("nothing") << "GET"_ba
                             << "nothing"_ba;
    QTest::newRow("preflight") << "OPTIONS"_ba
                               << "limits"_ba;
}

void TestAdminProcess::isClosedToOthers()
{
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, path);
    const QByteArray target = "/-/api/v1/" + path;
    const QByteArray body = method == "POST" ? "{}"_ba : ""_ba;
    const auto send = [&](const gateway::Headers &headers) {
        return m_stage->client->send(method, target, body, headers);
    };
    const Reply none = send({});
    QCOMPARE(none.status, 401);
    QCOMPARE(none.json()[u"error"_s][u"code"_s].toString(), u"admin_token_required"_s);
    QVERIFY(message(none).contains(u"admin-token"_s));
    QCOMPARE(send({{"Authorization", "Bearer " + QByteArray(64, '0')}}).status, 401);
    QCOMPARE(send({{"Authorization", "Bearer key-ci-0123456789"}}).status, 401);
    const Reply page = m_stage->ask(method, path, body,
        {{"Origin", "http://127.0.0.1:8080"}, {"Access-Control-Request-Method", method}});
    QCOMPARE(page.status, 403);
    QCOMPARE(page.json()[u"error"_s][u"code"_s].toString(), u"origin_not_allowed"_s);
    QVERIFY(page.header("access-control-allow-origin").isNull());
}

void TestAdminProcess::saysWhatItCannotRead_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("expected");
    QTest::newRow("no JSON") << "blocks"_ba
                             << "segment=api-key"_ba << 400 << u"not JSON"_s;
    QTest::newRow("deep") << "blocks"_ba << QByteArray(50'000, '[') << 400 << u"nested"_s;
    QTest::newRow("unknown field")
        << "blocks"_ba
        << R"({"segmnt":"api-key"})"_ba << 400 << u"did you mean \"segment\""_s;
    QTest::newRow("missing field")
        << "blocks"_ba
        << R"({"segment":"api-key"})"_ba << 400 << u"\"value\" is missing"_s;
    QTest::newRow("unknown limit") << "limits/kyes/reset"_ba
                                   << "{}"_ba << 404 << u"did you mean \"keys\""_s;
    QTest::newRow("a statement that writes")
        << "sql"_ba
        << R"({"sql":"DELETE FROM requests"})"_ba << 400 << u"SELECT"_s;
    QTest::newRow("a broken statement")
        << "sql"_ba
        << R"({"sql":"SELECT FROM WHERE"})"_ba << 400 << u"syntax"_s;
}

void TestAdminProcess::saysWhatItCannotRead()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, body);
    QFETCH(int, status);
    QFETCH(QString, expected);
    Reply reply;
    // The ledger's file is made a moment after the start.
    QTRY_VERIFY((reply = m_stage->ask("POST", path, body)).status == status);
    QVERIFY2(message(reply).contains(expected), qPrintable(message(reply)));
}

// An answer comes before the body has, and the connection ends there.
void TestAdminProcess::refusesAHugeBodyUnread()
{
    const QUrl url(QString::fromLatin1(m_stage->server->url()));
    QTcpSocket socket;
    socket.connectToHost(url.host(), static_cast<quint16>(url.port()));
    QVERIFY(socket.waitForConnected());
    socket.write("POST /-/api/v1/sql HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
        + m_stage->token() + "\r\nContent-Length: 30000000\r\n\r\n{");
    QTRY_COMPARE(socket.state(), QAbstractSocket::UnconnectedState);
    QVERIFY(socket.readAll().startsWith("HTTP/1.1 413 "));
    // Without a length it is read, up to what the gateway takes, and refused then.
    const Reply reply = m_stage->ask("POST", "sql", QByteArray(100'000, ' '));
    QCOMPARE(reply.status, 413);
    QVERIFY(message(reply).contains(u"65536"_s));
}

void TestAdminProcess::readsTheLedger()
{
    QCOMPARE(m_stage->spend(), 200);
    QCOMPARE(m_stage->spend("app"), 200);
    Reply usage;
    QTRY_VERIFY((usage = m_stage->ask("GET", "usage?by=key&where=user%3Dalice"))
                    .json()[u"rows"_s]
                    .toArray()
                    .size()
        == 2);
    QCOMPARE(usage.json()[u"rows"_s][0][u"key"_s].toString(), u"app"_s);
    QCOMPARE(usage.json()[u"rows"_s][0][u"requests"_s].toInt(), 1);
    QCOMPARE(usage.json()[u"lost_requests"_s].toInt(-1), 0);
    QVERIFY(usage.json()[u"rows"_s][0][u"micro_cents"_s].toInteger() > 0);
    const QByteArray statement =
        "{\"sql\":\"SELECT key, status FROM requests ORDER BY id\",\"max\":1}";
    const QJsonObject sql = m_stage->ask("POST", "sql", statement).json();
    QCOMPARE(sql[u"columns"_s].toArray(), (QJsonArray{u"key"_s, u"status"_s}));
    QCOMPARE(sql[u"rows"_s].toArray(),
        (QJsonArray{QJsonObject{{u"key"_s, u"ci"_s}, {u"status"_s, 200}}}));
    QVERIFY(sql[u"is_cut"_s].toBool());
}

void TestAdminProcess::aLongQuestionIsInNobodysWay()
{
    QCOMPARE(m_stage->spend(), 200);
    QTRY_COMPARE(m_stage->ask("GET", "usage").status, 200);
    const gateway::Headers token{{"Authorization", "Bearer " + m_stage->token()}};
    const size_t question = m_stage->client->start("POST", "/-/api/v1/sql", Endless, token);
    QTRY_VERIFY(m_stage->client->hasSent(question));
    QElapsedTimer time;
    time.start();
    for (int i = 0; i < 5; ++i) {
        QCOMPARE(m_stage->spend("app"), 200);
        QCOMPARE(m_stage->ask("GET", "limits").status, 200);
        QCOMPARE(m_stage->ask("GET", "usage").status, 200);
    }
    QVERIFY2(time.elapsed() < 5'000, qPrintable(QString::number(time.elapsed())));
    QVERIFY(!m_stage->client->reply(question).isDone);
    QCOMPARE(m_stage->stop(), 0);
}

void TestAdminProcess::forgetsAUser()
{
    QCOMPARE(m_stage->spend(), 200);
    QTRY_COMPARE(
        m_stage->ask("GET", "usage?where=user%3Dalice").json()[u"rows"_s][0][u"requests"_s], 1);
    QCOMPARE(m_stage->ask("POST", "forget", "{}").status, 400);
    QCOMPARE(m_stage->ask("POST", "forget", "{\"user\":\"a\",\"key\":\"b\"}").status, 400);
    const Reply reply = m_stage->ask("POST", "forget", "{\"user\":\"alice\"}");
    QCOMPARE(reply.status, 200);
    QCOMPARE(reply.json()[u"removed_requests"_s], 1);
    const QJsonObject rows =
        m_stage->ask("POST", "sql", "{\"sql\":\"SELECT count(*) AS n FROM requests\"}").json();
    QCOMPARE(rows[u"rows"_s][0][u"n"_s], 0);
}

// What was asked by somebody who has left is broken off, and makes room.
void TestAdminProcess::aClientThatLeavesIsForgotten()
{
    QCOMPARE(m_stage->spend(), 200);
    QTRY_COMPARE(m_stage->ask("GET", "usage").status, 200);
    const gateway::Headers token{{"Authorization", "Bearer " + m_stage->token()}};
    const auto start = [&](const QByteArray &body) {
        return m_stage->client->start("POST", "/-/api/v1/sql", body, token);
    };
    const auto isAnswered = [this](size_t question, int milliseconds) {
        return QTest::qWaitFor(
            [&] { return m_stage->client->reply(question).isDone; }, milliseconds);
    };
    const std::array endless{start(Endless), start(Endless)}; // as many as there are threads
    size_t waiting = start("{\"sql\":\"SELECT 1\"}");
    while (isAnswered(waiting, 300)) // the other two have not begun yet
        waiting = start("{\"sql\":\"SELECT 1\"}");
    for (const size_t question : endless)
        m_stage->client->hangUp(question);
    QVERIFY(isAnswered(waiting, 10'000));
    QCOMPARE(m_stage->client->reply(waiting).status, 200);
    // Many more than may wait at a time, whose clients do not.
    for (int i = 0; i < 100; ++i) {
        const size_t question = start(Endless);
        QTRY_VERIFY(m_stage->client->hasSent(question));
        m_stage->client->hangUp(question);
    }
    QTRY_COMPARE(m_stage->ask("POST", "sql", "{\"sql\":\"SELECT 1\"}").status, 200);
    QCOMPARE(m_stage->stop(), 0);
}

// SIGTERM does not wait for the answer to a question.
void TestAdminProcess::endsWhileItIsAsked()
{
    QCOMPARE(m_stage->spend(), 200);
    QTRY_COMPARE(m_stage->ask("GET", "usage").status, 200);
    const gateway::Headers token{{"Authorization", "Bearer " + m_stage->token()}};
    const size_t question = m_stage->client->start("POST", "/-/api/v1/sql", Endless, token);
    QTRY_VERIFY(m_stage->client->hasSent(question));
    QCOMPARE(m_stage->ask("GET", "limits").status, 200); // the question has arrived before
    QElapsedTimer time;
    time.start();
    m_stage->server->signal(SIGTERM);
    QTRY_VERIFY(m_stage->client->reply(question).isDone);
    QCOMPARE(m_stage->client->reply(question).status, 503);
    QCOMPARE(m_stage->server->wait(), 0);
    QVERIFY2(time.elapsed() < 5'000, qPrintable(QString::number(time.elapsed())));
}

void TestAdminProcess::describesItself()
{
    const Reply reply = m_stage->ask("GET", "openapi.json");
    QCOMPARE(reply.status, 200);
    QCOMPARE(reply.header("content-type"), "application/json"_ba);
    const QJsonObject paths = reply.json()[u"paths"_s].toObject();
    // What it lists is there, and nothing else.
    for (const QString &path : paths.keys()) {
        const QJsonObject methods = paths[path].toObject();
        for (const QString &method : {u"get"_s, u"post"_s, u"delete"_s, u"put"_s}) {
            const QByteArray target = QString(path)
                                          .sliced(1)
                                          .replace(u"{name}"_s, u"keys"_s)
                                          .replace(u"{id}"_s, u"1"_s)
                                          .toLatin1();
            const Reply answer = m_stage->ask(method.toUpper().toLatin1(), target);
            const bool isThere = !message(answer).startsWith(u"There is no "_s + method.toUpper());
            QVERIFY2(isThere == methods.contains(method), qPrintable(method + u' ' + path));
        }
    }
}

void TestAdminProcess::neverTellsItsToken()
{
    const QByteArray token = m_stage->token();
    QCOMPARE(token.size(), 64);
    m_stage->ask("GET", "limits");
    m_stage->ask("GET", "nothing");
    m_stage->ask("GET", "limits", {}, {{"Origin", "http://a"}});
    QCOMPARE(m_stage->stop(), 0);
    QVERIFY(!m_stage->server->errors().contains(token));
    QVERIFY(!m_stage->server->output().contains(token));
    for (const QString &name :
        {u"ledger.sqlite"_s, u"gateway.json"_s, u"lock"_s, u"operations.json"_s}) {
        QFile file(m_stage->path(u"data/"_s + name));
        if (file.open(QIODevice::ReadOnly))
            QVERIFY(!file.readAll().contains(token));
    }
    QCOMPARE(QFile::permissions(m_stage->path(u"data/admin-token"_s))
            & (QFileDevice::ReadGroup | QFileDevice::ReadOther),
        QFileDevice::Permissions());
}

QTEST_GUILESS_MAIN(TestAdminProcess)
#include "tst_adminprocess.moc"

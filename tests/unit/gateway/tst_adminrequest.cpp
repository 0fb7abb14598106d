// SPDX-License-Identifier: GPL-3.0-or-later
// The admin API's way in: who is let in, what is understood, and that errors name the field; and
// that the OpenAPI document says of every operation what is true.
#include "core/gateway/admin/adminopenapi.h"
#include "core/gateway/admin/adminrequest.h"

#include <QJsonArray>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using gateway::AdminCall;
using gateway::AdminRequest;
using gateway::Failure;
using gateway::RequestHead;

namespace {

const QByteArray Token(64, 'a');

RequestHead head(const QByteArray &method, const QByteArray &target)
{
    RequestHead result;
    result.method = method;
    result.target = "/-/api/v1/" + target;
    return result;
}

std::variant<AdminRequest, Failure> read(
    const QByteArray &method, const QByteArray &target, const QByteArray &body)
{
    return gateway::readAdminRequest(head(method, target), body);
}

} // namespace

class TestAdminRequest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void letsInWhoMay_data();
    void letsInWhoMay();
    void understands_data();
    void understands();
    void refuses_data();
    void refuses();
    void nestingIsNoWork();
    void everyOperationIsDescribedAsItIsRead();
};

void TestAdminRequest::letsInWhoMay_data()
{
    QTest::addColumn<QByteArray>("name"); // of a header
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QString>("peer");
    QTest::addColumn<int>("status"); // 0: let in
    const QString local = u"127.0.0.1"_s;
    const QByteArray good = "Bearer " + Token;
    QTest::newRow("token") << "Authorization"_ba << good << local << 0;
    QTest::newRow("any case") << "authorization"_ba << QByteArray("bearer  " + Token + ' ') << local
                              << 0;
    QTest::newRow("IPv6") << "Authorization"_ba << good << u"::1"_s << 0;
    QTest::newRow("IPv4 in IPv6") << "Authorization"_ba << good << u"::ffff:127.0.0.1"_s << 0;
    QTest::newRow("another machine") << "Authorization"_ba << good << u"192.0.2.7"_s << 403;
    QTest::newRow("none") << "Accept"_ba
                          << "*/*"_ba << local << 401;
    QTest::newRow("empty") << "Authorization"_ba
                           << "Bearer "_ba << local << 401;
    QTest::newRow("wrong") << "Authorization"_ba << QByteArray("Bearer " + QByteArray(64, 'b'))
                           << local << 401;
    QTest::newRow("a part") << "Authorization"_ba << QByteArray("Bearer " + Token.first(63))
                            << local << 401;
    QTest::newRow("more") << "Authorization"_ba << QByteArray(good + 'a') << local << 401;
    QTest::newRow("other scheme") << "Authorization"_ba << QByteArray("Basic " + Token) << local
                                  << 401;
    QTest::newRow("bare") << "Authorization"_ba << Token << local << 401;
    QTest::newRow("other header") << "x-api-key"_ba << Token << local << 401;
}

void TestAdminRequest::letsInWhoMay()
{
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, value);
    QFETCH(QString, peer);
    QFETCH(int, status);
    RequestHead request = head("GET", "limits");
    request.headers = {{name, value}};
    const auto failure = gateway::refuseAdmin(request, QHostAddress(peer), Token);
    QCOMPARE(failure ? failure->status : 0, status);
    // Without a token of its own nobody is let in, least of all who sends none.
    QVERIFY(gateway::refuseAdmin(request, QHostAddress(peer), {}));
    // A page is refused whatever it brings.
    for (const QByteArray &origin : {"https://example.com"_ba, "null"_ba, ""_ba}) {
        RequestHead page = request;
        page.headers.push_back({"Origin", origin});
        const auto refused = gateway::refuseAdmin(page, QHostAddress(peer), Token);
        QVERIFY(refused);
        QCOMPARE(refused->code, "origin_not_allowed"_ba);
    }
    request.contentLength = gateway::MaxAdminBody + 1;
    QCOMPARE(gateway::refuseAdmin(request, QHostAddress(peer), Token)->status,
        status == 0 ? 413 : status);
}

void TestAdminRequest::understands_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("call");
    QTest::addColumn<QJsonObject>("values");
    const auto row = [](const char *name, const char *method, const char *target, const char *body,
                         AdminCall call, const QJsonObject &values) {
        QTest::newRow(name) << QByteArray(method) << QByteArray(target) << QByteArray(body)
                            << int(call) << values;
    };
    row("limits", "GET", "limits", "", AdminCall::ListLimits, {});
    row("one limit", "GET", "limits?limit=global%2Fper-api-key&max=5", "", AdminCall::ListLimits,
        {{u"limit"_s, u"global/per-api-key"_s}, {u"max"_s, 5}});
    row("a name with a slash", "GET", "limits/global%2Fper-api-key/counters", "",
        AdminCall::ListCounters, {{u"name"_s, u"global/per-api-key"_s}});
    row("a plus is a plus", "GET", "usage?since=2026-01-31T12:00:00+01:00", "", AdminCall::Usage,
        {{u"since"_s, u"2026-01-31T12:00:00+01:00"_s}});
    row("several", "GET", "usage?where=key%3Dci&where=user=a%26b", "", AdminCall::Usage,
        {{u"where"_s, QJsonArray{u"key=ci"_s, u"user=a&b"_s}}});
    row("reset all", "POST", "limits/a/reset", "", AdminCall::ResetCounters, {{u"name"_s, u"a"_s}});
    row("reset the shared one", "POST", "limits/a/reset", "{\"value\":\"\"}",
        AdminCall::ResetCounters, {{u"name"_s, u"a"_s}, {u"value"_s, u""_s}});
    row("an umlaut", "POST", "limits/%C3%A4/reset", "{\"value\":\"\xc3\xb6\"}",
        AdminCall::ResetCounters, {{u"name"_s, u"ä"_s}, {u"value"_s, u"ö"_s}});
    row("raise by text", "POST", "raises",
        "{\"limit\":\"a\",\"value\":\"b\",\"amount\":\"2.50\",\"for\":\"1h 30m\"}",
        AdminCall::Raise,
        {{u"limit"_s, u"a"_s}, {u"value"_s, u"b"_s}, {u"amount"_s, 2'500'000},
            {u"for"_s, qint64(5'400'000'000'000)}});
    row("raise by number", "POST", "raises", "{\"limit\":\"a\",\"amount\":500,\"for\":\"2h\"}",
        AdminCall::Raise,
        {{u"limit"_s, u"a"_s}, {u"amount"_s, 500'000'000}, {u"for"_s, qint64(7'200'000'000'000)}});
    row("end a raise", "DELETE", "raises/0a", "", AdminCall::EndRaise, {{u"id"_s, u"0a"_s}});
    row("block", "POST", "blocks", "{\"segment\":\"api-key\",\"value\":\"ci\"}", AdminCall::Block,
        {{u"segment"_s, u"api-key"_s}, {u"value"_s, u"ci"_s}});
    row("sql", "POST", "sql", "{\"sql\":\"SELECT 1\",\"max\":10}", AdminCall::Sql,
        {{u"sql"_s, u"SELECT 1"_s}, {u"max"_s, 10}});
    row("the document", "GET", "openapi.json", "", AdminCall::Document, {});
}

void TestAdminRequest::understands()
{
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, body);
    QFETCH(int, call);
    QFETCH(QJsonObject, values);
    const auto result = read(method, target, body);
    if (const auto *failure = std::get_if<Failure>(&result))
        QFAIL(qPrintable(failure->message));
    QCOMPARE(int(std::get<AdminRequest>(result).call), call);
    QCOMPARE(std::get<AdminRequest>(result).values, values);
}

void TestAdminRequest::refuses_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("message"); // part of it
    const auto row = [](const char *name, const char *method, const char *target,
                         const QByteArray &body, int status, const QString &message) {
        QTest::newRow(name) << QByteArray(method) << QByteArray(target) << body << status
                            << message;
    };
    row("unknown path", "GET", "limit", "", 404, u"openapi.json"_s);
    row("no path", "GET", "", "", 404, u"openapi.json"_s);
    row("unknown method", "PUT", "limits", "", 404, u"PUT"_s);
    row("too long a path", "GET", "limits/a/counters/b", "", 404, u"openapi.json"_s);
    row("empty name", "POST", "limits//reset", "", 404, u"openapi.json"_s);
    row("broken encoding", "POST", "limits/%ff/reset", "", 404, u"openapi.json"_s);
    row("a zero byte", "POST", "limits/a%00b/reset", "", 404, u"openapi.json"_s);
    row("unknown query", "GET", "usage?bi=key", "", 400, u"did you mean \"by\""_s);
    row("takes none", "GET", "raises?a=b", "", 400, u"takes none"_s);
    row("twice", "GET", "limits?max=1&max=2", "", 400, u"\"max\" is there twice"_s);
    row("no number", "GET", "limits?max=many", "", 400, u"\"max\""_s);
    row("nothing", "GET", "limits?max=0", "", 400, u"\"max\""_s);
    row("negative", "GET", "limits?max=-1", "", 400, u"\"max\""_s);
    row("too many", "GET", "limits?max=100001", "", 400, u"100000"_s);
    row("query of a post", "POST", "raises?limit=a", "{}", 400, u"into the body"_s);
    row("body of a get", "GET", "limits", "{}", 400, u"no body"_s);
    row("no JSON", "POST", "raises", "limit=a", 400, u"not JSON"_s);
    row("cut short", "POST", "raises", "{\"limit\":", 400, u"not JSON"_s);
    row("no UTF-8", "POST", "raises", "{\"limit\":\"\xff\"}", 400, u"not JSON"_s);
    row("a list", "POST", "raises", "[]", 400, u"object"_s);
    row("deep", "POST", "raises", QByteArray(9, '[') + QByteArray(9, ']'), 400, u"nested"_s);
    row("large", "POST", "sql", QByteArray(70'000, ' '), 413, u"65536"_s);
    row("unknown field", "POST", "raises", "{\"limt\":\"a\"}", 400, u"did you mean \"limit\""_s);
    row("missing", "POST", "raises", "{\"limit\":\"a\",\"amount\":1}", 400,
        u"\"for\" is missing"_s);
    row("no text", "POST", "blocks", "{\"segment\":1,\"value\":\"a\"}", 400, u"\"segment\""_s);
    row("an object", "POST", "blocks", "{\"segment\":\"api-key\",\"value\":{}}", 400,
        u"\"value\""_s);
    row("null", "POST", "limits/a/reset", "{\"value\":null}", 400, u"\"value\""_s);
    row("empty", "POST", "blocks", "{\"segment\":\"api-key\",\"value\":\"\"}", 400, u"\"value\""_s);
    row("too long a text", "POST", "blocks",
        "{\"segment\":\"api-key\",\"value\":\"" + QByteArray(20'000, 'a') + "\"}", 400,
        u"\"value\""_s);
    const auto raise = [](const char *amount, const char *duration) -> QByteArray {
        return QByteArray("{\"limit\":\"a\",\"amount\":") + amount + ",\"for\":" + duration + '}';
    };
    row("a fraction as number", "POST", "raises", raise("2.5", "\"2h\""), 400, u"\"amount\""_s);
    row("no amount", "POST", "raises", raise("\"much\"", "\"2h\""), 400, u"\"amount\""_s);
    row("nothing more", "POST", "raises", raise("0", "\"2h\""), 400, u"\"amount\""_s);
    row("less", "POST", "raises", raise("-5", "\"2h\""), 400, u"\"amount\""_s);
    row("more than counts", "POST", "raises", raise("\"99999999999999\"", "\"2h\""), 400,
        u"\"amount\""_s);
    row("bare duration", "POST", "raises", raise("5", "7200"), 400, u"\"for\""_s);
    row("no duration", "POST", "raises", raise("5", "\"long\""), 400, u"\"for\""_s);
    row("no time", "POST", "raises", raise("5", "\"0s\""), 400, u"\"for\""_s);
}

void TestAdminRequest::refuses()
{
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, body);
    QFETCH(int, status);
    QFETCH(QString, message);
    const auto result = read(method, target, body);
    const auto *failure = std::get_if<Failure>(&result);
    QVERIFY(failure);
    QCOMPARE(failure->status, status);
    QVERIFY2(failure->message.contains(message), qPrintable(failure->message));
    QVERIFY(!failure->message.contains(u'\n'));
}

// Texts full of brackets are no depth.
void TestAdminRequest::nestingIsNoWork()
{
    const QByteArray text = R"({"sql":"SELECT '[[[[[[[[[[\"[[[[[[[[[[', '{{{{{{{{{{'"})";
    QVERIFY(std::holds_alternative<AdminRequest>(read("POST", "sql", text)));
}

void TestAdminRequest::everyOperationIsDescribedAsItIsRead()
{
    const QJsonObject document = gateway::adminOpenApi();
    const QJsonObject paths = document[u"paths"_s].toObject();
    qsizetype described = 0;
    for (const auto &methods : paths)
        described += methods.toObject().size();
    QCOMPARE(described, qsizetype(gateway::adminOperations().size()));
    for (const gateway::AdminOperation &operation : gateway::adminOperations()) {
        const QJsonObject said = paths[u'/' + QString(operation.path)]
                                     .toObject()[QString::fromLatin1(operation.method).toLower()]
                                     .toObject();
        QVERIFY(!said.isEmpty());
        // Everything that must be sent is said so: without it the request is refused.
        const auto result = read(operation.method.toByteArray(),
            QByteArray(operation.path.data(), operation.path.size())
                .replace('{', "")
                .replace('}', ""),
            {});
        const QJsonArray required =
            said[u"requestBody"_s][u"content"_s][u"application/json"_s][u"schema"_s][u"required"_s]
                .toArray();
        QCOMPARE(std::holds_alternative<AdminRequest>(result), required.isEmpty());
        if (required.isEmpty())
            QCOMPARE(int(std::get<AdminRequest>(result).call), int(operation.call));
        const QString shape = said[u"responses"_s][u"200"_s][u"content"_s][u"application/json"_s]
                                  [u"schema"_s][operation.isList ? u"items"_s : u"$ref"_s]
                                      .toString();
        if (operation.answer && !operation.isList)
            QCOMPARE(shape, QString(u"#/components/schemas/"_s + operation.answer->name));
        if (operation.answer)
            QVERIFY(document[u"components"_s][u"schemas"_s].toObject().contains(
                operation.answer->name));
    }
}

QTEST_GUILESS_MAIN(TestAdminRequest)
#include "tst_adminrequest.moc"

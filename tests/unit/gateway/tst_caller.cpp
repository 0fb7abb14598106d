// SPDX-License-Identifier: GPL-3.0-or-later
// Who is calling, and for whom.
#include "core/gateway/pipeline/caller.h"
#include "snapshotfixture.h"

#include <QTest>

using namespace sluice;
using namespace sluice::gateway;
using namespace Qt::StringLiterals;

Q_DECLARE_METATYPE(sluice::gateway::Headers)

namespace {

const QDate Today(2026, 6, 1);

Route routeTo(const Snapshot &snapshot, const QByteArray &target)
{
    return std::get<Route>(findRoute({"POST", target, {}, 1, -1}, snapshot));
}

} // namespace

class TestCaller : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void checksKeys_data();
    void checksKeys();
    void letsEverybodyInWithAuthOff();
    void neverRepeatsTheKey();
    void checksOrigins_data();
    void checksOrigins();
    void readsTheSubject();
    void prefersTheHeaderOverTheBodysUser();
    void refusesBadProperties_data();
    void refusesBadProperties();
    void refusesBadPolicies_data();
    void refusesBadPolicies();
    void ignoresMalformedPoliciesWhenTold();
};

void TestCaller::checksKeys_data()
{
    QTest::addColumn<Headers>("headers");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<int>("status"); // 200 = let in
    const auto router = "/router/mixed/chat/completions"_ba;
    const auto row = [&](const char *name, const Headers &headers, int status,
                         const QByteArray &target) {
        QTest::addRow("%s", name) << headers << target << status;
    };
    row("bearer", {{"Authorization", "Bearer key-ci"}}, 200, router);
    row("scheme in any case", {{"authorization", "bEARER   key-ci "}}, 200, router);
    row("bare", {{"Authorization", "key-ci"}}, 200, router);
    row("anthropic clients", {{"X-Api-Key", "key-ci"}}, 200, router);
    row("helicone-auth wins",
        {{"Authorization", "Bearer sk-provider"}, {"Helicone-Auth", "Bearer key-ci"}}, 200, router);
    row("a bad helicone-auth is not saved by the other",
        {{"Helicone-Auth", "Bearer nope"}, {"Authorization", "Bearer key-ci"}}, 401, router);
    row("none", {}, 401, router);
    row("empty", {{"Authorization", "Bearer "}}, 401, router);
    row("unknown", {{"Authorization", "Bearer nope"}}, 401, router);
    row("the hash itself is no key", {{"Authorization", "Bearer " + hashApiKey("key-ci")}}, 401,
        router);
    row("disabled", {{"Authorization", "Bearer key-off"}}, 401, router);
    row("expired", {{"Authorization", "Bearer key-old"}}, 401, router);
    row("bound to a router, used there", {{"Authorization", "Bearer key-narrow"}}, 200,
        "/router/prod/chat/completions");
    row("bound to a router, used elsewhere", {{"Authorization", "Bearer key-narrow"}}, 403, router);
    row("bound to a router, direct", {{"Authorization", "Bearer key-narrow"}}, 403, "/openai/v1/x");
}

void TestCaller::checksKeys()
{
    QFETCH(Headers, headers);
    QFETCH(QByteArray, target);
    QFETCH(int, status);
    const auto snapshot = test::compile(test::configuration(true));
    const auto caller = authenticate(headers, routeTo(*snapshot, target), *snapshot, Today);
    if (status == 200) {
        QVERIFY(std::holds_alternative<Caller>(caller));
        QVERIFY(std::get<Caller>(caller).key != nullptr);
        return;
    }
    const auto *failure = std::get_if<Failure>(&caller);
    QVERIFY(failure != nullptr);
    QCOMPARE(failure->status, status);
    QCOMPARE(failure->code, status == 401 ? "invalid_api_key"_ba : "key_not_allowed"_ba);
}

void TestCaller::letsEverybodyInWithAuthOff()
{
    const auto snapshot = test::compile(test::configuration(false));
    const Route route = routeTo(*snapshot, "/openai/v1/chat/completions");
    const auto caller = authenticate({}, route, *snapshot, Today);
    QVERIFY(std::holds_alternative<Caller>(caller));
    const auto subject = identify({}, {}, route, std::get<Caller>(caller), *snapshot);
    QCOMPARE(std::get<limits::Subject>(subject).apiKey, "anonymous"_ba);
}

void TestCaller::neverRepeatsTheKey()
{
    const auto snapshot = test::compile(test::configuration(true));
    const auto caller = authenticate({{"Authorization", "Bearer my-private-key"}},
        routeTo(*snapshot, "/openai/v1/x"), *snapshot, Today);
    QVERIFY(!std::get<Failure>(caller).message.contains("my-private-key"_L1));
}

void TestCaller::checksOrigins_data()
{
    QTest::addColumn<QByteArray>("origin");
    QTest::addColumn<bool>("isAllowed");
    QTest::addRow("no page") << QByteArray() << true;
    QTest::addRow("allowed") << "http://localhost:5173"_ba << true;
    QTest::addRow("other port") << "http://localhost:5174"_ba << false;
    QTest::addRow("other site") << "https://evil.example"_ba << false;
    QTest::addRow("null") << "null"_ba << false;
    QTest::addRow("longer") << "http://localhost:51730"_ba << false;
}

void TestCaller::checksOrigins()
{
    QFETCH(QByteArray, origin);
    QFETCH(bool, isAllowed);
    Headers headers;
    if (!origin.isNull())
        headers.push_back({"Origin", origin});
    const auto failure = checkOrigin(headers, test::configuration(true)->server);
    QCOMPARE(!failure.has_value(), isAllowed);
    if (failure)
        QVERIFY(failure->message.contains("server.allowed-origins"_L1));
}

void TestCaller::readsTheSubject()
{
    const auto snapshot = test::compile(test::configuration(true));
    const Route route = routeTo(*snapshot, "/router/prod/chat/completions");
    const Headers headers{{"Authorization", "Bearer key-ci"}, {"helicone-user-id", "bob"},
        {"HELICONE-PROPERTY-Tenant", "acme"}, {"Helicone-Property-empty", ""},
        {"Helicone-RateLimit-Policy", "10;w=60;s=user, 5;w=60;s=TENANT"}};
    const auto caller = std::get<Caller>(authenticate(headers, route, *snapshot, Today));
    const auto result = identify(headers, {}, route, caller, *snapshot);
    const auto *subject = std::get_if<limits::Subject>(&result);
    QVERIFY(subject != nullptr);
    QCOMPARE(subject->apiKey, "ci"_ba);
    QCOMPARE(subject->member, "alice"_ba);
    QCOMPARE(subject->team, "core"_ba);
    QCOMPARE(subject->endUser, "bob"_ba);
    QCOMPARE(subject->router, "prod"_ba);
    QVERIFY(subject->entry == limits::Entry::Router);
    QVERIFY(subject->properties == (std::vector<limits::Property>{{"tenant", "acme"}}));
    QCOMPARE(subject->policies.size(), size_t{2});
}

void TestCaller::prefersTheHeaderOverTheBodysUser()
{
    const auto snapshot = test::compile(test::configuration(false));
    const Route route = routeTo(*snapshot, "/openai/v1/chat/completions");
    BodyPeek body;
    body.user = "from-body";
    const auto user = [&](const Headers &headers) {
        return std::get<limits::Subject>(identify(headers, body, route, {}, *snapshot)).endUser;
    };
    QCOMPARE(user({{"Helicone-User-Id", "from-header"}}), "from-header"_ba);
    QCOMPARE(user({{"Helicone-User-Id", ""}}), "from-body"_ba);
    QCOMPARE(user({}), "from-body"_ba);
}

void TestCaller::refusesBadProperties_data()
{
    QTest::addColumn<Headers>("headers");
    QTest::addColumn<QByteArray>("code");
    Headers many;
    for (int i = 0; i < 33; ++i)
        many.push_back({"Helicone-Property-p" + QByteArray::number(i), "v"});
    QTest::addRow("33 properties") << many << "invalid_property"_ba;
    QTest::addRow("long value") << Headers{{"Helicone-Property-a", QByteArray(257, 'x')}}
                                << "invalid_property"_ba;
    QTest::addRow("long name") << Headers{{"Helicone-Property-" + QByteArray(65, 'x'), "v"}}
                               << "invalid_property"_ba;
    QTest::addRow("bad name") << Headers{{"Helicone-Property-a.b", "v"}} << "invalid_property"_ba;
    QTest::addRow("no name") << Headers{{"Helicone-Property-", "v"}} << "invalid_property"_ba;
    QTest::addRow("twice") << Headers{{"Helicone-Property-a", "1"}, {"helicone-property-A", "2"}}
                           << "invalid_property"_ba;
    QTest::addRow("long user") << Headers{{"Helicone-User-Id", QByteArray(257, 'u')}}
                               << "invalid_user"_ba;
}

void TestCaller::refusesBadProperties()
{
    QFETCH(Headers, headers);
    QFETCH(QByteArray, code);
    const auto snapshot = test::compile(test::configuration(false));
    const auto result = identify(headers, {}, routeTo(*snapshot, "/openai/v1/x"), {}, *snapshot);
    const auto *failure = std::get_if<Failure>(&result);
    QVERIFY(failure != nullptr);
    QCOMPARE(failure->status, 400);
    QCOMPARE(failure->code, code);
}

void TestCaller::refusesBadPolicies_data()
{
    QTest::addColumn<QByteArray>("policy");
    QTest::addColumn<QString>("says");
    QTest::addRow("column") << "100;w=59"_ba << u"column 7"_s;
    QTest::addRow("second item") << "100;w=60, 5;w=60;u=dollars"_ba << u"column 20"_s;
}

void TestCaller::refusesBadPolicies()
{
    QFETCH(QByteArray, policy);
    QFETCH(QString, says);
    const auto snapshot = test::compile(test::configuration(false));
    const auto result = identify({{"Helicone-RateLimit-Policy", policy}}, {},
        routeTo(*snapshot, "/openai/v1/x"), {}, *snapshot);
    const auto *failure = std::get_if<Failure>(&result);
    QVERIFY(failure != nullptr);
    QCOMPARE(failure->status, 400);
    QCOMPARE(failure->code, "invalid_rate_limit_policy"_ba);
    QVERIFY2(failure->message.contains(says), qPrintable(failure->message));
}

void TestCaller::ignoresMalformedPoliciesWhenTold()
{
    const auto values = test::configuration(false);
    values->policyHeader.ignoreMalformed = true;
    const auto snapshot = test::compile(values);
    const auto result = identify({{"Helicone-RateLimit-Policy", "nonsense"}}, {},
        routeTo(*snapshot, "/openai/v1/x"), {}, *snapshot);
    QVERIFY(std::get<limits::Subject>(result).policies.empty());
}

QTEST_GUILESS_MAIN(TestCaller)
#include "tst_caller.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// Promises: the environment fills in and overrides, and no finding repeats a secret.
#include "core/base/secrets.h"
#include "loadersetup.h"

#include <QTest>

#include <algorithm>

using namespace sluice::config;
using namespace sluice::config::test;
using namespace Qt::StringLiterals;

class TestLoaderEnvironment final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void secretsAreNotRepeated();
    void variablesFillIn_data();
    void variablesFillIn();
    void unsetVariableIsAnErrorAtItsPlace();
    void overridesBeatTheFile();
    void overridesKeepTheSpellingOfNames();
    void overridesOfUnknownPathsAreFindings_data();
    void overridesOfUnknownPathsAreFindings();
    void overrideBehindAnAliasChangesOnePlace();
    void controlPlaneKeyIsAKey();
};

void TestLoaderEnvironment::secretsAreNotRepeated()
{
    const QString secret = u"sk-verysecret0123456789"_s;
    const QByteArray text =
        "api-keys: [{name: a, hash: sk-verysecret0123456789}]\n"
        "providers: {openai: {api-key-env: sk-verysecret0123456789}}\n"
        "server: {port: \"${S}\", idle-timeout: \"${S}\", workers: \"${S}\"}\n"
        "policy-header: {algorithm: \"${S}\", enabled: \"${S}\"}\n"
        "rate-limit-store: {type: in-memory, url: 'redis://u:sk-verysecret0123456789@h'}\n";
    const LoadResult result = loadText(text,
        {{u"S"_s, secret}, {u"AI_GATEWAY__SERVER__MAX_CONNECTIONS"_s, secret},
            {u"AI_GATEWAY__SERVER__ADDRESS"_s, secret},
            {u"AI_GATEWAY__HELICONE__FEATURES"_s, secret}});
    QVERIFY(result.findings.size() >= 10);
    for (const Finding &finding : result.findings) {
        QVERIFY2(!finding.message.contains(secret), qPrintable(finding.message));
        QVERIFY2(!finding.fix.contains(secret), qPrintable(finding.fix));
    }
}

void TestLoaderEnvironment::variablesFillIn_data()
{
    QTest::addColumn<QByteArray>("written");
    QTest::addColumn<QByteArray>("expected");
    QTest::newRow("whole") << QByteArray("\"${HOST}\"") << QByteArray("http://h");
    QTest::newRow("plain") << QByteArray("${HOST}") << QByteArray("http://h");
    QTest::newRow("inside") << QByteArray("'${HOST}:${PORT}/v1'") << QByteArray("http://h:80/v1");
    QTest::newRow("default unused") << QByteArray("'${HOST:-http://x}'") << QByteArray("http://h");
    QTest::newRow("default") << QByteArray("'${NONE:-http://x}'") << QByteArray("http://x");
    QTest::newRow("default for empty")
        << QByteArray("'${EMPTY:-http://x}'") << QByteArray("http://x");
    QTest::newRow("not nested") << QByteArray("'http://${TRAP}'") << QByteArray("http://h");
    QTest::newRow("lonely dollar") << QByteArray("'http://h/a$b'") << QByteArray("http://h/a$b");
}

void TestLoaderEnvironment::variablesFillIn()
{
    QFETCH(QByteArray, written);
    QFETCH(QByteArray, expected);
    const LoadResult result = loadText("providers:\n  openai:\n    base-url: " + written + "\n",
        {{u"HOST"_s, u"http://h"_s}, {u"PORT"_s, u"80"_s}, {u"EMPTY"_s, QString()},
            {u"TRAP"_s, u"h"_s}});
    QVERIFY2(result.configuration, qPrintable(lines(result.findings)));
    QCOMPARE(result.configuration->findProvider("openai")->baseUrl, expected);
    const LoadResult number = loadText("server:\n  port: ${PORT}\n", {{u"PORT"_s, u"9000"_s}});
    QVERIFY(number.configuration);
    QCOMPARE(number.configuration->server.port, 9000);
}

void TestLoaderEnvironment::unsetVariableIsAnErrorAtItsPlace()
{
    const LoadResult result =
        loadText("server:\n  port: ${NOPE}\n  address: '${'\nminio: {url: '${NOPE}'}\n");
    QCOMPARE(lines(result.findings), u"2:9 server.port|3:12 server.address|4:1 minio"_s);
    QVERIFY(result.findings.constFirst().message.contains(u"NOPE"_s));
    QCOMPARE(result.findings.constFirst().fix, u"${NOPE:-default}"_s);
}

void TestLoaderEnvironment::overridesBeatTheFile()
{
    const LoadResult result = loadText("server: {port: 1, address: 127.0.0.1}\n",
        {{u"AI_GATEWAY__SERVER__PORT"_s, u"9090"_s},
            {u"AI_GATEWAY__GLOBAL__RATE_LIMIT__PER_END_USER__CAPACITY"_s, u"10"_s},
            {u"AI_GATEWAY__GLOBAL__RATE_LIMIT__PER_END_USER__REFILL_FREQUENCY"_s, u"1m"_s},
            {u"AI_GATEWAY__POLICY_HEADER__ENABLED"_s, u"false"_s}, {u"AI_GATEWAYX"_s, u"1"_s},
            {u"OTHER"_s, u"1"_s}});
    QVERIFY2(result.configuration, qPrintable(lines(result.findings)));
    QCOMPARE(result.configuration->server.port, 9090);
    QVERIFY(!result.configuration->policyHeader.enabled);
    const LimitRule &rule = result.configuration->limits.front();
    QCOMPARE(rule.capacity, 10'000'000);
    QCOMPARE(rule.refill, std::chrono::minutes(1));
    QCOMPARE(rule.place, Place());
    QCOMPARE(result.configuration->overridden,
        (QStringList{u"global.rate-limit.per-end-user.capacity"_s,
            u"global.rate-limit.per-end-user.refill-frequency"_s, u"policy-header.enabled"_s,
            u"server.port"_s}));
    const LoadResult empty = loadText({}, {{u"AI_GATEWAY__SERVER__PORT"_s, u"9090"_s}});
    QVERIFY(empty.configuration);
    QCOMPARE(empty.configuration->server.port, 9090);
}

void TestLoaderEnvironment::overridesKeepTheSpellingOfNames()
{
    const LoadResult result = loadText(
        "routers: {My_Prod-1: {rate-limit: {per-end-user: {capacity: 1, refill-frequency: 1m}}}}",
        {{u"AI_GATEWAY__ROUTERS__MY_PROD_1__RATE_LIMIT__PER_END_USER__CAPACITY"_s, u"7"_s}});
    QVERIFY2(result.configuration, qPrintable(lines(result.findings)));
    QCOMPARE(result.configuration->routers.size(), size_t(1));
    QCOMPARE(result.configuration->limits.front().capacity, 7'000'000);
    QCOMPARE(result.configuration->overridden,
        QStringList{u"routers.My_Prod-1.rate-limit.per-end-user.capacity"_s});
}

void TestLoaderEnvironment::overridesOfUnknownPathsAreFindings_data()
{
    QTest::addColumn<QString>("variable");
    QTest::addColumn<QString>("value");
    QTest::newRow("unknown key") << u"AI_GATEWAY__SERVER__PROT"_s << u"1"_s;
    QTest::newRow("unknown section") << u"AI_GATEWAY__SEVER__PORT"_s << u"1"_s;
    QTest::newRow("bad value") << u"AI_GATEWAY__SERVER__PORT"_s << u"abc"_s;
    QTest::newRow("no key") << u"AI_GATEWAY__"_s << u"1"_s;
    QTest::newRow("empty level") << u"AI_GATEWAY__SERVER____PORT"_s << u"1"_s;
    QTest::newRow("item of a list") << u"AI_GATEWAY__API_KEYS__0__NAME"_s << u"x"_s;
    QTest::newRow("a scalar for a map") << u"AI_GATEWAY__SERVER"_s << u"x"_s;
    QTest::newRow("two names fit") << u"AI_GATEWAY__ROUTERS__A_B_C__CACHE"_s << u"x"_s;
}

void TestLoaderEnvironment::overridesOfUnknownPathsAreFindings()
{
    QFETCH(QString, variable);
    QFETCH(QString, value);
    const LoadResult result = loadText(
        "server: {port: 1}\napi-keys: []\nrouters: {a_b-c: {}, a-b_c: {}}", {{variable, value}});
    QVERIFY(!result.configuration);
    QCOMPARE(result.findings.size(), 1);
    QCOMPARE(result.findings.constFirst().place, Place());
    QCOMPARE(result.findings.constFirst().path, variable);
}

void TestLoaderEnvironment::overrideBehindAnAliasChangesOnePlace()
{
    const LoadResult result = loadText("routers:\n  a: &r {rate-limit: {per-end-user: {capacity: "
                                       "1, refill-frequency: 1m}}}\n  b: *r\n",
        {{u"AI_GATEWAY__ROUTERS__B__RATE_LIMIT__PER_END_USER__CAPACITY"_s, u"7"_s}});
    QVERIFY2(result.configuration, qPrintable(lines(result.findings)));
    QCOMPARE(result.configuration->limits[0].capacity, 1'000'000);
    QCOMPARE(result.configuration->limits[1].capacity, 7'000'000);
}

void TestLoaderEnvironment::controlPlaneKeyIsAKey()
{
    const Variables variables{{u"HELICONE_CONTROL_PLANE_API_KEY"_s, u"sk-cloud"_s}};
    const LoadResult on = loadText("helicone: {features: auth}", variables);
    QVERIFY(on.configuration && on.findings.isEmpty());
    QCOMPARE(on.configuration->apiKeys.size(), size_t(1));
    QCOMPARE(on.configuration->apiKeys.front().name, QByteArray("helicone"));
    QCOMPARE(on.configuration->apiKeys.front().hash, sluice::hashApiKey("sk-cloud"));
    QVERIFY(loadText({}, variables).configuration->apiKeys.empty());
}

QTEST_GUILESS_MAIN(TestLoaderEnvironment)
#include "tst_loaderenvironment.moc"

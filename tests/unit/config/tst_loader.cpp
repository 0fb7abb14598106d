// SPDX-License-Identifier: GPL-3.0-or-later
// Promises: a file becomes exact values, or findings that point at the very character; the
// environment fills in and overrides; nothing in a text can crash or hang the reader.
#include "core/config/startertemplate.h"
#include "loadersetup.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <algorithm>

using namespace sluice::config;
using namespace sluice::config::test;
using namespace Qt::StringLiterals;

namespace {

QByteArray hash(char digit)
{
    return "sha256:" + QByteArray(64, digit);
}

/// A rule with the given capacity text and refill text, or the findings about it.
LoadResult loadRule(const QByteArray &capacity, const QByteArray &refill)
{
    return loadText("global:\n  rate-limit:\n    per-end-user:\n      capacity: " + capacity
        + "\n      refill-frequency: " + refill + "\n");
}

} // namespace

class TestLoader final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void readsEveryServerKey();
    void readsKeysAndTeams();
    void readsLimitsInFileOrder();
    void placeOfALimitIsItsCapacity();
    void readsProvidersInFileOrder();
    void readsHeaderSections();
    void syntaxErrorsSayWhere_data();
    void syntaxErrorsSayWhere();
    void columnsCountCharacters();
    void byteOrderMarkAndCarriageReturnsMoveNothing();
    void allFindingsAtOnceInOrder();
    void capacityIsStrict_data();
    void capacityIsStrict();
    void durationVectors_data();
    void durationVectors();
    void valuesAreStrict_data();
    void valuesAreStrict();
    void sizes_data();
    void sizes();
    void crossReferences_data();
    void crossReferences();
    void starterTemplateLoadsAsTheDefaults();
};

void TestLoader::readsEveryServerKey()
{
    const LoadResult result = loadText("server:\n"
                                       "  address: 127.0.0.2\n"
                                       "  port: 0\n"
                                       "  workers: 2\n"
                                       "  max-connections: 10\n"
                                       "  max-header-bytes: 1KiB\n"
                                       "  max-body-bytes: 2MiB\n"
                                       "  max-buffered-bytes: 3GiB\n"
                                       "  max-counters: 4\n"
                                       "  allow-open: true\n"
                                       "  header-timeout: 1s\n"
                                       "  idle-timeout: 2m\n"
                                       "  shutdown-timeout: 1h 30m\n"
                                       "  allowed-origins: ['http://localhost:5173']\n");
    QVERIFY2(result.configuration, qPrintable(lines(result.findings)));
    Server expected;
    expected.address = u"127.0.0.2"_s;
    expected.port = 0;
    expected.workers = 2;
    expected.maxConnections = 10;
    expected.maxHeaderBytes = 1024;
    expected.maxBodyBytes = 2 * 1024 * 1024;
    expected.maxBufferedBytes = 3LL * 1024 * 1024 * 1024;
    expected.maxCounters = 4;
    expected.allowOpen = true;
    expected.headerTimeout = std::chrono::seconds(1);
    expected.idleTimeout = std::chrono::minutes(2);
    expected.shutdownTimeout = std::chrono::minutes(90);
    expected.allowedOrigins = QStringList{u"http://localhost:5173"_s};
    QCOMPARE(result.configuration->server, expected);
    QCOMPARE(loadText("server: {workers: auto}").configuration->server.workers, 0);
}

void TestLoader::readsKeysAndTeams()
{
    const LoadResult result =
        loadText("helicone: {features: auth}\n"
                 "teams: {core: {members: [alice, bob]}, ops: {members: [bob]}}\n"
                 "routers: {prod: {}}\n"
                 "api-keys:\n"
                 "  - {name: a, hash: '"
            + hash('A')
            + "', owner: alice}\n"
              "  - name: b\n"
              "    hash: \""
            + hash('b')
            + "\"\n"
              "    owner: bob\n"
              "    team: ops\n"
              "    routers: [prod]\n"
              "    expires: 2027-01-31\n"
              "    disabled: true\n"
              "  - {name: c, hash: '"
            + hash('c') + "'}\n");
    QVERIFY2(result.configuration, qPrintable(lines(result.findings)));
    QVERIFY(result.findings.isEmpty());
    const std::vector<ApiKey> &keys = result.configuration->apiKeys;
    QCOMPARE(keys.size(), size_t(3));
    QCOMPARE(keys[0].hash, QByteArray(64, 'a'));
    QCOMPARE(keys[0].team, QByteArray("core"));
    QCOMPARE(keys[0].place, (Place{5, 5}));
    ApiKey expected;
    expected.name = "b";
    expected.hash = QByteArray(64, 'b');
    expected.owner = "bob";
    expected.team = "ops";
    expected.routers = {"prod"};
    expected.expires = QDate(2027, 1, 31);
    expected.disabled = true;
    expected.place = {6, 5};
    QCOMPARE(keys[1], expected);
    QVERIFY(keys[2].team.isEmpty());
    QCOMPARE(result.configuration->teams.size(), size_t(2));
    QCOMPARE(result.configuration->teams[0].members, (QList<QByteArray>{"alice", "bob"}));
}

void TestLoader::readsLimitsInFileOrder()
{
    const LoadResult result = loadText("helicone: {features: auth}\n"
                                       "api-keys: [{name: a, hash: '"
        + hash('a')
        + "'}]\n"
          "routers:\n"
          "  prod:\n"
          "    rate-limit:\n"
          "      per-property:\n"
          "        Tenant: {capacity: 5, refill-frequency: 1h, on-missing-segment: reject}\n"
          "unified-api: {rate-limit: {per-api-key: {capacity: 1, refill-frequency: 1d}}}\n"
          "global:\n"
          "  rate-limit:\n"
          "    per-end-user: {capacity: 2, refill-frequency: 1m, mode: shadow}\n"
          "    per-api-key: {capacity: 3, refill-frequency: 1s, mode: off}\n");
    QVERIFY2(result.configuration, qPrintable(lines(result.findings)));
    const std::vector<LimitRule> &limits = result.configuration->limits;
    QCOMPARE(limits.size(), size_t(4));
    QCOMPARE(limits[0].name, QByteArray("global/per-end-user"));
    QCOMPARE(limits[0].mode, LimitMode::Shadow);
    QCOMPARE(limits[1].name, QByteArray("global/per-api-key"));
    QCOMPARE(limits[1].mode, LimitMode::Off);
    QCOMPARE(limits[2].name, QByteArray("unified-api/per-api-key"));
    QCOMPARE(limits[2].scope, LimitScope::Unified);
    LimitRule expected;
    expected.name = "routers/prod/per-property/Tenant";
    expected.scope = LimitScope::Router;
    expected.router = "prod";
    expected.segment = {SegmentKind::Property, "tenant"};
    expected.capacity = 5'000'000;
    expected.refill = std::chrono::hours(1);
    expected.onMissing = MissingSegment::Reject;
    expected.path =
        QStringList{u"routers"_s, u"prod"_s, u"rate-limit"_s, u"per-property"_s, u"Tenant"_s};
    expected.place = {7, 28};
    QCOMPARE(limits[3], expected);
}

void TestLoader::placeOfALimitIsItsCapacity()
{
    const LoadResult result = loadText("global:\n"
                                       "  rate-limit:\n"
                                       "    per-end-user:\n"
                                       "      refill-frequency: 1m # ä\n"
                                       "      capacity:   60\n"
                                       "    per-property:\n"
                                       "      tenant: {refill-frequency: 1m}\n");
    QVERIFY(result.configuration);
    QCOMPARE(result.configuration->limits[0].place, (Place{5, 19}));
    QCOMPARE(result.configuration->limits[1].place, (Place{7, 7}));
}

void TestLoader::readsProvidersInFileOrder()
{
    const LoadResult result = loadText("providers:\n"
                                       "  my-llm:\n"
                                       "    base-url: http://localhost:9000/api/\n"
                                       "    models: [tiny, org/large]\n"
                                       "    connect-timeout: 2s\n    inject-usage: false\n"
                                       "  anthropic: {version: 2024-01-01, api-key-env: CLAUDE}\n");
    QVERIFY2(result.configuration, qPrintable(lines(result.findings)));
    const std::vector<Provider> &providers = result.configuration->providers;
    QCOMPARE(providers.size(), size_t(10));
    Provider expected;
    expected.name = "my-llm";
    expected.baseUrl = "http://localhost:9000/api";
    expected.apiKeyEnv = "MY-LLM_API_KEY";
    expected.models = {"tiny", "org/large"};
    expected.connectTimeout = std::chrono::seconds(2);
    expected.injectsUsage = false;
    expected.isBuiltIn = false;
    QCOMPARE(providers[0], expected);
    QCOMPARE(providers[1].name, QByteArray("anthropic"));
    QCOMPARE(providers[1].version, QByteArray("2024-01-01"));
    QCOMPARE(providers[1].apiKeyEnv, QByteArray("CLAUDE"));
    QVERIFY(!providers[1].models.isEmpty());
    QCOMPARE(providers[2].name, QByteArray("openai"));
}

void TestLoader::readsHeaderSections()
{
    const LoadResult result = loadText(
        "policy-header: {enabled: false, algorithm: token-bucket, on-malformed: ignore, "
        "on-missing-segment: share}\n"
        "response-headers: {provider: false, provider-request-id: false, ratelimit-ietf: false}");
    QVERIFY(result.configuration);
    PolicyHeader header;
    header.enabled = false;
    header.algorithm = PolicyHeader::Algorithm::TokenBucket;
    header.ignoreMalformed = true;
    header.shareMissingSegment = true;
    QCOMPARE(result.configuration->policyHeader, header);
    QCOMPARE(result.configuration->responseHeaders, (ResponseHeaders{false, false, false}));
}

void TestLoader::syntaxErrorsSayWhere_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<Place>("place");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *name, const QByteArray &text, Place place,
                         const QString &words) { QTest::newRow(name) << text << place << words; };
    row("not UTF-8", "a: 1\nb: \xff\n", {2, 4}, u"UTF-8"_s);
    row("overlong", "a: \xc0\xaf", {1, 4}, u"UTF-8"_s);
    row("surrogate", "ab: \xed\xa0\x80", {1, 5}, u"UTF-8"_s);
    row("cut short", "a: \xe2\x82", {1, 4}, u"UTF-8"_s);
    row("UTF-16",
        QByteArray("\xff\xfe"
                   "a\0",
            4),
        {1, 1}, u"UTF-8"_s);
    row("end of transmission",
        "a: 1\n\x04"
        "b: 2",
        {2, 1}, u"U+0004"_s);
    row("zero byte", QByteArray("a: \0", 4), {1, 4}, u"U+0000"_s);
    row("double quote", "a: \"x\nb: 1\n", {1, 4}, u"never closed"_s);
    row("double quote with escapes", "a: \"x\\\"\nb: 1\n", {1, 4}, u"never closed"_s);
    row("single quote", "a: 'x\nb: 1\n", {1, 4}, u"never closed"_s);
    row("single quote doubled", "a: 'it''s\nb: 1\n", {1, 4}, u"never closed"_s);
    row("quote behind an anchor", "a: &x \"y\n", {1, 4}, u"never closed"_s);
    row("duplicate key", "server: {}\nglobal: {}\nserver: {}\n", {3, 1}, u"first in line 1"_s);
    row("duplicate key in flow", "server: {port: 1, 'port': 2}", {1, 19}, u"twice"_s);
    row("two documents", "server: {}\n---\nserver: {}", {2, 1}, u"more than one"_s);
    row("indentation", "server:\n  port: 1\n bad: 2\n", {3, 2}, u"indentation"_s);
    row("flow map", "server: {port: 1", {1, 17}, u"not closed"_s);
    row("flow list", "a: [1, 2\n", {2, 1}, u"not closed"_s);
    row("two colons", "server: port: 1", {1, 13}, u"not allowed here"_s);
    row("unknown alias", "a: *b", {1, 4}, u"anchor is not defined"_s);
    row("alias in itself", "a: &a [*a]", {1, 8}, u"inside the value"_s);
    row("map as a key", "{a: b}: c", {1, 1}, u"cannot be a key"_s);
    row("not a map", "- a\n- b\n", {1, 1}, u"a map is expected"_s);
    row("a scalar", "hello", {1, 1}, u"a map is expected"_s);
    row("a tag", "server: {port: !secret 1}", {1, 16}, u"tags have no meaning"_s);
    row("merge key", "a: &a {port: 1}\nserver: {<<: *a}", {2, 10}, u"merge keys"_s);
}

void TestLoader::syntaxErrorsSayWhere()
{
    QFETCH(QByteArray, text);
    QFETCH(Place, place);
    QFETCH(QString, words);
    const LoadResult result = loadText(text);
    QVERIFY(!result.configuration);
    QVERIFY(!result.findings.isEmpty());
    const auto found = std::find_if(result.findings.cbegin(), result.findings.cend(),
        [&words](const Finding &finding) { return finding.message.contains(words); });
    QVERIFY2(found != result.findings.cend(), qPrintable(result.findings.constFirst().message));
    QCOMPARE(found->place.line, place.line);
    QCOMPARE(found->place.column, place.column);
    QVERIFY(!found->message.endsWith(u'.'));
}

void TestLoader::columnsCountCharacters()
{
    const LoadResult result = loadText("api-keys: [{name: \"äöü€😀\", nam: 1}]");
    const auto found = std::find_if(result.findings.cbegin(), result.findings.cend(),
        [](const Finding &finding) { return finding.path == u"api-keys.0.nam"_s; });
    QVERIFY2(found != result.findings.cend(), qPrintable(lines(result.findings)));
    QCOMPARE(found->place, (Place{1, 28}));
}

void TestLoader::byteOrderMarkAndCarriageReturnsMoveNothing()
{
    const QByteArray text = "server:\n  port: 99999\n  prot: 1\n";
    const Findings plain = loadText(text).findings;
    QCOMPARE(lines(plain), u"2:9 server.port|3:3 server.prot"_s);
    QCOMPARE(loadText("\xEF\xBB\xBF" + text).findings, plain);
    QCOMPARE(loadText(QByteArray(text).replace("\n", "\r\n")).findings, plain);
    const LoadResult first = loadText("\xEF\xBB\xBFprot: 1");
    QCOMPARE(lines(first.findings), u"1:1 prot"_s);
}

void TestLoader::allFindingsAtOnceInOrder()
{
    const LoadResult result = loadText("policy-header: {enabled: maybe}\n"
                                       "server: {port: -1}\n"
                                       "server: {port: 1}\n"
                                       "routers: {r: {rate-limit: {per-end-user: {capacity: 0}}}}\n"
                                       "foo: 1\n");
    QCOMPARE(lines(result.findings),
        u"1:26 policy-header.enabled|2:16 server.port|3:1 |"
        "4:42 routers.r.rate-limit.per-end-user|"
        "4:53 routers.r.rate-limit.per-end-user.capacity|5:1 foo"_s);
}

void TestLoader::capacityIsStrict_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<qint64>("capacity");
    QTest::newRow("1") << QByteArray("1") << qint64(1'000'000);
    QTest::newRow("largest") << QByteArray("4294967295") << qint64(4'294'967'295'000'000);
    for (const char *text :
        {"0", "-1", "+1", "4294967296", "99999999999999999999", "\"10\"", "'10'", "1.5", "1.0",
            "1e3", "0x10", "010", "1_000", "ten", "true", "[1]", "{a: 1}", "''"})
        QTest::newRow(text) << QByteArray(text) << qint64(0);
}

void TestLoader::capacityIsStrict()
{
    QFETCH(QByteArray, text);
    QFETCH(qint64, capacity);
    const LoadResult result = loadRule(text, "1h");
    QCOMPARE(result.configuration != nullptr, capacity != 0);
    if (result.configuration) {
        QCOMPARE(result.configuration->limits.front().capacity, capacity);
    } else {
        QCOMPARE(result.findings.size(), 1);
        QCOMPARE(result.findings.constFirst().place, (Place{4, 17}));
    }
}

void TestLoader::durationVectors_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<qint64>("nanoseconds");
    QFile file(QStringLiteral(SLUICE_TEST_DATA "/durations.json"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QJsonObject vectors = QJsonDocument::fromJson(file.readAll()).object();
    const auto add = [](const QJsonArray &rows, qint64 factor) {
        for (const QJsonValue &row : rows) {
            const QString text = row[0].toString();
            const qint64 value = row[1].isNull() ? -1 : row[1].toInteger() * factor;
            QTest::newRow(qPrintable(u"<%1>"_s.arg(text))) << text << value;
        }
    };
    add(vectors["cases"_L1].toArray(), 1'000'000);
    add(vectors["ns"_L1].toArray(), 1);
}

void TestLoader::durationVectors()
{
    QFETCH(QString, text);
    QFETCH(qint64, nanoseconds);
    const LoadResult result = loadRule("1", u"'%1'"_s.arg(text).toUtf8());
    QCOMPARE(result.configuration != nullptr, nanoseconds >= 0);
    if (result.configuration)
        QCOMPARE(result.configuration->limits.front().refill.count(), nanoseconds);
    else
        QCOMPARE(result.findings.constFirst().place, (Place{5, 25}));
}

void TestLoader::valuesAreStrict_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("fix");
    const auto row = [](const QByteArray &text, const QString &fix = {}) {
        QTest::newRow(text.constData()) << text << fix;
    };
    row("server: {port: 65536}", u"65535"_s);
    row("server: {port: \"80\"}", u"80"_s);
    row("server: {address: example.com}", u"127.0.0.1"_s);
    row("server: {allow-open: yes}", u"true"_s);
    row("server: {allow-open: \"false\"}", u"false"_s);
    row("server: {allow-open: 1}");
    row("server: {workers: 0}", u"1"_s);
    row("server: {idle-timeout: 75}", u"75s"_s);
    row("server: {idle-timeout: 0s}");
    row("server: {idle-timeout: 1y}");
    row("server: {allowed-origins: ['http://localhost:5173/']}", u"http://localhost:5173"_s);
    row("server: {allowed-origins: ['*']}");
    row("server: {allowed-origins: 'http://localhost'}");
    row("server: []");
    row("global: {rate-limit: {per-end-user: {refill-frequency: 0s, capacity: 1}}}", u"1s"_s);
    row("global: {rate-limit: {per-end-user: {refill-frequency: 60, capacity: 1}}}", u"60s"_s);
    row("global: {rate-limit: {per-end-user: 5}}");
    row("global: {rate-limit: {per-property: {'a b': {}}}}");
    row("policy-header: {algorithm: sliding_window}", u"sliding-window"_s);
    row("helicone: {features: Auth}", u"auth"_s);
    row("providers: {openai: {base-url: api.openai.com}}");
    row("providers: {openai: {base-url: 'ftp://x'}}");
    row("providers: {openai: {base-url: 'http://x/?a=b'}}");
    row("providers: {my-llm: {models: [a]}}");
    row("providers: {router: {base-url: 'http://x'}}");
    row("providers: {openai: {models: gpt-4o}}");
    row("rate-limit-store: {type: mysql}");
    row("rate-limit-store: {type: in-memory, connection-timeout: 5.5}");
    row("routers: {r: {load-balance: {chat: {strategy: weighted, providers: []}}}}");
    row("routers: {r: {load-balance: {chat: {strategy: weighted}}}}");
    row("routers: {r: {load-balance: {chat: {strategy: random, providers: [openai]}}}}");
    row("routers: {r: {load-balance: {chat: {strategy: latency, providers: [~]}}}}");
    row("routers: {r: {load-balance: {chat: {strategy: model-latency, models: [gpt-4o]}}}}");
    row("routers: {r: {retries: {max-retries: 256}}}", u"255"_s);
}

void TestLoader::valuesAreStrict()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, fix);
    const LoadResult result = loadText(text);
    QVERIFY(!result.configuration);
    const auto found = std::find_if(result.findings.cbegin(), result.findings.cend(),
        [](const Finding &finding) { return finding.severity == Severity::Error; });
    QVERIFY(found != result.findings.cend());
    QVERIFY(found->place.line == 1 && found->place.column > 1);
    QCOMPARE(found->fix, fix);
}

void TestLoader::sizes_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<qint64>("bytes");
    QTest::newRow("plain") << QByteArray("65536") << qint64(65536);
    QTest::newRow("bytes") << QByteArray("12B") << qint64(12);
    QTest::newRow("KiB") << QByteArray("64KiB") << qint64(65536);
    QTest::newRow("blank") << QByteArray("64 KiB") << qint64(65536);
    QTest::newRow("MiB") << QByteArray("32MiB") << qint64(33'554'432);
    QTest::newRow("GiB") << QByteArray("1GiB") << qint64(1'073'741'824);
    for (const char *text : {"0", "64KB", "64kib", "1.5MiB", "-1", "KiB", "9999999999TiB"})
        QTest::newRow(text) << QByteArray(text) << qint64(0);
}

void TestLoader::sizes()
{
    QFETCH(QByteArray, text);
    QFETCH(qint64, bytes);
    const LoadResult result = loadText("server: {max-body-bytes: " + text + "}");
    QCOMPARE(result.configuration != nullptr, bytes != 0);
    if (result.configuration)
        QCOMPARE(result.configuration->server.maxBodyBytes, bytes);
}

void TestLoader::crossReferences_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *name, const QByteArray &text, const QString &path,
                         const QString &words) { QTest::newRow(name) << text << path << words; };
    const QByteArray keys = "helicone: {features: auth}\n"
                            "teams: {a: {members: [eve]}, b: {members: [eve]}}\napi-keys:\n";
    const QByteArray one = "  - {name: k, hash: '" + hash('1') + "'";
    row("unknown provider",
        "routers: {r: {load-balance: {chat: {strategy: weighted, providers: [opnai]}}}}",
        u"routers.r.load-balance.chat.providers.0"_s, u"did you mean \"openai\""_s);
    row("unknown provider overridden", "routers: {r: {providers: {x: {base-url: 'http://x'}}}}",
        u"routers.r.providers.x"_s, u"no provider"_s);
    row("own provider is known",
        "providers: {mine: {base-url: 'http://x'}}\nrouters: {r: {load-balance: {chat: "
        "{strategy: weighted, providers: [mine]}}}}",
        {}, {});
    row("weights",
        "routers: {r: {load-balance: {chat: {strategy: weighted, providers: "
        "[{provider: openai, weight: 0.5}, {provider: groq, weight: 0.4}]}}}}",
        u"routers.r.load-balance.chat.providers"_s, u"sum to 0.9"_s);
    row("weight missing",
        "routers: {r: {load-balance: {chat: {strategy: weighted, providers: "
        "[{provider: openai}, {provider: groq, weight: 0.4}]}}}}",
        u"routers.r.load-balance.chat.providers.0"_s, u"weight is missing"_s);
    row("several bare names",
        "routers: {r: {load-balance: {chat: {strategy: weighted, providers: [openai, groq]}}}}",
        u"routers.r.load-balance.chat.providers.0"_s, u"needs a weight"_s);
    row("unknown team", keys + one + ", team: c}", u"api-keys.0.team"_s, u"no team"_s);
    row("owner in two teams", keys + one + ", owner: eve}", u"api-keys.0.owner"_s, u"2 teams"_s);
    row("owner in two teams, said which", keys + one + ", owner: eve, team: b}", {}, {});
    row("team with a slash", "teams: {a/b: {members: [eve]}}", u"teams.a/b"_s, u"a slash"_s);
    row("unknown router", keys + one + ", routers: [x]}", u"api-keys.0.routers.0"_s,
        u"no router"_s);
    row("same name", keys + one + "}\n  - {name: k, hash: '" + hash('2') + "'}", u"api-keys.1"_s,
        u"same name"_s);
    row("same hash", keys + one + "}\n  - {name: l, hash: '" + hash('1') + "'}", u"api-keys.1"_s,
        u"same hash"_s);
    row("no name", keys + "  - {hash: '" + hash('1') + "'}", u"api-keys.0"_s, u"no name"_s);
    row("no hash", keys + "  - {name: k}", u"api-keys.0"_s, u"no hash"_s);
    row("reserved name", keys + "  - {name: anonymous, hash: '" + hash('1') + "'}",
        u"api-keys.0.name"_s, u"without a key"_s);
    row("no such day", keys + one + ", expires: 2027-02-30}", u"api-keys.0.expires"_s,
        u"not a date"_s);
    row("disabled is alone", "routers: {r: {rate-limit: {disabled: true, per-end-user: {}}}}",
        u"routers.r.rate-limit.disabled"_s, u"excludes"_s);
    row("property twice", "global: {rate-limit: {per-property: {Tenant: {}, tenant: {}}}}",
        u"global.rate-limit.per-property.tenant"_s, u"twice"_s);
    row("provider twice", "providers: {google: {}, gemini: {}}", u"providers.gemini"_s, u"twice"_s);
}

void TestLoader::crossReferences()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, path);
    QFETCH(QString, words);
    const LoadResult result = loadText(text);
    QCOMPARE(result.configuration != nullptr, path.isEmpty());
    if (path.isEmpty())
        return;
    const auto found = std::find_if(result.findings.cbegin(), result.findings.cend(),
        [](const Finding &finding) { return finding.severity == Severity::Error; });
    QCOMPARE(found->path, path);
    QVERIFY2(found->message.contains(words), qPrintable(found->message));
}

void TestLoader::starterTemplateLoadsAsTheDefaults()
{
    const QByteArray text = starterTemplate();
    QVERIFY(text.startsWith("# "));
    const LoadResult result = loadText(text);
    QVERIFY(result.configuration);
    QVERIFY(result.findings.isEmpty());
    QCOMPARE(*result.configuration, *loadText({}).configuration);
    // What it shows as comments must be valid too, once a reader uncomments it.
    QByteArray uncommented;
    for (const QByteArray &line : text.split('\n')) {
        const bool isKey = line.startsWith("# ") && line.contains(": ")
            && (line.mid(2).startsWith(' ') || line.mid(2).trimmed().endsWith(':'));
        const bool isSection =
            line.startsWith("# ") && line.endsWith(':') && !line.mid(2).contains(' ');
        uncommented += isKey || isSection || line.startsWith("#   ") ? line.mid(2) : line;
        uncommented += '\n';
    }
    uncommented.replace("features: none", "features: auth");
    uncommented.replace("<64 hex digits>", QByteArray(64, '0'));
    const LoadResult full = loadText(uncommented);
    QVERIFY2(full.configuration, qPrintable(lines(full.findings)));
    QCOMPARE(full.configuration->limits.size(), size_t(11));
    QCOMPARE(full.configuration->prices.models.size(), size_t(1));
    QCOMPARE(full.configuration->routers.size(), size_t(1));
}

QTEST_GUILESS_MAIN(TestLoader)
#include "tst_loader.moc"

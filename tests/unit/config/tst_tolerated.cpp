// SPDX-License-Identifier: GPL-3.0-or-later
// Promises: every shape that files for Helicone AI Gateway use loads, with a warning where its
// meaning is dropped; what this version cannot do is refused or named, never silently nothing.
#include "loadersetup.h"

#include <QTest>

using namespace sluice::config;
using namespace sluice::config::test;
using namespace Qt::StringLiterals;

namespace {

QStringList paths(const Findings &findings, Severity severity)
{
    QStringList result;
    for (const Finding &finding : findings) {
        if (finding.severity == severity)
            result.append(finding.path);
    }
    return result;
}

QByteArray limitNames(const Configuration &config)
{
    QByteArrayList names;
    for (const LimitRule &rule : config.limits)
        names.append(rule.name);
    return names.join(' ');
}

} // namespace

class TestTolerated final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void loads_data();
    void loads();
    void warnsAndSaysTheFallback_data();
    void warnsAndSaysTheFallback();
    void refusesWhatWouldLimitOrProtect_data();
    void refusesWhatWouldLimitOrProtect();
    void authenticationForms_data();
    void authenticationForms();
    void googleIsGemini();
    void bareProviderInAListOfOneHasWeightOne();
    void weightsAreExact_data();
    void weightsAreExact();
    void dispatcherSetsEveryProvider();
    void openAddressWithoutKeysStaysLocal_data();
    void openAddressWithoutKeysStaysLocal();
    void unknownKeysOfUpstreamsLaxMapsAreErrors_data();
    void unknownKeysOfUpstreamsLaxMapsAreErrors();
    void emptyFileIsTheDefaults_data();
    void emptyFileIsTheDefaults();
    void routerWithoutBalanceUsesThreeProvidersEvenly();
    void routerNames_data();
    void routerNames();
    void missingAmountsAreUpstreamsDefaults();
    void recording_data();
    void recording();
    void recordingKeepsSums();
};

void TestTolerated::loads_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QStringList>("warnings");
    QTest::addColumn<QByteArray>("limits");
    const auto row = [](const char *name, const QByteArray &text, const QStringList &warnings,
                         const QByteArray &limits = {}) {
        QTest::newRow(name) << text << warnings << limits;
    };
    row("no store, only clean-up", "global: {rate-limit: {cleanup-interval: 5m}}",
        {u"global.rate-limit.cleanup-interval"_s});
    row("store map", "global: {rate-limit: {store: {type: in-memory}, per-api-key: {}}}",
        {u"global.rate-limit.per-api-key"_s}, "global/per-api-key");
    row("store string", "global: {rate-limit: {store: in-memory, per-end-user: {}}}", {},
        "global/per-end-user");
    row("top-level store string", "rate-limit-store: in-memory", {});
    row("bare seconds under a store", "rate-limit-store: {type: in-memory, connection-timeout: 5}",
        {});
    row("cloud keys of helicone", "helicone: {api-key: a, base-url: b, websocket-url: c}",
        {u"helicone.api-key"_s, u"helicone.base-url"_s, u"helicone.websocket-url"_s});
    row("long router name", "routers: {your-router-name: {}}", {u"routers.your-router-name"_s});
    row("weights as text",
        "routers: {r: {load-balance: {chat: {strategy: weighted, providers: ["
        "{provider: openai, weight: '0.95'}, {provider: anthropic, weight: 0.05}]}}}}",
        {});
    row("google", "routers: {r: {load-balance: {chat: {strategy: weighted, providers: [google]}}}}",
        {});
    row("mapping as a string", "routers: {r: {model-mappings: {gpt-4o: anthropic/claude-3-opus}}}",
        {u"routers.r.model-mappings"_s});
    row("mapping as a list", "default-model-mapping: {gpt-4o: [anthropic/claude-3-opus, x/y]}",
        {u"default-model-mapping"_s});
    row("retries without strategy", "routers: {r: {retries: {max-retries: 2, min-delay: 1s}}}",
        {u"routers.r.retries"_s});
    row("retries enabled", "global: {retries: {enabled: true, factor: 1.5}}",
        {u"global.retries"_s});
    row("retries switched off", "unified-api: {retries: {enabled: false, max-retries: 3}}", {});
    row("health ratio and window", "discover: {monitor: {health: {ratio: 0.1, window: 60s}}}",
        {u"discover"_s});
    row("snake case of upstream",
        "discover: {discover-decay: 30s, default-rtt: 250ms, monitor: {health: {"
        "grace_period: {min_requests: 20}}}}",
        {u"discover"_s});
    row("kebab form", "discover: {monitor: {health: {grace-period: {min-requests: 20}}}}",
        {u"discover"_s});
    row("health type, buckets, interval",
        "discover: {monitor: {health: {type: error-ratio, buckets: 10, interval: 5s}}}",
        {u"discover"_s, u"discover.monitor.health.type"_s, u"discover.monitor.health.buckets"_s,
            u"discover.monitor.health.interval"_s});
    for (const char *key : {"cache", "cache-store", "telemetry", "minio", "database",
             "control-plane", "deployment-target", "cleanup-interval", "helicone-observability"}) {
        row(key, QByteArray(key) + ": {anything: [1, {deep: '${UNSET}'}]}",
            {QString::fromLatin1(key)});
    }
    row("cache of a router", "routers: {r: {cache: {directive: max-age=60}}}",
        {u"routers.r.cache"_s});
    row("cache of all", "global: {cache: {directive: max-age=60}}", {u"global.cache"_s});
    row("recording", "recording: {enabled: false, retention: 30d, bodies: false}", {});
    row("tls switched off", "server: {tls: Disabled}", {});
    row("dispatcher", "dispatcher: {timeout: 5m, connection-timeout: 3s}", {});
    row("prices and estimates",
        "prices: {models: {openai/x: {input: 3.00, output: 12.00}}, unpriced: reject}\n"
        "estimates: {output-tokens: 1000}",
        {});
    row("null brings the default back", "server: {port: ~, address: null}\nrouters:\n", {});
}

void TestTolerated::loads()
{
    QFETCH(QByteArray, text);
    QFETCH(QStringList, warnings);
    QFETCH(QByteArray, limits);
    const LoadResult result = loadText(text);
    QCOMPARE(paths(result.findings, Severity::Error), QStringList());
    QCOMPARE(paths(result.findings, Severity::Warning), warnings);
    QVERIFY(result.configuration);
    QCOMPARE(limitNames(*result.configuration), limits);
    for (const Finding &finding : result.findings)
        QVERIFY(finding.place.line > 0 && finding.place.column > 0);
}

void TestTolerated::warnsAndSaysTheFallback_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *name, const QByteArray &text, const QString &path,
                         const QString &words) { QTest::newRow(name) << text << path << words; };
    const QByteArray chat = "routers: {r: {load-balance: {chat: ";
    row("latency", chat + "{strategy: latency, providers: [openai, google]}}}}",
        u"routers.r.load-balance.chat.strategy"_s, u"even weights"_s);
    row("balanced-latency", chat + "{strategy: balanced-latency, providers: [openai]}}}}",
        u"routers.r.load-balance.chat.strategy"_s, u"even weights"_s);
    row("model-weighted",
        chat + "{strategy: model-weighted, models: [{model: openai/gpt-4o, weight: 1}]}}}}",
        u"routers.r.load-balance.chat.strategy"_s, u"even weights"_s);
    row("model-latency", chat + "{strategy: model-latency, models: [groq/meta-llama/x]}}}}",
        u"routers.r.load-balance.chat.strategy"_s, u"even weights"_s);
    row("retries", "routers: {r: {retries: {strategy: constant, delay: 50ms, max-retries: 2}}}",
        u"routers.r.retries"_s, u"no request is repeated"_s);
    row("mappings", "routers: {r: {model-mappings: {a: [b/c]}}}", u"routers.r.model-mappings"_s,
        u"passed on unchanged"_s);
    row("bodies", "recording: {bodies: true}", u"recording.bodies"_s,
        u"are recorded: what people write"_s);
    row("bodies without rows", "recording: {enabled: false, bodies: true}", u"recording.bodies"_s,
        u"with enabled: false none is kept"_s);
    row("password of a ledger", "recording: {url: 'postgresql://u:secret@h/d'}", u"recording.url"_s,
        u"password in the file"_s);
    row("alerts", "alerts: [{name: a, limit: b, thresholds: [80, 95]}]", u"alerts"_s,
        u"none is raised"_s);
    row("bedrock", "providers: {bedrock: {models: [x], base-url: 'https://x.com'}}",
        u"providers.bedrock"_s, u"not in this version"_s);
    row("opt-out", "routers: {r: {rate-limit: {disabled: true}}}",
        u"routers.r.rate-limit.disabled"_s, u"the global ones too"_s);
    row("key limit without keys", "global: {rate-limit: {per-api-key: {}}}",
        u"global.rate-limit.per-api-key"_s, u"\"anonymous\""_s);
    row("keys without authentication",
        "api-keys: [{name: a, hash: 'sha256:" + QByteArray(64, '0') + "'}]", u"api-keys"_s,
        u"authentication is off"_s);
    row("authentication without keys", "helicone: {features: auth}", u"helicone"_s,
        u"every request is refused"_s);
    row("password in the file", "rate-limit-store: {url: 'postgres://u:secret@host/db'}",
        u"rate-limit-store.url"_s, u"${NAME}"_s);
}

void TestTolerated::warnsAndSaysTheFallback()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, path);
    QFETCH(QString, words);
    const LoadResult result = loadText(text);
    QVERIFY(result.configuration);
    QCOMPARE(paths(result.findings, Severity::Warning), QStringList{path});
    QVERIFY2(result.findings.constFirst().message.contains(words),
        qPrintable(result.findings.constFirst().message));
    QVERIFY(!result.findings.constFirst().message.contains(u"secret"_s));
}

void TestTolerated::refusesWhatWouldLimitOrProtect_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("path");
    QTest::newRow("tls") << QByteArray("server: {tls: {certificate: a, private-key: b}}")
                         << u"server.tls"_s;
    QTest::newRow("upstream tls") << QByteArray("server: {tls: {Enabled: {cert: a, key: b}}}")
                                  << u"server.tls"_s;
    QTest::newRow("bedrock as a target") << QByteArray(
        "routers: {r: {load-balance: {chat: {strategy: weighted, providers: "
        "[bedrock]}}}}") << u"routers.r.load-balance.chat.providers.0"_s;
}

void TestTolerated::refusesWhatWouldLimitOrProtect()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, path);
    const LoadResult result = loadText(text);
    QVERIFY(!result.configuration);
    QCOMPARE(paths(result.findings, Severity::Error), QStringList{path});
    const QString message = result.findings.constFirst().message;
    QVERIFY2(message.contains(u"not in this version"_s), qPrintable(message));
}

void TestTolerated::authenticationForms_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("isOn");
    QTest::addColumn<int>("cloudWarnings");
    const auto row = [](const char *text, bool isOn, int cloudWarnings) {
        QTest::newRow(text) << QByteArray(text) << isOn << cloudWarnings;
    };
    row("authentication: true", true, 0);
    row("authentication: false", false, 0);
    row("helicone: {features: none}", false, 0);
    row("helicone: {features: auth}", true, 0);
    row("helicone: {features: observability}", true, 1);
    row("helicone: {features: all}", true, 1);
    row("helicone: {features: __prompts}", true, 1);
    row("helicone: {authentication: true}", true, 0);
    row("helicone: {observability: true}", true, 1);
    row("helicone: {__prompts: true}", true, 1);
    row("helicone: {authentication: true, observability: true, __prompts: true}", true, 2);
    row("helicone: {features: auth, observability: true}", true, 1);
    // features decides over the older keys, as upstream; said, because it leaves the door open.
    row("helicone: {features: none, authentication: true}", false, 0);
}

void TestTolerated::authenticationForms()
{
    QFETCH(QByteArray, text);
    QFETCH(bool, isOn);
    QFETCH(int, cloudWarnings);
    const LoadResult result = loadText(text);
    QVERIFY(result.configuration);
    QCOMPARE(result.configuration->authentication, isOn);
    int said = 0;
    for (const Finding &finding : result.findings)
        said += finding.message.contains(u"nothing is sent to any cloud"_s) ? 1 : 0;
    QCOMPARE(said, cloudWarnings);
}

void TestTolerated::googleIsGemini()
{
    const LoadResult result = loadText("providers: {google: {timeout: 1m}}\n"
                                       "routers: {r: {providers: {google: {base-url: "
                                       "'http://localhost:1/'}}}}");
    QVERIFY(result.configuration);
    QVERIFY(result.findings.isEmpty());
    const Provider *gemini = result.configuration->findProvider("gemini");
    QVERIFY(gemini != nullptr);
    QCOMPARE(gemini->timeout, std::chrono::minutes(1));
    QVERIFY(gemini->isBuiltIn);
    QVERIFY(result.configuration->findProvider("google") == nullptr);
    QCOMPARE(result.configuration->findRouter("r")->baseUrls.value("gemini"),
        QByteArray("http://localhost:1"));
}

void TestTolerated::bareProviderInAListOfOneHasWeightOne()
{
    const LoadResult result =
        loadText("routers: {r: {load-balance: {chat: {strategy: weighted, providers: [openai]}}}}");
    QVERIFY(result.configuration);
    const std::vector<WeightedProvider> expected{{"openai", 1'000'000}};
    QCOMPARE(result.configuration->routers.front().targets, expected);
}

void TestTolerated::weightsAreExact_data()
{
    QTest::addColumn<QByteArrayList>("weights");
    QTest::addColumn<bool>("isValid");
    QTest::newRow("tenths") << QByteArrayList(10, "0.1") << true;
    QTest::newRow("text and numbers") << QByteArrayList{"'0.95'", "0.05"} << true;
    QTest::newRow("one and none") << QByteArrayList{"1", "0"} << true;
    QTest::newRow("thirds") << QByteArrayList{"0.333333", "0.333333", "0.333334"} << true;
    QTest::newRow("too little") << QByteArrayList{"0.5", "0.4"} << false;
    QTest::newRow("a millionth too much") << QByteArrayList{"0.5", "0.500001"} << false;
    QTest::newRow("percent") << QByteArrayList{"50", "50"} << false;
    QTest::newRow("exponent") << QByteArrayList{"5e-1", "0.5"} << false;
    QTest::newRow("negative") << QByteArrayList{"-0.5", "1.5"} << false;
}

void TestTolerated::weightsAreExact()
{
    QFETCH(QByteArrayList, weights);
    QFETCH(bool, isValid);
    QByteArrayList items;
    for (const QByteArray &weight : weights)
        items.append("{provider: openai, weight: " + weight + "}");
    const LoadResult result =
        loadText("routers: {r: {load-balance: {chat: {strategy: weighted, providers: ["
            + items.join(", ") + "]}}}}");
    QCOMPARE(result.configuration != nullptr, isValid);
    if (!isValid)
        return;
    qint64 sum = 0;
    for (const WeightedProvider &target : result.configuration->routers.front().targets)
        sum += target.weight;
    QCOMPARE(sum, 1'000'000);
}

void TestTolerated::dispatcherSetsEveryProvider()
{
    const LoadResult result =
        loadText("dispatcher: {timeout: 5m, connection-timeout: 3s}\n"
                 "providers: {my-llm: {base-url: 'http://h/'}, groq: {timeout: 1s}}");
    QVERIFY(result.configuration);
    QCOMPARE(result.configuration->findProvider("openai")->timeout, std::chrono::minutes(5));
    QCOMPARE(result.configuration->findProvider("my-llm")->timeout, std::chrono::minutes(5));
    QCOMPARE(result.configuration->findProvider("groq")->timeout, std::chrono::seconds(1));
    QCOMPARE(result.configuration->findProvider("groq")->connectTimeout, std::chrono::seconds(3));
}

void TestTolerated::openAddressWithoutKeysStaysLocal_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("address");
    QTest::addColumn<bool>("isWarned");
    QTest::newRow("default") << QByteArray() << u"127.0.0.1"_s << false;
    QTest::newRow("localhost") << QByteArray("server: {address: localhost}") << u"127.0.0.1"_s
                               << false;
    QTest::newRow("loopback 6") << QByteArray("server: {address: '::1'}") << u"::1"_s << false;
    QTest::newRow("open") << QByteArray("server: {address: 0.0.0.0}") << u"127.0.0.1"_s << true;
    QTest::newRow("open 6") << QByteArray("server: {address: '::'}") << u"::1"_s << true;
    QTest::newRow("one network") << QByteArray("server: {address: 192.168.1.5}") << u"127.0.0.1"_s
                                 << true;
    QTest::newRow("meant") << QByteArray("server: {address: 0.0.0.0, allow-open: true}")
                           << u"0.0.0.0"_s << true;
    QTest::newRow("with keys") << QByteArray(
        "server: {address: 0.0.0.0}\nhelicone: {features: auth}\napi-keys: [{name: a, hash: "
        "'sha256:"
        + QByteArray(64, 'a') + "'}]")
                               << u"0.0.0.0"_s << true;
}

void TestTolerated::openAddressWithoutKeysStaysLocal()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, address);
    QFETCH(bool, isWarned);
    const LoadResult result = loadText(text);
    QVERIFY(result.configuration);
    QCOMPARE(result.configuration->server.address, address);
    const QStringList expected = isWarned ? QStringList{u"server.address"_s} : QStringList();
    QCOMPARE(paths(result.findings, Severity::Warning), expected);
}

void TestTolerated::unknownKeysOfUpstreamsLaxMapsAreErrors_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("fix");
    const auto row = [](const char *text, const QString &path, const QString &fix) {
        QTest::newRow(text) << QByteArray(text) << path << fix;
    };
    row("routers: {r: {loadbalance: {}}}", u"routers.r.loadbalance"_s, u"load-balance"_s);
    row("dispatcher: {time-out: 5m}", u"dispatcher.time-out"_s, u"timeout"_s);
    row("global: {rate-limit: {per-apikey: {}}}", u"global.rate-limit.per-apikey"_s,
        u"per-api-key"_s);
    row("global: {rate_limit: {}}", u"global.rate_limit"_s, u"rate-limit"_s);
    row("global: {rate-limit: {per-end-user: {capacty: 5}}}",
        u"global.rate-limit.per-end-user.capacty"_s, u"capacity"_s);
    row("global: {rate-limit: {disabled: true}}", u"global.rate-limit.disabled"_s, QString());
    row("sever: {}", u"sever"_s, u"server"_s);
    row("api-keys: [{name: a, hash: b, owners: c}]", u"api-keys.0.owners"_s, u"owner"_s);
}

void TestTolerated::unknownKeysOfUpstreamsLaxMapsAreErrors()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, path);
    QFETCH(QString, fix);
    const LoadResult result = loadText(text);
    QVERIFY(!result.configuration);
    const auto found = std::find_if(result.findings.cbegin(), result.findings.cend(),
        [&path](const Finding &finding) { return finding.path == path; });
    QVERIFY(found != result.findings.cend());
    QCOMPARE(found->severity, Severity::Error);
    QCOMPARE(found->fix, fix);
    const bool suggests = found->message.contains(u"did you mean"_s);
    QCOMPARE(suggests, !fix.isEmpty());
}

void TestTolerated::emptyFileIsTheDefaults_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("blank") << QByteArray(" \n\n");
    QTest::newRow("comments") << QByteArray("# a\n# b");
    QTest::newRow("null") << QByteArray("~\n");
    QTest::newRow("document start") << QByteArray("---\n");
    QTest::newRow("byte order mark") << QByteArray("\xEF\xBB\xBF");
    QTest::newRow("empty map") << QByteArray("{}");
}

void TestTolerated::emptyFileIsTheDefaults()
{
    QFETCH(QByteArray, text);
    const LoadResult result = loadText(text);
    QVERIFY(result.configuration);
    QVERIFY(result.findings.isEmpty());
    const Configuration &config = *result.configuration;
    QCOMPARE(config.server, Server());
    QVERIFY(!config.authentication);
    QVERIFY(config.limits.empty() && config.routers.empty() && config.apiKeys.empty());
    QCOMPARE(config.providers.size(), size_t(9));
    for (const Provider &provider : config.providers) {
        QVERIFY(provider.isBuiltIn && !provider.models.isEmpty());
        QCOMPARE(provider.dialect == Dialect::Anthropic, provider.name == "anthropic");
        QVERIFY(!provider.baseUrl.endsWith('/'));
    }
}

void TestTolerated::routerWithoutBalanceUsesThreeProvidersEvenly()
{
    const LoadResult result = loadText("routers: {r: {}, s: {load-balance: {}}}");
    QVERIFY(result.configuration);
    QVERIFY(result.findings.isEmpty());
    const std::vector<WeightedProvider> expected{
        {"openai", 333'334}, {"anthropic", 333'333}, {"gemini", 333'333}};
    QCOMPARE(result.configuration->routers[0].targets, expected);
    QCOMPARE(result.configuration->routers[1].targets, expected);
}

void TestTolerated::routerNames_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<int>("findings");
    QTest::addColumn<bool>("isValid");
    for (const char *name : {"a", "Z", "ABC", "A1B2", "A-1", "a_b", "0123456789", "123456789012"})
        QTest::newRow(name) << QByteArray(name) << 0 << true;
    QTest::newRow("13") << QByteArray("1234567890123") << 1 << true;
    QTest::newRow("64") << QByteArray(64, 'x') << 1 << true;
    QTest::newRow("65") << QByteArray(65, 'x') << 1 << false;
    for (const char *name : {"''", "with space", "special$", "mixed*chars", "ünïcode", "a.b"})
        QTest::newRow(name) << QByteArray(name) << 1 << false;
}

void TestTolerated::routerNames()
{
    QFETCH(QByteArray, name);
    QFETCH(int, findings);
    QFETCH(bool, isValid);
    const LoadResult result = loadText("routers:\n  " + name + ": {}\n");
    QCOMPARE(result.findings.size(), findings);
    QCOMPARE(result.configuration != nullptr, isValid);
}

void TestTolerated::missingAmountsAreUpstreamsDefaults()
{
    const LoadResult result = loadText("global: {rate-limit: {per-end-user: {}}}");
    QVERIFY(result.configuration);
    const LimitRule &rule = result.configuration->limits.front();
    QCOMPARE(rule.capacity, 500'000'000);
    QCOMPARE(rule.refill, std::chrono::seconds(1));
}

void TestTolerated::recording_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("isValid");
    QTest::addColumn<bool>("isOn");
    QTest::addColumn<qint64>("hours");
    QTest::newRow("default") << QByteArray() << true << true << qint64(7 * 24);
    QTest::newRow("off") << QByteArray("recording: {enabled: false}") << true << false
                         << qint64(7 * 24);
    QTest::newRow("longer") << QByteArray("recording: {retention: 30d}") << true << true
                            << qint64(30 * 24);
    QTest::newRow("nothing") << QByteArray("recording: {retention: 0s}") << false << true
                             << qint64(0);
    QTest::newRow("unknown") << QByteArray("recording: {retain: 7d}") << false << true << qint64(0);
    QTest::newRow("sums") << QByteArray("recording: {rollups: {hourly: 10d, daily: 1y}}") << true
                          << true << qint64(7 * 24);
    QTest::newRow("days shorter than hours")
        << QByteArray("recording: {rollups: {hourly: 10d, daily: 9d}}") << false << true
        << qint64(0);
    QTest::newRow("no hours") << QByteArray("recording: {rollups: {hourly: 1h}}") << false << true
                              << qint64(0);
    QTest::newRow("in PostgreSQL") << QByteArray("recording: {url: 'postgresql://u@h:1/d?a=b'}")
                                   << true << true << qint64(7 * 24);
    QTest::newRow("in a file elsewhere")
        << QByteArray("recording: {url: 'sqlite:/x'}") << false << true << qint64(0);
    QTest::newRow("in another database")
        << QByteArray("recording: {url: 'mysql://h/d'}") << false << true << qint64(0);
    QTest::newRow("no property") << QByteArray("recording: {properties: ['a b']}") << false << true
                                 << qint64(0);
}

void TestTolerated::recording()
{
    QFETCH(QByteArray, text);
    QFETCH(bool, isValid);
    QFETCH(bool, isOn);
    QFETCH(qint64, hours);
    const LoadResult result = loadText(text);
    QCOMPARE(result.configuration != nullptr, isValid);
    if (!isValid)
        return;
    QCOMPARE(result.configuration->recording.enabled, isOn);
    QCOMPARE(result.configuration->recording.retention, std::chrono::hours(hours));
}

void TestTolerated::recordingKeepsSums()
{
    const LoadResult result = loadText(
        "recording: {rollups: {hourly: 10d, daily: 2y}, properties: [Tenant, tier, tenant]}");
    QVERIFY(result.configuration);
    const Recording &recording = result.configuration->recording;
    QCOMPARE(recording.hourly, std::chrono::days(10));
    QCOMPARE(recording.daily, std::chrono::seconds(2 * 31'557'600));
    QCOMPARE(recording.properties, QList<QByteArray>({"tenant", "tier"}));
    QCOMPARE(loadText("").configuration->recording.hourly, std::chrono::days(100));
}

QTEST_GUILESS_MAIN(TestTolerated)
#include "tst_tolerated.moc"

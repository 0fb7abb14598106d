// SPDX-License-Identifier: GPL-3.0-or-later
// The demo's configuration loads, and every client in it has a key and a way in.
#include "core/base/secrets.h"
#include "core/config/loader.h"
#include "core/demo/scenario.h"
#include "core/demo/traffic.h"

#include <QJsonDocument>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;

class TestScenario : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void itsConfigurationLoadsWithoutErrors();
    void itIsTheSameOnEveryStart();
    void everyClientHasAKeyAndAWayIn();
    void theVisitorsKeyHasNoTraffic();
    void noSecretIsInTheFile();
    void bodiesAreJson();

private:
    static std::shared_ptr<const config::Configuration> loaded();
};

std::shared_ptr<const config::Configuration> TestScenario::loaded()
{
    const QByteArray text = demo::demoConfiguration("http://127.0.0.1:4711");
    return config::load(text, QProcessEnvironment()).configuration;
}

void TestScenario::itsConfigurationLoadsWithoutErrors()
{
    const QByteArray text = demo::demoConfiguration("http://127.0.0.1:4711");
    const config::LoadResult result = config::load(text, QProcessEnvironment());
    for (const config::Finding &finding : result.findings) {
        QVERIFY2(finding.severity != config::Severity::Error, qPrintable(finding.message));
        qInfo("%d: %s", finding.place.line, qPrintable(finding.message));
    }
    QVERIFY(result.configuration);
    QVERIFY(result.configuration->authentication);
    QCOMPARE(result.configuration->limits.size(), 10);
    QCOMPARE(result.configuration->routers.size(), 3);
    QCOMPARE(result.configuration->findProvider("openai")->baseUrl, "http://127.0.0.1:4711"_ba);
    QCOMPARE(result.configuration->findProvider("anthropic")->dialect, config::Dialect::Anthropic);
    QVERIFY(result.configuration->findRouter("internal")->limitsDisabled);
    QCOMPARE(result.configuration->findRouter("production")->targets.size(), 2);
}

void TestScenario::itIsTheSameOnEveryStart()
{
    QCOMPARE(demo::demoConfiguration("http://x:1"), demo::demoConfiguration("http://x:1"));
    QCOMPARE(demo::demoVisitorKey(), demo::demoVisitorKey());
}

void TestScenario::everyClientHasAKeyAndAWayIn()
{
    const auto configuration = loaded();
    QVERIFY(configuration);
    for (const demo::DemoClient &client : demo::demoClients()) {
        const auto key = std::find_if(configuration->apiKeys.begin(), configuration->apiKeys.end(),
            [&](const config::ApiKey &entry) { return entry.name == client.keyName; });
        QVERIFY(key != configuration->apiKeys.end());
        QCOMPARE(key->hash, hashApiKey(client.secret));
        const QList<QByteArray> parts = client.path.split('/');
        if (parts.at(1) == "router")
            QVERIFY2(configuration->findRouter(parts.at(2)), client.path.constData());
        else
            QVERIFY2(configuration->findProvider(parts.at(1)), client.path.constData());
    }
}

void TestScenario::theVisitorsKeyHasNoTraffic()
{
    for (const demo::DemoClient &client : demo::demoClients())
        QVERIFY(client.secret != demo::demoVisitorKey());
    const auto configuration = loaded();
    QVERIFY(std::any_of(configuration->apiKeys.begin(), configuration->apiKeys.end(),
        [](const config::ApiKey &key) { return key.hash == hashApiKey(demo::demoVisitorKey()); }));
}

void TestScenario::noSecretIsInTheFile()
{
    const QByteArray text = demo::demoConfiguration("http://x:1");
    for (const demo::DemoClient &client : demo::demoClients())
        QVERIFY(!text.contains(client.secret));
    QVERIFY(!text.contains(demo::demoVisitorKey()));
}

void TestScenario::bodiesAreJson()
{
    for (const demo::DemoClient &client : demo::demoClients()) {
        for (const bool isStream : {false, true}) {
            const QByteArray body = demo::trafficBody(client, "say \"hi\"\n", isStream);
            QVERIFY2(QJsonDocument::fromJson(body).isObject(), body.constData());
        }
    }
}

QTEST_GUILESS_MAIN(TestScenario)
#include "tst_scenario.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
#include "gatewaystage.h"

#include "core/base/secrets.h"
#include "core/config/loader.h"

#include <QTest>

namespace sluice::test {

using namespace Qt::StringLiterals;

demo::MockOptions GatewayStage::shortAnswers()
{
    demo::MockOptions options;
    options.chunkInterval = std::chrono::milliseconds(5);
    options.tokens = 8;
    return options;
}

GatewayStage::GatewayStage(const demo::MockOptions &options)
    : mock(std::make_unique<demo::MockServer>()),
      gateway(std::make_unique<session::GatewaySession>(clock)),
      feed(std::make_unique<session::RequestFeed>()),
      usage(std::make_unique<session::LiveUsage>(clock))
{
    qputenv("SLUICE_TEST_PROVIDER_KEY", "sk-provider-secret");
    if (!mock->start(options))
        qFatal("the mock provider did not start");
    upstreamUrl = mock->baseUrl();
    QObject::connect(gateway.get(), &session::GatewaySession::activityReported, gateway.get(),
        [this](const insight::ActivityBatchPtr &batch) {
            feed->ingest(batch);
            usage->ingest(batch);
        });
}

GatewayStage::~GatewayStage()
{
    client.reset();
    gateway.reset();
    mock.reset();
}

std::shared_ptr<const config::Configuration> GatewayStage::load(const QByteArray &extra) const
{
    const QByteArray text = "server: {port: 0, workers: 2}\n"
                            "helicone: {features: auth}\n"
                            "api-keys:\n"
                            "  - {name: ci, hash: \"sha256:"
        + hashApiKey("key-ci-0123456789") + "\", owner: alice}\n  - {name: app, hash: \"sha256:"
        + hashApiKey("key-app-0123456789") + "\", owner: bob}\nproviders:\n  openai: {base-url: \""
        + upstreamUrl + "\", api-key-env: SLUICE_TEST_PROVIDER_KEY}\n  anthropic: {base-url: \""
        + upstreamUrl + "\", api-key-env: SLUICE_TEST_PROVIDER_KEY}\n" + extra;
    const config::LoadResult result = config::load(text, QProcessEnvironment::systemEnvironment());
    for (const config::Finding &finding : result.findings)
        if (finding.severity == config::Severity::Error)
            qWarning("%d:%d %ls", finding.place.line, finding.place.column,
                qUtf16Printable(finding.message));
    return result.configuration;
}

bool GatewayStage::start(const QByteArray &extra)
{
    const auto configuration = load(extra);
    if (!configuration || !gateway->start(configuration, u"config.yaml"_s))
        return false;
    client = std::make_unique<TestClient>(gateway->baseUrl());
    client->setHeaders({{"Authorization", "Bearer key-ci-0123456789"}});
    return true;
}

insight::RequestRecord GatewayStage::lastRecord(int count) const
{
    const auto isSettled = [this, count] {
        return feed->size() >= count && feed->at(count - 1).outcome != insight::Outcome::Streaming;
    };
    return QTest::qWaitFor(isSettled, 10'000) ? feed->at(count - 1) : insight::RequestRecord{};
}

} // namespace sluice::test

// SPDX-License-Identifier: GPL-3.0-or-later
// A whole gateway in front of the mock provider, over real sockets, with a client that has a key.
// One for each test; lives on the test's thread.
#pragma once

#include "core/demo/mockserver.h"
#include "core/session/gatewaysession.h"
#include "core/session/liveusage.h"
#include "core/session/requestfeed.h"
#include "testclient.h"

#include <QJsonObject>

namespace sluice::test {

class GatewayStage final
{
public:
    /// Starts the mock.
    explicit GatewayStage(const demo::MockOptions &options = shortAnswers());
    ~GatewayStage();
    Q_DISABLE_COPY_MOVE(GatewayStage)

    /// The configuration: keys ci (alice) and app (bob), the providers openai and anthropic at the
    /// mock, and what is added. Null, with warnings, if it has errors.
    [[nodiscard]] std::shared_ptr<const config::Configuration> load(
        const QByteArray &extra = {}) const;

    /// Opens the gateway and makes the client, which uses the key ci.
    bool start(const QByteArray &extra = {});

    [[nodiscard]] QJsonObject books() const { return mock->books(); }

    /// Answers of 8 tokens, 5 ms for each of a stream.
    static demo::MockOptions shortAnswers();

    /// Waits until all requests are settled and listed; the last record then, or an empty one.
    [[nodiscard]] insight::RequestRecord lastRecord(int count) const;

    SystemClock clock;
    std::unique_ptr<demo::MockServer> mock;
    QByteArray upstreamUrl; ///< of both providers
    std::unique_ptr<session::GatewaySession> gateway;
    std::unique_ptr<session::RequestFeed> feed;
    std::unique_ptr<session::LiveUsage> usage;
    std::unique_ptr<TestClient> client;
};

} // namespace sluice::test

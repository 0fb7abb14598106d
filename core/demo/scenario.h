// SPDX-License-Identifier: GPL-3.0-or-later
// The story that the demo tells: a sample configuration, its keys, and the clients that use it.
// Pure and the same on every start; any thread. Nothing here is a secret outside the demo.
#pragma once

#include "core/demo/mockanswer.h"

#include <vector>

namespace sluice::demo {

/// One client of the demo's traffic.
struct DemoClient
{
    QByteArray keyName;
    QByteArray secret;
    QByteArray user; ///< may be empty
    gateway::Headers properties; ///< Helicone-Property-*
    QByteArray path; ///< on the gateway, "/router/production/v1/chat/completions"
    QByteArray model;
    int perMinute = 60; ///< while active
    std::chrono::seconds active{0}; ///< works that long, then pauses; 0 = always active
    std::chrono::seconds pause{0};
    int streamPercent = 0;
    int leavePercent = 0; ///< of the streams, hung up on halfway
    QByteArray policy; ///< Helicone-RateLimit-Policy, may be empty
    bool userInBody = false; ///< instead of Helicone-User-Id
};

/// The environment variable that the sample configuration reads the mock's credential from.
constexpr const char *DemoSecretVariable = "SLUICE_DEMO_PROVIDER_KEY";

/// Sets DemoSecretVariable. Call from main() before any thread starts.
void prepareDemoEnvironment();

/// A commented configuration whose providers are the mock at mockBaseUrl and whose keys are those
/// of demoClients() and demoVisitorKey(). Listens on a free loopback port.
QByteArray demoConfiguration(const QByteArray &mockBaseUrl);

/// Who sends requests, and how often.
std::vector<DemoClient> demoClients();

/// The secret of the key `visitor`, without traffic of its own: for the person who tries the demo.
QByteArray demoVisitorKey();

/// A mock that answers like a quick provider: visible latencies, short streams.
MockOptions demoMockOptions();

} // namespace sluice::demo

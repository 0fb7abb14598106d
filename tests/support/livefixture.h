// SPDX-License-Identifier: GPL-3.0-or-later
// A console's data without a gateway: requests are decided by the real limit engine under a clock
// that the test moves, folded as a gateway thread folds them, and handed to the façades. Keeps its
// own independent counts.
#pragma once

#include "core/insight/activitycollector.h"
#include "core/limits/limiter.h"
#include "core/session/liveusage.h"
#include "core/session/requestfeed.h"

#include <map>

namespace sluice::test {

class ManualClock final : public Clock
{
public:
    /// 2026-03-02 14:02:12 UTC.
    EngineTime time{std::chrono::seconds(1'772'460'132)};

    [[nodiscard]] EngineTime now() const override { return time; }

    [[nodiscard]] std::chrono::milliseconds wall() const override
    {
        return std::chrono::duration_cast<std::chrono::milliseconds>(time);
    }
};

class LiveFixture final
{
public:
    struct Client
    {
        QByteArray key = {};
        QByteArray user = {};
        QByteArray router = {}; ///< empty = unified API
        QByteArray tenant = {};
        QByteArray provider = "openai";
        QByteArray model = "gpt-4o-mini";
        QByteArray policy = {}; ///< Helicone-RateLimit-Policy
        qint64 input = 0; ///< tokens
        qint64 cached = 0; ///< tokens, part of input
        qint64 output = 0; ///< tokens
        MicroAmount cents = 0; ///< micro-cents
        bool isPriced = true;
        bool isEstimate = false; ///< the provider does not report what was used
    };

    /// What this fixture saw itself, apart from all models.
    struct Count
    {
        int admitted = 0;
        int refused = 0;
    };

    explicit LiveFixture(const QByteArray &yaml = sampleConfiguration());

    /// Keys, routers prod, agents and batch, limits of every kind.
    static QByteArray sampleConfiguration();

    /// The same with limits per team (90 a minute), per member (70) and for everybody (500).
    static QByteArray teamConfiguration();

    /// The same without teams.
    static QByteArray teamlessConfiguration();

    /// The first one with limits of every other algorithm and unit: 3 at once for each key on
    /// router agents, 20 000 tokens in any hour and 1 000 requests a calendar day for each key, $5
    /// a month in Berlin for each team ($2.50 for support), 50 requests in any minute for each
    /// user of each key.
    static QByteArray everyLimitConfiguration();

    /// Adds these limits to one of the configurations.
    static QByteArray withEveryLimit(QByteArray text);

    /// What an answered request of the client used and cost.
    static metering::Charge chargeOf(const Client &client);

    /// One request, decided now, and settled at what it was expected to use unless it streams;
    /// charged if it was answered. duration is what an admitted one takes.
    insight::RequestRecord send(const Client &client,
        std::chrono::microseconds duration = std::chrono::milliseconds(640),
        insight::Outcome outcome = insight::Outcome::Completed, int status = 200);

    /// The same stream again, ended and settled; its charge is what the record has.
    void end(insight::RequestRecord record, insight::Outcome outcome, int status);

    /// Hands everything since the last report to the façades.
    void report();

    void advance(std::chrono::nanoseconds time) { clock.time += time; }

    ManualClock clock;
    std::shared_ptr<const config::Configuration> configuration;
    limits::Limiter limiter{clock};
    session::LiveUsage usage{clock};
    session::RequestFeed feed;
    std::map<QByteArray, Count> keys;
    std::map<QByteArray, Count> users;

private:
    insight::ActivityCollector m_collector;
    quint64 m_lastId = 0;
};

} // namespace sluice::test

// SPDX-License-Identifier: GPL-3.0-or-later
// The value types of a configuration file: what config::load() returns and everything above reads.
// Plain values, compared with ==, shared between threads as shared_ptr<const Configuration>.
#pragma once

#include "core/config/finding.h"
#include "core/config/limitrule.h"
#include "core/config/prices.h"

#include <QByteArray>
#include <QDate>
#include <QMap>
#include <QStringList>

#include <chrono>
#include <optional>
#include <vector>

namespace sluice::config {

using std::chrono::milliseconds;

/// `server:`
struct Server
{
    QString address = QStringLiteral("127.0.0.1");
    quint16 port = 8080; ///< 0 = any free one
    int workers = 0; ///< gateway threads; 0 = auto, min(4, cores - 1), at least 1
    int maxConnections = 10'000;
    qint64 maxHeaderBytes = 64 * 1024;
    qint64 maxBodyBytes = 32 * 1024 * 1024;
    qint64 maxBufferedBytes = 1024LL * 1024 * 1024;
    qint64 maxCounters = 5'000'000;
    bool allowOpen = false;
    milliseconds headerTimeout{10'000};
    milliseconds idleTimeout{75'000};
    milliseconds shutdownTimeout{30'000};
    QStringList allowedOrigins;

    friend bool operator==(const Server &, const Server &) = default;
};

/// One entry of `api-keys:`. The secret itself is never here.
struct ApiKey
{
    QByteArray name;
    QByteArray hash; ///< hashApiKey() of the key, lower-case hex without "sha256:"
    QByteArray owner; ///< a member; may be empty
    QByteArray team; ///< may be empty
    QList<QByteArray> routers; ///< the only routers it may use; empty = all entry points
    std::optional<QDate> expires; ///< the first day on which it no longer works, UTC
    bool disabled = false;
    Place place;

    friend bool operator==(const ApiKey &, const ApiKey &) = default;
};

/// One entry of `teams:`
struct Team
{
    QByteArray name;
    QList<QByteArray> members;
    Place place;

    friend bool operator==(const Team &, const Team &) = default;
};

/// Which API a provider speaks; decides its credential header and chat path.
enum class Dialect : quint8 { OpenAi, Anthropic };

/// One provider after merging `providers:` over the built-in ones.
struct Provider
{
    QByteArray name;
    QByteArray baseUrl; ///< without a trailing slash
    Dialect dialect = Dialect::OpenAi;
    QByteArray apiKeyEnv; ///< environment variable that holds its secret; may be empty
    QByteArray version; ///< `anthropic-version`, Anthropic only
    QList<QByteArray> models;
    milliseconds timeout{15 * 60 * 1000};
    milliseconds connectTimeout{10'000};
    bool injectsUsage = true; ///< `inject-usage`: ask for the usage of streams (OpenAI dialect)
    bool isBuiltIn = true;

    friend bool operator==(const Provider &, const Provider &) = default;
};

struct WeightedProvider
{
    QByteArray provider;
    qint64 weight = 0; ///< millionths; a router's weights sum to exactly 1 000 000

    friend bool operator==(const WeightedProvider &, const WeightedProvider &) = default;
};

/// One entry of `routers:`
struct Router
{
    QByteArray name;
    std::vector<WeightedProvider> targets; ///< never empty
    QMap<QByteArray, QByteArray> baseUrls; ///< per-router overrides: provider -> base URL
    bool limitsDisabled =
        false; ///< `rate-limit: {disabled: true}`: opts out of all configured limits
    Place place;

    friend bool operator==(const Router &, const Router &) = default;
};

/// `policy-header:`
struct PolicyHeader
{
    enum class Algorithm : quint8 { SlidingWindow, TokenBucket };
    bool enabled = true;
    Algorithm algorithm = Algorithm::SlidingWindow;
    bool ignoreMalformed = false; ///< on-malformed: ignore
    bool shareMissingSegment = false; ///< on-missing-segment: share

    friend bool operator==(const PolicyHeader &, const PolicyHeader &) = default;
};

/// `response-headers:`
struct ResponseHeaders
{
    bool provider = true;
    bool providerRequestId = true;
    bool rateLimitIetf = true;

    friend bool operator==(const ResponseHeaders &, const ResponseHeaders &) = default;
};

/// Where limits are counted: `rate-limit-store:`, or `store:` of one block.
struct Store
{
    enum class Type : quint8 {
        InMemory, ///< gone at exit
        Sqlite, ///< in memory, and journalled to a file
        Postgres, ///< shared by several gateways
        Redis, ///< shared by several gateways
    };

    Type type = Type::Sqlite;
    QString path; ///< of the SQLite file; empty: in the data directory
    bool isStrict = false; ///< `durability: strict`: nothing is answered that is not on disk
    QString url; ///< of Redis or PostgreSQL. May hold a password: never logged
    milliseconds connectionTimeout{5'000};
    QByteArray keyPrefix = "sluice:";

    /// Whether the counters live outside of this process.
    [[nodiscard]] bool isShared() const { return type == Type::Postgres || type == Type::Redis; }

    friend bool operator==(const Store &, const Store &) = default;
};

/// "in-memory", "database" or "redis": as `type:` in the file and in JSON.
QByteArrayView storeTypeName(Store::Type type);

/// `recording:`
struct Recording
{
    bool enabled = true; ///< every request becomes a row of the ledger
    milliseconds retention{std::chrono::days(7)}; ///< how long rows are kept
    milliseconds hourly{std::chrono::days(100)}; ///< how long sums by hour are kept
    milliseconds daily{std::chrono::days(3 * 365)}; ///< how long sums by day are kept
    QList<QByteArray> properties; ///< that sums are kept of, in lower case
    QString url; ///< of PostgreSQL, may hold a password; empty: in the data directory
    bool bodies = false; ///< of requests and answers, as long as rows

    /// Whether bodies are recorded: only of requests that become rows.
    [[nodiscard]] bool keepsBodies() const { return enabled && bodies; }

    friend bool operator==(const Recording &, const Recording &) = default;
};

/// A whole configuration, validated.
struct Configuration
{
    Server server;
    bool authentication = false;
    std::vector<ApiKey> apiKeys;
    std::vector<Team> teams;
    std::vector<Provider> providers; ///< in order of preference for bare model names
    std::vector<Store> stores{Store()}; ///< the first is `rate-limit-store`; LimitRule::store
    std::vector<LimitRule> limits; ///< in file order; global, unified, then routers
    std::vector<Router> routers;
    PolicyHeader policyHeader;
    ResponseHeaders responseHeaders;
    Recording recording;
    Prices prices;
    qint64 estimatedOutputTokens = 1'000; ///< `estimates.output-tokens`
    QStringList overridden; ///< paths that the environment or a command-line option decides

    friend bool operator==(const Configuration &, const Configuration &) = default;

    [[nodiscard]] const Provider *findProvider(QByteArrayView name) const;
    [[nodiscard]] const Router *findRouter(QByteArrayView name) const;
};

} // namespace sluice::config

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/metrics/metricspage.h"

#include "core/gateway/admin/adminrequest.h"
#include "core/gateway/metrics/metricstext.h"

namespace sluice::gateway {

using namespace Qt::StringLiterals;
using Type = MetricsText::Type;

namespace {

// The words of the ledger, in the order of insight::Outcome and limits::Verdict.
constexpr std::array<const char *, RequestTally::Outcomes> OutcomeNames{
    nullptr, "completed", "refused", "rejected", "upstream_failed", "client_left"};
constexpr std::array<const char *, RequestTally::Verdicts> VerdictNames{nullptr, "limit_reached",
    "slots_taken", "never_fits", "unpriced", "missing_segment", "no_room", "store_down", "blocked"};

static_assert(static_cast<size_t>(insight::Outcome::ClientLeft) + 1 == RequestTally::Outcomes);
static_assert(static_cast<size_t>(limits::Verdict::Blocked) + 1 == RequestTally::Verdicts);

quint64 natural(qint64 figure)
{
    return static_cast<quint64>(std::max<qint64>(figure, 0));
}

template <size_t Size>
void addNamed(MetricsText &text, QByteArrayView label, const std::array<const char *, Size> &names,
    const std::array<quint64, Size> &figures)
{
    for (size_t i = 0; i < Size; ++i) {
        if (names.at(i) != nullptr)
            text.add(figures.at(i), {{label, names.at(i)}});
    }
}

void addRequests(MetricsText &text, const MetricsBoard::Totals &totals)
{
    const RequestTally &requests = totals.requests;
    text.begin("sluice_requests_total", Type::Counter, "Requests that have ended.");
    addNamed(text, "outcome", OutcomeNames, requests.outcomes);
    text.begin("sluice_refusals_total", Type::Counter,
        "Requests that limits, blocks or prices did not let through.");
    addNamed(text, "verdict", VerdictNames, requests.refusals);
    text.begin("sluice_requests_in_flight", Type::Gauge, "Requests that are under way.");
    text.add(natural(totals.inFlight));
    text.begin("sluice_request_duration_seconds", Type::Histogram,
        "From a request's arrival to the last byte of its answer.");
    text.add(requests.duration);
    text.begin("sluice_gateway_overhead_seconds", Type::Histogram,
        "The gateway's own share of requests that asked a provider.");
    text.add(requests.overhead);
}

void addProviders(MetricsText &text, const RequestTally &requests)
{
    text.begin("sluice_upstream_errors_total", Type::Counter,
        "Requests that a provider failed, or answered with an error.");
    for (const auto &[name, provider] : requests.providers)
        text.add(provider.errors, {{"provider", name}});
    text.begin("sluice_tokens_total", Type::Counter, "Tokens used.");
    for (const auto &[name, provider] : requests.providers) {
        text.add(provider.input, {{"provider", name}, {"direction", "input"}});
        text.add(provider.output, {{"provider", name}, {"direction", "output"}});
    }
    text.begin("sluice_cost_microcents_total", Type::Counter,
        "Cost of what has a price, in millionths of a cent.");
    for (const auto &[name, provider] : requests.providers)
        text.add(provider.cost, {{"provider", name}});
}

void addLimits(MetricsText &text, const limits::Limiter &limiter)
{
    text.begin("sluice_counters", Type::Gauge, "Counters of limits in memory.");
    text.add(natural(limiter.counterCount()));
    text.begin("sluice_counters_max", Type::Gauge, "server.max-counters.");
    text.add(natural(limiter.limits()->maxCounters()));
    text.begin("sluice_reservations_open", Type::Gauge, "Reservations that are to be settled.");
    text.add(natural(limiter.openReservations()));
    text.begin("sluice_reservations_overdue_total", Type::Counter,
        "Reservations that nobody settled in time; they count as estimated.");
    text.add(natural(limiter.overdueCount()));
}

/// Two stores at one address are one name; it is up if both are.
void addStores(MetricsText &text, const limits::LimitSet &limits, const StoreBoard &board)
{
    std::map<QString, bool> stores;
    for (const config::Store &store : limits.stores()) {
        if (store.isShared())
            stores.try_emplace(storeName(store), true).first->second &= board.isUp(store);
    }
    if (stores.empty())
        return;
    text.begin("sluice_store_up", Type::Gauge, "Whether a shared store can be reached.");
    for (const auto &[name, isUp] : stores)
        text.add(isUp ? 1 : 0, {{"store", name.toUtf8()}});
    const std::map<QString, qint64> failures = board.failures();
    text.begin("sluice_store_failures_total", Type::Counter, "How often it could not any more.");
    for (const auto &[name, isUp] : stores) {
        const auto found = failures.find(name);
        text.add(found == failures.end() ? 0 : natural(found->second), {{"store", name.toUtf8()}});
    }
}

void addKept(MetricsText &text, const KeptFigures &kept)
{
    if (const auto &ledger = kept.ledger) {
        text.begin("sluice_ledger_up", Type::Gauge, "Whether requests can be recorded.");
        text.add(ledger->isUp ? 1 : 0);
        text.begin("sluice_ledger_rows_total", Type::Counter, "Requests to record.");
        text.add(natural(ledger->rows));
        text.begin("sluice_ledger_rows_waiting", Type::Gauge, "Of these, not on the disk yet.");
        text.add(natural(ledger->waiting));
        text.begin("sluice_ledger_rows_lost_total", Type::Counter,
            "Of these, those that came too fast; they are in the sums.");
        text.add(natural(ledger->lost));
    }
    if (kept.isJournalUp) {
        text.begin("sluice_journal_up", Type::Gauge, "Whether counters can be kept on the disk.");
        text.add(*kept.isJournalUp ? 1 : 0);
    }
}

/// Without its port; an IPv6 address without its brackets.
QString hostOf(const RequestHead &head)
{
    const QByteArray host = headerValue(head.headers, "host");
    if (host.startsWith('['))
        return QString::fromLatin1(host.mid(1, std::max<qsizetype>(host.indexOf(']') - 1, 0)));
    const qsizetype colon = host.indexOf(':');
    return QString::fromLatin1(colon < 0 ? host : host.first(colon));
}

/// An address, or a name without a domain: those of the internet, which anybody may point here,
/// have one.
bool isOwnName(const QString &host)
{
    return !host.contains(u'.') || !QHostAddress(host).isNull() || host.endsWith(".localhost"_L1);
}

} // namespace

Response metricsResponse(const MetricsSources &sources)
{
    MetricsText text;
    text.begin("sluice_build_info", Type::Gauge, "The version of the gateway.");
    text.add(1, {{"version", SLUICE_VERSION}});
    const MetricsBoard::Totals totals = sources.board.totals();
    addRequests(text, totals);
    addProviders(text, totals.requests);
    text.begin("sluice_open_connections", Type::Gauge, "Connections of clients.");
    text.add(natural(sources.front.connections.load(std::memory_order_relaxed)));
    addLimits(text, sources.limiter);
    addStores(text, *sources.limiter.limits(), sources.stores);
    addKept(text, sources.kept);
    return {200, {{"Content-Type", MetricsText::ContentType.toByteArray()}}, text.text(), false};
}

std::optional<Failure> refuseMetrics(const RequestHead &head, const QHostAddress &peer)
{
    if (auto failure = refuseStrangers(head, peer, u"The metrics page"))
        return failure;
    if (!isOwnName(hostOf(head)))
        return Failure{403, "invalid_request_error", "local_only",
            u"The metrics page is not served as \"%1\": ask 127.0.0.1 or localhost"_s.arg(
                hostOf(head))};
    return std::nullopt;
}

} // namespace sluice::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/ledgerrecord.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace sluice::session {

using namespace Qt::StringLiterals;
using insight::Outcome;
using insight::RequestRecord;
using limits::Verdict;
using metering::Source;
using std::chrono::milliseconds;

namespace {

constexpr int MostTexts = 4096; ///< shared at once; end users may be any number

enum Column {
    Id,
    Time,
    RequestId,
    Key,
    Owner,
    Team,
    User,
    Properties,
    Router,
    Provider,
    Model,
    Method,
    Path,
    Client,
    Status,
    OutcomeName,
    VerdictName,
    BindingLimit,
    Chain,
    Retries,
    Stream,
    Duration,
    FirstByte,
    Overhead,
    Input,
    Cached,
    CacheWrite,
    Output,
    Reasoning,
    InputSource,
    OutputSource,
    MicroCents,
    Bytes,
    Note
};

Outcome outcomeOf(const QString &name)
{
    static const QHash<QString, Outcome> all{{u"completed"_s, Outcome::Completed},
        {u"refused"_s, Outcome::Refused}, {u"rejected"_s, Outcome::Rejected},
        {u"upstream_failed"_s, Outcome::UpstreamFailed}, {u"client_left"_s, Outcome::ClientLeft}};
    return all.value(name, Outcome::Completed);
}

Verdict verdictOf(const QString &name)
{
    static const QHash<QString, Verdict> all{{u"limit_reached"_s, Verdict::LimitReached},
        {u"slots_taken"_s, Verdict::SlotsTaken}, {u"never_fits"_s, Verdict::NeverFits},
        {u"unpriced"_s, Verdict::Unpriced}, {u"missing_segment"_s, Verdict::MissingSegment},
        {u"no_room"_s, Verdict::NoRoom}, {u"blocked"_s, Verdict::Blocked}};
    return all.value(name, Verdict::Admitted);
}

limits::LinkVerdict linkVerdictOf(const QString &word)
{
    using limits::LinkVerdict;
    if (word == "refuses"_L1)
        return LinkVerdict::Refuses;
    if (word == "would_refuse"_L1)
        return LinkVerdict::WouldRefuse;
    return word == "skipped"_L1 ? LinkVerdict::Skipped : LinkVerdict::Passes;
}

Source sourceOf(const QString &name)
{
    if (name == "counted"_L1)
        return Source::Counted;
    return name == "estimated"_L1 ? Source::Estimated : Source::Reported;
}

std::optional<qint64> figure(const QVariant &value)
{
    return value.isNull() ? std::nullopt : std::optional(value.toLongLong());
}

std::vector<limits::Property> properties(const QByteArray &json)
{
    if (json.size() <= 2)
        return {};
    std::vector<limits::Property> all;
    const QJsonObject object = QJsonDocument::fromJson(json).object();
    for (auto it = object.constBegin(); it != object.constEnd(); ++it)
        all.push_back({it.key().toUtf8(), it.value().toString().toUtf8()});
    return all;
}

limits::Entry entryOf(const QByteArray &router, const QByteArray &provider)
{
    if (router == "unified")
        return limits::Entry::Unified;
    return router.isEmpty() || router == provider ? limits::Entry::Direct : limits::Entry::Router;
}

/// What a limit without a name of its own is called after: "routers/prod/per-api-key".
limits::Limit placeOf(const QByteArray &name)
{
    using limits::SegmentKind;
    limits::Limit limit;
    QByteArrayList parts = name.split('/');
    if (parts.size() >= 3 && parts.first() == "routers") {
        limit.scope = limits::LimitScope::Router;
        limit.router = parts.at(1);
        parts.remove(0, 2);
    } else if (parts.size() >= 2 && parts.first() == "unified-api") {
        limit.scope = limits::LimitScope::Unified;
        parts.removeFirst();
    } else if (parts.size() >= 2 && parts.first() == "global") {
        parts.removeFirst();
    } else {
        return limit;
    }
    static const QHash<QByteArray, SegmentKind> kinds{{"per-api-key", SegmentKind::ApiKey},
        {"per-end-user", SegmentKind::EndUser}, {"per-team", SegmentKind::Team},
        {"per-team-member", SegmentKind::TeamMember}, {"per-property", SegmentKind::Property}};
    limit.segment.kind = kinds.value(parts.first(), SegmentKind::Shared);
    if (limit.segment.kind == SegmentKind::Property)
        limit.segment.property = parts.value(1);
    return limit;
}

metering::Charge chargeOf(const QVariantList &row)
{
    metering::Charge charge;
    charge.tokens.input = figure(row.at(Input));
    charge.tokens.cachedInput = figure(row.at(Cached));
    charge.tokens.cacheWrite = figure(row.at(CacheWrite));
    charge.tokens.output = figure(row.at(Output));
    charge.tokens.reasoning = figure(row.at(Reasoning));
    charge.inputSource = sourceOf(row.at(InputSource).toString());
    charge.outputSource = sourceOf(row.at(OutputSource).toString());
    charge.cost = figure(row.at(MicroCents));
    return charge;
}

} // namespace

QString LedgerRecords::columns()
{
    return u"id, time_ms, request_id, key, owner, team, \"user\", properties, router, provider, "
           u"model, "
           u"method, path, client, status, outcome, verdict, binding_limit, chain, retries, "
           u"stream, duration_us, first_byte_us, "
           u"overhead_us, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, "
           u"reasoning_tokens, input_source, output_source, micro_cents, bytes, note"_s;
}

qint64 LedgerRecords::idOf(const QVariantList &row)
{
    return row.at(Id).toLongLong();
}

milliseconds LedgerRecords::timeOf(const QVariantList &row)
{
    return milliseconds(row.at(Time).toLongLong());
}

QByteArray LedgerRecords::shared(const QVariant &text)
{
    const QByteArray bytes = text.toString().toUtf8();
    if (bytes.isEmpty())
        return {};
    if (m_texts.size() > MostTexts)
        m_texts.clear();
    return *m_texts.insert(bytes);
}

/// It may have gone from the configuration since, so only its name is known, and what that says of
/// its place.
limits::LimitPtr LedgerRecords::limitNamed(const QByteArray &name)
{
    limits::LimitPtr &limit = m_limits[name];
    if (!limit) {
        auto named = std::make_shared<limits::Limit>(placeOf(name));
        named->name = name;
        limit = named;
    }
    return limit;
}

// [["limit", "value", "passes", cost], ...]; rows of older versions have only the name of the one
// that decided.
void LedgerRecords::readChain(
    const QByteArray &json, const QByteArray &binding, limits::Decision &decision)
{
    const QJsonArray links = json.isEmpty() ? QJsonArray() : QJsonDocument::fromJson(json).array();
    for (const QJsonValue each : links) {
        const QByteArray name = each[0].toString().toUtf8();
        decision.chain.push_back({.limit = limitNamed(name),
            .value = each[1].toString().toUtf8(),
            .usage = {},
            .cost = each[3].toInteger(),
            .wait = {},
            .verdict = linkVerdictOf(each[2].toString())});
        if (name == binding && decision.binding < 0)
            decision.binding = static_cast<int>(decision.chain.size()) - 1;
    }
    if (!binding.isEmpty() && decision.binding < 0) {
        decision.chain.push_back({.limit = limitNamed(binding), .value = {}, .usage = {}});
        decision.binding = static_cast<int>(decision.chain.size()) - 1;
    }
}

RequestRecord LedgerRecords::read(const QVariantList &row)
{
    RequestRecord record;
    record.id = FirstLedgerId + static_cast<quint64>(idOf(row));
    record.requestId = row.at(RequestId).toString().toUtf8();
    record.at = timeOf(row);
    record.subject.apiKey = shared(row.at(Key));
    record.subject.member = shared(row.at(Owner));
    record.subject.team = shared(row.at(Team));
    record.subject.endUser = shared(row.at(User));
    record.subject.properties = properties(row.at(Properties).toString().toUtf8());
    record.method = shared(row.at(Method));
    record.path = shared(row.at(Path));
    record.provider = shared(row.at(Provider));
    const QByteArray router = shared(row.at(Router));
    record.subject.entry = entryOf(router, record.provider);
    if (record.subject.entry == limits::Entry::Router)
        record.subject.router = router;
    QByteArray model = shared(row.at(Model));
    const QByteArray prefix = record.provider + '/';
    if (!record.provider.isEmpty() && model.startsWith(prefix))
        model = model.mid(prefix.size());
    record.model = model;
    record.isStream = row.at(Stream).toBool();
    record.outcome = outcomeOf(row.at(OutcomeName).toString());
    record.status = row.at(Status).toInt();
    record.duration = std::chrono::microseconds(row.at(Duration).toLongLong());
    record.overhead = std::chrono::microseconds(row.at(Overhead).toLongLong());
    if (const auto firstByte = figure(row.at(FirstByte)))
        record.firstByte = std::chrono::microseconds(*firstByte);
    record.retries = row.at(Retries).toInt();
    record.client = shared(row.at(Client));
    record.bytesSent = row.at(Bytes).toLongLong();
    record.charge = chargeOf(row);
    record.decision.verdict = verdictOf(row.at(VerdictName).toString());
    readChain(row.at(Chain).toString().toUtf8(), row.at(BindingLimit).toString().toUtf8(),
        record.decision);
    record.note = row.at(Note).toString();
    return record;
}

} // namespace sluice::session

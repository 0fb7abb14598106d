// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/requestfilter.h"

#include "core/insight/explain.h"
#include "core/insight/modelbook.h"
#include "ui/models/spentwords.h"

#include <QHash>

#include <algorithm>
#include <chrono>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using insight::Outcome;
using insight::RequestRecord;
using std::chrono::milliseconds;

namespace {

using Matcher = bool (*)(const FilterTerm &, const RequestRecord &, milliseconds wall);

double seconds(std::chrono::microseconds duration)
{
    return std::chrono::duration<double>(duration).count();
}

bool matchesLimit(const FilterTerm &term, const RequestRecord &record)
{
    const limits::ChainLink *link = record.decision.bindingLink();
    return link
        && (matchesValue(term, link->limit->name)
            || containsWord(term, insight::fullLabel(*link->limit).toUtf8()));
}

bool matchesWord(const FilterTerm &term, const RequestRecord &record)
{
    const limits::Subject &subject = record.subject;
    const std::initializer_list<const QByteArray *> places{&subject.apiKey, &subject.endUser,
        &subject.router, &subject.team, &subject.member, &record.model, &record.provider,
        &record.path, &record.requestId};
    return std::any_of(places.begin(), places.end(),
        [&term](const QByteArray *place) { return containsWord(term, *place); });
}

bool matchesProperty(const FilterTerm &term, const RequestRecord &record)
{
    const QByteArray name = term.field.mid(5).toUtf8(); // behind "prop."
    return std::any_of(record.subject.properties.cbegin(), record.subject.properties.cend(),
        [&](const limits::Property &property) {
            return property.name == name && matchesValue(term, property.value);
        });
}

/// Beside the one state that a request is in, what is said of its figures.
bool matchesState(const FilterTerm &term, const RequestRecord &record)
{
    const bool isUnpriced =
        record.charge.isUnpriced() || record.decision.verdict == limits::Verdict::Unpriced;
    return matchesValue(term, requestState(record))
        || (isUnpriced && matchesValue(term, "unpriced"_ba))
        || (record.charge.isEstimate() && matchesValue(term, "estimated"_ba));
}

/// As it was asked for, or as prices name what served it.
bool matchesModel(const FilterTerm &term, const RequestRecord &record)
{
    return matchesValue(term, record.model)
        || matchesValue(term, insight::modelName(record.provider, record.model));
}

double tokensOf(const RequestRecord &record)
{
    const metering::TokenUsage &tokens = record.charge.tokens;
    return double(tokens.input.value_or(0)) + double(tokens.output.value_or(0));
}

/// In cents; what nobody knows is neither more nor less than anything.
bool matchesCost(const FilterTerm &term, const RequestRecord &record)
{
    return !record.charge.isUnpriced()
        && matchesNumber(term, spentwords::cents(record.charge.cost.value_or(0)));
}

const QHash<QString, Matcher> &matchers()
{
    using T = const FilterTerm &;
    using R = const RequestRecord &;
    static const QHash<QString, Matcher> table{
        {u"state"_s, [](T t, R r, milliseconds) { return matchesState(t, r); }},
        {u"router"_s, [](T t, R r, milliseconds) { return matchesValue(t, r.subject.router); }},
        {u"key"_s, [](T t, R r, milliseconds) { return matchesValue(t, r.subject.apiKey); }},
        {u"user"_s, [](T t, R r, milliseconds) { return matchesValue(t, r.subject.endUser); }},
        {u"team"_s, [](T t, R r, milliseconds) { return matchesValue(t, r.subject.team); }},
        {u"member"_s, [](T t, R r, milliseconds) { return matchesValue(t, r.subject.member); }},
        {u"model"_s, [](T t, R r, milliseconds) { return matchesModel(t, r); }},
        {u"provider"_s, [](T t, R r, milliseconds) { return matchesValue(t, r.provider); }},
        {u"path"_s, [](T t, R r, milliseconds) { return matchesValue(t, r.path); }},
        {u"id"_s, [](T t, R r, milliseconds) { return matchesValue(t, r.requestId); }},
        {u"limit"_s, [](T t, R r, milliseconds) { return matchesLimit(t, r); }},
        {u"status"_s, [](T t, R r, milliseconds) { return matchesNumber(t, r.status); }},
        {u"dur"_s, [](T t, R r, milliseconds) { return matchesNumber(t, seconds(r.duration)); }},
        {u"tokens"_s, [](T t, R r, milliseconds) { return matchesNumber(t, tokensOf(r)); }},
        {u"cost"_s, [](T t, R r, milliseconds) { return matchesCost(t, r); }},
        {u"since"_s, [](T t, R r, milliseconds wall) { return seconds(wall - r.at) <= t.number; }},
    };
    return table;
}

bool matchesTerm(const FilterTerm &term, const RequestRecord &record, milliseconds wall)
{
    if (term.field.isEmpty())
        return matchesWord(term, record);
    if (term.field.startsWith("prop."_L1))
        return matchesProperty(term, record);
    const Matcher matcher = matchers().value(term.field, nullptr);
    return matcher && matcher(term, record, wall);
}

} // namespace

std::vector<FilterField> requestFilterFields()
{
    return {
        {u"state"_s, FilterKind::Choice,
            {u"admitted"_s, u"refused"_s, u"blocked"_s, u"would-refuse"_s, u"rejected"_s,
                u"failed"_s, u"left"_s, u"streaming"_s, u"unpriced"_s, u"estimated"_s}},
        {u"router"_s, FilterKind::Text, {}},
        {u"key"_s, FilterKind::Text, {}},
        {u"user"_s, FilterKind::Text, {}},
        {u"team"_s, FilterKind::Text, {}},
        {u"member"_s, FilterKind::Text, {}},
        {u"prop."_s, FilterKind::Text, {}},
        {u"model"_s, FilterKind::Text, {}},
        {u"provider"_s, FilterKind::Text, {}},
        {u"limit"_s, FilterKind::Text, {}},
        {u"status"_s, FilterKind::Number, {}},
        {u"dur"_s, FilterKind::Duration, {}},
        {u"tokens"_s, FilterKind::Number, {}},
        {u"cost"_s, FilterKind::Number, {}},
        {u"since"_s, FilterKind::Duration, {}},
        {u"path"_s, FilterKind::Text, {}},
        {u"id"_s, FilterKind::Text, {}},
    };
}

bool wouldBeRefused(const RequestRecord &record)
{
    return std::any_of(record.decision.chain.cbegin(), record.decision.chain.cend(),
        [](const limits::ChainLink &link) {
            return link.verdict == limits::LinkVerdict::WouldRefuse;
        });
}

QByteArray requestState(const RequestRecord &record)
{
    if (insight::wasRefused(record))
        return record.decision.verdict == limits::Verdict::Blocked ? "blocked"_ba : "refused"_ba;
    switch (record.outcome) {
    case Outcome::Rejected:
        return "rejected"_ba;
    case Outcome::UpstreamFailed:
        return "failed"_ba;
    case Outcome::ClientLeft:
        return "left"_ba;
    case Outcome::Refused:
    case Outcome::Streaming:
    case Outcome::Completed:
        break;
    }
    if (wouldBeRefused(record))
        return "would-refuse"_ba;
    return record.outcome == Outcome::Streaming ? "streaming"_ba : "admitted"_ba;
}

bool requestMatches(const RequestRecord &record, const FilterQuery &query, milliseconds wall)
{
    return std::all_of(
        query.terms.cbegin(), query.terms.cend(), [&record, wall](const FilterTerm &term) {
            return matchesTerm(term, record, wall) != term.isNegated;
        });
}

} // namespace sluice::ui

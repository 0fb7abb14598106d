// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledgerrow.h"

#include "core/insight/spent.h"

#include <QJsonDocument>
#include <QJsonObject>

namespace sluice::stores {

using insight::Outcome;
using insight::RequestRecord;
using limits::Verdict;

namespace {

QByteArray nameOf(Outcome outcome)
{
    switch (outcome) {
    case Outcome::Streaming:
        return "streaming";
    case Outcome::Completed:
        return "completed";
    case Outcome::Refused:
        return "refused";
    case Outcome::Rejected:
        return "rejected";
    case Outcome::UpstreamFailed:
        return "upstream_failed";
    case Outcome::ClientLeft:
        return "client_left";
    }
    Q_UNREACHABLE();
}

QByteArray nameOf(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Admitted:
        return "admitted";
    case Verdict::LimitReached:
        return "limit_reached";
    case Verdict::SlotsTaken:
        return "slots_taken";
    case Verdict::NeverFits:
        return "never_fits";
    case Verdict::Unpriced:
        return "unpriced";
    case Verdict::MissingSegment:
        return "missing_segment";
    case Verdict::NoRoom:
        return "no_room";
    case Verdict::StoreDown:
        return "store_down";
    case Verdict::Blocked:
        return "blocked";
    }
    Q_UNREACHABLE();
}

QByteArray nameOf(metering::Source source)
{
    switch (source) {
    case metering::Source::Reported:
        return "reported";
    case metering::Source::Counted:
        return "counted";
    case metering::Source::Estimated:
        return "estimated";
    }
    Q_UNREACHABLE();
}

QByteArray toJson(const std::vector<limits::Property> &properties)
{
    if (properties.empty())
        return "{}";
    QJsonObject object;
    for (const limits::Property &property : properties)
        object.insert(QString::fromUtf8(property.name), QString::fromUtf8(property.value));
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

QByteArray routerOf(const RequestRecord &record)
{
    switch (record.subject.entry) {
    case limits::Entry::Router:
        return record.subject.router;
    case limits::Entry::Unified:
        return "unified";
    case limits::Entry::Direct:
        break;
    }
    return record.provider;
}

/// A request that was rejected although no limit minds was rejected before any was asked.
bool wasDecided(const RequestRecord &record)
{
    return record.outcome != Outcome::Rejected || !record.decision.isAdmitted();
}

void setCharge(LedgerRow &row, const metering::Charge &charge)
{
    row.tokens = charge.tokens;
    if (charge.tokens.input)
        row.inputSource = nameOf(charge.inputSource);
    if (charge.tokens.output)
        row.outputSource = nameOf(charge.outputSource);
    row.cost = charge.cost;
    row.isUnpriced = charge.isUnpriced();
    row.isEstimated = !charge.isEmpty() && charge.isEstimate();
}

} // namespace

LedgerRow toLedgerRow(const RequestRecord &record)
{
    LedgerRow row;
    row.timeMs = record.at.count();
    row.requestId = record.requestId;
    row.key = record.subject.apiKey;
    row.owner = record.subject.member;
    row.team = record.subject.team;
    row.user = record.subject.endUser;
    row.properties = toJson(record.subject.properties);
    row.router = routerOf(record);
    row.provider = record.provider;
    row.model = record.model;
    row.method = record.method;
    row.path = record.path;
    row.status = record.status;
    row.outcome = nameOf(record.outcome);
    if (wasDecided(record))
        row.verdict = nameOf(record.decision.verdict);
    if (const limits::ChainLink *link = record.decision.bindingLink())
        row.bindingLimit = link->limit->name;
    row.isStream = record.isStream;
    row.isRefused = insight::wasRefused(record);
    row.isError = insight::isError(record);
    row.durationUs = record.duration.count();
    row.overheadUs = record.overhead.count();
    setCharge(row, record.charge);
    row.bytes = record.bytesSent;
    row.note = record.note.toUtf8();
    return row;
}

} // namespace sluice::stores

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/insight/trimmedrecord.h"

namespace sluice::insight {

namespace {

limits::Subject trimmed(const limits::Subject &subject)
{
    limits::Subject kept;
    kept.apiKey = subject.apiKey;
    kept.member = subject.member;
    kept.team = subject.team;
    kept.endUser = subject.endUser;
    kept.properties = subject.properties;
    kept.entry = subject.entry;
    kept.router = subject.router;
    return kept;
}

limits::Decision trimmed(const limits::Decision &decision)
{
    limits::Decision kept;
    kept.verdict = decision.verdict;
    if (const limits::ChainLink *link = decision.bindingLink()) {
        kept.chain.emplace_back();
        kept.chain.front().limit = link->limit;
        kept.binding = 0;
    }
    return kept;
}

} // namespace

RequestRecord trimmedRecord(const RequestRecord &record)
{
    RequestRecord kept;
    kept.id = record.id;
    kept.requestId = record.requestId;
    kept.at = record.at;
    kept.subject = trimmed(record.subject);
    kept.method = record.method;
    kept.path = record.path;
    kept.provider = record.provider;
    kept.model = record.model;
    kept.isStream = record.isStream;
    kept.outcome = record.outcome;
    kept.status = record.status;
    kept.duration = record.duration;
    kept.overhead = record.overhead;
    kept.bytesSent = record.bytesSent;
    kept.charge = record.charge;
    kept.decision = trimmed(record.decision);
    kept.note = record.note;
    return kept;
}

} // namespace sluice::insight

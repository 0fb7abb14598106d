// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/insight/finishedrows.h"

#include "core/insight/jsontext.h"
#include "core/insight/spent.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <new>

namespace sluice::insight {

using limits::LinkVerdict;
using limits::Verdict;

namespace {

constexpr size_t BlockSize = 32 * 1'024;

QByteArrayView nameOf(Outcome outcome)
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

QByteArrayView nameOf(Verdict verdict)
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

QByteArrayView nameOf(LinkVerdict verdict)
{
    switch (verdict) {
    case LinkVerdict::Passes:
        return "passes";
    case LinkVerdict::Refuses:
        return "refuses";
    case LinkVerdict::WouldRefuse:
        return "would_refuse";
    case LinkVerdict::Skipped:
        return "skipped";
    }
    Q_UNREACHABLE();
}

QByteArrayView nameOf(metering::Source source)
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

/// A request that was rejected although no limit minds was rejected before any was asked.
bool wasDecided(const RequestRecord &record)
{
    return record.outcome != Outcome::Rejected || !record.decision.isAdmitted();
}

void setCharge(FinishedRow &row, const metering::Charge &charge)
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

void writeChain(const limits::Decision &decision, QByteArray &text)
{
    text.resize(0); // keeps its room
    std::array<char, 24> digits{};
    for (const limits::ChainLink &link : decision.chain) {
        text += text.isEmpty() ? "[[" : ",[";
        appendJsonText(text, link.limit->name);
        text += ',';
        appendJsonText(text, link.value);
        text += ",\"";
        text += nameOf(link.verdict);
        text += "\",";
        text.append(digits.data(),
            std::to_chars(digits.begin(), digits.end(), link.cost).ptr - digits.data());
        text += ']';
    }
    if (!text.isEmpty())
        text += ']';
}

void *FinishedRows::take(size_t size, size_t alignment)
{
    void *place = m_next;
    if (!std::align(alignment, size, place, m_left)) {
        m_left = std::max(size, BlockSize);
        m_blocks.push_back(std::make_unique_for_overwrite<char[]>(m_left));
        place = m_blocks.back().get(); // aligned for everything
    }
    m_left -= size;
    m_next = static_cast<char *>(place) + size;
    return place;
}

QByteArrayView FinishedRows::keep(QByteArrayView text)
{
    if (text.isEmpty())
        return {};
    const auto size = static_cast<size_t>(text.size());
    auto *copy = static_cast<char *>(take(size, 1));
    std::memcpy(copy, text.data(), size);
    return {copy, text.size()};
}

/// Of what clients send: bytes that are no UTF-8 would be no text for whoever reads it.
QByteArrayView FinishedRows::keepClean(const QByteArray &text)
{
    return text.isValidUtf8() ? keep(text) : keep(QString::fromUtf8(text).toUtf8());
}

std::span<const RowProperty> FinishedRows::keep(const std::vector<limits::Property> &properties)
{
    if (properties.empty())
        return {};
    auto *kept = static_cast<RowProperty *>(
        take(properties.size() * sizeof(RowProperty), alignof(RowProperty)));
    for (size_t i = 0; i < properties.size(); ++i)
        new (kept + i) RowProperty{keepClean(properties[i].name), keepClean(properties[i].value)};
    return {kept, properties.size()};
}

void FinishedRows::append(const RequestRecord &record, bool isKept)
{
    FinishedRow &row = m_rows.emplace_back();
    row.isKept = isKept;
    row.timeMs = record.at.count();
    row.key = keep(record.subject.apiKey);
    row.owner = keep(record.subject.member);
    row.team = keep(record.subject.team);
    row.user = keepClean(record.subject.endUser);
    row.properties = keep(record.subject.properties);
    row.provider = keep(record.provider);
    row.model = keepClean(record.model);
    row.status = record.status;
    switch (record.subject.entry) {
    case limits::Entry::Router:
        row.router = keep(record.subject.router);
        break;
    case limits::Entry::Unified:
        row.router = "unified";
        break;
    case limits::Entry::Direct:
        row.router = row.provider;
    }
    row.isRefused = wasRefused(record);
    row.isAdmitted = !row.isRefused && record.outcome != Outcome::Rejected;
    row.isError = isError(record);
    setCharge(row, record.charge);
    if (isKept)
        setDetails(row, record);
}

void FinishedRows::setDetails(FinishedRow &row, const RequestRecord &record)
{
    row.requestId = keep(record.requestId);
    row.method = keepClean(record.method);
    row.path = keepClean(record.path);
    row.client = keep(record.client);
    row.outcome = nameOf(record.outcome);
    if (wasDecided(record))
        row.verdict = nameOf(record.decision.verdict);
    if (const limits::ChainLink *link = record.decision.bindingLink())
        row.bindingLimit = keep(link->limit->name);
    if (!record.decision.chain.empty()) {
        writeChain(record.decision, m_chain);
        row.chain = keepClean(m_chain);
    }
    row.isStream = record.isStream;
    row.retries = record.retries;
    row.durationUs = record.duration.count();
    row.overheadUs = record.overhead.count();
    if (record.firstByte)
        row.firstByteUs = record.firstByte->count();
    row.bytes = record.bytesSent;
    if (!record.note.isEmpty())
        row.note = keep(record.note.toUtf8());
}

} // namespace sluice::insight

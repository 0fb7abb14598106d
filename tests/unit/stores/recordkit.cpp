// SPDX-License-Identifier: GPL-3.0-or-later
#include "recordkit.h"

#include <QRandomGenerator>

namespace sluice::test {

using insight::Outcome;
using insight::RequestRecord;
using metering::Source;

namespace {

QByteArray oneOf(QRandomGenerator &random, const QByteArrayList &names)
{
    return names.at(random.bounded(static_cast<int>(names.size())));
}

void setCharge(QRandomGenerator &random, metering::Charge &charge)
{
    charge.tokens.input = random.bounded(10'000);
    charge.tokens.cachedInput = random.bounded(100);
    charge.tokens.output = random.bounded(5'000);
    if (random.bounded(2) == 0)
        charge.tokens.reasoning = random.bounded(50);
    if (random.bounded(3) == 0)
        charge.tokens.cacheWrite = random.bounded(70);
    if (random.bounded(4) == 0)
        charge.outputSource = Source::Counted;
    if (random.bounded(5) != 0)
        charge.cost = random.bounded(1'000'000);
}

void setOutcome(QRandomGenerator &random, RequestRecord &record)
{
    switch (random.bounded(6)) {
    case 0:
        record.outcome = Outcome::Refused;
        record.decision.verdict = limits::Verdict::LimitReached;
        record.status = 429;
        return;
    case 1:
        record.outcome = Outcome::Rejected;
        record.subject = {};
        record.status = 401;
        return;
    case 2:
        record.outcome = Outcome::UpstreamFailed;
        record.status = 502;
        return;
    case 3:
        record.status = 500;
        return;
    default:
        setCharge(random, record.charge);
    }
}

} // namespace

RequestRecord answeredRecord(quint64 id, std::chrono::milliseconds at)
{
    RequestRecord record;
    record.id = id;
    record.at = at;
    record.requestId = "request-" + QByteArray::number(id);
    record.subject.apiKey = "ci";
    record.method = "POST";
    record.path = "/openai/v1/chat/completions";
    record.provider = "openai";
    record.model = "gpt-4o";
    record.status = 200;
    return record;
}

std::vector<RequestRecord> seededRecords(
    quint32 seed, int count, std::chrono::milliseconds from, std::chrono::milliseconds step)
{
    QRandomGenerator random(seed);
    std::vector<RequestRecord> records;
    for (int i = 0; i < count; ++i) {
        RequestRecord record = answeredRecord(static_cast<quint64>(i + 1), from + i * step);
        record.subject.apiKey = oneOf(random, {"ci", "app", "night"});
        record.subject.endUser = oneOf(random, {"", "alice", "bob", "Zoë"});
        record.subject.team = oneOf(random, {"core", "web"});
        record.subject.properties = {{"tenant", oneOf(random, {"acme", "o'brien \"x\""})}};
        record.provider = oneOf(random, {"openai", "anthropic"});
        record.model = oneOf(random, {"small", "large"});
        setOutcome(random, record);
        records.push_back(std::move(record));
    }
    return records;
}

insight::FinishedRequests finished(const std::vector<RequestRecord> &records)
{
    auto rows = std::make_shared<insight::FinishedRows>();
    for (const RequestRecord &record : records)
        rows->append(record);
    return rows;
}

} // namespace sluice::test

// SPDX-License-Identifier: GPL-3.0-or-later
#include "requestgenerator.h"

#include <array>

namespace sluice::test {

using insight::Outcome;

namespace {

QByteArrayList names(const QByteArray &prefix, int count)
{
    QByteArrayList list;
    for (int i = 0; i < count; ++i)
        list.append(prefix + QByteArray::number(i));
    return list;
}

} // namespace

RequestGenerator::RequestGenerator(
    quint32 seed, qint64 count, std::chrono::milliseconds from, std::chrono::milliseconds to)
    : m_random(seed),
      m_count(count),
      m_from(from),
      m_to(to),
      m_keys(names("key-", Keys)),
      m_owners(names("owner-", Owners)),
      m_teams(names("team-", Teams)),
      m_users(names("user-", Users)),
      m_models(names("model-", Models)),
      m_tenants(names("tenant-", 50))
{
    m_record.method = "POST";
    m_record.path = "/v1/chat/completions";
    m_record.client = "192.0.2.17";
    m_record.firstByte = std::chrono::microseconds(41'000);
    m_record.subject.entry = limits::Entry::Unified;
}

const insight::RequestRecord &RequestGenerator::next()
{
    static const QByteArrayList providers{"openai", "anthropic", "google", "groq"};
    const int key = m_random.bounded(Keys);
    const int model = m_random.bounded(Models);
    m_record.id = static_cast<quint64>(++m_made);
    m_record.at = m_from + (m_to - m_from) * (m_made - 1) / m_count;
    m_record.requestId =
        "0190a1b2-c3d4-7e5f-8a9b-" + QByteArray::number(m_made).rightJustified(12, '0');
    m_record.subject.apiKey = m_keys[key];
    m_record.subject.member = m_owners[key % Owners];
    m_record.subject.team = m_teams[key % Teams];
    m_record.subject.endUser = m_users[m_random.bounded(Users)];
    m_record.subject.properties = {{"tenant", m_tenants[m_random.bounded(50)]}};
    m_record.provider = providers[model % Providers];
    m_record.model = m_models[model];
    m_record.isStream = m_random.bounded(2) == 0;
    m_record.duration = std::chrono::microseconds(100'000 + m_random.bounded(5'000'000));
    m_record.overhead = std::chrono::microseconds(60 + m_random.bounded(100));
    setOutcome();
    return m_record;
}

/// Of a hundred requests eight are refused and two fail.
void RequestGenerator::setOutcome()
{
    m_record.charge = {};
    m_record.decision.verdict = limits::Verdict::Admitted;
    m_record.outcome = Outcome::Completed;
    m_record.status = 200;
    m_record.bytesSent = 2'000 + m_random.bounded(8'000);
    const int kind = m_random.bounded(100);
    if (kind < 8) {
        m_record.outcome = Outcome::Refused;
        m_record.decision.verdict = limits::Verdict::LimitReached;
        m_record.status = 429;
        return;
    }
    if (kind < 10) {
        m_record.outcome = Outcome::UpstreamFailed;
        m_record.status = 502;
        return;
    }
    m_record.charge.tokens.input = 100 + m_random.bounded(10'000);
    m_record.charge.tokens.cachedInput = m_random.bounded(100);
    m_record.charge.tokens.output = 50 + m_random.bounded(2'000);
    m_record.charge.cost = m_random.bounded(5'000'000);
}

} // namespace sluice::test

// SPDX-License-Identifier: GPL-3.0-or-later
// Records and batches as a gateway thread makes them, decided by the real engine at a time that the
// test sets.
#pragma once

#include "core/insight/activitycollector.h"
#include "tests/unit/limits/limitsetup.h"

namespace sluice::test {

using insight::ActivityBatch;
using insight::ActivityCollector;
using insight::Outcome;
using insight::RequestRecord;
using insight::SubjectId;

inline const SubjectId KeyCi{{SegmentKind::ApiKey, {}}, "ci"};
inline const SubjectId UserAlice{{SegmentKind::EndUser, {}}, "alice"};

inline const SubjectId TeamCore{{SegmentKind::Team, {}}, "core"};
inline const SubjectId MemberAlice{{SegmentKind::TeamMember, {}}, "core/alice"};

/// A request with a key whose owner is a member of a team.
inline Subject memberRequest(
    const QByteArray &team, const QByteArray &member, const QByteArray &apiKey = "ci")
{
    Subject result = subject(apiKey);
    result.team = team;
    result.member = member;
    return result;
}

/// Minute 28 333 333 of the epoch, exactly: figures of different minutes do not blur.
inline constexpr EngineTime OnTheMinute{std::chrono::minutes(28'333'333)};

inline std::chrono::milliseconds wallOf(EngineTime time)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(time);
}

/// Decides and folds requests, and reports like a gateway thread.
class Desk
{
public:
    explicit Desk(std::shared_ptr<const LimitSet> set) : limits(std::move(set)) { }

    RequestRecord request(const Subject &subject, Outcome outcome = Outcome::Completed)
    {
        RequestRecord record;
        record.id = ++m_lastId;
        record.at = wallOf(now);
        record.subject = subject;
        record.decision = engine.reserve(now, *limits, subject);
        record.outcome = record.decision.isAdmitted() ? outcome : Outcome::Refused;
        collector.note(record);
        return record;
    }

    void end(RequestRecord record, Outcome outcome)
    {
        record.outcome = outcome;
        collector.note(record);
    }

    ActivityBatch report()
    {
        ActivityBatch batch = collector.take();
        batch.at = wallOf(now);
        batch.now = now;
        batch.counters = engine.takeChanges(now, 100'000);
        return batch;
    }

    EngineTime now = OnTheMinute;
    Engine engine;
    std::shared_ptr<const LimitSet> limits;
    ActivityCollector collector;

private:
    quint64 m_lastId = 0;
};

} // namespace sluice::test

// SPDX-License-Identifier: GPL-3.0-or-later
#include "journalstage.h"

#include "core/stores/sqlite/database.h"

#include <algorithm>
#include <tuple>

namespace sluice::test {

using stores::Journal;
using stores::sqlite::Database;

Journal::Options quickJournal()
{
    Journal::Options options;
    options.commitInterval = 1ms;
    options.retryInterval = 5ms;
    return options;
}

std::vector<CounterRecord> recordsOf(const Limiter &limiter)
{
    std::vector<CounterRecord> result;
    for (const SavedCounter &counter : limiter.save())
        result.push_back(toRecord(counter));
    std::sort(result.begin(), result.end(), [](const CounterRecord &a, const CounterRecord &b) {
        return std::tie(a.limit, a.key) < std::tie(b.limit, b.key);
    });
    return result;
}

JournalStage::JournalStage()
    : path(Journal::pathIn(folder.path())),
      limits(compile({rule("key", SegmentKind::ApiKey, 100, 1h)}))
{
}

std::unique_ptr<JournalStage::Run> JournalStage::open(
    const std::shared_ptr<const LimitSet> &inForce, const Journal::Options &options)
{
    auto run = std::make_unique<Run>(clock);
    run->limiter.apply(inForce);
    openJournal(*run, options);
    return run;
}

void JournalStage::openJournal(Run &run, const Journal::Options &options)
{
    const auto report = [this](const QString &problem) {
        const QMutexLocker lock(&m_mutex);
        m_problems.append(problem);
    };
    run.journal = std::make_unique<Journal>(path, run.limiter, clock, report, options);
    run.journal->waitUntilLoaded();
}

int JournalStage::count(Run &run, const QByteArray &key, int requests)
{
    int passed = 0;
    for (int i = 0; i < requests; ++i)
        passed += run.limiter.reserve(subject(key)).isAdmitted() ? 1 : 0;
    return passed;
}

MicroAmount JournalStage::used(const Run &run, const QByteArray &key)
{
    return run.limiter.explain(subject(key)).chain.front().usage.used / MicroPerUnit;
}

qint64 JournalStage::number(const QByteArray &sql) const
{
    auto file = Database::open(path, {Database::Access::ReadOnly, {}, 1'000ms});
    return file ? file->number(sql).value_or(-1) : -1;
}

bool JournalStage::execute(const QByteArray &sql) const
{
    auto file = Database::open(path, {});
    return file && file->execute(sql);
}

QString JournalStage::problem()
{
    const QMutexLocker lock(&m_mutex);
    return m_problems.isEmpty() ? QString() : m_problems.constLast();
}

} // namespace sluice::test

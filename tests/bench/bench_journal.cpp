// SPDX-License-Identifier: GPL-3.0-or-later
// What keeping counters costs: counters written and loaded a second, their size on the disk, and
// what a commit takes with and without a wait for the disk itself. Processor time is that of the
// whole process.
// Usage: bench_journal [COUNTERS]
#include "core/limits/limiter.h"
#include "core/stores/journal/journal.h"

#include <QElapsedTimer>
#include <QFileInfo>
#include <QTemporaryDir>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <ctime>

using namespace sluice;
using namespace sluice::limits;
using namespace std::chrono_literals;
using stores::Journal;

namespace {

std::shared_ptr<const LimitSet> limitsOf(config::Algorithm algorithm)
{
    config::Configuration configuration;
    configuration.server.maxCounters = 10'000'000;
    config::LimitRule rule;
    rule.name = "users";
    rule.segment.kind = SegmentKind::EndUser;
    rule.algorithm = algorithm;
    rule.capacity = 1'000 * MicroPerUnit;
    rule.refill = 24h;
    configuration.limits.push_back(rule);
    return LimitSet::compile(configuration);
}

Subject user(int number)
{
    Subject subject;
    subject.apiKey = "ci";
    subject.endUser = "user-" + QByteArray::number(number).rightJustified(15, '0');
    return subject;
}

double cpuSeconds()
{
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return double(time.tv_sec) + double(time.tv_nsec) / 1e9;
}

/// Waits until all that has changed is on the disk.
void commit(Journal &journal)
{
    std::atomic<bool> isDone = false;
    journal.commit([&isDone](bool) {
        isDone = true;
        isDone.notify_one();
    });
    isDone.wait(false);
}

class Watch
{
public:
    Watch() { m_time.start(); }

    void print(const char *what, int counters) const
    {
        const double seconds = double(m_time.nsecsElapsed()) / 1e9;
        std::printf("%-34s %7.2f s: %8.0f a second, %5.2f us of processor time each\n", what,
            seconds, counters / seconds, (cpuSeconds() - m_cpu) / counters * 1e6);
    }

private:
    QElapsedTimer m_time;
    double m_cpu = cpuSeconds();
};

void measureCounters(const char *name, config::Algorithm algorithm, int counters)
{
    const QTemporaryDir folder;
    const QString path = Journal::pathIn(folder.path());
    SystemClock clock;
    {
        Limiter limiter(clock);
        limiter.apply(limitsOf(algorithm));
        for (int i = 0; i < counters; ++i)
            limiter.reserve(user(i));
        std::printf("%d counters, %s\n", counters, name);
        const Watch written;
        Journal(path, limiter, clock, {}, {}).waitUntilLoaded();
        written.print("  all written", counters);
    }
    std::printf("  on the disk: %.0f bytes each\n", double(QFileInfo(path).size()) / counters);
    Limiter limiter(clock);
    limiter.apply(limitsOf(algorithm));
    const Watch loaded;
    Journal journal(path, limiter, clock, {}, {});
    journal.waitUntilLoaded();
    loaded.print("  all loaded", counters);
    const Watch again;
    for (int i = 0; i < counters; i += 10)
        limiter.reserve(user(i));
    commit(journal);
    again.print("  a tenth counted and written", counters / 10);
}

void measureCommits(bool isStrict, int commits)
{
    const QTemporaryDir folder;
    SystemClock clock;
    Limiter limiter(clock);
    limiter.apply(limitsOf(config::Algorithm::Gcra));
    Journal::Options options;
    options.isStrict = isStrict;
    Journal journal(Journal::pathIn(folder.path()), limiter, clock, {}, options);
    journal.waitUntilLoaded();
    std::vector<qint64> times;
    for (int i = 0; i < commits; ++i) {
        QElapsedTimer time;
        time.start();
        limiter.reserve(user(i % 100));
        commit(journal);
        times.push_back(time.nsecsElapsed());
    }
    std::sort(times.begin(), times.end());
    std::printf("a commit (%s): median %.0f us, p99 %.0f us, longest %.0f us\n",
        isStrict ? "strict" : "normal", double(times[times.size() / 2]) / 1e3,
        double(times[times.size() * 99 / 100]) / 1e3, double(times.back()) / 1e3);
}

} // namespace

int main(int argc, char *argv[])
{
    const int counters = argc > 1 ? std::max(100, QByteArray(argv[1]).toInt()) : 1'000'000;
    measureCounters("buckets", config::Algorithm::Gcra, counters);
    measureCounters("rolling windows", config::Algorithm::SlidingWindow, counters);
    measureCounters("calendar windows", config::Algorithm::CalendarWindow, counters);
    measureCommits(false, 20'000);
    measureCommits(true, 500);
    return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
// Rows a second into the ledger, the time of its thread for one, what one costs whoever appends,
// and how long a question takes afterwards. Usage: ./dev bench ledger [ROWS]
#include "core/stores/ledger.h"
#include "core/stores/ledgerreader.h"
#include "recordkit.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QTemporaryDir>

#include <cstdio>

#include <sys/resource.h>

using namespace sluice;
using namespace Qt::StringLiterals;

namespace {

constexpr int BatchRows = 500;

/// Processor time of user and system, microseconds.
double processorTime(int who)
{
    rusage usage{};
    ::getrusage(who, &usage);
    const auto micro = [](const timeval &time) {
        return double(time.tv_sec) * 1e6 + double(time.tv_usec);
    };
    return micro(usage.ru_utime) + micro(usage.ru_stime);
}

void ask(const QString &path, const QStringList &by)
{
    const auto reader = stores::LedgerReader::open(path);
    if (!reader)
        return;
    stores::UsageQuery query;
    query.by = by;
    QElapsedTimer time;
    time.start();
    const auto table = (*reader)->usage(query);
    std::printf("usage --by %-12s %8.1f ms, %zu groups\n", qPrintable(by.join(u',')),
        double(time.nsecsElapsed()) / 1e6, table ? table->rows.size() : 0);
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const int rows = argc > 1 ? QByteArray(argv[1]).toInt() : 500'000;
    const QTemporaryDir folder;
    const QString path = stores::Ledger::pathIn(folder.path());
    const test::StillClock clock;
    std::vector<insight::FinishedRequests> batches;
    for (int i = 0; i < rows; i += BatchRows)
        batches.push_back(test::finished(
            test::seededRecords(quint32(i), BatchRows, clock.time + std::chrono::seconds(i))));
    const double before = processorTime(RUSAGE_SELF) - processorTime(RUSAGE_THREAD);
    QElapsedTimer time;
    time.start();
    qint64 appended = 0;
    {
        stores::Ledger::Options options;
        options.maxQueuedRows = rows + BatchRows;
        stores::Ledger ledger(path, clock, {}, options);
        for (const auto &batch : batches)
            ledger.append(batch);
        appended = time.nsecsElapsed();
    }
    const double seconds = double(time.nsecsElapsed()) / 1e9;
    std::printf("%d rows in %.2f s: %.0f rows/s, %.2f us each, %.0f bytes each\n", rows, seconds,
        rows / seconds, seconds / rows * 1e6, double(QFileInfo(path).size()) / rows);
    std::printf("processor time of the ledger's thread: %.2f us a row\n",
        (processorTime(RUSAGE_SELF) - processorTime(RUSAGE_THREAD) - before) / rows);
    std::printf("append: %.1f ns a row\n", double(appended) / rows);
    ask(path, {u"key"_s});
    ask(path, {u"key"_s, u"model"_s});
    ask(path, {u"property:tenant"_s});
    return 0;
}

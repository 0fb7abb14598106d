// SPDX-License-Identifier: GPL-3.0-or-later
// What a row of the ledger costs whoever hands it over and the ledger's own thread, how large it
// is, and how long questions about 30 days take. Usage: ./dev bench ledger [ROWS]
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/stores/ledger/ledgerreader.h"
#include "core/stores/ledger/ledgerwriter.h"
#include "requestgenerator.h"
#include "tests/support/postgresserver.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>

#include <cstdio>

#include <fcntl.h>
#include <sys/resource.h>

using namespace sluice;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr qint64 RowsAtOnce = 1'250; ///< what 50 ms bring at 25 000 requests a second
constexpr qint64 RowsWhenBehind = 10'000; ///< that the ledger writes at once at most
constexpr int WritesBetweenRollUps = 40;
constexpr std::chrono::milliseconds End{1'772'496'000'000}; // 2026-03-03T00:00:00Z
constexpr std::chrono::milliseconds Month = 30 * 24h;

class StillClock final : public Clock
{
public:
    [[nodiscard]] EngineTime now() const override { return End; }

    [[nodiscard]] std::chrono::milliseconds wall() const override { return End; }
};

/// Processor time of this thread, user and system, in microseconds.
double processorTime()
{
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    const auto micro = [](const timeval &time) {
        return double(time.tv_sec) * 1e6 + double(time.tv_usec);
    };
    return micro(usage.ru_utime) + micro(usage.ru_stime);
}

bool fail(const Error &error)
{
    std::fprintf(stderr, "%s\n", qPrintable(error.message));
    return false;
}

insight::FinishedRequests pack(const std::vector<insight::RequestRecord> &records)
{
    auto packed = std::make_shared<insight::FinishedRows>();
    packed->reserve(records.size());
    for (const insight::RequestRecord &record : records)
        packed->append(record);
    return packed;
}

stores::LedgerBatch batchOf(const insight::FinishedRequests &rows)
{
    stores::LedgerBatch batch;
    batch.id = makeSecret(128);
    batch.requests = {rows};
    return batch;
}

/// Writes requests that came in so long a time.
bool write(const QString &name, const stores::LedgerPlace &place, qint64 rows,
    std::chrono::milliseconds span, qint64 rowsAtOnce = RowsAtOnce)
{
    const StillClock clock;
    const auto ledger = stores::LedgerWriter::make(place, clock);
    if (const auto set = ledger->setProperties({"tenant"}); !set)
        return fail(set.error());
    if (const auto opened = ledger->open(); !opened)
        return fail(opened.error());
    test::RequestGenerator requests(42, rows, End - span, End);
    double handing = 0;
    double writing = 0;
    qint64 spent = 0;
    int writes = 0;
    for (qint64 done = 0; done < rows; done += rowsAtOnce) {
        std::vector<insight::RequestRecord> records;
        for (qint64 i = done; i < std::min(rows, done + rowsAtOnce); ++i)
            records.push_back(requests.next());
        const double before = processorTime();
        const insight::FinishedRequests packed = pack(records);
        const double between = processorTime();
        handing += between - before;
        QElapsedTimer time;
        time.start();
        if (const auto written = ledger->write(batchOf(packed)); !written)
            return fail(written.error());
        if (++writes % WritesBetweenRollUps == 0) {
            if (const auto summed = ledger->rollUp(); !summed)
                return fail(summed.error());
        }
        spent += time.nsecsElapsed();
        writing += processorTime() - between;
    }
    if (const auto summed = ledger->rollUp(); !summed)
        return fail(summed.error());
    ledger->close();
    const double seconds = double(spent) / 1e9;
    const auto count = double(rows);
    std::printf(
        "%s, %lld rows: %.0f a second, %.2f us of processor time each on the ledger's thread, "
        "%.2f us on the thread that hands them over",
        qPrintable(name), static_cast<long long>(rows), count / seconds, writing / count,
        handing / count);
    if (!place.isShared())
        std::printf(", %.0f bytes each", double(QFileInfo(place.path).size()) / count);
    std::printf("\n");
    return true;
}

/// What the system has of the file in memory is forgotten.
void cool(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadWrite))
        return;
    ::fsync(file.handle());
    ::posix_fadvise(file.handle(), 0, 0, POSIX_FADV_DONTNEED);
}

bool ask(const QString &path, const QString &name, const stores::UsageQuery &query)
{
    std::printf("%-44s", qPrintable(name));
    cool(path);
    const auto reader = stores::LedgerReader::open({path});
    if (!reader)
        return fail(reader.error());
    QString source;
    size_t groups = 0;
    for (int i = 0; i < 4; ++i) {
        const double before = processorTime();
        QElapsedTimer time;
        time.start();
        const auto table = (*reader)->usage(query);
        if (!table)
            return fail(table.error());
        source = table->source;
        groups = table->rows.size();
        if (i == 0 || i == 3)
            std::printf(" %s %7.1f ms (cpu %.1f)", i == 0 ? "cold" : "warm",
                double(time.nsecsElapsed()) / 1e6, (processorTime() - before) / 1e3);
    }
    std::printf(", %zu rows from %s\n", groups, qPrintable(source));
    return true;
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const qint64 rows = argc > 1 ? QByteArray(argv[1]).toLongLong() : 500'000;
    const QTemporaryDir folder;
    const QString path = folder.filePath(u"ledger.sqlite"_s);
    const QString busy = folder.filePath(u"busy.sqlite"_s);
    test::PostgresServer server;
    if (!server.start())
        std::printf("there is no PostgreSQL here\n");
    else if (const auto shared = stores::LedgerPlace::in(folder.path(), server.url());
             !write(u"25 000 a second, in PostgreSQL"_s, shared, 150'000, 6s)
             || !write(u"the same, many at once"_s, shared, 300'000, 12s, RowsWhenBehind))
        return 1;
    if (rows <= 0 || !write(u"25 000 a second"_s, {busy}, 300'000, 12s)
        || !write(u"a month"_s, {path}, rows, Month))
        return 1;
    stores::UsageQuery month;
    month.since = End - Month;
    month.until = End;
    stores::UsageQuery query = month;
    query.by = QStringList{u"key"_s, u"model"_s};
    bool isGood = ask(path, u"30 days by key and model:"_s, query);
    query.by = QStringList{u"team"_s};
    query.where = {{u"status"_s, u"200"_s}};
    isGood = ask(path, u"30 days by team, status 200:"_s, query) && isGood;
    query = month;
    query.by = QStringList{u"user"_s};
    isGood = ask(path, u"30 days by end user:"_s, query) && isGood;
    query.by = QStringList{u"property:tenant"_s};
    query.bucket = stores::UsageBucket::Day;
    isGood = ask(path, u"30 days by property and day:"_s, query) && isGood;
    query = month;
    query.by = QStringList{u"key"_s};
    query.since = *month.since + 17h + 3min;
    query.until = *month.until - 5h - 7min;
    isGood = ask(path, u"29 days and parts of hours, by key:"_s, query) && isGood;
    query = month;
    query.by = QStringList{u"user"_s, u"key"_s};
    query.since = End - 24h;
    isGood = ask(path, u"a day by end user and key:"_s, query) && isGood;
    return isGood ? 0 : 1;
}

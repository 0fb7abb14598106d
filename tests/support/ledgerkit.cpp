// SPDX-License-Identifier: GPL-3.0-or-later
#include "ledgerkit.h"

#include "core/stores/bodies/bodyfile.h"
#include "core/stores/bodies/bodystore.h"
#include "core/stores/ledger/ledger.h"
#include "tests/support/livefixture.h"

#include <QRandomGenerator>

#include <limits>

namespace sluice::test {

void writeLedger(const QString &folder, const std::vector<insight::RequestRecord> &records)
{
    const SystemClock clock;
    const auto fail = [](const QString &problem) {
        if (!problem.isEmpty())
            qFatal("%s", qPrintable(problem));
    };
    stores::Ledger::Options options;
    options.maxQueuedRows = std::numeric_limits<int>::max();
    stores::Ledger ledger({stores::Ledger::pathIn(folder)}, clock, fail, options);
    auto rows = std::make_shared<insight::FinishedRows>();
    for (const insight::RequestRecord &record : records)
        rows->append(record);
    ledger.append(rows);
}

void writeLedger(const QString &folder, const LiveFixture &live)
{
    std::vector<insight::RequestRecord> records;
    for (int i = 0; i < live.feed.size(); ++i) {
        if (live.feed.at(i).outcome != insight::Outcome::Streaming)
            records.push_back(live.feed.at(i));
    }
    writeLedger(folder, records);
}

void writeBodies(const QString &folder, const std::vector<insight::RecordedBodies> &bodies)
{
    const SystemClock clock;
    stores::BodyFile file(stores::BodyStore::pathIn(folder), clock);
    if (!file.open() || !file.write(bodies))
        qFatal("cannot write bodies");
}

std::vector<insight::RequestRecord> earlierDays(const LiveFixture &live, int days)
{
    constexpr int HoursADay = 24;
    QRandomGenerator random(days);
    std::vector<insight::RequestRecord> records;
    for (int hour = days * HoursADay; hour >= 1; --hour) {
        const int ofDay = (HoursADay - hour % HoursADay) % HoursADay; // since the feed's own hour
        const int chance = ofDay > 8 && ofDay < 18 ? 4 : 20 + random.bounded(25); // of a thousand
        for (int i = 0; i < live.feed.size(); ++i) {
            insight::RequestRecord record = live.feed.at(i);
            if (record.outcome == insight::Outcome::Streaming || random.bounded(1000) >= chance)
                continue;
            record.at -= std::chrono::hours(hour);
            record.requestId += '-' + QByteArray::number(hour);
            records.push_back(std::move(record));
        }
    }
    return records;
}

} // namespace sluice::test

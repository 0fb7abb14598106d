// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/buckethistory.h"

#include "ui/widgets/format.h"

#include <QCoreApplication>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using insight::RequestRecord;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

namespace {

constexpr double MicroUnits = double(MicroPerUnit);

double seconds(nanoseconds duration)
{
    return std::chrono::duration<double>(duration).count();
}

const limits::ChainLink *linkOf(const RequestRecord &record, const insight::ChainState &state)
{
    const auto &chain = record.decision.chain;
    const auto found =
        std::find_if(chain.cbegin(), chain.cend(), [&state](const limits::ChainLink &link) {
            return link.limit->name == state.limit->name && link.value == state.value;
        });
    return found == chain.cend() ? nullptr : &*found;
}

/// "+1 per s", "+30 per h": the refill in the largest unit of time that still gives whole figures.
QString refillText(double perSecond)
{
    struct Step
    {
        double factor;
        const char *text;
    };

    static constexpr Step steps[] = {{1, QT_TRANSLATE_NOOP("Bucket", "+%1 per s")},
        {60, QT_TRANSLATE_NOOP("Bucket", "+%1 per min")},
        {3600, QT_TRANSLATE_NOOP("Bucket", "+%1 per h")}};
    const Step *step = std::find_if(std::begin(steps), std::end(steps),
        [perSecond](const Step &each) { return perSecond * each.factor >= 0.995; });
    if (step == std::end(steps))
        --step;
    const double figure = perSecond * step->factor;
    const bool isWhole = std::abs(figure - std::round(figure)) < 0.01 * figure;
    const QString text = isWhole ? format::count(qint64(std::llround(figure)))
                                 : QString::number(figure, 'f', figure < 10 ? 1 : 0);
    return QCoreApplication::translate("Bucket", step->text).arg(text);
}

void addRecord(BucketValue &bucket, const RequestRecord &record, const limits::ChainLink &link,
    milliseconds wall)
{
    const double at = seconds(record.at - wall);
    const double left = double(link.usage.remaining) / MicroUnits;
    const bool isAdmitted = record.decision.isAdmitted();
    bucket.arrivals.append({.at = at, .admitted = isAdmitted});
    // What an admitted request took: the level falls at once.
    const double taken = double(link.cost) / MicroUnits;
    if (isAdmitted)
        bucket.level.append({.at = at, .left = std::min(left + taken, bucket.capacity)});
    bucket.level.append({.at = at, .left = left});
}

} // namespace

BucketValue bucketOf(
    const insight::ChainState &link, const QList<RequestRecord> &records, milliseconds wall)
{
    BucketValue bucket;
    bucket.capacity = double(link.usage.quota) / MicroUnits;
    bucket.left = double(link.usage.remaining) / MicroUnits;
    bucket.isMoney = link.limit->unit == Unit::Cents;
    if (link.limit->algorithm == limits::Algorithm::Gcra) {
        // Of the limit itself: a raise is refilled no faster.
        const double quota = double(link.limit->quota) / MicroUnits;
        bucket.refillPerSecond = quota / seconds(link.limit->period);
        if (!bucket.isMoney)
            bucket.refillText = refillText(bucket.refillPerSecond);
    }
    if (link.usage.remaining < MicroPerUnit)
        bucket.nextIn = seconds(link.usage.nextIn);
    for (auto record = records.crbegin(); record != records.crend(); ++record) {
        if (const limits::ChainLink *then = linkOf(*record, link))
            addRecord(bucket, *record, *then, wall);
    }
    // Before the first recorded request the bucket was as it found it, or full.
    const double first = bucket.level.isEmpty() ? bucket.left : bucket.level.constFirst().left;
    if (bucket.level.isEmpty() || first >= bucket.capacity)
        bucket.level.prepend({.at = -bucket.past, .left = first});
    bucket.level.append({.at = 0, .left = bucket.left});
    return bucket;
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
// Promises: rows count as waiting until nobody holds them any more, and only those that are kept.
#include "core/session/recordingmeter.h"

#include <QTest>

using namespace sluice;
using insight::FinishedRequests;
using insight::FinishedRows;
using session::RecordingMeter;

namespace {

FinishedRequests rows(int kept, int others)
{
    const auto made = std::make_shared<FinishedRows>();
    for (int i = 0; i < kept + others; ++i)
        made->append(insight::RequestRecord(), i < kept);
    return made;
}

} // namespace

class TestRecordingMeter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void countsWhatIsHeld();
    void rowsMayOutliveIt();
};

void TestRecordingMeter::countsWhatIsHeld()
{
    RecordingMeter meter;
    FinishedRequests first = meter.follow(rows(3, 2));
    FinishedRequests second = meter.follow(rows(4, 0));
    QCOMPARE(first->size(), size_t{5}); // all of them go on
    QCOMPARE(meter.total(), 7);
    QCOMPARE(meter.waiting(), 7);
    FinishedRequests copy = first;
    first.reset();
    QCOMPARE(meter.waiting(), 7);
    copy.reset();
    QCOMPARE(meter.waiting(), 4);
    second.reset();
    QCOMPARE(meter.waiting(), 0);
    QCOMPARE(meter.total(), 7);
    QVERIFY(!meter.follow(nullptr));
    QCOMPARE(meter.total(), 7);
}

void TestRecordingMeter::rowsMayOutliveIt()
{
    FinishedRequests held;
    {
        RecordingMeter meter;
        held = meter.follow(rows(1, 0));
    }
    QCOMPARE(held->size(), size_t{1});
    held.reset();
}

QTEST_GUILESS_MAIN(TestRecordingMeter)
#include "tst_recordingmeter.moc"

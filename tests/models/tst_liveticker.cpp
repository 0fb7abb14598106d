// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/liveticker.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>

using namespace Qt::StringLiterals;
using sluice::ui::LiveTicker;

class LiveTickerTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void paintsOftenAndOrdersSeldom()
    {
        LiveTicker ticker;
        QSignalSpy paints(&ticker, &LiveTicker::paintDue);
        QSignalSpy orders(&ticker, &LiveTicker::orderDue);
        ticker.setRunning(true);
        QCOMPARE(paints.size(), 1); // what is shown is current at once
        QCOMPARE(orders.size(), 1);
        QTRY_COMPARE_WITH_TIMEOUT(orders.size(), 2, 3000);
        QVERIFY(paints.size() >= 3);
    }

    void isSilentWhenStopped()
    {
        LiveTicker ticker;
        ticker.setRunning(true);
        ticker.setRunning(false);
        QSignalSpy paints(&ticker, &LiveTicker::paintDue);
        QVERIFY(!paints.wait(3 * LiveTicker::Interval));
    }

    void slowsDownWhenPaintingIsDear()
    {
        LiveTicker ticker;
        connect(&ticker, &LiveTicker::paintDue, this, [] {
            QElapsedTimer spent;
            spent.start();
            while (spent.elapsed() <= LiveTicker::DearTick + 1) { }
        });
        QSignalSpy slowed(&ticker, &LiveTicker::slowedChanged);
        for (int i = 0; i < LiveTicker::DearTicks - 1; ++i)
            ticker.tick();
        QVERIFY(!ticker.isSlowed());
        ticker.tick();
        QVERIFY(ticker.isSlowed());
        QCOMPARE(slowed.size(), 1);
    }
};

QTEST_GUILESS_MAIN(LiveTickerTest)
#include "tst_liveticker.moc"

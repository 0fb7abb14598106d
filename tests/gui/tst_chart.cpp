// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/gui/guikit.h"
#include "ui/widgets/accessible.h"
#include "ui/widgets/chart.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QDateTime>
#include <QSignalSpy>

using namespace Qt::StringLiterals;
using namespace sluice;
using ui::Chart;
using ui::ChartValue;
using ui::chartscale::Unit;

namespace {

constexpr qint64 Start = 1'772'460'000'000; // 2026-03-02 14:00 UTC
constexpr qint64 Minute = 60'000;

std::vector<qint64> edges(qint64 from, qint64 step, int steps)
{
    std::vector<qint64> all;
    for (int i = 0; i <= steps; ++i)
        all.push_back(from + i * step);
    return all;
}

/// Ten steps: 0, 10, 20 ... admitted; 30 refused on top of step 5.
ChartValue sample()
{
    ChartValue value;
    value.edges = edges(Start, 20 * Minute, 10);
    for (int i = 0; i < 10; ++i) {
        value.values.append(i * 10);
        value.refused.append(i == 5 ? 30 : 0);
        value.names.append(u"step %1"_s.arg(i));
    }
    value.valueWord = u"admitted"_s;
    value.refusedWord = u"refused"_s;
    value.summary = u"450 requests"_s;
    return value;
}

QStringList labels(const QList<double> &ticks, Unit unit)
{
    QStringList all;
    for (const double tick : ticks)
        all += ui::chartscale::valueLabel(tick, ticks.size() > 1 ? ticks.at(1) : 0, unit);
    return all;
}

} // namespace

class ChartTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase()
    {
        qputenv("TZ", "UTC");
        tzset();
        ui::installAccessibility();
        ui::Theme::apply(ui::ThemeMode::Light);
    }

    void init() { test::failOnWarnings(); }

    void theValueAxisHasRoundFigures_data()
    {
        QTest::addColumn<double>("highest");
        QTest::addColumn<Unit>("unit");
        QTest::addColumn<QStringList>("ticks");
        const auto row = [](const char *name, double highest, Unit unit, const QString &ticks) {
            QTest::newRow(name) << highest << unit << ticks.split(u'|');
        };
        row("nothing", 0, Unit::Count, u"0"_s);
        row("one request", 1, Unit::Count, u"0|1"_s);
        row("three", 3, Unit::Count, u"0|1|2|3"_s);
        row("hundreds", 750, Unit::Count, u"0|200|400|600|800"_s);
        row("thousands", 4'000, Unit::Count, u"0|1\u202f000|2\u202f000|3\u202f000|4\u202f000"_s);
        row("dollars", 730e8, Unit::Money, u"$0|$200|$400|$600|$800"_s);
        row("cents", 0.13e8, Unit::Money, u"$0.00|$0.05|$0.10|$0.15"_s);
        row("parts of a cent", 0.0004e8, Unit::Money, u"$0.0000|$0.0001|$0.0002|$0.0003|$0.0004"_s);
    }

    void theValueAxisHasRoundFigures()
    {
        QFETCH(const double, highest);
        QFETCH(const Unit, unit);
        const QList<double> ticks = ui::chartscale::valueTicks(highest, 4, unit);
        QTEST(labels(ticks, unit), "ticks");
        QVERIFY(ticks.constLast() >= highest || highest == 0);
        QVERIFY(ticks.size() <= 5);
    }

    void theTimeAxisHasRoundTimes_data()
    {
        QTest::addColumn<std::vector<qint64>>("edges");
        QTest::addColumn<int>("most");
        QTest::addColumn<QString>("labels");
        const qint64 hour = 60 * Minute;
        QTest::newRow("an hour") << edges(Start + 3 * Minute, Minute, 60) << 4
                                 << u"14:15|14:30|14:45|15:00"_s;
        QTest::newRow("a day") << edges(Start, 20 * Minute, 72) << 4
                               << u"18:00|00:00|06:00|12:00"_s;
        QTest::newRow("a narrow day") << edges(Start, 20 * Minute, 72) << 2 << u"00:00|12:00"_s;
        QTest::newRow("a week") << edges(Start, 2 * hour, 84) << 7
                                << u"3 Mar|4 Mar|5 Mar|6 Mar|7 Mar|8 Mar|9 Mar"_s;
        QTest::newRow("none") << std::vector<qint64>() << 4 << u""_s;
    }

    void theTimeAxisHasRoundTimes()
    {
        QFETCH(const std::vector<qint64>, edges);
        QFETCH(const int, most);
        QStringList found;
        for (const auto &tick : ui::chartscale::timeTicks(edges, most)) {
            QVERIFY(tick.at >= edges.front() && tick.at <= edges.back());
            found += tick.label;
        }
        QTEST(found.join(u'|'), "labels");
    }

    void columnsAreAsHighAsTheirFigures()
    {
        Chart chart(u"Requests"_s);
        chart.resize(400, 200);
        chart.setChart(sample());
        const double top = 100; // the axis ends at the next round figure
        for (int i = 1; i < 10; ++i) {
            const double figure = i * 10 + (i == 5 ? 30 : 0);
            const double expected = chart.plotRect().height() * figure / top;
            QVERIFY2(std::abs(chart.stepRect(i).height() - expected) <= 1,
                qPrintable(QString::number(i)));
        }
        QCOMPARE(chart.stepRect(0).height(), 0.0);
    }

    // Admitted below, refused on top; in every palette each is seen against the ground.
    void refusedStandsOnTop_data()
    {
        QTest::addColumn<QPalette>("palette");
        QTest::newRow("light") << ui::Theme::lightPalette();
        QTest::newRow("dark") << ui::Theme::darkPalette();
    }

    void refusedStandsOnTop()
    {
        QFETCH(const QPalette, palette);
        Chart chart(u"Requests"_s);
        chart.setPalette(palette);
        chart.setBackgroundRole(QPalette::Base);
        chart.setAutoFillBackground(true);
        chart.resize(400, 200);
        chart.setChart(sample());
        const QImage image = chart.grab().toImage();
        const ui::StatusPalette colours(palette);
        const QRectF step = chart.stepRect(5);
        const int x = int(step.center().x());
        const auto at = [&](double y) { return image.pixelColor(x, int(y)); };
        QCOMPARE(at(step.top() + 3), colours.solid(ui::State::Refused));
        QCOMPARE(at(step.bottom() - 3), colours.fill(ui::State::Normal));
        QCOMPARE(at(step.top() - 3), colours.base());
        QVERIFY(
            ui::StatusPalette::contrast(colours.solid(ui::State::Refused), colours.base()) >= 3);
    }

    void oneRequestIsSeen()
    {
        ChartValue value = sample();
        value.values.fill(0);
        value.refused.fill(0);
        value.values[3] = 1;
        value.values[7] = 1'000'000;
        value.refused[7] = 1;
        Chart chart(u"Requests"_s);
        chart.resize(400, 200);
        chart.setChart(value);
        QVERIFY(chart.stepRect(3).height() >= 1);
        const QImage image = chart.grab().toImage();
        const QRectF step = chart.stepRect(7);
        QCOMPARE(image.pixelColor(int(step.center().x()), int(step.top())),
            ui::StatusPalette::of(chart.palette()).solid(ui::State::Refused));
    }

    void keysAndPointerReadTheFigures()
    {
        Chart chart(u"Requests"_s);
        chart.resize(400, 200);
        chart.setChart(sample());
        chart.show();
        QVERIFY(QTest::qWaitForWindowActive(&chart));
        chart.setFocus();
        QSignalSpy moved(&chart, &Chart::cursorMoved);
        QCOMPARE(chart.figureText(), u"450 requests"_s);
        QTest::keyClick(&chart, Qt::Key_Left); // from the newest on
        QCOMPARE(chart.cursor(), 9);
        QTest::keyClick(&chart, Qt::Key_Home);
        QTest::keyClick(&chart, Qt::Key_Left);
        QCOMPARE(chart.cursor(), 0);
        for (int i = 0; i < 5; ++i)
            QTest::keyClick(&chart, Qt::Key_Right);
        QCOMPARE(chart.figureText(), u"step 5:  50 admitted, 30 refused"_s);
        QCOMPARE(moved.last().first().toInt(), 5);
        QAccessibleInterface *spoken = QAccessible::queryAccessibleInterface(&chart);
        QCOMPARE(spoken->text(QAccessible::Name), u"Requests"_s);
        QCOMPARE(spoken->text(QAccessible::Value), chart.figureText());
        const QPointF middle = chart.stepRect(8).center();
        QTest::mouseMove(&chart, middle.toPoint());
        QCOMPARE(chart.cursor(), 8);
        QTest::mouseMove(&chart, QPoint(1, 100)); // on the axis
        QCOMPARE(chart.cursor(), -1);
    }

    void theCursorStaysAtItsPlaceInTime()
    {
        Chart chart(u"Requests"_s);
        chart.setChart(sample());
        chart.setCursor(5);
        ChartValue later = sample();
        later.edges = edges(Start + 40 * Minute, 20 * Minute, 10);
        chart.setChart(later);
        QCOMPARE(chart.cursor(), 3);
        later.edges = edges(Start + 1'000 * Minute, 20 * Minute, 10);
        chart.setChart(later);
        QCOMPARE(chart.cursor(), -1);
        chart.setChart({});
        QCOMPARE(chart.grab().isNull(), false);
    }
};

QTEST_MAIN(ChartTest)
#include "tst_chart.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/counterdrawing.h"

#include "core/base/duration.h"
#include "core/insight/limittext.h"
#include "core/limits/slidingwindow.h"
#include "ui/models/cellwords.h"
#include "ui/pages/buckethistory.h"
#include "ui/widgets/bucketwidget.h"
#include "ui/widgets/format.h"
#include "ui/widgets/periodwidget.h"
#include "ui/widgets/slotswidget.h"
#include "ui/widgets/windowwidget.h"

#include <QDateTime>
#include <QLocale>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using insight::ChainState;
using limits::Algorithm;
using limits::CalendarUnit;
using limits::Limit;
using limits::WindowState;
using std::chrono::nanoseconds;
namespace slidingwindow = limits::slidingwindow;

namespace {

double seconds(nanoseconds duration)
{
    return std::chrono::duration<double>(duration).count();
}

double units(MicroAmount amount)
{
    return double(amount) / double(MicroPerUnit);
}

QString phrase(MicroAmount amount, Unit unit)
{
    const QString word = format::unitWord(unit);
    const QString text = format::amount(amount, unit);
    return word.isEmpty() ? text : QString(text + u' ' + word);
}

/// Cells that still count, with the amount of the highest and of the first.
void addCells(WindowValue &value, const WindowState &state, const Limit &limit, EngineTime now)
{
    const double length = value.period / slidingwindow::CellsPerPeriod;
    MicroAmount most = 0;
    MicroAmount first = 0;
    for (const WindowState::Cell &cell : state.cells) {
        if (!slidingwindow::isLive(cell.index, limit.period, now))
            continue;
        const double start = double(cell.index) * length - seconds(now);
        if (value.cells.isEmpty())
            first = cell.amount;
        value.cells.append({.from = start, .length = length, .amount = units(cell.amount)});
        most = std::max(most, cell.amount);
    }
    value.mostText = format::amount(most, limit.unit);
    if (value.cells.isEmpty())
        return;
    // The whole cell leaves when its last moment is a period old.
    const double leaves = value.cells.constFirst().from + length + value.period;
    value.nextText = CounterDrawing::tr("%1 leave in %2")
                         .arg(phrase(first, limit.unit),
                             describeDuration(nanoseconds(qint64(std::max(0.0, leaves) * 1e9))));
}

WindowValue windowOf(
    const ChainState &link, const limits::CounterReading *reading, limits::Instant now)
{
    const Limit &limit = *link.limit;
    WindowValue value;
    value.period = seconds(limit.period);
    value.taken = units(link.usage.taken());
    value.quota = units(link.usage.quota);
    value.periodText = format::wait(limit.period);
    value.sumText = CounterDrawing::tr("%1 of %2 used")
                        .arg(format::amount(shownTaken(limit, link.usage), limit.unit),
                            phrase(link.usage.quota, limit.unit));
    const auto *state = reading ? std::get_if<WindowState>(&reading->state) : nullptr;
    if (state != nullptr)
        addCells(value, *state, limit, now.engine);
    return value;
}

/// "1 April 00:00"; of short periods the time alone.
QString instantText(std::chrono::milliseconds at, const limits::Calendar &calendar)
{
    const QTimeZone zone = calendar.zone.isValid() ? calendar.zone : QTimeZone::utc();
    const QDateTime time = QDateTime::fromMSecsSinceEpoch(at.count(), zone);
    if (calendar.unit == CalendarUnit::Hour)
        return time.toString(u"HH:mm"_s);
    return QLocale::c().toString(time, u"d MMMM HH:mm"_s);
}

PeriodValue periodOf(const ChainState &link, limits::Instant now)
{
    const Limit &limit = *link.limit;
    const limits::CalendarPeriod period = limits::periodAt(limit.calendar, now.wall);
    PeriodValue value;
    value.gauge = gaugeNow(limit, link.usage, now);
    value.leftText =
        CounterDrawing::tr("%1 left").arg(phrase(shownLeft(limit, link.usage), limit.unit));
    value.paceText = CounterDrawing::tr("%1 of the %2 is over")
                         .arg(format::share(value.gauge.paceShare.value_or(0)),
                             insight::calendarUnitName(limit.calendar.unit));
    value.startText = instantText(period.start, limit.calendar);
    value.endText = instantText(period.end, limit.calendar);
    value.zoneText = insight::zoneName(limit.calendar);
    return value;
}

SlotsValue slotsOf(const ChainState &link)
{
    SlotsValue value;
    value.total = link.usage.quota / MicroPerUnit;
    value.taken = link.usage.takenUnits();
    value.state = gaugeNow(*link.limit, link.usage).state;
    return value;
}

} // namespace

CounterDrawing::CounterDrawing(QWidget *parent)
    : QStackedWidget(parent),
      m_bucket(new BucketWidget(this)),
      m_window(new WindowWidget(this)),
      m_period(new PeriodWidget(this)),
      m_slots(new SlotsWidget(this))
{
    m_bucket->setObjectName(u"bucketWidget"_s);
    m_window->setObjectName(u"windowWidget"_s);
    m_period->setObjectName(u"periodWidget"_s);
    m_slots->setObjectName(u"slotsWidget"_s);
    for (QWidget *drawing : std::initializer_list<QWidget *>{m_bucket, m_window, m_period, m_slots})
        addWidget(drawing);
}

CounterDrawing::~CounterDrawing() = default;

void CounterDrawing::showCounter(const ChainState &link, const limits::CounterReading *reading,
    const QList<insight::RequestRecord> &records, limits::Instant now)
{
    switch (link.limit->algorithm) {
    case Algorithm::Gcra:
        m_bucket->setBucket(bucketOf(link, records, now.wall));
        setCurrentWidget(m_bucket);
        break;
    case Algorithm::SlidingWindow:
        m_window->setWindow(windowOf(link, reading, now));
        setCurrentWidget(m_window);
        break;
    case Algorithm::CalendarWindow:
        m_period->setPeriod(periodOf(link, now));
        setCurrentWidget(m_period);
        break;
    case Algorithm::Concurrency:
        m_slots->setSlots(slotsOf(link));
        setCurrentWidget(m_slots);
        break;
    }
}

} // namespace sluice::ui

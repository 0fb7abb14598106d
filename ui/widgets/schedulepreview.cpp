// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/schedulepreview.h"

#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QPainter>

#include <cmath>

namespace sluice::ui {
namespace {

constexpr int LineHeight = 26;
constexpr int BoxHeight = 18;
constexpr int BoxesWidth = 72; // the larger burst fills it up to here
constexpr int ClosestMarks = 4; // marks never stand closer: they must stay countable

} // namespace

SchedulePreview::SchedulePreview(QWidget *parent) : QWidget(parent)
{
    setAccessibleName(tr("Schedule"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void SchedulePreview::setRunning(const Schedule &schedule)
{
    m_running = schedule;
    update();
}

void SchedulePreview::setDraft(const Schedule &schedule)
{
    m_draft = schedule;
    m_hasDraft = true;
    updateGeometry();
    update();
}

void SchedulePreview::clearDraft()
{
    m_hasDraft = false;
    updateGeometry();
    update();
}

void SchedulePreview::setEffect(const QString &sentence)
{
    setAccessibleDescription(sentence);
}

QSize SchedulePreview::sizeHint() const
{
    const int lines = m_hasDraft ? 2 : 1;
    return {
        272, lines * LineHeight + QFontMetrics(Theme::font(FontRole::Small, font())).height() + 4};
}

QSize SchedulePreview::minimumSizeHint() const
{
    return {200, sizeHint().height()};
}

qreal SchedulePreview::labelWidth() const
{
    const QFont small = Theme::font(FontRole::Small, font());
    return std::max({40.0, textWidth(tr("now"), small), textWidth(tr("draft"), small)}) + 12;
}

void SchedulePreview::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const StatusPalette colours = StatusPalette::of(palette());
    const QFont small = Theme::font(FontRole::Small, font());
    qreal top = 0;
    paintSchedule(&painter, QRectF(0, top, width(), LineHeight), tr("now"), m_running, false);
    if (m_hasDraft) {
        top += LineHeight;
        paintSchedule(&painter, QRectF(0, top, width(), LineHeight), tr("draft"), m_draft, true);
    }
    top += LineHeight;
    const qreal left = labelWidth();
    const QRectF legend(left, top, BoxesWidth, height() - top);
    drawLine(&painter, legend, tr("at once"), small, colours.second());
    drawLine(&painter, QRectF(left + BoxesWidth, top, width() - left - BoxesWidth, height() - top),
        tr("then, each mark is one"), small, colours.second());
}

void SchedulePreview::paintSchedule(QPainter *painter, const QRectF &line, const QString &label,
    const Schedule &schedule, bool draft) const
{
    const StatusPalette colours = StatusPalette::of(palette());
    const QFont small = Theme::font(FontRole::Small, font());
    drawLine(painter, line, label, small, draft ? colours.text() : colours.second());

    const double most = std::max(m_running.atOnce, m_hasDraft ? m_draft.atOnce : 0.0);
    const qreal left = labelWidth();
    const QRectF room(left, line.center().y() - BoxHeight / 2.0, BoxesWidth - 8, BoxHeight);
    const double share = most > 0 ? schedule.atOnce / most : 0;
    const QRectF box(
        room.left(), room.top(), std::max(2.0, std::round(room.width() * share)), BoxHeight);
    const QColor ground = colours.fill(draft ? State::Normal : State::Idle);
    drawOutline(painter, snapped(painter, box),
        colours.isHighContrast() ? colours.text() : QColor(Qt::transparent),
        colours.isHighContrast() ? 1 : 0, ground, 3);
    const bool fits = textWidth(schedule.atOnceText, small) <= box.width();
    drawLine(painter, fits ? box : room, schedule.atOnceText, small, colours.text(),
        fits ? Qt::AlignHCenter : Qt::AlignRight);
    if (schedule.interval <= 0)
        return;

    // Both lines share one scale: the slower schedule has its marks 12 px apart.
    const double slowest = std::max(m_running.interval, m_hasDraft ? m_draft.interval : 0.0);
    const double step = std::max<double>(ClosestMarks, 12 * schedule.interval / slowest);
    const QColor mark = draft ? colours.solid(State::Normal) : colours.text();
    const qreal start = left + BoxesWidth;
    for (double x = start; x < line.right(); x += step)
        painter->fillRect(
            QRectF(snapped(painter, x), line.center().y() - 5, draft ? 2 : 1, 11), mark);
}

} // namespace sluice::ui

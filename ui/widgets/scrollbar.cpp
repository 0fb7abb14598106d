// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/scrollbar.h"

#include "ui/widgets/paintkit.h"
#include "ui/widgets/statuspalette.h"

#include <QMouseEvent>
#include <QPainter>
#include <QStyle>

using namespace Qt::StringLiterals;

namespace sluice::ui {
namespace {

constexpr int Room = 10; // the strip it occupies; the bar is thinner until the pointer is there
constexpr int Thin = 5;
constexpr int Wide = 8;
constexpr int ShortestHandle = 24;

} // namespace

ScrollBar::ScrollBar(Qt::Orientation orientation, QWidget *parent) : QScrollBar(orientation, parent)
{
    setAttribute(Qt::WA_OpaquePaintEvent, false);
}

bool ScrollBar::isThin() const
{
    return style()->name().compare("fusion"_L1, Qt::CaseInsensitive) == 0
        && !StatusPalette::of(palette()).isHighContrast();
}

QSize ScrollBar::sizeHint() const
{
    if (!isThin())
        return QScrollBar::sizeHint();
    return orientation() == Qt::Vertical ? QSize(Room, 48) : QSize(48, Room);
}

int ScrollBar::along(const QPoint &point) const
{
    return orientation() == Qt::Vertical ? point.y() : point.x();
}

int ScrollBar::length() const
{
    return orientation() == Qt::Vertical ? height() : width();
}

QRect ScrollBar::handleRect() const
{
    const qint64 range = qint64(maximum()) - minimum();
    if (range <= 0)
        return {};
    const qint64 page = std::max(1, pageStep());
    const int size = std::clamp(
        int(length() * page / (range + page)), std::min(ShortestHandle, length()), length());
    int at = QStyle::sliderPositionFromValue(
        minimum(), maximum(), sliderPosition(), length() - size, invertedAppearance());
    const int thickness = m_hovered || m_grip >= 0 ? Wide : Thin;
    const int across = (orientation() == Qt::Vertical ? width() : height()) - thickness - 1;
    if (orientation() == Qt::Vertical)
        return {layoutDirection() == Qt::RightToLeft ? 1 : across, at, thickness, size};
    if (layoutDirection() == Qt::RightToLeft)
        at = length() - size - at;
    return {at, across, size, thickness};
}

void ScrollBar::paintEvent(QPaintEvent *event)
{
    if (!isThin()) {
        QScrollBar::paintEvent(event);
        return;
    }
    QPainter painter(this);
    const StatusPalette colours = StatusPalette::of(palette());
    painter.fillRect(rect(), colours.base());
    const QRect handle = handleRect();
    if (handle.isEmpty())
        return;
    const double strength = m_grip >= 0 ? 0.55 : m_hovered ? 0.45 : 0.25;
    drawOutline(&painter, handle, Qt::transparent, 0, colours.neutral(strength),
        std::min(handle.width(), handle.height()) / 2.0);
}

void ScrollBar::enterEvent(QEnterEvent *event)
{
    QScrollBar::enterEvent(event);
    m_hovered = true;
    update();
}

void ScrollBar::leaveEvent(QEvent *event)
{
    QScrollBar::leaveEvent(event);
    m_hovered = false;
    update();
}

void ScrollBar::mousePressEvent(QMouseEvent *event)
{
    if (!isThin() || event->button() != Qt::LeftButton) {
        QScrollBar::mousePressEvent(event);
        return;
    }
    const QRect handle = handleRect();
    const int at = along(event->position().toPoint());
    const int start = along(handle.topLeft());
    const int size = orientation() == Qt::Vertical ? handle.height() : handle.width();
    if (at >= start && at < start + size) {
        m_grip = at - start;
        setSliderDown(true);
    } else {
        const bool back = (at < start)
            != (orientation() == Qt::Horizontal && layoutDirection() == Qt::RightToLeft);
        triggerAction(back ? SliderPageStepSub : SliderPageStepAdd);
    }
    update();
}

void ScrollBar::mouseMoveEvent(QMouseEvent *event)
{
    if (m_grip < 0) {
        QScrollBar::mouseMoveEvent(event);
        return;
    }
    const QRect handle = handleRect();
    const int size = orientation() == Qt::Vertical ? handle.height() : handle.width();
    int at = along(event->position().toPoint()) - m_grip;
    if (orientation() == Qt::Horizontal && layoutDirection() == Qt::RightToLeft)
        at = length() - size - at;
    setSliderPosition(QStyle::sliderValueFromPosition(
        minimum(), maximum(), at, length() - size, invertedAppearance()));
    update();
}

void ScrollBar::mouseReleaseEvent(QMouseEvent *event)
{
    if (m_grip < 0) {
        QScrollBar::mouseReleaseEvent(event);
        return;
    }
    m_grip = -1;
    setSliderDown(false);
    update();
}

} // namespace sluice::ui

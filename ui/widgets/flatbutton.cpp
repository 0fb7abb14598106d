// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/flatbutton.h"

#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/statuspalette.h"

#include <QAction>
#include <QMenu>
#include <QPainter>
#include <QStyleOptionFocusRect>

namespace sluice::ui {
namespace {

constexpr int Padding = 8;
constexpr int IconGap = 8;
constexpr int Chevron = 12;

} // namespace

FlatButton::FlatButton(const QString &text, QWidget *parent) : QToolButton(parent)
{
    setText(text);
    setAccessibleName(shownText());
    setAutoRaise(true);
    setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    setPopupMode(QToolButton::InstantPopup);
    setFocusPolicy(Qt::StrongFocus);
}

FlatButton::FlatButton(Icon icon, const QString &text, QWidget *parent) : FlatButton(text, parent)
{
    setPathIcon(icon);
}

FlatButton *FlatButton::iconOnly(Icon icon, const QString &text, QWidget *parent)
{
    auto *button = new FlatButton(icon, text, parent);
    button->setToolButtonStyle(Qt::ToolButtonIconOnly);
    button->setToolTip(text);
    return button;
}

void FlatButton::setPathIcon(Icon icon)
{
    m_icon = icon;
    setIcon(ui::icon(icon));
    updateGeometry();
}

void FlatButton::setProminent(bool prominent)
{
    m_prominent = prominent;
    update();
}

void FlatButton::setLink(bool link)
{
    m_link = link;
    setCursor(link ? Qt::PointingHandCursor : Qt::ArrowCursor);
    updateGeometry();
    update();
}

bool FlatButton::hasChevron() const
{
    return menu() && toolButtonStyle() != Qt::ToolButtonIconOnly;
}

QString FlatButton::shownText() const
{
    if (toolButtonStyle() == Qt::ToolButtonIconOnly)
        return {};
    QString shown = text();
    return shown.remove(u'&');
}

QSize FlatButton::sizeHint() const
{
    const int height = metrics::rowHeight(fontMetrics());
    int width = 2 * (m_link ? metrics::Grid : Padding);
    if (m_icon)
        width += metrics::IconSize;
    const QString shown = shownText();
    if (!shown.isEmpty())
        width += int(std::ceil(textWidth(shown, font()))) + (m_icon ? IconGap : 0);
    if (hasChevron())
        width += Chevron + metrics::Grid;
    return {std::max(width, m_link ? 24 : height), height};
}

QSize FlatButton::minimumSizeHint() const
{
    return sizeHint();
}

void FlatButton::paintGround(QPainter *painter) const
{
    const StatusPalette colours = StatusPalette::of(palette());
    const bool pressed = isDown() || isChecked();
    const bool active = isEnabled() && (underMouse() || pressed);
    if (colours.isHighContrast()) {
        if (active)
            drawOutline(painter, rect(), colours.text());
    } else if (!m_link && (active || m_prominent)) {
        drawOutline(painter, rect(), Qt::transparent, 0, colours.neutral(pressed ? 0.14 : 0.08));
    }
}

QColor FlatButton::textColour() const
{
    if (m_link && isEnabled())
        return StatusPalette::of(palette()).link();
    return palette().color(
        isEnabled() ? QPalette::Active : QPalette::Disabled, QPalette::ButtonText);
}

// Draws icon, text and chevron from the leading edge.
void FlatButton::paintParts(QPainter *painter) const
{
    const QColor colour = textColour();
    const QRectF outer(rect());
    const Qt::LayoutDirection direction = layoutDirection();
    const QString shown = shownText();
    const int padding = m_link ? metrics::Grid : Padding;
    qreal x = shown.isEmpty() ? (width() - metrics::IconSize) / 2.0 : padding;
    if (m_icon) {
        const QRectF box(x, std::floor((height() - metrics::IconSize) / 2.0), metrics::IconSize,
            metrics::IconSize);
        paintIcon(painter, visualRect(direction, outer, box), *m_icon, colour);
        x += metrics::IconSize + IconGap;
    }
    const int tail = padding + (hasChevron() ? Chevron + metrics::Grid : 0);
    const QRectF label(x, 0, width() - x - tail + 1, height());
    const qreal used = drawLine(painter, visualRect(direction, outer, label), shown, font(), colour,
        direction == Qt::RightToLeft ? Qt::AlignRight : Qt::AlignLeft);
    if (m_link && underMouse() && isEnabled()) {
        const qreal y = (height() + fontMetrics().height()) / 2.0 - 2;
        painter->fillRect(visualRect(direction, outer, QRectF(x, y, used, 1)), colour);
    }
    if (hasChevron()) {
        const QRectF box(
            x + used + metrics::Grid, (height() - Chevron) / 2.0 + 1, Chevron, Chevron);
        paintIcon(painter, visualRect(direction, outer, box), Icon::Down, colour);
    }
}

void FlatButton::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    paintGround(&painter);
    paintParts(&painter);
    if (hasFocus()) {
        QStyleOptionFocusRect focus;
        focus.initFrom(this);
        focus.rect = rect().adjusted(2, 2, -2, -2);
        style()->drawPrimitive(QStyle::PE_FrameFocusRect, &focus, &painter, this);
    }
}

} // namespace sluice::ui

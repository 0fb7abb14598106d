// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/flatbutton.h"

#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/statuspalette.h"

#include <QAction>
#include <QMenu>
#include <QPainter>
#include <QStyleOptionFocusRect>
#include <QStyleOptionToolButton>

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

void FlatButton::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const StatusPalette colours = StatusPalette::of(palette());
    QStyleOptionToolButton option;
    initStyleOption(&option);
    const bool active = isEnabled() && (underMouse() || isDown() || isChecked());
    if (colours.isHighContrast() && active)
        drawOutline(&painter, rect(), colours.text());
    else if (!m_link && (active || m_prominent))
        drawOutline(&painter, rect(), Qt::transparent, 0,
            StatusPalette::mix(
                palette().color(backgroundRole()).alpha() == 0 ? colours.base() : colours.base(),
                colours.text(), isDown() || isChecked() ? 0.14 : 0.08));

    QColor text =
        palette().color(isEnabled() ? QPalette::Active : QPalette::Disabled, QPalette::ButtonText);
    if (m_link && isEnabled())
        text = colours.link();
    const QRectF outer(rect());
    const int padding = m_link ? metrics::Grid : Padding;
    qreal x = shownText().isEmpty() ? (width() - metrics::IconSize) / 2.0 : padding;
    if (m_icon) {
        const QRectF box(
            x, (height() - metrics::IconSize) / 2, metrics::IconSize, metrics::IconSize);
        paintIcon(&painter, visualRect(layoutDirection(), outer, box), *m_icon, text);
        x += metrics::IconSize + IconGap;
    }
    const int tail = padding + (hasChevron() ? Chevron + metrics::Grid : 0);
    const QRectF label(x, 0, width() - x - tail + 1, height());
    const qreal used = drawLine(&painter, visualRect(layoutDirection(), outer, label), shownText(),
        font(), text, layoutDirection() == Qt::RightToLeft ? Qt::AlignRight : Qt::AlignLeft);
    if (m_link && underMouse() && isEnabled())
        painter.fillRect(visualRect(layoutDirection(), outer,
                             QRectF(x, height() / 2.0 + fontMetrics().height() / 2.0 - 2, used, 1)),
            text);
    if (hasChevron()) {
        const QRectF box(
            x + used + metrics::Grid, (height() - Chevron) / 2.0 + 1, Chevron, Chevron);
        paintIcon(&painter, visualRect(layoutDirection(), outer, box), Icon::Down, text);
    }
    if (hasFocus()) {
        QStyleOptionFocusRect focus;
        focus.initFrom(this);
        focus.rect = rect().adjusted(2, 2, -2, -2);
        style()->drawPrimitive(QStyle::PE_FrameFocusRect, &focus, &painter, this);
    }
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/statusbutton.h"

#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/signs.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QPainter>
#include <QStyle>
#include <QStyleOptionFocusRect>

namespace sluice::ui {
namespace {

constexpr int Height = 24;
constexpr int Padding = 8;

} // namespace

StatusButton::StatusButton(QWidget *parent) : QAbstractButton(parent)
{
    setFocusPolicy(Qt::TabFocus);
    setAttribute(Qt::WA_Hover);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setAccessibleName(tr("Status"));
}

void StatusButton::setStatus(Sign sign, State state, const QString &text, bool important)
{
    if (m_sign == sign && m_state == state && this->text() == text && m_important == important)
        return;
    m_sign = sign;
    m_state = state;
    m_important = important;
    setText(text);
    setAccessibleName(text);
    updateGeometry();
    update();
}

QSize StatusButton::sizeHint() const
{
    const QFont small = Theme::font(FontRole::Small, font());
    const int sign = m_sign == Sign::None ? 0 : metrics::SignSize + metrics::SignGap;
    return {int(std::ceil(textWidth(text(), small))) + sign + 2 * Padding,
        std::max(Height, QFontMetrics(small).height() + 6)};
}

QSize StatusButton::minimumSizeHint() const
{
    return sizeHint();
}

void StatusButton::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const StatusPalette colours = StatusPalette::of(palette());
    const QRectF outer(rect());
    if (isEnabled() && (underMouse() || isDown()))
        drawOutline(&painter, outer,
            colours.isHighContrast() ? colours.text() : QColor(Qt::transparent),
            colours.isHighContrast() ? 1 : 0,
            StatusPalette::mix(colours.window(), colours.text(), isDown() ? 0.14 : 0.08));
    qreal x = Padding;
    if (m_sign != Sign::None) {
        const QRectF box(x, 0, metrics::SignSize, height());
        paintSign(&painter, visualRect(layoutDirection(), outer, box).center(), m_sign,
            signColour(palette(), m_sign, m_state));
        x += metrics::SignSize + metrics::SignGap;
    }
    const QRectF box(x, 0, width() - x - Padding + 1, height());
    drawLine(&painter, visualRect(layoutDirection(), outer, box), text(),
        Theme::font(FontRole::Small, font()), m_important ? colours.text() : colours.second());
    if (hasFocus()) {
        QStyleOptionFocusRect focus;
        focus.initFrom(this);
        focus.rect = rect().adjusted(1, 1, -1, -1);
        style()->drawPrimitive(QStyle::PE_FrameFocusRect, &focus, &painter, this);
    }
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/fieldedit.h"

#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/signs.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QEvent>
#include <QKeyEvent>
#include <QPainter>

namespace sluice::ui {

void paintFieldOutline(QPainter *painter, const QRectF &rect, const QPalette &palette, bool focused,
    bool error, int focusWidth)
{
    const StatusPalette colours = StatusPalette::of(palette);
    QColor outline = colours.edge();
    if (error)
        outline = colours.solid(State::Refused);
    else if (focused)
        outline = colours.solid(State::Normal);
    drawOutline(painter, rect, outline, focused || error ? focusWidth : 1, Qt::transparent,
        metrics::Radius);
}

FieldEdit::FieldEdit(const QString &name, QWidget *parent) : QLineEdit(parent)
{
    if (!name.isEmpty())
        setAccessibleName(name);
    setFrame(false); // the outline is ours, the text area stays the style's
    updateMargins();
}

void FieldEdit::setError(const QString &message)
{
    if (m_error == message)
        return;
    m_error = message;
    setToolTip(message);
    setAccessibleDescription(message);
    updateMargins();
    update();
    Q_EMIT errorChanged(message);
}

void FieldEdit::setSuffix(const QString &suffix)
{
    m_suffix = suffix;
    updateMargins();
    update();
}

QSize FieldEdit::sizeHint() const
{
    return {QLineEdit::sizeHint().width(), metrics::rowHeight(fontMetrics())};
}

void FieldEdit::updateMargins()
{
    const QFont small = Theme::font(FontRole::Small, font());
    int trail = metrics::CellPadding - 2;
    if (!m_suffix.isEmpty())
        trail += int(std::ceil(textWidth(m_suffix, small))) + metrics::CellPadding;
    if (hasError())
        trail += metrics::SignSize + metrics::CellPadding;
    const bool rtl = layoutDirection() == Qt::RightToLeft;
    const int lead = metrics::CellPadding - 2;
    setTextMargins(rtl ? trail : lead, 0, rtl ? lead : trail, 0);
}

void FieldEdit::changeEvent(QEvent *event)
{
    QLineEdit::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::LayoutDirectionChange)
        updateMargins();
}

void FieldEdit::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Escape)
        Q_EMIT cancelled();
    QLineEdit::keyPressEvent(event);
}

void FieldEdit::paintEvent(QPaintEvent *event)
{
    // The corners outside the outline must show what lies behind the field.
    QLineEdit::paintEvent(event);
    QPainter painter(this);
    const StatusPalette colours = StatusPalette::of(palette());
    const QRectF outer(rect());
    qreal trail = metrics::CellPadding;
    if (hasError()) {
        const QRectF box(outer.right() - trail - metrics::SignSize, 0, metrics::SignSize, height());
        paintSign(&painter, visualRect(layoutDirection(), outer, box).center(), Sign::Cross,
            colours.solid(State::Refused));
        trail += metrics::SignSize + metrics::CellPadding;
    }
    if (!m_suffix.isEmpty()) {
        const QFont small = Theme::font(FontRole::Small, font());
        const qreal width = std::ceil(textWidth(m_suffix, small));
        const QRectF box(outer.right() - trail - width, 0, width + 1, height());
        drawLine(
            &painter, visualRect(layoutDirection(), outer, box), m_suffix, small, colours.second());
    }
    paintFieldOutline(&painter, outer, palette(), hasFocus(), hasError());
}

} // namespace sluice::ui

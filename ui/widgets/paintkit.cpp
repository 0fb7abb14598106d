// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/paintkit.h"

#include "ui/widgets/theme.h"

#include <QFontMetricsF>
#include <QHash>

#include <cmath>

namespace sluice::ui {
namespace {

bool needsCells(const QString &text, const QFont &font)
{
    static QHash<QString, bool> proportional;
    const QString key = font.key();
    auto found = proportional.constFind(key);
    if (found == proportional.constEnd())
        found = proportional.insert(key, !Theme::hasTabularDigits(font));
    return *found && std::any_of(text.cbegin(), text.cend(), [](QChar c) { return c.isDigit(); });
}

qreal digitCell(const QFontMetricsF &metrics)
{
    qreal widest = 0;
    for (char16_t digit = u'0'; digit <= u'9'; ++digit)
        widest = std::max(widest, metrics.horizontalAdvance(QChar(digit)));
    return widest;
}

// Digits centred in cells of the widest one, for fonts whose digits differ in width.
qreal drawCells(QPainter *painter, QPointF baseline, const QString &text, const QFont &font)
{
    const QFontMetricsF metrics(font);
    const qreal cell = digitCell(metrics);
    qreal x = baseline.x();
    for (const QChar c : text) {
        const qreal own = metrics.horizontalAdvance(c);
        const qreal advance = c.isDigit() ? cell : own;
        if (painter)
            painter->drawText(QPointF(x + (advance - own) / 2, baseline.y()), QString(c));
        x += advance;
    }
    return x - baseline.x();
}

} // namespace

qreal snapped(const QPainter *painter, qreal value)
{
    const qreal scale = painter->device()->devicePixelRatioF();
    return std::round(value * scale) / scale;
}

QRectF snapped(const QPainter *painter, const QRectF &rect)
{
    const QPointF from(snapped(painter, rect.left()), snapped(painter, rect.top()));
    const QPointF to(snapped(painter, rect.right()), snapped(painter, rect.bottom()));
    return QRectF(from, to);
}

qreal textWidth(const QString &text, const QFont &font)
{
    if (needsCells(text, font))
        return drawCells(nullptr, {}, text, font);
    return QFontMetricsF(font).horizontalAdvance(text);
}

qreal drawLine(QPainter *painter, const QRectF &rect, const QString &text, const QFont &font,
    const QColor &colour, Qt::Alignment alignment)
{
    if (text.isEmpty() || rect.width() <= 0)
        return 0;
    const QFontMetricsF metrics(font);
    QString shown = text;
    qreal width = textWidth(shown, font);
    if (width > rect.width() + 0.5) {
        shown = metrics.elidedText(text, Qt::ElideRight, rect.width());
        width = textWidth(shown, font);
    }
    qreal x = rect.left();
    if (alignment & Qt::AlignRight)
        x = rect.right() - width;
    else if (alignment & Qt::AlignHCenter)
        x = rect.center().x() - width / 2;
    const qreal y = rect.top() + (rect.height() - metrics.height()) / 2 + metrics.ascent();
    painter->setFont(font);
    painter->setPen(colour);
    const QPointF baseline(x, std::round(y));
    if (needsCells(shown, font))
        drawCells(painter, baseline, shown, font);
    else
        painter->drawText(baseline, shown);
    return width;
}

void drawOutline(QPainter *painter, const QRectF &rect, const QColor &outline, qreal width,
    const QColor &ground, qreal radius)
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(outline, width));
    painter->setBrush(ground.alpha() == 0 ? QBrush(Qt::NoBrush) : QBrush(ground));
    const qreal half = width / 2;
    painter->drawRoundedRect(
        rect.adjusted(half, half, -half, -half), radius - half / 2, radius - half / 2);
    painter->restore();
}

QRectF visualRect(Qt::LayoutDirection direction, const QRectF &outer, const QRectF &rect)
{
    if (direction == Qt::LeftToRight)
        return rect;
    QRectF mirrored = rect;
    mirrored.moveLeft(outer.left() + outer.right() - rect.right());
    return mirrored;
}

} // namespace sluice::ui

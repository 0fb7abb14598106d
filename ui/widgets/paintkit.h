// SPDX-License-Identifier: GPL-3.0-or-later
// Small helpers shared by everything that paints itself. GUI thread.
#pragma once

#include <QColor>
#include <QFont>
#include <QPainter>
#include <QRectF>
#include <QString>

namespace sluice::ui {

/// @p value moved to the nearest device pixel.
qreal snapped(const QPainter *painter, qreal value);
QRectF snapped(const QPainter *painter, const QRectF &rect);

/// Draws one line of text, elided at the end when it does not fit; returns the width used.
qreal drawLine(QPainter *painter, const QRectF &rect, const QString &text, const QFont &font,
    const QColor &colour, Qt::Alignment alignment = Qt::AlignLeft);

/// The width of @p text in @p font as drawLine() draws it.
qreal textWidth(const QString &text, const QFont &font);

/// A rounded rectangle with an outline that lies within @p rect.
void drawOutline(QPainter *painter, const QRectF &rect, const QColor &outline, qreal width = 1,
    const QColor &ground = QColor(Qt::transparent), qreal radius = 4);

/// The rectangle mirrored within @p outer when @p direction is right to left.
QRectF visualRect(Qt::LayoutDirection direction, const QRectF &outer, const QRectF &rect);

} // namespace sluice::ui

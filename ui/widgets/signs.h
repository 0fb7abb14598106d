// SPDX-License-Identifier: GPL-3.0-or-later
// The state signs of 8 px, drawn as paths so that they are sharp at every scale. GUI thread.
#pragma once

#include "ui/widgets/cellvalues.h"

#include <QColor>
#include <QPointF>

class QPainter;
class QPalette;

namespace sluice::ui {

/// The sign that belongs to a state: disc, triangle, square, diamond, dash.
Sign signOf(State state);

/// Paints @p sign in a square of @p size around @p centre.
void paintSign(QPainter *painter, QPointF centre, Sign sign, const QColor &colour, qreal size = 8);

/// The colour of @p sign for @p state: the solid colour; plain checks and dashes are grey.
QColor signColour(const QPalette &palette, Sign sign, State state);

} // namespace sluice::ui

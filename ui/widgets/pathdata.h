// SPDX-License-Identifier: GPL-3.0-or-later
// A tiny path language for the icons: M L H V C Q Z as in SVG (absolute), "O x y r" a circle,
// "R x y w h r" a rounded rectangle, "A x y r start span" an arc in degrees, counterclockwise from
// three o'clock. Pure, any thread.
#pragma once

#include <QPainterPath>
#include <QStringView>

namespace sluice::ui {

/// Reads @p data; an unknown letter ends the path.
QPainterPath parsePath(QLatin1StringView data);

} // namespace sluice::ui

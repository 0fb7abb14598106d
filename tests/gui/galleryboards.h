// SPDX-License-Identifier: GPL-3.0-or-later
// The two boards of the gallery. GUI thread; the caller owns them.
#pragma once

class QWidget;

namespace sluice::ui {

/// Gauges, chips, signs, sparklines, buttons, fields and icons, 1200 x 600.
QWidget *createComponentsBoard();

/// Table, navigation, bucket, diff, steps and the rest, 1280 x 800.
QWidget *createWidgetsBoard();

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
// One-time set-up of the user interface library. GUI thread, once, after the QApplication exists.
#pragma once

namespace sluice::ui {

/// Registers metatypes and the accessibility factory of the custom-painted widgets. Safe to repeat.
void initUi();

} // namespace sluice::ui

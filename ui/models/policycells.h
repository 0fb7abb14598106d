// SPDX-License-Identifier: GPL-3.0-or-later
// How the cells of the Policies page say a scope or a limit: the roles of PolicyTreeModel without
// the live gauge. Pure; GUI thread.
#pragma once

#include "ui/models/policyscopes.h"

#include <QVariant>

namespace sluice::ui::policycells {

QVariant scopeCell(const PolicyScope &scope, int column, int role);
QVariant limitCell(const PolicyRow &row, int column, int role);
QVariant header(int column, int role);

/// "Enforced", "Shadow", "Off".
QString modeWord(config::LimitMode mode);

} // namespace sluice::ui::policycells

// SPDX-License-Identifier: GPL-3.0-or-later
// The console's own icons: paths on a grid of 16, stroke 1.25, tinted from the palette. GUI thread.
#pragma once

#include <QColor>
#include <QIcon>
#include <QPainterPath>
#include <QPalette>

class QPainter;

namespace sluice::ui {

enum class Icon : quint8 {
    Overview,
    Requests,
    Usage,
    Alerts,
    Policies,
    Routers,
    Keys,
    Config,
    Lab,
    Simulator,
    Logs,
    Settings,
    Freeze,
    Play,
    Follow,
    Columns,
    Filter,
    Search,
    Bookmark,
    Copy,
    Duplicate,
    Trash,
    Edit,
    Undo,
    Reset,
    Raise,
    Block,
    Plus,
    Close,
    More,
    Down,
    Up,
    Right,
    Arrow,
    Check,
    Warn,
    Error,
    Info,
    Clock,
    Open,
    External,
    Link,
    Terminal,
    Send,
    Server
};

constexpr int IconCount = int(Icon::Server) + 1;

/// The English name of the icon as in the design ("overview").
QString iconName(Icon icon);

/// A QIcon that takes its colour from the application palette when painted (ButtonText; grey when
/// disabled, HighlightedText when selected).
QIcon icon(Icon icon);

/// The same in one fixed colour.
QIcon icon(Icon icon, const QColor &colour);

/// Paints the icon into the square @p rect (16 x 16 at scale 1).
void paintIcon(QPainter *painter, const QRectF &rect, Icon icon, const QColor &colour);

/// The program's icon, a sluice gate over water; scalable.
QIcon programIcon();

/// Paints the sluice gate into the square @p rect.
void paintProgramIcon(QPainter *painter, const QRectF &rect, const QPalette &palette);

} // namespace sluice::ui

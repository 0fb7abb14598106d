// SPDX-License-Identifier: GPL-3.0-or-later
// What one row of the Usage page shows, read from the usage book at an instant, and how its cells
// say it. Values and pure functions; GUI thread.
#pragma once

#include "core/session/liveusage.h"
#include "ui/models/belongings.h"
#include "ui/models/operationmarks.h"
#include "ui/widgets/cellvalues.h"

#include <QVariant>

namespace sluice::ui {

struct UsageColumn
{
    enum Column {
        SubjectColumn,
        TeamColumn,
        LimitColumn,
        GaugeColumn,
        FreeColumn,
        RateColumn,
        HistoryColumn,
        TokensColumn,
        CostColumn,
        RefusedColumn,
        ColumnCount
    };
};

/// Which limits a row may show.
enum class UnitView : quint8 { Tightest, Requests, Tokens, Cents };

/// For UsageBook::tightest(); null for all.
using CountsUnit = bool (*)(Unit unit);
CountsUnit countsUnit(UnitView view);

struct UsageFigures
{
    QString name;
    QString note; ///< beside the name: the owner of a key, the size of a team
    QString team; ///< of a key or a member; empty otherwise
    GaugeValue gauge;
    SparklineValue sparkline; ///< by minute, the last 60
    QString limitLabel; ///< the tightest limit; empty = none seen
    bool isPolicyText = false; ///< limitLabel is the text of a policy
    QString raised; ///< "+60 until 16:00"; empty = as the file says
    QString freeAgain;
    QString spoken; ///< the gauge for screen readers
    int rate = 0; ///< requests in the last minute
    quint64 refused = 0;
    quint64 wouldRefuse = 0;
    insight::Spent spent; ///< since this console started
    double flash = 0; ///< 1 = refused just now, fading to 0

    friend bool operator==(const UsageFigures &, const UsageFigures &) = default;
};

/// What a table asks of its rows.
struct UsageQuestion
{
    limits::Segment segment; ///< what the rows are
    UnitView view = UnitView::Tightest;
    OperationMarks marks = {};
    bool isStale = false;
};

/// Reads the row of a subject (an index into the book).
UsageFigures readUsageFigures(
    const session::LiveUsage &usage, int subject, const UsageQuestion &question);

/// Adds what the configuration says of the row of a key, a team or a member.
void showBelonging(UsageFigures &figures, limits::SegmentKind kind, const Belonging &belonging);

QVariant usageCell(int column, int role, const UsageFigures &figures);
QVariant usageHeader(int column, int role, const limits::Segment &segment);

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/usagecolumns.h"

#include "ui/models/modelusagemodel.h"
#include "ui/models/usagefigures.h"
#include "ui/pages/livetable.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/quotagaugedelegate.h"
#include "ui/widgets/sparkline.h"
#include "ui/widgets/theme.h"

#include <QHeaderView>

using namespace Qt::StringLiterals;

namespace sluice::ui {

namespace {

constexpr int GaugeRoom = 200; ///< pixels at least

/// The columns of the other kind of rows leave nothing behind.
void forget(LiveTable *table)
{
    for (const int column : {int(UsageColumn::GaugeColumn), int(UsageColumn::HistoryColumn)}) {
        QAbstractItemDelegate *old = table->itemDelegateForColumn(column);
        table->setItemDelegateForColumn(column, nullptr);
        if (old)
            old->deleteLater();
    }
    table->horizontalHeader()->setSectionResizeMode(QHeaderView::Interactive);
    for (const int column : {int(UsageColumn::TeamColumn), int(UsageColumn::RateColumn)})
        table->setColumnHidden(column, false);
}

} // namespace

void setUpSubjectColumns(LiveTable *table, limits::SegmentKind kind, int width)
{
    using enum UsageColumn::Column;
    forget(table);
    table->setItemDelegateForColumn(GaugeColumn, new QuotaGaugeDelegate(table));
    table->setItemDelegateForColumn(HistoryColumn, new SparklineDelegate(table));
    const bool hasTeams =
        kind == limits::SegmentKind::ApiKey || kind == limits::SegmentKind::TeamMember;
    table->setColumnHidden(TeamColumn, !hasTeams);
    const bool isTeam = kind == limits::SegmentKind::Team;
    table->setColumnText(
        SubjectColumn, isTeam ? u"research 10 members"_s : u"helpdesk-bot carol i"_s);
    table->setColumnText(TeamColumn, u"research"_s);
    table->setColumnText(
        LimitColumn, u"1000;w=3600;s=user, alice "_s, Theme::font(FontRole::Mono, table->font()));
    table->setColumnText(FreeColumn, u"empty in 23 h 59 m "_s);
    table->setColumnText(TokensColumn, u"~10 000 000"_s);
    table->setColumnText(CostColumn, u"~$100.0000"_s);
    table->setColumnText(RefusedColumn, u"◇ 100 000"_s);
    table->setStretchColumn(GaugeColumn);
    fitSubjectColumns(table, width);
}

void fitSubjectColumns(LiveTable *table, int width)
{
    using enum UsageColumn::Column;
    table->setColumnHidden(RateColumn, false);
    table->setColumnText(RateColumn, u"Req / min 10"_s);
    table->horizontalHeader()->resizeSection(
        HistoryColumn, metrics::SparkWidth + 2 * metrics::CellPadding);
    int taken = 0;
    for (int column = 0; column < UsageColumn::ColumnCount; ++column) {
        if (column != GaugeColumn)
            taken += table->columnWidth(column); // nothing if it is hidden
    }
    if (taken + GaugeRoom <= width)
        return;
    table->setColumnHidden(RateColumn, true);
    table->setColumnText(
        HistoryColumn, u"Last 60 min"_s, Theme::font(FontRole::Small, table->font()));
}

void setUpModelColumns(LiveTable *table)
{
    using enum ModelColumn::Column;
    forget(table);
    table->setColumnText(StateColumn, u"~ in part estimated"_s);
    table->setColumnText(RequestsColumn, u"1 000 000"_s);
    table->setColumnText(ErrorsColumn, u"x 100 000"_s);
    for (const int column : {InputColumn, CachedColumn, OutputColumn})
        table->setColumnText(column, u"10 000 000"_s);
    table->setColumnText(CostColumn, u"? + ~$10.0000"_s);
    table->setColumnText(ShareColumn, u"Share 100"_s);
    table->setColumnText(MeanColumn, u"Per request 10"_s);
    table->setStretchColumn(NameColumn);
}

} // namespace sluice::ui

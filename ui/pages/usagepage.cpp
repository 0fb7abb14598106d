// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/usagepage.h"

#include "core/session/requestfeed.h"
#include "ui/pages/filtercontroller.h"
#include "ui/pages/livetable.h"
#include "ui/pages/operationactions.h"
#include "ui/pages/usagedetail.h"
#include "ui/pages/usagetabs.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/format.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/quotagaugedelegate.h"
#include "ui/widgets/segmented.h"
#include "ui/widgets/sparkline.h"
#include "ui/widgets/tabbar.h"
#include "ui/widgets/textdelegate.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using limits::SegmentKind;
using enum UsageColumn::Column;

namespace {

QByteArray keyOf(const limits::Segment &segment)
{
    return QByteArray::number(int(segment.kind)) + ' ' + segment.property;
}

} // namespace

UsagePage::UsagePage(session::LiveUsage &usage, session::RequestFeed &feed,
    session::LimitOperations *operations, QWidget *parent)
    : LivePage(tr("Usage against limits"), parent), m_usage(usage), m_feed(feed)
{
    setObjectName(u"UsagePage"_s);
    setupTable();
    m_actions = new OperationActions(operations, m_usage.clock(), this);
    m_detail = new UsageDetail(m_usage, m_feed, *m_actions, this);
    setupHead();
    setupConnections();
    showTab(UsageTabs::Keys);
    lookForProperties();
}

UsagePage::~UsagePage()
{
    deleteTable();
}

// --- building ------------------------------------------------------------------------------------

void UsagePage::setupHead()
{
    addTabs(tr("What to list"), {tr("Keys"), tr("Users"), tr("Teams"), tr("Members")});
    tabs()->setObjectName(u"subjectsTabBar"_s);
    m_property = new FlatButton(tr("Property"), this);
    m_property->setPopupMode(QToolButton::InstantPopup);
    m_property->hide();
    setupPausedPill();
    setupUnits();
    setupUi({.afterTabs = {m_property},
                .beforeFreeze = {m_pausedPill, m_units},
                .detail = m_detail,
                .fields = UsageModel::filterFields(),
                .filterHint = tr("Filter, for example  team:core used>50")},
        {.running = tr("Whoever sends a request through the gateway appears here at once."),
            .stopped = tr("Usage appears here as soon as it runs and a request arrives.")});
}

void UsagePage::setupPausedPill()
{
    m_pausedPill = new QWidget(this);
    m_pausedPill->setObjectName(u"orderPausedPill"_s);
    m_pausedReason = new QLabel(tr("Order paused"), m_pausedPill);
    Theme::setRole(m_pausedReason, FontRole::Small, true);
    auto *sortButton = new FlatButton(tr("Sort now (F5)"), m_pausedPill);
    sortButton->setObjectName(u"sortNowToolButton"_s);
    sortButton->setLink(true);
    connect(sortButton, &QToolButton::clicked, this, &UsagePage::sortNow);
    auto *layout = new QHBoxLayout(m_pausedPill);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_pausedReason);
    layout->addWidget(sortButton);
    m_pausedPill->hide();
}

void UsagePage::setupUnits()
{
    m_units = new Segmented(tr("Which limits to show"),
        {tr("Tightest"), tr("Requests"), tr("Tokens"), tr("Cents")}, this);
    m_units->setObjectName(u"unitSegmented"_s);
    m_units->setCurrentIndex(int(UnitView::Tightest));
    connect(m_units, &Segmented::currentIndexChanged, this, &UsagePage::showUnit);
}

void UsagePage::setupTable()
{
    table()->setObjectName(u"usageTableView"_s);
    table()->setItemDelegate(new TextDelegate(table()));
    table()->setItemDelegateForColumn(GaugeColumn, new QuotaGaugeDelegate(table()));
    table()->setItemDelegateForColumn(HistoryColumn, new SparklineDelegate(table()));
    table()->setContextMenuPolicy(Qt::CustomContextMenu);
    QHeaderView *header = table()->horizontalHeader();
    header->setSectionsClickable(true);
    header->setSortIndicatorShown(true);
    header->setSortIndicator(GaugeColumn, Qt::DescendingOrder);
}

void UsagePage::setupConnections()
{
    connect(&ticker(), &LiveTicker::orderDue, this, &UsagePage::order);
    connect(tabs(), &QTabBar::currentChanged, this, &UsagePage::showTab);
    connect(table(), &LiveTable::rowChosen, this, &UsagePage::handleChosenRow);
    connect(table(), &LiveTable::openRequested, this,
        [this](const QModelIndex &index) { showRequests(m_model->subjectAt(index.row())); });
    connect(table()->horizontalHeader(), &QHeaderView::sortIndicatorChanged, this,
        [this](int column, Qt::SortOrder order) { m_model->sort(column, order); });
    connect(filter(), &FilterController::queryChanged, this, [this](const FilterQuery &query) {
        m_query = query;
        m_model->setFilter(query);
        updateCounts();
    });
    connect(m_detail, &UsageDetail::limitRequested, this, [this](const QByteArray &name) {
        Q_EMIT pageRequested(u"policies"_s, u"limit:"_s + QString::fromUtf8(name));
    });
    connect(m_detail, &UsageDetail::requestsRequested, this, &UsagePage::showRequests);
    connect(m_detail, &UsageDetail::lineRequested, this, &UsagePage::lineRequested);
    connect(table(), &QWidget::customContextMenuRequested, this, &UsagePage::showRowMenu);
    connect(m_actions, &OperationActions::marksChanged, this, &UsagePage::showMarks);
    connect(m_actions, &OperationActions::done, this, &UsagePage::done);
    connect(m_actions, &OperationActions::failed, this, &UsagePage::failed);
}

// --- staying current -----------------------------------------------------------------------------

void UsagePage::paint()
{
    const std::pair<int, int> rows = table()->visibleRows();
    m_model->setVisibleRows(rows.first, rows.second);
    m_model->tick();
    m_detail->refresh();
    lookForProperties();
    updateCounts();
}

void UsagePage::order()
{
    const QString reason = table()->guard().reason();
    m_model->setOrderFrozen(!reason.isEmpty());
    m_model->reorder();
    const bool isPaused = m_model->isOrderOverdue();
    m_pausedPill->setVisible(isPaused);
    if (isPaused)
        m_pausedReason->setText(tr("Order paused: %1").arg(reason));
    table()->offerFirstRow(); // of the order just made
}

void UsagePage::sortNow()
{
    m_model->sortNow();
    m_pausedPill->hide();
}

void UsagePage::setStale(bool stale)
{
    m_isStale = stale;
    m_model->setStale(stale);
}

void UsagePage::updateCounts()
{
    setCountText(
        tr("%1 of %2").arg(format::count(m_model->rowCount()), format::count(totalCount())));
    updateEmptyState();
}

bool UsagePage::isListEmpty() const
{
    return m_model->rowCount() == 0;
}

int UsagePage::totalCount() const
{
    return m_model->totalCount();
}

bool UsagePage::hasDetail() const
{
    return m_detail->subject() >= 0;
}

EmptyReason UsagePage::emptyReason() const
{
    return emptyReasonOf(m_model->segment().kind, m_usage.configuration().get());
}

// --- tabs ----------------------------------------------------------------------------------------

void UsagePage::showTab(int tab)
{
    m_property->setVisible(tab == UsageTabs::Properties && m_properties.size() > 1);
    if (tab == UsageTabs::Properties)
        showProperty(m_propertyName);
    else
        showModel({UsageTabs::kindOf(tab), {}});
}

// Property names come with traffic; the tab appears with the first of them.
void UsagePage::lookForProperties()
{
    const insight::UsageBook &book = m_usage.book();
    for (; m_scannedSubjects < book.subjectCount(); ++m_scannedSubjects) {
        const limits::Segment &segment = book.subject(m_scannedSubjects).id.segment;
        if (segment.kind != SegmentKind::Property || m_properties.contains(segment.property))
            continue;
        m_properties.append(segment.property);
        if (m_propertyName.isEmpty())
            m_propertyName = segment.property;
        if (!m_property->menu())
            m_property->setMenu(new QMenu(m_property));
        const QByteArray name = segment.property;
        m_property->menu()->addAction(
            QString::fromUtf8(name), this, [this, name] { showProperty(name); });
    }
    if (!m_properties.isEmpty() && tabs()->count() <= UsageTabs::Properties) {
        tabs()->addTab(tr("Properties"));
        tabs()->updateGeometry(); // a hidden tab bar does not do it itself
    }
    m_property->setVisible(
        tabs()->currentIndex() == UsageTabs::Properties && m_properties.size() > 1);
}

void UsagePage::showProperty(const QByteArray &name)
{
    m_propertyName = name;
    m_property->setText(tr("Property: %1").arg(QString::fromUtf8(name)));
    showModel({SegmentKind::Property, name});
}

void UsagePage::showModel(const limits::Segment &segment)
{
    std::unique_ptr<UsageModel> &model = m_models[keyOf(segment)];
    if (!model)
        model = std::make_unique<UsageModel>(m_usage, segment);
    if (model.get() == m_model)
        return;
    m_model = model.get();
    const QHeaderView *header = table()->horizontalHeader();
    m_model->setUnitView(m_view);
    m_model->setMarks(m_actions->marks());
    m_model->setFilter(m_query);
    m_model->setStale(m_isStale);
    m_model->sort(header->sortIndicatorSection(), header->sortIndicatorOrder());
    table()->setModel(m_model);
    const bool hasTeams =
        segment.kind == SegmentKind::ApiKey || segment.kind == SegmentKind::TeamMember;
    table()->setColumnHidden(TeamColumn, !hasTeams);
    table()->setColumnText(SubjectColumn, u"helpdesk-bot-prod alice"_s);
    table()->setColumnText(TeamColumn, u"research-x"_s);
    table()->setColumnText(
        LimitColumn, u"1000;w=3600;s=user, alice "_s, Theme::font(FontRole::Mono, table()->font()));
    table()->setColumnText(FreeColumn, u"empty in 23 h 59 m "_s);
    table()->setColumnText(RateColumn, u"Req / min 10"_s);
    table()->setColumnText(RefusedColumn, u"◇ 1 000 000"_s);
    table()->horizontalHeader()->resizeSection(
        HistoryColumn, metrics::SparkWidth + 2 * metrics::CellPadding);
    table()->setStretchColumn(GaugeColumn);
    handleChosenRow(-1);
    if (ticker().isRunning()) {
        ticker().tick();
        order();
    } else if (isVisible()) {
        table()->offerFirstRow();
    }
    updateCounts();
}

void UsagePage::showUnit(int unit)
{
    m_view = static_cast<UnitView>(unit);
    m_model->setUnitView(m_view);
    m_detail->setUnitView(m_view);
}

// --- operations ----------------------------------------------------------------------------------

void UsagePage::showMarks()
{
    m_model->setMarks(m_actions->marks());
    m_detail->refresh();
}

// For the row under the pointer, or by key for the current one, which becomes the selected one.
void UsagePage::showRowMenu(const QPoint &position)
{
    const QModelIndex index = table()->indexAt(position);
    const int row = index.isValid() ? index.row() : table()->currentIndex().row();
    if (row < 0)
        return;
    if (!table()->selectionModel()->isRowSelected(row))
        table()->selectRow(row);
    handleChosenRow(row);
    m_detail->refresh(); // the actions are for what is there now
    auto *menu = new QMenu(this);
    menu->setObjectName(u"rowMenu"_s);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    m_detail->addActions(menu);
    menu->addSeparator();
    menu->addActions({m_actions->resetAction(), m_actions->raiseAction(),
        m_actions->endRaiseAction(), m_actions->blockAction(), m_actions->unblockAction()});
    m_actions->setHeld(true);
    connect(menu, &QMenu::aboutToHide, this, [this] { m_actions->setHeld(false); });
    menu->popup(index.isValid() ? table()->viewport()->mapToGlobal(position)
                                : table()->viewport()->mapToGlobal(
                                    table()->visualRect(table()->currentIndex()).bottomLeft()));
}

// --- one subject ---------------------------------------------------------------------------------

void UsagePage::handleChosenRow(int row)
{
    m_detail->setSubject(m_model->subjectAt(row));
    m_detail->setVisible(m_detail->subject() >= 0);
}

void UsagePage::showRequests(int subject)
{
    if (subject < 0)
        return;
    Q_EMIT pageRequested(
        u"requests"_s, UsageTabs::requestFilter(m_usage.book().subject(subject).id));
}

void UsagePage::showTarget(const QString &target)
{
    if (const std::optional<insight::SubjectId> id = UsageTabs::subjectOf(target))
        selectSubject(*id);
}

void UsagePage::selectSubject(const insight::SubjectId &id)
{
    lookForProperties();
    filter()->clear();
    if (id.segment.kind == SegmentKind::Property)
        m_propertyName = id.segment.property;
    tabs()->setCurrentIndex(UsageTabs::tabOf(id.segment.kind));
    showModel(id.segment);
    m_model->tick();
    const int row = m_model->rowOfSubject(m_usage.book().indexOf(id));
    if (row < 0)
        return;
    table()->selectRow(row);
    table()->scrollTo(m_model->index(row, 0));
}

} // namespace sluice::ui

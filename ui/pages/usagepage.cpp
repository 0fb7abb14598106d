// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/usagepage.h"

#include "core/session/requestfeed.h"
#include "ui/pages/filtercontroller.h"
#include "ui/pages/livetable.h"
#include "ui/pages/modeldetail.h"
#include "ui/pages/operationactions.h"
#include "ui/pages/pricebar.h"
#include "ui/pages/usagecolumns.h"
#include "ui/pages/usagedetail.h"
#include "ui/pages/usagetabs.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/format.h"
#include "ui/widgets/segmented.h"
#include "ui/widgets/tabbar.h"
#include "ui/widgets/textdelegate.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QSignalBlocker>
#include <QStackedWidget>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using limits::SegmentKind;
using enum UsageColumn::Column;

namespace {

QByteArray keyOf(const limits::Segment &segment)
{
    return QByteArray::number(int(segment.kind)) + ' ' + segment.property;
}

QString subjectFilterHint()
{
    return UsagePage::tr("Filter, for example  team:core used>50");
}

} // namespace

UsagePage::UsagePage(session::LiveUsage &usage, session::RequestFeed &feed,
    session::LimitOperations *operations, session::LedgerQueries *ledger, QWidget *parent)
    : LivePage(tr("Usage against limits"), parent),
      m_usage(usage),
      m_feed(feed),
      m_models(usage),
      m_history(ledger, usage.clock())
{
    setObjectName(u"UsagePage"_s);
    setupTable();
    m_actions = new OperationActions(operations, m_usage.clock(), this);
    setupDetails();
    setupHead();
    setupConnections();
    showTab(UsageTabs::Keys);
    lookForProperties();
    followRecording();
}

UsagePage::~UsagePage()
{
    deleteTable();
}

// --- building ------------------------------------------------------------------------------------

void UsagePage::setupDetails()
{
    m_details = new QStackedWidget(this);
    m_detail = new UsageDetail(m_usage, m_feed, *m_actions, m_history, m_details);
    m_modelDetail = new ModelDetail(m_usage, m_history, m_details);
    m_details->addWidget(m_detail);
    m_details->addWidget(m_modelDetail);
}

void UsagePage::setupHead()
{
    addTabs(
        tr("What to list"), {tr("Keys"), tr("Users"), tr("Teams"), tr("Members"), tr("Models")});
    tabs()->setObjectName(u"subjectsTabBar"_s);
    m_property = new FlatButton(tr("Property"), this);
    m_property->setPopupMode(QToolButton::InstantPopup);
    m_property->hide();
    setupPausedPill();
    setupUnits();
    m_prices = new PriceBar(m_usage, this);
    setupUi({.notice = m_prices,
                .afterTabs = {m_property},
                .beforeFreeze = {m_pausedPill, m_units},
                .detail = m_details,
                .fields = UsageModel::filterFields(),
                .filterHint = subjectFilterHint()},
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
        [this](const QModelIndex &index) { handleOpenedRow(index.row()); });
    connect(table()->horizontalHeader(), &QHeaderView::sortIndicatorChanged, this,
        [this](int column, Qt::SortOrder order) { m_list->sort(column, order); });
    connect(filter(), &FilterController::queryChanged, this, [this](const FilterQuery &query) {
        m_query = query;
        m_list->setFilter(query);
        updateCounts();
    });
    connect(m_detail, &UsageDetail::limitRequested, this, [this](const QByteArray &name) {
        Q_EMIT pageRequested(u"policies"_s, u"limit:"_s + QString::fromUtf8(name));
    });
    connect(m_detail, &UsageDetail::requestsRequested, this, &UsagePage::showRequests);
    connect(m_detail, &UsageDetail::lineRequested, this, &UsagePage::lineRequested);
    connect(m_modelDetail, &ModelDetail::requestsRequested, this, &UsagePage::showModelRequests);
    connect(m_modelDetail, &ModelDetail::priceRequested, this, &UsagePage::priceRequested);
    connect(m_prices, &PriceBar::priceRequested, this, &UsagePage::priceRequested);
    connect(&m_usage, &session::LiveUsage::configurationChanged, this, &UsagePage::followRecording);
    connect(table(), &QWidget::customContextMenuRequested, this, &UsagePage::showRowMenu);
    connect(m_actions, &OperationActions::marksChanged, this, &UsagePage::showMarks);
    connect(m_actions, &OperationActions::done, this, &UsagePage::done);
    connect(m_actions, &OperationActions::failed, this, &UsagePage::failed);
}

void UsagePage::followRecording()
{
    const auto configuration = m_usage.configuration();
    m_history.setRecording(!configuration || configuration->recording.enabled);
}

// --- staying current -----------------------------------------------------------------------------

void UsagePage::paint()
{
    const std::pair<int, int> rows = table()->visibleRows();
    m_list->setVisibleRows(rows.first, rows.second);
    m_list->tick();
    if (isShowingModels())
        m_modelDetail->refresh();
    else
        m_detail->refresh();
    if (hasDetail())
        m_history.refresh();
    m_prices->refresh();
    lookForProperties();
    updateCounts();
}

void UsagePage::order()
{
    const QString reason = table()->guard().reason();
    m_list->setOrderFrozen(!reason.isEmpty());
    m_list->reorder();
    const bool isPaused = m_list->isOrderOverdue();
    m_pausedPill->setVisible(isPaused);
    if (isPaused)
        m_pausedReason->setText(tr("Order paused: %1").arg(reason));
    table()->offerFirstRow(); // of the order just made
}

void UsagePage::sortNow()
{
    m_list->sortNow();
    m_pausedPill->hide();
}

void UsagePage::setStale(bool stale)
{
    m_isStale = stale;
    m_subjects->setStale(stale);
}

void UsagePage::updateCounts()
{
    setCountText(
        tr("%1 of %2").arg(format::count(m_list->rowCount()), format::count(totalCount())));
    updateEmptyState();
}

bool UsagePage::isListEmpty() const
{
    return m_list->rowCount() == 0;
}

int UsagePage::totalCount() const
{
    return m_list->totalCount();
}

bool UsagePage::hasDetail() const
{
    return isShowingModels() ? m_modelDetail->model() >= 0 : m_detail->subject() >= 0;
}

bool UsagePage::isShowingModels() const
{
    return m_list == &m_models;
}

EmptyReason UsagePage::emptyReason() const
{
    if (isShowingModels())
        return {};
    return emptyReasonOf(m_subjects->segment().kind, m_usage.configuration().get());
}

// --- tabs ----------------------------------------------------------------------------------------

void UsagePage::showTab(int tab)
{
    m_property->setVisible(tab == UsageTabs::Properties && m_properties.size() > 1);
    if (tab == UsageTabs::Properties)
        showProperty(m_propertyName);
    else if (tab == UsageTabs::Models)
        showModels();
    else
        showSubjects({UsageTabs::kindOf(tab), {}});
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
    showSubjects({SegmentKind::Property, name});
}

void UsagePage::showSubjects(const limits::Segment &segment)
{
    std::unique_ptr<UsageModel> &model = m_subjectModels[keyOf(segment)];
    if (!model)
        model = std::make_unique<UsageModel>(m_usage, segment);
    if (model.get() == m_list)
        return;
    m_subjects = model.get();
    m_subjects->setUnitView(m_view);
    m_subjects->setMarks(m_actions->marks());
    m_subjects->setStale(m_isStale);
    showList(*m_subjects);
}

void UsagePage::showModels()
{
    if (!isShowingModels())
        showList(m_models);
}

void UsagePage::showList(OrderedModel &list)
{
    const bool wasModels = isShowingModels();
    const bool isFirst = m_list == nullptr;
    m_list = &list;
    if (!isFirst && wasModels != isShowingModels())
        showKind();
    const QHeaderView *header = table()->horizontalHeader();
    m_list->setFilter(m_query);
    m_list->sort(header->sortIndicatorSection(), header->sortIndicatorOrder());
    table()->setModel(m_list);
    if (isShowingModels())
        setUpModelColumns(table());
    else
        setUpSubjectColumns(table(), m_subjects->segment().kind, width());
    handleChosenRow(-1);
    if (ticker().isRunning()) {
        ticker().tick();
        order();
    } else if (isVisible()) {
        table()->offerFirstRow();
    }
    updateCounts();
}

void UsagePage::resizeEvent(QResizeEvent *event)
{
    LivePage::resizeEvent(event);
    if (!isShowingModels())
        fitSubjectColumns(table(), width());
}

// Rows of another kind have other columns, other words for the filter and other details.
void UsagePage::showKind()
{
    const bool isModels = isShowingModels();
    QHeaderView *header = table()->horizontalHeader();
    const Sorting left{header->sortIndicatorSection(), header->sortIndicatorOrder()};
    (isModels ? m_subjectSorting : m_modelSorting) = left;
    const Sorting next = isModels ? m_modelSorting : m_subjectSorting;
    {
        const QSignalBlocker blocker(header);
        header->setSortIndicator(next.column, next.order);
    }
    if (isModels)
        setKind(
            ModelUsageModel::filterFields(), tr("Filter, for example  state:unpriced cost>100"));
    else
        setKind(UsageModel::filterFields(), subjectFilterHint());
    m_units->setVisible(!isModels);
    m_details->setCurrentWidget(isModels ? static_cast<QWidget *>(m_modelDetail) : m_detail);
}

void UsagePage::showUnit(int unit)
{
    m_view = static_cast<UnitView>(unit);
    m_subjects->setUnitView(m_view);
    m_detail->setUnitView(m_view);
}

// --- operations ----------------------------------------------------------------------------------

void UsagePage::showMarks()
{
    m_subjects->setMarks(m_actions->marks());
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
    auto *menu = new QMenu(this);
    menu->setObjectName(u"rowMenu"_s);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    addCommands(menu);
    menu->popup(index.isValid() ? table()->viewport()->mapToGlobal(position)
                                : table()->viewport()->mapToGlobal(
                                    table()->visualRect(table()->currentIndex()).bottomLeft()));
}

void UsagePage::addCommands(QMenu *menu)
{
    if (isShowingModels())
        m_modelDetail->addActions(menu);
    else
        addSubjectActions(menu);
}

void UsagePage::addSubjectActions(QMenu *menu)
{
    m_detail->refresh(); // the actions are for what is there now
    m_detail->addActions(menu);
    menu->addSeparator();
    menu->addActions({m_actions->resetAction(), m_actions->raiseAction(),
        m_actions->endRaiseAction(), m_actions->blockAction(), m_actions->unblockAction()});
    m_actions->setHeld(true);
    connect(
        menu, &QMenu::aboutToHide, this, [this] { m_actions->setHeld(false); },
        Qt::SingleShotConnection);
}

// --- one row -------------------------------------------------------------------------------------

void UsagePage::handleChosenRow(int row)
{
    if (isShowingModels()) {
        const int model = m_models.modelAt(row);
        m_modelDetail->setModel(model);
        if (model >= 0)
            m_history.setSubject(UsageTabs::conditionsOfModel(m_usage.models().model(model).name));
    } else {
        const int subject = m_subjects->subjectAt(row);
        m_detail->setSubject(subject);
        if (subject >= 0)
            m_history.setSubject(UsageTabs::conditionsOf(m_usage.book().subject(subject).id));
    }
    m_details->setVisible(hasDetail());
    if (hasDetail() && isVisible())
        m_history.refresh();
}

void UsagePage::handleOpenedRow(int row)
{
    if (isShowingModels())
        showModelRequests(m_models.modelAt(row));
    else
        showRequests(m_subjects->subjectAt(row));
}

void UsagePage::showRequests(int subject)
{
    if (subject < 0)
        return;
    Q_EMIT pageRequested(
        u"requests"_s, UsageTabs::requestFilter(m_usage.book().subject(subject).id));
}

void UsagePage::showModelRequests(int model)
{
    if (model < 0)
        return;
    Q_EMIT pageRequested(
        u"requests"_s, UsageTabs::requestFilterOfModel(m_usage.models().model(model).name));
}

void UsagePage::showTarget(const QString &target)
{
    if (const QByteArray model = UsageTabs::modelOf(target); !model.isEmpty())
        selectModel(model);
    else if (const std::optional<insight::SubjectId> id = UsageTabs::subjectOf(target))
        selectSubject(*id);
}

void UsagePage::selectSubject(const insight::SubjectId &id)
{
    lookForProperties();
    filter()->clear();
    if (id.segment.kind == SegmentKind::Property)
        m_propertyName = id.segment.property;
    tabs()->setCurrentIndex(UsageTabs::tabOf(id.segment.kind));
    showSubjects(id.segment);
    m_list->tick();
    selectRow(m_subjects->rowOfSubject(m_usage.book().indexOf(id)));
}

void UsagePage::selectModel(const QByteArray &name)
{
    filter()->clear();
    tabs()->setCurrentIndex(UsageTabs::Models);
    m_list->tick();
    selectRow(m_models.rowOfModel(m_usage.models().indexOf(name)));
}

void UsagePage::selectRow(int row)
{
    if (row < 0)
        return;
    table()->selectRow(row);
    table()->scrollTo(m_list->index(row, 0));
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/usagepage.h"

#include "core/session/requestfeed.h"
#include "ui/pages/emptystate.h"
#include "ui/pages/filtercontroller.h"
#include "ui/pages/livetable.h"
#include "ui/pages/usagedetail.h"
#include "ui/widgets/filteredit.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/format.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/quotagaugedelegate.h"
#include "ui/widgets/sparkline.h"
#include "ui/widgets/tabbar.h"
#include "ui/widgets/textdelegate.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QSplitter>
#include <QStackedWidget>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using limits::SegmentKind;
using State_ = session::GatewaySession::State;
using enum UsageColumn::Column;

namespace {

QByteArray keyOf(const limits::Segment &segment)
{
    return QByteArray::number(int(segment.kind)) + ' ' + segment.property;
}

/// What the filter of the Requests page calls a subject of this segment.
QString filterField(const limits::Segment &segment)
{
    switch (segment.kind) {
    case SegmentKind::EndUser:
        return u"user"_s;
    case SegmentKind::Property:
        return u"prop."_s + QString::fromUtf8(segment.property);
    default:
        return u"key"_s;
    }
}

QString quoted(const QByteArray &value)
{
    const QString text = QString::fromUtf8(value);
    return text.contains(u' ') ? QString(u'"' + text + u'"') : text;
}

} // namespace

UsagePage::UsagePage(session::LiveUsage &usage, session::RequestFeed &feed, QWidget *parent)
    : Page(parent), m_usage(usage), m_feed(feed)
{
    setObjectName(u"UsagePage"_s);
    setupUi();
    setupConnections();
    showTab(KeysTab);
    lookForProperties();
}

UsagePage::~UsagePage()
{
    // The models are members and would go before their view.
    delete m_table;
}

// --- building ------------------------------------------------------------------------------------

void UsagePage::setupUi()
{
    setupTable();
    m_detail = new UsageDetail(m_usage, m_feed, this);
    m_detail->hide();
    auto *upper = new QWidget(this);
    auto *upperLayout = new QVBoxLayout(upper);
    upperLayout->setContentsMargins(0, 0, 0, 0);
    upperLayout->setSpacing(0);
    upperLayout->addLayout(createHead());
    upperLayout->addLayout(createFilterRow());
    upperLayout->addSpacing(metrics::CellPadding);
    upperLayout->addWidget(m_stack, 1);

    auto *splitter = new QSplitter(Qt::Vertical, this);
    splitter->setObjectName(u"usageSplitter"_s);
    splitter->setHandleWidth(1);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(upper);
    splitter->addWidget(m_detail);
    splitter->setStretchFactor(0, 1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
}

QHBoxLayout *UsagePage::createHead()
{
    m_tabs = new TabBar(this);
    m_tabs->setObjectName(u"subjectsTabBar"_s);
    m_tabs->setAccessibleName(tr("What to list"));
    m_tabs->addTab(tr("Keys"));
    m_tabs->addTab(tr("Users"));
    m_property = new FlatButton(tr("Property"), this);
    m_property->setPopupMode(QToolButton::InstantPopup);
    m_property->hide();

    m_pausedPill = new QWidget(this);
    m_pausedPill->setObjectName(u"orderPausedPill"_s);
    m_pausedReason = new QLabel(tr("Order paused"), m_pausedPill);
    Theme::setRole(m_pausedReason, FontRole::Small, true);
    auto *sortButton = new FlatButton(tr("Sort now (F5)"), m_pausedPill);
    sortButton->setObjectName(u"sortNowToolButton"_s);
    sortButton->setLink(true);
    connect(sortButton, &QToolButton::clicked, this, &UsagePage::sortNow);
    auto *pillLayout = new QHBoxLayout(m_pausedPill);
    pillLayout->setContentsMargins(0, 0, 0, 0);
    pillLayout->addWidget(m_pausedReason);
    pillLayout->addWidget(sortButton);
    m_pausedPill->hide();

    m_freeze = new FlatButton(Icon::Freeze, tr("Freeze view"), this);
    m_freeze->setObjectName(u"freezeToolButton"_s);
    m_freeze->setCheckable(true);

    auto *head = new QHBoxLayout;
    head->setContentsMargins(metrics::PageMargin, 4, metrics::CellPadding, 0);
    head->setSpacing(metrics::CellPadding);
    head->addWidget(m_tabs);
    head->addWidget(m_property);
    head->addStretch();
    head->addWidget(m_pausedPill);
    head->addWidget(m_freeze);
    return head;
}

QHBoxLayout *UsagePage::createFilterRow()
{
    m_filterEdit = new FilterEdit(tr("Filter"), this);
    m_filterEdit->setPlaceholderText(tr("Filter, for example  team:core used>50"));
    m_filter = new FilterController(m_filterEdit, UsageModel::filterFields(), this);
    auto *row = new QHBoxLayout;
    row->setContentsMargins(metrics::PageMargin, 2, metrics::PageMargin, 0);
    row->addWidget(m_filterEdit);
    return row;
}

void UsagePage::setupTable()
{
    m_table = new LiveTable(tr("Usage against limits"), this);
    m_table->setObjectName(u"usageTableView"_s);
    m_table->setItemDelegate(new TextDelegate(m_table));
    m_table->setItemDelegateForColumn(GaugeColumn, new QuotaGaugeDelegate(m_table));
    m_table->setItemDelegateForColumn(HistoryColumn, new SparklineDelegate(m_table));
    QHeaderView *header = m_table->horizontalHeader();
    header->setSectionsClickable(true);
    header->setHighlightSections(false);
    header->setSortIndicatorShown(true);
    header->setSortIndicator(GaugeColumn, Qt::DescendingOrder);
    m_empty = new EmptyState(this);
    m_stack = new QStackedWidget(this);
    m_stack->addWidget(m_table);
    m_stack->addWidget(m_empty);
}

void UsagePage::setupConnections()
{
    connect(&m_ticker, &LiveTicker::paintDue, this, &UsagePage::paint);
    connect(&m_ticker, &LiveTicker::orderDue, this, &UsagePage::order);
    connect(&m_ticker, &LiveTicker::slowedChanged, this, &UsagePage::slowedChanged);
    connect(m_tabs, &QTabBar::currentChanged, this, &UsagePage::showTab);
    connect(m_freeze, &QToolButton::toggled, this, &UsagePage::setFrozen);
    connect(m_table, &LiveTable::freezeToggled, this, [this] { setFrozen(!isFrozen()); });
    connect(m_table, &LiveTable::rowChosen, this, &UsagePage::handleChosenRow);
    connect(m_table, &LiveTable::openRequested, this,
        [this](const QModelIndex &index) { showRequests(m_model->subjectAt(index.row())); });
    connect(m_table->horizontalHeader(), &QHeaderView::sortIndicatorChanged, this,
        [this](int column, Qt::SortOrder order) { m_model->sort(column, order); });
    connect(m_filter, &FilterController::queryChanged, this, [this](const FilterQuery &query) {
        m_query = query;
        m_model->setFilter(query);
        updateCounts();
    });
    connect(m_empty, &EmptyState::actionRequested, this, &UsagePage::handleEmptyAction);
    connect(m_detail, &UsageDetail::limitRequested, this, [this](const QByteArray &name) {
        Q_EMIT pageRequested(u"policies"_s, u"limit:"_s + QString::fromUtf8(name));
    });
    connect(m_detail, &UsageDetail::requestsRequested, this, &UsagePage::showRequests);
    connect(m_detail, &UsageDetail::lineRequested, this, &UsagePage::lineRequested);
}

// --- staying current -----------------------------------------------------------------------------

void UsagePage::showEvent(QShowEvent *event)
{
    Page::showEvent(event);
    updateRunning();
}

void UsagePage::hideEvent(QHideEvent *event)
{
    Page::hideEvent(event);
    updateRunning();
}

void UsagePage::applyFrozen()
{
    m_freeze->setChecked(isFrozen());
    updateRunning();
}

void UsagePage::updateRunning()
{
    m_ticker.setRunning(isVisible() && !isFrozen());
}

void UsagePage::paint()
{
    const std::pair<int, int> rows = m_table->visibleRows();
    m_model->setVisibleRows(rows.first, rows.second);
    m_model->tick();
    m_detail->refresh();
    lookForProperties();
    updateCounts();
}

void UsagePage::order()
{
    const QString reason = m_table->guard().reason();
    m_model->setOrderFrozen(!reason.isEmpty());
    m_model->reorder();
    const bool isPaused = m_model->isOrderOverdue();
    m_pausedPill->setVisible(isPaused);
    if (isPaused)
        m_pausedReason->setText(tr("Order paused: %1").arg(reason));
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
    const int shown = m_model->rowCount();
    const int total = m_model->totalCount();
    m_filterEdit->setCountText(tr("%1 of %2").arg(format::count(shown), format::count(total)));
    updateEmptyState();
}

// --- empty lists ---------------------------------------------------------------------------------

void UsagePage::setGatewayState(State_ state, const QString &reason)
{
    m_gatewayState = state;
    m_gatewayReason = reason;
    updateEmptyState();
}

void UsagePage::updateEmptyState()
{
    const bool isEmpty = m_model->rowCount() == 0;
    if (isEmpty)
        showEmptyState();
    m_stack->setCurrentWidget(isEmpty ? static_cast<QWidget *>(m_empty) : m_table);
    m_detail->setVisible(!isEmpty && m_detail->subject() >= 0);
}

void UsagePage::showEmptyState()
{
    if (m_model->totalCount() > 0) {
        m_empty->showText(tr("Nothing matches the filter"), {}, tr("Clear filter"));
        return;
    }
    switch (m_gatewayState) {
    case State_::Running:
        m_empty->showText(tr("No requests yet"),
            tr("Whoever sends a request through the gateway appears here at once."),
            tr("Copy base URL"));
        break;
    case State_::Starting:
        m_empty->showText(tr("The gateway is starting"), {}, {});
        break;
    case State_::Failed:
        m_empty->showText(tr("The gateway did not start"), m_gatewayReason, tr("Try again"));
        break;
    case State_::Stopped:
    case State_::Stopping:
        m_empty->showText(tr("The gateway is not running"),
            tr("Usage appears here as soon as it runs and a request arrives."),
            tr("Start gateway"));
        break;
    }
}

void UsagePage::handleEmptyAction()
{
    if (m_model->totalCount() > 0)
        m_filter->clear();
    else if (m_gatewayState == State_::Running)
        Q_EMIT copyAddressRequested();
    else
        Q_EMIT startRequested();
}

// --- tabs ----------------------------------------------------------------------------------------

void UsagePage::showTab(int tab)
{
    m_property->setVisible(tab == PropertiesTab && m_properties.size() > 1);
    if (tab == PropertiesTab)
        showProperty(m_propertyName);
    else
        showModel({tab == UsersTab ? SegmentKind::EndUser : SegmentKind::ApiKey, {}});
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
    if (!m_properties.isEmpty() && m_tabs->count() <= PropertiesTab) {
        m_tabs->addTab(tr("Properties"));
        m_tabs->updateGeometry(); // a hidden tab bar does not do it itself
    }
    m_property->setVisible(m_tabs->currentIndex() == PropertiesTab && m_properties.size() > 1);
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
    const QHeaderView *header = m_table->horizontalHeader();
    m_model->setFilter(m_query);
    m_model->setStale(m_isStale);
    m_model->sort(header->sortIndicatorSection(), header->sortIndicatorOrder());
    m_table->setModel(m_model);
    const bool isKeys = segment.kind == SegmentKind::ApiKey;
    m_table->setColumnHidden(TeamColumn, !isKeys);
    m_table->setColumnText(SubjectColumn, u"helpdesk-bot-prod alice"_s);
    m_table->setColumnText(TeamColumn, u"research-x"_s);
    m_table->setColumnText(LimitColumn, u"global, per tenant, globexx"_s);
    m_table->setColumnText(FreeColumn, u"full in 59 m 55 s"_s);
    m_table->setColumnText(RateColumn, u"Req / min 10"_s);
    m_table->setColumnText(RefusedColumn, u"Refused 10 000"_s);
    m_table->horizontalHeader()->resizeSection(
        HistoryColumn, metrics::SparkWidth + 2 * metrics::CellPadding);
    m_table->setStretchColumn(GaugeColumn);
    handleChosenRow(-1);
    if (m_ticker.isRunning())
        m_ticker.tick();
    updateCounts();
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
    const insight::SubjectId &id = m_usage.book().subject(subject).id;
    Q_EMIT pageRequested(u"requests"_s, filterField(id.segment) + u':' + quoted(id.value));
}

void UsagePage::showTarget(const QString &target)
{
    const qsizetype colon = target.indexOf(u':');
    const QString field = target.first(std::max<qsizetype>(colon, 0));
    const QByteArray value = target.mid(colon + 1).toUtf8();
    if (field == "key"_L1)
        selectSubject({SegmentKind::ApiKey, {}}, value);
    else if (field == "user"_L1)
        selectSubject({SegmentKind::EndUser, {}}, value);
    else if (field.startsWith("prop."_L1))
        selectSubject({SegmentKind::Property, field.mid(5).toUtf8()}, value);
}

void UsagePage::selectSubject(const limits::Segment &segment, const QByteArray &value)
{
    lookForProperties();
    m_filter->clear();
    if (segment.kind == SegmentKind::Property)
        m_propertyName = segment.property;
    m_tabs->setCurrentIndex(segment.kind == SegmentKind::ApiKey ? KeysTab
            : segment.kind == SegmentKind::EndUser              ? UsersTab
                                                                : PropertiesTab);
    showModel(segment);
    m_model->tick();
    const int row = m_model->rowOfSubject(m_usage.book().indexOf({segment, value}));
    if (row < 0)
        return;
    m_table->selectRow(row);
    m_table->scrollTo(m_model->index(row, 0));
}

void UsagePage::focusFilter()
{
    m_filterEdit->edit()->setFocus(Qt::ShortcutFocusReason);
}

} // namespace sluice::ui

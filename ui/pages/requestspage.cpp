// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/requestspage.h"

#include "core/session/configdraft.h"
#include "core/session/limitedits.h"
#include "core/session/liveusage.h"
#include "ui/pages/emptystate.h"
#include "ui/pages/filtercontroller.h"
#include "ui/pages/livetable.h"
#include "ui/pages/requestdetail.h"
#include "ui/widgets/chip.h"
#include "ui/widgets/filteredit.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/format.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/tabbar.h"
#include "ui/widgets/textdelegate.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QScrollBar>
#include <QSplitter>
#include <QStackedWidget>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using State_ = session::GatewaySession::State;

RequestsPage::RequestsPage(session::RequestFeed &feed, session::LiveUsage &usage,
    session::ConfigDraft &draft, QWidget *parent)
    : Page(parent), m_feed(feed), m_usage(usage), m_draft(draft), m_model(feed, usage.clock())
{
    setObjectName(u"RequestsPage"_s);
    setupUi();
    setupConnections();
    updateCounts();
}

RequestsPage::~RequestsPage()
{
    // The model is a member and would go before its view.
    delete m_table;
}

// --- building ------------------------------------------------------------------------------------

void RequestsPage::setupUi()
{
    setupTable();
    m_detail = new RequestDetail(this);
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
    splitter->setObjectName(u"requestsSplitter"_s);
    splitter->setHandleWidth(1);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(upper);
    splitter->addWidget(m_detail);
    splitter->setStretchFactor(0, 1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
}

QHBoxLayout *RequestsPage::createHead()
{
    m_tabs = new TabBar(this);
    m_tabs->setObjectName(u"viewTabBar"_s);
    m_tabs->setAccessibleName(tr("Which requests"));
    for (const QString &title : {tr("All"), tr("Refused"), tr("Would refuse"), tr("Failed")})
        m_tabs->addTab(title);
    m_follow = new FlatButton(Icon::Follow, tr("Follow"), this);
    m_follow->setObjectName(u"followToolButton"_s);
    m_follow->setProminent(true);
    m_follow->hide();
    m_freeze = new FlatButton(Icon::Freeze, tr("Freeze view"), this);
    m_freeze->setObjectName(u"freezeToolButton"_s);
    m_freeze->setCheckable(true);
    auto *head = new QHBoxLayout;
    head->setContentsMargins(metrics::PageMargin, 4, metrics::CellPadding, 0);
    head->setSpacing(metrics::CellPadding);
    head->addWidget(m_tabs);
    head->addStretch();
    head->addWidget(m_follow);
    head->addWidget(m_freeze);
    return head;
}

QHBoxLayout *RequestsPage::createFilterRow()
{
    m_filterEdit = new FilterEdit(tr("Filter"), this);
    m_filterEdit->setPlaceholderText(
        tr("Filter, for example  state:refused key:ci dur>2s -user:bot"));
    m_filter = new FilterController(m_filterEdit, RequestLogModel::filterFields(), this);
    auto *row = new QHBoxLayout;
    row->setContentsMargins(metrics::PageMargin, 2, metrics::PageMargin, 0);
    row->addWidget(m_filterEdit);
    return row;
}

void RequestsPage::setupTable()
{
    m_table = new LiveTable(tr("Requests"), this);
    m_table->setObjectName(u"requestsTableView"_s);
    m_table->setModel(&m_model);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setItemDelegate(new TextDelegate(m_table));
    m_table->setItemDelegateForColumn(RequestLogModel::DecisionColumn, new StateDelegate(m_table));
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->setColumnText(RequestLogModel::TimeColumn, u"14:02:12.204mm"_s);
    m_table->setColumnText(RequestLogModel::DecisionColumn, u"200 would refuse  "_s);
    m_table->setColumnText(RequestLogModel::RouterColumn, u"production"_s);
    m_table->setColumnText(RequestLogModel::KeyColumn, u"helpdesk-bot-1"_s);
    m_table->setColumnText(RequestLogModel::UserColumn, u"anonymous1"_s);
    m_table->setColumnText(RequestLogModel::DurationColumn, u"100 000"_s);
    m_table->setColumnText(RequestLogModel::LimitColumn, u"production, per end user"_s);
    m_table->setColumnText(RequestLogModel::LeftColumn, u"1 257 900"_s);
    m_table->setStretchColumn(RequestLogModel::ModelColumn);
    m_empty = new EmptyState(this);
    m_stack = new QStackedWidget(this);
    m_stack->addWidget(m_table);
    m_stack->addWidget(m_empty);
}

void RequestsPage::setupConnections()
{
    connect(&m_ticker, &LiveTicker::paintDue, this, &RequestsPage::paint);
    connect(&m_ticker, &LiveTicker::slowedChanged, this, &RequestsPage::slowedChanged);
    connect(m_tabs, &QTabBar::currentChanged, this, [this](int tab) {
        m_model.setView(static_cast<RequestLogModel::View>(tab));
        updateCounts();
    });
    connect(m_freeze, &QToolButton::toggled, this, &RequestsPage::setFrozen);
    connect(m_follow, &QToolButton::clicked, this, &RequestsPage::followNewest);
    connect(m_filter, &FilterController::queryChanged, this, [this](const FilterQuery &query) {
        m_model.setFilter(query);
        updateCounts();
    });
    connect(m_table, &LiveTable::freezeToggled, this, [this] { setFrozen(!isFrozen()); });
    connect(m_table, &LiveTable::rowChosen, this, &RequestsPage::handleChosenRow);
    connect(
        m_table->verticalScrollBar(), &QScrollBar::valueChanged, this, &RequestsPage::handleScroll);
    connect(&m_model, &RequestLogModel::filteringChanged, this, &RequestsPage::handleFiltering);
    connect(&m_model, &QAbstractItemModel::dataChanged, this,
        [this](const QModelIndex &first, const QModelIndex &last) {
            const int row = m_table->currentIndex().row();
            const insight::RequestRecord *record = m_model.recordAt(row);
            if (record && row >= first.row() && row <= last.row())
                showDetail(*record);
        });
    connect(m_empty, &EmptyState::actionRequested, this, &RequestsPage::handleEmptyAction);
    connect(m_detail, &RequestDetail::lineRequested, this, &RequestsPage::lineRequested);
    connect(m_detail, &RequestDetail::changeRequested, this, &RequestsPage::draftChange);
}

// --- staying current -----------------------------------------------------------------------------

void RequestsPage::showEvent(QShowEvent *event)
{
    Page::showEvent(event);
    updateRunning();
}

void RequestsPage::hideEvent(QHideEvent *event)
{
    Page::hideEvent(event);
    updateRunning();
}

void RequestsPage::applyFrozen()
{
    m_freeze->setChecked(isFrozen());
    updateRunning();
}

void RequestsPage::updateRunning()
{
    m_ticker.setRunning(isVisible() && !isFrozen());
}

// New rows push the others down, so they wait while a person reads or aims.
void RequestsPage::paint()
{
    m_model.setFollowing(m_isFollowing && !m_table->guard().isHolding());
    m_model.tick();
    updateCounts();
}

void RequestsPage::updateCounts()
{
    const int waiting = m_model.waitingCount();
    m_follow->setVisible(waiting > 0);
    if (waiting > 0)
        m_follow->setText(tr("%1 new, follow").arg(format::count(waiting)));
    QString text =
        tr("%1 of %2").arg(format::count(m_model.rowCount()), format::count(m_model.totalCount()));
    if (m_model.isFiltering())
        text += u"…"_s;
    if (m_feed.notListed() > 0)
        text += tr(", %1 too fast to list").arg(format::count(qint64(m_feed.notListed())));
    m_filterEdit->setCountText(text);
    updateEmptyState();
}

void RequestsPage::followNewest()
{
    m_isFollowing = true;
    m_model.setFollowing(true);
    m_table->scrollToTop();
    m_isFollowing = true; // scrolling may have ended it
    updateCounts();
}

void RequestsPage::handleScroll(int value)
{
    if (value > 0)
        m_isFollowing = false;
    else if (m_detail->recordId() == 0)
        m_isFollowing = true;
}

void RequestsPage::handleChosenRow(int row)
{
    const insight::RequestRecord *record = m_model.recordAt(row);
    if (!record) {
        // A row that leaves the ring keeps its details; a cleared selection closes them.
        if (!m_model.isFiltering() && m_model.rowOfRecord(m_detail->recordId()) >= 0) {
            m_detail->clear();
            m_isFollowing = m_table->verticalScrollBar()->value() == 0;
            updateEmptyState();
        }
        return;
    }
    m_isFollowing = false;
    showDetail(*record);
    m_detail->show();
}

void RequestsPage::showDetail(const insight::RequestRecord &record)
{
    const auto configuration = m_usage.configuration();
    m_detail->showRecord(record,
        configuration ? smallestChange(record, *configuration, m_draft.runningText())
                      : std::nullopt);
}

// The selected request is found again when the filter has looked through everything.
void RequestsPage::handleFiltering(bool filtering)
{
    if (!filtering && m_detail->recordId() != 0 && !m_table->selectionModel()->hasSelection()) {
        const int row = m_model.rowOfRecord(m_detail->recordId());
        if (row >= 0)
            m_table->selectRow(row);
    }
    updateCounts();
}

void RequestsPage::draftChange(const SmallestChange &change)
{
    const auto configuration = m_draft.configuration();
    const config::LimitRule *rule =
        configuration ? findRule(*configuration, change.limit) : nullptr;
    if (!rule)
        return;
    const QString units = QString::number(change.capacity);
    const Result<void> edited =
        m_draft.edit(tr("set capacity of %1 to %2").arg(change.label, units),
            session::setCapacity(*rule, units));
    if (edited)
        Q_EMIT pageRequested(u"review"_s, {});
    else
        Q_EMIT failed(edited.error().message);
}

// --- empty lists ---------------------------------------------------------------------------------

void RequestsPage::setGatewayState(State_ state, const QString &reason)
{
    m_gatewayState = state;
    m_gatewayReason = reason;
    updateEmptyState();
}

void RequestsPage::updateEmptyState()
{
    const bool isEmpty = m_model.rowCount() == 0 && !m_model.isFiltering();
    if (isEmpty)
        showEmptyState();
    m_stack->setCurrentWidget(isEmpty ? static_cast<QWidget *>(m_empty) : m_table);
    m_detail->setVisible(!isEmpty && m_detail->recordId() != 0);
}

void RequestsPage::showEmptyState()
{
    if (m_model.totalCount() > 0 && m_filter->isEmpty()) {
        static const QStringList titles{tr("No requests"), tr("Nothing was refused"),
            tr("No limit on trial would have refused anything"), tr("Nothing failed")};
        m_empty->showText(titles.value(m_tabs->currentIndex()), {}, {});
        return;
    }
    if (m_model.totalCount() > 0) {
        m_empty->showText(tr("Nothing matches the filter"), {}, tr("Clear filter"));
        return;
    }
    switch (m_gatewayState) {
    case State_::Running:
        m_empty->showText(tr("No requests yet"),
            tr("Every request through the gateway appears here with its decision. Bodies and "
               "secrets are not recorded."),
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
            tr("Requests appear here as soon as it runs."), tr("Start gateway"));
        break;
    }
}

void RequestsPage::handleEmptyAction()
{
    if (m_model.totalCount() > 0)
        m_filter->clear();
    else if (m_gatewayState == State_::Running)
        Q_EMIT copyAddressRequested();
    else
        Q_EMIT startRequested();
}

void RequestsPage::showTarget(const QString &target)
{
    m_tabs->setCurrentIndex(0);
    m_filter->setQuery(target);
}

void RequestsPage::focusFilter()
{
    m_filterEdit->edit()->setFocus(Qt::ShortcutFocusReason);
}

} // namespace sluice::ui

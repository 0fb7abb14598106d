// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/requestspage.h"

#include "core/session/configdraft.h"
#include "core/session/ledgerqueries.h"
#include "core/session/ledgerrecord.h"
#include "core/session/limitedits.h"
#include "core/session/liveusage.h"
#include "ui/pages/filtercontroller.h"
#include "ui/pages/livetable.h"
#include "ui/pages/pricebar.h"
#include "ui/pages/requestdetail.h"
#include "ui/widgets/chip.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/format.h"
#include "ui/widgets/tabbar.h"
#include "ui/widgets/textdelegate.h"

#include <QDateTime>
#include <QScrollBar>

using namespace Qt::StringLiterals;

namespace sluice::ui {

namespace {

constexpr int RowsAhead = 60; ///< below the ones in sight, so that older ones are there in time

} // namespace

RequestsPage::RequestsPage(session::RequestFeed &feed, session::LiveUsage &usage,
    session::ConfigDraft &draft, session::LedgerQueries *ledger, QWidget *parent)
    : LivePage(tr("Requests"), parent),
      m_feed(feed),
      m_usage(usage),
      m_draft(draft),
      m_model(feed, usage.clock(), ledger)
{
    setObjectName(u"RequestsPage"_s);
    setupTable();
    m_detail = new RequestDetail(this);
    m_detail->readBodiesFrom(ledger ? &ledger->bodies() : nullptr);
    setupHead();
    setupConnections();
    updateCounts();
}

RequestsPage::~RequestsPage()
{
    deleteTable();
}

// --- building ------------------------------------------------------------------------------------

void RequestsPage::setupHead()
{
    addTabs(tr("Which requests"), {tr("All"), tr("Refused"), tr("Would refuse"), tr("Failed")});
    tabs()->setObjectName(u"viewTabBar"_s);
    m_follow = new FlatButton(Icon::Follow, tr("Follow"), this);
    m_follow->setObjectName(u"followToolButton"_s);
    m_follow->setProminent(true);
    m_follow->hide();
    m_prices = new PriceBar(m_usage, this);
    connect(m_prices, &PriceBar::priceRequested, this, &RequestsPage::priceRequested);
    setupUi({.notice = m_prices,
                .afterTabs = {},
                .beforeFreeze = {m_follow},
                .detail = m_detail,
                .fields = RequestLogModel::filterFields(),
                .filterHint = tr("Filter, for example  state:refused key:ci cost>2 -user:bot")},
        {.running = tr("Every request through the gateway appears here with its decision. Secrets "
                       "are not recorded, and bodies only if recording.bodies asks for it."),
            .stopped = tr("Requests appear here as soon as it runs.")});
}

void RequestsPage::setupTable()
{
    table()->setObjectName(u"requestsTableView"_s);
    table()->setModel(&m_model);
    table()->setSelectionMode(QAbstractItemView::SingleSelection);
    table()->setItemDelegate(new TextDelegate(table()));
    table()->setItemDelegateForColumn(RequestLogModel::DecisionColumn, new StateDelegate(table()));
    table()->setColumnText(RequestLogModel::TimeColumn, u"28 Feb 14:02:12"_s);
    table()->setColumnText(RequestLogModel::DecisionColumn, u"200 would refuse  "_s);
    table()->setColumnText(RequestLogModel::RouterColumn, u"production"_s);
    table()->setColumnText(RequestLogModel::KeyColumn, u"helpdesk-bot"_s);
    table()->setColumnText(RequestLogModel::UserColumn, u"caroline"_s);
    table()->setColumnText(RequestLogModel::DurationColumn, u"10 000"_s);
    table()->setColumnText(RequestLogModel::TokensColumn, u"~10 000 + 1 000"_s);
    table()->setColumnText(RequestLogModel::CostColumn, u"~$0.000012"_s);
    table()->setColumnText(RequestLogModel::LimitColumn, u"prod, per end user"_s);
    table()->setColumnText(RequestLogModel::LeftColumn, u"1 257 900"_s);
    table()->setStretchColumn(RequestLogModel::ModelColumn);
}

void RequestsPage::setupConnections()
{
    connect(tabs(), &QTabBar::currentChanged, this, [this](int tab) {
        m_model.setView(static_cast<RequestLogModel::View>(tab));
        updateCounts();
    });
    connect(m_follow, &QToolButton::clicked, this, &RequestsPage::followNewest);
    connect(filter(), &FilterController::queryChanged, this, [this](const FilterQuery &query) {
        m_model.setFilter(query);
        updateCounts();
    });
    connect(table(), &LiveTable::rowChosen, this, &RequestsPage::handleChosenRow);
    connect(
        table()->verticalScrollBar(), &QScrollBar::valueChanged, this, &RequestsPage::handleScroll);
    connect(&m_model, &RequestLogModel::filteringChanged, this, &RequestsPage::handleFiltering);
    connect(&m_model, &RequestLogModel::olderChanged, this, [this] {
        reportOlder();
        updateCounts();
    });
    connect(&m_model, &QAbstractItemModel::dataChanged, this,
        [this](const QModelIndex &first, const QModelIndex &last) {
            const int row = table()->currentIndex().row();
            const insight::RequestRecord *record = m_model.recordAt(row);
            if (record && row >= first.row() && row <= last.row())
                showDetail(*record);
        });
    connect(m_detail, &RequestDetail::lineRequested, this, &RequestsPage::lineRequested);
    connect(m_detail, &RequestDetail::changeRequested, this, &RequestsPage::draftChange);
}

// --- staying current -----------------------------------------------------------------------------

// New rows push the others down, so they wait while a person reads or aims.
void RequestsPage::paint()
{
    m_model.setFollowing(m_isFollowing && !table()->guard().isHolding());
    m_model.tick();
    m_prices->refresh();
    fetchOlder();
    updateCounts();
}

// Before a person gets there. The view itself asks at its end, also while it is frozen.
void RequestsPage::fetchOlder()
{
    const int last = table()->visibleRows().second;
    if (last + RowsAhead >= m_model.rowCount() && m_model.canFetchMore({}))
        m_model.fetchMore({});
}

void RequestsPage::hideEvent(QHideEvent *event)
{
    LivePage::hideEvent(event);
    m_model.older().pause();
}

void RequestsPage::reportOlder()
{
    const QString problem = m_model.older().problem();
    if (!problem.isEmpty() && problem != m_olderProblem)
        Q_EMIT failed(tr("Older requests cannot be read: %1").arg(problem));
    m_olderProblem = problem;
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
    text += olderWords();
    if (m_feed.notListed() > 0)
        text += tr(", %1 too fast to list").arg(format::count(qint64(m_feed.notListed())));
    setCountText(text);
    updateEmptyState();
}

/// How far back the list goes, where it does not go on by itself.
QString RequestsPage::olderWords()
{
    const OlderRequests &older = m_model.older();
    if (older.isFull())
        return tr(", older ones need a narrower filter");
    const auto back = older.lookedBackTo();
    if (!older.isFetching() || !back)
        return {};
    return tr(", looked back to %1…")
        .arg(QLocale().toString(QDateTime::fromMSecsSinceEpoch(back->count()), u"d MMM HH:mm"_s));
}

void RequestsPage::followNewest()
{
    m_isFollowing = true;
    m_model.setFollowing(true);
    table()->scrollToTop();
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
            m_isFollowing = table()->verticalScrollBar()->value() == 0;
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
        configuration && !session::isFromLedger(record)
            ? smallestChange(record, *configuration, m_draft.runningText())
            : std::nullopt,
        configuration && configuration->recording.keepsBodies());
}

// The selected request is found again when the filter has looked through everything.
void RequestsPage::handleFiltering(bool filtering)
{
    if (!filtering && m_detail->recordId() != 0 && !table()->selectionModel()->hasSelection()) {
        const int row = m_model.rowOfRecord(m_detail->recordId());
        if (row >= 0)
            table()->selectRow(row);
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

bool RequestsPage::isListEmpty() const
{
    const bool isLooking = m_model.isFiltering() || m_model.older().isFetching();
    return m_model.rowCount() == 0 && !isLooking;
}

int RequestsPage::totalCount() const
{
    return m_model.totalCount();
}

bool RequestsPage::hasDetail() const
{
    return m_detail->recordId() != 0;
}

QString RequestsPage::emptyTabTitle() const
{
    static const QStringList titles{tr("No requests"), tr("Nothing was refused"),
        tr("No limit on trial would have refused anything"), tr("Nothing failed")};
    return titles.value(tabs()->currentIndex());
}

void RequestsPage::showTarget(const QString &target)
{
    tabs()->setCurrentIndex(0);
    filter()->setQuery(target);
}

} // namespace sluice::ui

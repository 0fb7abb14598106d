// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/livepage.h"

#include "ui/pages/emptystate.h"
#include "ui/pages/filtercontroller.h"
#include "ui/pages/livetable.h"
#include "ui/widgets/filteredit.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/tabbar.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QSplitter>
#include <QStackedWidget>

#include <utility>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using State_ = session::GatewaySession::State;

LivePage::LivePage(const QString &tableName, QWidget *parent)
    : Page(parent),
      m_table(new LiveTable(tableName, this)),
      m_empty(new EmptyState(this)),
      m_stack(new QStackedWidget(this))
{
    m_table->horizontalHeader()->setHighlightSections(false);
    m_stack->addWidget(m_table);
    m_stack->addWidget(m_empty);
}

LivePage::~LivePage() = default;

void LivePage::deleteTable()
{
    delete std::exchange(m_table, nullptr);
}

// --- building ------------------------------------------------------------------------------------

void LivePage::addTabs(const QString &accessibleName, const QStringList &titles)
{
    m_tabs = new TabBar(this);
    m_tabs->setAccessibleName(accessibleName);
    for (const QString &title : titles)
        m_tabs->addTab(title);
}

void LivePage::setupUi(const Parts &parts, const EmptyTexts &texts)
{
    m_texts = texts;
    m_detail = parts.detail;
    m_detail->hide();
    auto *splitter = new QSplitter(Qt::Vertical, this);
    splitter->setObjectName(u"liveSplitter"_s);
    splitter->setHandleWidth(1);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(createUpper(parts));
    splitter->addWidget(m_detail);
    splitter->setStretchFactor(0, 1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
    connectParts();
}

QWidget *LivePage::createUpper(const Parts &parts)
{
    m_freeze = new FlatButton(Icon::Freeze, tr("Freeze view"), this);
    m_freeze->setObjectName(u"freezeToolButton"_s);
    m_freeze->setCheckable(true);
    auto *head = new QHBoxLayout;
    head->setContentsMargins(metrics::PageMargin, 4, metrics::CellPadding, 0);
    head->setSpacing(metrics::CellPadding);
    head->addWidget(m_tabs);
    for (QWidget *widget : parts.afterTabs)
        head->addWidget(widget);
    head->addStretch();
    for (QWidget *widget : parts.beforeFreeze)
        head->addWidget(widget);
    head->addWidget(m_freeze);

    m_filterEdit = new FilterEdit(tr("Filter"), this);
    m_filterEdit->setPlaceholderText(parts.filterHint);
    m_filter = new FilterController(m_filterEdit, parts.fields, this);
    auto *row = new QHBoxLayout;
    row->setContentsMargins(metrics::PageMargin, 2, metrics::PageMargin, 0);
    row->addWidget(m_filterEdit);

    auto *upper = new QWidget(this);
    auto *layout = new QVBoxLayout(upper);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    if (parts.notice)
        layout->addWidget(parts.notice);
    layout->addLayout(head);
    layout->addLayout(row);
    layout->addSpacing(metrics::CellPadding);
    layout->addWidget(m_stack, 1);
    return upper;
}

void LivePage::setKind(const std::vector<FilterField> &fields, const QString &filterHint)
{
    m_filterEdit->setPlaceholderText(filterHint);
    m_filter->setFields(fields);
}

void LivePage::connectParts()
{
    connect(&m_ticker, &LiveTicker::paintDue, this, &LivePage::paint);
    connect(&m_ticker, &LiveTicker::slowedChanged, this, &LivePage::slowedChanged);
    connect(m_freeze, &QToolButton::toggled, this, &LivePage::setFrozen);
    connect(m_table, &LiveTable::freezeToggled, this, [this] { setFrozen(!isFrozen()); });
    connect(m_empty, &EmptyState::actionRequested, this, &LivePage::handleEmptyAction);
}

// --- staying current -----------------------------------------------------------------------------

void LivePage::showEvent(QShowEvent *event)
{
    Page::showEvent(event);
    updateRunning();
}

void LivePage::hideEvent(QHideEvent *event)
{
    Page::hideEvent(event);
    updateRunning();
}

void LivePage::applyFrozen()
{
    m_freeze->setChecked(isFrozen());
    updateRunning();
}

void LivePage::updateRunning()
{
    m_ticker.setRunning(isVisible() && !isFrozen());
}

void LivePage::setCountText(const QString &text)
{
    m_filterEdit->setCountText(text);
}

void LivePage::focusFilter()
{
    m_filterEdit->edit()->setFocus(Qt::ShortcutFocusReason);
}

// --- empty lists ---------------------------------------------------------------------------------

void LivePage::setGatewayState(State_ state, const QString &reason)
{
    m_gatewayState = state;
    m_gatewayReason = reason;
    updateEmptyState();
}

void LivePage::updateEmptyState()
{
    const bool isEmpty = isListEmpty();
    if (isEmpty)
        showEmptyState();
    m_stack->setCurrentWidget(isEmpty ? static_cast<QWidget *>(m_empty) : m_table);
    m_detail->setVisible(!isEmpty && hasDetail());
}

void LivePage::showEmptyState()
{
    if (totalCount() == 0) {
        if (const EmptyReason reason = emptyReason(); !reason.title.isEmpty())
            m_empty->showText(reason.title, reason.text, {});
        else
            showGatewayState();
        return;
    }
    const QString title = m_filter->isEmpty() ? emptyTabTitle() : QString();
    if (title.isEmpty())
        m_empty->showText(tr("Nothing matches the filter"), {}, tr("Clear filter"));
    else
        m_empty->showText(title, {}, {});
}

void LivePage::showGatewayState()
{
    switch (m_gatewayState) {
    case State_::Running:
        m_empty->showText(tr("No requests yet"), m_texts.running, tr("Copy base URL"));
        break;
    case State_::Starting:
        m_empty->showText(tr("The gateway is starting"), {}, {});
        break;
    case State_::Failed:
        m_empty->showText(tr("The gateway did not start"), m_gatewayReason, tr("Try again"));
        break;
    case State_::Stopped:
    case State_::Stopping:
        m_empty->showText(tr("The gateway is not running"), m_texts.stopped, tr("Start gateway"));
        break;
    }
}

EmptyReason LivePage::emptyReason() const
{
    return {};
}

QString LivePage::emptyTabTitle() const
{
    return {};
}

void LivePage::handleEmptyAction()
{
    if (totalCount() > 0)
        m_filter->clear();
    else if (m_gatewayState == State_::Running)
        Q_EMIT copyAddressRequested();
    else
        Q_EMIT startRequested();
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/mainwindow.h"

#include "core/session/configdraft.h"
#include "core/session/liveusage.h"
#include "core/session/requestfeed.h"
#include "ui/contextbar.h"
#include "ui/pages/policiespage.h"
#include "ui/pages/querypage.h"
#include "ui/pages/requestspage.h"
#include "ui/pages/reviewpage.h"
#include "ui/pages/usagepage.h"
#include "ui/statusline.h"
#include "ui/widgets/navigationlist.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QClipboard>
#include <QCloseEvent>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using session::ConfigDraft;
using session::GatewaySession;
using Subject = ContextBar::Subject;

namespace {

constexpr int FigureInterval = 500;
constexpr qint64 StaleAfter = 2000; ///< milliseconds without a report

const QString GeometryKey = u"window/geometry"_s;
const QString PageKey = u"window/page"_s;

bool isHeartbeat(const insight::ActivityBatch &batch)
{
    return batch.requests == 0 && batch.records.empty() && batch.subjects.empty()
        && batch.models.empty() && batch.counters.empty();
}

} // namespace

MainWindow::MainWindow(const Session &session, QSettings &settings, QWidget *parent)
    : QMainWindow(parent), m_session(session), m_settings(settings)
{
    setObjectName(u"MainWindow"_s);
    setWindowTitle(tr("Sluice"));
    setWindowIcon(programIcon());
    resize(1280, 800);
    setupUi();
    setupMenus();
    setupConnections();
    updateGateway();
    updateDraft();
    updateFigures();
}

// The pages go after this; an open editor among them may still change the draft.
MainWindow::~MainWindow()
{
    m_session.draft.disconnect(this);
    m_session.gateway.disconnect(this);
}

// --- building ------------------------------------------------------------------------------------

void MainWindow::setupUi()
{
    m_navigation = new NavigationList(this);
    m_navigation->setObjectName(u"navigationListView"_s);
    m_stack = new QStackedWidget(this);
    m_context = new ContextBar(this);
    m_status = new StatusLine(this);
    setStatusBar(m_status);
    auto *right = new QWidget(this);
    auto *rightLayout = new QVBoxLayout(right);
    rightLayout->setContentsMargins(0, 0, 0, 0);
    rightLayout->setSpacing(0);
    rightLayout->addWidget(m_context);
    rightLayout->addWidget(m_stack, 1);
    auto *centre = new QWidget(this);
    auto *layout = new QHBoxLayout(centre);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_navigation);
    layout->addWidget(Theme::createRule(Qt::Vertical, centre));
    layout->addWidget(right, 1);
    setCentralWidget(centre);
    setTabOrder(m_navigation, m_stack);
}

void MainWindow::setupConnections()
{
    connect(
        m_navigation, &NavigationList::currentPageChanged, this, &MainWindow::handlePageChanged);
    connect(&m_session.gateway, &GatewaySession::stateChanged, this, &MainWindow::updateGateway);
    connect(
        &m_session.gateway, &GatewaySession::configurationApplied, this, &MainWindow::updateBodies);
    connect(&m_session.gateway, &GatewaySession::storeProblem, m_status,
        [this](GatewaySession::Store store, const QString &problem) {
            if (store == GatewaySession::Store::Shared)
                m_status->showStore(problem);
        });
    connect(&m_session.gateway, &GatewaySession::activityReported, this, &MainWindow::noteReport);
    ConfigDraft &draft = m_session.draft;
    connect(&draft, &ConfigDraft::changed, this, &MainWindow::updateDraft);
    m_appliedText = draft.runningText();
    connect(&draft, &ConfigDraft::applied, this, &MainWindow::reportApplied);
    connect(&draft, &ConfigDraft::reloaded, this, [this] {
        m_appliedText = m_session.draft.runningText();
        m_context->settle(Subject::Disk);
        m_context->report(
            Subject::Passing, State::Normal, tr("The changed file was taken over and is in force"));
    });
    connect(&draft, &ConfigDraft::outsideChangeRejected, this, [this](const QString &reason) {
        m_context->report(Subject::Disk, State::Refused,
            tr("The changed file was not taken over, the old limits stay in force: %1").arg(reason),
            diskActions());
    });
    connect(m_status, &StatusLine::gatewayClicked, this, [this] {
        const QSize size = m_gatewayMenu->sizeHint();
        m_gatewayMenu->popup(m_status->gatewayCorner() - QPoint(0, size.height()));
    });
    connect(m_status, &StatusLine::rateClicked, this, [this] { openPage(u"requests"_s); });
    connect(m_status, &StatusLine::draftClicked, this, [this] { openPage(u"review"_s); });
    connect(m_status, &StatusLine::problemsClicked, this,
        [this] { openPage(m_pages.contains(u"review"_s) ? u"review"_s : u"policies"_s); });
    m_figures.setInterval(FigureInterval);
    connect(&m_figures, &QTimer::timeout, this, &MainWindow::updateFigures);
    m_figures.start();
}

// --- pages ---------------------------------------------------------------------------------------

void MainWindow::addPage(const QString &group, const QString &id, const QString &title, Icon icon,
    const PageFactory &factory)
{
    if (group != m_lastGroup)
        m_navigation->addGroup(group);
    m_lastGroup = group;
    m_pages.insert(id, {.title = title, .factory = factory, .page = nullptr});
    auto *action = new QAction(title, m_viewMenu);
    const int number = int(m_pages.size());
    if (number <= 9)
        action->setShortcut(QKeySequence(Qt::CTRL | Qt::Key(Qt::Key_0 + number)));
    connect(action, &QAction::triggered, this, [this, id] { openPage(id); });
    m_viewMenu->insertAction(m_viewSeparator, action);
    m_navigation->addPage(id, icon, title);
}

void MainWindow::addLivePages()
{
    const QString watch = tr("Watch");
    addPage(watch, u"requests"_s, tr("Requests"), Icon::Requests, [this](QWidget *parent) {
        return new RequestsPage(
            m_session.feed, m_session.usage, m_session.draft, m_session.ledger, parent);
    });
    addPage(watch, u"usage"_s, tr("Usage"), Icon::Usage, [this](QWidget *parent) {
        return new UsagePage(
            m_session.usage, m_session.feed, m_session.operations, m_session.ledger, parent);
    });
}

void MainWindow::addDecidePages()
{
    const QString decide = tr("Decide");
    addPage(decide, u"policies"_s, tr("Policies"), Icon::Policies, [this](QWidget *parent) {
        return new PoliciesPage(m_session.draft, m_session.usage, parent);
    });
    addPage(decide, u"review"_s, tr("Review"), Icon::Config, [this](QWidget *parent) {
        return new ReviewPage(m_session.draft, m_session.usage, parent);
    });
}

void MainWindow::addTryPages()
{
    if (m_session.ledger == nullptr)
        return;
    addPage(tr("Try"), u"query"_s, tr("Query"), Icon::Terminal, [this](QWidget *parent) {
        return new QueryPage(*m_session.ledger, m_session.usage, m_settings, parent);
    });
}

Page *MainWindow::visit(const QString &id)
{
    const auto entry = m_pages.find(id);
    if (entry == m_pages.end())
        return nullptr;
    if (!entry->page) {
        entry->page = entry->factory(m_stack);
        m_stack->addWidget(entry->page);
        connectPage(entry->page);
    }
    return entry->page;
}

Page *MainWindow::page() const
{
    return qobject_cast<Page *>(m_stack->currentWidget());
}

void MainWindow::connectPage(Page *page)
{
    page->setGatewayState(m_session.gateway.state(), m_session.gateway.error());
    page->setStale(isStale());
    connect(page, &Page::pageRequested, this, &MainWindow::openPage);
    connect(page, &Page::lineRequested, this, &MainWindow::openLine);
    connect(page, &Page::priceRequested, this, &MainWindow::openPriceDialog);
    connect(page, &Page::done, this, &MainWindow::reportDone);
    connect(page, &Page::startRequested, this, &MainWindow::startGateway);
    connect(page, &Page::copyAddressRequested, this, &MainWindow::copyAddress);
    connect(page, &Page::frozenChanged, this, &MainWindow::updatePageActions);
    connect(page, &Page::slowedChanged, m_status, &StatusLine::showSlowed);
    connect(page, &Page::failed, this, [this](const QString &message) {
        m_context->report(Subject::Command, State::Refused, message);
    });
}

void MainWindow::handlePageChanged(const QString &id)
{
    Page *shown = visit(id);
    if (!shown)
        return;
    m_stack->setCurrentWidget(shown);
    updatePageActions();
}

void MainWindow::openPage(const QString &id, const QString &target)
{
    Page *wanted = visit(id);
    if (!wanted)
        return;
    m_navigation->setCurrentPage(id);
    m_stack->setCurrentWidget(wanted);
    updatePageActions();
    if (!target.isEmpty())
        wanted->showTarget(target);
}

QString MainWindow::currentPage() const
{
    return m_navigation->currentPage();
}

void MainWindow::openLine(int line)
{
    openPage(u"policies"_s, u"line:"_s + QString::number(line));
}

void MainWindow::focusFilter()
{
    if (Page *shown = page())
        shown->focusFilter();
}

void MainWindow::toggleFrozen()
{
    if (Page *shown = page())
        shown->setFrozen(!shown->isFrozen());
    updatePageActions();
}

void MainWindow::followNewest()
{
    if (Page *shown = page())
        shown->followNewest();
}

void MainWindow::sortNow()
{
    if (Page *shown = page())
        shown->sortNow();
}

// --- gateway -------------------------------------------------------------------------------------

void MainWindow::toggleGateway()
{
    if (m_session.gateway.state() == GatewaySession::State::Running)
        m_session.gateway.stop(StopGrace);
    else
        startGateway();
}

void MainWindow::startGateway()
{
    // What the file says, never an unapplied draft. Errors arrive as the state Failed with its
    // reason.
    const auto configuration = m_session.draft.runningConfiguration();
    if (!configuration) {
        openPage(u"policies"_s);
        return;
    }
    const Result<void> started =
        m_session.gateway.start(configuration, QFileInfo(m_session.draft.path()).fileName());
    if (!started)
        updateGateway();
}

void MainWindow::copyAddress()
{
    QGuiApplication::clipboard()->setText(QString::fromUtf8(m_session.gateway.baseUrl()));
    m_context->report(Subject::Passing, State::Normal,
        tr("Copied: %1").arg(QString::fromUtf8(m_session.gateway.baseUrl())));
}

void MainWindow::updateGateway()
{
    const GatewaySession &gateway = m_session.gateway;
    const GatewaySession::State state = gateway.state();
    const bool isRunning = state == GatewaySession::State::Running;
    m_sinceReport.start();
    m_startStop->setText(isRunning ? tr("&Stop") : tr("&Start"));
    m_startStop->setEnabled(
        state != GatewaySession::State::Starting && state != GatewaySession::State::Stopping);
    m_copyAddress->setEnabled(isRunning);
    m_status->showGateway(state, gateway.baseUrl(), false);
    updateBodies();
    for (const Entry &entry : std::as_const(m_pages)) {
        if (entry.page)
            entry.page->setGatewayState(state, gateway.error());
    }
    if (state == GatewaySession::State::Failed)
        m_context->report(Subject::Gateway, State::Refused, gateway.error(),
            {{tr("Try again"), [this] { startGateway(); }}});
    else
        m_context->settle(Subject::Gateway);
}

// As long as the gateway that runs records them.
void MainWindow::updateBodies()
{
    const auto configuration = m_session.gateway.configuration();
    const bool isRunning = m_session.gateway.state() == GatewaySession::State::Running;
    m_status->showBodies(isRunning && configuration && configuration->recording.keepsBodies());
}

void MainWindow::noteReport(const insight::ActivityBatchPtr &batch)
{
    m_sinceReport.start();
    m_hasHeartbeat = m_hasHeartbeat || isHeartbeat(*batch);
}

// Silence means trouble only if idle gateways are known to report as well.
bool MainWindow::isStale() const
{
    return m_hasHeartbeat && m_session.gateway.state() == GatewaySession::State::Running
        && m_sinceReport.isValid() && m_sinceReport.elapsed() > StaleAfter;
}

void MainWindow::updateFigures()
{
    const bool stale = isStale();
    m_status->showRate(m_session.usage.rate());
    m_status->showGateway(m_session.gateway.state(), m_session.gateway.baseUrl(), stale);
    if (Page *shown = page())
        shown->setStale(stale);
}

void MainWindow::setDemo(bool demo)
{
    m_status->showDemo(demo);
}

// --- the end -------------------------------------------------------------------------------------

void MainWindow::restore()
{
    restoreGeometry(m_settings.value(GeometryKey).toByteArray());
    restoreTheme();
    const QString last = m_settings.value(PageKey).toString();
    const QStringList pages = m_navigation->pages();
    openPage(pages.contains(last) ? last : pages.value(0));
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    if (!m_isQuitting && m_session.draft.changeCount() > 0) {
        event->ignore();
        askAboutDraft();
        return;
    }
    m_settings.setValue(GeometryKey, saveGeometry());
    m_settings.setValue(PageKey, currentPage());
    QMainWindow::closeEvent(event);
}

// A draft is gone when the program ends; that cannot be undone, so it is asked.
void MainWindow::askAboutDraft()
{
    auto *box = new QMessageBox(QMessageBox::Question, tr("Quit Sluice"),
        tr("The draft has changes that are not applied."), QMessageBox::Cancel, this);
    box->setObjectName(u"quitMessageBox"_s);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(tr("They are lost when Sluice quits."));
    QPushButton *quit = box->addButton(tr("Quit and lose them"), QMessageBox::DestructiveRole);
    QPushButton *review = box->addButton(tr("Review"), QMessageBox::AcceptRole);
    box->setDefaultButton(QMessageBox::Cancel);
    connect(box, &QMessageBox::buttonClicked, this, [this, quit, review](QAbstractButton *button) {
        if (button == quit) {
            m_isQuitting = true;
            close();
        } else if (button == review) {
            openPage(u"review"_s);
        }
    });
    box->open();
}

void MainWindow::resizeEvent(QResizeEvent *event)
{
    QMainWindow::resizeEvent(event);
    m_navigation->followWindowWidth(width());
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/console/application.h"

#include "core/base/logging.h"
#include "core/config/yamlpatch.h"
#include "core/session/configpath.h"
#include "core/session/demosession.h"
#include "ui/contextbar.h"
#include "ui/mainwindow.h"
#include "ui/pages/firstrunpage.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>
#include <QTcpServer>

namespace sluice::console {

using namespace Qt::StringLiterals;
using session::ConfigDraft;
using session::GatewaySession;
using Subject = ui::ContextBar::Subject;

namespace {

const QString SeenTrafficKey = u"window/has-seen-traffic"_s;
constexpr int PortsToTry = 20;

bool isFree(const QHostAddress &address, quint16 port)
{
    QTcpServer probe;
    return probe.listen(address, port);
}

/// The next port that nobody listens on; 0 if there is none nearby.
quint16 freePortAfter(const QString &address, quint16 port)
{
    const QHostAddress host(address);
    for (int next = port + 1; next <= 65'535 && next <= port + PortsToTry; ++next) {
        if (isFree(host, static_cast<quint16>(next)))
            return static_cast<quint16>(next);
    }
    return 0;
}

ConfigDraft::Change setPort(quint16 port)
{
    return [port](const QByteArray &text) {
        const config::YamlPath path{u"server"_s, u"port"_s};
        const QString value = QString::number(port);
        return config::yamlpatch::lineOf(text, path) > 0
            ? config::yamlpatch::setScalar(text, path, value)
            : config::yamlpatch::insertKey(text, {u"server"_s}, u"port"_s, value);
    };
}

} // namespace

Application::Application(CommandLine line, QObject *parent)
    : QObject(parent),
      m_line(std::move(line)),
      m_gateway(m_clock),
      m_operations(m_gateway.limiter()),
      m_draft(m_gateway),
      m_home(m_gateway, m_operations, m_draft),
      m_usage(m_clock)
{
}

Application::~Application()
{
    // The window looks at everything and goes first; traffic ends before what answers it.
    m_window.reset();
    if (m_demo)
        m_demo->stopTraffic();
    m_gateway.stop(std::chrono::milliseconds::zero());
    m_demo.reset();
}

Result<Application::Start> Application::start()
{
    const Result<QString> path = prepareConfiguration();
    if (!path)
        return path.error();
    const Result<QString> folder = prepareFolder();
    if (!folder)
        return folder.error();
    m_instance = std::make_unique<SingleInstance>(*folder, *path);
    if (!m_instance->acquire()) {
        if (const auto raised = m_instance->raiseFirst(m_line.page); !raised)
            return raised.error();
        return Start::HandedOver;
    }
    connect(m_instance.get(), &SingleInstance::raiseRequested, this, &Application::raise);
    if (!m_line.listenAddress.isEmpty())
        m_gateway.overrideListener(m_line.listenAddress, m_line.listenPort);
    if (const auto opened = m_draft.open(*path); !opened)
        return opened.error();
    connectSession();
    createWindow();
    useDataFolder();
    startGateway();
    return Start::Shown;
}

Result<QString> Application::prepareConfiguration()
{
    if (m_line.isDemo) {
        m_demo = std::make_unique<session::DemoSession>();
        return m_demo->prepare();
    }
    const QString path = session::findConfigPath(m_line.config);
    if (const auto created = session::createStarterConfig(path); !created)
        return created.error();
    return path;
}

Result<QString> Application::prepareFolder()
{
    const QString folder = m_line.dataDir.isEmpty()
        ? QStandardPaths::writableLocation(QStandardPaths::RuntimeLocation)
        : m_line.dataDir;
    if (!QDir().mkpath(folder))
        return Error{ErrorCode::Io, u"Cannot make the folder %1"_s.arg(folder), {}};
    m_settings = m_line.dataDir.isEmpty()
        ? std::make_unique<QSettings>(
            QDir(QStandardPaths::writableLocation(QStandardPaths::AppConfigLocation))
                .filePath(u"window.ini"_s),
            QSettings::IniFormat)
        : std::make_unique<QSettings>(QDir(folder).filePath(u"window.ini"_s), QSettings::IniFormat);
    return folder;
}

// From the gateway's start on: who is blocked stays blocked. The demonstration leaves nothing
// behind.
void Application::useDataFolder()
{
    connect(&m_home, &session::GatewayHome::notKept, this, [this](const QString &problem) {
        m_window->contextBar()->report(Subject::Command, ui::State::Refused, problem);
    });
    const QString folder = m_demo ? QFileInfo(m_draft.path()).absolutePath() : m_line.dataDir;
    m_home.use(folder, u"sluice"_s, session::GatewayHome::OnBroken::Tell);
    const auto findLedger = [this, folder] {
        const auto running = m_gateway.configuration();
        const auto values = running ? running : m_draft.runningConfiguration();
        m_ledger.setFolder(session::findDataFolder(folder, m_draft.path()),
            values ? values->recording.url : QString());
    };
    findLedger();
    connect(&m_gateway, &GatewaySession::configurationApplied, this, findLedger);
}

void Application::connectSession()
{
    connect(&m_gateway, &GatewaySession::activityReported, this,
        [this](const insight::ActivityBatchPtr &batch) {
            m_usage.ingest(batch);
            m_feed.ingest(batch);
        });
    connect(&m_gateway, &GatewaySession::storeProblem, this, &Application::reportStore);
    connect(&m_gateway, &GatewaySession::limitsRenamed, &m_operations,
        &session::LimitOperations::follow);
    connect(&m_gateway, &GatewaySession::configurationApplied, this,
        [this] { m_usage.setConfiguration(m_gateway.configuration()); });
    if (const auto configuration = m_draft.runningConfiguration())
        m_usage.setConfiguration(configuration);
    connect(&m_draft, &ConfigDraft::applied, this, &Application::startIfWaiting);
    connect(&m_draft, &ConfigDraft::reloaded, this, &Application::startIfWaiting);
    connect(
        &m_feed, &session::RequestFeed::appended, this,
        [this] { m_settings->setValue(SeenTrafficKey, true); }, Qt::SingleShotConnection);
}

void Application::createWindow()
{
    m_window = std::make_unique<ui::MainWindow>(
        ui::MainWindow::Session{m_gateway, m_draft, m_usage, m_feed, &m_operations, &m_ledger},
        *m_settings);
    addPages();
    m_window->setDemo(m_line.isDemo);
    m_window->restore();
    openFirstPage();
    connect(&m_gateway, &GatewaySession::stateChanged, this, &Application::reportGateway);
    m_window->show();
}

void Application::addPages()
{
    const QString watch = ui::MainWindow::tr("Watch");
    m_window->addPage(watch, u"start"_s, tr("Start"), ui::Icon::Overview, [this](QWidget *parent) {
        auto *page = new ui::FirstRunPage(m_gateway, m_draft, m_feed, parent);
        if (m_demo)
            page->setKey(session::DemoSession::visitorKey());
        return page;
    });
    m_window->addLivePages();
    m_window->addDecidePages();
    m_window->addTryPages();
}

void Application::openFirstPage()
{
    if (!m_line.page.isEmpty())
        m_window->openPage(m_line.page);
    else if (!m_line.isDemo && !m_settings->value(SeenTrafficKey).toBool())
        m_window->openPage(u"start"_s);
    else if (m_line.isDemo || m_window->currentPage() == "start"_L1)
        m_window->openPage(u"usage"_s);
}

// --- the gateway ---------------------------------------------------------------------------------

void Application::startGateway()
{
    m_wantsGateway = m_line.hasGateway;
    const auto configuration = m_draft.runningConfiguration();
    if (!configuration) {
        reportBrokenFile();
        return;
    }
    if (!m_line.hasGateway)
        return;
    const auto started = m_gateway.start(configuration, QFileInfo(m_draft.path()).fileName());
    if (!started)
        return; // the state Failed was reported
    m_wantsGateway = false;
    if (m_demo)
        m_demo->startTraffic(m_gateway);
}

// A file that was mended, or a port that was changed: what waited for it can run now.
void Application::startIfWaiting()
{
    if (m_wantsGateway && m_gateway.state() != GatewaySession::State::Running)
        startGateway();
}

void Application::reportBrokenFile()
{
    QString reason;
    for (const config::Finding &finding : m_draft.findings()) {
        if (finding.severity == config::Severity::Error) {
            reason = tr("line %1, column %2: %3")
                         .arg(finding.place.line)
                         .arg(finding.place.column)
                         .arg(finding.message);
            break;
        }
    }
    m_window->openPage(u"policies"_s);
    m_window->contextBar()->report(Subject::Disk, ui::State::Refused,
        tr("%1 is not valid, the gateway is stopped until it is: %2")
            .arg(QFileInfo(m_draft.path()).fileName(), reason));
}

void Application::reportGateway()
{
    if (m_gateway.state() != GatewaySession::State::Failed)
        return;
    qCWarning(lcGateway, "%ls", qUtf16Printable(m_gateway.error()));
    std::vector<ui::ContextBar::Action> actions;
    if (m_home.isTakenByOther()) {
        m_wantsGateway = m_line.hasGateway;
        actions.push_back({tr("Retry"), [this] { startGateway(); }});
        m_window->contextBar()->report(Subject::Gateway, ui::State::Near,
            tr("This window only edits the file, the gateway of it runs elsewhere: %1")
                .arg(m_gateway.error()),
            actions);
        return;
    }
    const auto configuration = m_draft.runningConfiguration();
    // A listener of the command line is not the file's to change.
    if (configuration && m_line.listenAddress.isEmpty()) {
        const config::Server &server = configuration->server;
        const quint16 free = freePortAfter(server.address, server.port);
        if (free != 0 && !isFree(QHostAddress(server.address), server.port))
            actions.push_back({tr("Use %1").arg(free), [this, free] { usePort(free); }});
    }
    actions.push_back({tr("Retry"), [this] { startGateway(); }});
    m_window->contextBar()->report(
        Subject::Gateway, ui::State::Refused, m_gateway.error(), actions);
}

// The gateway goes on meanwhile.
void Application::reportStore(GatewaySession::Store store, const QString &problem)
{
    static const std::map<GatewaySession::Store, Subject> subjects{
        {GatewaySession::Store::Ledger, Subject::Ledger},
        {GatewaySession::Store::Bodies, Subject::Bodies},
        {GatewaySession::Store::Counters, Subject::Counters},
        {GatewaySession::Store::Shared, Subject::SharedStore}};
    const Subject subject = subjects.at(store);
    if (problem.isEmpty())
        m_window->contextBar()->settle(subject);
    else
        m_window->contextBar()->report(subject, ui::State::Near, problem);
}

// The port becomes part of the draft; applying it starts the gateway.
void Application::usePort(quint16 port)
{
    const auto edited = m_draft.edit(tr("set port to %1").arg(port), setPort(port));
    if (!edited)
        m_window->contextBar()->report(
            Subject::Command, ui::State::Refused, edited.error().message);
    else
        m_window->openPage(u"review"_s);
}

void Application::raise(const QString &page, const QByteArray &activation)
{
    if (!activation.isEmpty())
        qputenv("XDG_ACTIVATION_TOKEN", activation);
    if (!page.isEmpty())
        m_window->openPage(page);
    m_window->setWindowState(m_window->windowState() & ~Qt::WindowMinimized);
    m_window->show();
    m_window->raise();
    m_window->activateWindow();
}

} // namespace sluice::console

// SPDX-License-Identifier: GPL-3.0-or-later
// The composition root of the console: owns clock, gateway, draft, figures, demo and window, ties
// them together and takes them down in order. Main thread; owned by main().
#pragma once

#include "app/console/commandline.h"
#include "app/console/singleinstance.h"
#include "core/base/clock.h"
#include "core/session/configdraft.h"
#include "core/session/gatewayhome.h"
#include "core/session/gatewaysession.h"
#include "core/session/ledgerqueries.h"
#include "core/session/limitoperations.h"
#include "core/session/liveusage.h"
#include "core/session/requestfeed.h"

#include <QSettings>

#include <memory>

namespace sluice::session {
class DemoSession;
} // namespace sluice::session

namespace sluice::ui {
class MainWindow;
} // namespace sluice::ui

namespace sluice::console {

class Application final : public QObject
{
    Q_OBJECT

public:
    explicit Application(CommandLine line, QObject *parent = nullptr);
    ~Application() override;
    Q_DISABLE_COPY_MOVE(Application)

    enum class Start : quint8 {
        Shown, ///< the window is open
        HandedOver, ///< the first console was raised instead; end with success
    };

    /// Finds the configuration, opens the window, starts the gateway. What a person can mend in the
    /// window is no error here.
    Result<Start> start();

    [[nodiscard]] ui::MainWindow &window() { return *m_window; }

    [[nodiscard]] session::ConfigDraft &draft() { return m_draft; }

    [[nodiscard]] session::GatewaySession &gateway() { return m_gateway; }

    [[nodiscard]] session::LimitOperations &operations() { return m_operations; }

    [[nodiscard]] session::LiveUsage &usage() { return m_usage; }

    [[nodiscard]] session::RequestFeed &feed() { return m_feed; }

private:
    Result<QString> prepareConfiguration();
    Result<QString> prepareFolder();
    void useDataFolder();
    void connectSession();
    void createWindow();
    void addPages();
    void openFirstPage();
    void startGateway();
    void startIfWaiting();
    void reportBrokenFile();
    void reportGateway();
    void reportStore(session::GatewaySession::Store store, const QString &problem);
    void usePort(quint16 port);
    void raise(const QString &page, const QByteArray &activation);

    const CommandLine m_line;
    SystemClock m_clock;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<SingleInstance> m_instance;
    std::unique_ptr<session::DemoSession> m_demo;
    session::GatewaySession m_gateway;
    session::LimitOperations m_operations;
    session::ConfigDraft m_draft;
    session::GatewayHome m_home;
    session::LiveUsage m_usage;
    session::RequestFeed m_feed;
    session::LedgerQueries m_ledger;
    std::unique_ptr<ui::MainWindow> m_window;
    bool m_wantsGateway = false; ///< it should run, but the file or the port does not let it
};

} // namespace sluice::console

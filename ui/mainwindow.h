// SPDX-License-Identifier: GPL-3.0-or-later
// The shell: menu with every command, navigation, one page at a time, messages and status bar.
// Pages are given as factories and made on their first visit. GUI thread; owned by the application.
#pragma once

#include "ui/contextbar.h"
#include "ui/pages/page.h"
#include "ui/widgets/icons.h"

#include <QElapsedTimer>
#include <QHash>
#include <QMainWindow>
#include <QTimer>

#include <functional>

class QActionGroup;
class QMenu;
class QSettings;
class QStackedWidget;

namespace sluice::session {
class ConfigDraft;
class LedgerQueries;
class LimitOperations;
class LiveUsage;
class RequestFeed;
} // namespace sluice::session

namespace sluice::ui {

class NavigationList;
class StatusLine;

class MainWindow final : public QMainWindow
{
    Q_OBJECT

public:
    /// What the window looks at; all of it must outlive the window.
    struct Session
    {
        session::GatewaySession &gateway;
        session::ConfigDraft &draft;
        session::LiveUsage &usage;
        session::RequestFeed &feed;
        session::LimitOperations *operations = nullptr; ///< null: counters are looked at only
        session::LedgerQueries *ledger = nullptr; ///< null: nothing older than this run
    };

    using PageFactory = std::function<Page *(QWidget *parent)>;

    /// settings keeps geometry, theme and the last page.
    MainWindow(const Session &session, QSettings &settings, QWidget *parent = nullptr);
    ~MainWindow() override;
    Q_DISABLE_COPY_MOVE(MainWindow)

    /// Appends a page to the navigation; pages of one group are added one after the other. The
    /// factory runs on the first visit. Pages get Ctrl+1, Ctrl+2, ... in this order.
    void addPage(const QString &group, const QString &id, const QString &title, Icon icon,
        const PageFactory &factory);

    /// "requests" and "usage", in the group Watch.
    void addLivePages();

    /// "policies" and "review", in the group Decide.
    void addDecidePages();

    /// "query", in the group Try; nothing without a ledger.
    void addTryPages();

    /// Goes to a page; target is what it should show (see Page::showTarget). Unknown ids do
    /// nothing.
    void openPage(const QString &id, const QString &target = {});

    [[nodiscard]] QString currentPage() const;

    /// Call when all pages are added: geometry, theme and the last page come back; without a last
    /// page the first one opens.
    void restore();

    /// Marks everything as demonstration.
    void setDemo(bool demo);

    /// The context message, for the application: the file cannot be read, and so on.
    [[nodiscard]] ContextBar *contextBar() const { return m_context; }

protected:
    void closeEvent(QCloseEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    struct Entry
    {
        QString title;
        PageFactory factory;
        Page *page = nullptr;
    };

    void setupUi();
    void setupMenus();
    void setupFileMenu();
    void setupEditMenu();
    void setupViewMenu();
    void setupThemeMenu(QMenu *view);
    void restoreTheme();
    void setupPageMenu();
    void setupGatewayMenu();
    void setupHelpMenu();
    void setupConnections();
    QAction *addCommand(QMenu *menu, const QString &text, const QList<QKeySequence> &shortcuts,
        void (MainWindow::*run)());

    Page *visit(const QString &id);
    [[nodiscard]] Page *page() const;
    void connectPage(Page *page);
    void handlePageChanged(const QString &id);

    void openConfiguration();
    void loadConfiguration(const QString &path);
    void reviewAndApply();
    void discardDraft();
    void undo();
    void redo();
    void focusFilter();
    void toggleFrozen();
    void followNewest();
    void sortNow();
    void toggleGateway();
    void startGateway();
    void copyAddress();
    void openLine(int line);
    void openPriceDialog(const QByteArray &model);
    void showLimitsHelp();
    void showShortcuts();
    void showAbout();
    void askAboutDraft();

    void updateGateway();
    void updateBodies();
    void updateDraft();
    void updateFigures();
    void updatePageActions();
    void reportDisk();
    [[nodiscard]] std::vector<ContextBar::Action> diskActions();
    void reportApplied(const QString &summary);
    void reportDone(const QString &text, const std::function<bool()> &undo);
    void applyAgain(const QByteArray &text);
    [[nodiscard]] bool isStale() const;
    void noteReport(const insight::ActivityBatchPtr &batch);

    /// The window must not hang on open streams.
    static constexpr std::chrono::milliseconds StopGrace{250};

    Session m_session;
    QSettings &m_settings;
    QHash<QString, Entry> m_pages;
    QString m_lastGroup;
    QByteArray m_appliedText; ///< what runs, to go back to after the next Apply
    QTimer m_figures; ///< rate and staleness, twice a second
    QElapsedTimer m_sinceReport;
    bool m_hasHeartbeat = false; ///< idle gateways report too, so silence means something
    bool m_isQuitting = false;

    NavigationList *m_navigation = nullptr;
    QStackedWidget *m_stack = nullptr;
    ContextBar *m_context = nullptr;
    StatusLine *m_status = nullptr;
    QMenu *m_viewMenu = nullptr;
    QMenu *m_pageMenu = nullptr; ///< commands of the page in sight
    QMenu *m_gatewayMenu = nullptr;
    QAction *m_viewSeparator = nullptr;
    QActionGroup *m_themes = nullptr;
    QAction *m_review = nullptr;
    QAction *m_discard = nullptr;
    QAction *m_undo = nullptr;
    QAction *m_redo = nullptr;
    QAction *m_freeze = nullptr;
    QAction *m_follow = nullptr;
    QAction *m_sort = nullptr;
    QAction *m_startStop = nullptr;
    QAction *m_copyAddress = nullptr;
};

} // namespace sluice::ui

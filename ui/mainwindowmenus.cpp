// SPDX-License-Identifier: GPL-3.0-or-later
// The menu bar: every command, those of the page in sight too.
#include "ui/mainwindow.h"

#include "ui/dialogs/helpdialog.h"
#include "ui/widgets/navigationlist.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QActionGroup>
#include <QMenu>
#include <QMenuBar>
#include <QSettings>

using namespace Qt::StringLiterals;

namespace sluice::ui {

namespace {

const QString ThemeKey = u"window/theme"_s;

} // namespace

void MainWindow::setupMenus()
{
    setupFileMenu();
    setupEditMenu();
    setupViewMenu();
    setupPageMenu();
    setupGatewayMenu();
    setupHelpMenu();
}

QAction *MainWindow::addCommand(QMenu *menu, const QString &text,
    const QList<QKeySequence> &shortcuts, void (MainWindow::*run)())
{
    QAction *action = menu->addAction(text);
    action->setShortcuts(shortcuts);
    connect(action, &QAction::triggered, this, run);
    return action;
}

void MainWindow::setupFileMenu()
{
    QMenu *menu = menuBar()->addMenu(tr("&File"));
    addCommand(
        menu, tr("&Open configuration…"), {QKeySequence::Open}, &MainWindow::openConfiguration);
    menu->addSeparator();
    m_review = addCommand(menu, tr("&Review and apply"),
        {Qt::CTRL | Qt::Key_Return, QKeySequence(QKeySequence::Save)}, &MainWindow::reviewAndApply);
    m_discard = addCommand(menu, tr("&Discard draft"), {}, &MainWindow::discardDraft);
    menu->addSeparator();
    QAction *quit = menu->addAction(tr("&Quit"));
    quit->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Q));
    quit->setMenuRole(QAction::QuitRole);
    connect(quit, &QAction::triggered, this, &QWidget::close);
}

void MainWindow::setupEditMenu()
{
    QMenu *menu = menuBar()->addMenu(tr("&Edit"));
    m_undo = addCommand(menu, tr("&Undo"), {QKeySequence::Undo}, &MainWindow::undo);
    m_redo = addCommand(
        menu, tr("&Redo"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Z)}, &MainWindow::redo);
    menu->addSeparator();
    addCommand(menu, tr("&Filter"), {QKeySequence::Find}, &MainWindow::focusFilter);
}

void MainWindow::setupViewMenu()
{
    m_viewMenu = menuBar()->addMenu(tr("&View"));
    m_viewSeparator = m_viewMenu->addSeparator();
    m_freeze = addCommand(m_viewMenu, tr("Free&ze view"), {QKeySequence(Qt::CTRL | Qt::Key_Period)},
        &MainWindow::toggleFrozen);
    m_freeze->setCheckable(true);
    m_follow = addCommand(
        m_viewMenu, tr("F&ollow newest"), {QKeySequence(Qt::Key_End)}, &MainWindow::followNewest);
    m_sort =
        addCommand(m_viewMenu, tr("&Sort now"), {QKeySequence(Qt::Key_F5)}, &MainWindow::sortNow);
    m_viewMenu->addSeparator();
    setupThemeMenu(m_viewMenu);
}

void MainWindow::setupThemeMenu(QMenu *view)
{
    QMenu *menu = view->addMenu(tr("&Theme"));
    m_themes = new QActionGroup(this);
    const std::pair<QString, ThemeMode> themes[] = {{tr("&System"), ThemeMode::System},
        {tr("&Light"), ThemeMode::Light}, {tr("&Dark"), ThemeMode::Dark}};
    for (const auto &theme : themes) {
        QAction *action = menu->addAction(theme.first);
        action->setCheckable(true);
        action->setChecked(theme.second == ThemeMode::System);
        action->setData(int(theme.second));
        m_themes->addAction(action);
    }
    connect(m_themes, &QActionGroup::triggered, this, [this](const QAction *action) {
        Theme::apply(static_cast<ThemeMode>(action->data().toInt()));
        m_settings.setValue(ThemeKey, action->data());
    });
}

void MainWindow::restoreTheme()
{
    const int theme = m_settings.value(ThemeKey, int(ThemeMode::System)).toInt();
    const QList<QAction *> themes = m_themes->actions();
    if (theme <= int(ThemeMode::System) || theme >= themes.size())
        return;
    themes.at(theme)->setChecked(true);
    Theme::apply(static_cast<ThemeMode>(theme));
}

// What can be done depends on what is selected, so it is filled each time.
void MainWindow::setupPageMenu()
{
    m_pageMenu = menuBar()->addMenu(QString());
    m_pageMenu->setObjectName(u"pageMenu"_s);
    connect(m_pageMenu, &QMenu::aboutToShow, this, [this] {
        m_pageMenu->clear();
        if (Page *shown = page())
            shown->addCommands(m_pageMenu);
    });
}

void MainWindow::setupGatewayMenu()
{
    m_gatewayMenu = menuBar()->addMenu(tr("&Gateway"));
    m_startStop = addCommand(m_gatewayMenu, tr("&Start"), {QKeySequence(Qt::CTRL | Qt::Key_E)},
        &MainWindow::toggleGateway);
    m_copyAddress = addCommand(m_gatewayMenu, tr("&Copy base URL"),
        {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C)}, &MainWindow::copyAddress);
}

void MainWindow::setupHelpMenu()
{
    QMenu *menu = menuBar()->addMenu(tr("&Help"));
    addCommand(menu, tr("&What the limits mean"), {QKeySequence::HelpContents},
        &MainWindow::showLimitsHelp);
    addCommand(menu, tr("&Shortcuts"), {}, &MainWindow::showShortcuts);
    menu->addSeparator();
    QAction *about = addCommand(menu, tr("&About Sluice"), {}, &MainWindow::showAbout);
    about->setMenuRole(QAction::AboutRole);
}

void MainWindow::updatePageActions()
{
    const Page *shown = page();
    m_freeze->setEnabled(shown && shown->canFreeze());
    m_freeze->setChecked(shown && shown->isFrozen());
    m_follow->setEnabled(shown && shown->canFollow());
    m_sort->setEnabled(shown && shown->canSort());
    m_pageMenu->setTitle(u"&"_s + m_pages.value(currentPage()).title);
    m_pageMenu->menuAction()->setVisible(shown && shown->hasCommands());
}

void MainWindow::showLimitsHelp()
{
    (new HelpDialog(tr("What the limits mean"), HelpDialog::limitsText(), this))->show();
}

void MainWindow::showShortcuts()
{
    QList<QAction *> actions;
    for (const QMenu *menu : menuBar()->findChildren<QMenu *>())
        actions += menu->actions();
    (new HelpDialog(tr("Shortcuts"), HelpDialog::shortcutsText(actions), this))->show();
}

void MainWindow::showAbout()
{
    (new HelpDialog(tr("About Sluice"), HelpDialog::aboutText(), this))->show();
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
// What the pages with moving figures share: tabs and Freeze view, a filter, a live table or the
// reason why it is empty, details below, and a clock that runs only while all that is in sight.
// GUI thread; owned by the main window.
#pragma once

#include "ui/models/filterquery.h"
#include "ui/models/liveticker.h"
#include "ui/pages/emptystate.h"
#include "ui/pages/page.h"

class QStackedWidget;

namespace sluice::ui {

class FilterController;
class FilterEdit;
class FlatButton;
class LiveTable;
class TabBar;

class LivePage : public Page
{
    Q_OBJECT

public:
    ~LivePage() override;
    Q_DISABLE_COPY_MOVE(LivePage)

    [[nodiscard]] bool canFreeze() const final { return true; }

    void focusFilter() final;
    void setGatewayState(session::GatewaySession::State state, const QString &reason) final;

protected:
    /// What a page puts around its table.
    struct Parts
    {
        QWidget *notice = nullptr; ///< above everything else
        QList<QWidget *> afterTabs;
        QList<QWidget *> beforeFreeze;
        QWidget *detail = nullptr; ///< hidden until something is selected
        std::vector<FilterField> fields;
        QString filterHint;
    };

    /// Sentences under the titles of the empty list.
    struct EmptyTexts
    {
        QString running;
        QString stopped;
    };

    /// tableName is what a screen reader says. The page calls addTabs() and setupUi() next; the
    /// order of these calls is that of the Tab key.
    LivePage(const QString &tableName, QWidget *parent);

    void addTabs(const QString &accessibleName, const QStringList &titles);
    void setupUi(const Parts &parts, const EmptyTexts &texts);

    /// For a tab with rows of another kind: the filter starts anew.
    void setKind(const std::vector<FilterField> &fields, const QString &filterHint);

    /// A page whose models are its members calls this in its destructor: they go before the base.
    void deleteTable();

    [[nodiscard]] LiveTable *table() const { return m_table; }

    [[nodiscard]] TabBar *tabs() const { return m_tabs; }

    [[nodiscard]] FilterController *filter() const { return m_filter; }

    [[nodiscard]] LiveTicker &ticker() { return m_ticker; }

    void setCountText(const QString &text);

    /// Shows the table or why it is empty, and the details if there are any.
    void updateEmptyState();

    virtual void paint() = 0; ///< 4 Hz while the page is in sight and not frozen
    [[nodiscard]] virtual bool isListEmpty() const = 0;
    [[nodiscard]] virtual int totalCount() const = 0; ///< listed or not
    [[nodiscard]] virtual bool hasDetail() const = 0;

    /// Why nothing can be listed, whatever the gateway does; an empty title if something can.
    [[nodiscard]] virtual EmptyReason emptyReason() const;

    /// Why the tab is empty although there are rows and no filter; empty if that cannot be.
    [[nodiscard]] virtual QString emptyTabTitle() const;

    void applyFrozen() override;
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    [[nodiscard]] QWidget *createUpper(const Parts &parts);
    void connectParts();
    void updateRunning();
    void showEmptyState();
    void showGatewayState();
    void handleEmptyAction();

    LiveTicker m_ticker;
    LiveTable *m_table;
    EmptyState *m_empty;
    QStackedWidget *m_stack;
    TabBar *m_tabs = nullptr;
    FlatButton *m_freeze = nullptr;
    FilterEdit *m_filterEdit = nullptr;
    FilterController *m_filter = nullptr;
    QWidget *m_detail = nullptr;

    EmptyTexts m_texts;
    session::GatewaySession::State m_gatewayState = session::GatewaySession::State::Stopped;
    QString m_gatewayReason;
};

} // namespace sluice::ui

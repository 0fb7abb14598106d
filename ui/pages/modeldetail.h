// SPDX-License-Identifier: GPL-3.0-or-later
// The lower part of the Models tab: the figures of one model and the price that holds for it. GUI
// thread; owned by the page.
#pragma once

#include "core/session/liveusage.h"

#include <QWidget>

class QLabel;
class QMenu;
class QStackedWidget;

namespace sluice::ui {

class FactForm;
class FlatButton;
class HistoryColumn;
class HistoryPane;
class UsageHistory;

class ModelDetail final : public QWidget
{
    Q_OBJECT

public:
    /// Both must outlive the widget. history is that of the model, which the page tells it.
    ModelDetail(session::LiveUsage &usage, UsageHistory &history, QWidget *parent = nullptr);
    ~ModelDetail() override;
    Q_DISABLE_COPY_MOVE(ModelDetail)

    /// Index into the book of models; -1 = none.
    void setModel(int model);

    [[nodiscard]] int model() const { return m_model; }

    /// Adds Set price and Show requests to a menu.
    void addActions(QMenu *menu);

    /// 4 Hz: reads the figures anew.
    void refresh();

Q_SIGNALS:
    void priceRequested(const QByteArray &model); ///< "provider/model"
    void requestsRequested(int model);

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    [[nodiscard]] QWidget *createHead();
    [[nodiscard]] QWidget *createBody();
    [[nodiscard]] QByteArray name() const;
    [[nodiscard]] bool canHavePrice() const;
    void showFigures(const insight::ModelBook::Model &model);
    void showPrice(const insight::ModelBook::Model &model);

    session::LiveUsage &m_usage;
    UsageHistory &m_history;
    int m_model = -1;

    QLabel *m_name = nullptr;
    QLabel *m_note = nullptr;
    FlatButton *m_setPrice = nullptr;
    FlatButton *m_showHistory = nullptr;
    HistoryColumn *m_historyColumn = nullptr;
    HistoryPane *m_historyPane = nullptr;
    FactForm *m_figures = nullptr;
    FactForm *m_price = nullptr;
};

} // namespace sluice::ui

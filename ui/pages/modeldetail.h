// SPDX-License-Identifier: GPL-3.0-or-later
// The lower part of the Models tab: the figures of one model and the price that holds for it. GUI
// thread; owned by the page.
#pragma once

#include "core/session/liveusage.h"

#include <QWidget>

class QLabel;
class QMenu;

namespace sluice::ui {

class FactForm;
class FlatButton;

class ModelDetail final : public QWidget
{
    Q_OBJECT

public:
    /// usage must outlive the widget.
    explicit ModelDetail(session::LiveUsage &usage, QWidget *parent = nullptr);
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

private:
    [[nodiscard]] QWidget *createHead();
    [[nodiscard]] QByteArray name() const;
    [[nodiscard]] bool canHavePrice() const;
    void showFigures(const insight::ModelBook::Model &model);
    void showPrice(const insight::ModelBook::Model &model);

    session::LiveUsage &m_usage;
    int m_model = -1;

    QLabel *m_name = nullptr;
    QLabel *m_note = nullptr;
    FlatButton *m_setPrice = nullptr;
    FactForm *m_figures = nullptr;
    FactForm *m_price = nullptr;
};

} // namespace sluice::ui

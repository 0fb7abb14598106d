// SPDX-License-Identifier: GPL-3.0-or-later
// Says above a live list that models have no price, so that the cost figures are too small. GUI
// thread; owned by its page.
#pragma once

#include "ui/models/modelprices.h"
#include "ui/widgets/messagebar.h"

namespace sluice::ui {

class PriceBar final : public MessageBar
{
    Q_OBJECT

public:
    /// usage must outlive the bar.
    explicit PriceBar(const session::LiveUsage &usage, QWidget *parent = nullptr);
    ~PriceBar() override;
    Q_DISABLE_COPY_MOVE(PriceBar)

    /// 4 Hz. Once closed the bar comes back when more models have no price.
    void refresh();

Q_SIGNALS:
    /// "provider/model" to set a price for.
    void priceRequested(const QByteArray &model);

private:
    const session::LiveUsage &m_usage;
    UnpricedModels m_shown;
    int m_closedAt = 0; ///< models that a person has read of
};

} // namespace sluice::ui

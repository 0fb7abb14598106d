// SPDX-License-Identifier: GPL-3.0-or-later
// A cell with a quota gauge, from GaugeRole. GUI thread.
#pragma once

#include "ui/widgets/rowdelegate.h"

namespace sluice::ui {

class QuotaGaugeDelegate : public RowDelegate
{
    Q_OBJECT

public:
    explicit QuotaGaugeDelegate(QObject *parent = nullptr);

    /// Without the percentage or state word at the right end (chains). On by default.
    void setWordVisible(bool visible) { m_word = visible; }

protected:
    void paintContent(QPainter *painter, const QStyleOptionViewItem &option,
        const QModelIndex &index, const StatusPalette &colours) const override;
    int contentWidth(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

private:
    bool m_word = true;
};

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/quotagaugedelegate.h"

#include "ui/widgets/metrics.h"
#include "ui/widgets/quotagauge.h"

namespace sluice::ui {

QuotaGaugeDelegate::QuotaGaugeDelegate(QObject *parent) : RowDelegate(parent) { }

void QuotaGaugeDelegate::paintContent(QPainter *painter, const QStyleOptionViewItem &option,
    const QModelIndex &index, const StatusPalette &colours) const
{
    const QVariant data = index.data(GaugeRole);
    if (!data.canConvert<GaugeValue>()) {
        RowDelegate::paintContent(painter, option, index, colours);
        return;
    }
    const auto value = data.value<GaugeValue>();
    QRect rect = contentRect(option, index);
    const int height = std::min(rect.height(), metrics::gaugeHeight(option.fontMetrics));
    rect = QRect(
        rect.left(), option.rect.top() + (option.rect.height() - height) / 2, rect.width(), height);
    // The gauge keeps its own ground, except in high contrast, where it must not vanish on
    // Highlight.
    paintQuotaGauge(painter, rect, value,
        {option.palette, option.font, option.direction, true,
            m_word || !value.stateWord.isEmpty()});
}

int QuotaGaugeDelegate::contentWidth(
    const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const QVariant data = index.data(GaugeRole);
    if (!data.canConvert<GaugeValue>())
        return RowDelegate::contentWidth(option, index);
    return gaugeWidthHint(data.value<GaugeValue>(), option.font);
}

} // namespace sluice::ui

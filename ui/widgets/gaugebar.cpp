// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/gaugebar.h"

#include "ui/widgets/format.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/quotagauge.h"

#include <QPainter>

namespace sluice::ui {

GaugeBar::GaugeBar(QWidget *parent) : QProgressBar(parent)
{
    setRange(0, 100);
    setValue(0);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Quota"));
}

void GaugeBar::setGauge(const GaugeValue &value)
{
    if (m_gauge == value)
        return;
    m_gauge = value;
    setValue(int(std::min(1.0, value.share()) * 100));
    setAccessibleDescription(format::gaugeSentence(value));
    updateGeometry();
    update();
}

void GaugeBar::setNumbersVisible(bool visible)
{
    m_numbers = visible;
    update();
}

void GaugeBar::setWordVisible(bool visible)
{
    m_word = visible;
    update();
}

QString GaugeBar::text() const
{
    return format::gaugeSentence(m_gauge);
}

QSize GaugeBar::sizeHint() const
{
    return {
        std::max(200, gaugeWidthHint(m_gauge, font())), metrics::gaugeHeight(fontMetrics()) + 4};
}

QSize GaugeBar::minimumSizeHint() const
{
    return {80, metrics::gaugeHeight(fontMetrics()) + 4};
}

void GaugeBar::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    // Two pixels above are for the pace mark, which stands on the upper edge.
    const int height = std::min(this->height() - 4, metrics::gaugeHeight(fontMetrics()));
    const QRect bar(0, (this->height() - height) / 2, width(), height);
    paintQuotaGauge(
        &painter, bar, m_gauge, {palette(), font(), layoutDirection(), m_numbers, m_word});
}

} // namespace sluice::ui

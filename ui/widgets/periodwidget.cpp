// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/periodwidget.h"

#include "ui/widgets/format.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/quotagauge.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QPainter>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace sluice::ui {
namespace {

constexpr int BarHeight = 28;
constexpr int PaceGap = 8; ///< the mark stands on the upper edge
constexpr int AxisTick = 5;

} // namespace

PeriodWidget::PeriodWidget(QWidget *parent) : QWidget(parent)
{
    setAccessibleName(tr("Calendar period"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
}

void PeriodWidget::setPeriod(const PeriodValue &value)
{
    if (m_value == value)
        return;
    m_value = value;
    setAccessibleDescription(figureText());
    update();
}

QString PeriodWidget::figureText() const
{
    QStringList words{format::gaugeSentence(m_value.gauge), m_value.leftText, m_value.paceText,
        tr("resets %1 %2").arg(m_value.endText, m_value.zoneText)};
    words.removeAll(QString());
    return words.join(u", "_s);
}

QSize PeriodWidget::sizeHint() const
{
    return {276, minimumSizeHint().height()};
}

QSize PeriodWidget::minimumSizeHint() const
{
    const int line = QFontMetrics(Theme::font(FontRole::Small, font())).height();
    return {220, 4 * line + PaceGap + BarHeight + 2 * AxisTick + metrics::CellPadding};
}

void PeriodWidget::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const StatusPalette colours = StatusPalette::of(palette());
    const QFont small = Theme::font(FontRole::Small, font());
    const qreal line = QFontMetrics(small).height();
    const QRectF head(1, 0, width() - 2, line);
    const double pace = m_value.gauge.paceShare.value_or(0);
    // The words stand over the mark as far as there is room.
    const qreal wide = textWidth(m_value.paceText, small);
    const qreal at =
        std::clamp(head.width() * pace - wide / 2, 0.0, std::max(0.0, head.width() - wide));
    const QRectF words(head.left() + at, head.top(), wide + 1, line);
    drawLine(&painter, visualRect(layoutDirection(), rect(), words), m_value.paceText, small,
        colours.second());
    const QRectF bar(1, line + PaceGap, width() - 2, BarHeight);
    paintQuotaGauge(&painter, bar, m_value.gauge, {palette(), font(), layoutDirection()});
    paintTime(&painter, bar);
}

// The axis of time under the bar, both of one width: what is ahead of the mark is used too fast.
void PeriodWidget::paintTime(QPainter *painter, const QRectF &bar) const
{
    const StatusPalette colours = StatusPalette::of(palette());
    const QFont small = Theme::font(FontRole::Small, font());
    const qreal line = QFontMetrics(small).height();
    const qreal axis = snapped(painter, bar.bottom() + AxisTick);
    painter->fillRect(QRectF(bar.left(), axis, bar.width(), 1), colours.rule());
    for (const qreal x : {bar.left(), bar.right() - 1})
        painter->fillRect(QRectF(x, axis - 2, 1, AxisTick), colours.rule());
    const double pace = std::clamp(m_value.gauge.paceShare.value_or(0), 0.0, 1.0);
    const QRectF elapsed(bar.left(), axis - 1, std::round(bar.width() * pace), 3);
    painter->fillRect(visualRect(layoutDirection(), rect(), elapsed), colours.neutral(0.5));
    const bool isMirrored = layoutDirection() == Qt::RightToLeft;
    const Qt::Alignment leading = isMirrored ? Qt::AlignRight : Qt::AlignLeft;
    const Qt::Alignment trailing = isMirrored ? Qt::AlignLeft : Qt::AlignRight;
    QRectF row(bar.left(), axis + AxisTick, bar.width(), line);
    drawLine(painter, row, m_value.startText, small, colours.second(), leading);
    drawLine(painter, row, tr("resets %1").arg(m_value.endText), small, colours.text(), trailing);
    row.translate(0, line);
    drawLine(painter, row, m_value.leftText, small, colours.text(), leading);
    drawLine(painter, row, m_value.zoneText, small, colours.second(), trailing);
}

} // namespace sluice::ui

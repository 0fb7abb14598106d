// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/slotswidget.h"

#include "ui/widgets/format.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QPainter>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace sluice::ui {
namespace {

constexpr int BoxSize = 20;
constexpr int BoxGap = 4;

} // namespace

SlotsWidget::SlotsWidget(QWidget *parent) : QWidget(parent)
{
    setAccessibleName(tr("Slots"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
}

void SlotsWidget::setSlots(const SlotsValue &value)
{
    if (m_value == value)
        return;
    m_value = value;
    setAccessibleDescription(figureText());
    updateGeometry();
    update();
}

QString SlotsWidget::figureText() const
{
    const qint64 free = std::max<qint64>(0, m_value.total - m_value.taken);
    return tr("%1 of %2 slots taken, %3 free")
        .arg(format::count(m_value.taken), format::count(m_value.total), format::count(free));
}

qint64 SlotsWidget::slotsPerBox() const
{
    return std::max<qint64>(1, (m_value.total + MostBoxes - 1) / MostBoxes);
}

int SlotsWidget::boxCount() const
{
    const qint64 each = slotsPerBox();
    return int((m_value.total + each - 1) / each);
}

int SlotsWidget::boxesPerRow() const
{
    return std::max(1, (width() + BoxGap) / (BoxSize + BoxGap));
}

QRectF SlotsWidget::boxRect(int box) const
{
    const int row = box / boxesPerRow();
    const int column = box % boxesPerRow();
    const int step = BoxSize + BoxGap;
    return visualRect(
        layoutDirection(), rect(), QRectF(column * step, row * step, BoxSize, BoxSize));
}

QSize SlotsWidget::sizeHint() const
{
    return {276, 190};
}

QSize SlotsWidget::minimumSizeHint() const
{
    return {220, 3 * (BoxSize + BoxGap)};
}

void SlotsWidget::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const StatusPalette colours = StatusPalette::of(palette());
    const qint64 each = slotsPerBox();
    const QColor line = colours.isHighContrast() ? colours.text() : colours.solid(m_value.state);
    const int count = boxCount();
    for (int box = 0; box < count; ++box) {
        // A box of several is filled as soon as one of them is taken.
        const bool isTaken = m_value.taken > box * each;
        const QRectF rect = boxRect(box);
        drawOutline(&painter, rect, isTaken ? line : colours.edge(), 1,
            isTaken && !colours.isHighContrast() ? colours.fill(m_value.state) : colours.base(),
            metrics::GaugeRadius);
        if (isTaken)
            painter.fillRect(QRectF(rect.left() + 1, rect.bottom() - metrics::StripHeight,
                                 rect.width() - 2, metrics::StripHeight),
                line);
    }
    const QFont small = Theme::font(FontRole::Small, font());
    const qreal top = count > 0
        ? (count - 1) / boxesPerRow() * (BoxSize + BoxGap) + BoxSize + metrics::CellPadding
        : 0;
    QString text = figureText();
    if (each > 1)
        text += u". "_s + tr("Each box is %1 slots").arg(format::count(each));
    drawLine(&painter, QRectF(0, top, width(), QFontMetrics(small).height()), text, small,
        colours.second(), layoutDirection() == Qt::RightToLeft ? Qt::AlignRight : Qt::AlignLeft);
}

} // namespace sluice::ui

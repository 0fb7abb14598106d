// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/chip.h"

#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/signs.h"
#include "ui/widgets/theme.h"

#include <QPainter>

namespace sluice::ui {
namespace {

constexpr int Padding = 6;

QColor wordColour(const ChipValue &chip, const StatusPalette &colours)
{
    switch (chip.kind) {
    case ChipValue::Kind::Plain:
        return colours.second();
    case ChipValue::Kind::Tinted:
    case ChipValue::Kind::Outlined:
        return colours.word(chip.state);
    case ChipValue::Kind::Grey:
        break;
    }
    return colours.text();
}

} // namespace

QSize chipSize(const ChipValue &chip, const QFont &font)
{
    const QFont small = Theme::font(FontRole::Small, font);
    const qreal sign = chip.sign == Sign::None ? 0 : metrics::SignSize + metrics::SignGap;
    return {int(std::ceil(textWidth(chip.text, small) + sign)) + 2 * Padding,
        std::max(metrics::ChipHeight, QFontMetrics(small).height() + 2)};
}

void paintChip(QPainter *painter, const QRectF &rect, const ChipValue &chip, const QFont &font,
    const StatusPalette &colours)
{
    const QSize size = chipSize(chip, font);
    const QRectF box(rect.left(), std::round(rect.center().y() - size.height() / 2.0),
        std::min<qreal>(size.width(), rect.width()), size.height());
    const bool contrast = colours.isHighContrast();
    if (chip.kind == ChipValue::Kind::Outlined || (contrast && chip.kind != ChipValue::Kind::Plain))
        drawOutline(painter, box,
            contrast ? colours.text()
                     : StatusPalette::mix(colours.base(), colours.solid(chip.state), 0.55),
            1, colours.base());
    else if (chip.kind == ChipValue::Kind::Tinted)
        drawOutline(painter, box, Qt::transparent, 0, colours.chip(chip.state));
    else if (chip.kind == ChipValue::Kind::Grey)
        drawOutline(painter, box, Qt::transparent, 0, colours.chip(State::Idle));
    QRectF text = box.adjusted(Padding, 0, -Padding + 1, 0);
    if (chip.sign != Sign::None) {
        const QPointF centre(text.left() + metrics::SignSize / 2.0, box.center().y());
        const QColor colour =
            chip.kind == ChipValue::Kind::Grey ? colours.second() : colours.solid(chip.state);
        paintSign(painter, centre, chip.sign, colour);
        text.setLeft(text.left() + metrics::SignSize + metrics::SignGap);
    }
    drawLine(
        painter, text, chip.text, Theme::font(FontRole::Small, font), wordColour(chip, colours));
}

StateDelegate::StateDelegate(QObject *parent) : RowDelegate(parent) { }

void StateDelegate::paintContent(QPainter *painter, const QStyleOptionViewItem &option,
    const QModelIndex &index, const StatusPalette &colours) const
{
    const QVariant data = index.data(ChipRole);
    if (!data.canConvert<ChipValue>()) {
        RowDelegate::paintContent(painter, option, index, colours);
        return;
    }
    const auto chip = data.value<ChipValue>();
    const QRect content = contentRect(option, index);
    // The ground of the chip stands out by its padding; the words line up with plain ones.
    QRectF box(content.adjusted(-Padding, 0, Padding, 0));
    if (option.direction == Qt::RightToLeft) {
        const qreal width = std::min<qreal>(chipSize(chip, option.font).width(), box.width());
        box.setLeft(box.right() - width);
    }
    if (chip.kind == ChipValue::Kind::Plain)
        drawLine(painter, content, chip.text, Theme::font(FontRole::Small, option.font),
            onRow(option, colours, colours.second()), option.displayAlignment);
    else
        paintChip(painter, box, chip, option.font, colours);
}

int StateDelegate::contentWidth(const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const QVariant data = index.data(ChipRole);
    if (!data.canConvert<ChipValue>())
        return RowDelegate::contentWidth(option, index);
    return chipSize(data.value<ChipValue>(), option.font).width();
}

} // namespace sluice::ui

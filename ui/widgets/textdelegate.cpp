// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/textdelegate.h"

#include "ui/widgets/icons.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/signs.h"
#include "ui/widgets/theme.h"

#include <QPainter>

using namespace Qt::StringLiterals;

namespace sluice::ui {
namespace {

constexpr int ArrowSize = 12;

bool saysNothing(const QString &text)
{
    return text == "0"_L1 || text == u"\u2013"_s || text == "-"_L1;
}

// A wave under the text, as spelling checkers draw it, but from the palette.
void paintWave(QPainter *painter, const QRectF &text, qreal width, const QColor &colour)
{
    QPolygonF wave;
    const qreal y = text.center().y() + painter->fontMetrics().height() / 2.0 - 1;
    for (qreal x = 0; x <= width; x += 2)
        wave << QPointF(text.left() + x, y + (wave.size() % 2 == 0 ? 1 : -1));
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(colour, 1));
    painter->drawPolyline(wave);
    painter->restore();
}

} // namespace

struct TextDelegate::Part
{
    enum class Kind : quint8 { Text, SignMark, Arrow };
    Kind kind = Kind::Text;
    QString text;
    QFont font;
    QColor colour;
    Sign sign = Sign::None;
    int gap = 0; ///< before the next part
    bool wave = false;

    qreal width() const
    {
        if (kind == Kind::Text)
            return std::ceil(textWidth(text, font));
        return kind == Kind::Arrow ? ArrowSize : metrics::SignSize;
    }
};

TextDelegate::TextDelegate(QObject *parent) : RowDelegate(parent) { }

TextDelegate::Part TextDelegate::mainPart(
    const QStyleOptionViewItem &option, const QModelIndex &index, const StatusPalette &colours)
{
    Part part;
    part.text = option.text;
    part.font = option.font;
    part.colour = colours.text();
    const auto tone = Tone(index.data(ToneRole).toInt());
    if (index.data(MonoRole).toBool())
        part.font = Theme::font(FontRole::Mono, option.font);
    const bool changed = index.data(OldTextRole).isValid() || index.data(OldSignRole).isValid();
    if (tone == Tone::Strong || changed)
        part.font.setWeight(QFont::DemiBold);
    if (tone == Tone::Link)
        part.colour = colours.link();
    else if (tone == Tone::Second || saysNothing(part.text) || index.data(StaleRole).toBool())
        part.colour = colours.second();
    part.wave = index.data(ErrorRole).toBool();
    return part;
}

QList<TextDelegate::Part> TextDelegate::parts(const QStyleOptionViewItem &option,
    const QModelIndex &index, const StatusPalette &colours) const
{
    QList<Part> list;
    const auto state = State(index.data(StateRole).toInt());
    const auto addSign = [&](Sign sign, int gap) {
        if (sign == Sign::None)
            return;
        Part part;
        part.kind = Part::Kind::SignMark;
        part.sign = sign;
        part.colour = signColour(option.palette, sign, state);
        part.gap = gap;
        list.append(part);
    };
    const QVariant oldText = index.data(OldTextRole);
    const QVariant oldSign = index.data(OldSignRole);
    if (oldSign.isValid())
        addSign(Sign(oldSign.toInt()), 6);
    if (oldText.isValid()) {
        Part old;
        old.text = oldText.toString();
        old.font = option.font;
        old.colour = colours.second();
        old.gap = 8;
        list.append(old);
    }
    if (oldText.isValid() || oldSign.isValid()) {
        Part arrow;
        arrow.kind = Part::Kind::Arrow;
        arrow.colour = colours.second();
        arrow.gap = 8;
        list.append(arrow);
    }
    Sign sign = Sign(index.data(SignRole).toInt());
    if (index.data(ErrorRole).toBool())
        sign = Sign::Cross;
    addSign(sign, metrics::SignGap);
    if (!list.isEmpty() && list.last().sign == Sign::Cross && index.data(ErrorRole).toBool())
        list.last().colour = colours.solid(State::Refused);
    Part main = mainPart(option, index, colours);
    const QString second = index.data(SecondTextRole).toString();
    main.gap = second.isEmpty() ? 0 : 8;
    list.append(main);
    if (!second.isEmpty()) {
        Part part;
        part.text = second;
        part.font = option.font;
        part.colour = colours.second();
        list.append(part);
    }
    return list;
}

void TextDelegate::paintThread(QPainter *painter, const QStyleOptionViewItem &option, int thread,
    const QPointF &sign, const StatusPalette &colours)
{
    const qreal x = std::floor(sign.x());
    const int reach = 8; // free space around the sign
    if (thread & ChainUp)
        painter->fillRect(
            QRectF(x, option.rect.top(), 1, sign.y() - reach - option.rect.top()), colours.rule());
    if (thread & ChainDown)
        painter->fillRect(
            QRectF(x, sign.y() + reach, 1, option.rect.bottom() + 1 - sign.y() - reach),
            colours.rule());
}

void TextDelegate::paintContent(QPainter *painter, const QStyleOptionViewItem &option,
    const QModelIndex &index, const StatusPalette &colours) const
{
    const QList<Part> all = parts(option, index, colours);
    qreal total = 0;
    for (const Part &part : all)
        total += part.width() + part.gap;
    const QRectF area = contentRect(option, index);
    const Qt::Alignment align = QStyle::visualAlignment(option.direction, option.displayAlignment);
    qreal x = area.left();
    if (align & Qt::AlignRight)
        x = std::max(area.left(), area.right() + 1 - total);
    else if (align & Qt::AlignHCenter)
        x = std::max(area.left(), area.center().x() - total / 2);
    for (const Part &part : all) {
        const QColor colour = onRow(option, colours, part.colour);
        const QRectF box(
            x, area.top(), std::min(part.width(), area.right() + 1 - x), area.height());
        if (part.kind == Part::Kind::Text) {
            const qreal used = drawLine(painter, box, part.text, part.font, colour);
            if (part.wave)
                paintWave(
                    painter, box, used, onRow(option, colours, colours.solid(State::Refused)));
        } else if (part.kind == Part::Kind::SignMark) {
            const QPointF centre = box.center() + QPointF(0, 0.5);
            paintSign(painter, centre, part.sign, colour);
            paintThread(painter, option, index.data(ThreadRole).toInt(), centre, colours);
        } else {
            paintIcon(painter,
                QRectF(box.center().x() - ArrowSize / 2.0, box.center().y() - ArrowSize / 2.0,
                    ArrowSize, ArrowSize),
                Icon::Arrow, colour);
        }
        x += part.width() + part.gap;
        if (x >= area.right())
            break;
    }
}

int TextDelegate::contentWidth(const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    qreal total = 0;
    const QList<Part> all = parts(option, index, StatusPalette::of(option.palette));
    for (const Part &part : all)
        total += part.width() + part.gap;
    return int(std::ceil(total));
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/quotagauge.h"

#include "ui/widgets/format.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/signs.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QPainter>
#include <QPainterPath>

#include <cmath>

using namespace Qt::StringLiterals;

namespace sluice::ui {
namespace {

constexpr int SignGap = 5;
constexpr int SlashAt = 74; // the used amount ends here, so that the slashes of a column line up

QString slash()
{
    return u"\u2009/\u2009"_s;
}

State shownState(const GaugeValue &value)
{
    return value.stale ? State::Idle : value.state;
}

Sign shownSign(const GaugeValue &value)
{
    if (value.stale)
        return Sign::Clock;
    if (value.sign)
        return *value.sign;
    return value.state == State::Normal || value.state == State::Idle ? Sign::None
                                                                      : signOf(value.state);
}

QString shownWord(const GaugeValue &value)
{
    return value.stateWord.isEmpty() ? format::share(value.share()) : value.stateWord;
}

class GaugePainter
{
public:
    GaugePainter(
        QPainter *painter, const QRectF &rect, const GaugeValue &value, const GaugeStyle &style)
        : m_painter(painter),
          m_rect(snapped(painter, rect)),
          m_value(value),
          m_style(style),
          m_colours(StatusPalette::of(style.palette)),
          m_strip(m_colours.isHighContrast() ? 4 : metrics::StripHeight),
          m_scale(painter->device()->devicePixelRatioF())
    {
    }

    void paint()
    {
        m_painter->save();
        m_painter->setRenderHint(QPainter::Antialiasing);
        if (!m_value.noLimitText.isEmpty()) {
            paintNoLimit();
        } else {
            paintBody();
            paintTicks();
            paintTexts();
            paintPace();
        }
        m_painter->restore();
    }

private:
    // A part of the bar, measured from the leading side.
    QRectF part(qreal from, qreal width) const
    {
        return visualRect(m_style.direction, m_rect,
            QRectF(m_rect.left() + from, m_rect.top(), width, m_rect.height()));
    }

    QPainterPath shape(const QRectF &rect) const
    {
        // The corners of the body, also for a fill of 2 px: the fill is cut out of the body's
        // shape.
        QPainterPath body;
        body.addRoundedRect(m_rect, metrics::GaugeRadius, metrics::GaugeRadius);
        if (rect == m_rect)
            return body;
        QPainterPath cut;
        cut.addRect(rect);
        return body.intersected(cut);
    }

    void paintNoLimit()
    {
        QRectF text = m_rect.adjusted(metrics::CellPadding, 0, -metrics::CellPadding, 0);
        if (m_value.blocked) {
            const QRectF sign(text.left(), text.top(), metrics::SignSize, text.height());
            paintSign(m_painter, visualRect(m_style.direction, m_rect, sign).center(),
                Sign::Blocked, m_colours.second());
            text.setLeft(text.left() + metrics::SignSize + 8);
        }
        drawLine(m_painter, visualRect(m_style.direction, m_rect, text), m_value.noLimitText,
            m_style.font, m_colours.second(),
            m_style.direction == Qt::RightToLeft ? Qt::AlignRight : Qt::AlignLeft);
    }

    void paintBody()
    {
        const State state = shownState(m_value);
        if (m_colours.isHighContrast())
            drawOutline(m_painter, m_rect, m_colours.text(), 1, m_colours.base(), 3);
        else
            m_painter->fillPath(shape(m_rect), m_colours.track());
        const qreal width = gaugeFillWidth(m_rect.width(), m_value.used, m_value.quota, m_scale);
        m_fill = part(0, width);
        paintReserved(width);
        if (width <= 0)
            return;
        const QPainterPath fill = shape(m_fill);
        m_painter->save();
        if (!m_colours.isHighContrast())
            m_painter->fillPath(fill, m_colours.fill(state));
        const QRectF strip(m_fill.left(), m_rect.bottom() - m_strip, m_fill.width(), m_strip);
        if (state == State::Shadow)
            paintDashes(fill, strip);
        else {
            m_painter->setClipRect(strip, Qt::IntersectClip);
            m_painter->fillPath(fill, m_colours.solid(state));
        }
        m_painter->restore();
    }

    void paintDashes(const QPainterPath &fill, const QRectF &strip)
    {
        m_painter->setClipPath(fill, Qt::IntersectClip);
        for (qreal x = 0; x < strip.width(); x += 6) {
            const QRectF dash(
                strip.left() + x, strip.top(), std::min(4.0, strip.width() - x), strip.height());
            m_painter->fillRect(
                visualRect(m_style.direction, strip, dash), m_colours.solid(State::Shadow));
        }
    }

    // Reserved but not settled: hatched, so that it is never read as used.
    void paintReserved(qreal from)
    {
        if (m_value.reserved <= 0 || m_value.quota <= 0)
            return;
        const qreal end =
            gaugeFillWidth(m_rect.width(), m_value.used + m_value.reserved, m_value.quota, m_scale);
        if (end <= from)
            return;
        const QRectF area = part(from, end - from);
        m_painter->save();
        m_painter->setClipRect(area, Qt::IntersectClip);
        m_painter->fillPath(shape(m_rect),
            StatusPalette::mix(m_colours.track(), m_colours.fill(State::Normal), 0.45));
        m_painter->setPen(QPen(m_colours.hatch(), 1));
        for (qreal x = area.left() - area.height(); x < area.right(); x += 5)
            m_painter->drawLine(QPointF(x, area.bottom()), QPointF(x + area.height(), area.top()));
        m_painter->restore();
    }

    void paintTicks()
    {
        for (const double share : m_value.thresholds) {
            if (share <= 0 || share >= 1)
                continue;
            const qreal x = std::floor(m_rect.width() * share * m_scale) / m_scale;
            const QRectF tick = part(x, 1);
            const bool inFill = m_fill.contains(tick.center());
            m_painter->fillRect(QRectF(tick.left(), m_rect.bottom() - m_strip, 1, m_strip),
                inFill ? m_colours.base() : m_colours.second());
        }
    }

    void paintPace()
    {
        if (!m_value.paceShare || *m_value.paceShare < 0 || *m_value.paceShare >= 1)
            return;
        const QColor colour = m_colours.neutral(0.82);
        const qreal offset = std::round(m_rect.width() * *m_value.paceShare);
        const qreal x = part(offset, 1).left();
        m_painter->setPen(Qt::NoPen);
        m_painter->setBrush(colour);
        const qreal top = m_rect.top() - 2;
        m_painter->drawPolygon(QPolygonF{{x - 3.5, top}, {x + 4.5, top}, {x + 0.5, top + 6}});
        const qreal tick = m_strip + 2;
        m_painter->fillRect(QRectF(x, m_rect.bottom() - tick, 1, tick), colour);
    }

    void paintTexts()
    {
        const qreal numbersEnd = m_style.showNumbers ? paintNumbers() : 0;
        if (m_style.showWord)
            paintWord(numbersEnd);
    }

    // Returns the leading edge of what is free for the state word.
    qreal paintNumbers()
    {
        const qreal usedWidth = textWidth(m_value.usedText, m_style.font);
        QString rest = slash() + m_value.quotaText;
        if (!m_value.unitText.isEmpty())
            rest += u' ' + m_value.unitText;
        const qreal restWidth = textWidth(rest, m_style.font);
        const qreal factor = QFontMetricsF(m_style.font).height() / 18.0;
        qreal at =
            std::max(usedWidth + metrics::CellPadding, std::round(SlashAt * std::max(1.0, factor)));
        // A narrow bar gives up the common column before it gives up the unit.
        if (at + restWidth > m_rect.width() - metrics::CellPadding)
            at = std::max(usedWidth + 4, m_rect.width() - metrics::CellPadding - restWidth);
        const qreal left = m_style.direction == Qt::RightToLeft ? m_rect.right() - at - restWidth
                                                                : m_rect.left() + at - usedWidth;
        const QRectF line(left, m_rect.top(), std::max(0.0, m_rect.right() - left), textHeight());
        const QString whole = m_value.usedText + rest;
        drawLine(m_painter, line.intersected(m_rect), whole, m_style.font, m_colours.text());
        return at + restWidth;
    }

    qreal textHeight() const { return m_rect.height() - metrics::StripHeight; }

    void paintWord(qreal numbersEnd)
    {
        const QFont small = Theme::font(FontRole::Small, m_style.font);
        QString word = shownWord(m_value);
        const Sign sign = shownSign(m_value);
        const qreal signWidth = sign == Sign::None ? 0 : metrics::SignSize + SignGap;
        const qreal free = m_rect.width() - numbersEnd - 2 * metrics::CellPadding;
        qreal wordWidth = textWidth(word, small);
        if (signWidth + wordWidth > free + 4 && !m_value.shortWord.isEmpty() && !m_value.stale) {
            word = m_value.shortWord;
            wordWidth = textWidth(word, small);
        }
        if (signWidth + wordWidth > free + 4)
            wordWidth = signWidth > 0 ? 0 : -1;
        if (wordWidth < 0 || (wordWidth == 0 && free < metrics::SignSize))
            return;
        const qreal right = metrics::CellPadding;
        const QRectF box = trailing(right, wordWidth);
        if (wordWidth > 0)
            drawLine(m_painter, box.adjusted(0, 0, 1, 0), word, small, m_colours.text());
        if (sign == Sign::None)
            return;
        const qreal gap = wordWidth > 0 ? SignGap : 0;
        const QRectF signBox = trailing(right + wordWidth + gap, metrics::SignSize);
        const QColor colour =
            sign == Sign::Clock ? m_colours.text() : m_colours.solid(shownState(m_value));
        paintSign(m_painter, signBox.center() + QPointF(0, 0.5), sign, colour);
    }

    // A box of the text line, measured from the trailing side.
    QRectF trailing(qreal from, qreal width) const
    {
        const QRectF box(m_rect.right() - from - width, m_rect.top(), width, textHeight());
        return visualRect(m_style.direction, m_rect, box);
    }

    QPainter *m_painter;
    QRectF m_rect;
    const GaugeValue &m_value;
    const GaugeStyle &m_style;
    StatusPalette m_colours;
    qreal m_strip;
    qreal m_scale;
    QRectF m_fill;
};

} // namespace

qreal gaugeFillWidth(qreal width, qint64 used, qint64 quota, qreal scale)
{
    if (used <= 0 || quota <= 0 || width <= 0)
        return 0;
    const double share = std::min(1.0, double(used) / double(quota));
    const qreal exact = std::round(width * share * scale) / scale;
    return std::min(width, std::max(2.0, exact));
}

int gaugeWidthHint(const GaugeValue &value, const QFont &font)
{
    const QFont small = Theme::font(FontRole::Small, font);
    if (!value.noLimitText.isEmpty())
        return int(std::ceil(textWidth(value.noLimitText, font))) + 2 * metrics::CellPadding
            + (value.blocked ? metrics::SignSize + 8 : 0);
    const qreal used =
        std::max<qreal>(SlashAt, textWidth(value.usedText, font) + metrics::CellPadding);
    qreal width = used + textWidth(slash() + value.quotaText + u' ' + value.unitText, font);
    width += 2 * metrics::CellPadding + textWidth(shownWord(value), small);
    if (shownSign(value) != Sign::None)
        width += metrics::SignSize + SignGap;
    return int(std::ceil(width));
}

void paintQuotaGauge(
    QPainter *painter, const QRectF &rect, const GaugeValue &value, const GaugeStyle &style)
{
    GaugePainter(painter, rect, value, style).paint();
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/chart.h"

#include "ui/widgets/format.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QAccessible>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace sluice::ui {
namespace {

constexpr int MostLines = 4; ///< above the axis
constexpr int TickLength = 3;
constexpr int LabelGap = 6;
constexpr int Inset = 3; ///< room for the outline of the focus

QFontMetrics smallMetrics(const QFont &font)
{
    return QFontMetrics(Theme::font(FontRole::Small, font));
}

} // namespace

Chart::Chart(const QString &name, QWidget *parent) : QWidget(parent)
{
    setAccessibleName(name);
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void Chart::setChart(const ChartValue &value)
{
    if (m_value == value)
        return;
    if (m_cursor >= 0) {
        const qint64 at = m_value.edges[size_t(m_cursor)];
        const auto after = std::upper_bound(value.edges.cbegin(), value.edges.cend(), at);
        m_cursor = std::min(int(after - value.edges.cbegin()) - 1, value.steps() - 1);
    }
    m_value = value;
    m_ticks = chartscale::valueTicks(highest(), MostLines, m_value.unit);
    setAccessibleDescription(figureText());
    update();
}

// --- figures -------------------------------------------------------------------------------------

double Chart::total(int step) const
{
    return m_value.values.value(step) + m_value.refused.value(step);
}

double Chart::highest() const
{
    double highest = 0;
    for (int i = 0; i < m_value.steps(); ++i)
        highest = std::max(highest, total(i));
    return highest;
}

double Chart::axisTop() const
{
    return m_ticks.constLast() > 0 ? m_ticks.constLast() : 1;
}

QString Chart::amountText(double amount) const
{
    return m_value.unit == chartscale::Unit::Money ? format::cost(std::llround(amount))
                                                   : format::count(std::llround(amount));
}

QString Chart::stepText(int step) const
{
    if (step < 0 || step >= m_value.steps())
        return {};
    const auto words = [this](double amount, const QString &word) -> QString {
        return word.isEmpty() ? amountText(amount) : QString(amountText(amount) + u' ' + word);
    };
    QString text =
        m_value.names.value(step) + u":  "_s + words(m_value.values.at(step), m_value.valueWord);
    if (m_value.refused.value(step) > 0)
        text += u", "_s + words(m_value.refused.at(step), m_value.refusedWord);
    return text;
}

double Chart::figure() const
{
    return m_cursor < 0 ? 0 : total(m_cursor);
}

double Chart::figureMaximum() const
{
    return highest();
}

QString Chart::figureText() const
{
    return m_cursor < 0 ? m_value.summary : stepText(m_cursor);
}

// --- cursor --------------------------------------------------------------------------------------

void Chart::setCursor(int step)
{
    const int wanted = step < m_value.steps() ? step : -1;
    if (wanted == m_cursor)
        return;
    m_cursor = wanted;
    setAccessibleDescription(figureText());
    update();
}

void Chart::moveCursor(int step)
{
    const int before = m_cursor;
    setCursor(step);
    if (m_cursor != before)
        Q_EMIT cursorMoved(m_cursor);
}

void Chart::speak()
{
    QAccessibleValueChangeEvent event(this, figureText());
    QAccessible::updateAccessibility(&event);
}

void Chart::mouseMoveEvent(QMouseEvent *event)
{
    const QRectF plot = plotRect();
    const qreal x = event->position().x();
    const bool isInside = m_value.steps() > 0 && x >= plot.left() && x < plot.right();
    moveCursor(isInside ? int((x - plot.left()) / plot.width() * m_value.steps()) : -1);
}

void Chart::leaveEvent(QEvent *event)
{
    QWidget::leaveEvent(event);
    moveCursor(-1);
}

void Chart::keyPressEvent(QKeyEvent *event)
{
    const int last = m_value.steps() - 1;
    int next = m_cursor;
    switch (event->key()) {
    case Qt::Key_Left:
        next = m_cursor < 0 ? last : std::max(0, m_cursor - 1);
        break;
    case Qt::Key_Right:
        next = m_cursor < 0 ? last : std::min(last, m_cursor + 1);
        break;
    case Qt::Key_Home:
        next = 0;
        break;
    case Qt::Key_End:
        next = last;
        break;
    default:
        QWidget::keyPressEvent(event);
        return;
    }
    moveCursor(std::min(next, last));
    speak();
}

void Chart::focusInEvent(QFocusEvent *event)
{
    QWidget::focusInEvent(event);
    update();
}

void Chart::focusOutEvent(QFocusEvent *event)
{
    QWidget::focusOutEvent(event);
    moveCursor(-1);
    update();
}

// --- geometry ------------------------------------------------------------------------------------

QSize Chart::sizeHint() const
{
    return {276, 180};
}

QSize Chart::minimumSizeHint() const
{
    return {160, 110};
}

qreal Chart::labelWidth() const
{
    const QFont small = Theme::font(FontRole::Small, font());
    const double step = m_ticks.size() > 1 ? m_ticks.at(1) : 0;
    qreal widest = 0;
    for (const double tick : m_ticks)
        widest =
            std::max(widest, textWidth(chartscale::valueLabel(tick, step, m_value.unit), small));
    return std::ceil(std::max(24.0, widest));
}

QRectF Chart::plotRect() const
{
    const int line = smallMetrics(font()).height();
    const qreal left = Inset + labelWidth() + LabelGap;
    const qreal top = Inset + line + metrics::Grid;
    const qreal bottom = height() - Inset - line - TickLength;
    return {left, top, std::max(40.0, width() - left - Inset), std::max(30.0, bottom - top)};
}

qreal Chart::xOf(int edge) const
{
    const QRectF plot = plotRect();
    const int steps = std::max(1, m_value.steps());
    return std::round(plot.left() + plot.width() * edge / steps);
}

qreal Chart::yOf(double amount) const
{
    const QRectF plot = plotRect();
    if (amount <= 0)
        return plot.bottom();
    // One request is never invisible.
    return plot.bottom() - std::max(1.0, std::round(plot.height() * amount / axisTop()));
}

QRectF Chart::stepRect(int step) const
{
    const qreal top = yOf(total(step));
    return {xOf(step), top, xOf(step + 1) - xOf(step), plotRect().bottom() - top};
}

// --- painting ------------------------------------------------------------------------------------

void Chart::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    if (hasFocus())
        drawOutline(&painter, rect(), StatusPalette::of(palette()).solid(State::Normal), 1);
    paintAxes(&painter);
    paintTimes(&painter);
    paintSteps(&painter);
    paintCursor(&painter);
}

void Chart::paintAxes(QPainter *painter) const
{
    const StatusPalette colours = StatusPalette::of(palette());
    const QFont small = Theme::font(FontRole::Small, font());
    const qreal line = QFontMetrics(small).height();
    const QRectF plot = plotRect();
    const double step = m_ticks.size() > 1 ? m_ticks.at(1) : 0;
    for (const double tick : m_ticks) {
        const qreal y = tick > 0 ? yOf(tick) : plot.bottom();
        painter->fillRect(QRectF(plot.left(), y, plot.width(), 1),
            tick > 0 ? colours.weakRule() : colours.rule());
        const QRectF box(Inset, y - line / 2, plot.left() - LabelGap - Inset, line);
        drawLine(painter, box, chartscale::valueLabel(tick, step, m_value.unit), small,
            colours.second(), Qt::AlignRight);
    }
}

void Chart::paintTimes(QPainter *painter) const
{
    if (m_value.steps() == 0)
        return;
    const StatusPalette colours = StatusPalette::of(palette());
    const QFont small = Theme::font(FontRole::Small, font());
    const QRectF plot = plotRect();
    const qreal room = textWidth(u"00:00"_s, small) + 2 * metrics::PageMargin;
    const int most = std::max(1, int(plot.width() / room));
    const qint64 from = m_value.edges.front();
    const auto span = double(m_value.edges.back() - from);
    const qreal top = plot.bottom() + 1 + TickLength;
    for (const chartscale::TimeTick &tick : chartscale::timeTicks(m_value.edges, most)) {
        const qreal x = std::round(plot.left() + plot.width() * double(tick.at - from) / span);
        painter->fillRect(QRectF(x, plot.bottom() + 1, 1, TickLength), colours.rule());
        const qreal wide = textWidth(tick.label, small);
        // At the ends the words move inwards rather than out of the chart.
        const qreal left = std::clamp(x - wide / 2, plot.left(), plot.right() - wide);
        if (left >= 0)
            drawLine(painter, QRectF(left, top, wide + 1, QFontMetrics(small).height()), tick.label,
                small, colours.second());
    }
}

void Chart::paintSteps(QPainter *painter) const
{
    const StatusPalette colours = StatusPalette::of(palette());
    const bool contrast = colours.isHighContrast();
    const QColor outline = contrast ? colours.text() : colours.solid(State::Normal);
    const QBrush refused(
        colours.solid(State::Refused), contrast ? Qt::Dense4Pattern : Qt::SolidPattern);
    const qreal bottom = plotRect().bottom();
    qreal before = bottom;
    for (int i = 0; i < m_value.steps(); ++i) {
        const qreal x = xOf(i);
        const qreal wide = xOf(i + 1) - x;
        const qreal top = yOf(total(i));
        qreal body = m_value.values.at(i) > 0 ? yOf(m_value.values.at(i)) : bottom;
        if (m_value.refused.value(i) > 0)
            body = std::max(body, top + 1); // neither is one refused request
        if (!contrast)
            painter->fillRect(QRectF(x, body, wide, bottom - body), colours.fill(State::Normal));
        if (const qreal rise = std::abs(body - before); rise > 0)
            painter->fillRect(QRectF(x, std::min(body, before), 1, rise), outline);
        if (body < bottom)
            painter->fillRect(QRectF(x, body, wide, 1), outline);
        painter->fillRect(QRectF(x, top, wide, body - top), refused);
        before = body;
    }
}

void Chart::paintCursor(QPainter *painter) const
{
    if (m_cursor < 0)
        return;
    const StatusPalette colours = StatusPalette::of(palette());
    const QFont small = Theme::font(FontRole::Small, font());
    const QRectF plot = plotRect();
    const qreal x = std::round((xOf(m_cursor) + xOf(m_cursor + 1)) / 2);
    painter->fillRect(QRectF(x, plot.top(), 1, plot.height()), colours.neutral(0.7));
    const QString text = stepText(m_cursor);
    const qreal least = Inset;
    const qreal wide = std::min(textWidth(text, small), width() - 2 * least);
    const qreal left = std::clamp(x - wide / 2, least, std::max(least, width() - least - wide));
    drawLine(painter, QRectF(left, least, wide + 1, QFontMetrics(small).height()), text, small,
        colours.text());
}

} // namespace sluice::ui

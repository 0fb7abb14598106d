// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/windowwidget.h"

#include "ui/widgets/format.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace sluice::ui {
namespace {

constexpr double Overhang = 1.0 / 60; ///< a cell counts until its last unit is a period old

} // namespace

WindowWidget::WindowWidget(QWidget *parent) : QWidget(parent)
{
    setAccessibleName(tr("Rolling window"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
}

void WindowWidget::setWindow(const WindowValue &value)
{
    if (m_value == value)
        return;
    m_value = value;
    setAccessibleDescription(figureText());
    update();
}

QString WindowWidget::figureText() const
{
    return m_value.nextText.isEmpty() ? m_value.sumText
                                      : QString(m_value.sumText + u", "_s + m_value.nextText);
}

QSize WindowWidget::sizeHint() const
{
    return {276, 190};
}

QSize WindowWidget::minimumSizeHint() const
{
    return {220, 120};
}

double WindowWidget::most() const
{
    double most = 0;
    for (const WindowValue::Cell &cell : m_value.cells)
        most = std::max(most, cell.amount);
    return most;
}

QRectF WindowWidget::plotRect() const
{
    const QFont small = Theme::font(FontRole::Small, font());
    const int line = QFontMetrics(small).height();
    const qreal left = std::ceil(std::max(24.0, textWidth(m_value.mostText, small))) + 8;
    const qreal bottom = height() - 2 * line - metrics::CellPadding;
    const qreal top = line + 4;
    return {left, top, std::max(40.0, width() - left - 4.0), std::max(30.0, bottom - top)};
}

double WindowWidget::xOf(double seconds) const
{
    const QRectF plot = plotRect();
    const double span = m_value.period * (1 + Overhang);
    return plot.left() + plot.width() * (span > 0 ? (seconds + span) / span : 1.0);
}

QRectF WindowWidget::cellRect(qsizetype cell) const
{
    const WindowValue::Cell &value = m_value.cells.at(cell);
    const QRectF plot = plotRect();
    const double left = std::max(plot.left(), xOf(value.from));
    const double right = std::min(plot.right(), xOf(value.from + value.length));
    const double share = most() > 0 ? value.amount / most() : 0;
    const double height = std::max(2.0, std::round(plot.height() * share));
    return {left, plot.bottom() - height, std::max(2.0, right - left - 1), height};
}

void WindowWidget::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    paintGrid(&painter);
    paintCells(&painter);
    paintNext(&painter);
}

void WindowWidget::paintGrid(QPainter *painter) const
{
    const StatusPalette colours = StatusPalette::of(palette());
    const QFont small = Theme::font(FontRole::Small, font());
    const qreal line = QFontMetrics(small).height();
    const QRectF plot = plotRect();
    for (int i = 0; i <= 1; ++i) {
        const qreal y = snapped(painter, i == 0 ? plot.bottom() : plot.top());
        painter->fillRect(
            QRectF(plot.left(), y, plot.width(), 1), i == 0 ? colours.rule() : colours.weakRule());
        const QRectF box(0, y - line / 2, plot.left() - 6, line);
        drawLine(painter, box, i == 0 ? u"0"_s : m_value.mostText, small, colours.second(),
            Qt::AlignRight);
    }
    const QRectF axis(plot.left(), plot.bottom() + 4, plot.width(), line);
    drawLine(painter, axis, u'\u2212' + m_value.periodText, small, colours.second());
    drawLine(painter, axis, tr("now"), small, colours.text(), Qt::AlignRight);
    drawLine(painter, axis.translated(0, line), m_value.sumText, small, colours.second());
}

void WindowWidget::paintCells(QPainter *painter) const
{
    const StatusPalette colours = StatusPalette::of(palette());
    const QColor solid = colours.isHighContrast() ? colours.text() : colours.solid(State::Normal);
    for (qsizetype i = 0; i < m_value.cells.size(); ++i) {
        const QRectF column = snapped(painter, cellRect(i));
        // What leaves next is filled, the rest is the light body with its upper edge.
        if (i == 0 || !colours.isHighContrast())
            painter->fillRect(column, i == 0 ? solid : colours.fill(State::Normal));
        painter->fillRect(QRectF(column.left(), column.top(), column.width(), 1), solid);
        if (colours.isHighContrast() && i > 0)
            drawOutline(painter, column, solid, 1, QColor(Qt::transparent), 0);
    }
}

void WindowWidget::paintNext(QPainter *painter) const
{
    if (m_value.cells.isEmpty() || m_value.nextText.isEmpty())
        return;
    const StatusPalette colours = StatusPalette::of(palette());
    const QFont small = Theme::font(FontRole::Small, font());
    const qreal line = QFontMetrics(small).height();
    const QRectF plot = plotRect();
    const qreal wide = textWidth(m_value.nextText, small);
    const qreal at =
        std::clamp(cellRect(0).left(), plot.left(), std::max(plot.left(), plot.right() - wide));
    drawLine(painter, QRectF(at, 0, plot.right() - at + 1, line), m_value.nextText, small,
        colours.text());
}

} // namespace sluice::ui

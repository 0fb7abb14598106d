// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/bucketwidget.h"

#include "ui/widgets/format.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QPainter>
#include <QPainterPath>

#include <cmath>

namespace sluice::ui {
namespace {

constexpr int VesselWidth = 52;
constexpr int PlotLeft = 92; // vessel, gap and the figures of the axis
constexpr int TickHeight = 5;

QPainterPath dropPath(QPointF tip, qreal size)
{
    QPainterPath path(tip);
    path.cubicTo(tip + QPointF(size * 0.4, size * 0.55), tip + QPointF(size * 0.55, size * 0.75),
        tip + QPointF(size * 0.5, size));
    path.cubicTo(tip + QPointF(size * 0.45, size * 1.45), tip + QPointF(-size * 0.45, size * 1.45),
        tip + QPointF(-size * 0.5, size));
    path.cubicTo(
        tip + QPointF(-size * 0.55, size * 0.75), tip + QPointF(-size * 0.4, size * 0.55), tip);
    return path;
}

} // namespace

BucketWidget::BucketWidget(QWidget *parent) : QWidget(parent)
{
    setAccessibleName(tr("Bucket"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
}

void BucketWidget::setBucket(const BucketValue &value)
{
    if (m_value == value)
        return;
    m_value = value;
    setAccessibleDescription(figureText());
    update();
}

QString BucketWidget::figureText() const
{
    return tr("%1 of %2 left").arg(amountText(m_value.left), amountText(m_value.capacity));
}

QString BucketWidget::amountText(double amount) const
{
    return m_value.isMoney ? format::money(std::llround(amount * double(MicroPerUnit)), true)
                           : format::count(qint64(std::floor(amount)));
}

QSize BucketWidget::sizeHint() const
{
    return {276, 190};
}

QSize BucketWidget::minimumSizeHint() const
{
    return {220, 150};
}

QRectF BucketWidget::plotRect() const
{
    const int line = QFontMetrics(Theme::font(FontRole::Small, font())).height();
    const qreal top = line + 12;
    const qreal bottom = height() - 2 * line - 16 - 2 * TickHeight;
    return {double(PlotLeft), top, std::max(40.0, width() - PlotLeft - 4.0),
        std::max(30.0, bottom - top)};
}

QRectF BucketWidget::vesselRect() const
{
    const QRectF plot = plotRect();
    return {1, plot.top(), VesselWidth, plot.height()};
}

double BucketWidget::xOf(double seconds) const
{
    const QRectF plot = plotRect();
    const double span = m_value.past + m_value.future;
    return plot.left() + plot.width() * (seconds + m_value.past) / (span > 0 ? span : 1);
}

double BucketWidget::yOf(double left) const
{
    const QRectF plot = plotRect();
    const double share = m_value.capacity > 0 ? std::clamp(left / m_value.capacity, 0.0, 1.0) : 0;
    return plot.bottom() - plot.height() * share;
}

void BucketWidget::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    paintVessel(&painter);
    paintGrid(&painter);
    paintLevel(&painter);
    paintFuture(&painter);
    paintArrivals(&painter);
    paintLegend(&painter);
}

void BucketWidget::paintVessel(QPainter *painter) const
{
    const StatusPalette colours = StatusPalette::of(palette());
    const QFont small = Theme::font(FontRole::Small, font());
    const QRectF vessel = vesselRect();
    const QColor normal = colours.solid(State::Normal);
    painter->fillRect(vessel, colours.track());
    const qreal level = snapped(painter, yOf(m_value.left));
    if (!colours.isHighContrast() && level < vessel.bottom())
        painter->fillRect(QRectF(vessel.left(), level, vessel.width(), vessel.bottom() - level),
            colours.fill(State::Normal));
    const qreal line = std::min(level, vessel.bottom() - 2);
    painter->fillRect(QRectF(vessel.left() + 1, line, vessel.width() - 2, 2),
        colours.isHighContrast() ? colours.text() : normal);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(colours.neutral(0.5), 1));
    QPainterPath walls(QPointF(vessel.left() + 0.5, vessel.top()));
    walls.lineTo(vessel.left() + 0.5, vessel.bottom() - 2);
    walls.quadTo(
        vessel.left() + 0.5, vessel.bottom() + 0.5, vessel.left() + 3, vessel.bottom() + 0.5);
    walls.lineTo(vessel.right() - 3, vessel.bottom() + 0.5);
    walls.quadTo(
        vessel.right() - 0.5, vessel.bottom() + 0.5, vessel.right() - 0.5, vessel.bottom() - 2);
    walls.lineTo(vessel.right() - 0.5, vessel.top());
    painter->drawPath(walls);
    painter->restore();
    for (int i = 1; i < 4; ++i) {
        const qreal y = snapped(painter, vessel.bottom() - vessel.height() * i / 4);
        painter->fillRect(QRectF(vessel.right() - 7, y, 6, 1), colours.edge());
    }
    if (m_value.refillPerSecond > 0)
        paintDrops(painter, vessel);
    const QRectF caption(
        vessel.left(), vessel.bottom() + 4, PlotLeft - vessel.left() - 4, fontMetrics().height());
    const QString text = tr("%1 left").arg(amountText(m_value.left));
    const qreal wide = textWidth(text, small);
    const qreal from = std::max(0.0, vessel.center().x() - wide / 2);
    drawLine(painter, QRectF(from, caption.top(), PlotLeft - from, caption.height()), text, small,
        colours.text());
}

// Still drops: they say "refilled all the time", movement would say no more.
void BucketWidget::paintDrops(QPainter *painter, const QRectF &vessel) const
{
    const StatusPalette colours = StatusPalette::of(palette());
    const QColor normal = colours.solid(State::Normal);
    const QFont small = Theme::font(FontRole::Small, font());
    const qreal x = vessel.center().x();
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->fillPath(dropPath({x, vessel.top() - 21}, 7), normal);
    const qreal free = yOf(m_value.left) - vessel.top();
    if (free > 34)
        painter->fillPath(
            dropPath({x, vessel.top() + 10}, 7), StatusPalette::mix(colours.track(), normal, 0.75));
    if (free > 66)
        painter->fillPath(
            dropPath({x, vessel.top() + 46}, 7), StatusPalette::mix(colours.track(), normal, 0.5));
    painter->restore();
    const QRectF text(x + 8, vessel.top() - 24, PlotLeft - x + 30, QFontMetrics(small).height());
    drawLine(painter, text, m_value.refillText, small, colours.second());
}

void BucketWidget::paintGrid(QPainter *painter) const
{
    const StatusPalette colours = StatusPalette::of(palette());
    const QFont small = Theme::font(FontRole::Small, font());
    const QRectF plot = plotRect();
    const qreal height = QFontMetrics(small).height();
    for (int i = 0; i <= 2; ++i) {
        const double value = m_value.capacity * i / 2;
        const qreal y = snapped(painter, yOf(value));
        painter->fillRect(
            QRectF(plot.left(), y, plot.width(), 1), i == 0 ? colours.rule() : colours.weakRule());
        if (i == 1 && value != std::floor(value) && !m_value.isMoney)
            continue; // the axis counts whole requests
        const QRectF box(VesselWidth + 4, y - height / 2, plot.left() - VesselWidth - 10, height);
        drawLine(painter, box, amountText(value), small, colours.second(), Qt::AlignRight);
    }
    const qreal now = snapped(painter, xOf(0));
    painter->fillRect(QRectF(now, plot.top() - 8, 1, plot.height() + 8), colours.neutral(0.7));
    drawLine(painter, QRectF(now - 40, plot.top() - 8 - height, 80, height), tr("now"), small,
        colours.text(), Qt::AlignHCenter);
}

void BucketWidget::paintLevel(QPainter *painter) const
{
    if (m_value.level.isEmpty())
        return;
    const StatusPalette colours = StatusPalette::of(palette());
    QPolygonF line;
    for (const BucketValue::Sample &sample : m_value.level) {
        if (sample.at < -m_value.past || sample.at > 0)
            continue;
        const QPointF point(xOf(sample.at), yOf(sample.left));
        if (!line.isEmpty())
            line << QPointF(point.x(), line.last().y()); // steps: the level holds until it changes
        line << point;
    }
    if (line.isEmpty())
        return;
    line << QPointF(xOf(0), line.last().y());
    const QRectF plot = plotRect();
    if (!colours.isHighContrast()) {
        QPolygonF body = line;
        body << QPointF(line.last().x(), plot.bottom()) << QPointF(line.first().x(), plot.bottom());
        QPainterPath path;
        path.addPolygon(body);
        painter->fillPath(
            path, StatusPalette::mix(colours.base(), colours.fill(State::Normal), 0.6));
    }
    painter->save();
    painter->setPen(
        QPen(colours.solid(State::Normal), 1)); // pen 1: wider ones are slow on noisy lines
    painter->drawPolyline(line);
    painter->restore();
}

void BucketWidget::paintFuture(QPainter *painter) const
{
    const StatusPalette colours = StatusPalette::of(palette());
    const QColor normal = colours.solid(State::Normal);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    if (m_value.refillPerSecond > 0 && m_value.left < m_value.capacity) {
        const double full = (m_value.capacity - m_value.left) / m_value.refillPerSecond;
        const double until = std::min(full, m_value.future);
        painter->setPen(QPen(normal, 1, Qt::CustomDashLine));
        QPen pen = painter->pen();
        pen.setDashPattern({4, 3});
        painter->setPen(pen);
        const double reached = m_value.left + until * m_value.refillPerSecond;
        painter->drawLine(QPointF(xOf(0), yOf(m_value.left)), QPointF(xOf(until), yOf(reached)));
        if (full < m_value.future)
            painter->drawLine(QPointF(xOf(full), yOf(m_value.capacity)),
                QPointF(xOf(m_value.future), yOf(m_value.capacity)));
    }
    if (m_value.nextIn >= 0 && m_value.nextIn <= m_value.future) {
        const QRectF plot = plotRect();
        const QPointF at(std::max(xOf(0) + 4, xOf(m_value.nextIn)), plot.bottom() + 7);
        painter->setPen(QPen(normal, 1.5));
        painter->setBrush(colours.base());
        painter->drawEllipse(at, 3.5, 3.5);
        const QFont small = Theme::font(FontRole::Small, font());
        const qreal height = QFontMetrics(small).height();
        drawLine(painter, QRectF(at.x() + 7, at.y() - height / 2, width() - at.x() - 7, height),
            tr("next"), small, colours.text());
    }
    painter->restore();
}

void BucketWidget::paintArrivals(QPainter *painter) const
{
    const StatusPalette colours = StatusPalette::of(palette());
    const QRectF plot = plotRect();
    for (const BucketValue::Arrival &arrival : m_value.arrivals) {
        if (arrival.at < -m_value.past || arrival.at > 0)
            continue;
        const qreal x = snapped(painter, xOf(arrival.at));
        const qreal y = plot.bottom() + 4 + (arrival.admitted ? 0 : TickHeight + 1);
        painter->fillRect(QRectF(x, y, 1, TickHeight),
            colours.solid(arrival.admitted ? State::Normal : State::Refused));
    }
}

void BucketWidget::paintLegend(QPainter *painter) const
{
    const StatusPalette colours = StatusPalette::of(palette());
    const QFont small = Theme::font(FontRole::Small, font());
    const qreal height = QFontMetrics(small).height();
    const QRectF plot = plotRect();
    const qreal axis = plot.bottom() + 2 * TickHeight + 8;
    const auto label = [](double seconds) -> QString {
        return (seconds < 0 ? u'\u2212' : u'+') + QString::number(std::abs(seconds), 'f', 0)
            + QChar(format::NarrowSpace) + u's';
    };
    const QString past = label(-m_value.past);
    const QString future = label(m_value.future);
    drawLine(painter, QRectF(plot.left(), axis, plot.width() / 2, height), past, small,
        colours.second());
    drawLine(painter, QRectF(plot.center().x(), axis, plot.width() / 2, height), future, small,
        colours.second(), Qt::AlignRight);
    const auto entry = [&](qreal x, State state, const QString &text) {
        painter->fillRect(QRectF(x, axis + height + height / 2 - 3, 2, 7), colours.solid(state));
        return x + 6
            + drawLine(painter, QRectF(x + 6, axis + height, width() - x - 6, height), text, small,
                colours.second());
    };
    const QString admitted = tr("admitted");
    const QString refused = tr("refused");
    const qreal total = textWidth(admitted, small) + textWidth(refused, small) + 28;
    const qreal start = std::max(0.0, plot.center().x() - total / 2 - PlotLeft / 4.0);
    const qreal next = entry(start, State::Normal, admitted);
    entry(next + 16, State::Refused, refused);
}

} // namespace sluice::ui

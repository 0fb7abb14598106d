// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/sparkline.h"

#include "ui/widgets/metrics.h"

#include <QPainter>
#include <QPainterPath>

#include <array>
#include <cmath>

namespace sluice::ui {
namespace {

constexpr int Buckets = 60;

struct Steps
{
    std::array<int, Buckets> admitted{};
    std::array<int, Buckets> total{};
};

double bucket(const QList<double> &series, int index)
{
    // The newest value is the last one; a shorter series starts later.
    const qsizetype at = series.size() - Buckets + index;
    if (at < 0 || at >= series.size() || !std::isfinite(series.at(at)))
        return 0;
    return std::max(0.0, series.at(at));
}

Steps stepsOf(const SparklineValue &value, int height)
{
    double peak = 0;
    for (int i = 0; i < Buckets; ++i)
        peak = std::max(peak, bucket(value.admitted, i) + bucket(value.refused, i));
    Steps steps;
    if (peak <= 0)
        return steps;
    const auto scaled = [&](double amount) {
        const int pixels = int(std::lround(amount / peak * height));
        return amount > 0 ? std::max(1, pixels) : 0; // one request is never invisible
    };
    for (int i = 0; i < Buckets; ++i) {
        const double admitted = bucket(value.admitted, i);
        const double refused = bucket(value.refused, i);
        steps.admitted[std::size_t(i)] = scaled(admitted);
        steps.total[std::size_t(i)] = scaled(admitted + refused);
        if (refused > 0 && steps.total[std::size_t(i)] == steps.admitted[std::size_t(i)])
            steps.admitted[std::size_t(i)] = steps.total[std::size_t(i)] - 1;
    }
    return steps;
}

} // namespace

void paintSparkline(QPainter *painter, const QRectF &rect, const SparklineValue &value,
    const StatusPalette &colours, const QColor &ground)
{
    const qreal step = rect.width() / Buckets;
    const qreal base = rect.bottom() - 1;
    const Steps steps = stepsOf(value, int(rect.height()) - 1);
    const bool contrast = colours.isHighContrast();
    const QColor body = contrast ? ground : StatusPalette::mix(ground, colours.text(), 0.12);
    const QColor outline =
        contrast ? colours.text() : StatusPalette::mix(ground, colours.text(), 0.5);
    const QBrush refused(
        colours.solid(State::Refused), contrast ? Qt::Dense4Pattern : Qt::SolidPattern);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing, false);
    painter->fillRect(QRectF(rect.left(), base, rect.width(), 1),
        StatusPalette::mix(ground, colours.text(), 0.25));
    int before = 0;
    for (std::size_t i = 0; i < Buckets; ++i) {
        const int admitted = steps.admitted[i];
        const int total = steps.total[i];
        const qreal x = rect.left() + double(i) * step;
        painter->fillRect(QRectF(x, base - admitted, step, admitted), body);
        if (const int rise = std::abs(admitted - before); rise > 0)
            painter->fillRect(QRectF(x, base - std::max(admitted, before), 1, rise), outline);
        if (admitted > 0)
            painter->fillRect(QRectF(x, base - admitted, step, 1), outline);
        painter->fillRect(QRectF(x, base - total, step, total - admitted), refused);
        before = admitted;
    }
    painter->restore();
}

SparklineDelegate::SparklineDelegate(QObject *parent) : RowDelegate(parent) { }

void SparklineDelegate::paintContent(QPainter *painter, const QStyleOptionViewItem &option,
    const QModelIndex &index, const StatusPalette &colours) const
{
    const QVariant data = index.data(SparklineRole);
    if (!data.canConvert<SparklineValue>())
        return;
    const QRect cell = contentRect(option, index);
    // A bucket is two pixels wide, or one where there is no room.
    const int width =
        cell.width() < metrics::SparkWidth ? metrics::SparkWidth / 2 : metrics::SparkWidth;
    const QRect rect(
        cell.left(), cell.center().y() - metrics::SparkHeight / 2 + 1, width, metrics::SparkHeight);
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    const bool focused = !option.widget || option.widget->hasFocus();
    const QColor ground = selected ? colours.selection(focused) : colours.base();
    paintSparkline(painter, rect, data.value<SparklineValue>(), colours, ground);
}

int SparklineDelegate::contentWidth(const QStyleOptionViewItem &, const QModelIndex &) const
{
    return metrics::SparkWidth;
}

} // namespace sluice::ui

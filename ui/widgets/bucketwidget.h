// SPDX-License-Identifier: GPL-3.0-or-later
// What is left in a limit's bucket, drawn: a vessel with its level and refill, and the last minute
// as steps with what came in, the refill to come and the next request. GUI thread.
#pragma once

#include "ui/widgets/accessible.h"

#include <QList>
#include <QWidget>

namespace sluice::ui {

/// Plain figures; times are seconds from now, negative in the past.
struct BucketValue
{
    struct Sample
    {
        double at = 0;
        double left = 0;
        bool operator==(const Sample &) const = default;
    };

    struct Arrival
    {
        double at = 0;
        bool admitted = true;
        bool operator==(const Arrival &) const = default;
    };

    double capacity = 0; ///< 60
    double left = 0; ///< free now
    bool isMoney = false; ///< the figures are cents, shown as dollars
    double refillPerSecond = 0; ///< 0: no continuous refill (windows)
    QString refillText; ///< "+1 per s"
    QList<Sample> level; ///< oldest first, within the last `past` seconds
    QList<Arrival> arrivals;
    double nextIn = -1; ///< seconds until the next request passes; negative: it passes now
    double past = 60;
    double future = 31;
    bool operator==(const BucketValue &) const = default;
};

class BucketWidget : public QWidget, public AccessibleFigure
{
    Q_OBJECT

public:
    explicit BucketWidget(QWidget *parent = nullptr);

    void setBucket(const BucketValue &value);

    const BucketValue &bucket() const { return m_value; }

    double figure() const override { return m_value.left; }

    double figureMaximum() const override { return m_value.capacity; }

    QString figureText() const override;

    /// The plot of the last minute, without axes, in widget coordinates.
    QRectF plotRect() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QRectF vesselRect() const;
    double xOf(double seconds) const;
    double yOf(double left) const;
    QString amountText(double amount) const;
    void paintVessel(QPainter *painter) const;
    void paintDrops(QPainter *painter, const QRectF &vessel) const;
    void paintGrid(QPainter *painter) const;
    void paintLevel(QPainter *painter) const;
    void paintFuture(QPainter *painter) const;
    void paintArrivals(QPainter *painter) const;
    void paintLegend(QPainter *painter) const;

    BucketValue m_value;
};

} // namespace sluice::ui

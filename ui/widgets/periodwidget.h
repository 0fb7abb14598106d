// SPDX-License-Identifier: GPL-3.0-or-later
// A calendar period of a limit, drawn: how much of the quota is used above how much of the time is
// over, from its start to the instant at which everything is free again. GUI thread.
#pragma once

#include "ui/widgets/accessible.h"
#include "ui/widgets/cellvalues.h"

#include <QWidget>

namespace sluice::ui {

struct PeriodValue
{
    GaugeValue gauge; ///< with the pace mark; the bar shows all but its word
    QString leftText; ///< "$312.98 left"
    QString paceText; ///< "61 % of the month is over"
    QString startText; ///< "1 March 00:00"
    QString endText; ///< "1 April 00:00"
    QString zoneText; ///< "Europe/Berlin"
    bool operator==(const PeriodValue &) const = default;
};

class PeriodWidget : public QWidget, public AccessibleFigure
{
    Q_OBJECT

public:
    explicit PeriodWidget(QWidget *parent = nullptr);

    void setPeriod(const PeriodValue &value);

    const PeriodValue &period() const { return m_value; }

    double figure() const override { return double(m_value.gauge.used + m_value.gauge.reserved); }

    double figureMaximum() const override { return double(m_value.gauge.quota); }

    QString figureText() const override;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    void paintTime(QPainter *painter, const QRectF &bar) const;

    PeriodValue m_value;
};

} // namespace sluice::ui

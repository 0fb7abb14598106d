// SPDX-License-Identifier: GPL-3.0-or-later
// A quota gauge as a widget, for forms and pages: a QProgressBar, so that screen readers get role
// and value, with the painting of the table gauge. GUI thread.
#pragma once

#include "ui/widgets/cellvalues.h"

#include <QProgressBar>

namespace sluice::ui {

class GaugeBar : public QProgressBar
{
    Q_OBJECT

public:
    explicit GaugeBar(QWidget *parent = nullptr);

    /// Shows @p value; the progress value becomes its percentage, the description its sentence.
    void setGauge(const GaugeValue &value);

    const GaugeValue &gauge() const { return m_gauge; }

    void setNumbersVisible(bool visible);
    void setWordVisible(bool visible);

    QString text() const override;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    GaugeValue m_gauge;
    bool m_numbers = true;
    bool m_word = true;
};

} // namespace sluice::ui

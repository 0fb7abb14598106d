// SPDX-License-Identifier: GPL-3.0-or-later
// Figures over time as steps, what was refused stacked on top; round numbers on both axes, a cursor
// that follows pointer and arrow keys and says the figures of its step. Time runs left to right
// always. GUI thread.
#pragma once

#include "ui/widgets/accessible.h"
#include "ui/widgets/chartscale.h"

#include <QWidget>

namespace sluice::ui {

struct ChartValue
{
    std::vector<qint64> edges; ///< milliseconds since 1970, ascending; one more than steps
    QList<double> values; ///< one for each step: counts, or micro-cents
    QList<double> refused; ///< on top of them; may be empty
    QStringList names; ///< what a step is called: "14:20 – 14:40"
    chartscale::Unit unit = chartscale::Unit::Count;
    QString valueWord; ///< "admitted", behind a figure
    QString refusedWord;
    QString summary; ///< for screen readers: "9 806 requests, 1 284 refused"

    [[nodiscard]] int steps() const { return int(values.size()); }

    bool operator==(const ChartValue &) const = default;
};

class Chart : public QWidget, public AccessibleFigure
{
    Q_OBJECT

public:
    /// name is the accessible name.
    explicit Chart(const QString &name, QWidget *parent = nullptr);

    /// The cursor stays at its place in time.
    void setChart(const ChartValue &value);

    const ChartValue &value() const { return m_value; }

    /// The step under the cursor; -1 = none.
    int cursor() const { return m_cursor; }

    /// Emits nothing: for charts that share a cursor.
    void setCursor(int step);

    /// What the chart says of a step: "14:20 – 14:40: 206 admitted, 12 refused".
    QString stepText(int step) const;

    /// Without axes, in widget coordinates.
    QRectF plotRect() const;

    /// The column of a step, refused part included.
    QRectF stepRect(int step) const;

    double figure() const override;
    double figureMaximum() const override;
    QString figureText() const override;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    /// A person moved it.
    void cursorMoved(int step);

protected:
    void paintEvent(QPaintEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;

private:
    void moveCursor(int step);
    void speak();
    double total(int step) const;
    double highest() const;
    double axisTop() const;
    qreal labelWidth() const;
    qreal xOf(int edge) const;
    qreal yOf(double amount) const;
    void paintAxes(QPainter *painter) const;
    void paintTimes(QPainter *painter) const;
    void paintSteps(QPainter *painter) const;
    void paintCursor(QPainter *painter) const;
    QString amountText(double amount) const;

    ChartValue m_value;
    QList<double> m_ticks{0};
    int m_cursor = -1;
};

} // namespace sluice::ui

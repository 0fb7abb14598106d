// SPDX-License-Identifier: GPL-3.0-or-later
// A rolling window, drawn: what was used when, as columns over the length of the window, and which
// of it leaves next. Time runs left to right always. GUI thread.
#pragma once

#include "ui/widgets/accessible.h"

#include <QList>
#include <QWidget>

namespace sluice::ui {

/// Plain figures; times are seconds from now, negative in the past.
struct WindowValue
{
    struct Cell
    {
        double from = 0; ///< its start
        double length = 0;
        double amount = 0;
        bool operator==(const Cell &) const = default;
    };

    QList<Cell> cells; ///< oldest first
    double period = 0; ///< seconds
    double taken = 0;
    double quota = 0;
    QString mostText; ///< the amount of the highest column, for the axis
    QString sumText; ///< "412 of 1 000 used"
    QString nextText; ///< "120 leave in 3 m"; empty = nothing is used
    QString periodText; ///< "1 h"
    bool operator==(const WindowValue &) const = default;
};

class WindowWidget : public QWidget, public AccessibleFigure
{
    Q_OBJECT

public:
    explicit WindowWidget(QWidget *parent = nullptr);

    void setWindow(const WindowValue &value);

    const WindowValue &value() const { return m_value; }

    double figure() const override { return m_value.taken; }

    double figureMaximum() const override { return m_value.quota; }

    QString figureText() const override;

    /// Without axes, in widget coordinates.
    QRectF plotRect() const;

    /// The column of a cell, in widget coordinates.
    QRectF cellRect(qsizetype cell) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    double most() const;
    double xOf(double seconds) const;
    void paintGrid(QPainter *painter) const;
    void paintCells(QPainter *painter) const;
    void paintNext(QPainter *painter) const;

    WindowValue m_value;
};

} // namespace sluice::ui

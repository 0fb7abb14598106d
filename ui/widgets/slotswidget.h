// SPDX-License-Identifier: GPL-3.0-or-later
// The slots of a limit of concurrency, drawn: a box for each, filled while a request runs in it.
// GUI thread.
#pragma once

#include "ui/widgets/accessible.h"
#include "ui/widgets/cellvalues.h"

#include <QWidget>

namespace sluice::ui {

struct SlotsValue
{
    qint64 total = 0;
    qint64 taken = 0; ///< more than the slots after the limit was narrowed
    State state = State::Normal;
    bool operator==(const SlotsValue &) const = default;
};

class SlotsWidget : public QWidget, public AccessibleFigure
{
    Q_OBJECT

public:
    static constexpr int MostBoxes = 120; ///< with more slots each box stands for several

    explicit SlotsWidget(QWidget *parent = nullptr);

    void setSlots(const SlotsValue &value);

    const SlotsValue &value() const { return m_value; }

    double figure() const override { return double(m_value.taken); }

    double figureMaximum() const override { return double(m_value.total); }

    QString figureText() const override;

    /// How many slots one box stands for.
    qint64 slotsPerBox() const;

    /// Where a box is drawn, in widget coordinates.
    QRectF boxRect(int box) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    int boxCount() const;
    int boxesPerRow() const;

    SlotsValue m_value;
};

} // namespace sluice::ui

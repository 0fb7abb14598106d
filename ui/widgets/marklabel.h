// SPDX-License-Identifier: GPL-3.0-or-later
// A chip on its own: "blocked until 18:00" beside a name. GUI thread.
#pragma once

#include "ui/widgets/cellvalues.h"

#include <QWidget>

namespace sluice::ui {

class MarkLabel : public QWidget
{
    Q_OBJECT

public:
    /// Hidden until it has a text.
    explicit MarkLabel(QWidget *parent = nullptr);

    /// Without a text the label hides.
    void setMark(const ChipValue &mark);

    const ChipValue &mark() const { return m_mark; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    ChipValue m_mark;
};

} // namespace sluice::ui

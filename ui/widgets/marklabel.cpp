// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/marklabel.h"

#include "ui/widgets/chip.h"

#include <QPainter>

namespace sluice::ui {

MarkLabel::MarkLabel(QWidget *parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    hide();
}

void MarkLabel::setMark(const ChipValue &mark)
{
    setVisible(!mark.text.isEmpty());
    if (m_mark == mark)
        return;
    m_mark = mark;
    setAccessibleName(mark.text);
    updateGeometry();
    update();
}

QSize MarkLabel::sizeHint() const
{
    return chipSize(m_mark, font());
}

QSize MarkLabel::minimumSizeHint() const
{
    return sizeHint();
}

void MarkLabel::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    paintChip(&painter, rect(), m_mark, font(), StatusPalette::of(palette()));
}

} // namespace sluice::ui

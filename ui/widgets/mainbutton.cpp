// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/mainbutton.h"

#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QPainter>
#include <QStyle>
#include <QStyleOptionButton>
#include <QStylePainter>

using namespace Qt::StringLiterals;

namespace sluice::ui {
namespace {

constexpr int Padding = 16;
constexpr int Gap = 12;

} // namespace

MainButton::MainButton(const QString &text, QWidget *parent) : QPushButton(text, parent)
{
    setAccessibleName(shownText());
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void MainButton::setShownShortcut(const QKeySequence &shortcut)
{
    m_shortcut = shortcut.toString(QKeySequence::NativeText);
    updateGeometry();
    update();
}

bool MainButton::isFlat() const
{
    return style()->name().compare("fusion"_L1, Qt::CaseInsensitive) == 0
        && !StatusPalette::of(palette()).isHighContrast();
}

QString MainButton::shownText() const
{
    QString shown = text();
    return shown.remove(u'&');
}

QSize MainButton::sizeHint() const
{
    const QFont strong = Theme::font(FontRole::Strong, font());
    int width = int(std::ceil(textWidth(shownText(), strong))) + 2 * Padding;
    if (!m_shortcut.isEmpty())
        width += Gap + int(std::ceil(textWidth(m_shortcut, Theme::font(FontRole::Small, font()))));
    return {width, metrics::rowHeight(fontMetrics()) + 2};
}

QSize MainButton::minimumSizeHint() const
{
    return sizeHint();
}

void MainButton::paintEvent(QPaintEvent *event)
{
    if (!isFlat()) {
        QStylePainter painter(this);
        QStyleOptionButton option;
        initStyleOption(&option);
        option.features |= QStyleOptionButton::DefaultButton;
        painter.drawControl(QStyle::CE_PushButton, option);
        return;
    }
    Q_UNUSED(event)
    QPainter painter(this);
    const StatusPalette colours = StatusPalette::of(palette());
    const QFont strong = Theme::font(FontRole::Strong, font());
    const QFont small = Theme::font(FontRole::Small, font());
    QColor face = colours.highlight();
    if (!isEnabled())
        face = palette().color(QPalette::Disabled, QPalette::Highlight);
    else if (isDown())
        face = StatusPalette::mix(face, Qt::black, 0.16);
    else if (underMouse())
        face = StatusPalette::mix(face, Qt::black, 0.08);
    QRectF body(rect());
    if (hasFocus()) {
        drawOutline(&painter, rect(), colours.solid(State::Normal), 1);
        body.adjust(2, 2, -2, -2);
    }
    drawOutline(&painter, body, Qt::transparent, 0, face);
    const QColor text = isEnabled() ? colours.highlightedText() : colours.base();
    const qreal first = textWidth(shownText(), strong);
    const qreal second = m_shortcut.isEmpty() ? 0 : Gap + textWidth(m_shortcut, small);
    const QRectF outer(rect());
    const QRectF line((width() - first - second) / 2, 0, first + 1, height());
    drawLine(&painter, visualRect(layoutDirection(), outer, line), shownText(), strong, text);
    if (second > 0) {
        const QRectF keys(line.left() + first + Gap, -1, second - Gap + 1, height());
        drawLine(&painter, visualRect(layoutDirection(), outer, keys), m_shortcut, small, text);
    }
}

void setUpPushButton(QPushButton *button)
{
    const int width = button->fontMetrics().horizontalAdvance(button->text()) + 2 * Padding;
    button->setMinimumSize(width, metrics::rowHeight(button->fontMetrics()) + 2);
}

} // namespace sluice::ui

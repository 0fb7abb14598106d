// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/tabbar.h"

#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QPainter>
#include <QStyleOptionFocusRect>

namespace sluice::ui {
namespace {

constexpr int Gap = 12; // half the space between two tabs

QString plain(const QString &text)
{
    QString shown = text;
    return shown.remove(u'&');
}

} // namespace

TabBar::TabBar(QWidget *parent) : QTabBar(parent)
{
    setDrawBase(false);
    setExpanding(false);
    setElideMode(Qt::ElideNone);
    setUsesScrollButtons(true);
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Tabs"));
}

QSize TabBar::tabSizeHint(int index) const
{
    // Room for DemiBold, so that the tabs do not move when another one becomes the current one.
    const QFont strong = Theme::font(FontRole::Strong, font());
    const int icon = tabIcon(index).isNull() ? 0 : metrics::IconSize;
    const int width = int(std::ceil(textWidth(plain(tabText(index)), strong)));
    const int lead = index == 0 ? 0 : Gap;
    return {width + icon + lead + Gap, std::max(metrics::TabHeight, fontMetrics().height() + 20)};
}

QSize TabBar::minimumTabSizeHint(int index) const
{
    return tabSizeHint(index);
}

void TabBar::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    for (int i = 0; i < count(); ++i) {
        if (isTabVisible(i))
            paintTab(&painter, i);
    }
}

void TabBar::paintTab(QPainter *painter, int index) const
{
    const StatusPalette colours = StatusPalette::of(palette());
    const bool current = index == currentIndex();
    const bool rtl = layoutDirection() == Qt::RightToLeft;
    const int lead = index == 0 ? 0 : Gap;
    const QRect tab = tabRect(index);
    const QRect content = tab.adjusted(rtl ? Gap : lead, 0, rtl ? -lead : -Gap, 0);
    const QFont font = current ? Theme::font(FontRole::Strong, this->font()) : this->font();
    const bool hovered = tab.contains(mapFromGlobal(QCursor::pos())) && underMouse();
    QColor text = current || hovered ? colours.text() : colours.second();
    if (!isTabEnabled(index))
        text = palette().color(QPalette::Disabled, QPalette::Text);
    if (!tabIcon(index).isNull()) {
        tabIcon(index).paint(
            painter, QRect(content.left(), content.top(), metrics::IconSize, content.height()));
        return;
    }
    drawLine(painter, QRectF(content).adjusted(0, 0, 2, 0), plain(tabText(index)), font, text,
        rtl ? Qt::AlignRight : Qt::AlignLeft);
    if (current)
        paintCurrent(painter, content, textWidth(plain(tabText(index)), font));
}

// The rule below the current tab and, with the keyboard here, the frame around it.
void TabBar::paintCurrent(QPainter *painter, const QRect &content, qreal width) const
{
    const StatusPalette colours = StatusPalette::of(palette());
    const bool highContrast = colours.isHighContrast();
    const int rule = highContrast ? 3 : 2;
    const QRectF line(content.left(), content.bottom() + 1 - rule, std::ceil(width), rule);
    painter->fillRect(visualRect(layoutDirection(), content, line),
        highContrast ? colours.text() : colours.solid(State::Normal));
    if (!hasFocus())
        return;
    QStyleOptionFocusRect focus;
    focus.initFrom(this);
    focus.rect = QRect(content.left() - 4, content.center().y() - fontMetrics().height() / 2 - 2,
        int(width) + 8, fontMetrics().height() + 4);
    focus.state |= QStyle::State_KeyboardFocusChange;
    style()->drawPrimitive(QStyle::PE_FrameFocusRect, &focus, painter, this);
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/segmented.h"

#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPainter>
#include <QToolButton>

namespace sluice::ui {
namespace {

constexpr int Padding = 8;

// Paints its text only: the row is painted together by Segmented.
class SegmentButton : public QToolButton
{
public:
    SegmentButton(const QString &text, QWidget *parent) : QToolButton(parent)
    {
        setText(text);
        setCheckable(true);
        setAutoRaise(true);
        setFocusPolicy(Qt::StrongFocus);
        setAccessibleName(text);
    }

    QSize sizeHint() const override
    {
        const QFont strong = Theme::font(FontRole::Strong, font());
        return {int(std::ceil(textWidth(text(), strong))) + 2 * Padding,
            metrics::rowHeight(fontMetrics())};
    }

    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        const StatusPalette colours = StatusPalette::of(palette());
        QColor text =
            isEnabled() ? colours.text() : palette().color(QPalette::Disabled, QPalette::Text);
        QFont shown = font();
        if (isChecked()) {
            paintCurrent(&painter, colours);
            shown = Theme::font(FontRole::Strong, font());
            if (colours.isHighContrast())
                text = colours.highlightedText();
        } else if (hasFocus()) {
            drawOutline(
                &painter, QRectF(rect()).adjusted(2, 2, -2, -2), colours.solid(State::Normal), 1);
        }
        drawLine(&painter, rect(), this->text(), shown, text, Qt::AlignHCenter);
    }

    void paintCurrent(QPainter *painter, const StatusPalette &colours) const
    {
        QColor outline = isEnabled() ? colours.solid(State::Normal) : colours.edge();
        if (colours.isHighContrast())
            outline = colours.text();
        drawOutline(painter, rect(), outline, hasFocus() ? 2 : 1, colours.selection(isEnabled()));
    }

    void keyPressEvent(QKeyEvent *event) override
    {
        const bool rtl = layoutDirection() == Qt::RightToLeft;
        int step = 0;
        if (event->key() == Qt::Key_Right || event->key() == Qt::Key_Down)
            step = rtl && event->key() == Qt::Key_Right ? -1 : 1;
        else if (event->key() == Qt::Key_Left || event->key() == Qt::Key_Up)
            step = rtl && event->key() == Qt::Key_Left ? 1 : -1;
        const QList<QAbstractButton *> all =
            group() ? group()->buttons() : QList<QAbstractButton *>();
        const auto at = all.indexOf(this) + step;
        if (step == 0 || at < 0 || at >= all.size()) {
            QToolButton::keyPressEvent(event);
            return;
        }
        all.at(at)->setFocus(Qt::TabFocusReason);
        all.at(at)->click();
    }
};

} // namespace

Segmented::Segmented(const QString &name, const QStringList &options, QWidget *parent)
    : QWidget(parent), m_group(new QButtonGroup(this))
{
    setAccessibleName(name);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    for (int i = 0; i < options.size(); ++i) {
        auto *button = new SegmentButton(options.at(i), this);
        button->setAccessibleName(name + u": " + options.at(i));
        m_group->addButton(button, i);
        row->addWidget(button);
    }
    connect(m_group, &QButtonGroup::idClicked, this, [this](int index) {
        setCurrentIndex(index);
        Q_EMIT activated(index);
    });
}

int Segmented::currentIndex() const
{
    return m_current;
}

int Segmented::count() const
{
    return int(m_group->buttons().size());
}

QAbstractButton *Segmented::button(int index) const
{
    return m_group->button(index);
}

void Segmented::setCurrentIndex(int index)
{
    if (index < 0 || index >= count())
        index = -1;
    m_group->setExclusive(index >= 0);
    for (int i = 0; i < count(); ++i)
        button(i)->setChecked(i == index);
    if (m_current == index)
        return;
    m_current = index;
    update();
    Q_EMIT currentIndexChanged(index);
}

QSize Segmented::sizeHint() const
{
    return layout()->sizeHint();
}

QSize Segmented::minimumSizeHint() const
{
    return sizeHint();
}

void Segmented::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const StatusPalette colours = StatusPalette::of(palette());
    drawOutline(&painter, rect(), colours.edge(), 1, colours.base());
    for (int i = 1; i < count(); ++i) {
        if (i == m_current || i - 1 == m_current)
            continue;
        const QRect box = button(i)->geometry();
        const int x = layoutDirection() == Qt::RightToLeft ? box.right() : box.left();
        painter.fillRect(QRect(x, 7, 1, height() - 14), colours.rule());
    }
}

} // namespace sluice::ui

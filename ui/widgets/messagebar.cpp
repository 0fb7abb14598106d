// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/messagebar.h"

#include "ui/widgets/flatbutton.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/signs.h"
#include "ui/widgets/statuspalette.h"

#include <QAccessible>
#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>

namespace sluice::ui {
namespace {

constexpr int SignColumn = 32;

} // namespace

MessageBar::MessageBar(QWidget *parent)
    : QWidget(parent),
      m_label(new QLabel(this)),
      m_actions(new QHBoxLayout),
      m_close(FlatButton::iconOnly(Icon::Close, tr("Close message"), this))
{
    setAccessibleName(tr("Message"));
    m_label->setWordWrap(true);
    m_label->setTextFormat(Qt::PlainText);
    m_label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_actions->setSpacing(metrics::Grid);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(SignColumn, 4, 4, 4);
    row->addWidget(m_label, 1);
    row->addLayout(m_actions);
    row->addWidget(m_close);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(m_close, &QToolButton::clicked, this, [this] {
        hide();
        Q_EMIT closed();
    });
    hide();
}

void MessageBar::showMessage(State state, const QString &text)
{
    clearActions();
    m_state = state;
    updateText(text);
    show();
    update();
    QAccessibleEvent alert(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&alert);
}

void MessageBar::updateText(const QString &text)
{
    m_label->setText(text);
    setAccessibleName(text);
}

QAction *MessageBar::addAction(const QString &text)
{
    auto *button = new FlatButton(text, this);
    auto *action = new QAction(text, button);
    button->setDefaultAction(action);
    button->setLink(true);
    m_actions->addWidget(button);
    return action;
}

QString MessageBar::text() const
{
    return m_label->text();
}

void MessageBar::setClosable(bool closable)
{
    m_close->setVisible(closable);
}

void MessageBar::clearActions()
{
    while (QLayoutItem *item = m_actions->takeAt(0)) {
        // The click that leads here may come from one of these buttons.
        item->widget()->hide();
        item->widget()->deleteLater();
        delete item;
    }
}

void MessageBar::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const StatusPalette colours = StatusPalette::of(palette());
    const QColor ground =
        StatusPalette::mix(colours.base(), colours.solid(m_state), colours.isDark() ? 0.18 : 0.10);
    drawOutline(&painter, rect(),
        colours.isHighContrast() ? colours.text() : QColor(Qt::transparent),
        colours.isHighContrast() ? 1 : 0, colours.isHighContrast() ? colours.base() : ground);
    const QRectF bar(0, 0, metrics::SelectionBar, height());
    painter.fillRect(visualRect(layoutDirection(), rect(), bar), colours.solid(m_state));
    const QRectF sign(12, 0, metrics::SignSize, height());
    paintSign(&painter, visualRect(layoutDirection(), rect(), sign).center(), signOf(m_state),
        colours.solid(m_state), 9);
}

} // namespace sluice::ui

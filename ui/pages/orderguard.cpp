// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/orderguard.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QKeyEvent>

#include <algorithm>

namespace sluice::ui {

OrderGuard::OrderGuard(QAbstractItemView *view) : QObject(view), m_view(view)
{
    view->installEventFilter(this);
    view->viewport()->installEventFilter(this);
    view->viewport()->setMouseTracking(true);
}

OrderGuard::~OrderGuard() = default;

QString OrderGuard::reason() const
{
    if (m_isPressed)
        return tr("mouse button down");
    if (m_isModified && m_view->hasFocus())
        return tr("selecting");
    if (QApplication::activePopupWidget())
        return tr("menu open");
    if (m_isOver && m_sinceMove.isValid() && m_sinceMove.elapsed() < PointerRest)
        return tr("pointer over the list");
    if (hasManyRows())
        return tr("several rows selected");
    if (!m_isOffered && !m_view->isActiveWindow() && m_view->selectionModel()
        && m_view->selectionModel()->hasSelection())
        return tr("window in the background");
    return {};
}

// Looks at ranges, not at rows: the cost must not grow with the selection.
bool OrderGuard::hasManyRows() const
{
    const QItemSelectionModel *selection = m_view->selectionModel();
    if (!selection || !selection->hasSelection())
        return false;
    const QItemSelection ranges = selection->selection();
    const int first = ranges.constFirst().top();
    return std::ranges::any_of(ranges, [first](const QItemSelectionRange &range) {
        return range.top() != first || range.bottom() != first;
    });
}

bool OrderGuard::eventFilter(QObject *watched, QEvent *event)
{
    watch(event);
    return QObject::eventFilter(watched, event);
}

void OrderGuard::watch(QEvent *event)
{
    constexpr Qt::KeyboardModifiers Selecting = Qt::ShiftModifier | Qt::ControlModifier;
    switch (event->type()) {
    case QEvent::MouseMove:
        m_isOver = true;
        m_sinceMove.start();
        break;
    case QEvent::Enter:
        m_isOver = true;
        break;
    case QEvent::Leave:
        m_isOver = false;
        break;
    case QEvent::MouseButtonPress:
    case QEvent::MouseButtonDblClick:
        m_isPressed = true;
        m_isOffered = false;
        break;
    case QEvent::MouseButtonRelease:
        m_isPressed = false;
        break;
    case QEvent::KeyPress: {
        m_isOffered = false;
        const int key = static_cast<QKeyEvent *>(event)->key();
        m_isModified = m_isModified || key == Qt::Key_Shift || key == Qt::Key_Control;
        break;
    }
    case QEvent::KeyRelease:
        m_isModified = (static_cast<QKeyEvent *>(event)->modifiers() & Selecting) != 0;
        break;
    case QEvent::FocusOut:
    case QEvent::WindowDeactivate:
        m_isModified = false;
        m_isPressed = false;
        break;
    default:
        break;
    }
}

} // namespace sluice::ui

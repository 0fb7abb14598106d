// SPDX-License-Identifier: GPL-3.0-or-later
// What tests of pages share: reading cells as a screen reader does, and the walk over everything
// that can have the focus. GUI thread.
#pragma once

#include <QAccessible>
#include <QAccessibleInterface>
#include <QApplication>
#include <QRegularExpression>
#include <QTabBar>
#include <QTableView>
#include <QTest>

namespace sluice::test {

/// Any warning fails the test but the one that the offscreen platform always gives.
inline void failOnWarnings()
{
    QTest::failOnWarning(QRegularExpression(QStringLiteral("^(?!This plugin does not support)")));
}

/// What a screen reader says of a cell of a view.
inline QString spokenCell(QTableView *view, int row, int column)
{
    QAccessibleInterface *interface = QAccessible::queryAccessibleInterface(view);
    QAccessibleTableInterface *table = interface ? interface->tableInterface() : nullptr;
    QAccessibleInterface *cell = table ? table->cellAt(row, column) : nullptr;
    return cell ? cell->text(QAccessible::Name) : QString();
}

/// The row whose cell in column 0 says this, or -1.
inline int rowNamed(QTableView *view, const QString &name)
{
    for (int row = 0; row < view->model()->rowCount(); ++row) {
        if (view->model()->index(row, 0).data().toString() == name)
            return row;
    }
    return -1;
}

/// A left click in the middle of a widget, after pending layouts.
inline void click(QWidget *widget)
{
    QCoreApplication::processEvents();
    QTest::mouseClick(widget, Qt::LeftButton);
}

inline void clickTab(QTabBar *tabs, int tab)
{
    QCoreApplication::processEvents();
    QTest::mouseClick(tabs, Qt::LeftButton, {}, tabs->tabRect(tab).center());
}

inline void clickCell(QTableView *view, int row, int column, Qt::KeyboardModifiers keys = {})
{
    QCoreApplication::processEvents();
    const QRect rect = view->visualRect(view->model()->index(row, column));
    QTest::mouseClick(view->viewport(), Qt::LeftButton, keys, rect.center());
}

/// Widgets that take the focus and say nothing to a screen reader.
inline QStringList namelessWidgets(QWidget *root)
{
    QStringList found;
    const QList<QWidget *> widgets = root->findChildren<QWidget *>();
    for (QWidget *widget : widgets) {
        // Parts that Qt makes inside its own widgets speak through their owner.
        const bool isInner = widget->objectName().startsWith(QStringLiteral("qt_"));
        if (widget->focusPolicy() == Qt::NoFocus || isInner || !widget->isVisibleTo(root))
            continue;
        QAccessibleInterface *interface = QAccessible::queryAccessibleInterface(widget);
        if (!interface || interface->text(QAccessible::Name).isEmpty())
            found += QString(
                QLatin1StringView(widget->metaObject()->className()) + u'/' + widget->objectName());
    }
    return found;
}

} // namespace sluice::test

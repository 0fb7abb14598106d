// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/accessible.h"

#include <QAccessible>
#include <QAccessibleWidget>
#include <QWidget>

namespace sluice::ui {
namespace {

class FigureInterface : public QAccessibleWidget, public QAccessibleValueInterface
{
public:
    explicit FigureInterface(QWidget *widget) : QAccessibleWidget(widget, QAccessible::ProgressBar)
    {
    }

    void *interface_cast(QAccessible::InterfaceType type) override
    {
        if (type == QAccessible::ValueInterface)
            return static_cast<QAccessibleValueInterface *>(this);
        return QAccessibleWidget::interface_cast(type);
    }

    QString text(QAccessible::Text kind) const override
    {
        if (kind == QAccessible::Value)
            return shown()->figureText();
        return QAccessibleWidget::text(kind);
    }

    QVariant currentValue() const override { return shown()->figure(); }

    void setCurrentValue(const QVariant &) override { } // shown only

    QVariant minimumValue() const override { return 0.0; }

    QVariant maximumValue() const override { return shown()->figureMaximum(); }

    QVariant minimumStepSize() const override { return 0.0; }

private:
    const AccessibleFigure *shown() const
    {
        return dynamic_cast<const AccessibleFigure *>(widget());
    }
};

QAccessibleInterface *create(const QString &, QObject *object)
{
    auto *widget = qobject_cast<QWidget *>(object);
    if (!widget || !dynamic_cast<AccessibleFigure *>(widget))
        return nullptr;
    return new FigureInterface(widget);
}

} // namespace

void installAccessibility()
{
    static const bool installed = [] {
        QAccessible::installFactory(create);
        return true;
    }();
    Q_UNUSED(installed)
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
// Cells of amounts and periods with their editor: what cannot be stays in the editor, with the
// reason below it. GUI thread; owned by the tree.
#pragma once

#include "core/base/units.h"
#include "ui/widgets/textdelegate.h"

namespace sluice::ui {

class FieldEdit;

class PolicyFieldDelegate final : public TextDelegate
{
    Q_OBJECT

public:
    enum class Field : quint8 { Amount, Period };

    explicit PolicyFieldDelegate(Field field, QObject *parent = nullptr);

    QWidget *createEditor(QWidget *parent, const QStyleOptionViewItem &option,
        const QModelIndex &index) const override;
    void setEditorData(QWidget *editor, const QModelIndex &index) const override;
    void setModelData(
        QWidget *editor, QAbstractItemModel *model, const QModelIndex &index) const override;
    void updateEditorGeometry(QWidget *editor, const QStyleOptionViewItem &option,
        const QModelIndex &index) const override;

protected:
    bool eventFilter(QObject *object, QEvent *event) override;

private:
    [[nodiscard]] bool accepts(FieldEdit *edit) const;
    [[nodiscard]] QString reasonAgainst(const FieldEdit *edit) const;

    Field m_field;
};

/// Up and Down change an amount by one, PgUp and PgDn by ten. True if the key was one of them.
bool stepAmount(FieldEdit *edit, int key, Unit unit);

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/policyfielddelegate.h"

#include "ui/models/limitfields.h"
#include "ui/models/policytreemodel.h"
#include "ui/widgets/fieldedit.h"

#include <QKeyEvent>
#include <QToolTip>

#include <algorithm>

namespace sluice::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr const char *LimitProperty = "limit"; ///< of an editor: the rule that it edits

config::LimitRule limitOf(const FieldEdit *edit)
{
    return edit->property(LimitProperty).value<config::LimitRule>();
}

bool isCommit(int key)
{
    return key == Qt::Key_Return || key == Qt::Key_Enter || key == Qt::Key_Tab
        || key == Qt::Key_Backtab;
}

} // namespace

PolicyFieldDelegate::PolicyFieldDelegate(Field field, QObject *parent)
    : TextDelegate(parent), m_field(field)
{
}

QWidget *PolicyFieldDelegate::createEditor(
    QWidget *parent, const QStyleOptionViewItem & /*option*/, const QModelIndex &index) const
{
    const auto *model = qobject_cast<const PolicyTreeModel *>(index.model());
    const PolicyRow *row = model ? model->row(index) : nullptr;
    if (!row || !row->draft)
        return nullptr;
    const bool isAmount = m_field == Field::Amount;
    auto *edit = new FieldEdit(
        isAmount ? PolicyTreeModel::tr("Amount") : PolicyTreeModel::tr("Period"), parent);
    edit->setObjectName(isAmount ? u"amountLineEdit"_s : u"periodLineEdit"_s);
    edit->setProperty(LimitProperty, QVariant::fromValue(*row->draft));
    edit->setAutoFillBackground(true);
    edit->setAlignment(isAmount ? Qt::AlignRight : Qt::AlignLeft);
    connect(edit, &QLineEdit::textEdited, edit, [this, edit] {
        edit->setError(reasonAgainst(edit));
        QToolTip::hideText();
    });
    return edit;
}

// A change from elsewhere must not take away what is being typed.
void PolicyFieldDelegate::setEditorData(QWidget *editor, const QModelIndex &index) const
{
    auto *edit = static_cast<FieldEdit *>(editor);
    if (edit->isModified())
        return;
    edit->setText(index.data(Qt::EditRole).toString());
    edit->selectAll();
}

void PolicyFieldDelegate::setModelData(
    QWidget *editor, QAbstractItemModel *model, const QModelIndex &index) const
{
    const auto *edit = static_cast<FieldEdit *>(editor);
    if (reasonAgainst(edit).isEmpty())
        model->setData(index, edit->text(), Qt::EditRole);
}

void PolicyFieldDelegate::updateEditorGeometry(
    QWidget *editor, const QStyleOptionViewItem &option, const QModelIndex & /*index*/) const
{
    editor->setGeometry(option.rect.adjusted(0, 1, 0, -2));
}

QString PolicyFieldDelegate::reasonAgainst(const FieldEdit *edit) const
{
    const config::LimitRule rule = limitOf(edit);
    const Result<QString> value = m_field == Field::Amount
        ? limitfields::parseAmount(edit->text(), rule.unit)
        : limitfields::parsePeriodOf(rule, edit->text());
    return value ? QString() : value.error().message;
}

bool PolicyFieldDelegate::accepts(FieldEdit *edit) const
{
    const QString reason = reasonAgainst(edit);
    edit->setError(reason);
    if (!reason.isEmpty())
        QToolTip::showText(edit->mapToGlobal(QPoint(0, edit->height())), reason, edit);
    return reason.isEmpty();
}

bool PolicyFieldDelegate::eventFilter(QObject *object, QEvent *event)
{
    auto *edit = qobject_cast<FieldEdit *>(object);
    if (!edit)
        return TextDelegate::eventFilter(object, event);
    if (event->type() == QEvent::FocusIn)
        return false; // the style's own
    if (event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent *>(event)->key();
        if (isCommit(key) && !accepts(edit))
            return true;
        if (m_field == Field::Amount && stepAmount(edit, key, limitOf(edit).unit))
            return true;
    }
    return TextDelegate::eventFilter(object, event);
}

bool stepAmount(FieldEdit *edit, int key, Unit unit)
{
    const int step = key == Qt::Key_Up ? 1
        : key == Qt::Key_Down          ? -1
        : key == Qt::Key_PageUp        ? 10
        : key == Qt::Key_PageDown      ? -10
                                       : 0;
    const Result<QString> amount = limitfields::parseAmount(edit->text(), unit);
    if (step == 0 || !amount)
        return step != 0;
    const MicroAmount one = unit == Unit::Cents ? 100 * MicroPerUnit : MicroPerUnit; // a dollar
    const MicroAmount next = *parseAmount(amount->toLatin1()) + step * one;
    const QString text = limitfields::amountText(std::max(one, next), unit);
    if (limitfields::parseAmount(text, unit)) {
        edit->setText(text);
        edit->setModified(true);
        edit->setError({});
    }
    return true;
}

} // namespace sluice::ui

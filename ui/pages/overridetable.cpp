// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/overridetable.h"

#include "ui/models/overridemodel.h"
#include "ui/widgets/fieldedit.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/headerview.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/textdelegate.h"
#include "ui/widgets/theme.h"

#include <QCompleter>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QTableView>
#include <QToolTip>

#include <algorithm>

namespace sluice::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr int MostRows = 8;

/// Cells whose editor keeps what cannot be, with the reason below it.
class OverrideDelegate final : public TextDelegate
{
public:
    explicit OverrideDelegate(OverrideModel *model, QObject *parent)
        : TextDelegate(parent), m_model(model)
    {
    }

    QWidget *createEditor(QWidget *parent, const QStyleOptionViewItem & /*option*/,
        const QModelIndex &index) const override
    {
        auto *edit = new FieldEdit(
            m_model->headerData(index.column(), Qt::Horizontal, Qt::DisplayRole).toString(),
            parent);
        edit->setObjectName(u"overrideLineEdit"_s);
        edit->setAutoFillBackground(true);
        if (index.column() == OverrideModel::ValueColumn) {
            auto *completer = new QCompleter(m_model->knownValues(), edit);
            completer->setFilterMode(Qt::MatchContains);
            edit->setCompleter(completer);
        }
        const QPersistentModelIndex cell = index;
        connect(edit, &QLineEdit::textEdited, edit, [this, edit, cell](const QString &text) {
            edit->setError(m_model->reasonAgainst(cell, text));
            QToolTip::hideText();
        });
        return edit;
    }

    void setEditorData(QWidget *editor, const QModelIndex &index) const override
    {
        auto *edit = static_cast<FieldEdit *>(editor);
        if (edit->isModified())
            return;
        edit->setText(index.data(Qt::EditRole).toString());
        edit->selectAll();
    }

    void setModelData(
        QWidget *editor, QAbstractItemModel *model, const QModelIndex &index) const override
    {
        const auto *edit = static_cast<FieldEdit *>(editor);
        if (!edit->hasError() && edit->isModified())
            model->setData(index, edit->text(), Qt::EditRole);
    }

    void updateEditorGeometry(QWidget *editor, const QStyleOptionViewItem &option,
        const QModelIndex & /*index*/) const override
    {
        editor->setGeometry(option.rect);
    }

protected:
    bool eventFilter(QObject *object, QEvent *event) override
    {
        auto *edit = qobject_cast<FieldEdit *>(object);
        if (edit && event->type() == QEvent::KeyPress && edit->hasError()) {
            const int key = static_cast<QKeyEvent *>(event)->key();
            if (key == Qt::Key_Return || key == Qt::Key_Enter || key == Qt::Key_Tab) {
                QToolTip::showText(
                    edit->mapToGlobal(QPoint(0, edit->height())), edit->error(), edit);
                return true;
            }
        }
        return TextDelegate::eventFilter(object, event);
    }

private:
    OverrideModel *m_model;
};

} // namespace

OverrideTable::OverrideTable(session::ConfigDraft &draft, QWidget *parent)
    : QWidget(parent), m_model(new OverrideModel(draft, this)), m_table(new QTableView(this))
{
    setObjectName(u"overrideTable"_s);
    auto *title = new QLabel(tr("Exceptions"), this);
    Theme::setRole(title, FontRole::Text, true);
    m_remove = new FlatButton(tr("Remove"), this);
    m_remove->setObjectName(u"removeOverrideToolButton"_s);
    m_remove->setLink(true);
    m_table->setObjectName(u"overrideTableView"_s);
    setUpTable(m_table, tr("Exceptions"));
    m_table->setModel(m_model);
    m_table->setItemDelegate(new OverrideDelegate(m_model, m_table));
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed
        | QAbstractItemView::AnyKeyPressed | QAbstractItemView::SelectedClicked);
    m_table->setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    setUpColumns();
    m_table->installEventFilter(this);
    auto *head = new QHBoxLayout;
    head->addWidget(title);
    head->addStretch();
    head->addWidget(m_remove);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    layout->addLayout(head);
    layout->addWidget(m_table);
    connect(m_remove, &QToolButton::clicked, this, &OverrideTable::removeCurrent);
    connect(m_model, &OverrideModel::editRefused, this, &OverrideTable::failed);
    for (const auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        connect(m_model, signal, this, &OverrideTable::updateButton);
    connect(m_model, &QAbstractItemModel::modelReset, this, [this] {
        setUpColumns();
        updateButton();
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this,
        &OverrideTable::updateButton);
    updateButton();
}

// An open editor commits when it loses the focus by going away: nobody here must listen then.
OverrideTable::~OverrideTable()
{
    m_model->disconnect(this);
    delete m_table;
}

void OverrideTable::showLimit(const config::LimitRule &rule, bool readOnly)
{
    m_model->setLimit(rule, readOnly);
    m_remove->setVisible(!readOnly);
    fitRows();
}

void OverrideTable::setUpColumns()
{
    QHeaderView *head = m_table->horizontalHeader();
    const QFontMetrics font(fontMetrics());
    head->setMinimumSectionSize(font.averageCharWidth() * 4);
    head->setSectionResizeMode(OverrideModel::ValueColumn, QHeaderView::Stretch);
    head->resizeSection(OverrideModel::AmountColumn, font.horizontalAdvance(u"$1 000.00____"_s));
    if (m_model->columnCount() > OverrideModel::PeriodColumn)
        head->resizeSection(OverrideModel::PeriodColumn, font.horizontalAdvance(u"30 min____"_s));
}

void OverrideTable::fitRows()
{
    const int rows = std::clamp(m_model->rowCount(), 1, MostRows);
    const int header = m_table->horizontalHeader()->sizeHint().height();
    m_table->setFixedHeight(header + rows * m_table->verticalHeader()->defaultSectionSize() + 2);
}

void OverrideTable::updateButton()
{
    const int rows = m_model->limit() ? int(m_model->limit()->overrides.size()) : 0;
    m_remove->setEnabled(m_table->currentIndex().isValid() && m_table->currentIndex().row() < rows);
}

void OverrideTable::removeCurrent()
{
    m_model->remove(m_table->currentIndex().row());
}

bool OverrideTable::eventFilter(QObject *object, QEvent *event)
{
    if (object == m_table && event->type() == QEvent::KeyPress) {
        const auto *key = static_cast<QKeyEvent *>(event);
        if (key->key() == Qt::Key_Delete) {
            removeCurrent();
            return true;
        }
        const QModelIndex current = m_table->currentIndex();
        const bool isReturn = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
        // Return in an editor arrives here too, and has been dealt with.
        const bool isEditing = m_table->indexWidget(current) != nullptr;
        if (isReturn && !isEditing && current.flags().testFlag(Qt::ItemIsEditable)) {
            m_table->edit(current);
            return true;
        }
    }
    return QWidget::eventFilter(object, event);
}

} // namespace sluice::ui

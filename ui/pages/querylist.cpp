// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/querylist.h"

#include "ui/models/ledgercolumns.h"
#include "ui/models/savedqueries.h"
#include "ui/widgets/fieldedit.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/headerview.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/textdelegate.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QStandardItemModel>
#include <QTableView>

using namespace Qt::StringLiterals;

namespace sluice::ui {

namespace {

constexpr int Width = 216;
constexpr int FewestRows = 6; ///< of the saved queries that are in sight
constexpr int MostRows = 10;

QLabel *caption(const QString &text, QWidget *parent)
{
    auto *label = new QLabel(text, parent);
    Theme::setRole(label, FontRole::Small, true);
    return label;
}

QTableView *createList(const QString &name, QAbstractItemModel *model, QWidget *parent)
{
    auto *list = new QTableView(parent);
    setUpTable(list, name);
    auto *delegate = new TextDelegate(list);
    delegate->setRulesVisible(false);
    delegate->setRowHeight(metrics::rowHeight(list->fontMetrics()) - 2);
    list->setItemDelegate(delegate);
    list->horizontalHeader()->hide();
    list->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    list->verticalHeader()->setDefaultSectionSize(metrics::rowHeight(list->fontMetrics()) - 2);
    list->setSelectionMode(QAbstractItemView::SingleSelection);
    list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list->setModel(model);
    return list;
}

/// Columns of the view whose name is current.
void fillColumns(QStandardItemModel *model, int view)
{
    model->clear();
    for (const LedgerColumn &column : ledgerViews()[size_t(view)].columns) {
        auto *item = new QStandardItem(column.name);
        item->setToolTip(column.meaning);
        const QString spoken = column.meaning.isEmpty()
            ? column.name
            : QString(column.name + u": "_s + column.meaning);
        item->setData(spoken, Qt::AccessibleTextRole);
        item->setData(true, MonoRole);
        model->appendRow(item);
    }
}

} // namespace

QueryList::QueryList(SavedQueries &saved, QWidget *parent) : QWidget(parent), m_saved(saved)
{
    setObjectName(u"QueryList"_s);
    setFixedWidth(Width);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(createSaved());
    layout->addWidget(Theme::createRule(Qt::Horizontal, this));
    layout->addWidget(createColumns(), 1);
    updateActions();
}

QueryList::~QueryList() = default;

// --- building ------------------------------------------------------------------------------------

QWidget *QueryList::createSaved()
{
    auto *part = new QWidget(this);
    m_save = FlatButton::iconOnly(Icon::Plus, tr("Save this query"), part);
    m_save->setObjectName(u"saveQueryToolButton"_s);
    m_remove = FlatButton::iconOnly(Icon::Trash, tr("Remove the saved query"), part);
    m_remove->setObjectName(u"removeQueryToolButton"_s);
    m_name = new FieldEdit(tr("Name of the query"), part);
    m_name->setObjectName(u"queryNameEdit"_s);
    m_name->setPlaceholderText(tr("Name, then Return"));
    m_name->hide();
    m_name->installEventFilter(this);
    m_list = createList(tr("Saved queries"), &m_saved, part);
    m_list->setObjectName(u"savedQueriesTableView"_s);
    m_list->installEventFilter(this);
    auto *head = new QHBoxLayout;
    head->setContentsMargins(metrics::PageMargin, 0, metrics::CellPadding, 0);
    head->setSpacing(0);
    head->addWidget(caption(tr("Saved queries"), part), 1);
    head->addWidget(m_remove);
    head->addWidget(m_save);
    auto *name = new QHBoxLayout;
    name->setContentsMargins(metrics::PageMargin, 0, metrics::CellPadding, 0);
    name->addWidget(m_name);
    auto *layout = new QVBoxLayout(part);
    layout->setContentsMargins(0, 0, 0, metrics::CellPadding);
    layout->setSpacing(metrics::Grid);
    layout->addLayout(head);
    layout->addLayout(name);
    layout->addWidget(m_list);
    const auto fit = [this] {
        const int rows = std::clamp(m_saved.rowCount(), FewestRows, MostRows);
        m_list->setFixedHeight(rows * m_list->verticalHeader()->defaultSectionSize());
    };
    fit();
    connect(&m_saved, &QAbstractItemModel::rowsInserted, m_list, fit);
    connect(&m_saved, &QAbstractItemModel::rowsRemoved, m_list, fit);
    connect(m_save, &QToolButton::clicked, this, &QueryList::askName);
    connect(m_remove, &QToolButton::clicked, this, &QueryList::removeCurrent);
    connect(m_name, &QLineEdit::returnPressed, this, [this] { endName(true); });
    connect(m_name, &FieldEdit::cancelled, this, [this] { endName(false); });
    connect(m_list, &QAbstractItemView::clicked, this,
        [this](const QModelIndex &index) { open(index.row()); });
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this,
        &QueryList::updateActions);
    return part;
}

QWidget *QueryList::createColumns()
{
    auto *part = new QWidget(this);
    auto *model = new QStandardItemModel(part);
    fillColumns(model, 0);
    m_columns = createList(tr("Columns of the view"), model, part);
    m_columns->setObjectName(u"ledgerColumnsTableView"_s);
    m_columns->installEventFilter(this);
    auto *views = new QComboBox(part);
    views->setObjectName(u"ledgerViewComboBox"_s);
    views->setAccessibleName(tr("View whose columns are listed"));
    for (const LedgerView &view : ledgerViews())
        views->addItem(view.name);
    connect(views, &QComboBox::currentIndexChanged, this,
        [model](int view) { fillColumns(model, view); });
    auto *head = new QHBoxLayout;
    head->setContentsMargins(metrics::PageMargin, 0, metrics::CellPadding, 0);
    head->addWidget(caption(tr("Columns of"), part));
    head->addWidget(views, 1);
    auto *layout = new QVBoxLayout(part);
    layout->setContentsMargins(0, metrics::CellPadding, 0, 0);
    layout->setSpacing(metrics::Grid);
    layout->addLayout(head);
    layout->addWidget(m_columns, 1);
    connect(m_columns, &QAbstractItemView::doubleClicked, this,
        [this](const QModelIndex &index) { Q_EMIT columnChosen(index.data().toString()); });
    return part;
}

// --- saving --------------------------------------------------------------------------------------

// The name of what was opened last is the likely one.
void QueryList::askName()
{
    const int row = m_list->currentIndex().row();
    m_name->setText(row >= 0 && !m_saved.at(row).isSample ? m_saved.at(row).name : QString());
    m_name->selectAll();
    m_name->show();
    m_name->setFocus();
}

void QueryList::endName(bool save)
{
    const QString name = m_name->text().trimmed();
    m_name->hide();
    m_save->setFocus();
    if (!save || name.isEmpty())
        return;
    Q_EMIT saveRequested(name);
    for (int row = 0; row < m_saved.rowCount(); ++row) {
        if (!m_saved.at(row).isSample && m_saved.at(row).name == name)
            m_list->selectRow(row);
    }
}

void QueryList::open(int row)
{
    if (row >= 0)
        Q_EMIT chosen(m_saved.at(row).sql);
}

void QueryList::removeCurrent()
{
    const int row = m_list->currentIndex().row();
    if (row < 0 || m_saved.at(row).isSample)
        return;
    const SavedQueries::Query query = m_saved.at(row);
    m_saved.remove(row);
    Q_EMIT removed(query.name, query.sql);
}

void QueryList::addCommands(QMenu *menu)
{
    menu->addAction(tr("&Save this query…"), this, &QueryList::askName);
    menu->addAction(tr("Re&move the saved query\tDel"), this, &QueryList::removeCurrent)
        ->setEnabled(m_remove->isEnabled());
}

void QueryList::updateActions()
{
    const int row = m_list->currentIndex().row();
    m_remove->setEnabled(row >= 0 && row < m_saved.rowCount() && !m_saved.at(row).isSample);
}

bool QueryList::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() != QEvent::KeyPress)
        return QWidget::eventFilter(watched, event);
    const auto *key = static_cast<QKeyEvent *>(event);
    const bool isReturn = (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter)
        && key->modifiers() == Qt::NoModifier;
    if (watched == m_list && isReturn) {
        open(m_list->currentIndex().row());
        return true;
    }
    if (watched == m_list && key->key() == Qt::Key_Delete) {
        removeCurrent();
        return true;
    }
    if (watched == m_columns && isReturn && m_columns->currentIndex().isValid()) {
        Q_EMIT columnChosen(m_columns->currentIndex().data().toString());
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace sluice::ui

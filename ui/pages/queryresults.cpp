// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/queryresults.h"

#include "ui/models/tabletext.h"
#include "ui/pages/emptystate.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/format.h"
#include "ui/widgets/headerview.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/textdelegate.h"
#include "ui/widgets/theme.h"

#include <QClipboard>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QSaveFile>
#include <QStackedWidget>
#include <QTableView>

#include <algorithm>
#include <cmath>
#include <map>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using session::SqlAnswer;

namespace {

constexpr int MeasuredRows = 200; ///< whose texts decide the widths of columns
constexpr int WidestColumn = 360;

std::set<int> columnsOf(const QItemSelectionRange &range)
{
    std::set<int> columns;
    for (int column = range.left(); column <= range.right(); ++column)
        columns.insert(column);
    return columns;
}

} // namespace

QueryResults::QueryResults(QWidget *parent) : QWidget(parent)
{
    setObjectName(u"QueryResults"_s);
    QWidget *head = createHead();
    setupTable();
    m_empty = new EmptyState(this);
    m_stack = new QStackedWidget(this);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_table);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(head);
    layout->addWidget(m_stack, 1);
    updateActions();
}

QueryResults::~QueryResults()
{
    delete m_table; // the model is a member and goes before the children
}

// --- building ------------------------------------------------------------------------------------

QWidget *QueryResults::createHead()
{
    auto *head = new QWidget(this);
    m_count = new QLabel(head);
    m_count->setObjectName(u"queryCountLabel"_s);
    Theme::setRole(m_count, FontRole::Strong);
    m_copy = new FlatButton(Icon::Copy, tr("Copy"), head);
    m_copy->setObjectName(u"copyRowsToolButton"_s);
    m_copy->setToolTip(tr("All rows with the names of the columns, between tabs"));
    m_export = new FlatButton(Icon::External, tr("Export"), head);
    m_export->setObjectName(u"exportToolButton"_s);
    auto *menu = new QMenu(m_export);
    addExports(menu);
    m_export->setMenu(menu);
    m_export->setPopupMode(QToolButton::InstantPopup);
    connect(m_copy, &QToolButton::clicked, this, &QueryResults::copyAll);
    auto *layout = new QHBoxLayout(head);
    layout->setContentsMargins(
        metrics::PageMargin, metrics::Grid, metrics::CellPadding, metrics::Grid);
    layout->setSpacing(metrics::CellPadding);
    layout->addWidget(m_count);
    layout->addStretch();
    layout->addWidget(m_copy);
    layout->addWidget(m_export);
    return head;
}

void QueryResults::setupTable()
{
    m_table = new QTableView(this);
    setUpTable(m_table, tr("Rows of the query"));
    m_table->setObjectName(u"queryTableView"_s);
    m_table->setItemDelegate(new TextDelegate(m_table));
    m_table->setSelectionBehavior(QAbstractItemView::SelectItems);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    m_table->setModel(&m_model);
    QHeaderView *header = m_table->horizontalHeader();
    header->setStretchLastSection(true);
    header->setSortIndicatorShown(true);
    header->setSortIndicatorClearable(true);
    header->setSortIndicator(-1, Qt::AscendingOrder);
    connect(header, &QHeaderView::sortIndicatorChanged, &m_model, &TableModel::sort);
    connect(m_table, &QWidget::customContextMenuRequested, this, &QueryResults::showMenu);
}

// --- showing -------------------------------------------------------------------------------------

void QueryResults::showAnswer(SqlAnswer answer)
{
    const auto rows = qint64(answer.rows.size());
    const QString words = rows == 1 ? tr("1 row") : tr("%1 rows").arg(format::count(rows));
    m_count->setText(answer.isCut ? tr("The first %1, there are more").arg(words) : words);
    m_table->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    m_model.setAnswer(std::move(answer));
    if (rows == 0)
        m_empty->showText(tr("No rows"), tr("Nothing in the ledger fits the query."), {});
    m_stack->setCurrentWidget(rows == 0 ? static_cast<QWidget *>(m_empty) : m_table);
    fitColumns();
    m_table->scrollToTop();
    setStale(false);
    updateActions();
}

void QueryResults::showText(const QString &title, const QString &text)
{
    m_model.setAnswer({});
    m_count->clear();
    m_empty->showText(title, text, {});
    m_stack->setCurrentWidget(m_empty);
    setStale(false);
    updateActions();
}

void QueryResults::setStale(bool stale)
{
    m_table->setEnabled(!stale);
}

void QueryResults::updateActions()
{
    const bool hasRows = m_model.rowCount() > 0;
    m_copy->setEnabled(hasRows);
    m_export->setEnabled(hasRows);
}

// Once for an answer; nothing is measured afterwards.
void QueryResults::fitColumns()
{
    m_table->horizontalHeader()->setStretchLastSection(false); // while they are measured
    const QFont font = m_table->font();
    const QFont strong = Theme::font(FontRole::SmallStrong, font);
    const int rows = std::min(m_model.rowCount(), MeasuredRows);
    for (int column = 0; column < m_model.columnCount(); ++column) {
        const QString name = m_model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
        qreal widest = textWidth(name, strong) + metrics::PageMargin; // and the chevron
        for (int row = 0; row < rows; ++row) {
            const QString text = tabletext::shown(m_model.valueAt(row, column));
            widest = std::max(widest, textWidth(text.left(MeasuredRows), font));
        }
        const int lead = column == 0 ? metrics::PageMargin : metrics::CellPadding;
        const int width = int(std::ceil(widest)) + lead + metrics::CellPadding + metrics::Grid;
        m_table->horizontalHeader()->resizeSection(column, std::min(width, WidestColumn));
    }
    widenTexts();
    m_table->horizontalHeader()->setStretchLastSection(true);
}

// What width is left goes to a text: a figure stays near what it belongs to.
void QueryResults::widenTexts()
{
    QHeaderView *header = m_table->horizontalHeader();
    const int left = m_table->viewport()->width() - header->length();
    for (int column = m_model.columnCount() - 1; column >= 0 && left > 0; --column) {
        const int alignment =
            m_model.headerData(column, Qt::Horizontal, Qt::TextAlignmentRole).toInt();
        if ((alignment & Qt::AlignRight) != 0)
            continue;
        header->resizeSection(column, header->sectionSize(column) + left);
        return;
    }
}

// --- copying -------------------------------------------------------------------------------------

void QueryResults::keyPressEvent(QKeyEvent *event)
{
    if (event->matches(QKeySequence::Copy) && m_model.rowCount() > 0) {
        copy(false);
        return;
    }
    QWidget::keyPressEvent(event);
}

void QueryResults::showMenu(const QPoint &position)
{
    if (m_model.rowCount() == 0)
        return;
    auto *menu = new QMenu(this);
    menu->setObjectName(u"queryMenu"_s);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    QAction *cells = menu->addAction(tr("Copy"), this, [this] { copy(false); });
    cells->setShortcut(QKeySequence::Copy);
    menu->addAction(tr("Copy with the names of the columns"), this, [this] { copy(true); });
    menu->addAction(tr("Select all"), m_table, &QAbstractItemView::selectAll);
    menu->popup(m_table->viewport()->mapToGlobal(position));
}

void QueryResults::copyAll()
{
    m_table->clearSelection();
    copy(true);
}

// The selected cells, or all without a selection.
void QueryResults::copy(bool withNames)
{
    QItemSelection selection = m_table->selectionModel()->selection();
    if (selection.isEmpty())
        selection.select(
            m_model.index(0, 0), m_model.index(m_model.rowCount() - 1, m_model.columnCount() - 1));
    std::set<int> columns;
    for (const QItemSelectionRange &range : std::as_const(selection))
        columns.merge(columnsOf(range));
    QStringList lines = rowTexts(selection);
    if (withNames) {
        QVariantList names;
        for (const int column : columns)
            names.append(m_model.answer().columns.at(column));
        lines.prepend(tabletext::tabbed(names));
    }
    QGuiApplication::clipboard()->setText(lines.join(u'\n'));
}

QStringList QueryResults::rowTexts(const QItemSelection &selection) const
{
    QStringList lines;
    if (selection.size() == 1) { // which may be everything
        const QItemSelectionRange &range = selection.constFirst();
        const std::set<int> columns = columnsOf(range);
        for (int row = range.top(); row <= range.bottom(); ++row)
            lines.append(rowText(row, columns));
        return lines;
    }
    std::map<int, std::set<int>> cells; // column numbers by row
    for (const QItemSelectionRange &range : selection) {
        for (int row = range.top(); row <= range.bottom(); ++row)
            cells[row].merge(columnsOf(range));
    }
    for (const auto &row : cells)
        lines.append(rowText(row.first, row.second));
    return lines;
}

QString QueryResults::rowText(int row, const std::set<int> &columns) const
{
    QVariantList values;
    for (const int column : columns)
        values.append(m_model.valueAt(row, column));
    return tabletext::tabbed(values);
}

// --- files ---------------------------------------------------------------------------------------

void QueryResults::addCommands(QMenu *menu)
{
    menu->addAction(tr("C&opy all rows"), this, &QueryResults::copyAll)
        ->setEnabled(m_copy->isEnabled());
    QMenu *exports = menu->addMenu(tr("&Export"));
    exports->setEnabled(m_export->isEnabled());
    addExports(exports);
}

void QueryResults::addExports(QMenu *menu)
{
    menu->addAction(tr("CSV…"), this, [this] { askFile(u"csv"_s); });
    menu->addAction(tr("JSON Lines…"), this, [this] { askFile(u"jsonl"_s); });
}

void QueryResults::askFile(const QString &suffix)
{
    auto *dialog = new QFileDialog(this, tr("Export"), QString(),
        suffix == "csv"_L1 ? tr("CSV (*.csv)") : tr("JSON Lines (*.jsonl)"));
    dialog->setObjectName(u"exportFileDialog"_s);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(suffix);
    connect(dialog, &QFileDialog::fileSelected, this,
        [this, suffix](const QString &path) { write(path, suffix); });
    dialog->open();
}

void QueryResults::write(const QString &path, const QString &suffix)
{
    const SqlAnswer rows = m_model.sortedAnswer();
    QSaveFile file(path);
    const QByteArray text = suffix == "csv"_L1 ? tabletext::csv(rows) : tabletext::jsonLines(rows);
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size() || !file.commit()) {
        Q_EMIT failed(tr("Not exported: %1: %2").arg(path, file.errorString()));
        return;
    }
    const QString count = format::count(qint64(rows.rows.size()));
    Q_EMIT exported(rows.isCut
            ? tr("Exported the first %1 rows to %2; there are more").arg(count, path)
            : tr("Exported %1 rows to %2").arg(count, path));
}

} // namespace sluice::ui

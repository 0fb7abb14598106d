// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/problemspanel.h"

#include "ui/models/problemsmodel.h"
#include "ui/widgets/headerview.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/textdelegate.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTableView>

#include <algorithm>

namespace sluice::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr int MostRows = 5;

} // namespace

ProblemsPanel::ProblemsPanel(session::ConfigDraft &draft, QWidget *parent)
    : QWidget(parent), m_draft(draft), m_model(new ProblemsModel(this))
{
    auto *title = new QLabel(tr("Problems"), this);
    Theme::setRole(title, FontRole::Strong);
    m_summary = new QLabel(this);
    m_summary->setObjectName(u"problemsSummaryLabel"_s);
    Theme::setRole(m_summary, FontRole::Text, true);
    m_table = new QTableView(this);
    m_table->setObjectName(u"problemsTableView"_s);
    setUpTable(m_table, tr("Problems"));
    m_table->setModel(m_model);
    m_table->horizontalHeader()->hide();
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    auto *delegate = new TextDelegate(m_table);
    delegate->setRulesVisible(false);
    m_table->setItemDelegate(delegate);
    m_table->verticalHeader()->setDefaultSectionSize(metrics::rowHeight(fontMetrics()) - 2);
    QHeaderView *header = m_table->horizontalHeader();
    header->resizeSection(ProblemsModel::PlaceColumn,
        fontMetrics().horizontalAdvance(u"x 1000:100"_s) + 2 * metrics::PageMargin);
    header->resizeSection(ProblemsModel::FixColumn, fontMetrics().averageCharWidth() * 24);
    header->setSectionResizeMode(ProblemsModel::MessageColumn, QHeaderView::Stretch);

    auto *head = new QHBoxLayout;
    head->setContentsMargins(metrics::PageMargin, metrics::CellPadding, metrics::PageMargin, 2);
    head->setSpacing(metrics::CellPadding);
    head->addWidget(title);
    head->addWidget(m_summary);
    head->addStretch();
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, metrics::CellPadding);
    layout->setSpacing(0);
    layout->addWidget(Theme::createRule(Qt::Horizontal, this));
    layout->addLayout(head);
    layout->addWidget(m_table);
    connect(&m_draft, &session::ConfigDraft::changed, this, &ProblemsPanel::update);
    connect(m_table, &QAbstractItemView::clicked, this, &ProblemsPanel::activate);
    connect(m_table, &QAbstractItemView::activated, this, &ProblemsPanel::activate);
    update();
}

ProblemsPanel::~ProblemsPanel() = default;

void ProblemsPanel::update()
{
    m_model->setFindings(m_draft.findings());
    m_summary->setText(m_model->summary());
    const int rows = m_model->rowCount();
    m_table->setFixedHeight(
        std::min(rows, MostRows) * m_table->verticalHeader()->defaultSectionSize() + 2);
    setVisible(rows > 0);
}

void ProblemsPanel::activate(const QModelIndex &index)
{
    // A double click arrives after its first click may have mended the row.
    if (!index.isValid() || index.row() >= m_model->rowCount())
        return;
    const config::Finding &finding = m_model->finding(index.row());
    if (index.column() == ProblemsModel::FixColumn && !finding.fix.isEmpty())
        mend(index.row());
    else if (finding.place.line > 0)
        Q_EMIT lineRequested(finding.place.line);
}

void ProblemsPanel::mend(int row)
{
    const config::Finding finding = m_model->finding(row);
    const auto edited = m_draft.edit(
        tr("write %1 in line %2").arg(finding.fix).arg(finding.place.line),
        [&finding](const QByteArray &text) -> Result<QByteArray> {
            QByteArray next = mended(text, finding);
            if (next.isNull())
                return Error{ErrorCode::NotFound, tr("The place of this problem has moved"), {}};
            return next;
        });
    if (!edited)
        Q_EMIT failed(edited.error().message);
}

void ProblemsPanel::step(int step)
{
    const int rows = m_model->rowCount();
    if (rows == 0)
        return;
    const int current = m_table->currentIndex().row();
    const int next = current < 0 ? (step > 0 ? 0 : rows - 1) : (current + step + rows) % rows;
    const QModelIndex index = m_model->index(next, ProblemsModel::PlaceColumn);
    m_table->setCurrentIndex(index);
    m_table->setFocus();
    activate(index);
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/historypane.h"

#include "ui/models/historymodel.h"
#include "ui/models/historywords.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/format.h"
#include "ui/widgets/headerview.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/segmented.h"
#include "ui/widgets/textdelegate.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QShortcut>
#include <QStackedWidget>
#include <QTableView>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using historycharts::Series;

namespace {

enum Face { ChartsFace, TableFace, ProblemFace };

QStringList rangeNames()
{
    QStringList names;
    for (int i = 0; i < HistoryRangeCount; ++i)
        names += rangeName(static_cast<HistoryRange>(i));
    return names;
}

} // namespace

HistoryPane::HistoryPane(UsageHistory &history, QWidget *parent)
    : QWidget(parent), m_history(history), m_model(new HistoryModel(this))
{
    setObjectName(u"HistoryPane"_s);
    QWidget *head = createHead();
    m_stack = new QStackedWidget(this);
    m_stack->addWidget(createCharts());
    m_stack->addWidget(createTable());
    auto *problem = new QWidget(m_stack);
    m_problemTitle = new QLabel(problem);
    m_problemTitle->setObjectName(u"historyProblemLabel"_s);
    Theme::setRole(m_problemTitle, FontRole::Strong);
    m_problemText = new QLabel(problem);
    m_problemText->setTextFormat(Qt::PlainText);
    m_problemText->setWordWrap(true);
    Theme::setRole(m_problemText, FontRole::Text, true);
    auto *words = new QVBoxLayout(problem);
    words->setContentsMargins(0, metrics::CellPadding, 0, 0);
    words->addWidget(m_problemTitle);
    words->addWidget(m_problemText);
    words->addStretch();
    m_stack->addWidget(problem);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(metrics::CellPadding);
    layout->addWidget(head);
    layout->addWidget(m_stack, 1);
    auto *toggle = new QShortcut(QKeySequence(Qt::Key_F6), this);
    toggle->setContext(Qt::WidgetWithChildrenShortcut);
    connect(toggle, &QShortcut::activated, m_asTable, &QToolButton::toggle);
    connect(&m_history, &UsageHistory::changed, this, [this] {
        if (isVisible())
            update();
    });
    update();
}

HistoryPane::~HistoryPane() = default;

// --- building ------------------------------------------------------------------------------------

QWidget *HistoryPane::createHead()
{
    auto *head = new QWidget(this);
    m_ranges = new Segmented(tr("How far back"), rangeNames(), head);
    m_ranges->setObjectName(u"historyRangeSegmented"_s);
    m_ranges->setCurrentIndex(int(m_history.range()));
    m_note = new QLabel(head);
    m_note->setObjectName(u"historyNoteLabel"_s);
    Theme::setRole(m_note, FontRole::Small, true);
    m_note->setTextFormat(Qt::PlainText);
    m_note->setWordWrap(true);
    m_asTable = new FlatButton(Icon::Columns, tr("As table"), head);
    m_asTable->setObjectName(u"historyTableToolButton"_s);
    m_asTable->setCheckable(true);
    m_asTable->setToolTip(tr("The figures as a table (F6)"));
    connect(m_ranges, &Segmented::currentIndexChanged, this, [this](int range) {
        m_history.setRange(static_cast<HistoryRange>(range));
        m_history.refresh();
    });
    connect(m_asTable, &QToolButton::toggled, this, &HistoryPane::showTable);
    auto *layout = new QHBoxLayout(head);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(metrics::PageMargin);
    layout->addWidget(m_ranges);
    layout->addWidget(m_note, 1);
    layout->addWidget(m_asTable);
    return head;
}

QWidget *HistoryPane::createCharts()
{
    auto *charts = new QWidget(this);
    auto *layout = new QHBoxLayout(charts);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(metrics::ColumnGap);
    addColumn(charts, Series::Requests, tr("Requests over time"));
    addColumn(charts, Series::Tokens, tr("Tokens over time"));
    addColumn(charts, Series::Cost, tr("Cost over time"));
    return charts;
}

void HistoryPane::addColumn(QWidget *charts, Series series, const QString &name)
{
    Column &column = m_columns[size_t(series)];
    column.sum = new QLabel(charts);
    column.sum->setObjectName(u"historySumLabel%1"_s.arg(int(series)));
    column.sum->setTextFormat(Qt::RichText);
    column.sum->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    column.chart = new Chart(name, charts);
    column.chart->setObjectName(u"historyChart%1"_s.arg(int(series)));
    connect(column.chart, &Chart::cursorMoved, this, &HistoryPane::shareCursor);
    auto *layout = new QVBoxLayout;
    layout->setSpacing(metrics::Grid);
    layout->addWidget(column.sum);
    layout->addWidget(column.chart, 1);
    static_cast<QHBoxLayout *>(charts->layout())->addLayout(layout, 1);
}

QWidget *HistoryPane::createTable()
{
    m_table = new QTableView(this);
    setUpTable(m_table, tr("Usage over time"));
    m_table->setObjectName(u"historyTableView"_s);
    m_table->setItemDelegate(new TextDelegate(m_table));
    m_table->setModel(m_model);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    auto *header = static_cast<HeaderView *>(m_table->horizontalHeader());
    header->setLeadingMargin(0);
    static_cast<RowDelegate *>(m_table->itemDelegate())->setLeadingMargin(0);
    header->setSectionResizeMode(QHeaderView::Stretch);
    header->setSectionResizeMode(HistoryModel::TimeColumn, QHeaderView::Fixed);
    header->resizeSection(HistoryModel::TimeColumn,
        m_table->fontMetrics().horizontalAdvance(tr("Wed 28 May, 22:00 – 00:00"))
            + metrics::PageMargin);
    return m_table;
}

// --- showing -------------------------------------------------------------------------------------

void HistoryPane::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    m_history.refresh();
    update();
}

// One instant in all three.
void HistoryPane::shareCursor(int step)
{
    for (const Column &column : m_columns)
        column.chart->setCursor(step);
}

void HistoryPane::showTable(bool table)
{
    const bool hadFocus = isAncestorOf(focusWidget()) && !m_asTable->hasFocus();
    update();
    if (hadFocus && table)
        m_table->setFocus();
    else if (hadFocus)
        m_columns[0].chart->setFocus();
}

void HistoryPane::update()
{
    m_ranges->setCurrentIndex(int(m_history.range()));
    const bool hasFailed = m_history.state() == UsageHistory::State::Failed;
    m_asTable->setEnabled(!hasFailed);
    m_stack->setCurrentIndex(hasFailed ? ProblemFace
            : m_asTable->isChecked()   ? TableFace
                                       : ChartsFace);
    if (hasFailed) {
        showProblem();
        return;
    }
    QString note = stepWords(m_history.range(), m_history.isRecording());
    if (!m_history.isRecording())
        note += u", "_s + tr("requests are not recorded at present");
    if (const qint64 lost = m_history.history().lost; lost > 0)
        note +=
            u", "_s + tr("%1 of everybody came too fast to be recorded").arg(format::count(lost));
    for (const QString &sentence : m_history.history().notes)
        note += u", "_s + sentence;
    m_note->setText(note);
    m_model->setHistory(m_history.history());
    for (const Series series : {Series::Requests, Series::Tokens, Series::Cost}) {
        const Column &column = m_columns[size_t(series)];
        column.sum->setText(m_history.state() == UsageHistory::State::Ready
                ? historycharts::sum(m_history, series)
                : QString(u' '));
        column.chart->setChart(historycharts::chart(m_history, series));
    }
}

void HistoryPane::showProblem()
{
    const historywords::Problem problem =
        historywords::problem(m_history.problem(), m_history.isRecording());
    m_problemTitle->setText(problem.title);
    m_problemText->setText(problem.text);
    m_note->clear();
}

} // namespace sluice::ui

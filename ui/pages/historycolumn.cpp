// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/historycolumn.h"

#include "ui/models/historywords.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/format.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>

using namespace Qt::StringLiterals;

namespace sluice::ui {

HistoryColumn::HistoryColumn(UsageHistory &history, QWidget *parent)
    : QWidget(parent),
      m_history(history),
      m_title(new QLabel(this)),
      m_note(new QLabel(this)),
      m_chart(new Chart(tr("Requests over time"), this))
{
    setObjectName(u"HistoryColumn"_s);
    m_title->setObjectName(u"historyTitleLabel"_s);
    Theme::setRole(m_title, FontRole::Text);
    Theme::setRole(m_note, FontRole::Small, true);
    for (QLabel *label : {m_title, m_note}) {
        label->setWordWrap(true);
        label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    }
    m_chart->setObjectName(u"historyColumnChart"_s);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto *more = new FlatButton(tr("All"), this);
    more->setObjectName(u"moreHistoryToolButton"_s);
    more->setAccessibleName(tr("All of the history"));
    more->setLink(true);
    more->setFixedHeight(m_title->sizeHint().height()); // no higher than the other titles
    connect(more, &QToolButton::clicked, this, &HistoryColumn::moreRequested);
    auto *head = new QHBoxLayout;
    head->setSpacing(metrics::Grid);
    head->addWidget(m_title, 1);
    head->addWidget(more, 0, Qt::AlignTop);
    layout->addLayout(head);
    layout->addWidget(m_note);
    layout->addSpacing(metrics::CellPadding);
    layout->addWidget(m_chart, 1);
    layout->addStretch();
    connect(&m_history, &UsageHistory::changed, this, [this] {
        if (isVisible())
            update();
    });
    update();
}

HistoryColumn::~HistoryColumn() = default;

void HistoryColumn::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    m_history.refresh();
    update();
}

void HistoryColumn::update()
{
    const bool hasFailed = m_history.state() == UsageHistory::State::Failed;
    const session::HistorySums &total = m_history.history().total;
    const QString title = rangeTitle(m_history.range()).toHtmlEscaped() + u": "_s;
    const QString strong = u"<span style=\"font-weight:600\">%1</span>"_s;
    const QString requests = total.requests == 1
        ? tr("1 request")
        : tr("%1 requests").arg(format::count(total.requests));
    QString note = stepWords(m_history.range(), m_history.isRecording());
    if (hasFailed) {
        const historywords::Problem problem =
            historywords::problem(m_history.problem(), m_history.isRecording());
        m_title->setText(title + tr("not known"));
        note = problem.title;
    } else if (m_history.state() == UsageHistory::State::Waiting) {
        m_title->setText(title + u'…');
    } else if (total.refused > 0) {
        m_title->setText(title + strong.arg(tr("%1 refused").arg(format::count(total.refused))));
        note = tr("of %1, %2").arg(requests, note);
    } else {
        m_title->setText(title + strong.arg(requests));
    }
    m_note->setText(note);
    m_chart->setVisible(!hasFailed);
    m_chart->setChart(historycharts::chart(m_history, historycharts::Series::Requests));
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/requestdetail.h"

#include "core/base/duration.h"
#include "core/insight/explain.h"
#include "ui/pages/decisionview.h"
#include "ui/widgets/format.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/tabbar.h"
#include "ui/widgets/theme.h"

#include <QDateTime>
#include <QFormLayout>
#include <QLabel>
#include <QStackedWidget>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using insight::RequestRecord;

namespace {

void clearRows(QFormLayout *form)
{
    while (form->rowCount() > 0)
        form->removeRow(0);
}

void addRow(QFormLayout *form, const QString &name, const QString &value)
{
    if (value.isEmpty())
        return;
    auto *label = new QLabel(name);
    Theme::setRole(label, FontRole::Text, true);
    auto *text = new QLabel(value);
    text->setTextFormat(Qt::PlainText);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    text->setWordWrap(true);
    form->addRow(label, text);
}

QString utf8(const QByteArray &text)
{
    return QString::fromUtf8(text);
}

QString entryText(const limits::Subject &subject)
{
    switch (subject.entry) {
    case limits::Entry::Direct:
        return RequestDetail::tr("a provider's own path");
    case limits::Entry::Unified:
        return RequestDetail::tr("unified API");
    case limits::Entry::Router:
        return RequestDetail::tr("router %1").arg(utf8(subject.router));
    }
    Q_UNREACHABLE();
}

QString propertiesText(const limits::Subject &subject)
{
    QStringList words;
    for (const limits::Property &property : subject.properties)
        words += utf8(property.name) + u" = "_s + utf8(property.value);
    return words.join(u", "_s);
}

QFormLayout *createForm()
{
    auto *form = new QFormLayout;
    form->setHorizontalSpacing(metrics::ColumnGap);
    form->setVerticalSpacing(metrics::CellPadding);
    form->setFormAlignment(Qt::AlignTop | Qt::AlignLeft);
    return form;
}

} // namespace

RequestDetail::RequestDetail(QWidget *parent) : QWidget(parent)
{
    setObjectName(u"RequestDetail"_s);
    setBackgroundRole(QPalette::Base);
    setAutoFillBackground(true);
    m_tabs = new TabBar(this);
    m_tabs->setObjectName(u"detailTabBar"_s);
    m_tabs->setAccessibleName(tr("Details of the request"));
    m_tabs->addTab(tr("Decision"));
    m_tabs->addTab(tr("Summary"));
    m_decision = new DecisionView(this);
    m_summary = createSummary();
    m_stack = new QStackedWidget(this);
    m_stack->addWidget(m_decision);
    m_stack->addWidget(m_summary);
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    outer->addWidget(Theme::createRule(Qt::Horizontal, this));
    auto *layout = new QVBoxLayout;
    outer->addLayout(layout, 1);
    layout->setContentsMargins(metrics::PageMargin, 4, metrics::PageMargin, metrics::CellPadding);
    layout->setSpacing(metrics::CellPadding);
    layout->addWidget(m_tabs, 0, Qt::AlignLeft);
    layout->addWidget(m_stack, 1);
    connect(m_tabs, &QTabBar::currentChanged, m_stack, &QStackedWidget::setCurrentIndex);
    connect(m_decision, &DecisionView::lineRequested, this, &RequestDetail::lineRequested);
    connect(m_decision, &DecisionView::changeRequested, this, &RequestDetail::changeRequested);
}

RequestDetail::~RequestDetail() = default;

QWidget *RequestDetail::createSummary()
{
    auto *summary = new QWidget(this);
    m_left = createForm();
    m_right = createForm();
    auto *layout = new QHBoxLayout(summary);
    layout->setContentsMargins(0, metrics::CellPadding, 0, 0);
    layout->setSpacing(metrics::ColumnGap);
    layout->addLayout(m_left, 1);
    layout->addLayout(m_right, 1);
    return summary;
}

void RequestDetail::showRecord(
    const RequestRecord &record, const std::optional<SmallestChange> &change)
{
    m_recordId = record.id;
    m_decision->showDecision(record, change);
    showSummary(record);
}

void RequestDetail::clear()
{
    m_recordId = 0;
}

void RequestDetail::showSummary(const RequestRecord &record)
{
    clearRows(m_left);
    clearRows(m_right);
    const limits::Subject &subject = record.subject;
    addRow(m_left, tr("What happened"), insight::headline(record));
    addRow(m_left, tr("Arrived"),
        QDateTime::fromMSecsSinceEpoch(record.at.count()).toString(u"yyyy-MM-dd HH:mm:ss.zzz"_s));
    addRow(m_left, tr("Key"), utf8(subject.apiKey));
    addRow(m_left, tr("Member"), utf8(subject.member));
    addRow(m_left, tr("Team"), utf8(subject.team));
    addRow(m_left, tr("End user"), utf8(subject.endUser));
    addRow(m_left, tr("Properties"), propertiesText(subject));
    addRow(m_left, tr("Entered by"), entryText(subject));
    addRow(m_right, tr("Request"), utf8(record.method + ' ' + record.path));
    addRow(m_right, tr("Model"), utf8(record.model));
    addRow(m_right, tr("Provider"), utf8(record.provider));
    addRow(m_right, tr("Status"), record.status ? QString::number(record.status) : QString());
    addRow(m_right, tr("Duration"), describeDuration(record.duration));
    addRow(m_right, tr("Gateway's share"), describeDuration(record.overhead));
    addRow(m_right, tr("Answer"),
        tr("%1 bytes%2")
            .arg(format::count(record.bytesSent), record.isStream ? tr(", streamed") : QString()));
    addRow(m_right, tr("Request id"), utf8(record.requestId));
}

} // namespace sluice::ui

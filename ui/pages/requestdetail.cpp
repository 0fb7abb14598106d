// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/requestdetail.h"

#include "core/base/duration.h"
#include "core/base/money.h"
#include "core/insight/explain.h"
#include "core/session/ledgerrecord.h"
#include "ui/models/spentwords.h"
#include "ui/pages/bodyview.h"
#include "ui/pages/decisionview.h"
#include "ui/pages/factform.h"
#include "ui/pages/requestbodies.h"
#include "ui/widgets/format.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/tabbar.h"
#include "ui/widgets/theme.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QStackedWidget>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using insight::RequestRecord;

namespace {

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

/// "1 204 tokens, reported".
QString tokensText(std::optional<qint64> tokens, metering::Source source)
{
    if (!tokens)
        return {};
    return RequestDetail::tr("%1 tokens, %2")
        .arg(format::count(*tokens), spentwords::sourceWord(source));
}

/// Nothing for a part that is not known or nothing.
QString partText(std::optional<qint64> tokens)
{
    return tokens.value_or(0) > 0 ? format::count(*tokens) : QString();
}

QString costText(const RequestRecord &record)
{
    const std::optional<MicroAmount> &cost = record.charge.cost;
    if (!cost)
        return spentwords::costTip(record); // no price
    const QString text = formatDollarsExact(*cost);
    return record.charge.isEstimate() ? format::estimate(text) : text;
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
    m_stack = new QStackedWidget(this);
    createTabs();
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
    connect(m_tabs, &QTabBar::currentChanged, this, &RequestDetail::showTab);
    connect(m_decision, &DecisionView::lineRequested, this, &RequestDetail::lineRequested);
    connect(m_decision, &DecisionView::changeRequested, this, &RequestDetail::changeRequested);
}

RequestDetail::~RequestDetail() = default;

void RequestDetail::createTabs()
{
    m_decision = new DecisionView(this);
    m_summary = createSummary();
    m_request = new BodyView(tr("Request"), this);
    m_request->setObjectName(u"requestBodyView"_s);
    m_answer = new BodyView(tr("Answer"), this);
    m_answer->setObjectName(u"answerBodyView"_s);
    m_bodies = new RequestBodies(*m_request, *m_answer, this);
    const std::pair<QString, QWidget *> tabs[] = {{tr("Decision"), m_decision},
        {tr("Summary"), m_summary}, {tr("Request"), m_request}, {tr("Answer"), m_answer}};
    for (const auto &[name, page] : tabs) {
        m_tabs->addTab(name);
        m_stack->addWidget(page);
    }
}

void RequestDetail::showTab(int tab)
{
    m_stack->setCurrentIndex(tab);
    const QWidget *page = m_stack->currentWidget();
    m_bodies->setWanted(page == m_request || page == m_answer);
}

void RequestDetail::readBodiesFrom(session::BodyQueries *bodies)
{
    m_bodies->readFrom(bodies);
}

QWidget *RequestDetail::createSummary()
{
    auto *summary = new QWidget(this);
    m_who = new FactForm(summary);
    m_what = new FactForm(summary);
    m_usage = new FactForm(summary);
    m_usage->setObjectName(u"requestUsageForm"_s);
    auto *layout = new QHBoxLayout(summary);
    layout->setContentsMargins(0, metrics::CellPadding, 0, 0);
    layout->setSpacing(metrics::ColumnGap);
    layout->addWidget(m_who, 4);
    layout->addWidget(m_what, 4);
    layout->addWidget(m_usage, 3);
    return summary;
}

void RequestDetail::showRecord(
    const RequestRecord &record, const std::optional<SmallestChange> &change, bool keepsBodies)
{
    m_recordId = record.id;
    m_decision->showDecision(record, change);
    showSummary(record);
    m_bodies->showRecord(record, keepsBodies);
}

void RequestDetail::clear()
{
    m_recordId = 0;
}

void RequestDetail::showSummary(const RequestRecord &record)
{
    const limits::Subject &subject = record.subject;
    m_who->setFact(tr("What happened"),
        session::isFromLedger(record) ? recordedHeadline(record) : insight::headline(record));
    m_who->setFact(tr("Arrived"),
        QDateTime::fromMSecsSinceEpoch(record.at.count()).toString(u"yyyy-MM-dd HH:mm:ss.zzz"_s));
    m_who->setFact(tr("Key"), utf8(subject.apiKey));
    m_who->setFact(tr("Member"), utf8(subject.member));
    m_who->setFact(tr("Team"), utf8(subject.team));
    m_who->setFact(tr("End user"), utf8(subject.endUser));
    m_who->setFact(tr("Properties"), propertiesText(subject));
    m_who->setFact(tr("Entered by"), entryText(subject));
    m_what->setFact(tr("Request"), utf8(record.method + ' ' + record.path));
    m_what->setFact(tr("Model"), utf8(record.model));
    m_what->setFact(tr("Provider"), utf8(record.provider));
    m_what->setFact(tr("Status"), record.status ? QString::number(record.status) : QString());
    m_what->setFact(tr("Duration"), describeDuration(record.duration));
    m_what->setFact(tr("Gateway's share"), describeDuration(record.overhead));
    m_what->setFact(tr("Answer"),
        tr("%1 bytes%2")
            .arg(format::count(record.bytesSent), record.isStream ? tr(", streamed") : QString()));
    m_what->setFact(tr("Request id"), utf8(record.requestId));
    showUsage(record);
}

void RequestDetail::showUsage(const RequestRecord &record)
{
    const metering::Charge &charge = record.charge;
    const metering::TokenUsage &tokens = charge.tokens;
    const bool isRunning = record.outcome == insight::Outcome::Streaming;
    m_usage->setFact(tr("Used"),
        !charge.isEmpty() ? QString()
            : isRunning   ? tr("known when the answer has ended")
                          : tr("nothing"));
    m_usage->setFact(tr("Input"), tokensText(tokens.input, charge.inputSource));
    m_usage->setFact(tr("of it cached"), partText(tokens.cachedInput));
    m_usage->setFact(tr("of it written to the cache"), partText(tokens.cacheWrite));
    m_usage->setFact(tr("Output"), tokensText(tokens.output, charge.outputSource));
    m_usage->setFact(tr("of it reasoning"), partText(tokens.reasoning));
    m_usage->setFact(
        tr("Cost"), charge.isEmpty() ? QString() : costText(record), spentwords::costTip(record));
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/decisionview.h"

#include "core/base/duration.h"
#include "core/insight/explain.h"
#include "core/session/ledgerrecord.h"
#include "ui/models/chainmodel.h"
#include "ui/pages/chaintable.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/mainbutton.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/theme.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using insight::Outcome;
using insight::RequestRecord;

namespace {

QLabel *caption(QWidget *parent, FontRole role, bool isSecond)
{
    auto *label = new QLabel(parent);
    Theme::setRole(label, role, isSecond);
    return label;
}

QLabel *iconLabel(QWidget *parent, Icon name)
{
    auto *label = new QLabel(parent);
    label->setPixmap(icon(name).pixmap(metrics::IconSize, metrics::IconSize));
    label->setFixedSize(metrics::IconSize + 4, metrics::IconSize);
    return label;
}

QString inMilliseconds(std::chrono::microseconds duration)
{
    return QString::number(double(duration.count()) / 1000, 'f', 1);
}

/// What would have let a refused request through where no change of a single number does.
QString otherWayOut(const RequestRecord &record)
{
    using limits::Verdict;
    const limits::ChainLink *link = record.decision.bindingLink();
    switch (record.decision.verdict) {
    case Verdict::Blocked:
        return DecisionView::tr("Unblock it on the page Usage; no limit is behind this.");
    case Verdict::Unpriced:
        return DecisionView::tr("A price of %1 in prices.models, or prices.unpriced: allow.")
            .arg(QString::fromUtf8(record.model));
    case Verdict::NeverFits:
        return DecisionView::tr("Less input or a shorter answer; waiting does not help.");
    case Verdict::MissingSegment:
    case Verdict::NoRoom:
    case Verdict::StoreDown:
        return insight::refusalSentence(record.decision, {});
    case Verdict::LimitReached:
    case Verdict::SlotsTaken:
    case Verdict::Admitted:
        break;
    }
    if (link && link->limit->line == 0)
        return DecisionView::tr("The client sent this limit itself, in its policy header.");
    if (link && link->limit->unit != Unit::Request && link->cost >= link->usage.quota)
        return DecisionView::tr(
            "No single number: how long the answer gets is estimated, and a wider limit would have "
            "been asked for more. A smaller max_tokens helps.");
    return DecisionView::tr(
        "The limit has been changed since, is set for single values, or no single number would "
        "have done.");
}

} // namespace

QString recordedHeadline(const RequestRecord &record)
{
    const bool hasSentence = record.outcome != Outcome::Completed && !record.note.isEmpty();
    return hasSentence ? record.note : DecisionView::tr("Admitted");
}

DecisionView::DecisionView(QWidget *parent) : QWidget(parent), m_chain(new ChainModel(this))
{
    setObjectName(u"DecisionView"_s);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(metrics::ColumnGap);
    layout->addWidget(createChainColumn(), 14);
    layout->addWidget(createAnswerColumn(), 7);
}

DecisionView::~DecisionView() = default;

QWidget *DecisionView::createChainColumn()
{
    auto *column = new QWidget(this);
    m_table = new ChainTable(m_chain, tr("Chain of limits"), true, column);
    m_table->setObjectName(u"decisionTableView"_s);
    connect(m_table, &ChainTable::lineRequested, this, &DecisionView::lineRequested);
    m_noLimit = caption(column, FontRole::Text, true);
    m_noLimit->setText(tr("No limit was asked."));
    auto *sentRow = new QWidget(column);
    m_sent = caption(sentRow, FontRole::Text, false);
    m_sent->setObjectName(u"sentLabel"_s);
    auto *sentCaption = caption(sentRow, FontRole::Text, true);
    sentCaption->setText(tr("Sent"));
    auto *sentLayout = new QHBoxLayout(sentRow);
    sentLayout->setContentsMargins(0, 0, 0, 0);
    sentLayout->setSpacing(metrics::CellPadding);
    sentLayout->addWidget(iconLabel(sentRow, Icon::Send));
    sentLayout->addWidget(sentCaption);
    sentLayout->addSpacing(metrics::PageMargin);
    sentLayout->addWidget(m_sent, 1);
    auto *layout = new QVBoxLayout(column);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(metrics::CellPadding);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_noLimit, 1, Qt::AlignTop);
    layout->addWidget(sentRow);
    return column;
}

QWidget *DecisionView::createAnswerColumn()
{
    auto *column = new QWidget(this);
    m_headline = caption(column, FontRole::Head, false);
    m_headline->setObjectName(u"headlineLabel"_s);
    m_headline->setWordWrap(true);
    m_changeText = caption(column, FontRole::Text, true);
    m_changeText->setObjectName(u"changeTextLabel"_s);
    m_changeText->setWordWrap(true);
    m_diff = new DiffView(column);
    m_diff->setObjectName(u"smallestChangeDiffView"_s);
    m_diff->setAccessibleName(tr("Smallest change"));
    m_diff->setFitsContent(true);
    m_waitRow = new QWidget(column);
    m_wait = caption(m_waitRow, FontRole::Text, false);
    m_wait->setObjectName(u"waitLabel"_s);
    m_wait->setWordWrap(true);
    m_waitUntil = caption(m_waitRow, FontRole::Text, true);
    auto *waitLayout = new QHBoxLayout(m_waitRow);
    waitLayout->setContentsMargins(0, 0, 0, 0);
    waitLayout->setSpacing(metrics::CellPadding);
    waitLayout->addWidget(iconLabel(m_waitRow, Icon::Clock));
    waitLayout->addWidget(m_wait, 1);
    waitLayout->addWidget(m_waitUntil, 1);
    m_draft = new QPushButton(icon(Icon::Edit), tr("Draft this change"), column);
    m_draft->setObjectName(u"draftChangePushButton"_s);
    setUpPushButton(m_draft);
    connect(m_draft, &QPushButton::clicked, this, [this] {
        if (m_change)
            Q_EMIT changeRequested(*m_change);
    });
    connect(m_diff, &DiffView::lineActivated, this, &DecisionView::lineRequested);
    auto *layout = new QVBoxLayout(column);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(metrics::CellPadding);
    layout->addWidget(m_headline);
    layout->addWidget(m_changeText);
    layout->addWidget(m_diff);
    layout->addWidget(m_waitRow);
    layout->addWidget(m_draft, 0, Qt::AlignLeft);
    layout->addStretch();
    return column;
}

void DecisionView::showDecision(
    const RequestRecord &record, const std::optional<SmallestChange> &change)
{
    m_change = change;
    if (session::isFromLedger(record)) {
        showRecorded(record);
        return;
    }
    m_chain->showThen(record.decision);
    m_table->setVisible(!record.decision.chain.empty());
    m_noLimit->setVisible(record.decision.chain.empty());
    m_sent->setText(sentText(record));
    m_headline->setText(insight::headline(record));
    showChange();
    showWait(record);
    if (!m_change && !record.decision.isAdmitted()) {
        m_changeText->setText(otherWayOut(record));
        m_changeText->show();
    }
}

// Of an older request the ledger knows which limits were asked and what they said.
void DecisionView::showRecorded(const RequestRecord &record)
{
    m_chain->showThen(record.decision);
    m_table->setVisible(!record.decision.chain.empty());
    m_noLimit->setVisible(record.decision.chain.empty());
    m_sent->setText(sentText(record));
    m_headline->setText(recordedHeadline(record));
    showChange();
    showWait(record);
    if (!record.decision.chain.empty()) {
        m_changeText->setText(
            tr("The figures of that instant are kept for the latest requests only."));
        m_changeText->show();
    }
}

void DecisionView::showChange()
{
    m_changeText->setVisible(m_change.has_value());
    m_diff->setVisible(m_change.has_value());
    m_draft->setVisible(m_change.has_value());
    if (!m_change)
        return;
    m_changeText->setText(
        tr("The smallest change that would have admitted it, line %1").arg(m_change->line));
    m_diff->setLines(m_change->lines);
}

void DecisionView::showWait(const RequestRecord &record)
{
    const std::chrono::nanoseconds wait = record.decision.wait;
    const bool isForSlots = record.decision.verdict == limits::Verdict::SlotsTaken;
    const bool canWait = insight::wasRefused(record) && wait > std::chrono::nanoseconds(0);
    m_waitRow->setVisible(canWait || isForSlots);
    m_waitUntil->setVisible(canWait);
    if (isForSlots)
        m_wait->setText(tr("or wait until a running request ends; nobody can tell when"));
    if (!canWait)
        return;
    // Rounded up: a moment earlier it would still be refused.
    const qint64 until = record.at.count() + (wait.count() + 999'999) / 1'000'000;
    m_wait->setText(tr("or wait %1").arg(describeDuration(wait)));
    m_waitUntil->setText(
        tr("admitted from %1 on")
            .arg(QDateTime::fromMSecsSinceEpoch(until).toString(u"HH:mm:ss.zzz"_s)));
}

QString DecisionView::sentText(const RequestRecord &record)
{
    if (record.status == 0)
        return record.outcome == Outcome::Streaming ? tr("the answer is streaming") : tr("nothing");
    QString text = tr("%1 in %2 ms").arg(record.status).arg(inMilliseconds(record.duration));
    if (record.decision.verdict == limits::Verdict::SlotsTaken)
        text += u", retry-after 1"_s;
    if (insight::wasRefused(record) && record.decision.wait.count() > 0) {
        const qint64 wait = record.decision.wait.count();
        text += u", retry-after "_s + QString::number((wait + 999'999'999) / 1'000'000'000)
            + u", retry-after-ms "_s + QString::number((wait + 999'999) / 1'000'000);
    }
    return text;
}

} // namespace sluice::ui

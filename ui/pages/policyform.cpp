// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/policyform.h"

#include "core/insight/explain.h"
#include "ui/models/limitfields.h"
#include "ui/pages/matchfields.h"
#include "ui/pages/overridetable.h"
#include "ui/pages/policyfields.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/format.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/schedulepreview.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>

namespace sluice::ui {

using namespace Qt::StringLiterals;
using config::LimitMode;

namespace {

SchedulePreview::Schedule scheduleOf(const limits::Limit &limit)
{
    SchedulePreview::Schedule schedule;
    if (limit.mode == LimitMode::Off || limit.quota <= 0)
        return schedule;
    // For drawing only.
    schedule.atOnce = double(limit.quota) / double(MicroPerUnit);
    schedule.atOnceText = format::amount(limit.quota, limit.unit);
    if (limit.algorithm == limits::Algorithm::Gcra)
        schedule.interval = double(limit.period.count()) / 1e9 / schedule.atOnce;
    return schedule;
}

QString effectOf(const limits::Limit &limit)
{
    if (limit.mode == LimitMode::Off)
        return PolicyForm::tr("not counted");
    const QString sentence = insight::effectSentence(limit);
    return limit.mode == LimitMode::Shadow ? PolicyForm::tr("%1, only watched").arg(sentence)
                                           : sentence;
}

bool isDrawn(const limits::Limit &limit)
{
    return limit.algorithm == limits::Algorithm::Gcra && limit.unit == Unit::Request;
}

} // namespace

PolicyForm::PolicyForm(session::ConfigDraft &draft, QWidget *parent)
    : QWidget(parent), m_draft(draft)
{
    setObjectName(u"PolicyForm"_s);
    setupUi();
}

PolicyForm::~PolicyForm() = default;

// --- building ------------------------------------------------------------------------------------

void PolicyForm::setupUi()
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(
        metrics::PageMargin, metrics::CellPadding, metrics::PageMargin, metrics::PageMargin);
    layout->setSpacing(metrics::Grid);
    setupHead(layout);
    layout->addSpacing(metrics::PageMargin);
    setupParts(layout);
    m_note = new QLabel(this);
    m_note->setWordWrap(true);
    Theme::setRole(m_note, FontRole::Text, true);
    layout->addWidget(m_note);
    layout->addStretch();
}

void PolicyForm::setupHead(QVBoxLayout *layout)
{
    m_subject = new QLabel(this);
    m_subject->setObjectName(u"limitSubjectLabel"_s);
    m_subject->setWordWrap(true);
    Theme::setRole(m_subject, FontRole::Text, true);
    m_line = new FlatButton(Icon::External, tr("line"), this);
    m_line->setObjectName(u"limitLineToolButton"_s);
    m_line->setLink(true);
    auto *head = new QHBoxLayout;
    head->addWidget(m_subject, 1);
    head->addWidget(m_line);
    m_effect = new QLabel(this);
    m_effect->setObjectName(u"limitEffectLabel"_s);
    m_effect->setWordWrap(true);
    Theme::setRole(m_effect, FontRole::Head);
    m_running = new QLabel(this);
    m_running->setObjectName(u"limitRunningLabel"_s);
    m_running->setWordWrap(true);
    Theme::setRole(m_running, FontRole::Small, true);
    m_preview = new SchedulePreview(this);
    layout->addLayout(head);
    layout->addSpacing(metrics::Grid);
    layout->addWidget(m_effect);
    layout->addWidget(m_running);
    layout->addSpacing(metrics::CellPadding);
    layout->addWidget(m_preview);
    connect(m_line, &QToolButton::clicked, this, [this] {
        if (m_row.draft)
            Q_EMIT lineRequested(m_row.draft->place.line);
    });
}

void PolicyForm::setupParts(QVBoxLayout *layout)
{
    m_parts = new QWidget(this);
    m_fields = new PolicyFields(m_draft, m_parts);
    m_match = new MatchFields(m_draft, m_parts);
    m_overrides = new OverrideTable(m_draft, m_parts);
    m_consequence = new QLabel(m_parts);
    m_consequence->setObjectName(u"consequenceLabel"_s);
    m_consequence->setWordWrap(true);
    Theme::setRole(m_consequence, FontRole::Text, true);
    auto *parts = new QVBoxLayout(m_parts);
    parts->setContentsMargins(0, 0, 0, 0);
    parts->setSpacing(metrics::CellPadding);
    parts->addWidget(m_fields);
    parts->addWidget(m_match);
    parts->addWidget(m_overrides);
    parts->addWidget(m_consequence);
    layout->addWidget(m_parts);
    connect(m_fields, &PolicyFields::failed, this, &PolicyForm::failed);
    connect(m_fields, &PolicyFields::renamed, this, &PolicyForm::renamed);
    connect(m_overrides, &OverrideTable::failed, this, &PolicyForm::failed);
    connect(m_fields, &PolicyFields::previewed, this, [this](const config::LimitRule &rule) {
        m_effect->setText(effectOf(limits::limitOf(rule)));
    });
}

// --- showing -------------------------------------------------------------------------------------

void PolicyForm::showNote(const QString &title, const QString &text)
{
    m_row = {};
    m_subject->setText(title);
    m_note->setText(text);
    for (QWidget *part :
        std::initializer_list<QWidget *>{m_line, m_effect, m_running, m_preview, m_parts})
        part->hide();
    m_note->show();
}

void PolicyForm::showLimit(const PolicyRow &row, bool readOnly)
{
    m_row = row;
    const limits::Limit limit = row.header ? *row.header : limits::limitOf(*row.rule());
    m_subject->setText(row.header ? insight::fullLabel(limit) : limitfields::label(*row.rule()));
    m_line->setVisible(row.draft.has_value());
    m_line->setText(tr("line %1").arg(limit.line));
    m_line->setAccessibleName(tr("Go to line %1").arg(limit.line));
    showEffect(limit);
    m_parts->setVisible(!row.header);
    if (!row.header)
        showParts(readOnly);
    const QString note = noteOf(readOnly);
    m_note->setVisible(!note.isEmpty());
    m_note->setText(note);
}

QString PolicyForm::noteOf(bool readOnly) const
{
    if (m_row.header)
        return tr("Sent by a client with its requests; the file does not set it.");
    if (readOnly)
        return tr("The file has an error: these are the last good values.");
    return m_row.isRemoved() ? tr("Deleted in the draft; it holds until the draft is applied.")
                             : QString();
}

void PolicyForm::showEffect(const limits::Limit &limit)
{
    m_effect->show();
    m_effect->setText(m_row.isRemoved() ? tr("no limit") : effectOf(limit));
    m_preview->setEffect(m_effect->text());
    const bool isRunning = m_row.running.has_value();
    const limits::Limit running = isRunning ? limits::limitOf(*m_row.running) : limits::Limit();
    // Only a bucket has a schedule that could be drawn: windows ease or end as a whole.
    m_preview->setVisible(isDrawn(limit) && (!isRunning || isDrawn(running)));
    if (!m_row.isChanged()) {
        m_running->hide();
        m_preview->setRunning(scheduleOf(limit));
        m_preview->clearDraft();
        return;
    }
    m_running->setText(
        isRunning ? tr("running: %1").arg(effectOf(running)) : tr("running: no such limit"));
    m_running->show();
    m_preview->setRunning(isRunning ? scheduleOf(running) : SchedulePreview::Schedule());
    m_preview->setDraft(m_row.isRemoved() ? SchedulePreview::Schedule() : scheduleOf(limit));
}

void PolicyForm::showParts(bool readOnly)
{
    const config::LimitRule &rule = *m_row.rule();
    const bool isFixed = readOnly || !m_row.draft;
    m_fields->showLimit(m_row, readOnly);
    m_match->showLimit(rule, isFixed);
    m_overrides->showLimit(rule, isFixed);
    m_overrides->setVisible(rule.segment.kind != config::SegmentKind::Shared);
    m_consequence->setText(limitfields::whoSentence(rule));
}

} // namespace sluice::ui

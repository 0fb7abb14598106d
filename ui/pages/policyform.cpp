// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/policyform.h"

#include "core/insight/explain.h"
#include "ui/models/limitfields.h"
#include "ui/pages/policyfielddelegate.h"
#include "ui/widgets/fieldedit.h"
#include "ui/widgets/flatbutton.h"
#include "ui/widgets/format.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/schedulepreview.h"
#include "ui/widgets/segmented.h"
#include "ui/widgets/statuspalette.h"
#include "ui/widgets/theme.h"

#include <QGridLayout>
#include <QKeyEvent>
#include <QLabel>

namespace sluice::ui {

using namespace Qt::StringLiterals;
using config::LimitMode;

namespace {

constexpr LimitMode Modes[] = {LimitMode::Off, LimitMode::Shadow, LimitMode::Enforce};

int indexOf(LimitMode mode)
{
    return mode == LimitMode::Off ? 0 : mode == LimitMode::Shadow ? 1 : 2;
}

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

} // namespace

PolicyForm::PolicyForm(session::ConfigDraft &draft, QWidget *parent)
    : QWidget(parent), m_draft(draft)
{
    setObjectName(u"PolicyForm"_s);
    setupUi();
}

PolicyForm::~PolicyForm()
{
    // A field that goes away while it has the focus says that editing is finished.
    for (const Field &field : {m_amount, m_period})
        field.edit->disconnect(this);
}

// --- building ------------------------------------------------------------------------------------

void PolicyForm::setupUi()
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(
        metrics::PageMargin, metrics::CellPadding, metrics::PageMargin, metrics::PageMargin);
    layout->setSpacing(metrics::Grid);
    setupHead(layout);
    setupFields();
    m_note = new QLabel(this);
    m_note->setWordWrap(true);
    Theme::setRole(m_note, FontRole::Text, true);
    layout->addSpacing(metrics::PageMargin);
    layout->addWidget(m_fields);
    layout->addWidget(m_note);
    layout->addStretch();
}

void PolicyForm::setupHead(QVBoxLayout *layout)
{
    m_subject = new QLabel(this);
    m_subject->setObjectName(u"limitSubjectLabel"_s);
    Theme::setRole(m_subject, FontRole::Text, true);
    m_line = new FlatButton(Icon::External, tr("line"), this);
    m_line->setObjectName(u"limitLineToolButton"_s);
    m_line->setLink(true);
    auto *head = new QHBoxLayout;
    head->addWidget(m_subject);
    head->addStretch();
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

void PolicyForm::setupFields()
{
    m_fields = new QWidget(this);
    auto *grid = new QGridLayout(m_fields);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(metrics::CellPadding);
    grid->setVerticalSpacing(2);
    grid->setColumnStretch(4, 1);
    auto *stateTitle = new QLabel(tr("State"), m_fields);
    m_mode = new Segmented(tr("State"), {tr("Off"), tr("Shadow"), tr("Enforced")}, m_fields);
    m_mode->setObjectName(u"stateSegmented"_s);
    grid->addWidget(stateTitle, 0, 0);
    grid->addWidget(m_mode, 0, 1, 1, 4, Qt::AlignLeft);
    grid->setRowMinimumHeight(1, metrics::CellPadding);
    m_amount = addField(grid, 2, tr("Amount"), u"formAmountLineEdit"_s);
    m_period = addField(grid, 4, tr("Refilled in"), u"formPeriodLineEdit"_s);
    auto *perTitle = new QLabel(tr("Counted per"), m_fields);
    m_countedPer = new QLabel(m_fields);
    m_countedPer->setObjectName(u"countedPerLabel"_s);
    grid->addWidget(perTitle, 6, 0);
    grid->addWidget(m_countedPer, 6, 1, 1, 4);
    for (QLabel *label : {stateTitle, perTitle})
        Theme::setRole(label, FontRole::Text, true);
    grid->setColumnMinimumWidth(0, fontMetrics().horizontalAdvance(u"Counted per__"_s));
    m_amount.edit->installEventFilter(this);
    connect(m_mode, &Segmented::activated, this, &PolicyForm::commitMode);
    connect(m_amount.edit, &QLineEdit::editingFinished, this, &PolicyForm::commitAmount);
    connect(m_period.edit, &QLineEdit::editingFinished, this, &PolicyForm::commitPeriod);
    connect(m_period.edit, &QLineEdit::textChanged, this, [this](const QString &text) {
        m_period.note->setText(limitfields::periodInSeconds(text));
    });
    connect(m_amount.reset, &QToolButton::clicked, this, [this] {
        if (m_row.draft && m_row.running)
            report(m_amount,
                limitfields::setAmount(
                    m_draft, *m_row.draft, limitfields::amountText(*m_row.running)));
    });
    connect(m_period.reset, &QToolButton::clicked, this, [this] {
        if (m_row.draft && m_row.running)
            report(m_period,
                limitfields::setPeriod(
                    m_draft, *m_row.draft, limitfields::periodText(*m_row.running)));
    });
}

PolicyForm::Field PolicyForm::addField(
    QGridLayout *grid, int row, const QString &title, const QString &name)
{
    Field field;
    field.title = new QLabel(title, m_fields);
    Theme::setRole(field.title, FontRole::Text, true);
    field.edit = new FieldEdit(title, m_fields);
    field.edit->setObjectName(name);
    field.edit->setMaximumWidth(fontMetrics().averageCharWidth() * 12);
    field.title->setBuddy(field.edit);
    field.note = new QLabel(m_fields);
    Theme::setRole(field.note, FontRole::Text, true);
    field.reset = new FlatButton(Icon::Undo, tr("was"), m_fields);
    field.error = new QLabel(m_fields);
    field.error->setWordWrap(true);
    Theme::setRole(field.error, FontRole::Small);
    field.error->hide();
    grid->addWidget(field.title, row, 0);
    grid->addWidget(field.edit, row, 1);
    grid->addWidget(field.note, row, 2);
    grid->addWidget(field.reset, row, 3);
    grid->addWidget(field.error, row + 1, 1, 1, 4);
    grid->setRowMinimumHeight(row + 1, metrics::CellPadding);
    connect(field.edit, &FieldEdit::cancelled, this, [this, field] { reset(field); });
    connect(field.edit, &QLineEdit::textEdited, field.error, [field] {
        field.edit->setError({});
        field.error->hide();
    });
    return field;
}

// --- showing -------------------------------------------------------------------------------------

void PolicyForm::showNote(const QString &title, const QString &text)
{
    m_row = {};
    m_subject->setText(title);
    m_note->setText(text);
    for (QWidget *part :
        std::initializer_list<QWidget *>{m_line, m_effect, m_running, m_preview, m_fields})
        part->hide();
    m_note->show();
}

void PolicyForm::showLimit(const PolicyRow &row, bool readOnly)
{
    const bool isOther = m_row.name != row.name;
    m_row = row;
    m_isReadOnly = readOnly;
    if (isOther) {
        for (const Field &field : {m_amount, m_period}) {
            field.edit->setModified(false);
            field.edit->setError({});
            field.error->hide();
        }
    }
    const limits::Limit limit = row.header ? *row.header : limits::limitOf(*row.rule());
    m_subject->setText(insight::fullLabel(limit));
    m_line->setVisible(row.draft.has_value());
    m_line->setText(tr("line %1").arg(limit.line));
    m_line->setAccessibleName(tr("Go to line %1").arg(limit.line));
    showEffect(limit);
    m_fields->setVisible(!row.header);
    if (!row.header)
        showFields();
    m_note->setVisible(row.header || row.isRemoved() || readOnly);
    m_note->setText(row.header ? tr("Sent by a client with its requests; the file does not set it.")
            : readOnly         ? tr("The file has an error: these are the last good values.")
                               : tr("Deleted in the draft; it holds until the draft is applied."));
}

void PolicyForm::showEffect(const limits::Limit &limit)
{
    m_effect->show();
    // A window has no schedule that could be drawn: it eases as its requests grow old.
    m_preview->setVisible(limit.algorithm == limits::Algorithm::Gcra);
    m_effect->setText(m_row.isRemoved() ? tr("no limit") : effectOf(limit));
    m_preview->setEffect(m_effect->text());
    if (!m_row.isChanged()) {
        m_running->hide();
        m_preview->setRunning(scheduleOf(limit));
        m_preview->clearDraft();
        return;
    }
    const bool isRunning = m_row.running.has_value();
    const limits::Limit running = isRunning ? limits::limitOf(*m_row.running) : limits::Limit();
    m_running->setText(
        isRunning ? tr("running: %1").arg(effectOf(running)) : tr("running: no such limit"));
    m_running->show();
    m_preview->setRunning(isRunning ? scheduleOf(running) : SchedulePreview::Schedule());
    m_preview->setDraft(m_row.isRemoved() ? SchedulePreview::Schedule() : scheduleOf(limit));
}

void PolicyForm::showFields()
{
    const config::LimitRule &rule = *m_row.rule();
    const bool isEditable = m_row.draft.has_value() && !m_isReadOnly;
    m_mode->setCurrentIndex(indexOf(rule.mode));
    m_period.title->setText(
        rule.algorithm == config::Algorithm::Gcra ? tr("Refilled in") : tr("In any"));
    m_period.edit->setAccessibleName(m_period.title->text());
    m_countedPer->setText(limitfields::countedPer(rule.segment));
    m_amount.note->setText(format::unitWord(rule.unit));
    const bool canReset = m_row.draft && m_row.running;
    const bool isAmountNew = canReset && m_row.draft->capacity != m_row.running->capacity;
    const bool isPeriodNew = canReset && m_row.draft->refill != m_row.running->refill;
    showField(m_amount, limitfields::amountText(rule),
        isAmountNew ? limitfields::amountText(*m_row.running) : QString());
    showField(m_period, limitfields::periodText(rule),
        isPeriodNew ? limitfields::periodText(*m_row.running) : QString());
    m_mode->setEnabled(isEditable);
    m_amount.edit->setReadOnly(!isEditable);
    m_period.edit->setReadOnly(!isEditable);
    m_amount.reset->setEnabled(isEditable);
    m_period.reset->setEnabled(isEditable);
}

void PolicyForm::showField(const Field &field, const QString &text, const QString &old) const
{
    if (!field.edit->isModified() && field.edit->text() != text)
        field.edit->setText(text);
    field.reset->setVisible(!old.isEmpty());
    if (!old.isEmpty())
        field.reset->setText(tr("was %1").arg(old));
}

// --- editing -------------------------------------------------------------------------------------

// Escape: back to what the draft says.
void PolicyForm::reset(const Field &field)
{
    field.edit->setModified(false);
    field.edit->setError({});
    field.error->hide();
    if (m_row.rule())
        showFields();
}

void PolicyForm::report(const Field &field, const Result<void> &edited)
{
    const QString reason = edited ? QString() : edited.error().message;
    field.edit->setError(reason);
    QPalette red;
    red.setColor(QPalette::WindowText, StatusPalette::of(palette()).word(State::Refused));
    field.error->setPalette(red);
    field.error->setText(reason);
    field.error->setVisible(!reason.isEmpty());
    if (!edited)
        return;
    field.edit->setModified(false);
    if (m_row.rule())
        showFields();
}

void PolicyForm::commitAmount()
{
    if (!m_row.draft || m_isReadOnly || !m_amount.edit->isModified())
        return;
    const QString text = m_amount.edit->text();
    report(m_amount, limitfields::setAmount(m_draft, config::LimitRule(*m_row.draft), text));
}

void PolicyForm::commitPeriod()
{
    if (!m_row.draft || m_isReadOnly || !m_period.edit->isModified())
        return;
    const QString text = m_period.edit->text();
    report(m_period, limitfields::setPeriod(m_draft, config::LimitRule(*m_row.draft), text));
}

void PolicyForm::commitMode(int index)
{
    if (!m_row.draft || m_isReadOnly)
        return;
    const auto edited =
        limitfields::setMode(m_draft, config::LimitRule(*m_row.draft), Modes[index]);
    if (edited)
        return;
    m_mode->setCurrentIndex(indexOf(m_row.draft->mode));
    Q_EMIT failed(edited.error().message);
}

bool PolicyForm::eventFilter(QObject *object, QEvent *event)
{
    if (event->type() == QEvent::KeyPress && object == m_amount.edit && !m_isReadOnly)
        return stepAmount(m_amount.edit, static_cast<QKeyEvent *>(event)->key());
    return QWidget::eventFilter(object, event);
}

} // namespace sluice::ui

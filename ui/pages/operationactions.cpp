// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/operationactions.h"

#include "core/insight/explain.h"
#include "core/insight/operationtext.h"
#include "ui/dialogs/blockdialog.h"
#include "ui/dialogs/raisedialog.h"

using namespace Qt::StringLiterals;

namespace sluice::ui {

using session::LimitOperations;

namespace {

QString capitalised(QString text)
{
    if (!text.isEmpty())
        text[0] = text.at(0).toUpper();
    return text;
}

} // namespace

OperationActions::OperationActions(LimitOperations *operations, const Clock &clock, QWidget *parent)
    : QObject(parent),
      m_operations(operations),
      m_clock(clock),
      m_window(parent),
      m_reset(createAction(tr("Reset counter"), u"resetAction"_s, &OperationActions::reset)),
      m_raise(createAction(tr("Raise…"), u"raiseAction"_s, &OperationActions::raise)),
      m_endRaise(createAction(tr("End raise"), u"endRaiseAction"_s, &OperationActions::endRaise)),
      m_block(createAction(tr("Block…"), u"blockAction"_s, &OperationActions::block)),
      m_unblock(createAction(tr("Unblock"), u"unblockAction"_s, &OperationActions::unblock))
{
    updateActions();
    if (m_operations == nullptr)
        return;
    connect(m_operations, &LimitOperations::changed, this, [this] {
        updateActions();
        Q_EMIT marksChanged();
    });
}

OperationActions::~OperationActions() = default;

QAction *OperationActions::createAction(
    const QString &text, const QString &name, void (OperationActions::*run)())
{
    auto *action = new QAction(text, this);
    action->setObjectName(name);
    connect(action, &QAction::triggered, this, run);
    return action;
}

void OperationActions::setTarget(const std::optional<Target> &target)
{
    if (m_isHeld)
        return;
    m_target = target;
    updateActions();
}

OperationMarks OperationActions::marks() const
{
    return m_operations != nullptr ? OperationMarks{m_operations->inForce()} : OperationMarks{};
}

// Of two opposites only the one that can be done is visible.
void OperationActions::updateActions()
{
    const OperationMarks now = marks();
    const bool hasSubject = m_target && !m_target->subject.value.isEmpty();
    const bool hasLink = m_target && m_target->link;
    const bool isRaised =
        hasLink && now.raiseOf(m_target->link->limit->name, m_target->link->value) != nullptr;
    const bool isBlocked = hasSubject && now.blockOf(m_target->subject) != nullptr;
    m_reset->setVisible(isAvailable());
    m_reset->setEnabled(hasLink);
    m_raise->setVisible(isAvailable());
    m_raise->setEnabled(hasLink);
    m_endRaise->setVisible(isAvailable());
    m_endRaise->setEnabled(isRaised);
    m_block->setVisible(isAvailable() && !isBlocked);
    m_block->setEnabled(hasSubject);
    m_unblock->setVisible(isAvailable() && isBlocked);
}

void OperationActions::report(LimitOperations::Id id, const QString &text, const QString &otherwise)
{
    if (id == 0)
        Q_EMIT failed(otherwise);
    else
        Q_EMIT done(text, [operations = m_operations, id] { return operations->undo(id); });
}

void OperationActions::reset()
{
    if (!m_target || !m_target->link)
        return;
    const insight::ChainState &link = *m_target->link;
    const QString who = insight::operatedCounter(*link.limit, link.value);
    const QString limit = insight::fullLabel(*link.limit);
    report(m_operations->reset(link.limit->name, link.value),
        tr("Reset: %1 has all of %2 again").arg(who, limit),
        tr("%1 has used nothing of %2").arg(capitalised(who), limit));
}

void OperationActions::raise()
{
    if (!m_target || !m_target->link)
        return;
    const insight::ChainState link = *m_target->link;
    auto *dialog = new RaiseDialog(link.limit, link.value, m_clock, m_window);
    connect(dialog, &RaiseDialog::raiseRequested, this,
        [this, link](qint64 extra, std::chrono::nanoseconds duration, const QString &sentence) {
            report(m_operations->raise(link.limit->name, link.value, extra, duration),
                tr("Raised %1: %2").arg(insight::fullLabel(*link.limit), sentence),
                tr("Not raised"));
        });
    dialog->open();
}

void OperationActions::endRaise()
{
    if (!m_target || !m_target->link)
        return;
    const insight::ChainState &link = *m_target->link;
    report(m_operations->endRaise(link.limit->name, link.value),
        tr("The raise of %1 has ended: %2 has %3 again")
            .arg(insight::fullLabel(*link.limit), insight::operatedCounter(*link.limit, link.value),
                insight::amountPhrase(link.limit->unit, link.limit->quota)),
        tr("The raise had ended already"));
}

void OperationActions::block()
{
    if (!m_target || m_target->subject.value.isEmpty())
        return;
    const insight::SubjectId subject = m_target->subject;
    auto *dialog = new BlockDialog(subject, m_clock, m_window);
    connect(dialog, &BlockDialog::blockRequested, this,
        [this, subject](std::optional<std::chrono::nanoseconds> duration) {
            const LimitOperations::Id id =
                m_operations->block(subject.segment, subject.value, duration);
            const limits::Block *block = nullptr;
            const OperationMarks now = marks();
            block = now.blockOf(subject);
            report(id, block ? insight::blockSentence(*block, m_clock.now()) : QString(),
                tr("Not blocked"));
        });
    dialog->open();
}

void OperationActions::unblock()
{
    if (!m_target)
        return;
    const insight::SubjectId subject = m_target->subject;
    report(m_operations->unblock(subject.segment, subject.value),
        tr("The %1 is no longer blocked").arg(insight::subjectName(subject.segment, subject.value)),
        tr("The block had ended already"));
}

} // namespace sluice::ui

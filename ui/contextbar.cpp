// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/contextbar.h"

#include <QAction>

namespace sluice::ui {

ContextBar::ContextBar(QWidget *parent) : MessageBar(parent)
{
    setObjectName(QStringLiteral("contextMessageBar"));
    setClosable(true);
    m_passing.setSingleShot(true);
    m_passing.setInterval(PassingTime);
    connect(&m_passing, &QTimer::timeout, this, [this] { settle(Subject::Passing); });
    connect(this, &MessageBar::closed, this, [this] { settle(m_subject); });
}

ContextBar::~ContextBar() = default;

void ContextBar::report(
    Subject subject, State state, const QString &text, const std::vector<Action> &actions)
{
    // News must not hide what still needs an answer.
    const bool isOpen = isVisibleTo(parentWidget()) && m_subject != Subject::Passing;
    if (subject == Subject::Passing && isOpen && m_subject != Subject::None)
        return;
    m_subject = subject;
    showMessage(state, text);
    for (const Action &action : actions)
        connect(addAction(action.text), &QAction::triggered, this, action.run);
    if (subject == Subject::Passing)
        m_passing.start();
    else
        m_passing.stop();
}

void ContextBar::settle(Subject subject)
{
    if (subject != m_subject || subject == Subject::None)
        return;
    m_subject = Subject::None;
    m_passing.stop();
    hide();
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/contextbar.h"

#include <QAction>

#include <algorithm>

namespace sluice::ui {

namespace {

using Subject = ContextBar::Subject;

/// It is true until somebody settles it.
bool isLasting(Subject subject)
{
    return subject != Subject::None && subject != Subject::Passing && subject != Subject::Command;
}

/// News must not hide what a person has to answer.
bool needsAnswer(Subject subject)
{
    return subject == Subject::Disk || subject == Subject::Gateway || subject == Subject::Command;
}

} // namespace

ContextBar::ContextBar(QWidget *parent) : MessageBar(parent)
{
    setObjectName(QStringLiteral("contextMessageBar"));
    setClosable(true);
    m_passing.setSingleShot(true);
    m_passing.setInterval(PassingTime);
    connect(&m_passing, &QTimer::timeout, this, [this] { settle(Subject::Passing); });
    connect(this, &MessageBar::closed, this, [this] { settle(m_shown.subject); });
}

ContextBar::~ContextBar() = default;

void ContextBar::report(
    Subject subject, State state, const QString &text, const std::vector<Action> &actions)
{
    if (subject == Subject::Passing && needsAnswer(m_shown.subject))
        return;
    forget(subject);
    if (isLasting(m_shown.subject) && m_shown.subject != subject)
        m_hidden.push_back(m_shown);
    present({subject, state, text, actions});
}

void ContextBar::settle(Subject subject)
{
    forget(subject);
    if (subject != m_shown.subject || subject == Subject::None)
        return;
    m_shown = {};
    m_passing.stop();
    if (m_hidden.empty()) {
        hide();
        return;
    }
    Message last = m_hidden.back();
    m_hidden.pop_back();
    present(std::move(last));
}

void ContextBar::present(Message message)
{
    m_shown = std::move(message);
    showMessage(m_shown.state, m_shown.text);
    for (const Action &action : m_shown.actions)
        connect(addAction(action.text), &QAction::triggered, this, action.run);
    if (m_shown.subject == Subject::Passing)
        m_passing.start();
    else
        m_passing.stop();
}

void ContextBar::forget(Subject subject)
{
    m_hidden.erase(std::remove_if(m_hidden.begin(), m_hidden.end(),
                       [subject](const Message &each) { return each.subject == subject; }),
        m_hidden.end());
}

} // namespace sluice::ui

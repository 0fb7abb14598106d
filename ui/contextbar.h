// SPDX-License-Identifier: GPL-3.0-or-later
// The one message above a page: what happened, what to do. A subject's message goes when the
// subject is settled; passing messages go by themselves. A state that a newer message hides comes
// back when that one has gone. GUI thread; owned by the main window.
#pragma once

#include "ui/widgets/messagebar.h"

#include <QTimer>

#include <functional>
#include <vector>

namespace sluice::ui {

class ContextBar final : public MessageBar
{
    Q_OBJECT

public:
    enum class Subject : quint8 {
        None,
        Passing,
        Gateway,
        Disk,
        Ledger,
        Bodies,
        Counters,
        SharedStore,
        Command
    };

    struct Action
    {
        QString text;
        std::function<void()> run;
    };

    explicit ContextBar(QWidget *parent = nullptr);
    ~ContextBar() override;
    Q_DISABLE_COPY_MOVE(ContextBar)

    void report(
        Subject subject, State state, const QString &text, const std::vector<Action> &actions = {});

    /// Takes this subject's message away, whether it is shown or hidden by a newer one.
    void settle(Subject subject);

    [[nodiscard]] Subject subject() const { return m_shown.subject; }

private:
    static constexpr int PassingTime = 10'000; ///< milliseconds

    struct Message
    {
        Subject subject = Subject::None;
        State state = State::Normal;
        QString text;
        std::vector<Action> actions;
    };

    void present(Message message);
    void forget(Subject subject);

    QTimer m_passing;
    Message m_shown;
    std::vector<Message> m_hidden; ///< states that newer messages hide, oldest first
};

} // namespace sluice::ui

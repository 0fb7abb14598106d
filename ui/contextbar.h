// SPDX-License-Identifier: GPL-3.0-or-later
// The one message above a page: what happened, what to do. A subject's message goes when the
// subject is settled; passing messages go by themselves. GUI thread; owned by the main window.
#pragma once

#include "ui/widgets/messagebar.h"

#include <QTimer>

#include <functional>

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

    /// Hides the bar if it speaks of this subject.
    void settle(Subject subject);

    [[nodiscard]] Subject subject() const { return m_subject; }

private:
    static constexpr int PassingTime = 10'000; ///< milliseconds

    QTimer m_passing;
    Subject m_subject = Subject::None;
};

} // namespace sluice::ui

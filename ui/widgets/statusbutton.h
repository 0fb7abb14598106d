// SPDX-License-Identifier: GPL-3.0-or-later
// One item of the status bar: sign and text, focusable, opens what it speaks of. GUI thread.
#pragma once

#include "ui/widgets/cellvalues.h"

#include <QAbstractButton>

namespace sluice::ui {

class StatusButton : public QAbstractButton
{
    Q_OBJECT

public:
    explicit StatusButton(QWidget *parent = nullptr);

    /// @p important texts are in Text, others in second text. The text is the accessible name.
    void setStatus(Sign sign, State state, const QString &text, bool important = true);

    Sign sign() const { return m_sign; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Sign m_sign = Sign::None;
    State m_state = State::Idle;
    bool m_important = false;
};

} // namespace sluice::ui

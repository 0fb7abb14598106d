// SPDX-License-Identifier: GPL-3.0-or-later
// The bar below the limits: how many changes wait, what stands against applying them, Discard and
// Review. GUI thread; owned by its page.
#pragma once

#include "core/session/configdraft.h"

#include <QWidget>

class QLabel;
class QPushButton;

namespace sluice::ui {

class DraftBar final : public QWidget
{
    Q_OBJECT

public:
    /// draft must outlive the bar.
    explicit DraftBar(session::ConfigDraft &draft, QWidget *parent = nullptr);
    ~DraftBar() override;
    Q_DISABLE_COPY_MOVE(DraftBar)

Q_SIGNALS:
    void reviewRequested();

private:
    void update();

    session::ConfigDraft &m_draft;
    QLabel *m_count;
    QLabel *m_obstacle;
    QPushButton *m_discard;
    QPushButton *m_review;
};

/// "fix 1 error to apply", "take or keep the outside change first"; empty if nothing stands against
/// applying the draft.
QString whyNotApplicable(const session::ConfigDraft &draft);

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
// Review: what applying the draft would change, in one sentence, as a diff and in consequences;
// Apply. GUI thread; owned by the main window.
#pragma once

#include "core/session/configdraft.h"
#include "core/session/liveusage.h"
#include "ui/pages/page.h"

#include <QTimer>

class QHBoxLayout;
class QLabel;
class QPushButton;
class QStackedWidget;
class QVBoxLayout;

namespace sluice::ui {

class DiffView;
class EmptyState;
class MainButton;
class MeaningList;

class ReviewPage final : public Page
{
    Q_OBJECT

public:
    /// draft and usage must outlive the page.
    ReviewPage(session::ConfigDraft &draft, session::LiveUsage &usage, QWidget *parent = nullptr);
    ~ReviewPage() override;
    Q_DISABLE_COPY_MOVE(ReviewPage)

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    void setupUi();
    QHBoxLayout *createHeadline();
    QWidget *createBody();
    void update();
    void updateDiff();
    void updateMeaning();
    void apply();

    session::ConfigDraft &m_draft;
    session::LiveUsage &m_usage;
    QTimer m_refresh; ///< who stands where changes while a person reads
    QLabel *m_note = nullptr;
    QStackedWidget *m_stack = nullptr;
    EmptyState *m_empty = nullptr;
    QLabel *m_headline = nullptr;
    QLabel *m_subline = nullptr;
    MainButton *m_apply = nullptr;
    QLabel *m_file = nullptr;
    QLabel *m_path = nullptr;
    QLabel *m_count = nullptr;
    DiffView *m_diff = nullptr;
    MeaningList *m_meanings = nullptr;
};

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
// Blocks one subject, for a time or until it is unblocked. GUI thread; deletes itself when closed.
#pragma once

#include "core/base/clock.h"
#include "core/insight/subject.h"

#include <QDialog>

#include <optional>

class QLabel;
class QPushButton;

namespace sluice::ui {

class DurationChoice;

class BlockDialog final : public QDialog
{
    Q_OBJECT

public:
    /// The clock must outlive the dialog.
    BlockDialog(insight::SubjectId subject, const Clock &clock, QWidget *parent = nullptr);
    ~BlockDialog() override;
    Q_DISABLE_COPY_MOVE(BlockDialog)

Q_SIGNALS:
    /// Nothing: until it is unblocked.
    void blockRequested(std::optional<std::chrono::nanoseconds> duration);

private:
    void setupUi();
    void update();
    void confirm();

    const insight::SubjectId m_subject;
    const Clock &m_clock;
    DurationChoice *m_duration = nullptr;
    QLabel *m_consequence = nullptr;
    QPushButton *m_block = nullptr;
};

} // namespace sluice::ui

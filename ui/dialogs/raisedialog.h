// SPDX-License-Identifier: GPL-3.0-or-later
// Raises one counter for a while: by how much, for how long, and what that comes to. GUI thread;
// deletes itself when closed.
#pragma once

#include "core/base/clock.h"
#include "core/limits/operations.h"

#include <QDialog>

class QLabel;
class QPushButton;

namespace sluice::ui {

class DurationChoice;
class FieldEdit;

class RaiseDialog final : public QDialog
{
    Q_OBJECT

public:
    /// The clock must outlive the dialog.
    RaiseDialog(
        limits::LimitPtr limit, QByteArray value, const Clock &clock, QWidget *parent = nullptr);
    ~RaiseDialog() override;
    Q_DISABLE_COPY_MOVE(RaiseDialog)

Q_SIGNALS:
    void raiseRequested(qint64 extra, std::chrono::nanoseconds duration, const QString &sentence);

private:
    void setupUi();
    [[nodiscard]] MicroAmount extra() const; ///< 0 = what is typed is no amount
    void update();
    void confirm();

    const limits::LimitPtr m_limit;
    const QByteArray m_value;
    const Clock &m_clock;
    FieldEdit *m_amount = nullptr;
    DurationChoice *m_duration = nullptr;
    QLabel *m_consequence = nullptr;
    QPushButton *m_raise = nullptr;
};

} // namespace sluice::ui

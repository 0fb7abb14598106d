// SPDX-License-Identifier: GPL-3.0-or-later
// For how long: a few usual times, the rest of the day, or a typed duration. GUI thread; owned by
// its dialog.
#pragma once

#include "core/base/clock.h"

#include <QWidget>

#include <optional>

namespace sluice::ui {

class FieldEdit;
class Segmented;

class DurationChoice final : public QWidget
{
    Q_OBJECT

public:
    /// openEnd: the words for "without an end", which is then chosen first; empty = there must be
    /// one. The clock must outlive the widget.
    DurationChoice(const Clock &clock, const QString &openEnd, QWidget *parent = nullptr);
    ~DurationChoice() override;
    Q_DISABLE_COPY_MOVE(DurationChoice)

    [[nodiscard]] bool isValid() const;

    /// Nothing: without an end, or not valid.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> duration() const;

Q_SIGNALS:
    void changed();

private:
    [[nodiscard]] bool isOpenEnd() const;
    [[nodiscard]] std::optional<std::chrono::nanoseconds> typed() const;
    [[nodiscard]] std::chrono::nanoseconds restOfDay() const;
    void check();

    const Clock &m_clock;
    const bool m_hasOpenEnd;
    Segmented *m_choice = nullptr;
    FieldEdit *m_typed = nullptr;
};

} // namespace sluice::ui

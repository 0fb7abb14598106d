// SPDX-License-Identifier: GPL-3.0-or-later
// Says whether a person is busy with a live list, so that its rows must stay where they are.
// Watches one view; GUI thread; owned by its page.
#pragma once

#include <QElapsedTimer>
#include <QObject>

class QAbstractItemView;

namespace sluice::ui {

class OrderGuard final : public QObject
{
    Q_OBJECT

public:
    static constexpr int PointerRest = 1500; ///< milliseconds after the last move

    explicit OrderGuard(QAbstractItemView *view);
    ~OrderGuard() override;
    Q_DISABLE_COPY_MOVE(OrderGuard)

    /// Why the order must stay; empty if it may change.
    [[nodiscard]] QString reason() const;

    /// The program selected the row, not the person: it does not hold the order of a window in the
    /// background. Ends with the next click or key.
    void setOffered(bool offered) { m_isOffered = offered; }

    [[nodiscard]] bool isHolding() const { return !reason().isEmpty(); }

    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void watch(QEvent *event);
    [[nodiscard]] bool hasManyRows() const;

    QAbstractItemView *m_view;
    QElapsedTimer m_sinceMove;
    bool m_isOver = false;
    bool m_isPressed = false;
    bool m_isOffered = false;
    bool m_isModified = false; ///< Shift or Ctrl is down
};

} // namespace sluice::ui

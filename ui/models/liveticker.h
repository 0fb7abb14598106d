// SPDX-License-Identifier: GPL-3.0-or-later
// The clock of live pages: paints four times a second, orders once a second, and is silent while
// its page is hidden or frozen. Slows down by itself when painting is dear. GUI thread.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

namespace sluice::ui {

class LiveTicker final : public QObject
{
    Q_OBJECT

public:
    static constexpr int Interval = 250; ///< milliseconds between two paints
    static constexpr int SlowestInterval = 2000;
    static constexpr int DearTick = 40; ///< a tick that takes longer is too dear
    static constexpr int DearTicks = 5; ///< so many in a row double the interval

    explicit LiveTicker(QObject *parent = nullptr);
    ~LiveTicker() override;
    Q_DISABLE_COPY_MOVE(LiveTicker)

    /// Starts (with one tick and one order at once) or stops.
    void setRunning(bool running);

    [[nodiscard]] bool isRunning() const { return m_timer.isActive(); }

    [[nodiscard]] bool isSlowed() const { return m_timer.interval() > Interval; }

    /// One turn of the clock, as the timer does it. Public for tests and for "now" after a jump.
    void tick();

Q_SIGNALS:
    void paintDue(); ///< 4 Hz
    void orderDue(); ///< 1 Hz, after paintDue
    void slowedChanged(bool slowed);

private:
    void weigh(qint64 milliseconds);

    QTimer m_timer;
    QElapsedTimer m_sinceOrder;
    int m_dearTicks = 0;
    int m_cheapTicks = 0;
};

} // namespace sluice::ui

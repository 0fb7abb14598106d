// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/liveticker.h"

#include <algorithm>

namespace sluice::ui {

namespace {

// Three ticks of 250 ms and the coarseness of the timer still make a second.
constexpr qint64 OrderInterval = 900;
constexpr int CheapTicks = 40;

} // namespace

LiveTicker::LiveTicker(QObject *parent) : QObject(parent)
{
    m_timer.setInterval(Interval);
    m_timer.setTimerType(Qt::CoarseTimer);
    connect(&m_timer, &QTimer::timeout, this, &LiveTicker::tick);
}

LiveTicker::~LiveTicker() = default;

void LiveTicker::setRunning(bool running)
{
    if (running == m_timer.isActive())
        return;
    if (!running) {
        m_timer.stop();
        return;
    }
    m_timer.start();
    m_sinceOrder.invalidate();
    tick();
}

void LiveTicker::tick()
{
    QElapsedTimer spent;
    spent.start();
    Q_EMIT paintDue();
    if (!m_sinceOrder.isValid() || m_sinceOrder.elapsed() >= OrderInterval) {
        m_sinceOrder.start();
        Q_EMIT orderDue();
    }
    weigh(spent.elapsed());
}

// Doubling after several dear ticks, back again after ten seconds of cheap ones.
void LiveTicker::weigh(qint64 milliseconds)
{
    m_dearTicks = milliseconds > DearTick ? m_dearTicks + 1 : 0;
    m_cheapTicks = milliseconds > DearTick / 2 ? 0 : m_cheapTicks + 1;
    const bool wasSlowed = isSlowed();
    if (m_dearTicks >= DearTicks) {
        m_timer.setInterval(std::min(m_timer.interval() * 2, SlowestInterval));
        m_dearTicks = 0;
    } else if (wasSlowed && m_cheapTicks >= CheapTicks) {
        m_timer.setInterval(Interval);
    }
    if (isSlowed() != wasSlowed)
        Q_EMIT slowedChanged(isSlowed());
}

} // namespace sluice::ui

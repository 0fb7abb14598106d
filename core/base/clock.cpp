// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clock.h"

#include <ctime>

namespace sluice {

namespace {

std::chrono::nanoseconds read(clockid_t id)
{
    timespec ts{};
    clock_gettime(id, &ts);
    return std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec);
}

} // namespace

Clock::~Clock() = default;

void Clock::goOnFrom(EngineTime) { }

SystemClock::SystemClock() : m_offset((read(CLOCK_REALTIME) - read(CLOCK_BOOTTIME)).count()) { }

EngineTime SystemClock::now() const
{
    return EngineTime(m_offset.load(std::memory_order_relaxed)) + read(CLOCK_BOOTTIME);
}

std::chrono::milliseconds SystemClock::wall() const
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(read(CLOCK_REALTIME));
}

void SystemClock::goOnFrom(EngineTime time)
{
    const auto needed = (time - read(CLOCK_BOOTTIME)).count();
    auto offset = m_offset.load();
    while (offset < needed && !m_offset.compare_exchange_weak(offset, needed)) { }
}

} // namespace sluice

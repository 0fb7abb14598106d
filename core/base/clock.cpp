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

SystemClock::SystemClock() : m_offset(read(CLOCK_REALTIME) - read(CLOCK_BOOTTIME)) { }

EngineTime SystemClock::now() const
{
    return m_offset + read(CLOCK_BOOTTIME);
}

std::chrono::milliseconds SystemClock::wall() const
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(read(CLOCK_REALTIME));
}

} // namespace sluice

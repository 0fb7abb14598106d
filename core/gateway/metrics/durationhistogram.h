// SPDX-License-Identifier: GPL-3.0-or-later
// Durations counted by size, in whole microseconds. A value.
#pragma once

#include <QtGlobal>

#include <algorithm>
#include <chrono>
#include <span>
#include <vector>

namespace sluice::gateway {

class DurationHistogram final
{
public:
    using microseconds = std::chrono::microseconds;

    /// `bounds`: the largest duration of each bucket but the last, which has none; ascending. They
    /// must outlive the histogram.
    explicit DurationHistogram(std::span<const microseconds> bounds)
        : m_bounds(bounds), m_counts(bounds.size() + 1)
    {
    }

    void add(microseconds duration)
    {
        const auto bucket = std::lower_bound(m_bounds.begin(), m_bounds.end(), duration);
        ++m_counts[static_cast<size_t>(bucket - m_bounds.begin())];
        m_sum += std::max(duration, microseconds::zero());
    }

    /// Of the same bounds.
    void add(const DurationHistogram &other)
    {
        for (size_t i = 0; i < m_counts.size(); ++i)
            m_counts[i] += other.m_counts[i];
        m_sum += other.m_sum;
    }

    [[nodiscard]] std::span<const microseconds> bounds() const { return m_bounds; }

    /// How many of each bucket, the one without a bound last.
    [[nodiscard]] const std::vector<quint64> &counts() const { return m_counts; }

    [[nodiscard]] microseconds sum() const { return m_sum; }

private:
    std::span<const microseconds> m_bounds;
    std::vector<quint64> m_counts;
    microseconds m_sum{0};
};

} // namespace sluice::gateway

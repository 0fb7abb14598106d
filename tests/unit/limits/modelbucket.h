// SPDX-License-Identifier: GPL-3.0-or-later
// A leaky bucket in exact fractions, by its definition: what GCRA must be equal to.
#pragma once

#include "core/limits/counter.h"

namespace sluice::test {

using namespace sluice::limits;

/// `level` is used * period; it leaks `quota` a nanosecond.
struct ModelBucket
{
    Int128 level = 0;
    MicroAmount quota = 0;
    qint64 period = 0;
    EngineTime at{0};

    [[nodiscard]] Int128 levelAt(EngineTime now) const
    {
        const Int128 leaked = static_cast<Int128>((now - at).count()) * quota;
        return level > leaked ? level - leaked : 0;
    }

    void edit(EngineTime now, MicroAmount newQuota, qint64 newPeriod)
    {
        level = levelAt(now);
        at = now;
        if (newPeriod != period)
            level = (level * newPeriod + period - 1) / period;
        quota = newQuota;
        period = newPeriod;
    }
};

} // namespace sluice::test

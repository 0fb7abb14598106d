// SPDX-License-Identifier: GPL-3.0-or-later
// Where the lines and the words of a chart's axes go. Pure, any thread.
#pragma once

#include <QList>
#include <QString>

#include <vector>

namespace sluice::ui::chartscale {

/// What an axis counts.
enum class Unit : quint8 {
    Count,
    Money, ///< in micro-cents
};

/// 0 and at most `most` further values, 1, 2 or 5 times a power of ten apart; the last one is not
/// below the highest figure. Counts are whole.
QList<double> valueTicks(double highest, int most, Unit unit);

/// All with the same decimals: "750", "$0.05".
QString valueLabel(double value, double step, Unit unit);

struct TimeTick
{
    qint64 at = 0; ///< milliseconds since 1970
    QString label; ///< "14:00", "2 Mar"; local time
};

/// Round local times within the edges, at most so many.
QList<TimeTick> timeTicks(const std::vector<qint64> &edges, int most);

} // namespace sluice::ui::chartscale

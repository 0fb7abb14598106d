// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/historyrange.h"

#include <QCoreApplication>
#include <QDateTime>

#include <algorithm>

using namespace std::chrono_literals;

namespace sluice::ui {

using std::chrono::milliseconds;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("HistoryRange", text);
}

std::vector<milliseconds> evenEdges(milliseconds end, milliseconds step, int steps)
{
    std::vector<milliseconds> edges;
    for (int i = steps; i >= 0; --i)
        edges.push_back(end - i * step);
    return edges;
}

/// The first whole step of local time after now.
milliseconds stepAfter(milliseconds now, milliseconds step)
{
    const qint64 at = now.count();
    const milliseconds offset =
        std::chrono::seconds(QDateTime::fromMSecsSinceEpoch(at).offsetFromUtc());
    const milliseconds local = now + offset;
    return (local / step + 1) * step - offset;
}

/// Days have 23 or 25 hours twice a year.
std::vector<milliseconds> dayEdges(milliseconds now, int days)
{
    const QDate today = QDateTime::fromMSecsSinceEpoch(now.count()).date();
    std::vector<milliseconds> edges;
    for (int i = days - 1; i >= -1; --i)
        edges.emplace_back(today.addDays(-i).startOfDay().toMSecsSinceEpoch());
    return edges;
}

} // namespace

std::vector<milliseconds> historyEdges(HistoryRange range, milliseconds now, bool hasRows)
{
    switch (range) {
    case HistoryRange::Hour:
        return evenEdges(stepAfter(now, 1min), 1min, 60);
    case HistoryRange::Day:
        return hasRows ? evenEdges(stepAfter(now, 20min), 20min, 72)
                       : evenEdges(stepAfter(now, 1h), 1h, 24);
    case HistoryRange::Week:
        return evenEdges(stepAfter(now, 2h), 2h, 84);
    case HistoryRange::Month:
        return dayEdges(now, 30);
    case HistoryRange::Quarter:
        return dayEdges(now, 90);
    }
    Q_UNREACHABLE();
}

QString rangeName(HistoryRange range)
{
    switch (range) {
    case HistoryRange::Hour:
        return tr("1 h");
    case HistoryRange::Day:
        return tr("24 h");
    case HistoryRange::Week:
        return tr("7 d");
    case HistoryRange::Month:
        return tr("30 d");
    case HistoryRange::Quarter:
        return tr("90 d");
    }
    Q_UNREACHABLE();
}

QString rangeTitle(HistoryRange range)
{
    switch (range) {
    case HistoryRange::Hour:
        return tr("Last hour");
    case HistoryRange::Day:
        return tr("Last 24 hours");
    case HistoryRange::Week:
        return tr("Last 7 days");
    case HistoryRange::Month:
        return tr("Last 30 days");
    case HistoryRange::Quarter:
        return tr("Last 90 days");
    }
    Q_UNREACHABLE();
}

QString stepWords(HistoryRange range, bool hasRows)
{
    switch (range) {
    case HistoryRange::Hour:
        return tr("one minute a step");
    case HistoryRange::Day:
        return hasRows ? tr("20 minutes a step") : tr("one hour a step");
    case HistoryRange::Week:
        return tr("2 hours a step");
    case HistoryRange::Month:
    case HistoryRange::Quarter:
        return tr("one day a step");
    }
    Q_UNREACHABLE();
}

milliseconds refreshInterval(HistoryRange range)
{
    switch (range) {
    case HistoryRange::Hour:
        return 5s;
    case HistoryRange::Day:
        return 30s;
    case HistoryRange::Week:
    case HistoryRange::Month:
    case HistoryRange::Quarter:
        return 5min;
    }
    Q_UNREACHABLE();
}

} // namespace sluice::ui

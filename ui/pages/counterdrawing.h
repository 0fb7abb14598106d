// SPDX-License-Identifier: GPL-3.0-or-later
// One counter as its algorithm works: bucket, rolling window, calendar period or slots. GUI thread;
// owned by the detail pane.
#pragma once

#include "core/insight/requestrecord.h"
#include "core/insight/usagebook.h"

#include <QStackedWidget>

namespace sluice::ui {

class BucketWidget;
class PeriodWidget;
class SlotsWidget;
class WindowWidget;

class CounterDrawing final : public QStackedWidget
{
    Q_OBJECT

public:
    explicit CounterDrawing(QWidget *parent = nullptr);
    ~CounterDrawing() override;
    Q_DISABLE_COPY_MOVE(CounterDrawing)

    /// reading is the counter behind the link; null draws the figures of the link alone. records
    /// are those of the last minute that touched it, newest first.
    void showCounter(const insight::ChainState &link, const limits::CounterReading *reading,
        const QList<insight::RequestRecord> &records, limits::Instant now);

private:
    BucketWidget *m_bucket;
    WindowWidget *m_window;
    PeriodWidget *m_period;
    SlotsWidget *m_slots;
};

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
// Writes metrics in the text format of Prometheus, version 0.0.4. A value, any thread.
#pragma once

#include "core/gateway/metrics/durationhistogram.h"

#include <QByteArray>
#include <QString>

#include <utility>
#include <vector>

namespace sluice::gateway {

class MetricsText final
{
public:
    /// Names and values; values may be any text.
    using Labels = std::vector<std::pair<QByteArrayView, QByteArray>>;

    enum class Type : quint8 { Counter, Gauge, Histogram };

    static constexpr QByteArrayView ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// Begins a metric; its samples follow. Names of counters end in "_total".
    void begin(QByteArrayView name, Type type, QByteArrayView help);

    void add(quint64 value, const Labels &labels = {});

    /// All samples of a histogram, in seconds.
    void add(const DurationHistogram &histogram);

    [[nodiscard]] const QByteArray &text() const { return m_text; }

private:
    void sample(QByteArrayView suffix, const Labels &labels, QByteArrayView value);

    QByteArrayView m_name; ///< of the metric that has begun
    QByteArray m_text;
};

} // namespace sluice::gateway

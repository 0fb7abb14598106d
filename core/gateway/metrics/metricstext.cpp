// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/metrics/metricstext.h"

namespace sluice::gateway {

namespace {

QByteArrayView nameOf(MetricsText::Type type)
{
    switch (type) {
    case MetricsText::Type::Counter:
        return "counter";
    case MetricsText::Type::Gauge:
        return "gauge";
    case MetricsText::Type::Histogram:
        return "histogram";
    }
    Q_UNREACHABLE();
}

QByteArray escaped(QByteArray value)
{
    return value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
}

/// Exact, without zeros at the end: 2500 ms is "2.5".
QByteArray seconds(std::chrono::microseconds duration)
{
    constexpr qint64 Million = 1'000'000;
    const auto count = static_cast<qint64>(duration.count());
    QByteArray text = QByteArray::number(count / Million);
    QByteArray rest = QByteArray::number(count % Million).rightJustified(6, '0');
    while (rest.endsWith('0'))
        rest.chop(1);
    if (!rest.isEmpty())
        text += '.' + rest;
    return text;
}

} // namespace

void MetricsText::begin(QByteArrayView name, Type type, QByteArrayView help)
{
    m_name = name;
    for (const QByteArrayView part :
        {QByteArrayView("# HELP "), name, QByteArrayView(" "), help, QByteArrayView("\n# TYPE "),
            name, QByteArrayView(" "), nameOf(type), QByteArrayView("\n")})
        m_text += part;
}

void MetricsText::add(quint64 value, const Labels &labels)
{
    sample({}, labels, QByteArray::number(value));
}

void MetricsText::add(const DurationHistogram &histogram)
{
    quint64 sum = 0;
    for (size_t i = 0; i < histogram.counts().size(); ++i) {
        sum += histogram.counts()[i];
        const bool isLast = i == histogram.bounds().size();
        const QByteArray bound = isLast ? QByteArray("+Inf") : seconds(histogram.bounds()[i]);
        sample("_bucket", {{"le", bound}}, QByteArray::number(sum));
    }
    sample("_sum", {}, seconds(histogram.sum()));
    sample("_count", {}, QByteArray::number(sum));
}

void MetricsText::sample(QByteArrayView suffix, const Labels &labels, QByteArrayView value)
{
    m_text += m_name;
    m_text += suffix;
    char before = '{';
    for (const auto &[name, text] : labels) {
        m_text += before;
        m_text += name;
        m_text += "=\"" + escaped(text) + '"';
        before = ',';
    }
    if (!labels.empty())
        m_text += '}';
    m_text += ' ';
    m_text += value;
    m_text += '\n';
}

} // namespace sluice::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/historycharts.h"

#include "ui/models/historywords.h"
#include "ui/widgets/format.h"

#include <QCoreApplication>
#include <QTextDocumentFragment>

using namespace Qt::StringLiterals;

namespace sluice::ui::historycharts {

using session::History;
using session::HistorySums;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("HistoryCharts", text);
}

QString strong(const QString &text)
{
    return u"<span style=\"font-weight:600\">"_s + text.toHtmlEscaped() + u"</span>"_s;
}

QString requestsSum(const HistorySums &total)
{
    QStringList rest;
    if (total.refused > 0)
        rest += tr("%1 refused").arg(format::count(total.refused));
    if (total.errors > 0)
        rest +=
            total.errors == 1 ? tr("1 error") : tr("%1 errors").arg(format::count(total.errors));
    const QString all = total.requests == 1 ? tr("1 request")
                                            : tr("%1 requests").arg(format::count(total.requests));
    rest.prepend(strong(all));
    return rest.join(u", "_s);
}

QString tokensSum(const HistorySums &total)
{
    const QString all = historywords::tokens(total, total.input + total.output);
    QString text = strong(tr("%1 tokens").arg(all));
    if (total.output > 0)
        text += u", "_s + tr("%1 of them out").arg(format::count(total.output));
    return text;
}

QString costSum(const HistorySums &total)
{
    QString text = strong(historywords::cost(total));
    if (total.unpriced > 0)
        text += u", "_s
            + (total.unpriced == 1
                    ? tr("1 request without a price")
                    : tr("%1 requests without a price").arg(format::count(total.unpriced)));
    return text;
}

} // namespace

ChartValue chart(const UsageHistory &history, Series series)
{
    const History &shown = history.history();
    ChartValue value;
    for (const std::chrono::milliseconds edge : shown.edges)
        value.edges.push_back(edge.count());
    for (size_t i = 0; i < shown.steps.size(); ++i) {
        const HistorySums &sums = shown.steps[i];
        value.names.append(historywords::step(shown.edges[i], shown.edges[i + 1]));
        if (series == Series::Requests) {
            value.values.append(double(sums.requests - sums.refused));
            value.refused.append(double(sums.refused));
        } else {
            value.values.append(
                double(series == Series::Tokens ? sums.input + sums.output : sums.cost));
        }
    }
    if (series == Series::Requests) {
        value.valueWord = tr("admitted");
        value.refusedWord = tr("refused");
    } else if (series == Series::Tokens) {
        value.valueWord = tr("tokens");
    } else {
        value.unit = chartscale::Unit::Money;
    }
    value.summary = rangeTitle(history.range()) + u": "_s
        + QTextDocumentFragment::fromHtml(sum(history, series)).toPlainText();
    return value;
}

QString sum(const UsageHistory &history, Series series)
{
    const HistorySums &total = history.history().total;
    switch (series) {
    case Series::Requests:
        return requestsSum(total);
    case Series::Tokens:
        return tokensSum(total);
    case Series::Cost:
        return costSum(total);
    }
    Q_UNREACHABLE();
}

} // namespace sluice::ui::historycharts

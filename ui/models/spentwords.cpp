// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/spentwords.h"

#include "core/insight/modelbook.h"
#include "ui/widgets/format.h"

#include <QCoreApplication>
#include <QStringList>

using namespace Qt::StringLiterals;

namespace sluice::ui::spentwords {

using insight::RequestRecord;
using insight::Spent;
using metering::Charge;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("SpentWords", text);
}

/// In place of a figure: the request still runs, or used nothing.
QString noFigure(const RequestRecord &record)
{
    return record.outcome == insight::Outcome::Streaming ? u"…"_s : u"–"_s;
}

QString marked(const QString &text, bool isEstimate)
{
    return isEstimate ? format::estimate(text) : text;
}

QString figure(std::optional<qint64> tokens)
{
    return tokens ? format::count(*tokens) : u"?"_s;
}

QString microCents(MicroAmount cost)
{
    return tr("%1 micro-cents").arg(format::count(cost));
}

QString noPrice(const RequestRecord &record)
{
    return tr("No price for %1")
        .arg(QString::fromUtf8(insight::modelName(record.provider, record.model)));
}

/// "3 requests are", "1 request is".
QString requestsAre(quint64 number)
{
    return number == 1 ? tr("1 request is")
                       : tr("%1 requests are").arg(format::count(qint64(number)));
}

quint64 pricedRequests(const Spent &spent)
{
    return spent.charged - spent.unpriced;
}

} // namespace

QString tokens(const RequestRecord &record)
{
    const Charge &charge = record.charge;
    if (charge.isEmpty())
        return noFigure(record);
    const QString text = figure(charge.tokens.input) + u" + "_s + figure(charge.tokens.output);
    return marked(text, charge.isEstimate());
}

QString tokensTip(const RequestRecord &record)
{
    const Charge &charge = record.charge;
    if (charge.isEmpty())
        return {};
    QStringList parts{
        tr("%1 tokens in, %2").arg(figure(charge.tokens.input), sourceWord(charge.inputSource))};
    if (charge.tokens.cachedInput.value_or(0) > 0)
        parts += tr("%1 of them from the cache").arg(format::count(*charge.tokens.cachedInput));
    parts += tr("%1 out, %2").arg(figure(charge.tokens.output), sourceWord(charge.outputSource));
    return parts.join(u'\n');
}

QString cost(const RequestRecord &record)
{
    const Charge &charge = record.charge;
    if (charge.isEmpty())
        return noFigure(record);
    return charge.cost ? marked(format::cost(*charge.cost), charge.isEstimate()) : u"?"_s;
}

QString costTip(const RequestRecord &record)
{
    if (record.charge.isEmpty())
        return {};
    return record.charge.cost ? microCents(*record.charge.cost) : noPrice(record);
}

QString spokenTokens(const RequestRecord &record)
{
    const Charge &charge = record.charge;
    if (charge.isEmpty())
        return noFigure(record) == u"–"_s ? tr("no tokens") : tr("tokens not known yet");
    const QString text =
        tr("%1 tokens in, %2 out").arg(figure(charge.tokens.input), figure(charge.tokens.output));
    return charge.isEstimate() ? QString(text + u", "_s + tr("estimated")) : text;
}

QString spokenCost(const RequestRecord &record)
{
    const Charge &charge = record.charge;
    if (charge.isEmpty())
        return noFigure(record) == u"–"_s ? tr("no cost") : tr("cost not known yet");
    if (!charge.cost)
        return noPrice(record);
    const QString text = format::cost(*charge.cost);
    return charge.isEstimate() ? QString(text + u", "_s + tr("estimated")) : text;
}

QString sourceWord(metering::Source source)
{
    switch (source) {
    case metering::Source::Reported:
        return tr("reported");
    case metering::Source::Counted:
        return tr("counted");
    case metering::Source::Estimated:
        return tr("estimated");
    }
    Q_UNREACHABLE();
}

QString tokens(const Spent &spent)
{
    return marked(format::count(spent.tokens()), spent.estimated > 0);
}

QString tokensTip(const Spent &spent)
{
    if (spent.charged == 0)
        return {};
    QStringList parts{tr("%1 tokens in").arg(format::count(spent.input))};
    if (spent.cachedInput > 0)
        parts += tr("%1 of them from the cache").arg(format::count(spent.cachedInput));
    parts += tr("%1 out").arg(format::count(spent.output));
    if (spent.estimated > 0)
        parts += tr("%1 estimated").arg(requestsAre(spent.estimated));
    return parts.join(u'\n');
}

QString cost(const Spent &spent)
{
    if (spent.unpriced > 0 && pricedRequests(spent) == 0)
        return u"?"_s;
    // The mark goes in front, so that the decimals stay in their places.
    const QString text = marked(format::cost(spent.cost), spent.estimated > 0);
    return spent.unpriced > 0 ? QString(u"? + "_s + text) : text;
}

QString costTip(const Spent &spent)
{
    if (spent.charged == 0)
        return {};
    QStringList parts{microCents(spent.cost)};
    if (spent.unpriced > 0)
        parts += tr("%1 not in it: their models have no price").arg(requestsAre(spent.unpriced));
    if (spent.estimated > 0)
        parts += tr("%1 estimated").arg(requestsAre(spent.estimated));
    return parts.join(u'\n');
}

QString spokenTokens(const Spent &spent)
{
    const QString text = tr("%1 tokens").arg(format::count(spent.tokens()));
    return spent.estimated > 0 ? QString(text + u", "_s + tr("in part estimated")) : text;
}

QString spokenCost(const Spent &spent)
{
    QStringList parts{tr("cost %1").arg(format::cost(spent.cost))};
    if (spent.unpriced > 0)
        parts += tr("%1 not in it: their models have no price").arg(requestsAre(spent.unpriced));
    if (spent.estimated > 0)
        parts += tr("in part estimated");
    return parts.join(u", "_s);
}

double costOrder(const Spent &spent)
{
    if (spent.cost == 0 && spent.unpriced > 0)
        return 0.5;
    return double(spent.cost);
}

double cents(MicroAmount cost)
{
    return double(cost) / double(MicroPerUnit);
}

MicroAmount costPerRequest(const Spent &spent)
{
    const quint64 priced = pricedRequests(spent);
    return priced == 0 ? 0 : spent.cost / MicroAmount(priced);
}

} // namespace sluice::ui::spentwords

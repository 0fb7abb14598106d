// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/insight/changereport.h"

#include "core/base/money.h"
#include "core/insight/limitchange.h"
#include "core/insight/limitmeanings.h"
#include "core/insight/limittext.h"
#include "core/insight/standings.h"

#include <QCoreApplication>

#include <algorithm>

namespace sluice::insight {

using namespace Qt::StringLiterals;
using config::Configuration;
using limits::LimitMode;
using limits::LimitSet;
using Kind = Meaning::Kind;

namespace {

constexpr int MostPrices = 6; ///< the rest is said in one line

QString tr(const char *text, int n = -1)
{
    return QCoreApplication::translate("ChangeReport", text, nullptr, n);
}

// --- the headline --------------------------------------------------------------------------------

QString modeChange(const limits::Limit &before, const limits::Limit &after)
{
    if (before.mode == after.mode)
        return {};
    return after.mode == LimitMode::Shadow ? tr("%1 only watches from now on").arg(fullLabel(after))
                                           : tr("%1 is enforced from now on").arg(fullLabel(after));
}

/// What a change of anything but the amounts is called; empty if the amounts change.
QString otherChange(const limits::Limit &before, const limits::Limit &after)
{
    const QString label = capitalised(fullLabel(after));
    if (before.quota != after.quota || before.period != after.period || before.unit != after.unit
        || before.algorithm != after.algorithm || before.segment != after.segment)
        return {};
    if (before.calendar != after.calendar)
        return tr("%1 begins its periods at another time").arg(label);
    if (before.match != after.match)
        return tr("%1 counts other requests").arg(label);
    if (before.onMissing != after.onMissing)
        return tr("%1 treats %2 in another way").arg(label, counterName(after, {}));
    if (before.isShared != after.isShared || before.isKept != after.isKept)
        return tr("%1 is counted in another store, and starts anew there").arg(label);
    if (before.onStoreFailure != after.onStoreFailure)
        return tr("%1 does something else while its store is down").arg(label);
    if (before.scope != after.scope || before.router != after.router)
        return tr("%1 holds elsewhere").arg(label);
    return tr("%1 has other exceptions").arg(label);
}

QString sentence(const LimitChange &change)
{
    if (!change.before)
        return tr("New: %1").arg(allowanceSentence(*change.after));
    if (!change.after)
        return tr("%1 is not limited any more").arg(capitalised(fullLabel(*change.before)));
    if (change.isRename())
        return tr("%1 is called %2 from now on")
            .arg(capitalised(fullLabel(*change.before)), QString::fromUtf8(change.after->name));
    if (const QString mode = modeChange(*change.before, *change.after); !mode.isEmpty())
        return capitalised(mode);
    if (QString other = otherChange(*change.before, *change.after); !other.isEmpty())
        return other;
    const QString now = capitalised(allowanceSentence(*change.after));
    const bool isAmount = change.before->period == change.after->period
        && change.before->calendar == change.after->calendar && !change.startsAnew();
    return isAmount ? tr("%1 instead of %2")
                          .arg(now, shortAmountPhrase(change.before->unit, change.before->quota))
                    : now;
}

// --- what is no limit ----------------------------------------------------------------------------

/// Millionths of a dollar per million tokens: "$3.00".
QString priceText(qint64 price)
{
    return formatDollarsExact(price * 100);
}

QString priceWords(const config::ModelPrice &price)
{
    return tr("%1 for a million tokens in, %2 out")
        .arg(priceText(price.rates.input), priceText(price.rates.output));
}

const config::ModelPrice *findPrice(const config::Prices &prices, const QByteArray &model)
{
    // Sorted, and with a price file there may be thousands.
    const auto found = std::lower_bound(prices.models.begin(), prices.models.end(), model,
        [](const config::ModelPrice &price, const QByteArray &name) { return price.model < name; });
    return found == prices.models.end() || found->model != model ? nullptr : &*found;
}

void describePrices(
    const config::Prices &before, const config::Prices &after, QList<Meaning> &meanings)
{
    QList<Meaning> changed;
    for (const config::ModelPrice &price : after.models) {
        const config::ModelPrice *old = findPrice(before, price.model);
        const QString title = tr("Price of %1").arg(QString::fromUtf8(price.model));
        if (!old)
            changed.append(
                {Kind::Fine, title, tr("%1, for requests from now on.").arg(priceWords(price))});
        else if (*old != price)
            changed.append({Kind::Notice, title,
                tr("%1. Now %2. What has been spent stays as it was counted.")
                    .arg(priceWords(price), priceWords(*old))});
    }
    for (const config::ModelPrice &price : before.models) {
        if (!findPrice(after, price.model))
            changed.append({Kind::Notice, tr("Price of %1").arg(QString::fromUtf8(price.model)),
                tr("It is no longer set here. Was: %1.").arg(priceWords(price))});
    }
    const qsizetype shown = std::min<qsizetype>(changed.size(), MostPrices);
    meanings += changed.first(shown);
    if (shown < changed.size())
        meanings.append({Kind::Fine, tr("More prices change"),
            tr("%1 others, see the lines above.").arg(changed.size() - shown)});
    if (before.allowsUnpriced != after.allowsUnpriced)
        meanings.append({Kind::Warning, tr("Models without a price"),
            after.allowsUnpriced ? tr("Limits in money let them through uncounted from now on.")
                                 : tr("Limits in money refuse them from now on.")});
}

void describeEstimate(
    const Configuration &before, const Configuration &after, QList<Meaning> &meanings)
{
    if (before.estimatedOutputTokens == after.estimatedOutputTokens)
        return;
    meanings.append({Kind::Notice, tr("Estimates"),
        tr("A request that names no maximum reserves %1 output tokens at first, now %2. What is "
           "reported in the end is counted, as before.")
            .arg(groupDigits(after.estimatedOutputTokens),
                groupDigits(before.estimatedOutputTokens))});
}

void describeHeader(
    const config::PolicyHeader &before, const config::PolicyHeader &after, QList<Meaning> &meanings)
{
    if (before == after)
        return;
    QString text;
    if (before.enabled != after.enabled)
        text = after.enabled ? tr("The policies that clients send hold from now on.")
                             : tr("The policies that clients send are ignored from now on.");
    else if (before.algorithm != after.algorithm)
        text = after.algorithm == config::PolicyHeader::Algorithm::TokenBucket
            ? tr("They count in buckets from now on, and start anew.")
            : tr("They count in windows that roll from now on, and start anew.");
    else
        text = tr("What is wrong with a policy, or lacks its segment, is treated in another way.");
    meanings.append({Kind::Notice, tr("Header policies"), text});
}

void describeOptOuts(
    const Configuration &before, const Configuration &after, QList<Meaning> &meanings)
{
    for (const config::Router &router : after.routers) {
        const config::Router *old = before.findRouter(router.name);
        if (!old || old->limitsDisabled == router.limitsDisabled)
            continue;
        const QString title = tr("Router %1").arg(QString::fromUtf8(router.name));
        if (router.limitsDisabled)
            meanings.append({Kind::Warning, title,
                tr("It opts out of every limit from now on, the global ones too.")});
        else
            meanings.append({Kind::Notice, title, tr("It is limited from now on.")});
    }
}

bool reopensListener(const config::Server &a, const config::Server &b)
{
    return a.address != b.address || a.port != b.port || a.workers != b.workers;
}

QString otherHeadline(const Configuration &before, const Configuration &after)
{
    const Configuration running = withoutPlaces(before);
    const Configuration draft = withoutPlaces(after);
    if (running == draft)
        return tr("Nothing changes for clients");
    if (running.prices != draft.prices)
        return tr("Prices change");
    if (running.estimatedOutputTokens != draft.estimatedOutputTokens)
        return tr("Estimates change");
    if (running.policyHeader != draft.policyHeader)
        return tr("Header policies change");
    if (running.teams != draft.teams)
        return tr("Teams change");
    if (running.apiKeys != draft.apiKeys)
        return tr("API keys change");
    if (running.routers != draft.routers || running.providers != draft.providers)
        return tr("Routes change");
    return tr("Settings change, limits stay");
}

} // namespace

Configuration withoutPlaces(Configuration values)
{
    for (config::ApiKey &key : values.apiKeys)
        key.place = {};
    for (config::Team &team : values.teams)
        team.place = {};
    for (config::LimitRule &limit : values.limits) {
        limit.place = {};
        limit.path.clear(); // an index of a list
        for (config::LimitOverride &other : limit.overrides)
            other.place = {};
    }
    for (config::Router &router : values.routers)
        router.place = {};
    return values;
}

ChangeReport describeChange(const Configuration &running, const Configuration &draft,
    const UsageBook &book, limits::Instant now, const limits::Renames &renames)
{
    ChangeReport report;
    const auto changes =
        changedLimits(*LimitSet::compile(running), *LimitSet::compile(draft), renames);
    for (const LimitChange &change : changes) {
        QList<Meaning> meanings = meaningsOf(change, book, now);
        for (qsizetype i = 1; i < meanings.size(); ++i)
            meanings[i].isDetail = changes.size() > 1;
        report.meanings += meanings;
    }
    describeOptOuts(running, draft, report.meanings);
    describePrices(running.prices, draft.prices, report.meanings);
    describeEstimate(running, draft, report.meanings);
    describeHeader(running.policyHeader, draft.policyHeader, report.meanings);
    report.headline = changes.empty() ? otherHeadline(running, draft)
        : changes.size() == 1         ? sentence(changes.front())
                                      : tr("%n limits change", int(changes.size()));
    report.reopensListener = reopensListener(running.server, draft.server);
    if (report.reopensListener)
        report.meanings.append({Meaning::Kind::Notice, tr("The listener is reopened"),
            tr("Clients connect to http://%1:%2 from then on; running requests may finish.")
                .arg(draft.server.address)
                .arg(draft.server.port)});
    else
        report.meanings.append({Meaning::Kind::Fine, tr("No restart"),
            tr("Open streams keep running, the next request is decided by the new version.")});
    return report;
}

} // namespace sluice::insight

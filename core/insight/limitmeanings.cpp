// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/insight/limitmeanings.h"

#include "core/insight/limittext.h"
#include "core/insight/standings.h"

#include <QCoreApplication>

#include <algorithm>

namespace sluice::insight {

using namespace Qt::StringLiterals;
using config::MissingSegment;
using limits::Algorithm;
using limits::Instant;
using limits::Limit;
using limits::LimitMode;
using limits::SegmentKind;
using Kind = Meaning::Kind;

namespace {

constexpr int MostOverrides = 8; ///< the rest is said in one line

QString tr(const char *text, int n = -1)
{
    return QCoreApplication::translate("ChangeReport", text, nullptr, n);
}

bool isShared(const Limit &limit)
{
    return limit.segment.kind == SegmentKind::Shared;
}

// --- what it says --------------------------------------------------------------------------------

Meaning effectOf(const LimitChange &change)
{
    if (!change.after)
        return {Kind::Notice, capitalised(fullLabel(*change.before)),
            tr("No longer counted. Was: %1.").arg(effectSentence(*change.before))};
    const QString effect = effectSentence(*change.after);
    if (!change.before)
        return {Kind::Fine, capitalised(fullLabel(*change.after)),
            (startsFromLedger(*change.after)
                    ? tr("%1. What the ledger has recorded of this period counts already.")
                    : tr("%1. Counting starts with the first request."))
                .arg(effect)};
    const QString old = effectSentence(*change.before);
    return {Kind::Fine, capitalised(fullLabel(*change.after)),
        effect == old ? tr("%1, as before.").arg(effect) : tr("%1. Now %2.").arg(effect, old)};
}

void describeMode(const LimitChange &change, QList<Meaning> &meanings)
{
    const LimitMode old = change.before ? change.before->mode : LimitMode::Enforce;
    const LimitMode now = change.after->mode;
    if (old == now)
        return;
    if (now == LimitMode::Shadow)
        meanings.append({Kind::Notice, tr("It only watches"),
            tr("Requests beyond it are let through and marked, nobody is refused by it.")});
    else
        meanings.append({Kind::Notice, tr("It is enforced from now on"),
            tr("What it only marked is refused.")});
}

void describeMatch(const LimitChange &change, QList<Meaning> &meanings)
{
    const limits::LimitMatch old = change.before ? change.before->match : limits::LimitMatch();
    if (old == change.after->match)
        return;
    const QString now = capitalised(matchInWords(change.after->match));
    meanings.append({Kind::Notice, tr("It counts other requests"),
        change.before ? tr("%1 from now on. Now %2.").arg(now, matchInWords(old))
                      : tr("%1.").arg(now)});
}

void describeStore(const LimitChange &change, QList<Meaning> &meanings)
{
    if (!change.before)
        return;
    const Limit &after = *change.after;
    if (change.before->isShared != after.isShared)
        meanings.append({Kind::Warning, tr("It is counted in another store"),
            tr("What was used so far stays in the former one.")});
    if (change.before->onStoreFailure == after.onStoreFailure)
        return;
    const QString title = tr("While its store is down");
    switch (after.onStoreFailure) {
    case limits::StoreFailure::Local:
        meanings.append({Kind::Notice, title,
            tr("Each gateway counts in its own memory, and adds that when the store is back.")});
        return;
    case limits::StoreFailure::Open:
        meanings.append({Kind::Warning, title, tr("It lets everything through, uncounted.")});
        return;
    case limits::StoreFailure::Closed:
        meanings.append({Kind::Notice, title, tr("It lets nothing through: status 503.")});
    }
}

void describeMissing(const LimitChange &change, QList<Meaning> &meanings)
{
    if (!change.before || change.before->onMissing == change.after->onMissing
        || isShared(*change.after))
        return;
    const QString who = capitalised(counterName(*change.after, {}));
    switch (change.after->onMissing) {
    case MissingSegment::Share:
        meanings.append({Kind::Notice, who, tr("Shares one count from now on.")});
        return;
    case MissingSegment::Reject:
        meanings.append({Kind::Warning, who, tr("Is refused with status 400 from now on.")});
        return;
    case MissingSegment::Skip:
        meanings.append({Kind::Notice, who, tr("Is not counted by this limit from now on.")});
    }
}

QString placeOf(const Limit &limit)
{
    return limit.scope == limits::LimitScope::Router ? scopeLabel(limit).toLower()
                                                     : scopeLabel(limit);
}

void describePlace(const LimitChange &change, QList<Meaning> &meanings)
{
    if (!change.before
        || (change.before->scope == change.after->scope
            && change.before->router == change.after->router))
        return;
    meanings.append({Kind::Notice, tr("It holds elsewhere"),
        tr("%1 instead of %2.").arg(capitalised(placeOf(*change.after)), placeOf(*change.before))});
}

// --- what becomes of the counters ----------------------------------------------------------------

void describeAnew(const LimitChange &change, QList<Meaning> &meanings)
{
    const Limit &before = *change.before;
    const Limit &after = *change.after;
    if (change.isRename()) {
        meanings.append({Kind::Notice, tr("Counting starts anew under the new name"),
            tr("What has been used as %1 is not carried over.")
                .arg(QString::fromUtf8(before.name))});
        return;
    }
    QString why;
    if (before.unit != after.unit)
        why = tr("It counts something else, so what has been used is not carried over.");
    else if (before.segment != after.segment)
        why = tr("It counts by something else, so what has been used is not carried over.");
    else
        why = tr("It counts in another way, so what has been used is not carried over.");
    meanings.append({Kind::Notice, tr("Counting starts anew"), why});
}

void describeWindow(const LimitChange &change, QList<Meaning> &meanings)
{
    const Limit &before = *change.before;
    const Limit &after = *change.after;
    if (after.algorithm == Algorithm::SlidingWindow && after.period > before.period)
        meanings.append({Kind::Notice, tr("The window is longer"),
            tr("What left the old window is not counted again: the guarantee over any interval "
               "restarts at the edit.")});
    if (after.algorithm == Algorithm::CalendarWindow && before.calendar != after.calendar)
        meanings.append({Kind::Notice, tr("The period begins at another time"),
            tr("What has been used in the present period stays used until the new one ends.")});
}

// --- who stands where ----------------------------------------------------------------------------

QString untilFree(const Limit &limit)
{
    switch (limit.algorithm) {
    case Algorithm::Gcra:
        return tr("%1 is refused until enough has been refilled.");
    case Algorithm::SlidingWindow:
        return tr("%1 is refused until enough has grown old.");
    case Algorithm::CalendarWindow:
        return tr("%1 is refused until the next period begins.");
    case Algorithm::Concurrency:
        break;
    }
    return tr("%1 is refused until one of the running requests ends.");
}

/// What a temporary raise adds to the amounts of a sentence.
QString raiseText(const Limit &limit, const Standing &top)
{
    const MicroAmount extra = top.usage.quota - limit.forValue(top.value).quota;
    return extra > 0 ? u' '
            + tr("A temporary raise of %1 is included.").arg(shortAmountPhrase(limit.unit, extra))
                     : QString();
}

QString standingSentence(const Limit &limit, const Standing &top)
{
    const QString who = firstSubject(limit, top);
    const QString taken = takenInWords(top.usage, limit.unit);
    const QString quota = shortAmountPhrase(limit.unit, top.usage.quota);
    const QString left = limit.unit == Unit::Cents
        ? shortAmountPhrase(limit.unit, top.usage.remaining)
        : groupDigits(top.usage.remaining / MicroPerUnit);
    if (limit.algorithm == Algorithm::Concurrency)
        return tr("%1 has %2 of %3 running and may start %4 more.").arg(who, taken, quota, left);
    if (limit.algorithm == Algorithm::Gcra && limit.unit == Unit::Request)
        return tr("%1 has used %2 of %3 and can send %4 more at once.")
            .arg(who, taken, quota, left);
    return tr("%1 has used %2 of %3, %4 left.").arg(who, taken, quota, left);
}

QString standingText(const Limit &limit, const Standing &top)
{
    return standingSentence(limit, top) + raiseText(limit, top);
}

Meaning nobodyIsOver(const Limit &limit, const Standing &top)
{
    const qint64 percent = percentTaken(top.usage, limit.unit);
    if (isShared(limit))
        return {Kind::Fine, tr("There is room under the new limit"),
            tr("%1 % of it is used.").arg(percent)};
    return {Kind::Fine, tr("Nobody is over the new limit"),
        tr("The fullest is %1, at %2 %.").arg(shownSubject(limit, top), QString::number(percent))};
}

Meaning someAreOver(const Limit &limit, const Standing &top, int over)
{
    const bool isWatching = limit.mode == LimitMode::Shadow;
    const QString who = isShared(limit) ? tr("Every request") : firstSubject(limit, top);
    const QString text =
        isWatching ? tr("%1 would be refused, if it were enforced.") : untilFree(limit);
    return {isWatching ? Kind::Notice : Kind::Warning,
        isShared(limit) ? tr("The new limit is reached now")
                        : tr("%n over the new limit now", over),
        text.arg(who)};
}

void describeUsage(const std::vector<Standing> &who, const Limit &limit, QList<Meaning> &meanings)
{
    if (who.empty() || who.front().usage.taken() == 0) {
        meanings.append({Kind::Fine, tr("Nothing is used at the moment"),
            tr("No counter of this limit is in use.")});
        return;
    }
    const Standing &top = who.front();
    const bool runs = limit.algorithm == Algorithm::Concurrency;
    meanings.append({Kind::Fine,
        runs ? tr("What is running keeps running") : tr("What has been used stays used"),
        standingText(limit, top)});
    const auto over = std::count_if(
        who.begin(), who.end(), [](const Standing &standing) { return standing.isOver(); });
    meanings.append(over == 0 ? nobodyIsOver(limit, top) : someAreOver(limit, top, int(over)));
}

// --- exceptions ----------------------------------------------------------------------------------

QString allowance(const Limit &limit)
{
    return limit.algorithm == Algorithm::Gcra ? effectSentence(limit)
                                              : shortAmountPhrase(limit.unit, limit.quota);
}

/// "Exception for research": what it may, what it might, and where it stands.
Meaning overrideMeaning(
    const LimitChange &change, const QByteArray &value, const std::vector<Standing> &who)
{
    const Limit &after = change.after->forValue(value);
    const bool isThere = change.after->overrides.contains(value);
    QString text = isThere ? tr("%1 of its own").arg(allowance(after))
                           : tr("%1, as everybody else").arg(allowance(after));
    if (change.before && !change.startsAnew())
        text += tr("; now %1").arg(allowance(change.before->forValue(value)));
    text += u'.';
    Kind kind = isThere ? Kind::Fine : Kind::Notice;
    const auto standing = std::find_if(
        who.begin(), who.end(), [&value](const Standing &each) { return each.value == value; });
    if (standing != who.end() && standing->usage.taken() > 0) {
        text += u' ' + standingText(after, *standing);
        if (standing->isOver() && after.mode == LimitMode::Enforce)
            kind = Kind::Warning;
    }
    return {kind,
        (isThere ? tr("Exception for %1") : tr("No exception for %1 any more"))
            .arg(QString::fromUtf8(value)),
        text};
}

/// The values whose own amounts come, go or change.
std::vector<QByteArray> changedOverrides(const LimitChange &change)
{
    std::vector<QByteArray> values;
    static const std::map<QByteArray, limits::LimitPtr, std::less<>> none;
    const auto &before = change.before ? change.before->overrides : none;
    for (const auto &[value, own] : change.after->overrides) {
        const auto old = before.find(value);
        if (old == before.end() || old->second->quota != own->quota
            || old->second->period != own->period)
            values.push_back(value);
    }
    for (const auto &[value, own] : before) {
        if (!change.after->overrides.contains(value))
            values.push_back(value);
    }
    return values;
}

void describeOverrides(
    const LimitChange &change, const std::vector<Standing> &who, QList<Meaning> &meanings)
{
    const std::vector<QByteArray> values = changedOverrides(change);
    const auto shown = std::min<size_t>(values.size(), MostOverrides);
    for (size_t i = 0; i < shown; ++i)
        meanings.append(overrideMeaning(change, values[i], who));
    if (shown < values.size())
        meanings.append({Kind::Fine, tr("More exceptions change"),
            tr("%1 others, see the lines above.").arg(values.size() - shown)});
}

QString globList(const QString &title, const QList<QByteArray> &globs)
{
    QStringList texts;
    for (const QByteArray &glob : globs)
        texts.append(QString::fromUtf8(glob));
    return globs.isEmpty() ? QString() : title.arg(texts.join(tr(" or ")));
}

} // namespace

QString capitalised(QString text)
{
    if (!text.isEmpty())
        text[0] = text[0].toUpper();
    return text;
}

QString matchInWords(const limits::LimitMatch &match)
{
    if (match.isEmpty())
        return tr("every request");
    QStringList parts{globList(tr("for model %1"), match.models),
        globList(tr("with key %1"), match.keys), globList(tr("of team %1"), match.teams),
        globList(tr("of user %1"), match.users), globList(tr("to provider %1"), match.providers)};
    for (auto it = match.properties.begin(); it != match.properties.end(); ++it)
        parts.append(
            tr("with %1 %2").arg(QString::fromUtf8(it.key()), QString::fromUtf8(it.value())));
    parts.removeAll(QString());
    return tr("only requests %1").arg(parts.join(u", "_s));
}

QList<Meaning> meaningsOf(const LimitChange &change, const UsageBook &book, Instant now)
{
    QList<Meaning> meanings{effectOf(change)};
    if (!change.after)
        return meanings;
    describeMode(change, meanings);
    describePlace(change, meanings);
    describeMatch(change, meanings);
    describeMissing(change, meanings);
    describeStore(change, meanings);
    std::vector<Standing> who;
    if (change.before && change.startsAnew()) {
        describeAnew(change, meanings);
    } else if (change.before) {
        if (change.isRename())
            meanings.append({Kind::Fine, tr("It goes on under the new name"),
                tr("The counters come along, as the console renames it.")});
        describeWindow(change, meanings);
        who = standings(change.before->name, *change.after, book, now);
        describeUsage(who, *change.after, meanings);
    }
    describeOverrides(change, who, meanings);
    return meanings;
}

} // namespace sluice::insight

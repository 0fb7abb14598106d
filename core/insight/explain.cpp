// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/insight/explain.h"

#include "core/base/duration.h"

#include <QCoreApplication>
#include <QDateTime>

#include <algorithm>

namespace sluice::insight {

using namespace Qt::StringLiterals;
using limits::Algorithm;
using limits::ChainLink;
using limits::Decision;
using limits::Limit;
using limits::SegmentKind;
using limits::Verdict;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("Explain", text);
}

QDateTime dateTime(EngineTime at)
{
    return QDateTime::fromMSecsSinceEpoch(std::chrono::ceil<std::chrono::milliseconds>(at).count());
}

/// What a request has to bring so that the limit can count it.
QString remedyForMissing(const Limit &limit)
{
    switch (limit.segment.kind) {
    case SegmentKind::Property:
        return tr("send %1").arg(
            u"Helicone-Property-"_s + QString::fromUtf8(limit.segment.property));
    case SegmentKind::Team:
        return tr("the API key must belong to a team");
    case SegmentKind::TeamMember:
        return tr("the API key must have an owner and a team");
    case SegmentKind::Shared:
    case SegmentKind::ApiKey:
    case SegmentKind::EndUser:
        break;
    }
    return tr("send %1").arg(u"Helicone-User-Id"_s);
}

/// What is taken as people read it, both adding up to the quota. Money has no whole units.
MicroAmount shownTaken(const ChainLink &link)
{
    const limits::Usage &usage = link.usage;
    return link.limit->unit == Unit::Cents ? usage.taken() : usage.takenUnits() * MicroPerUnit;
}

/// "has used 2 of 2 requests a minute", "has used 900 and reserved 300 of 2 000 tokens a minute".
QString usedPhrase(const ChainLink &link)
{
    const Limit &limit = *link.limit;
    const limits::Usage &usage = link.usage;
    QString quota = amountText(limit.unit, usage.quota);
    if (limit.unit != Unit::Cents)
        quota += u' ' + unitPhrase(limit.unit);
    const MicroAmount taken = shownTaken(link);
    const MicroAmount reserved = std::min(usage.reserved, taken);
    if (reserved < MicroPerUnit)
        return tr("has used %1 of %2 %3")
            .arg(amountText(limit.unit, taken), quota, periodPhrase(limit));
    return tr("has used %1 and reserved %2 of %3 %4")
        .arg(amountText(limit.unit, taken - reserved), amountText(limit.unit, reserved), quota,
            periodPhrase(limit));
}

/// "The next request is admitted in 30 s", "This request needs 900 tokens and is admitted in 30 s".
QString waitPhrase(const ChainLink &link, std::chrono::nanoseconds wait)
{
    const QString time = describeDuration(wait);
    const Limit &limit = *link.limit;
    QString text = limit.unit == Unit::Request
        ? tr("The next request is admitted in %1").arg(time)
        : tr("This request needs %1 and is admitted in %2")
              .arg(amountPhrase(limit.unit, link.cost), time);
    if (limit.algorithm == Algorithm::CalendarWindow)
        text = tr("%1, when the next %2 begins").arg(text, calendarUnitName(limit.calendar.unit));
    return text;
}

QString slotsSentence(const ChainLink &link, const QString &where)
{
    const Limit &limit = *link.limit;
    const qint64 running = link.usage.takenUnits();
    const QString who = counterName(limit, link.value);
    return running == 1
        ? tr("The rate limit is reached: %1 has one request running and may have no other at the "
             "same time (%2). The next request is admitted when that one ends.")
              .arg(who, where)
        : tr("The rate limit is reached: %1 has %2 of %3 requests running at the same time (%4). "
             "The next request is admitted when one of the %2 running requests ends.")
              .arg(who, groupDigits(running), amountText(limit.unit, link.usage.quota), where);
}

QString neverFitsSentence(const ChainLink &link, const QString &where)
{
    const Limit &limit = *link.limit;
    return tr("The request needs %1 by what it says itself, and the whole limit (%2) is %3 %4: it "
              "can never be admitted. Send less, or ask for a shorter answer.")
        .arg(amountPhrase(limit.unit, link.cost), where, amountPhrase(limit.unit, link.usage.quota),
            periodPhrase(limit));
}

QString linkSentence(const Decision &decision, const ChainLink &link, const QString &where)
{
    const Limit &limit = *link.limit;
    switch (decision.verdict) {
    case Verdict::MissingSegment:
        return tr("The limit %1 needs a value to count by, and this request has none: %2")
            .arg(where, remedyForMissing(limit));
    case Verdict::NeverFits:
        return neverFitsSentence(link, where);
    case Verdict::Unpriced:
        return tr("The limit %1 counts dollars, and the model has no price: write one into "
                  "prices.models, or let such requests through with prices.unpriced: allow")
            .arg(where);
    case Verdict::StoreDown:
        return tr(
            "The store that counts the limit %1 cannot be reached, and the limit lets nothing "
            "through meanwhile (on-store-failure: closed)")
            .arg(where);
    case Verdict::SlotsTaken:
        return slotsSentence(link, where);
    case Verdict::LimitReached:
    case Verdict::NoRoom:
    case Verdict::Blocked:
    case Verdict::Admitted:
        break;
    }
    return tr("The rate limit is reached: %1 %2 (%3). %4.")
        .arg(counterName(limit, link.value), usedPhrase(link), where,
            waitPhrase(link, decision.wait));
}

/// What a limit refused for, after "Refused: ".
QString refusalHead(const RequestRecord &record)
{
    const Decision &decision = record.decision;
    if (decision.verdict == Verdict::Blocked && decision.block)
        return blockSentence(*decision.block, decision.at);
    const ChainLink *link = decision.bindingLink();
    if (link == nullptr)
        return record.note;
    switch (decision.verdict) {
    case Verdict::LimitReached:
    case Verdict::SlotsTaken:
        return allowanceSentence(*link->limit);
    case Verdict::NeverFits:
        return tr("it needs %1, and %2")
            .arg(amountPhrase(link->limit->unit, link->cost), allowanceSentence(*link->limit));
    case Verdict::Unpriced:
        return tr("the model has no price in prices.models, and %1")
            .arg(allowanceSentence(*link->limit));
    case Verdict::StoreDown:
        return tr("its store cannot be reached, and %1").arg(allowanceSentence(*link->limit));
    case Verdict::MissingSegment:
    case Verdict::NoRoom:
    case Verdict::Blocked:
    case Verdict::Admitted:
        break;
    }
    return record.note;
}

QString admittedHead(const RequestRecord &record)
{
    const auto &chain = record.decision.chain;
    if (chain.empty())
        return tr("Let through: no limit applies");
    const auto shadow = std::find_if(chain.cbegin(), chain.cend(),
        [](const ChainLink &link) { return link.verdict == limits::LinkVerdict::WouldRefuse; });
    return shadow == chain.cend()
        ? tr("Admitted by every limit")
        : tr("Admitted, would be refused if enforced: %1").arg(allowanceSentence(*shadow->limit));
}

/// Micro-units as whole units, rounded up.
qint64 unitsFor(MicroAmount amount)
{
    return amount / MicroPerUnit + (amount % MicroPerUnit > 0 ? 1 : 0);
}

} // namespace

QString clockText(EngineTime at, EngineTime now)
{
    const QDateTime time = dateTime(at);
    return time.toString(time.date() == dateTime(now).date() ? u"HH:mm"_s : u"yyyy-MM-dd HH:mm"_s);
}

QString blockSentence(const limits::Block &block, EngineTime now)
{
    const QString who = subjectName(block.segment, block.value);
    return block.until ? tr("The %1 is blocked until %2").arg(who, clockText(*block.until, now))
                       : tr("The %1 is blocked until it is unblocked").arg(who);
}

QString refusalSentence(const Decision &decision, const QString &fileName)
{
    if (decision.verdict == Verdict::Blocked && decision.block)
        return blockSentence(*decision.block, decision.at);
    if (decision.verdict == Verdict::NoRoom)
        return tr("There is no room for another counter; raise server.max-counters");
    const ChainLink *link = decision.bindingLink();
    if (link == nullptr)
        return tr("The request was refused");
    const QString label = fullLabel(*link->limit);
    const QString source = sourceText(*link->limit, fileName);
    const bool isNamed = decision.verdict == Verdict::MissingSegment
        || decision.verdict == Verdict::Unpriced || decision.verdict == Verdict::StoreDown;
    const QString where = (isNamed ? tr("%1 (%2)") : tr("%1, %2")).arg(label, source);
    return linkSentence(decision, *link, where);
}

QString headline(const RequestRecord &record)
{
    switch (record.outcome) {
    case Outcome::Refused:
        return tr("Refused: %1").arg(refusalHead(record));
    case Outcome::Rejected:
        return (wasRefused(record) ? tr("Refused: %1") : tr("Rejected: %1"))
            .arg(refusalHead(record));
    case Outcome::UpstreamFailed:
        return tr("Failed: %1").arg(record.note);
    case Outcome::ClientLeft:
        return tr("Admitted, the client left before the end");
    case Outcome::Streaming:
        return tr("Admitted, streaming");
    case Outcome::Completed:
        return admittedHead(record);
    }
    Q_UNREACHABLE();
}

qint64 smallestCapacity(const Decision &decision)
{
    const ChainLink *link = decision.bindingLink();
    const bool isLimit = decision.verdict == Verdict::LimitReached
        || decision.verdict == Verdict::SlotsTaken || decision.verdict == Verdict::NeverFits;
    if (!isLimit || link == nullptr)
        return 0;
    // A guess is capped at what the capacity leaves: where it may have been, a wider limit would
    // have to take more.
    const limits::Usage &usage = link->usage;
    const bool countsRequests =
        link->limit->unit == Unit::Request || link->limit->unit == Unit::ConcurrentRequest;
    const bool mayBeCapped =
        decision.verdict == Verdict::NeverFits ? usage.taken() > 0 : link->cost >= usage.quota;
    if (!countsRequests && mayBeCapped)
        return 0;
    // A temporary raise is on top of what the file says. Less than a millionth of what is taken is
    // floored away, so the capacity that refused it is named as well.
    const MicroAmount extra = usage.quota - link->limit->quota;
    return std::max(unitsFor(usage.taken() + link->cost - extra), unitsFor(link->limit->quota + 1));
}

} // namespace sluice::insight

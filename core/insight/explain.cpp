// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/insight/explain.h"

#include "core/base/duration.h"

#include <QCoreApplication>

#include <algorithm>

namespace sluice::insight {

using namespace Qt::StringLiterals;
using limits::Limit;
using limits::LimitScope;
using limits::SegmentKind;
using std::chrono::nanoseconds;

namespace {

constexpr nanoseconds Second{1'000'000'000};

QString tr(const char *text)
{
    return QCoreApplication::translate("Explain", text);
}

QString units(MicroAmount amount)
{
    return groupDigits(amount / MicroPerUnit);
}

/// "a second", "a minute", "in 30 m".
QString perPeriod(nanoseconds period)
{
    if (period == Second)
        return tr("a second");
    if (period == 60 * Second)
        return tr("a minute");
    if (period == 3600 * Second)
        return tr("an hour");
    if (period == 86'400 * Second)
        return tr("a day");
    return tr("in %1").arg(describeDuration(period));
}

/// "any hour", "any 24 hours": not "any day", which might be read as one of the calendar.
QString anyPeriod(nanoseconds period)
{
    if (period == Second)
        return tr("any second");
    if (period == 60 * Second)
        return tr("any minute");
    if (period == 3600 * Second)
        return tr("any hour");
    if (period == 86'400 * Second)
        return tr("any 24 hours");
    return tr("any %1").arg(describeDuration(period));
}

/// "every second", "every 0.67 s": the time between two units at the refill rate.
QString everyInterval(const Limit &limit)
{
    const qint64 count = limit.quota / MicroPerUnit;
    const nanoseconds interval = limit.period / std::max<qint64>(count, 1);
    if (interval == Second)
        return tr("one every second");
    if (interval < Second / 20)
        return tr("%1 %2").arg(groupDigits(count), perPeriod(limit.period));
    if (interval < 10 * Second) {
        const qint64 hundredths = (interval.count() + 5'000'000) / 10'000'000;
        QString text = QString::number(hundredths / 100);
        if (hundredths % 100 != 0)
            text += u'.' + QString::number(hundredths % 100).rightJustified(2, u'0');
        while (text.contains(u'.') && text.endsWith(u'0'))
            text.chop(1);
        return tr("one every %1 s").arg(text);
    }
    return tr("one every %1").arg(describeDuration(interval));
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

QString each(const Limit &limit)
{
    switch (limit.segment.kind) {
    case SegmentKind::Shared:
        return tr("everybody together");
    case SegmentKind::ApiKey:
        return tr("each key");
    case SegmentKind::EndUser:
        return tr("each user");
    case SegmentKind::Team:
        return tr("each team");
    case SegmentKind::TeamMember:
        return tr("each member");
    case SegmentKind::Property:
        return tr("each %1").arg(QString::fromUtf8(limit.segment.property));
    }
    Q_UNREACHABLE();
}

QString allower(const Limit &limit)
{
    switch (limit.scope) {
    case LimitScope::Global:
        return tr("the global limit");
    case LimitScope::Unified:
        return tr("the unified API");
    case LimitScope::Router:
        return tr("router %1").arg(QString::fromUtf8(limit.router));
    case LimitScope::Header:
        return tr("the client's own policy");
    }
    Q_UNREACHABLE();
}

} // namespace

QString groupDigits(qint64 number)
{
    QString digits = QString::number(number);
    const qsizetype first = number < 0 ? 1 : 0;
    for (qsizetype at = digits.size() - 3; at > first; at -= 3)
        digits.insert(at, QChar(0x202f)); // narrow no-break space
    return digits;
}

QString allowanceSentence(const Limit &limit)
{
    return tr("%1 allows %2 %3 %4")
        .arg(allower(limit), each(limit), units(limit.quota), perPeriod(limit.period));
}

QString effectSentence(const Limit &limit)
{
    if (limit.algorithm == limits::Algorithm::SlidingWindow)
        return tr("%1 in %2").arg(units(limit.quota), anyPeriod(limit.period));
    return tr("%1 at once, then %2").arg(units(limit.quota), everyInterval(limit));
}

QString freeAgain(const Limit &limit, const limits::Usage &usage)
{
    if (usage.remaining < MicroPerUnit && usage.nextIn > nanoseconds::zero()) {
        return limit.algorithm == limits::Algorithm::Gcra
            ? tr("next in %1").arg(describeDuration(usage.nextIn))
            : tr("eases in %1").arg(describeDuration(usage.nextIn));
    }
    if (usage.fullIn <= nanoseconds::zero())
        return tr("now");
    return limit.algorithm == limits::Algorithm::Gcra
        ? tr("full in %1").arg(describeDuration(usage.fullIn))
        : tr("empty in %1").arg(describeDuration(usage.fullIn));
}

QString refusalSentence(const limits::Decision &decision, const QString &fileName)
{
    const limits::ChainLink *link = decision.bindingLink();
    if (link == nullptr)
        return tr("The request was refused");
    const Limit &limit = *link->limit;
    const QString source = sourceText(limit, fileName);
    if (decision.verdict == limits::Verdict::MissingSegment)
        return tr("The limit %1 (%2) needs a value to count by, and this request has none: %3")
            .arg(fullLabel(limit), source, remedyForMissing(limit));
    if (decision.verdict == limits::Verdict::NeverFits)
        return tr("The request is larger than the whole limit %1 (%2)")
            .arg(fullLabel(limit), source);
    if (decision.verdict == limits::Verdict::NoRoom)
        return tr("There is no room for another counter; raise server.max-counters");
    return tr("The rate limit is reached: %1 has used %2 of %3 requests %4 (%5, %6). "
              "The next request is admitted in %7.")
        .arg(counterName(limit, link->value), groupDigits(link->usage.takenUnits()),
            units(link->usage.quota), perPeriod(limit.period), fullLabel(limit), source,
            describeDuration(decision.wait));
}

QString headline(const RequestRecord &record)
{
    switch (record.outcome) {
    case Outcome::Refused: {
        const limits::ChainLink *link = record.decision.bindingLink();
        if (link == nullptr || record.decision.verdict != limits::Verdict::LimitReached)
            return tr("Refused: %1").arg(record.note);
        return tr("Refused: %1").arg(allowanceSentence(*link->limit));
    }
    case Outcome::Rejected:
        return tr("Rejected: %1").arg(record.note);
    case Outcome::UpstreamFailed:
        return tr("Failed: %1").arg(record.note);
    case Outcome::ClientLeft:
        return tr("Admitted, the client left before the end");
    case Outcome::Streaming:
        return tr("Admitted, streaming");
    case Outcome::Completed:
        return record.decision.chain.empty() ? tr("Let through: no limit applies")
                                             : tr("Admitted by every limit");
    }
    Q_UNREACHABLE();
}

qint64 smallestCapacity(const limits::Decision &decision)
{
    const limits::ChainLink *link = decision.bindingLink();
    if (decision.verdict != limits::Verdict::LimitReached || link == nullptr)
        return 0;
    // What is occupied, with the fraction that display floors away, and one more request. Less than
    // a millionth is floored away before that, so the capacity that refused it is named as well.
    const limits::Usage &usage = link->usage;
    return std::max((usage.used + MicroPerUnit - 1) / MicroPerUnit, usage.quota / MicroPerUnit) + 1;
}

} // namespace sluice::insight

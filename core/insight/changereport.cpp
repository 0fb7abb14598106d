// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/insight/changereport.h"

#include "core/insight/explain.h"

#include <QCoreApplication>

#include <algorithm>

namespace sluice::insight {

using namespace Qt::StringLiterals;
using config::Configuration;
using limits::LimitPtr;
using limits::LimitSet;

namespace {

QString tr(const char *text, int n = -1)
{
    return QCoreApplication::translate("ChangeReport", text, nullptr, n);
}

QString capitalised(QString text)
{
    if (!text.isEmpty())
        text[0] = text[0].toUpper();
    return text;
}

struct LimitChange
{
    LimitPtr before; ///< null = added
    LimitPtr after; ///< null = removed
};

bool isSameRule(const limits::Limit &a, const limits::Limit &b)
{
    return a.quota == b.quota && a.period == b.period && a.mode == b.mode
        && a.onMissing == b.onMissing;
}

std::vector<LimitChange> changedLimits(const LimitSet &before, const LimitSet &after)
{
    std::vector<LimitChange> changes;
    for (const LimitPtr &limit : before.all()) {
        const LimitPtr now = after.find(limit->name);
        if (!now || !isSameRule(*limit, *now))
            changes.push_back({limit, now});
    }
    for (const LimitPtr &limit : after.all())
        if (!before.find(limit->name))
            changes.push_back({nullptr, limit});
    return changes;
}

QString modeChange(const limits::Limit &before, const limits::Limit &after)
{
    if (before.mode == after.mode)
        return {};
    return after.mode == limits::LimitMode::Shadow
        ? tr("%1 only watches from now on").arg(fullLabel(after))
        : tr("%1 is enforced from now on").arg(fullLabel(after));
}

QString sentence(const LimitChange &change)
{
    if (!change.before)
        return tr("New: %1").arg(allowanceSentence(*change.after));
    if (!change.after)
        return tr("%1 is not limited any more").arg(capitalised(fullLabel(*change.before)));
    if (const QString mode = modeChange(*change.before, *change.after); !mode.isEmpty())
        return capitalised(mode);
    if (change.before->period == change.after->period)
        return tr("%1 instead of %2")
            .arg(capitalised(allowanceSentence(*change.after)),
                groupDigits(change.before->quota / MicroPerUnit));
    return capitalised(allowanceSentence(*change.after));
}

Meaning effectOf(const LimitChange &change)
{
    if (!change.after)
        return {Meaning::Kind::Notice, capitalised(fullLabel(*change.before)),
            tr("No longer counted. Was: %1.").arg(effectSentence(*change.before))};
    if (!change.before)
        return {Meaning::Kind::Fine, capitalised(fullLabel(*change.after)),
            tr("%1. Counting starts with the first request.").arg(effectSentence(*change.after))};
    return {Meaning::Kind::Fine, capitalised(fullLabel(*change.after)),
        tr("%1. Now %2.").arg(effectSentence(*change.after), effectSentence(*change.before))};
}

struct Standing
{
    QByteArray value;
    limits::Usage usage;
};

/// Who stands where under the new limit: what has been used stays used.
std::vector<Standing> standings(const limits::Limit &after, const UsageBook &book, EngineTime now)
{
    std::vector<Standing> result;
    for (const limits::CounterReading &reading : book.counters(after.name)) {
        limits::Usage usage = usageAt(reading, now);
        usage.quota = after.quota;
        usage.remaining = std::max<MicroAmount>(0, after.quota - usage.taken());
        result.push_back({reading.value, usage});
    }
    std::sort(result.begin(), result.end(),
        [](const Standing &a, const Standing &b) { return a.usage.used > b.usage.used; });
    return result;
}

bool isShared(const limits::Limit &limit)
{
    return limit.segment.kind == limits::SegmentKind::Shared;
}

/// Names of keys and users stand alone, as in the tables; a team is called one.
QString name(const limits::Limit &limit, const QByteArray &value)
{
    const bool isGroup = limit.segment.kind == limits::SegmentKind::Team
        || limit.segment.kind == limits::SegmentKind::TeamMember;
    return value.isEmpty() || isGroup ? counterName(limit, value) : QString::fromUtf8(value);
}

/// The same as the first word of a sentence; what somebody called himself stays as it is.
QString firstName(const limits::Limit &limit, const QByteArray &value)
{
    const QString text = name(limit, value);
    return text == QString::fromUtf8(value) ? text : capitalised(text);
}

/// Rounded half up, but never to 100 for what is not full. Wide, as a hundredfold might overflow.
qint64 percentOf(qint64 part, qint64 whole)
{
    const limits::Int128 divisor = std::max<qint64>(whole, 1);
    const auto percent =
        static_cast<qint64>((limits::Int128(part) * 200 + divisor) / (2 * divisor));
    return part < whole ? std::min<qint64>(percent, 99) : percent;
}

Meaning nobodyIsOver(const limits::Limit &limit, const Standing &top)
{
    const qint64 percent = percentOf(top.usage.takenUnits(), top.usage.quota / MicroPerUnit);
    if (isShared(limit))
        return {Meaning::Kind::Fine, tr("There is room under the new limit"),
            tr("%1 % of it is used.").arg(percent)};
    return {Meaning::Kind::Fine, tr("Nobody is over the new limit"),
        tr("The fullest is %1, at %2 %.").arg(name(limit, top.value), QString::number(percent))};
}

Meaning someAreOver(const limits::Limit &limit, const Standing &top, int over)
{
    const QString refused = tr("%1 is refused until enough has been refilled.");
    if (isShared(limit))
        return {Meaning::Kind::Warning, tr("The new limit is reached now"),
            refused.arg(tr("Every request"))};
    return {Meaning::Kind::Warning, tr("%n over the new limit now", over),
        refused.arg(firstName(limit, top.value))};
}

void describeUsage(
    const LimitChange &change, const UsageBook &book, EngineTime now, QList<Meaning> &meanings)
{
    if (!change.before || !change.after)
        return;
    const std::vector<Standing> who = standings(*change.after, book, now);
    if (who.empty() || who.front().usage.used == 0) {
        meanings.append({Meaning::Kind::Fine, tr("Nothing is used at the moment"),
            tr("No counter of this limit is in use.")});
        return;
    }
    const limits::Limit &limit = *change.after;
    const Standing &top = who.front();
    meanings.append({Meaning::Kind::Fine, tr("What has been used stays used"),
        tr("%1 has used %2 of %3 and can send %4 more at once.")
            .arg(firstName(limit, top.value), groupDigits(top.usage.takenUnits()),
                groupDigits(top.usage.quota / MicroPerUnit),
                groupDigits(top.usage.remaining / MicroPerUnit))});
    const auto over = std::count_if(
        who.begin(), who.end(), [](const Standing &s) { return s.usage.remaining < MicroPerUnit; });
    meanings.append(over == 0 ? nobodyIsOver(limit, top) : someAreOver(limit, top, int(over)));
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
    for (config::LimitRule &limit : values.limits)
        limit.place = {};
    for (config::Router &router : values.routers)
        router.place = {};
    return values;
}

ChangeReport describeChange(
    const Configuration &running, const Configuration &draft, const UsageBook &book, EngineTime now)
{
    ChangeReport report;
    const auto changes = changedLimits(*LimitSet::compile(running), *LimitSet::compile(draft));
    for (const LimitChange &change : changes) {
        report.meanings.append(effectOf(change));
        describeUsage(change, book, now, report.meanings);
    }
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

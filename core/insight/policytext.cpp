// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/insight/policytext.h"

#include "core/base/duration.h"

#include <QCoreApplication>

#include <algorithm>

namespace sluice::insight {

using namespace Qt::StringLiterals;
using config::Policy;
using config::SegmentKind;

namespace {

constexpr MicroAmount MicroCentsPerDollar = 100 * MicroPerUnit;

QString tr(const char *text)
{
    return QCoreApplication::translate("Explain", text);
}

/// "$50.00", "$0.00125": exact, at least two decimals.
QString dollars(MicroAmount microCents)
{
    QString decimals = QString::number(microCents % MicroCentsPerDollar).rightJustified(8, u'0');
    while (decimals.size() > 2 && decimals.endsWith(u'0'))
        decimals.chop(1);
    return u'$' + QString::number(microCents / MicroCentsPerDollar) + u'.' + decimals;
}

/// "make 1 request", "use 500 tokens", "use 5000 cents ($50.00)".
QString allowance(const Policy &policy)
{
    const QString quota = QString::fromLatin1(formatAmount(policy.quota));
    const bool isOne = policy.quota == MicroPerUnit;
    switch (policy.unit) {
    case Unit::Cents:
        return (isOne ? tr("use %1 cent (%2)") : tr("use %1 cents (%2)"))
            .arg(quota, dollars(policy.quota));
    case Unit::Token:
        return (isOne ? tr("use %1 token") : tr("use %1 tokens")).arg(quota);
    default:
        return (isOne ? tr("make %1 request") : tr("make %1 requests")).arg(quota);
    }
}

QString subjectOf(const config::Segment &segment)
{
    switch (segment.kind) {
    case SegmentKind::EndUser:
        return tr("Each end user of each API key");
    case SegmentKind::Property:
        return tr("Each value of the property %1 of each API key")
            .arg(QString::fromLatin1(segment.property));
    default:
        return tr("Each API key");
    }
}

QString meaningOf(const Policy &policy)
{
    return tr("%1 may %2 in any %3 seconds (%4).")
        .arg(subjectOf(policy.segment), allowance(policy), QString::number(policy.window.count()),
            formatDuration(policy.window));
}

QString segmentPart(const config::Segment &segment)
{
    switch (segment.kind) {
    case SegmentKind::EndUser:
        return tr("segment user with its value");
    case SegmentKind::Property:
        return tr("segment %1 with its value").arg(QString::fromLatin1(segment.property));
    default:
        return tr("no segment");
    }
}

QString unitPart(Unit unit)
{
    switch (unit) {
    case Unit::Cents:
        return tr("unit cents");
    case Unit::Token:
        return tr("unit tokens");
    default:
        return tr("unit request");
    }
}

QString counterOf(const Policy &policy)
{
    return tr("API key, %1, %2, window %3. The quota is not part of it: another quota keeps what "
              "was used.")
        .arg(segmentPart(policy.segment), unitPart(policy.unit),
            QString::number(policy.window.count()));
}

QString sourceOf(const config::Segment &segment)
{
    switch (segment.kind) {
    case SegmentKind::EndUser:
        return tr("The header Helicone-User-Id, else \"user\" in the body.");
    case SegmentKind::Property:
        return tr("The header Helicone-Property-%1.").arg(QString::fromLatin1(segment.property));
    default:
        return {};
    }
}

std::vector<PolicyAnswerHeader> headersOf(const Policy &policy, const QByteArray &canonical)
{
    // The names of policies hold no quote, so they need no escapes.
    const QByteArray quoted = '"' + canonical + '"';
    return {{"Helicone-RateLimit-Limit", formatAmount(policy.quota)},
        {"Helicone-RateLimit-Policy", canonical},
        {"RateLimit-Policy",
            quoted + ";q=" + QByteArray::number(policy.quota / MicroPerUnit)
                + ";w=" + QByteArray::number(qint64{policy.window.count()})}};
}

bool sharesCounter(const Policy &a, const Policy &b)
{
    return a.window == b.window && a.unit == b.unit && a.segment == b.segment;
}

} // namespace

std::vector<PolicyText> explainPolicies(const std::vector<Policy> &policies)
{
    std::vector<PolicyText> texts;
    for (const Policy &policy : policies) {
        PolicyText text;
        text.policy = policy;
        text.canonical = config::canonical(policy);
        text.meaning = meaningOf(policy);
        text.counter = counterOf(policy);
        text.source = sourceOf(policy.segment);
        const auto first = std::find_if(texts.begin(), texts.end(),
            [&policy](const PolicyText &other) { return sharesCounter(other.policy, policy); });
        if (first != texts.end())
            text.sharesCounterWith = static_cast<int>(first - texts.begin()) + 1;
        text.headers = headersOf(policy, text.canonical);
        texts.push_back(text);
    }
    return texts;
}

QString policyErrorText(const QString &header, const config::PolicyError &error)
{
    QString shown;
    QString below;
    qsizetype column = 0;
    for (const char32_t character : header.toUcs4()) {
        const bool isTab = character == U'\t';
        // A control character would break the line or the terminal.
        const bool isControl = !isTab && QChar::category(character) == QChar::Other_Control;
        shown += QString::fromUcs4(isControl ? U"\uFFFD" : &character, 1);
        if (++column < error.column)
            below += isTab ? u'\t' : u' ';
    }
    return tr("column %1: %2").arg(QString::number(error.column), error.message) + u"\n  " + shown
        + u"\n  " + below + u'^';
}

} // namespace sluice::insight

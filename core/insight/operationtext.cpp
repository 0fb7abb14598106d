// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/insight/operationtext.h"

#include "core/insight/explain.h"

#include <QCoreApplication>

namespace sluice::insight {

using limits::Algorithm;
using limits::Limit;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("Operations", text);
}

} // namespace

QString operatedCounter(const Limit &limit, const QByteArray &value)
{
    const bool isOfEveryKey =
        limit.isPolicy() && limit.segment.kind != limits::SegmentKind::ApiKey && !value.isEmpty();
    return isOfEveryKey ? tr("%1 with every key").arg(subjectName(limit.segment, value))
                        : counterName(limit, value);
}

QString raiseSentence(const Limit &limit, const limits::Raise &raise, EngineTime now)
{
    const bool isBucket = limit.algorithm == Algorithm::Gcra;
    const QString period = isBucket ? tr("at once") : periodPhrase(limit);
    MicroAmount raised = 0;
    if (__builtin_add_overflow(limit.quota, raise.extra, &raised))
        raised = std::numeric_limits<MicroAmount>::max();
    const QString sentence =
        tr("%1: %2 %3 instead of %4 until %5")
            .arg(operatedCounter(limit, raise.value), shortAmountPhrase(limit.unit, raised), period,
                amountText(limit.unit, limit.quota), clockText(raise.until, now));
    return isBucket ? tr("%1, refilled as before").arg(sentence) : sentence;
}

QString blockConsequence(const limits::Block &block, EngineTime now)
{
    const QString who = subjectName(block.segment, block.value);
    return block.until
        ? tr("Every request of %1 is refused with 403 until %2")
              .arg(who, clockText(*block.until, now))
        : tr("Every request of %1 is refused with 403 until it is unblocked").arg(who);
}

} // namespace sluice::insight

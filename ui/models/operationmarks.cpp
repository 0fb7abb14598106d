// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/operationmarks.h"

#include "core/insight/explain.h"
#include "ui/widgets/format.h"

#include <QCoreApplication>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace sluice::ui {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("OperationMarks", text);
}

} // namespace

const limits::Raise *OperationMarks::raiseOf(const QByteArray &limit, const QByteArray &value) const
{
    const auto &raises = operations.raises;
    const auto found = std::find_if(raises.cbegin(), raises.cend(),
        [&](const limits::Raise &raise) { return raise.limit == limit && raise.value == value; });
    return found == raises.cend() ? nullptr : &*found;
}

const limits::Block *OperationMarks::blockOf(const insight::SubjectId &subject) const
{
    const auto &blocks = operations.blocks;
    const auto found =
        std::find_if(blocks.cbegin(), blocks.cend(), [&subject](const limits::Block &block) {
            return block.segment == subject.segment && block.value == subject.value;
        });
    return found == blocks.cend() ? nullptr : &*found;
}

QString blockedUntil(const limits::Block &block, EngineTime now)
{
    return block.until ? tr("until %1").arg(insight::clockText(*block.until, now))
                       : tr("until unblocked");
}

QString markRaised(GaugeValue &gauge, const limits::Raise &raise, Unit unit, EngineTime now)
{
    const QString more = tr("+%1").arg(format::amount(raise.extra, unit));
    QString word = tr("%1 until %2").arg(more, insight::clockText(raise.until, now));
    if (gauge.stateWord.isEmpty()) {
        gauge.stateWord = word;
        gauge.shortWord = more;
        gauge.sign = Sign::Raised;
    } else {
        gauge.shortWord = gauge.stateWord;
        gauge.stateWord += u", "_s + word;
    }
    return word;
}

} // namespace sluice::ui

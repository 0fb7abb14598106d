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

QString raisedWord(const limits::Raise &raise, Unit unit, EngineTime now)
{
    return tr("+%1 until %2")
        .arg(format::amount(raise.extra, unit), insight::clockText(raise.until, now));
}

QString blockedUntil(const limits::Block &block, EngineTime now)
{
    return block.until ? tr("until %1").arg(insight::clockText(*block.until, now))
                       : tr("until unblocked");
}

void markRaised(GaugeValue &gauge, const QString &word)
{
    if (gauge.stateWord.isEmpty()) {
        gauge.stateWord = word;
        gauge.sign = Sign::Raised;
    } else {
        gauge.stateWord += u", "_s + word;
    }
}

} // namespace sluice::ui

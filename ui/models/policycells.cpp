// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/policycells.h"

#include "core/insight/explain.h"
#include "ui/models/limitfields.h"
#include "ui/models/policytreemodel.h"
#include "ui/widgets/format.h"

#include <QCoreApplication>

namespace sluice::ui::policycells {

using namespace Qt::StringLiterals;
using config::LimitMode;
using enum PolicyTreeModel::Column;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("PolicyCells", text);
}

Sign modeSign(LimitMode mode)
{
    switch (mode) {
    case LimitMode::Enforce:
        return Sign::Disc;
    case LimitMode::Shadow:
        return Sign::Diamond;
    case LimitMode::Off:
        return Sign::Ring;
    }
    Q_UNREACHABLE();
}

LimitMode modeOf(const PolicyRow &row)
{
    return row.header ? row.header->mode : row.rule()->mode;
}

QString lineText(int line)
{
    return line > 0 ? tr("line %1").arg(line) : QString();
}

limits::Limit limitOf(const PolicyRow &row)
{
    return row.header ? *row.header : limits::limitOf(*row.rule());
}

QString amountOf(const limits::Limit &limit)
{
    return limitfields::amountWords(limit.quota, limit.unit);
}

bool isBarePolicy(const PolicyRow &row)
{
    return !row.header && row.rule()->policy.size() > 0 && !limitfields::hasOwnName(*row.rule());
}

/// "per key", "burst, per key", a policy's text.
QString labelOf(const PolicyRow &row)
{
    if (row.header)
        return insight::limitLabel(*row.header);
    if (isBarePolicy(row))
        return QString::fromUtf8(row.rule()->policy);
    const QString label = insight::limitLabel(limits::limitOf(*row.rule()));
    const QString counted = insight::segmentLabel(row.rule()->segment);
    return label == counted ? label : QString(label + u", "_s + counted);
}

QString display(const PolicyRow &row, int column)
{
    switch (column) {
    case LimitColumn:
        return labelOf(row);
    case StateColumn:
        return modeWord(modeOf(row));
    case AmountColumn:
        return amountOf(limitOf(row));
    case PeriodColumn:
        return limitfields::periodWords(limitOf(row));
    case LineColumn:
        if (row.header)
            return tr("client");
        return row.draft ? lineText(row.draft->place.line) : QString();
    default:
        return {};
    }
}

/// What runs, where the draft says something else; invalid if nothing changed.
QVariant oldText(const PolicyRow &row, int column)
{
    if (!row.draft || !row.running)
        return {};
    const limits::Limit draft = limits::limitOf(*row.draft);
    const limits::Limit running = limits::limitOf(*row.running);
    if (column == AmountColumn && (draft.quota != running.quota || draft.unit != running.unit))
        return draft.unit == running.unit && draft.unit != Unit::Cents
            ? format::count(running.quota / MicroPerUnit)
            : amountOf(running);
    const QString period = limitfields::periodWords(running);
    if (column == PeriodColumn && limitfields::periodWords(draft) != period)
        return period;
    return {};
}

QVariant oldSign(const PolicyRow &row, int column)
{
    const bool differs = row.draft && row.running && row.draft->mode != row.running->mode;
    if (column != StateColumn || !differs)
        return {};
    return int(modeSign(row.running->mode));
}

QVariant secondText(const PolicyRow &row, int column)
{
    if (column != LimitColumn)
        return {};
    if (row.isAdded())
        return tr("new");
    return row.isRemoved() ? QVariant(tr("deleted")) : QVariant();
}

QVariant sign(const PolicyRow &row, int column)
{
    return column == StateColumn ? QVariant(int(modeSign(modeOf(row)))) : QVariant();
}

Tone tone(const PolicyRow &row, int column)
{
    if (column == LineColumn)
        return row.header ? Tone::Second : Tone::Link;
    return row.isRemoved() ? Tone::Second : Tone::Text;
}

QVariant editText(const PolicyRow &row, int column)
{
    if (!row.draft)
        return {};
    if (column == AmountColumn)
        return limitfields::amountText(row.draft->capacity, row.draft->unit);
    return column == PeriodColumn ? QVariant(limitfields::periodText(*row.draft)) : QVariant();
}

QString spoken(const PolicyRow &row, int column)
{
    QString text = display(row, column);
    if (const QVariant old = oldText(row, column); old.isValid())
        text = tr("%1, was %2").arg(text, old.toString());
    else if (oldSign(row, column).isValid())
        text = tr("%1, was %2").arg(text, modeWord(row.running->mode));
    else if (const QVariant second = secondText(row, column); second.isValid())
        text += u", "_s + second.toString();
    return text;
}

int alignment(int column)
{
    const bool isRight = column == AmountColumn || column == LineColumn;
    return int(isRight ? Qt::AlignRight : Qt::AlignLeft) | int(Qt::AlignVCenter);
}

} // namespace

QString modeWord(LimitMode mode)
{
    switch (mode) {
    case LimitMode::Enforce:
        return tr("Enforced");
    case LimitMode::Shadow:
        return tr("Shadow");
    case LimitMode::Off:
        return tr("Off");
    }
    Q_UNREACHABLE();
}

QVariant scopeCell(const PolicyScope &scope, int column, int role)
{
    switch (role) {
    case Qt::DisplayRole:
        if (column == LimitColumn)
            return scope.title();
        return column == LineColumn ? QVariant(lineText(scope.line)) : QVariant();
    case Qt::AccessibleTextRole:
        if (column == LimitColumn)
            return scope.note().isEmpty() ? scope.title()
                                          : QString(scope.title() + u", "_s + scope.note());
        return scopeCell(scope, column, Qt::DisplayRole);
    case SecondTextRole:
        return column == LimitColumn && !scope.note().isEmpty() ? QVariant(scope.note())
                                                                : QVariant();
    case ToneRole:
        return int(column == LineColumn ? Tone::Link : Tone::Strong);
    case Qt::TextAlignmentRole:
        return alignment(column);
    default:
        return {};
    }
}

QVariant limitCell(const PolicyRow &row, int column, int role)
{
    switch (role) {
    case Qt::DisplayRole:
        return display(row, column);
    case Qt::EditRole:
        return editText(row, column);
    case Qt::AccessibleTextRole:
        return spoken(row, column);
    case Qt::TextAlignmentRole:
        return alignment(column);
    case SecondTextRole:
        return secondText(row, column);
    case ToneRole:
        return int(tone(row, column));
    case MonoRole:
        return column == LimitColumn && (row.header != nullptr || isBarePolicy(row));
    case SignRole:
        return sign(row, column);
    case StateRole:
        return int(modeOf(row) == LimitMode::Shadow ? State::Shadow : State::Idle);
    case OldTextRole:
        return oldText(row, column);
    case OldSignRole:
        return oldSign(row, column);
    case ChangedRole:
        return column == LimitColumn && row.isChanged();
    default:
        return {};
    }
}

QVariant header(int column, int role)
{
    if (column < 0 || column >= PolicyTreeModel::ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return alignment(column);
    if (role != Qt::DisplayRole)
        return {};
    const QStringList titles{
        tr("Limit"), tr("State"), tr("Amount"), tr("Per"), tr("Closest to it now"), tr("Set in")};
    return titles.at(column);
}

} // namespace sluice::ui::policycells

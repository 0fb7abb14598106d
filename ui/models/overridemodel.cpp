// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/overridemodel.h"

#include "core/base/duration.h"
#include "ui/models/limitcommands.h"
#include "ui/models/limitfields.h"
#include "ui/widgets/cellvalues.h"

#include <algorithm>

namespace sluice::ui {

using namespace Qt::StringLiterals;
using config::LimitOverride;
using config::SegmentKind;
using session::LimitKind;

OverrideModel::OverrideModel(session::ConfigDraft &draft, QObject *parent)
    : QAbstractTableModel(parent), m_draft(draft)
{
}

OverrideModel::~OverrideModel() = default;

// Rows come and go one by one, so that the current one and an open editor stay.
void OverrideModel::setLimit(const config::LimitRule &rule, bool readOnly)
{
    const bool isSameTable = m_rule && m_rule->name == rule.name && m_isReadOnly == readOnly
        && session::kindOf(*m_rule) == session::kindOf(rule);
    if (!isSameTable || !changeRows(rule)) {
        beginResetModel();
        m_rule = rule;
        m_isReadOnly = readOnly;
        endResetModel();
    }
    if (rowCount() > 0)
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

bool OverrideModel::changeRows(const config::LimitRule &rule)
{
    const std::vector<LimitOverride> &old = m_rule->overrides;
    const std::vector<LimitOverride> &next = rule.overrides;
    const auto [before, now] = std::mismatch(old.begin(), old.end(), next.begin(), next.end(),
        [](const LimitOverride &a, const LimitOverride &b) { return a.value == b.value; });
    if (old.size() == next.size()) {
        m_rule = rule;
    } else if (next.size() == old.size() + 1 && before == old.end()) {
        // The empty row has become this one, and there is another.
        beginInsertRows({}, int(next.size()), int(next.size()));
        m_rule = rule;
        endInsertRows();
    } else if (next.size() + 1 == old.size()) {
        const int row = int(before - old.begin());
        beginRemoveRows({}, row, row);
        m_rule = rule;
        endRemoveRows();
    } else {
        return false;
    }
    return true;
}

int OverrideModel::rowCount(const QModelIndex &parent) const
{
    if (parent.isValid() || !m_rule)
        return 0;
    return int(m_rule->overrides.size()) + (m_isReadOnly ? 0 : 1);
}

int OverrideModel::columnCount(const QModelIndex &parent) const
{
    if (parent.isValid())
        return 0;
    const bool isBucket = m_rule && session::kindOf(*m_rule) == LimitKind::Bucket;
    return isBucket ? ColumnCount : int(PeriodColumn);
}

bool OverrideModel::isNew(const QModelIndex &index) const
{
    return m_rule && index.row() == int(m_rule->overrides.size());
}

QString OverrideModel::text(const LimitOverride &other, int column, bool toEdit) const
{
    switch (column) {
    case ValueColumn:
        return QString::fromUtf8(other.value);
    case AmountColumn:
        return toEdit ? limitfields::amountText(other.capacity, m_rule->unit)
                      : limitfields::amountWords(other.capacity, m_rule->unit);
    default:
        break;
    }
    return toEdit ? formatDuration(other.refill) : limitfields::periodWords(other.refill);
}

/// The row that a new exception is written into.
QVariant OverrideModel::newRowData(int column, int role)
{
    switch (role) {
    case ToneRole:
        return int(Tone::Second);
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole:
        return column == ValueColumn ? tr("add one…") : QString();
    case Qt::EditRole:
        return QString();
    default:
        return {};
    }
}

QVariant OverrideModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(
            (index.column() == AmountColumn ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (isNew(index))
        return newRowData(index.column(), role);
    const LimitOverride &other = m_rule->overrides[size_t(index.row())];
    switch (role) {
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole:
        return text(other, index.column(), false);
    case Qt::EditRole:
        return text(other, index.column(), true);
    case ToneRole: // what is as for everybody else
        return int(index.column() == PeriodColumn && other.refill == m_rule->refill ? Tone::Second
                                                                                    : Tone::Text);
    default:
        return {};
    }
}

QVariant OverrideModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    const QStringList titles{
        m_rule ? limitfields::countedPer(m_rule->segment) : QString(), tr("Amount"), tr("Per")};
    return titles.value(section);
}

Qt::ItemFlags OverrideModel::flags(const QModelIndex &index) const
{
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    if (index.isValid() && !m_isReadOnly && (!isNew(index) || index.column() == ValueColumn))
        flags |= Qt::ItemIsEditable;
    return flags;
}

QString OverrideModel::reasonAgainst(const QModelIndex &index, const QString &text) const
{
    if (!m_rule)
        return {};
    if (index.column() == AmountColumn) {
        const Result<QString> amount = limitfields::parseAmount(text, m_rule->unit);
        return amount ? QString() : amount.error().message;
    }
    if (index.column() == PeriodColumn) {
        const Result<QString> period = limitfields::parsePeriod(text);
        return period ? QString() : period.error().message;
    }
    const QByteArray value = text.trimmed().toUtf8();
    if (value.isEmpty())
        return isNew(index) ? QString() : tr("A value is needed");
    for (size_t row = 0; row < m_rule->overrides.size(); ++row) {
        if (int(row) != index.row() && m_rule->overrides[row].value == value)
            return tr("%1 has an exception already").arg(text.trimmed());
    }
    return {};
}

Result<void> OverrideModel::edit(const QModelIndex &index, const QString &text)
{
    const config::LimitRule rule = *m_rule; // the edit replaces it
    const QByteArray value = text.trimmed().toUtf8();
    if (isNew(index)) {
        if (value.isEmpty())
            return {};
        return limitcommands::setOverride(m_draft, rule, {value, rule.capacity, rule.refill, {}});
    }
    LimitOverride other = rule.overrides[size_t(index.row())];
    if (index.column() == ValueColumn) {
        if (value == other.value)
            return {};
        return limitcommands::renameOverride(m_draft, rule, other.value, value);
    }
    if (index.column() == AmountColumn) {
        const Result<QString> amount = limitfields::parseAmount(text, rule.unit);
        other.capacity = *parseAmount(amount->toLatin1());
    } else {
        other.refill = *parseDuration(*limitfields::parsePeriod(text));
    }
    return limitcommands::setOverride(m_draft, rule, other);
}

bool OverrideModel::setData(const QModelIndex &index, const QVariant &value, int role)
{
    if (role != Qt::EditRole || !m_rule || !flags(index).testFlag(Qt::ItemIsEditable))
        return false;
    const QString reason = reasonAgainst(index, value.toString());
    const Result<void> edited = reason.isEmpty()
        ? edit(index, value.toString())
        : Result<void>(Error{ErrorCode::Invalid, reason, {}});
    if (!edited)
        Q_EMIT editRefused(edited.error().message);
    return edited.has_value();
}

bool OverrideModel::remove(int row)
{
    if (m_isReadOnly || !m_rule || row < 0 || row >= int(m_rule->overrides.size()))
        return false;
    const config::LimitRule rule = *m_rule;
    const auto removed =
        limitcommands::removeOverride(m_draft, rule, rule.overrides[size_t(row)].value);
    if (!removed)
        Q_EMIT editRefused(removed.error().message);
    return removed.has_value();
}

QStringList OverrideModel::knownValues() const
{
    QStringList values;
    const auto configuration = m_draft.configuration();
    if (!configuration || !m_rule)
        return values;
    const SegmentKind kind = m_rule->segment.kind;
    if (kind == SegmentKind::ApiKey) {
        for (const config::ApiKey &key : configuration->apiKeys)
            values.append(QString::fromUtf8(key.name));
    }
    for (const config::Team &team : configuration->teams) {
        if (kind == SegmentKind::Team)
            values.append(QString::fromUtf8(team.name));
        for (const QByteArray &member : team.members) {
            if (kind == SegmentKind::TeamMember)
                values.append(QString::fromUtf8(team.name + '/' + member));
        }
    }
    return values;
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/chainmodel.h"

#include "core/base/money.h"
#include "core/insight/explain.h"
#include "ui/models/cellwords.h"
#include "ui/widgets/format.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using limits::LimitMode;
using limits::LinkVerdict;

namespace {

// As a number, which every view understands.
int alignment(int column)
{
    const bool isRight = column >= ChainModel::ReservedColumn;
    return int(isRight ? Qt::AlignRight : Qt::AlignLeft) | int(Qt::AlignVCenter);
}

Sign signOf(LinkVerdict verdict)
{
    switch (verdict) {
    case LinkVerdict::Passes:
        return Sign::Check;
    case LinkVerdict::Refuses:
        return Sign::Square;
    case LinkVerdict::WouldRefuse:
        return Sign::Diamond;
    case LinkVerdict::Skipped:
        return Sign::Dash;
    }
    Q_UNREACHABLE();
}

State stateOf(Sign sign)
{
    switch (sign) {
    case Sign::Square:
        return State::Refused;
    case Sign::Diamond:
        return State::Shadow;
    default:
        return State::Idle;
    }
}

/// Of a request that was read from the ledger only the names of its limits are known.
bool hasFigures(const limits::Limit &limit)
{
    return limit.quota > 0;
}

QString exactMoney(const limits::Limit &limit, const limits::Usage &usage)
{
    if (limit.unit != Unit::Cents)
        return {};
    return ChainModel::tr("%1 used, %2 reserved, %3 left of %4")
        .arg(formatDollarsExact(usage.used), formatDollarsExact(usage.reserved),
            formatDollarsExact(usage.remaining), formatDollarsExact(usage.quota));
}

QString orDash(MicroAmount amount, Unit unit)
{
    return amount > 0 ? format::amount(amount, unit) : u"–"_s;
}

QString wordOf(Sign sign)
{
    switch (sign) {
    case Sign::Square:
        return ChainModel::tr("refuses");
    case Sign::Diamond:
        return ChainModel::tr("would refuse");
    case Sign::Dash:
        return ChainModel::tr("does not apply");
    default:
        return ChainModel::tr("passes");
    }
}

} // namespace

ChainModel::ChainModel(QObject *parent) : QAbstractTableModel(parent) { }

ChainModel::~ChainModel() = default;

void ChainModel::showNow(const std::vector<insight::ChainState> &chain,
    const limits::Segment &segment, std::optional<limits::Instant> now, const OperationMarks &marks)
{
    m_isThen = false;
    std::vector<Row> rows;
    rows.reserve(chain.size());
    for (const insight::ChainState &link : chain) {
        const bool isShadow = link.limit->mode == LimitMode::Shadow;
        Row row;
        row.limit = link.limit;
        row.label = insight::limitLabel(*link.limit);
        if (link.limit->segment != segment)
            row.label = labelWithValue(row.label, *link.limit, link.value);
        row.gauge = gaugeNow(*link.limit, link.usage, now);
        row.spoken = spokenGauge(*link.limit, link.usage, row.gauge);
        row.left = format::amount(shownLeft(*link.limit, link.usage), link.limit->unit);
        row.reserved = orDash(row.gauge.reserved, link.limit->unit);
        row.exact = exactMoney(*link.limit, link.usage);
        const limits::Raise *raise = marks.raiseOf(link.limit->name, link.value);
        if (now && raise != nullptr) {
            const QString word = markRaised(row.gauge, *raise, link.limit->unit, now->engine);
            row.spoken += u", "_s + tr("raised: %1").arg(word);
        }
        if (isFull(link.usage))
            row.sign = isShadow ? Sign::Diamond : Sign::Square;
        row.state = stateOf(row.sign);
        rows.push_back(std::move(row));
    }
    setRows(std::move(rows), insight::UsageBook::tightest(chain));
}

void ChainModel::showThen(const limits::Decision &decision)
{
    m_isThen = true;
    std::vector<Row> rows;
    rows.reserve(decision.chain.size());
    for (const limits::ChainLink &link : decision.chain) {
        Row row;
        row.limit = link.limit;
        row.label = labelWithValue(insight::limitLabel(*link.limit), *link.limit,
            link.limit->segment.kind == limits::SegmentKind::ApiKey ? QByteArray() : link.value);
        row.gauge = gaugeThen(link);
        row.spoken = spokenGauge(*link.limit, link.usage, row.gauge);
        row.left = link.verdict == LinkVerdict::Skipped
            ? u"–"_s
            : format::amount(shownLeft(*link.limit, link.usage), link.limit->unit);
        row.reserved = orDash(row.gauge.reserved, link.limit->unit);
        row.cost = orDash(link.cost, link.limit->unit);
        row.exact = exactMoney(*link.limit, link.usage);
        row.sign = signOf(link.verdict);
        row.state = stateOf(row.sign);
        if (!hasFigures(*link.limit)) {
            row.gauge = {};
            row.gauge.noLimitText = wordOf(row.sign);
            row.spoken = row.gauge.noLimitText;
            row.left = row.reserved = row.cost = u"–"_s;
        }
        rows.push_back(std::move(row));
    }
    setRows(std::move(rows), decision.binding);
}

// Rows are compared and changed where they stand, so that a selection survives new figures.
void ChainModel::setRows(std::vector<Row> rows, int deciding)
{
    const int before = rowCount();
    const int after = static_cast<int>(rows.size());
    if (after < before) {
        beginRemoveRows({}, after, before - 1);
        m_rows.resize(size_t(after));
        endRemoveRows();
    }
    const int common = std::min(before, after);
    const int oldDeciding = std::exchange(m_deciding, deciding);
    for (int row = 0; row < common; ++row) {
        const bool isSame = m_rows[size_t(row)] == rows[size_t(row)]
            && (row == deciding) == (row == oldDeciding) && after == before;
        m_rows[size_t(row)] = rows[size_t(row)];
        if (!isSame)
            Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
    }
    if (after > before) {
        beginInsertRows({}, before, after - 1);
        m_rows.insert(m_rows.end(), rows.begin() + before, rows.end());
        endInsertRows();
    }
}

int ChainModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int ChainModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

limits::LimitPtr ChainModel::limitAt(int row) const
{
    return row >= 0 && row < rowCount() ? m_rows[size_t(row)].limit : nullptr;
}

bool ChainModel::hasReserved() const
{
    return std::any_of(
        m_rows.cbegin(), m_rows.cend(), [](const Row &row) { return row.gauge.reserved > 0; });
}

int ChainModel::lineAt(int row) const
{
    const limits::LimitPtr limit = limitAt(row);
    return limit ? limit->line : 0;
}

QVariant ChainModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return alignment(section);
    if (role == Qt::DisplayRole)
        return QStringList{tr("Limit"), QString(),
            m_isThen ? tr("Used / limit at that instant") : tr("Used / limit"), tr("Reserved"),
            tr("Needs"), tr("Left"), tr("Set in")}
            .at(section);
    return {};
}

// A scope is named once, on its first row.
QString ChainModel::scopeText(int row) const
{
    const QString text = insight::scopeLabel(*m_rows[size_t(row)].limit);
    const bool isRepeated = row > 0 && insight::scopeLabel(*m_rows[size_t(row - 1)].limit) == text;
    return isRepeated ? QString() : text;
}

QString ChainModel::display(const QModelIndex &index) const
{
    const Row &row = m_rows[size_t(index.row())];
    switch (index.column()) {
    case ScopeColumn:
        return scopeText(index.row());
    case LabelColumn:
        return row.label;
    case ReservedColumn:
        return row.reserved;
    case CostColumn:
        return row.cost;
    case LeftColumn:
        return row.left;
    case LineColumn:
        if (!hasFigures(*row.limit))
            return u"–"_s;
        return row.limit->line > 0 ? tr("line %1").arg(row.limit->line) : tr("client");
    default:
        return {};
    }
}

QVariant ChainModel::accessible(const QModelIndex &index) const
{
    const Row &row = m_rows[size_t(index.row())];
    switch (index.column()) {
    case ScopeColumn:
        return QString(insight::scopeLabel(*row.limit) + u", "_s + wordOf(row.sign));
    case GaugeColumn:
        return row.spoken;
    case ReservedColumn:
        return tr("%1 reserved").arg(row.reserved);
    case CostColumn:
        return tr("needs %1").arg(row.cost);
    case LeftColumn:
        return tr("%1 left").arg(row.left);
    default:
        return display(index);
    }
}

QVariant ChainModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    if (role == Qt::DisplayRole)
        return display(index);
    if (role == Qt::AccessibleTextRole)
        return accessible(index);
    return look(index, role);
}

// Which sides of a row the thread through the chain leaves at.
int ChainModel::thread(int row) const
{
    const int up = row > 0 ? int(ChainUp) : 0;
    const int down = row + 1 < rowCount() ? int(ChainDown) : 0;
    return up | down;
}

Tone ChainModel::tone(const QModelIndex &index) const
{
    const int column = index.column();
    if (column == ScopeColumn || display(index) == u"–"_s)
        return Tone::Second;
    if (column == LineColumn)
        return m_rows[size_t(index.row())].limit->line == 0 ? Tone::Second : Tone::Link;
    return index.row() == m_deciding && column != GaugeColumn ? Tone::Strong : Tone::Text;
}

QVariant ChainModel::look(const QModelIndex &index, int role) const
{
    const Row &row = m_rows[size_t(index.row())];
    const int column = index.column();
    switch (role) {
    case Qt::TextAlignmentRole:
        return alignment(column);
    case GaugeRole:
        return column == GaugeColumn ? QVariant::fromValue(row.gauge) : QVariant();
    case SignRole:
        return column == ScopeColumn ? QVariant(int(row.sign)) : QVariant();
    case StateRole:
        return int(row.state);
    case ThreadRole:
        return column == ScopeColumn ? thread(index.row()) : 0;
    case MonoRole:
        return column == LabelColumn && insight::isPolicyText(*row.limit);
    case Qt::ToolTipRole:
        return column >= GaugeColumn && column <= LeftColumn && !row.exact.isEmpty()
            ? QVariant(row.exact)
            : QVariant();
    case ToneRole:
        return int(tone(index));
    default:
        return {};
    }
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/modelusagemodel.h"

#include "ui/models/modelprices.h"
#include "ui/models/spentwords.h"
#include "ui/widgets/cellvalues.h"
#include "ui/widgets/format.h"

using namespace Qt::StringLiterals;

namespace sluice::ui {

using enum ModelColumn::Column;
using insight::ModelBook;

namespace {

QString nameOf(const ModelBook::Model &model)
{
    return model.name.isEmpty() ? ModelUsageModel::tr("(other models)")
                                : QString::fromUtf8(model.name);
}

double shareOf(const ModelBook::Model &model, const insight::Spent &total)
{
    return total.cost > 0 ? double(model.spent.cost) / double(total.cost) : 0.0;
}

QString stateText(PriceState state, const insight::Spent &spent)
{
    switch (state) {
    case PriceState::Unused:
        return u"–"_s;
    case PriceState::Unpriced:
        return ModelUsageModel::tr("? no price");
    case PriceState::Free:
        return ModelUsageModel::tr("free");
    case PriceState::Priced:
        break;
    }
    return spent.estimated > 0 ? ModelUsageModel::tr("~ in part estimated")
                               : ModelUsageModel::tr("priced");
}

/// What a filter calls the state.
QByteArray stateWord(PriceState state)
{
    switch (state) {
    case PriceState::Unused:
        return "unused"_ba;
    case PriceState::Unpriced:
        return "unpriced"_ba;
    case PriceState::Free:
        return "free"_ba;
    case PriceState::Priced:
        break;
    }
    return "priced"_ba;
}

/// "–" where there is nothing to tell.
QString meanText(const insight::Spent &spent)
{
    if (spent.charged == spent.unpriced)
        return spent.unpriced > 0 ? u"?"_s : u"–"_s;
    return format::cost(spentwords::costPerRequest(spent));
}

QString display(
    int column, const ModelBook::Model &model, const insight::Spent &total, PriceState state)
{
    switch (column) {
    case NameColumn:
        return nameOf(model);
    case StateColumn:
        return stateText(state, model.spent);
    case RequestsColumn:
        return format::count(qint64(model.requests));
    case ErrorsColumn:
        return format::count(qint64(model.spent.errors));
    case InputColumn:
        return format::count(model.spent.input);
    case CachedColumn:
        return format::count(model.spent.cachedInput);
    case OutputColumn:
        return format::count(model.spent.output);
    case CostColumn:
        return model.spent.charged == 0 ? u"–"_s : spentwords::cost(model.spent);
    case ShareColumn:
        return model.spent.cost == 0 ? u"–"_s : format::share(shareOf(model, total));
    case MeanColumn:
        return meanText(model.spent);
    default:
        return {};
    }
}

QString spoken(
    int column, const ModelBook::Model &model, const insight::Spent &total, PriceState state)
{
    QString text = display(column, model, total, state);
    switch (column) {
    case StateColumn:
        return state == PriceState::Unpriced ? ModelUsageModel::tr("no price") : text;
    case RequestsColumn:
        return ModelUsageModel::tr("%1 requests").arg(text);
    case ErrorsColumn:
        return ModelUsageModel::tr("%1 errors").arg(text);
    case InputColumn:
        return ModelUsageModel::tr("%1 tokens in").arg(text);
    case CachedColumn:
        return ModelUsageModel::tr("%1 of them from the cache").arg(text);
    case OutputColumn:
        return ModelUsageModel::tr("%1 tokens out").arg(text);
    case CostColumn:
        return spentwords::spokenCost(model.spent);
    case ShareColumn:
        return ModelUsageModel::tr("%1 of all cost").arg(text);
    case MeanColumn:
        return ModelUsageModel::tr("%1 for a request").arg(text);
    default:
        return text;
    }
}

QVariant tip(int column, const ModelBook::Model &model, PriceState state)
{
    QString text;
    if (column == NameColumn)
        text = nameOf(model); // which may be too long for the column
    else if (column == CostColumn)
        text = spentwords::costTip(model.spent);
    else if (column == StateColumn && state == PriceState::Unpriced)
        text = ModelUsageModel::tr("No price for %1").arg(nameOf(model));
    else if (column == RequestsColumn && model.refused > 0)
        text = ModelUsageModel::tr("%1 of them refused").arg(format::count(qint64(model.refused)));
    return text.isEmpty() ? QVariant() : QVariant(text);
}

// The quiet case: what is as it should be, and what is nothing.
Tone tone(int column, const QString &text, PriceState state)
{
    const bool isQuiet = text == u"–"_s || text == u"0"_s || text == u"$0.0000"_s
        || (column == StateColumn && state == PriceState::Priced);
    return isQuiet ? Tone::Second : Tone::Text;
}

QVariant sign(int column, int role, const ModelBook::Model &model, PriceState state)
{
    if (column == StateColumn && state == PriceState::Unpriced)
        return role == SignRole ? int(Sign::Triangle) : int(State::Near);
    if (column == ErrorsColumn && model.spent.errors > 0)
        return role == SignRole ? int(Sign::Cross) : int(State::Idle);
    return {};
}

// As a number, which every view understands.
int alignment(int column)
{
    return int(column > StateColumn ? Qt::AlignRight : Qt::AlignLeft) | int(Qt::AlignVCenter);
}

double figure(int column, const ModelBook::Model &model)
{
    switch (column) {
    case RequestsColumn:
        return double(model.requests);
    case ErrorsColumn:
        return double(model.spent.errors);
    case InputColumn:
        return double(model.spent.input);
    case CachedColumn:
        return double(model.spent.cachedInput);
    case OutputColumn:
        return double(model.spent.output);
    case MeanColumn:
        return double(spentwords::costPerRequest(model.spent));
    default:
        return spentwords::costOrder(model.spent);
    }
}

} // namespace

ModelUsageModel::ModelUsageModel(session::LiveUsage &usage, QObject *parent)
    : OrderedModel(CostColumn, parent), m_usage(usage)
{
    connect(&m_usage, &session::LiveUsage::modelsChanged, this, &ModelUsageModel::markChanged);
    connect(
        &m_usage, &session::LiveUsage::configurationChanged, this, &ModelUsageModel::markChanged);
    tick();
    sortNow();
}

ModelUsageModel::~ModelUsageModel() = default;

std::vector<FilterField> ModelUsageModel::filterFields()
{
    return {
        {u"model"_s, FilterKind::Text, {}},
        {u"provider"_s, FilterKind::Text, {}},
        {u"state"_s, FilterKind::Choice, {u"priced"_s, u"free"_s, u"unpriced"_s, u"unused"_s}},
        {u"requests"_s, FilterKind::Number, {}},
        {u"errors"_s, FilterKind::Number, {}},
        {u"tokens"_s, FilterKind::Number, {}},
        {u"cost"_s, FilterKind::Number, {}},
    };
}

// --- staying current -----------------------------------------------------------------------------

void ModelUsageModel::markChanged()
{
    m_isChanged = true;
}

void ModelUsageModel::tick()
{
    const int first = m_count;
    m_count = m_usage.models().count();
    listNew(first);
    refreshVisible();
}

// A share of the cost changes with every other model's.
void ModelUsageModel::refreshVisible()
{
    if (!m_isChanged)
        return;
    m_isChanged = false;
    std::vector<int> rows;
    for (int row = firstVisible(); row <= lastVisible(); ++row)
        rows.push_back(row);
    static const QList<int> roles{
        Qt::DisplayRole, Qt::AccessibleTextRole, Qt::ToolTipRole, ToneRole, SignRole, StateRole};
    emitChanged(rows, roles);
}

// --- order and filter ----------------------------------------------------------------------------

std::vector<int> ModelUsageModel::sorted(std::vector<int> order) const
{
    const ModelBook &book = m_usage.models();
    const config::Configuration *configuration = m_usage.configuration().get();
    if (sortColumn() <= StateColumn) {
        std::vector<QString> texts(static_cast<size_t>(m_count));
        for (const int slot : order) {
            const ModelBook::Model &model = book.model(slot);
            texts[size_t(slot)] = sortColumn() == NameColumn
                ? nameOf(model)
                : stateText(priceState(model, configuration), model.spent);
        }
        sortByKeys(order, texts);
    } else {
        std::vector<double> figures(static_cast<size_t>(m_count));
        for (const int slot : order)
            figures[size_t(slot)] = figure(sortColumn(), book.model(slot));
        sortByKeys(order, figures);
    }
    return order;
}

bool ModelUsageModel::matchesTerm(const FilterTerm &term, int slot) const
{
    const ModelBook::Model &model = m_usage.models().model(slot);
    if (term.field.isEmpty())
        return containsWord(term, model.name);
    if (term.field == "model"_L1)
        return matchesValue(term, model.name)
            || matchesValue(term, model.name.mid(model.name.indexOf('/') + 1));
    if (term.field == "provider"_L1)
        return matchesValue(term, providerOf(model.name));
    if (term.field == "requests"_L1)
        return matchesNumber(term, double(model.requests));
    if (term.field == "errors"_L1)
        return matchesNumber(term, double(model.spent.errors));
    if (term.field == "tokens"_L1)
        return matchesNumber(term, double(model.spent.tokens()));
    if (term.field == "cost"_L1)
        return matchesNumber(term, spentwords::cents(model.spent.cost));
    return matchesValue(term, stateWord(priceState(model, m_usage.configuration().get())));
}

// --- cells ---------------------------------------------------------------------------------------

int ModelUsageModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant ModelUsageModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return alignment(section);
    if (role == Qt::ToolTipRole)
        return section > StateColumn ? QVariant(tr("Since this console started")) : QVariant();
    if (role != Qt::DisplayRole)
        return {};
    return QStringList{tr("Model"), tr("Price"), tr("Requests"), tr("Errors"), tr("Tokens in"),
        tr("Cached"), tr("Tokens out"), tr("Cost"), tr("Share"), tr("Per request")}
        .at(section);
}

QVariant ModelUsageModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    return cell(index.column(), role, slotAt(index.row()));
}

QVariant ModelUsageModel::cell(int column, int role, int slot) const
{
    const ModelBook::Model &model = m_usage.models().model(slot);
    const insight::Spent &total = m_usage.models().total();
    const PriceState state = priceState(model, m_usage.configuration().get());
    switch (role) {
    case Qt::DisplayRole:
        return display(column, model, total, state);
    case Qt::AccessibleTextRole:
        return spoken(column, model, total, state);
    case Qt::ToolTipRole:
        return tip(column, model, state);
    case Qt::TextAlignmentRole:
        return alignment(column);
    case ToneRole:
        return int(tone(column, display(column, model, total, state), state));
    case SignRole:
    case StateRole:
        return sign(column, role, model, state);
    default:
        return {};
    }
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/usagemodel.h"

#include "core/insight/explain.h"
#include "ui/models/cellwords.h"

#include <QElapsedTimer>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace sluice::ui {

using enum UsageColumn::Column;
using insight::UsageBook;
using limits::SegmentKind;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

namespace {

constexpr qint64 RefreshBudgetMs = 8; ///< for order keys, in one tick
constexpr int RefreshStep = 64; ///< entries between two looks at the clock
constexpr milliseconds FlashTime{600};
constexpr milliseconds FlashPause{1000};

double numberOr(bool condition, double number)
{
    return condition ? number : 0.0;
}

/// Holds the team, the people or, for a word, both against a term. A team answers for its members.
bool matchesBelonging(const Belonging &belonging, const FilterTerm &term,
    bool (*matches)(const FilterTerm &, const QByteArray &))
{
    const auto isMatch = [&](const QByteArray &name) {
        return !name.isEmpty() && matches(term, name);
    };
    const bool wantsTeam = term.field.isEmpty() || term.field == "team"_L1;
    const bool wantsPerson = term.field != "team"_L1;
    return (wantsTeam && isMatch(belonging.team))
        || (wantsPerson
            && (isMatch(belonging.member)
                || std::any_of(belonging.members.cbegin(), belonging.members.cend(), isMatch)));
}

} // namespace

UsageModel::UsageModel(session::LiveUsage &usage, limits::Segment segment, QObject *parent)
    : QAbstractTableModel(parent), m_usage(usage), m_question{.segment = std::move(segment)}
{
    takeConfiguration();
    takeNewSubjects();
    refreshDirty();
    sortNow();
    connect(&m_usage, &session::LiveUsage::subjectsChanged, this, &UsageModel::markChanged);
    connect(
        &m_usage, &session::LiveUsage::configurationChanged, this, &UsageModel::takeConfiguration);
}

UsageModel::~UsageModel() = default;

std::vector<FilterField> UsageModel::filterFields()
{
    return {
        {u"team"_s, FilterKind::Text, {}},
        {u"owner"_s, FilterKind::Text, {}},
        {u"member"_s, FilterKind::Text, {}},
        {u"limit"_s, FilterKind::Text, {}},
        {u"state"_s, FilterKind::Choice,
            {u"normal"_s, u"near"_s, u"refused"_s, u"shadow"_s, u"blocked"_s}},
        {u"used"_s, FilterKind::Number, {}},
        {u"rate"_s, FilterKind::Number, {}},
        {u"refused"_s, FilterKind::Number, {}},
    };
}

int UsageModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_order.size());
}

int UsageModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

int UsageModel::subjectAt(int row) const
{
    if (row < 0 || row >= rowCount())
        return -1;
    return m_entries[size_t(m_order[size_t(row)])].subject;
}

int UsageModel::rowOfSubject(int subject) const
{
    if (subject < 0 || size_t(subject) >= m_slotOfSubject.size())
        return -1;
    const int slot = m_slotOfSubject[size_t(subject)];
    return slot < 0 ? -1 : m_rowOf[size_t(slot)];
}

// --- staying current -----------------------------------------------------------------------------

void UsageModel::setVisibleRows(int first, int last)
{
    m_firstVisible = std::max(first, 0);
    m_lastVisible = last;
}

void UsageModel::tick()
{
    takeNewSubjects();
    refreshDirty();
    refreshVisible();
}

void UsageModel::setStale(bool stale)
{
    if (stale == m_question.isStale)
        return;
    m_question.isStale = stale;
    refreshVisible();
}

void UsageModel::setUnitView(UnitView view)
{
    if (view == m_question.view)
        return;
    m_question.view = view;
    markAllChanged();
    sortNow();
}

void UsageModel::setMarks(const OperationMarks &marks)
{
    if (marks == m_question.marks)
        return;
    m_question.marks = marks;
    m_figures.clear();
    if (rowCount() > 0)
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

void UsageModel::markAllChanged()
{
    for (size_t slot = 0; slot < m_entries.size(); ++slot) {
        if (!m_entries[slot].isDirty)
            m_dirty.push_back(int(slot));
        m_entries[slot].isDirty = true;
    }
}

void UsageModel::markChanged(const std::vector<int> &subjects)
{
    for (const int subject : subjects) {
        if (size_t(subject) >= m_slotOfSubject.size() || m_slotOfSubject[size_t(subject)] < 0)
            continue; // new ones are taken in by the next tick
        const int slot = m_slotOfSubject[size_t(subject)];
        Entry &entry = m_entries[size_t(slot)];
        if (!entry.isDirty)
            m_dirty.push_back(slot);
        entry.isDirty = true;
    }
}

void UsageModel::takeNewSubjects()
{
    const UsageBook &book = m_usage.book();
    const EngineTime now = m_usage.clock().now();
    std::vector<int> added;
    for (int subject = int(m_slotOfSubject.size()); subject < book.subjectCount(); ++subject) {
        if (book.subject(subject).id.segment != m_question.segment) {
            m_slotOfSubject.push_back(-1);
            continue;
        }
        const int slot = int(m_entries.size());
        m_slotOfSubject.push_back(slot);
        m_entries.push_back({.subject = subject, .tightest = {}});
        m_rowOf.push_back(-1);
        m_dirty.push_back(slot);
        if (m_filter.terms.empty())
            added.push_back(slot);
        else
            refresh(m_entries.back(), now);
        if (!m_filter.terms.empty() && matches(m_entries.back(), now))
            added.push_back(slot);
    }
    if (added.empty())
        return;
    beginInsertRows({}, rowCount(), rowCount() + int(added.size()) - 1);
    m_order.insert(m_order.end(), added.begin(), added.end());
    rebuildRows();
    endInsertRows();
}

// The order keys of subjects that changed. Bounded by time: what is left over waits for the next
// tick, rows on the screen are read afresh anyway.
void UsageModel::refreshDirty()
{
    QElapsedTimer spent;
    spent.start();
    const EngineTime now = m_usage.clock().now();
    size_t done = 0;
    while (done < m_dirty.size()) {
        refresh(m_entries[size_t(m_dirty[done])], now);
        ++done;
        if (done % RefreshStep == 0 && spent.elapsed() >= RefreshBudgetMs)
            break;
    }
    m_dirty.erase(m_dirty.begin(), m_dirty.begin() + qsizetype(done));
}

void UsageModel::refresh(Entry &entry, EngineTime now)
{
    const std::vector<insight::ChainState> chain =
        m_usage.book().chain(entry.subject, {now, m_usage.clock().wall()});
    const int tightest = UsageBook::tightest(chain, countsUnit(m_question.view));
    entry.isDirty = false;
    entry.at = now;
    entry.share = 0;
    entry.fullIn = {};
    entry.isShadow = false;
    entry.tightest = {};
    if (tightest < 0)
        return;
    const insight::ChainState &link = chain[size_t(tightest)];
    entry.share = float(double(shownTaken(*link.limit, link.usage)) / double(link.usage.quota));
    entry.fullIn = link.usage.fullIn;
    entry.isShadow = link.limit->mode == limits::LimitMode::Shadow;
    entry.tightest = link.limit;
}

void UsageModel::refreshVisible()
{
    QHash<int, UsageFigures> before;
    before.swap(m_figures);
    std::vector<int> changed;
    const int last = std::min(m_lastVisible, rowCount() - 1);
    for (int row = m_firstVisible; row <= last; ++row) {
        const int slot = m_order[size_t(row)];
        UsageFigures figures = readFigures(slot);
        flash(slot, figures);
        const auto old = before.constFind(slot);
        if (old == before.cend() || *old != figures)
            changed.push_back(row);
        m_figures.insert(slot, figures);
    }
    emitRuns(changed);
}

void UsageModel::emitRuns(const std::vector<int> &rows)
{
    static const QList<int> roles{Qt::DisplayRole, Qt::AccessibleTextRole, Qt::ToolTipRole,
        SecondTextRole, GaugeRole, SparklineRole, SignRole, StateRole, ToneRole, MonoRole,
        FlashRole, StaleRole};
    for (size_t first = 0; first < rows.size();) {
        size_t last = first;
        while (last + 1 < rows.size() && rows[last + 1] == rows[last] + 1)
            ++last;
        Q_EMIT dataChanged(index(rows[first], 0), index(rows[last], ColumnCount - 1), roles);
        first = last + 1;
    }
}

// A fresh refusal reddens its row for 600 ms, at most once a second.
void UsageModel::flash(int slot, UsageFigures &figures)
{
    const milliseconds now = m_usage.clock().wall();
    const auto known = m_flashes.find(slot);
    if (known == m_flashes.end()) {
        m_flashes.insert(slot, {.refused = figures.refused, .at = {}});
        return;
    }
    if (figures.refused > known->refused && now - known->at >= FlashPause)
        known->at = now;
    known->refused = figures.refused;
    const milliseconds age = now - known->at;
    if (age >= milliseconds::zero() && age < FlashTime)
        figures.flash = 1.0 - double(age.count()) / double(FlashTime.count());
}

const UsageFigures &UsageModel::figuresOf(int slot) const
{
    auto found = m_figures.find(slot);
    if (found == m_figures.end())
        found = m_figures.insert(slot, readFigures(slot));
    return *found;
}

UsageFigures UsageModel::readFigures(int slot) const
{
    const Entry &entry = m_entries[size_t(slot)];
    UsageFigures figures = readUsageFigures(m_usage, entry.subject, m_question);
    showBelonging(figures, m_question.segment.kind, belongingOf(entry));
    return figures;
}

// --- order and filter ----------------------------------------------------------------------------

void UsageModel::sort(int column, Qt::SortOrder order)
{
    if (column < 0 || column >= ColumnCount)
        return;
    m_sortColumn = column;
    m_sortOrder = order;
    sortNow();
}

void UsageModel::reorder()
{
    if (m_isOrderFrozen)
        m_isOrderOverdue = sorted(m_order) != m_order;
    else
        sortNow();
}

void UsageModel::sortNow()
{
    m_isOrderOverdue = false;
    refreshDirty();
    if (!m_filter.terms.empty())
        applyFilter();
    else
        setOrder(sorted(m_order));
    refreshVisible();
}

double UsageModel::shareNow(const Entry &entry, EngineTime now) const
{
    if (entry.fullIn <= nanoseconds::zero())
        return double(entry.share);
    if (entry.tightest && entry.tightest->algorithm == limits::Algorithm::CalendarWindow)
        return numberOr(now - entry.at < entry.fullIn, double(entry.share));
    const double passed = double((now - entry.at).count()) / double(entry.fullIn.count());
    return double(entry.share) * std::clamp(1.0 - passed, 0.0, 1.0);
}

double UsageModel::sortFigure(const Entry &entry, EngineTime now) const
{
    const UsageBook::Subject &subject = m_usage.book().subject(entry.subject);
    switch (m_sortColumn) {
    case FreeColumn:
        return entry.tightest ? double((entry.fullIn - (now - entry.at)).count()) : -1e30;
    case RateColumn:
    case HistoryColumn:
        return m_usage.book().requestsPerMinute(entry.subject, m_usage.clock().wall());
    case RefusedColumn:
        return double(subject.refusedTotal) + double(subject.wouldRefuseTotal) / 1e9;
    default:
        // Full enforced limits come before full shadow ones, subjects without a limit come last.
        return (entry.tightest ? shareNow(entry, now) : -1.0) - numberOr(entry.isShadow, 1e-6);
    }
}

QString UsageModel::sortText(const Entry &entry) const
{
    switch (m_sortColumn) {
    case TeamColumn:
        return QString::fromUtf8(belongingOf(entry).team);
    case LimitColumn:
        return entry.tightest ? insight::fullLabel(*entry.tightest) : QString();
    default:
        return m_question.segment.kind == SegmentKind::TeamMember
            ? QString::fromUtf8(belongingOf(entry).member)
            : QString::fromUtf8(m_usage.book().subject(entry.subject).id.value);
    }
}

std::vector<int> UsageModel::sorted(std::vector<int> order) const
{
    if (m_sortColumn <= LimitColumn)
        sortByText(order);
    else
        sortByFigure(order);
    return order;
}

void UsageModel::sortByFigure(std::vector<int> &order) const
{
    const EngineTime now = m_usage.clock().now();
    std::vector<double> figures(m_entries.size());
    for (const int slot : order)
        figures[size_t(slot)] = sortFigure(m_entries[size_t(slot)], now);
    const bool isDescending = m_sortOrder == Qt::DescendingOrder;
    std::stable_sort(order.begin(), order.end(), [&figures, isDescending](int a, int b) {
        return isDescending ? figures[size_t(a)] > figures[size_t(b)]
                            : figures[size_t(a)] < figures[size_t(b)];
    });
}

void UsageModel::sortByText(std::vector<int> &order) const
{
    std::vector<QString> texts(m_entries.size());
    for (const int slot : order)
        texts[size_t(slot)] = sortText(m_entries[size_t(slot)]);
    const bool isDescending = m_sortOrder == Qt::DescendingOrder;
    std::stable_sort(order.begin(), order.end(), [&texts, isDescending](int a, int b) {
        return isDescending ? texts[size_t(a)] > texts[size_t(b)]
                            : texts[size_t(a)] < texts[size_t(b)];
    });
}

// The same rows in another order; selections and current rows follow their subjects.
void UsageModel::setOrder(std::vector<int> order)
{
    if (order == m_order)
        return;
    Q_EMIT layoutAboutToBeChanged({}, QAbstractItemModel::VerticalSortHint);
    const QModelIndexList before = persistentIndexList();
    std::vector<int> slotsBefore;
    slotsBefore.reserve(size_t(before.size()));
    for (const QModelIndex &index : before)
        slotsBefore.push_back(m_order[size_t(index.row())]);
    m_order = std::move(order);
    rebuildRows();
    QModelIndexList after;
    after.reserve(before.size());
    for (qsizetype i = 0; i < before.size(); ++i)
        after.append(index(m_rowOf[size_t(slotsBefore[size_t(i)])], before.at(i).column()));
    changePersistentIndexList(before, after);
    Q_EMIT layoutChanged({}, QAbstractItemModel::VerticalSortHint);
}

void UsageModel::rebuildRows()
{
    std::fill(m_rowOf.begin(), m_rowOf.end(), -1);
    for (size_t row = 0; row < m_order.size(); ++row)
        m_rowOf[size_t(m_order[row])] = int(row);
}

void UsageModel::setFilter(const FilterQuery &query)
{
    if (!query.isValid() || query == m_filter)
        return;
    m_filter = query;
    applyFilter();
    refreshVisible();
}

// Rows that leave are moved to the end first and new ones are appended there, so that a change of
// any size is one removal and one insertion.
void UsageModel::applyFilter()
{
    const EngineTime now = m_usage.clock().now();
    std::vector<int> order = m_order;
    const auto stays = std::stable_partition(order.begin(), order.end(),
        [this, now](int slot) { return matches(m_entries[size_t(slot)], now); });
    const int kept = int(stays - order.begin());
    setOrder(order);
    if (kept < rowCount()) {
        beginRemoveRows({}, kept, rowCount() - 1);
        m_order.resize(size_t(kept));
        rebuildRows();
        endRemoveRows();
    }
    std::vector<int> added;
    for (int slot = 0; slot < totalCount(); ++slot) {
        if (m_rowOf[size_t(slot)] < 0 && matches(m_entries[size_t(slot)], now))
            added.push_back(slot);
    }
    if (!added.empty()) {
        beginInsertRows({}, kept, kept + int(added.size()) - 1);
        m_order.insert(m_order.end(), added.begin(), added.end());
        rebuildRows();
        endInsertRows();
    }
    setOrder(sorted(m_order));
}

bool UsageModel::matches(const Entry &entry, EngineTime now) const
{
    return std::all_of(m_filter.terms.cbegin(), m_filter.terms.cend(),
        [this, &entry, now](
            const FilterTerm &term) { return matchesTerm(term, entry, now) != term.isNegated; });
}

bool UsageModel::matchesTerm(const FilterTerm &term, const Entry &entry, EngineTime now) const
{
    const insight::UsageBook::Subject &subject = m_usage.book().subject(entry.subject);
    if (term.field.isEmpty())
        return containsWord(term, subject.id.value)
            || matchesBelonging(belongingOf(entry), term, containsWord);
    if (term.field == "team"_L1 || term.field == "owner"_L1 || term.field == "member"_L1)
        return matchesBelonging(belongingOf(entry), term, matchesValue);
    if (term.field == "limit"_L1)
        return entry.tightest
            && (matchesValue(term, entry.tightest->name)
                || containsWord(term, insight::fullLabel(*entry.tightest).toUtf8()));
    if (term.field == "used"_L1)
        return matchesNumber(term, shareNow(entry, now) * 100);
    if (term.field == "rate"_L1)
        return matchesNumber(
            term, m_usage.book().requestsPerMinute(entry.subject, m_usage.clock().wall()));
    if (term.field == "refused"_L1)
        return matchesNumber(term, double(subject.refusedTotal));
    return matchesValue(term, stateWord(entry, now));
}

// What a filter calls the state.
QByteArray UsageModel::stateWord(const Entry &entry, EngineTime now) const
{
    if (m_question.marks.blockOf(m_usage.book().subject(entry.subject).id) != nullptr)
        return "blocked"_ba;
    if (entry.isShadow)
        return "shadow"_ba;
    const double share = shareNow(entry, now);
    if (share >= 1)
        return "refused"_ba;
    return share >= 0.8 ? "near"_ba : "normal"_ba;
}

// --- configuration and cells ---------------------------------------------------------------------

void UsageModel::takeConfiguration()
{
    m_belongings.setConfiguration(m_usage.configuration());
    markAllChanged(); // the limits behind the figures may be others now
}

Belonging UsageModel::belongingOf(const Entry &entry) const
{
    return m_belongings.of(m_usage.book().subject(entry.subject).id);
}

QVariant UsageModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    return orientation == Qt::Horizontal ? usageHeader(section, role, m_question.segment)
                                         : QVariant();
}

QVariant UsageModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    return usageCell(index.column(), role, figuresOf(m_order[size_t(index.row())]));
}

} // namespace sluice::ui

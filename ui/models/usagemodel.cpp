// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/usagemodel.h"

#include "core/insight/explain.h"
#include "ui/models/cellwords.h"
#include "ui/models/spentwords.h"

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
    : OrderedModel(GaugeColumn, parent), m_usage(usage), m_question{.segment = std::move(segment)}
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
        {u"tokens"_s, FilterKind::Number, {}},
        {u"cost"_s, FilterKind::Number, {}},
    };
}

int UsageModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

int UsageModel::subjectAt(int row) const
{
    const int slot = slotAt(row);
    return slot < 0 ? -1 : m_entries[size_t(slot)].subject;
}

int UsageModel::rowOfSubject(int subject) const
{
    if (subject < 0 || size_t(subject) >= m_slotOfSubject.size())
        return -1;
    return rowOf(m_slotOfSubject[size_t(subject)]);
}

// --- staying current -----------------------------------------------------------------------------

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
    const int first = totalCount();
    for (int subject = int(m_slotOfSubject.size()); subject < book.subjectCount(); ++subject) {
        if (book.subject(subject).id.segment != m_question.segment) {
            m_slotOfSubject.push_back(-1);
            continue;
        }
        m_slotOfSubject.push_back(totalCount());
        m_dirty.push_back(totalCount());
        m_entries.push_back({.subject = subject, .tightest = {}});
        if (hasFilter())
            refresh(m_entries.back(), now);
    }
    listNew(first);
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
    for (int row = firstVisible(); row <= lastVisible(); ++row) {
        const int slot = slotAt(row);
        UsageFigures figures = readFigures(slot);
        flash(slot, figures);
        const auto old = before.constFind(slot);
        if (old == before.cend() || *old != figures)
            changed.push_back(row);
        m_figures.insert(slot, figures);
    }
    static const QList<int> roles{Qt::DisplayRole, Qt::AccessibleTextRole, Qt::ToolTipRole,
        SecondTextRole, GaugeRole, SparklineRole, SignRole, StateRole, ToneRole, MonoRole,
        FlashRole, StaleRole};
    emitChanged(changed, roles);
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
    switch (sortColumn()) {
    case FreeColumn:
        return entry.tightest ? double((entry.fullIn - (now - entry.at)).count()) : -1e30;
    case RateColumn:
    case HistoryColumn:
        return m_usage.book().requestsPerMinute(entry.subject, m_usage.clock().wall());
    case TokensColumn:
        return double(subject.spent.tokens());
    case CostColumn:
        return spentwords::costOrder(subject.spent);
    case RefusedColumn:
        return double(subject.refusedTotal) + double(subject.wouldRefuseTotal) / 1e9;
    default:
        // Full enforced limits come before full shadow ones, subjects without a limit come last.
        return (entry.tightest ? shareNow(entry, now) : -1.0) - numberOr(entry.isShadow, 1e-6);
    }
}

QString UsageModel::sortText(const Entry &entry) const
{
    switch (sortColumn()) {
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
    if (sortColumn() <= LimitColumn) {
        std::vector<QString> texts(m_entries.size());
        for (const int slot : order)
            texts[size_t(slot)] = sortText(m_entries[size_t(slot)]);
        sortByKeys(order, texts);
    } else {
        const EngineTime now = m_usage.clock().now();
        std::vector<double> figures(m_entries.size());
        for (const int slot : order)
            figures[size_t(slot)] = sortFigure(m_entries[size_t(slot)], now);
        sortByKeys(order, figures);
    }
    return order;
}

bool UsageModel::matchesTerm(const FilterTerm &term, int slot) const
{
    const Entry &entry = m_entries[size_t(slot)];
    const EngineTime now = m_usage.clock().now();
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
    if (term.field == "tokens"_L1)
        return matchesNumber(term, double(subject.spent.tokens()));
    if (term.field == "cost"_L1)
        return matchesNumber(term, spentwords::cents(subject.spent.cost));
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
    return usageCell(index.column(), role, figuresOf(slotAt(index.row())));
}

} // namespace sluice::ui

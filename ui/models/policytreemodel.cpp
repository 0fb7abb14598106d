// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/policytreemodel.h"

#include "core/insight/explain.h"
#include "core/session/configdraft.h"
#include "ui/models/cellwords.h"
#include "ui/models/limitcommands.h"
#include "ui/models/limitfields.h"
#include "ui/models/policycells.h"

#include <algorithm>

namespace sluice::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr quintptr ScopeId = 0; ///< rows carry the number of their scope + 1

bool haveSameNames(const std::vector<PolicyRow> &a, const std::vector<PolicyRow> &b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
        [](const PolicyRow &x, const PolicyRow &y) { return x.name == y.name; });
}

bool contains(const std::vector<PolicyRow> &rows, const QByteArray &name)
{
    return std::any_of(
        rows.begin(), rows.end(), [&name](const PolicyRow &row) { return row.name == name; });
}

} // namespace

PolicyTreeModel::PolicyTreeModel(
    session::ConfigDraft &draft, session::LiveUsage &usage, QObject *parent)
    : QAbstractItemModel(parent), m_draft(draft), m_usage(usage)
{
    connect(&m_draft, &session::ConfigDraft::changed, this, &PolicyTreeModel::rebuild);
    connect(&m_usage, &session::LiveUsage::subjectsChanged, this,
        [this](const std::vector<int> &subjects) {
            for (const int subject : subjects)
                m_unseen.insert(subject);
        });
    for (int subject = 0; subject < m_usage.book().subjectCount(); ++subject)
        m_unseen.insert(subject);
    rebuild();
    tick();
}

PolicyTreeModel::~PolicyTreeModel() = default;

// --- structure -----------------------------------------------------------------------------------

QModelIndex PolicyTreeModel::index(int row, int column, const QModelIndex &parent) const
{
    if (column < 0 || column >= ColumnCount || row < 0 || row >= rowCount(parent))
        return {};
    return createIndex(row, column, parent.isValid() ? quintptr(parent.row()) + 1 : ScopeId);
}

QModelIndex PolicyTreeModel::parent(const QModelIndex &index) const
{
    if (!index.isValid() || index.internalId() == ScopeId)
        return {};
    return createIndex(static_cast<int>(index.internalId()) - 1, 0, ScopeId);
}

int PolicyTreeModel::rowCount(const QModelIndex &parent) const
{
    if (!parent.isValid())
        return static_cast<int>(m_scopes.size());
    if (parent.internalId() != ScopeId || parent.column() != 0)
        return 0;
    return static_cast<int>(m_scopes[size_t(parent.row())].rows.size());
}

int PolicyTreeModel::columnCount(const QModelIndex & /*parent*/) const
{
    return ColumnCount;
}

bool PolicyTreeModel::isScope(const QModelIndex &index) const
{
    return index.isValid() && index.internalId() == ScopeId;
}

const PolicyScope *PolicyTreeModel::scope(const QModelIndex &index) const
{
    if (!index.isValid())
        return nullptr;
    const size_t at = isScope(index) ? size_t(index.row()) : size_t(index.internalId() - 1);
    return at < m_scopes.size() ? &m_scopes[at] : nullptr;
}

const PolicyRow *PolicyTreeModel::row(const QModelIndex &index) const
{
    const PolicyScope *in = isScope(index) ? nullptr : scope(index);
    return in && size_t(index.row()) < in->rows.size() ? &in->rows[size_t(index.row())] : nullptr;
}

QModelIndex PolicyTreeModel::indexOf(const QByteArray &limit) const
{
    for (int s = 0; s < int(m_scopes.size()); ++s) {
        const std::vector<PolicyRow> &rows = m_scopes[size_t(s)].rows;
        for (int r = 0; r < int(rows.size()); ++r) {
            if (rows[size_t(r)].name == limit)
                return index(r, 0, index(s, 0));
        }
    }
    return {};
}

QModelIndex PolicyTreeModel::indexOfLine(int line) const
{
    QByteArray best;
    int bestLine = 0;
    for (const PolicyScope &scope : m_scopes) {
        for (const PolicyRow &row : scope.rows) {
            if (row.draft && row.draft->place.line <= line && row.draft->place.line > bestLine) {
                best = row.name;
                bestLine = row.draft->place.line;
            }
        }
    }
    return best.isEmpty() ? QModelIndex() : indexOf(best);
}

int PolicyTreeModel::lineOf(const QModelIndex &index) const
{
    if (isScope(index))
        return scope(index)->line;
    const PolicyRow *limit = row(index);
    return limit && limit->draft ? limit->draft->place.line : 0;
}

bool PolicyTreeModel::isReadOnly() const
{
    return config::hasErrors(m_draft.findings());
}

// --- following the draft -------------------------------------------------------------------------

void PolicyTreeModel::rebuild()
{
    const auto draft = m_draft.configuration();
    const auto running = m_draft.runningConfiguration();
    replaceScopes(readPolicyScopes(draft.get(), running.get(), m_draft.text(), m_headers));
}

// Selection, expansion and an open editor survive: rows come and go one by one.
void PolicyTreeModel::replaceScopes(std::vector<PolicyScope> scopes)
{
    const bool haveSamePlaces = std::equal(m_scopes.begin(), m_scopes.end(), scopes.begin(),
        scopes.end(), [](const PolicyScope &a, const PolicyScope &b) { return a.isSamePlace(b); });
    if (!haveSamePlaces) {
        beginResetModel();
        m_scopes = std::move(scopes);
        endResetModel();
        return;
    }
    for (int s = 0; s < int(scopes.size()); ++s) {
        PolicyScope &next = scopes[size_t(s)];
        replaceRows(s, std::move(next.rows));
        next.rows = std::move(m_scopes[size_t(s)].rows);
        m_scopes[size_t(s)] = std::move(next);
        const QModelIndex at = index(s, 0);
        Q_EMIT dataChanged(at, at.siblingAtColumn(ColumnCount - 1));
        if (const int count = rowCount(at); count > 0)
            Q_EMIT dataChanged(index(0, 0, at), index(count - 1, ColumnCount - 1, at));
    }
}

void PolicyTreeModel::replaceRows(int scope, std::vector<PolicyRow> rows)
{
    std::vector<PolicyRow> &shown = m_scopes[size_t(scope)].rows;
    const QModelIndex parent = index(scope, 0);
    for (int r = int(shown.size()) - 1; r >= 0; --r) {
        if (contains(rows, shown[size_t(r)].name))
            continue;
        beginRemoveRows(parent, r, r);
        shown.erase(shown.begin() + r);
        endRemoveRows();
    }
    for (int r = 0; r < int(rows.size()); ++r) {
        if (contains(shown, rows[size_t(r)].name))
            continue;
        const int at = std::min(r, int(shown.size()));
        beginInsertRows(parent, at, at);
        shown.insert(shown.begin() + at, rows[size_t(r)]);
        endInsertRows();
    }
    if (haveSameNames(shown, rows)) {
        shown = std::move(rows);
        return;
    }
    // The file has another order now.
    beginResetModel();
    shown = std::move(rows);
    endResetModel();
}

// --- live ----------------------------------------------------------------------------------------

void PolicyTreeModel::tick()
{
    lookForHeaders();
    for (int s = 0; s < int(m_scopes.size()); ++s) {
        const QModelIndex parent = index(s, 0);
        const std::vector<PolicyRow> &rows = m_scopes[size_t(s)].rows;
        for (int r = 0; r < int(rows.size()); ++r) {
            Closest next;
            next.gauge = readGauge(rows[size_t(r)], &next.spoken);
            Closest &shown = m_closest[rows[size_t(r)].name];
            const bool isSame = shown.gauge == next.gauge && shown.spoken == next.spoken;
            shown = std::move(next);
            if (!isSame) {
                const QModelIndex cell = index(r, ClosestColumn, parent);
                Q_EMIT dataChanged(cell, cell, {GaugeRole, Qt::AccessibleTextRole, StaleRole});
            }
        }
    }
}

// Policies come with traffic; each subject that moved is asked once for its chain.
void PolicyTreeModel::lookForHeaders()
{
    const insight::UsageBook &book = m_usage.book();
    const EngineTime now = m_usage.clock().now();
    const size_t known = m_headers.size();
    for (const int subject : std::as_const(m_unseen)) {
        if (int(m_headers.size()) >= MaxHeaders)
            break;
        for (const insight::ChainState &link : book.chain(subject, now)) {
            if (link.limit->scope != limits::LimitScope::Header)
                continue;
            const bool isKnown = std::any_of(m_headers.begin(), m_headers.end(),
                [&link](const limits::LimitPtr &other) { return other->name == link.limit->name; });
            if (!isKnown)
                m_headers.push_back(link.limit);
        }
    }
    m_unseen.clear();
    if (m_headers.size() != known)
        rebuild();
}

GaugeValue PolicyTreeModel::readGauge(const PolicyRow &row, QString *spoken) const
{
    GaugeValue gauge;
    insight::ChainState state;
    const bool isOff = row.running && row.running->mode == config::LimitMode::Off;
    if (!row.header && !row.running)
        gauge.noLimitText = tr("not running yet");
    else if (isOff)
        gauge.noLimitText = tr("off");
    else if (!m_usage.book().fullest(row.name, m_usage.clock().now(), &state))
        gauge.noLimitText = tr("no requests yet");
    if (!gauge.noLimitText.isEmpty()) {
        *spoken = gauge.noLimitText;
        return gauge;
    }
    gauge = gaugeNow(*state.limit, state.usage);
    gauge.unitText.clear(); // the column of amounts says it
    gauge.stale = m_isStale;
    *spoken = spokenGauge(*state.limit, state.usage, gauge);
    if (!state.value.isEmpty()) {
        *spoken = QString::fromUtf8(state.value) + u": "_s + *spoken;
        if (gauge.state == State::Normal)
            gauge.sign = Sign::None;
        gauge.stateWord = shownValue(*state.limit, state.value);
    }
    return gauge;
}

void PolicyTreeModel::setStale(bool stale)
{
    if (m_isStale == stale)
        return;
    m_isStale = stale;
    tick();
}

// --- cells ---------------------------------------------------------------------------------------

QVariant PolicyTreeModel::data(const QModelIndex &index, int role) const
{
    if (isScope(index))
        return policycells::scopeCell(*scope(index), index.column(), role);
    const PolicyRow *limit = row(index);
    if (!limit)
        return {};
    const int column = index.column();
    if (column == ClosestColumn) {
        const Closest closest = m_closest.value(limit->name);
        if (role == GaugeRole)
            return QVariant::fromValue(closest.gauge);
        if (role == Qt::AccessibleTextRole)
            return closest.spoken;
    }
    if (role == ErrorRole)
        return hasError(*limit, column);
    return policycells::limitCell(*limit, column, role);
}

bool PolicyTreeModel::hasError(const PolicyRow &row, int column) const
{
    const config::LimitRule *rule = row.rule();
    if (!rule || (column != AmountColumn && column != PeriodColumn))
        return false;
    const QString path = rule->path.join(u'.');
    QStringList paths;
    if (session::kindOf(*rule) == session::LimitKind::Policy)
        paths = {path, path + u".policy"_s};
    else if (column == AmountColumn)
        paths = {path + u'.' + session::amountKey(*rule)};
    else
        paths = {path + u".refill-frequency"_s, path + u".period"_s};
    const config::Findings findings = m_draft.findings();
    return std::any_of(findings.begin(), findings.end(), [&paths](const config::Finding &finding) {
        return finding.severity == config::Severity::Error && paths.contains(finding.path);
    });
}

QVariant PolicyTreeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    return policycells::header(section, role);
}

Qt::ItemFlags PolicyTreeModel::flags(const QModelIndex &index) const
{
    Qt::ItemFlags flags = QAbstractItemModel::flags(index);
    const PolicyRow *limit = row(index);
    const bool isField = index.column() == AmountColumn
        || (index.column() == PeriodColumn && limit && limit->draft
            && limit->draft->algorithm != config::Algorithm::Concurrency);
    if (limit && limit->draft && isField && !isReadOnly())
        flags |= Qt::ItemIsEditable;
    return flags;
}

bool PolicyTreeModel::setData(const QModelIndex &index, const QVariant &value, int role)
{
    const PolicyRow *limit = row(index);
    if (role != Qt::EditRole || !limit || !limit->draft || isReadOnly())
        return false;
    const config::LimitRule rule = *limit->draft; // the edit rebuilds the rows
    const QString text = value.toString();
    Result<void> edited;
    if (index.column() == AmountColumn)
        edited = limitcommands::setAmount(m_draft, rule, text);
    else if (index.column() == PeriodColumn)
        edited = limitcommands::setPeriod(m_draft, rule, text);
    else
        return false;
    if (!edited)
        Q_EMIT editRefused(edited.error().message);
    return edited.has_value();
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/edithistory.h"

#include <algorithm>

namespace sluice::session {

namespace {

constexpr std::chrono::milliseconds MergeWithin{1000};

} // namespace

EditHistory::Step EditHistory::makeStep(const QByteArray &before, const QByteArray &after)
{
    const auto ends = std::mismatch(before.begin(), before.end(), after.begin(), after.end());
    const qsizetype prefix = ends.first - before.begin();
    qsizetype suffix = 0;
    const qsizetype most = std::min(before.size(), after.size()) - prefix;
    while (suffix < most && before[before.size() - 1 - suffix] == after[after.size() - 1 - suffix])
        ++suffix;
    Step step;
    step.at = prefix;
    step.removed = before.mid(prefix, before.size() - prefix - suffix);
    step.inserted = after.mid(prefix, after.size() - prefix - suffix);
    return step;
}

void EditHistory::push(const QByteArray &before, const QByteArray &after, const QString &label,
    const QString &mergeId, std::chrono::milliseconds at)
{
    if (before == after)
        return;
    m_steps.resize(m_done); // a new edit ends what could be redone
    QByteArray origin = before;
    const bool joins = m_done > 0 && !mergeId.isEmpty() && m_steps.back().mergeId == mergeId
        && at - m_steps.back().time <= MergeWithin;
    if (joins) {
        origin = undo(before);
        m_steps.resize(m_done);
    }
    Step step = makeStep(origin, after);
    if (step.removed == step.inserted)
        return; // merged back to where it began
    step.label = label;
    step.mergeId = mergeId;
    step.time = at;
    m_steps.push_back(std::move(step));
    m_done = m_steps.size();
}

void EditHistory::clear()
{
    m_steps.clear();
    m_done = 0;
}

QString EditHistory::undoLabel() const
{
    return m_done > 0 ? m_steps[m_done - 1].label : QString();
}

QString EditHistory::redoLabel() const
{
    return m_done < m_steps.size() ? m_steps[m_done].label : QString();
}

QByteArray EditHistory::undo(const QByteArray &text)
{
    if (m_done == 0)
        return text;
    const Step &step = m_steps[--m_done];
    return QByteArray(text).replace(step.at, step.inserted.size(), step.removed);
}

QByteArray EditHistory::redo(const QByteArray &text)
{
    if (m_done == m_steps.size())
        return text;
    const Step &step = m_steps[m_done++];
    return QByteArray(text).replace(step.at, step.removed.size(), step.inserted);
}

} // namespace sluice::session

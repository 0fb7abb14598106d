// SPDX-License-Identifier: GPL-3.0-or-later
// Undo and redo of a text as replaced spans: a thousand steps cost what they changed, and a
// thousand undos give back the identical bytes. Pure; one thread.
#pragma once

#include <QByteArray>
#include <QString>

#include <chrono>
#include <vector>

namespace sluice::session {

class EditHistory final
{
public:
    /// Notes the step from one text to another. A step with the same non-empty mergeId as the last
    /// one, within a second of it (wall time), joins it.
    void push(const QByteArray &before, const QByteArray &after, const QString &label,
        const QString &mergeId, std::chrono::milliseconds at);

    void clear();

    [[nodiscard]] QString undoLabel() const; ///< empty = nothing to undo
    [[nodiscard]] QString redoLabel() const;

    /// The text before the last step; the text itself if there is none.
    QByteArray undo(const QByteArray &text);
    QByteArray redo(const QByteArray &text);

private:
    struct Step
    {
        qsizetype at = 0;
        QByteArray removed;
        QByteArray inserted;
        QString label;
        QString mergeId;
        std::chrono::milliseconds time{0};
    };

    static Step makeStep(const QByteArray &before, const QByteArray &after);

    std::vector<Step> m_steps;
    size_t m_done = 0; ///< steps before this one are in force
};

} // namespace sluice::session

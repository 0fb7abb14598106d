// SPDX-License-Identifier: GPL-3.0-or-later
// Which limits the console itself has renamed, so that their counters go on (spec: limits,
// "Edits"). A rename by hand in the file is not known here. Main thread; owned by the draft.
#pragma once

#include "core/config/configuration.h"
#include "core/limits/rename.h"

namespace sluice::session {

class RenameLog final
{
public:
    /// Looks at one edit of the draft: one that changes nothing but a name is a rename.
    void note(const config::Configuration &before, const config::Configuration &after);

    /// The limits of `from` that go on under another name in `to`, whatever steps led there, undone
    /// ones too.
    [[nodiscard]] limits::Renames between(
        const config::Configuration &from, const config::Configuration &to) const;

private:
    /// All names that a limit has had.
    [[nodiscard]] QList<QByteArray> namesOf(const QByteArray &name) const;

    std::vector<limits::Rename> m_steps;
};

} // namespace sluice::session

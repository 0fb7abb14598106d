// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps what was learned about models in a file from one run to the next. It is a help, not a
// protection: whatever is wrong with the file is a warning in the log and stops nothing. Main
// thread; owned by the gateway's session.
#pragma once

#include "core/base/clock.h"

#include <QByteArray>
#include <QString>

namespace sluice::metering {
class LearnedModels;
} // namespace sluice::metering

namespace sluice::session {

class LearnedFile final
{
public:
    /// Both must outlive the file.
    LearnedFile(metering::LearnedModels &models, const Clock &clock)
        : m_models(models), m_clock(clock)
    {
    }

    Q_DISABLE_COPY_MOVE(LearnedFile)

    /// Loads `learned.json` in the folder, which is made, and saves there from now on. A broken
    /// file is replaced by the next save.
    void open(const QString &folder);

    /// As save(), at most every five minutes.
    void saveIfDue();

    /// Replaces the file as a whole if anything was learned since; nothing before open().
    void save();

private:
    metering::LearnedModels &m_models;
    const Clock &m_clock;
    QString m_path; ///< empty = kept in memory only
    QByteArray m_saved; ///< what the file holds
    EngineTime m_due{};
};

} // namespace sluice::session

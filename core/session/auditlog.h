// SPDX-License-Identifier: GPL-3.0-or-later
// The record of what people did: to running limits, to keys, to the configuration. It is kept in
// the ledger's file, as the view `audit`. Main thread.
#pragma once

#include "core/base/result.h"

#include <QJsonObject>

#include <chrono>

namespace sluice::session {

/// The name of the user that runs the program, for the audit.
QString localUser();

class AuditLog final
{
public:
    /// Keeps the audit in the ledger of a data folder. What an older version has written there
    /// (audit.jsonl) is taken over once and renamed.
    Result<void> open(const QString &folder);

    /// Writes an entry, which is on the disk when it returns. Of the entry `operation` says what
    /// was done, `limit`, `segment` or `subject` what to, `value` to which value of it, `who` who
    /// has done it (without it: the user that runs the program), and `before` what was there; the
    /// rest is what is there now. Does nothing before open().
    Result<void> append(const QJsonObject &entry, std::chrono::milliseconds wall);

private:
    Result<void> takeOver(const QString &path);

    QString m_path; ///< of the ledger
};

} // namespace sluice::session

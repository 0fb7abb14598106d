// SPDX-License-Identifier: GPL-3.0-or-later
// The record of what people did to running limits: one line of JSON each. Main thread.
#pragma once

#include "core/base/result.h"

#include <QFile>
#include <QJsonObject>

namespace sluice::session {

class AuditLog final
{
public:
    /// Appends to `path`, which only its owner may read.
    Result<void> open(const QString &path);

    /// Writes a line and hands it to the disk; `at` (RFC 3339, UTC) is added. Does nothing before
    /// open().
    Result<void> append(QJsonObject entry, std::chrono::milliseconds wall);

private:
    QFile m_file;
};

} // namespace sluice::session

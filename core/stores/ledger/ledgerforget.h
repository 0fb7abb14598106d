// SPDX-License-Identifier: GPL-3.0-or-later
// Removes from a ledger what it knows of one end user or one API key; sums stay, without the
// name. Works while a gateway writes it. Any one thread; may take as long as the ledger is large.
#pragma once

#include "core/base/result.h"
#include "core/stores/ledger/ledgerplace.h"

#include <chrono>
#include <functional>

namespace sluice::stores {

/// Whom sums are of that have lost their name.
inline constexpr auto ForgottenName = "(forgotten)";

struct ForgetRequest
{
    enum class Subject : quint8 { User, Key };

    Subject subject = Subject::User;
    QString name; ///< not empty
    QString actor; ///< for the audit
    std::chrono::milliseconds now{0}; ///< wall time, for the audit
    /// Asked while a server is waited for; no: it ends with Cancelled, and is to be done again.
    std::function<bool()> goesOn = {};
};

struct Forgotten
{
    qint64 rows = 0; ///< that were removed
    qint64 groups = 0; ///< of sums, that have lost their name
    bool isWiped = true; ///< false: somebody reads the file, so that its log still has the old text
};

/// What the audit says instead of a name: who knows it can recognise it, and nobody else.
QByteArray hashOfForgotten(const QString &name);

/// What comes in while it runs may stay. The audit says that it was done, and the name only as a
/// hash. From a shared ledger it is
/// removed, and from the file of the data directory if that has something too. Errors: NotFound
/// without a ledger, Unsupported for a newer one, Busy, Invalid, Timeout, Cancelled, Io.
Result<Forgotten> forget(const LedgerPlace &place, const ForgetRequest &request);

} // namespace sluice::stores

// SPDX-License-Identifier: GPL-3.0-or-later
// Removes from the file of recorded bodies what one end user or one API key has sent and got. Works
// while a gateway writes the file. Any one thread; may take as long as the file is large.
#pragma once

#include "core/stores/ledger/ledgerforget.h"

namespace sluice::stores {

struct ForgottenBodies
{
    qint64 requests = 0; ///< whose bodies were removed
    bool isWiped = true; ///< false: somebody reads the file, so that its log still has the old text
};

/// What comes in while it runs may stay. Nothing is to be done where the file is not there. Errors:
/// Unsupported for a newer file, Busy, Invalid, Io.
Result<ForgottenBodies> forgetBodies(const QString &path, const ForgetRequest &request);

} // namespace sluice::stores

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/ledgerplace.h"

#include <QDir>

namespace sluice::stores {

using namespace Qt::StringLiterals;

LedgerPlace LedgerPlace::in(const QString &folder, const QString &url)
{
    return {QDir(folder).filePath(u"ledger.sqlite"_s), url};
}

} // namespace sluice::stores

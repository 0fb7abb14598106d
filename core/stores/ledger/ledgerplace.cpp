// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/ledgerplace.h"

#include <QDir>

namespace sluice::stores {

using namespace Qt::StringLiterals;

LedgerPlace LedgerPlace::in(const QString &folder, const QString &url)
{
    LedgerPlace place(QDir(folder).filePath(u"ledger.sqlite"_s));
    place.url = url;
    return place;
}

} // namespace sluice::stores

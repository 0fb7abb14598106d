// SPDX-License-Identifier: GPL-3.0-or-later
// What a query of the ledger answers. A value.
#pragma once

#include <QStringList>
#include <QVariantList>

#include <vector>

namespace sluice::stores {

struct Table
{
    QStringList columns;
    std::vector<QVariantList> rows; ///< of null, qint64, double, QString and QByteArray
    bool isCut = false; ///< there were more rows than were asked for
};

} // namespace sluice::stores

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
    bool isCut = false; ///< there was more than was asked for
    QString source; ///< of sums: what they were read from, as a part of a sentence
    QStringList notes; ///< sentences: where the answer is not exactly what was asked for
};

} // namespace sluice::stores

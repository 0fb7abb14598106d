// SPDX-License-Identifier: GPL-3.0-or-later
// What the ledger offers to statements of a person: its documented views, tables and columns, for
// completion and to look up. Pure; GUI thread.
#pragma once

#include <QString>
#include <QStringList>

#include <vector>

namespace sluice::ui {

struct LedgerColumn
{
    QString name;
    QString meaning; ///< a few words
};

struct LedgerView
{
    QString name;
    std::vector<LedgerColumn> columns;
};

/// The first one is `requests`.
const std::vector<LedgerView> &ledgerViews();

/// Views, tables and all their columns.
QStringList ledgerNames();

} // namespace sluice::ui

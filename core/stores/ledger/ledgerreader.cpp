// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/ledgerreader.h"

#include "core/base/duration.h"
#include "core/stores/ledger/ledgerfilereader.h"
#include "core/stores/ledger/postgres/postgresledgerreader.h"

#include <QRegularExpression>

#include <limits>

namespace sluice::stores {

using namespace Qt::StringLiterals;

Result<std::unique_ptr<LedgerReader>> LedgerReader::open(const LedgerPlace &place)
{
    return place.isShared() ? PostgresLedgerReader::open(place.url)
                            : LedgerFileReader::open(place.path);
}

Result<Table> LedgerReader::usage(const UsageQuery &query)
{
    return usage(
        query, {std::numeric_limits<qint64>::max(), std::chrono::milliseconds::zero(), {}});
}

Result<Table> LedgerReader::select(const QString &sql, qint64 maxRows)
{
    ReadLimits limits;
    limits.maxRows = maxRows;
    return select(sql, limits);
}

/// A clear word before the database's own, which would be about the statement and not about the
/// reader.
bool LedgerReader::isQuestion(const QString &sql)
{
    static const QRegularExpression pattern(
        u"^(\\s|--[^\\n]*(\\n|$)|/\\*.*?\\*/)*(SELECT|WITH|VALUES|EXPLAIN)\\b"_s,
        QRegularExpression::CaseInsensitiveOption | QRegularExpression::DotMatchesEverythingOption);
    return pattern.match(sql).hasMatch();
}

Error LedgerReader::onlyReading()
{
    return {ErrorCode::Refused,
        u"only reading is possible: write one statement that begins with SELECT, WITH, VALUES "
        u"or EXPLAIN"_s,
        {}};
}

Error LedgerReader::takenBack()
{
    return {ErrorCode::Cancelled, u"the question was taken back"_s, {}};
}

Error LedgerReader::tooSlow(const ReadLimits &limits)
{
    return {ErrorCode::Timeout,
        u"the answer takes longer than %1: ask for less at once, or allow more time"_s.arg(
            formatDuration(limits.maxTime)),
        {}};
}

} // namespace sluice::stores

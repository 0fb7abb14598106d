// SPDX-License-Identifier: GPL-3.0-or-later
// What the functions return, read from libpq's results.
#include "core/stores/postgres/postgrescalls.h"

#include <libpq-fe.h>

namespace sluice::stores {

using namespace sluice::limits;

namespace {

/// The columns of the type "reading".
enum Column { At, Admitted, Admits, Charged, Reserved, Quota, Period, Tat, Cells, Amounts, Amount };

/// One row of a result, as text.
struct Row
{
    const PGresult &result;
    int number;

    [[nodiscard]] bool isNull(int column) const
    {
        return PQgetisnull(&result, number, column) != 0;
    }

    [[nodiscard]] QByteArrayView text(int column) const
    {
        return {PQgetvalue(&result, number, column), PQgetlength(&result, number, column)};
    }

    [[nodiscard]] qint64 integer(int column) const
    {
        return text(column).toByteArray().toLongLong();
    }

    [[nodiscard]] bool isTrue(int column) const { return text(column) == "t"; }
};

Int128 wide(QByteArrayView text)
{
    const bool isNegative = text.startsWith('-');
    Int128 value = 0;
    for (const char digit : isNegative ? text.sliced(1) : text) {
        if (digit < '0' || digit > '9')
            break;
        value = value * 10 + (digit - '0');
    }
    return isNegative ? -value : value;
}

/// "{1,2}"
std::vector<qint64> numbers(QByteArrayView array)
{
    std::vector<qint64> result;
    if (array.size() <= 2)
        return result;
    for (const QByteArray &number : array.sliced(1, array.size() - 2).toByteArray().split(','))
        result.push_back(number.toLongLong());
    return result;
}

WindowState windowOf(const Row &row)
{
    const std::vector<qint64> indices = numbers(row.text(Cells));
    const std::vector<qint64> amounts = numbers(row.text(Amounts));
    WindowState window;
    for (size_t i = 0; i < std::min(indices.size(), amounts.size()); ++i)
        window.cells.append({indices[i], amounts[i]});
    return window;
}

CounterState stateOf(const Row &row, const StoreStep &step)
{
    switch (step.algorithm) {
    case Algorithm::Gcra:
        return GcraState{
            wide(row.text(Tat)), row.integer(Quota), std::chrono::nanoseconds(row.integer(Period))};
    case Algorithm::SlidingWindow:
        return windowOf(row);
    case Algorithm::CalendarWindow:
        return CalendarState{step.period.start, row.integer(Amount)};
    case Algorithm::Concurrency:
        break;
    }
    return SlotState{row.integer(Amount)};
}

bool isTable(const PGresult &result, int columns)
{
    return PQresultStatus(&result) == PGRES_TUPLES_OK && PQnfields(&result) == columns
        && PQntuples(&result) > 0;
}

} // namespace

std::optional<PostgresDecisions> readDecisions(
    const pg_result &result, std::span<const StoreBatch *const> batches)
{
    if (!isTable(result, Amount + 1))
        return std::nullopt;
    Row row{result, 0};
    PostgresDecisions decisions;
    decisions.now = EngineTime(row.integer(At));
    decisions.wasLate = row.isNull(Admitted);
    if (decisions.wasLate)
        return decisions;
    for (const StoreBatch *batch : batches) {
        StoreAnswer &answer = decisions.answers.emplace_back();
        answer.now = Instant(decisions.now);
        answer.isAdmitted = true;
        for (const StoreStep &step : batch->steps) {
            if (row.number >= PQntuples(&result))
                return std::nullopt;
            answer.isAdmitted = row.isTrue(Admitted);
            answer.readings.push_back({row.isTrue(Admits), row.isTrue(Charged), stateOf(row, step),
                row.integer(Reserved)});
            ++row.number;
        }
    }
    return decisions;
}

std::optional<PostgresReceipt> readReceipt(const pg_result &result)
{
    const bool hasSwept = PQnfields(&result) == 2;
    if (!isTable(result, hasSwept ? 2 : 1))
        return std::nullopt;
    const Row row{result, 0};
    PostgresReceipt receipt;
    receipt.wasLate = row.isNull(0);
    receipt.now = EngineTime(row.integer(0));
    receipt.swept = hasSwept ? static_cast<int>(row.integer(1)) : 0;
    return receipt;
}

} // namespace sluice::stores

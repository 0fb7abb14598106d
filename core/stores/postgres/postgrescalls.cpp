// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/postgres/postgrescalls.h"

#include <QCryptographicHash>

namespace sluice::stores {

using namespace sluice::limits;

namespace {

// An index entry has at most 2704 bytes.
constexpr qsizetype MaxKeyLength = 1024;

enum Flag { Shadow = 1, Held = 2, KeepsLastRate = 4 };

/// A one-dimensional SQL array as text.
class ArrayText
{
public:
    void add(qint64 number) { addWord(QByteArray::number(number)); }

    void addWord(QByteArrayView word)
    {
        m_text += m_text.size() > 1 ? "," : "";
        m_text += word;
    }

    void addBytes(const QByteArray &bytes) { addWord(QByteArray("\"\\\\x" + bytes.toHex() + '"')); }

    void addQuoted(const QByteArray &plain) { addWord(QByteArray('"' + plain + '"')); }

    [[nodiscard]] QByteArray text() const { return m_text + '}'; }

private:
    QByteArray m_text = "{";
};

QByteArray keyOf(const QByteArray &key)
{
    if (key.size() <= MaxKeyLength)
        return key;
    return key.left(MaxKeyLength - 32) + QCryptographicHash::hash(key, QCryptographicHash::Sha256);
}

QByteArray number(std::chrono::nanoseconds time)
{
    return QByteArray::number(static_cast<qint64>(time.count()));
}

QByteArray testNow(const PostgresTimes &times)
{
    return times.testNow ? number(*times.testNow) : QByteArray();
}

QByteArray decimal(Int128 value)
{
    const bool isNegative = value < 0;
    QByteArray digits;
    for (; value != 0; value /= 10)
        digits.prepend(static_cast<char>('0' + std::abs(static_cast<int>(value % 10))));
    if (digits.isEmpty())
        return "0";
    return isNegative ? '-' + digits : digits;
}

/// The columns that every call with counters has in common.
struct Columns
{
    ArrayText keys, algorithms, quotas, periods, starts, ends;

    void add(const StoreStep &step)
    {
        keys.addBytes(keyOf(step.key));
        algorithms.addWord(limits::algorithmName(step.algorithm));
        quotas.add(step.rate.quota);
        periods.add(step.rate.period.count());
        starts.add(step.period.start.count());
        ends.add(step.period.end.count());
    }
};

/// The surplus of a counter beside its rate.
struct Surplus
{
    ArrayText quotas, periods, tats, cells, amounts, amount;

    void add(const StoreMerge &merge)
    {
        const auto *bucket = std::get_if<GcraState>(&merge.surplus);
        const auto *window = std::get_if<WindowState>(&merge.surplus);
        const auto *calendar = std::get_if<CalendarState>(&merge.surplus);
        quotas.add(bucket != nullptr ? bucket->quota : 1);
        periods.add(bucket != nullptr ? bucket->period.count() : 1);
        tats.addWord(decimal(bucket != nullptr ? bucket->tat : 0));
        ArrayText indices;
        ArrayText filled;
        for (const WindowCell &cell : window != nullptr ? window->cells : CellList()) {
            indices.add(cell.index);
            filled.add(cell.amount);
        }
        cells.addQuoted(indices.text());
        amounts.addQuoted(filled.text());
        const bool isCurrent = calendar != nullptr && calendar->start == merge.step.period.start;
        amount.add(isCurrent ? calendar->amount : 0);
    }
};

} // namespace

PostgresCall reserveCall(const PostgresCaller &caller, const PostgresTimes &times,
    std::span<const StoreBatch *const> batches)
{
    Columns columns;
    ArrayText reservations;
    ArrayText of;
    ArrayText extras;
    ArrayText costs;
    ArrayText flags;
    qint64 number = 0;
    for (const StoreBatch *batch : batches) {
        reservations.addBytes(batch->reservation);
        ++number;
        for (const StoreStep &step : batch->steps) {
            columns.add(step);
            of.add(number);
            extras.add(step.rate.extra);
            costs.add(step.cost);
            flags.add((step.isShadow ? Shadow : 0) | (step.isHeld ? Held : 0)
                | (step.keepsLastRate ? KeepsLastRate : 0));
        }
    }
    return {"reserve",
        {caller.gateway, caller.store, QByteArray::number(caller.number),
            stores::number(times.notAfter), testNow(times), reservations.text(), of.text(),
            columns.keys.text(), columns.algorithms.text(), columns.quotas.text(),
            columns.periods.text(), extras.text(), columns.starts.text(), columns.ends.text(),
            costs.text(), flags.text()}};
}

PostgresCall undoCall(
    const PostgresCaller &caller, const PostgresTimes &times, const std::vector<QByteArray> &keys)
{
    ArrayText texts;
    for (const QByteArray &key : keys)
        texts.addBytes(keyOf(key));
    return {
        "undo", {caller.store, QByteArray::number(caller.number), testNow(times), texts.text()}};
}

PostgresCall settleCall(const PostgresTimes &times, std::span<const PostgresSettlement> settlements)
{
    ArrayText reservations;
    ArrayText keys;
    ArrayText actuals;
    for (const PostgresSettlement &settlement : settlements) {
        reservations.addBytes(settlement.reservation);
        keys.addBytes(keyOf(settlement.key));
        actuals.add(settlement.actual);
    }
    return {"settle", {testNow(times), reservations.text(), keys.text(), actuals.text()}};
}

PostgresCall mergeCall(
    const QByteArray &id, const PostgresTimes &times, const std::vector<StoreMerge> &merges)
{
    Columns columns;
    ArrayText keeps;
    Surplus surplus;
    for (const StoreMerge &merge : merges) {
        columns.add(merge.step);
        keeps.addWord(merge.step.keepsLastRate ? "t" : "f");
        surplus.add(merge);
    }
    return {"merge",
        {id, number(times.notAfter), testNow(times), columns.keys.text(), columns.algorithms.text(),
            columns.quotas.text(), columns.periods.text(), columns.starts.text(),
            columns.ends.text(), keeps.text(), surplus.quotas.text(), surplus.periods.text(),
            surplus.tats.text(), surplus.cells.text(), surplus.amounts.text(),
            surplus.amount.text()}};
}

PostgresCall resetCall(const PostgresTimes &times, const std::vector<QByteArray> &keys)
{
    ArrayText texts;
    for (const QByteArray &key : keys)
        texts.addBytes(keyOf(key));
    return {"reset", {number(times.notAfter), texts.text()}};
}

PostgresCall renewCall(const QByteArray &gateway, std::chrono::nanoseconds lease, int most)
{
    return {"renew", {gateway, number(lease), QByteArray::number(most)}};
}

} // namespace sluice::stores

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/redis/counterscript.h"

#include "core/stores/redis/widetext.h"

#include <QCryptographicHash>

namespace sluice::stores {

using namespace Qt::StringLiterals;
using limits::Algorithm;
using limits::Int128;
using limits::StoreStep;

namespace {

constexpr int ShadowFlag = 1;
constexpr int HeldFlag = 2;
constexpr int LastRateFlag = 4;

constexpr size_t HeadSize = 2; ///< the time, and whether all admit
constexpr size_t ReadingSize = 3;

const char *nameOf(Algorithm algorithm)
{
    switch (algorithm) {
    case Algorithm::Gcra:
        return "g";
    case Algorithm::SlidingWindow:
        return "w";
    case Algorithm::CalendarWindow:
        return "c";
    case Algorithm::Concurrency:
        return "s";
    }
    Q_UNREACHABLE();
}

void addTerms(RedisCommand &command, const StoreStep &step)
{
    const MicroAmount capacity = step.rate.capacity();
    const qint64 period = step.rate.period.count();
    command.add(step.rate.quota);
    command.add(period);
    command.add(capacity);
    command.add(step.cost);
    if (step.algorithm == Algorithm::Gcra) {
        // Exact here for nothing, and dear in the script.
        const Int128 room = static_cast<Int128>(capacity - step.cost) * period;
        command.add(QByteArrayView(room < 0 ? QByteArray() : toDecimal(room)));
        command.add(QByteArrayView(toDecimal(static_cast<Int128>(step.cost) * period)));
    } else {
        command.add(static_cast<qint64>(step.period.end.count()));
        command.add(QByteArrayView());
    }
}

QByteArray cellText(const limits::WindowState &state)
{
    QByteArray text;
    for (const limits::WindowCell &cell : state.cells) {
        if (!text.isEmpty())
            text += ' ';
        text += QByteArray::number(cell.index) + '=' + QByteArray::number(cell.amount);
    }
    return text;
}

/// As the script writes it; empty if it adds nothing to the counter of the step.
QByteArray surplusText(const limits::StoreMerge &merge)
{
    const limits::CounterState &surplus = merge.surplus;
    switch (merge.step.algorithm) {
    case Algorithm::Gcra:
        if (const auto *state = std::get_if<limits::GcraState>(&surplus)) {
            const Int128 tat = std::max<Int128>(0, state->tat);
            return toDecimal(tat) + ' ' + QByteArray::number(state->quota) + ' '
                + QByteArray::number(static_cast<qint64>(state->period.count()));
        }
        break;
    case Algorithm::SlidingWindow:
        if (const auto *state = std::get_if<limits::WindowState>(&surplus))
            return cellText(*state);
        break;
    case Algorithm::CalendarWindow:
        if (const auto *state = std::get_if<limits::CalendarState>(&surplus);
            state != nullptr && state->start == merge.step.period.start && state->amount > 0)
            return QByteArray::number(state->amount);
        break;
    case Algorithm::Concurrency:
        break; // belongs to who holds it
    }
    return {};
}

std::optional<qint64> readAmount(QByteArrayView digits)
{
    const std::optional<Int128> value = fromDecimal(digits);
    if (!value)
        return std::nullopt;
    return limits::clampTo64(*value);
}

std::optional<limits::CounterState> readBucket(const QByteArray &text)
{
    const QList<QByteArray> parts = text.split(' ');
    if (parts.size() != 3)
        return std::nullopt;
    const std::optional<Int128> tat = fromDecimal(parts[0]);
    const std::optional<qint64> quota = readAmount(parts[1]);
    const std::optional<qint64> period = readAmount(parts[2]);
    if (!tat || !quota || !period || *quota <= 0 || *period <= 0)
        return std::nullopt;
    return limits::GcraState{*tat, *quota, std::chrono::nanoseconds(*period)};
}

std::optional<limits::CounterState> readCells(const QByteArray &text)
{
    limits::WindowState state;
    if (text.isEmpty())
        return state;
    for (const QByteArray &cell : text.split(' ')) {
        const qsizetype middle = cell.indexOf('=');
        if (middle < 0)
            return std::nullopt;
        const std::optional<qint64> index = readAmount(QByteArrayView(cell).first(middle));
        const std::optional<qint64> amount = readAmount(QByteArrayView(cell).sliced(middle + 1));
        if (!index || !amount || (!state.cells.empty() && state.cells.back().index >= *index))
            return std::nullopt;
        state.cells.append({*index, *amount});
    }
    return state;
}

std::optional<limits::CounterState> readState(const QByteArray &text, const StoreStep &step)
{
    if (step.algorithm == Algorithm::Gcra)
        return readBucket(text);
    if (step.algorithm == Algorithm::SlidingWindow)
        return readCells(text);
    const std::optional<qint64> amount = readAmount(text);
    if (!amount)
        return std::nullopt;
    if (step.algorithm == Algorithm::CalendarWindow)
        return limits::CalendarState{step.period.start, *amount};
    return limits::SlotState{*amount};
}

Error nonsense()
{
    return {ErrorCode::Invalid, u"the script of the store has answered something else"_s, {}};
}

/// The time that heads every answer of the script, and that nothing has gone wrong.
Result<void> readHead(const RedisValue &reply)
{
    if (reply.isError())
        return Error{ErrorCode::Io, u"the store could not do it"_s, QString::fromUtf8(reply.text)};
    if (reply.at(0).type != RedisValue::Type::Integer)
        return nonsense();
    if (reply.at(1).text == "late")
        return Error{ErrorCode::Timeout, u"the store was asked too late"_s, {}};
    return {};
}

} // namespace

CounterScript::CounterScript(const QByteArray &keyPrefix, QByteArray gateway,
    const QByteArray &store, std::chrono::milliseconds lease)
    : m_gateway(std::move(gateway)), m_lease(QByteArray::number(static_cast<qint64>(lease.count())))
{
    QByteArray name = keyPrefix;
    while (name.endsWith(':'))
        name.chop(1);
    // In a cluster all keys with the same text in braces are on the same node.
    const QByteArray tag = '{' + (name.isEmpty() ? QByteArray("sluice") : name) + '}';
    m_counters = tag + ":c:";
    m_merges = tag + ":m:";
    m_gateways = tag + ":gateways";
    m_schema = tag + ":schema";
    m_notes = tag + ":u:" + store;
}

const QByteArray &CounterScript::hash()
{
    static const QByteArray s_hash =
        QCryptographicHash::hash(CounterScriptText, QCryptographicHash::Sha1).toHex();
    return s_hash;
}

/// The keys have been added; now what every command carries.
void CounterScript::begin(RedisCommand &command, const char *name, const Terms &terms) const
{
    const auto number = [](qint64 value) {
        return value == 0 ? QByteArray() : QByteArray::number(value);
    };
    command.add(QByteArrayView(name));
    command.add(m_gateway);
    command.add(m_lease);
    command.add(QByteArrayView(number(terms.notAfter)));
    command.add(QByteArrayView(number(terms.testTime)));
}

RedisCommand CounterScript::open(const Terms &terms) const
{
    RedisCommand command(QByteArrayView("2"), m_gateways, m_schema);
    begin(command, "open", terms);
    command.add(RedisSchema);
    return command;
}

RedisCommand CounterScript::renewLease(const Terms &terms) const
{
    RedisCommand command(QByteArrayView("1"), m_gateways);
    begin(command, "lease", terms);
    return command;
}

void CounterScript::beginBatch(RedisCommand &command, const char *name,
    const limits::StoreBatch &batch, qint64 place, const Terms &terms) const
{
    command.add(static_cast<qint64>(batch.steps.size()) + 2);
    command.add(m_gateways);
    for (const StoreStep &step : batch.steps)
        command.add(counterKey(step.key));
    command.add(m_notes);
    begin(command, name, terms);
    command.add(batch.reservation);
    command.add(place);
}

RedisCommand CounterScript::undo(
    const limits::StoreBatch &batch, qint64 place, const Terms &terms) const
{
    RedisCommand command;
    beginBatch(command, "undo", batch, place, terms);
    for (const StoreStep &step : batch.steps) {
        command.add(QByteArrayView(nameOf(step.algorithm)));
        command.add(static_cast<qint64>(step.period.end.count()));
    }
    return command;
}

RedisCommand CounterScript::reserve(
    const limits::StoreBatch &batch, qint64 place, const Terms &terms) const
{
    RedisCommand command;
    beginBatch(command, "reserve", batch, place, terms);
    for (const StoreStep &step : batch.steps) {
        command.add(QByteArrayView(nameOf(step.algorithm)));
        command.add((step.isShadow ? ShadowFlag : 0) | (step.isHeld ? HeldFlag : 0)
            | (step.keepsLastRate ? LastRateFlag : 0));
        addTerms(command, step);
    }
    return command;
}

RedisCommand CounterScript::settle(const QByteArray &reservation,
    const std::vector<limits::StoreSettlement> &settlements, const Terms &terms) const
{
    RedisCommand command;
    command.add(static_cast<qint64>(settlements.size()) + 1);
    command.add(m_gateways);
    for (const limits::StoreSettlement &settlement : settlements)
        command.add(counterKey(settlement.step.key));
    begin(command, "settle", terms);
    command.add(reservation);
    for (const limits::StoreSettlement &settlement : settlements) {
        command.add(QByteArrayView(nameOf(settlement.step.algorithm)));
        command.add(std::max<MicroAmount>(0, settlement.actual));
        command.add(static_cast<qint64>(settlement.step.period.end.count()));
    }
    return command;
}

RedisCommand CounterScript::merge(
    const QByteArray &id, const std::vector<limits::StoreMerge> &merges, const Terms &terms) const
{
    std::vector<std::pair<const StoreStep *, QByteArray>> added;
    for (const limits::StoreMerge &merge : merges) {
        if (const QByteArray surplus = surplusText(merge); !surplus.isEmpty())
            added.emplace_back(&merge.step, surplus);
    }
    RedisCommand command;
    command.add(static_cast<qint64>(added.size()) + 2);
    command.add(m_gateways);
    for (const auto &[step, surplus] : added)
        command.add(counterKey(step->key));
    command.add(QByteArray(m_merges + id));
    begin(command, "merge", terms);
    for (const auto &[step, surplus] : added) {
        command.add(QByteArrayView(nameOf(step->algorithm)));
        command.add(step->rate.quota);
        command.add(static_cast<qint64>(step->rate.period.count()));
        command.add(surplus);
        command.add(static_cast<qint64>(step->period.end.count()));
    }
    return command;
}

RedisCommand CounterScript::reset(const std::vector<QByteArray> &keys, const Terms &terms) const
{
    RedisCommand command;
    command.add(static_cast<qint64>(keys.size()) + 1);
    command.add(m_gateways);
    for (const QByteArray &key : keys)
        command.add(counterKey(key));
    begin(command, "reset", terms);
    return command;
}

Result<limits::StoreAnswer> CounterScript::readAnswer(
    const RedisValue &reply, const limits::StoreBatch &batch)
{
    if (const Result<void> head = readHead(reply); !head)
        return head.error();
    if (reply.items.size() != HeadSize + ReadingSize * batch.steps.size())
        return nonsense();
    limits::StoreAnswer answer;
    answer.now = limits::Instant(std::chrono::microseconds(reply.at(0).integer));
    answer.isAdmitted = reply.at(1).integer == 1;
    answer.readings.reserve(batch.steps.size());
    for (size_t i = 0; i < batch.steps.size(); ++i) {
        const size_t at = HeadSize + ReadingSize * i;
        const std::optional<limits::CounterState> state =
            readState(reply.items[at + 1].text, batch.steps[i]);
        const std::optional<qint64> reserved = readAmount(reply.items[at + 2].text);
        if (!state || !reserved)
            return nonsense();
        const qint64 flags = reply.items[at].integer;
        answer.readings.push_back({(flags & 1) != 0, (flags & 2) != 0, *state, *reserved});
    }
    return answer;
}

Result<void> CounterScript::readDone(const RedisValue &reply)
{
    return readHead(reply);
}

} // namespace sluice::stores

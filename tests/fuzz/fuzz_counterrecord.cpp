// SPDX-License-Identifier: GPL-3.0-or-later
// A record of a counter is understood and means the same when it is written again, or it is
// refused; and whatever it says, an engine can go on with it.
#include "core/limits/counterrecord.h"
#include "core/limits/engine.h"
#include "tests/fuzz/fuzzinput.h"

using namespace sluice;
using namespace sluice::limits;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

constexpr EngineTime Now{1'700'000'000'000'000'000};
constexpr qsizetype SumSize = 4;
constexpr qsizetype StateHead = 1 + SumSize;

/// The checksum is there against broken disks: the input is taken as if it fitted.
QByteArray sealed(const QByteArray &key, QByteArray state)
{
    if (state.size() < StateHead)
        return state;
    quint64 sum = 0xcbf2'9ce4'8422'2325;
    for (const QByteArray &bytes : {key, state.sliced(StateHead)}) {
        for (const char byte : bytes)
            sum = (sum ^ static_cast<unsigned char>(byte)) * 0x100'0000'01b3;
    }
    sum ^= sum >> 32U;
    for (qsizetype i = 0; i < SumSize; ++i)
        state[1 + i] = static_cast<char>(sum >> (24 - 8 * i));
    return state;
}

/// The input is the size of the key in a byte, the key, and the state.
CounterRecord recordOf(QByteArrayView input)
{
    const auto wanted = static_cast<unsigned char>(input.front());
    const qsizetype size = std::min<qsizetype>(wanted, input.size() - 1);
    CounterRecord record{"limit", input.sliced(1, size).toByteArray(), {}};
    record.state = sealed(record.key, input.sliced(1 + size).toByteArray());
    return record;
}

/// All kinds of limits that a record may belong to.
std::shared_ptr<const LimitSet> runningLimits(const Limit &saved)
{
    config::Configuration configuration;
    config::LimitRule rule;
    rule.name = "limit";
    rule.segment = saved.segment;
    rule.unit = saved.unit;
    rule.algorithm = saved.algorithm;
    rule.capacity = 5 * MicroPerUnit;
    rule.refill = 1min;
    configuration.limits.push_back(rule);
    return LimitSet::compile(configuration);
}

void use(const SavedCounter &counter)
{
    const auto limits = runningLimits(*counter.limit);
    Engine engine;
    const LoadReport report = engine.load(Now, *limits, {counter});
    promise(report.loaded + report.idle + report.broken == 1, "a record is counted once");
    engine.beginSaving();
    Subject subject;
    subject.apiKey = "key";
    subject.endUser = counter.value;
    Estimate estimate;
    estimate.input.firm = MicroPerUnit;
    const Decision decision = engine.reserve(Now, *limits, subject, estimate);
    engine.settle(Now + 1s, decision.reservation, {});
    for (const SavedCounter &change : engine.takeUnsaved(Now + 1s, 100))
        toRecord(change);
    engine.sweep(Now + 24h, 100);
    promise(engine.violations(Now + 24h).isEmpty(), "the books are right");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const CounterRecord record = recordOf(bytesOf(data, size));
    CounterRecordReader reader;
    const auto counter = reader.read(record);
    if (!counter)
        return 0;
    const CounterRecord again = toRecord(*counter);
    promise(again.limit == record.limit && again.key == record.key, "a key has one form",
        again.key.toHex(), record.key.toHex());
    const auto second = reader.read(again);
    promise(second && second->state == counter->state && second->owner == counter->owner
            && second->value == counter->value && second->period == counter->period,
        "what is written again means the same", again.state.toHex(), record.state.toHex());
    use(*counter);
    return 0;
}

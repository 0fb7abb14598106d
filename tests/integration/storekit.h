// SPDX-License-Identifier: GPL-3.0-or-later
// Asks a shared store and waits for its answer, and makes the steps that tests ask about. The
// test's thread.
#pragma once

#include "core/limits/counterstore.h"

#include <QEventLoop>
#include <QTimer>

#include <optional>

namespace sluice::test {

/// Long enough for any answer, on any machine.
constexpr int StorePatience = 30'000;

/// Runs the event loop until `start`'s callback has been called with a value.
template <typename T>
std::optional<T> waitFor(const std::function<void(std::function<void(T)>)> &start)
{
    const auto value = std::make_shared<std::optional<T>>();
    QEventLoop loop;
    start([value, &loop](const T &result) {
        *value = result;
        loop.quit();
    });
    if (!*value) {
        QTimer::singleShot(StorePatience, &loop, &QEventLoop::quit);
        loop.exec();
    }
    return *value;
}

/// The answer; an error if there was none at all.
inline Result<limits::StoreAnswer> ask(limits::CounterStore &store, const limits::StoreBatch &batch)
{
    using Answer = Result<limits::StoreAnswer>;
    const Error silence{ErrorCode::Cancelled, QStringLiteral("no answer at all"), {}};
    return waitFor<Answer>([&](const std::function<void(Answer)> &done) {
        store.reserve(batch, done);
    }).value_or(Answer(silence));
}

/// The same for several that are asked in the same turn of the event loop.
inline std::vector<Result<limits::StoreAnswer>> askAll(
    limits::CounterStore &store, const std::vector<limits::StoreBatch> &batches)
{
    using Answer = Result<limits::StoreAnswer>;
    const auto answers = std::make_shared<std::vector<Answer>>();
    waitFor<bool>([&](const std::function<void(bool)> &done) {
        for (const limits::StoreBatch &batch : batches) {
            store.reserve(batch, [answers, done, count = batches.size()](const Answer &answer) {
                answers->push_back(answer);
                if (answers->size() == count)
                    done(true);
            });
        }
    });
    const Error silence{ErrorCode::Cancelled, QStringLiteral("no answer at all"), {}};
    answers->resize(batches.size(), silence);
    return *answers;
}

inline Result<void> mergeInto(
    limits::CounterStore &store, const std::vector<limits::StoreMerge> &merges)
{
    const Error silence{ErrorCode::Cancelled, QStringLiteral("no answer at all"), {}};
    return waitFor<Result<void>>([&](const std::function<void(Result<void>)> &done) {
        store.merge(merges, done);
    }).value_or(Result<void>(silence));
}

inline Result<void> resetIn(limits::CounterStore &store, const std::vector<QByteArray> &keys)
{
    const Error silence{ErrorCode::Cancelled, QStringLiteral("no answer at all"), {}};
    return waitFor<Result<void>>([&](const std::function<void(Result<void>)> &done) {
        store.reset(keys, done);
    }).value_or(Result<void>(silence));
}

/// Why it failed, for messages; QVERIFY2 wants one of successes too.
template <typename T> QByteArray reasonOf(const Result<T> &result)
{
    return result ? QByteArray() : result.error().message.toUtf8();
}

/// A step of one unit; the calendar's period is the whole of time.
inline limits::StoreStep stepOf(const QByteArray &key, limits::Algorithm algorithm, qint64 units,
    std::chrono::nanoseconds period)
{
    limits::StoreStep step;
    step.key = key;
    step.algorithm = algorithm;
    step.rate = {units * MicroPerUnit, period, 0};
    step.cost = MicroPerUnit;
    step.isHeld = algorithm == limits::Algorithm::Concurrency;
    if (algorithm == limits::Algorithm::CalendarWindow)
        step.period = {std::chrono::milliseconds(0), std::chrono::hours(24 * 365 * 200)};
    return step;
}

} // namespace sluice::test

// SPDX-License-Identifier: GPL-3.0-or-later
// One counter store as a test asks it: each call waits for the answer in the event loop; and the
// steps that tests ask about. Lives on the thread that makes it.
#pragma once

#include "core/base/ids.h"
#include "core/limits/counterstore.h"

#include <QEventLoop>
#include <QPointer>
#include <QTimer>

#include <functional>
#include <memory>
#include <optional>

namespace sluice::test {

class StoreProbe final
{
public:
    using Maker =
        std::function<std::unique_ptr<limits::CounterStore>(limits::CounterStore::Listener)>;

    /// What the listener was told.
    struct Notice
    {
        bool isUp = false;
        QString problem;

        friend bool operator==(const Notice &, const Notice &) = default;
    };

    explicit StoreProbe(const Maker &maker)
        : m_store(maker([this](bool isUp, const QString &problem) {
              m_notices.push_back({isUp, problem});
          }))
    {
    }

    /// For calls that are not waited for.
    limits::CounterStore &store() { return *m_store; }

    [[nodiscard]] bool isUp() const { return m_store->isUp(); }

    [[nodiscard]] const std::vector<Notice> &notices() const { return m_notices; }

    /// What the store says is wrong; empty if it has said nothing or is up.
    [[nodiscard]] QString problem() const
    {
        return m_notices.empty() ? QString() : m_notices.back().problem;
    }

    Result<limits::StoreAnswer> reserve(const limits::StoreBatch &batch)
    {
        return reserveAll({batch}).front();
    }

    /// Several that are asked in the same turn of the event loop.
    std::vector<Result<limits::StoreAnswer>> reserveAll(
        const std::vector<limits::StoreBatch> &batches)
    {
        const Error silence = noAnswer();
        const auto answers =
            std::make_shared<std::vector<Result<limits::StoreAnswer>>>(batches.size(), silence);
        wait([&](const std::function<void()> &done) {
            const auto open = std::make_shared<size_t>(batches.size());
            for (size_t i = 0; i < batches.size(); ++i) {
                m_store->reserve(batches[i],
                    [answers, open, done, i](const Result<limits::StoreAnswer> &answer) {
                        answers->at(i) = answer;
                        if (--*open == 0)
                            done();
                    });
            }
        });
        return *answers;
    }

    /// Under an id of its own, if none is given.
    Result<void> merge(const std::vector<limits::StoreMerge> &merges, QByteArray id = {})
    {
        if (id.isEmpty())
            id = makeSecret(128);
        return waitForDone([&](const auto &done) { m_store->merge(id, merges, done); });
    }

    Result<void> reset(const std::vector<QByteArray> &keys)
    {
        return waitForDone([&](const auto &done) { m_store->reset(keys, done); });
    }

    /// Waits until the server has done it: what follows on the same connection is answered later.
    Result<void> settle(
        const QByteArray &reservation, const std::vector<limits::StoreSettlement> &settlements)
    {
        m_store->settle(reservation, settlements);
        return reset({});
    }

    void close() { m_store.reset(); }

private:
    static Error noAnswer() { return {ErrorCode::Cancelled, QStringLiteral("no answer"), {}}; }

    /// Runs the event loop until what `start` is given has been called, or for half a minute: long
    /// enough for any answer, on any machine.
    static void wait(const std::function<void(std::function<void()>)> &start)
    {
        QEventLoop loop;
        const auto isDone = std::make_shared<bool>(false);
        start([isDone, waiting = QPointer<QEventLoop>(&loop)] {
            *isDone = true;
            if (waiting)
                waiting->quit();
        });
        if (*isDone)
            return;
        QTimer::singleShot(30'000, &loop, &QEventLoop::quit);
        loop.exec();
    }

    static Result<void> waitForDone(const std::function<void(limits::CounterStore::Done)> &start)
    {
        const auto result = std::make_shared<Result<void>>(noAnswer());
        wait([&](const std::function<void()> &done) {
            start([result, done](const Result<void> &given) {
                *result = given;
                done();
            });
        });
        return *result;
    }

    std::vector<Notice> m_notices;
    std::unique_ptr<limits::CounterStore> m_store;
};

/// Why it failed, for messages; QVERIFY2 wants one of successes too.
template <typename T> QByteArray reasonOf(const Result<T> &result)
{
    return result ? QByteArray() : (result.error().message + result.error().detail).toUtf8();
}

/// A step of one unit of so many; the calendar's period is the whole of time.
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

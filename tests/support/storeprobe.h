// SPDX-License-Identifier: GPL-3.0-or-later
// One counter store as a test asks it: each call waits for the answer in the event loop. Lives on
// the thread that makes it.
#pragma once

#include "core/limits/counterstore.h"

#include <QEventLoop>
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
    };

    explicit StoreProbe(const Maker &maker)
        : m_store(maker([this](bool isUp, const QString &problem) {
              m_notices.push_back({isUp, problem});
          }))
    {
    }

    limits::CounterStore &store() { return *m_store; }

    [[nodiscard]] const std::vector<Notice> &notices() const { return m_notices; }

    /// What the store says is wrong; empty if it has said nothing or is up.
    [[nodiscard]] QString problem() const
    {
        return m_notices.empty() ? QString() : m_notices.back().problem;
    }

    Result<limits::StoreAnswer> reserve(const limits::StoreBatch &batch)
    {
        return wait<Result<limits::StoreAnswer>>(
            [&](const auto &answered) { m_store->reserve(batch, answered); });
    }

    Result<void> merge(const std::vector<limits::StoreMerge> &merges)
    {
        return wait<Result<void>>([&](const auto &done) { m_store->merge(merges, done); });
    }

    Result<void> reset(const std::vector<QByteArray> &keys)
    {
        return wait<Result<void>>([&](const auto &done) { m_store->reset(keys, done); });
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
    template <typename Answer, typename Call> Answer wait(Call call)
    {
        std::optional<Answer> answer;
        QEventLoop loop;
        call([&](const Answer &given) {
            answer = given;
            loop.quit();
        });
        if (!answer)
            loop.exec();
        return *answer;
    }

    std::vector<Notice> m_notices;
    std::unique_ptr<limits::CounterStore> m_store;
};

} // namespace sluice::test

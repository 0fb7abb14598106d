// SPDX-License-Identifier: GPL-3.0-or-later
// Operations of several gateways, made up from a seed: each is done on the model and on a real
// server, and what both say is compared. Lives on the test's thread.
#pragma once

#include "tests/support/sharedserver.h"
#include "tests/support/storemodel.h"

#include <random>

namespace sluice::test {

class StoreScenario final
{
public:
    enum class Amounts : quint8 {
        Usual, ///< and a few extremes
        Huge ///< quotas and periods up to the edge of 64 bits
    };

    StoreScenario(const SharedServer &server, quint32 seed, Amounts amounts);

    /// Does anything. What differs, or nothing.
    QByteArray step();

    /// Hundreds of holds on one bucket, settled in any order while it leaks: refunds are capped by
    /// what is left of a hold, and lower the others.
    QByteArray deepStep();

    [[nodiscard]] QByteArray deepKey() const { return m_subjects.front().key; }

    [[nodiscard]] int admitted() const { return m_admitted; }

    [[nodiscard]] int refused() const { return m_refused; }

    [[nodiscard]] int settledLater() const { return m_settled; }

private:
    /// One limit under test, as it is configured at the moment.
    struct Subject
    {
        QByteArray key;
        Algorithm algorithm = Algorithm::Gcra;
        bool keepsLastRate = false;
        Rate rate;
        CalendarPeriod period;
    };

    struct Open
    {
        StoreBatch batch;
        size_t gateway = 0;
    };

    [[nodiscard]] Instant now() const { return Instant(m_now); }

    int pick(int count) { return std::uniform_int_distribution<int>(0, count - 1)(m_random); }

    qint64 between(qint64 least, qint64 most)
    {
        return std::uniform_int_distribution<qint64>(least, most)(m_random);
    }

    template <typename T> T oneOf(std::initializer_list<T> values)
    {
        return *(values.begin() + pick(static_cast<int>(values.size())));
    }

    Subject &anySubject();
    Rate someRate();
    void makeSubjects();
    void advance();
    void edit();
    StoreStep stepOf(const Subject &subject);
    StoreBatch batch();
    CounterState surplusOf(const Subject &subject);
    QByteArray reserve(const std::vector<StoreBatch> &batches);
    QByteArray settle();
    QByteArray settle(const Open &open, const std::vector<StoreSettlement> &settlements);
    QByteArray merge();
    QByteArray reset();

    std::mt19937 m_random;
    const Amounts m_amounts;
    StoreModel m_model;
    std::chrono::microseconds m_now;
    std::vector<Subject> m_subjects;
    std::vector<std::unique_ptr<StoreProbe>> m_gateways;
    std::vector<Open> m_open;
    int m_serial = 0;
    int m_admitted = 0;
    int m_refused = 0;
    int m_settled = 0;
};

} // namespace sluice::test

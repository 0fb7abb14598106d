// SPDX-License-Identifier: GPL-3.0-or-later
#include "storescenario.h"

#include "core/limits/gcra.h"
#include "core/limits/slidingwindow.h"

#include <QTest>

namespace sluice::test {

using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

constexpr MicroAmount One = MicroPerUnit;
constexpr milliseconds Lease = 30s;
constexpr milliseconds Forever = 24h * 365 * 200;
constexpr size_t Gateways = 3;
constexpr int Subjects = 16;

QByteArray nameOf(size_t gateway)
{
    return "gateway" + QByteArray::number(gateway);
}

QByteArray digits(Int128 value)
{
    QByteArray text;
    const bool isNegative = value < 0;
    for (; value != 0; value /= 10)
        text.prepend(static_cast<char>('0' + std::abs(static_cast<int>(value % 10))));
    return (isNegative ? "-" : "") + (text.isEmpty() ? QByteArray("0") : text);
}

QByteArray textOf(const CounterState &state)
{
    if (const auto *bucket = std::get_if<GcraState>(&state))
        return "tat " + digits(bucket->tat) + " quota " + digits(bucket->quota) + " period "
            + digits(bucket->period.count());
    if (const auto *window = std::get_if<WindowState>(&state)) {
        QByteArray text = "cells";
        for (const WindowCell &cell : window->cells)
            text += ' ' + digits(cell.index) + '=' + digits(cell.amount);
        return text;
    }
    if (const auto *calendar = std::get_if<CalendarState>(&state))
        return "amount " + digits(calendar->amount);
    return "slots " + digits(std::get<SlotState>(state).amount);
}

QByteArray textOf(const StoreAnswer &answer)
{
    QByteArray text =
        (answer.isAdmitted ? "admitted at " : "refused at ") + digits(answer.now.engine.count());
    for (const StoreReading &reading : answer.readings) {
        text += QByteArray("\n  ") + (reading.admits ? "admits " : "refuses ")
            + (reading.isCharged ? "charged " : "not charged ") + textOf(reading.state)
            + " reserved " + digits(reading.reserved);
    }
    return text;
}

/// Nothing after a success.
QByteArray failureOf(const char *what, const Result<void> &done)
{
    return done ? QByteArray() : what + (": " + reasonOf(done));
}

} // namespace

StoreScenario::StoreScenario(const SharedServer &server, quint32 seed, Amounts amounts)
    : m_random(seed),
      m_amounts(amounts),
      m_model(server.leasesByTheClockOfTests() ? Lease : Forever)
      // Later than the server's own clock, by which it may take counters away.
      ,
      m_now(std::chrono::floor<microseconds>(SystemClock().now()) + 48h)
{
    makeSubjects();
    StoreTerms terms;
    terms.lease = Lease;
    if (server.leasesByTheClockOfTests())
        terms.renewal = 24h; // real time must not tell the server anything
    terms.clock = [this] { return m_now; };
    for (size_t i = 0; i < Gateways; ++i) {
        terms.identity = std::make_shared<const stores::GatewayIdentity>(nameOf(i));
        m_gateways.emplace_back(new StoreProbe(server.probe(terms)));
        (void)QTest::qWaitFor([&] { return m_gateways.back()->isUp(); }, 30'000);
        m_model.greet(nameOf(i), now());
    }
}

QByteArray StoreScenario::step()
{
    advance();
    const int choice = pick(100);
    if (choice < 8)
        edit();
    if (choice < 48)
        return reserve({batch()});
    if (choice < 60)
        return reserve({batch(), batch(), batch()});
    if (choice < 92)
        return settle();
    if (choice < 97)
        return merge();
    return reset();
}

QByteArray StoreScenario::deepStep()
{
    Subject &subject = m_subjects.front();
    subject.algorithm = Algorithm::Gcra;
    subject.keepsLastRate = false;
    subject.rate = {1'000'000 * One, 1h, 0};
    m_now += microseconds(between(0, 950'000));
    const bool isFull = m_open.size() > 300 || (m_open.size() > 30 && pick(2) == 0);
    if (isFull) {
        const auto size = static_cast<int>(m_open.size());
        const auto at = m_open.begin() + (pick(3) == 0 ? pick(size) : pick(size / 4 + 1));
        const Open open = *at;
        m_open.erase(at);
        ++m_settled;
        const MicroAmount actual = between(0, open.batch.steps[0].cost);
        return settle(open, {{open.batch.steps[0], actual}});
    }
    StoreStep step = stepOf(subject);
    step.cost = between(One, 1'000 * One);
    step.isShadow = false;
    step.isHeld = true;
    return reserve({{"d" + QByteArray::number(++m_serial), {step}}});
}

StoreScenario::Subject &StoreScenario::anySubject()
{
    return m_subjects[static_cast<size_t>(pick(Subjects))];
}

Rate StoreScenario::someRate()
{
    Rate rate;
    if (m_amounts == Amounts::Huge) {
        rate.quota = between(1, 9'000'000'000'000'000'000);
        rate.period = nanoseconds(between(1, 4'000'000'000'000'000'000));
        rate.extra = pick(8) == 0 ? between(0, rate.quota) : 0;
        return rate;
    }
    rate.quota = oneOf<MicroAmount>({One, 7 * One, 3, 100 * One, 1'234'567, 60'000 * One,
        999'999'999'999 * One, std::numeric_limits<qint64>::max()});
    rate.period = oneOf<nanoseconds>({1s, 7s, 60s, 1h, 24h, 720h, 3'333'333'333ns, 61'234'567'891ns,
        86'399'999'999'999ns, nanoseconds(9'007'199'254'740'993), 1'000'000'000'000'007ns});
    rate.extra = oneOf<MicroAmount>({0, 0, 0, 5 * One, std::numeric_limits<qint64>::max()});
    return rate;
}

void StoreScenario::makeSubjects()
{
    constexpr std::array Kinds{Algorithm::Gcra, Algorithm::SlidingWindow, Algorithm::CalendarWindow,
        Algorithm::Concurrency, Algorithm::Gcra, Algorithm::SlidingWindow};
    for (int i = 0; i < Subjects; ++i) {
        Subject subject;
        subject.key = "3:k:" + QByteArray::number(i);
        if (i > 0)
            subject.key += " \r\n{}\"\xff\\'";
        subject.algorithm = Kinds[static_cast<size_t>(i) % Kinds.size()];
        subject.keepsLastRate = subject.algorithm == Algorithm::Gcra && pick(3) == 0;
        subject.rate = someRate();
        subject.period = {
            std::chrono::floor<milliseconds>(m_now), std::chrono::floor<milliseconds>(m_now) + 24h};
        m_subjects.push_back(subject);
    }
}

void StoreScenario::advance()
{
    const nanoseconds longest = m_amounts == Amounts::Huge ? nanoseconds(24h * 40) : 48h;
    const nanoseconds period = anySubject().rate.period;
    const auto most = std::chrono::ceil<microseconds>(
        std::min(period, longest) / oneOf({1, 10, 60, 1'000, 100'000}));
    if (pick(3) > 0)
        m_now += microseconds(between(0, most.count()));
}

void StoreScenario::edit()
{
    Subject &subject = anySubject();
    const Rate rate = someRate();
    if (pick(2) == 0)
        subject.rate.quota = rate.quota;
    else
        subject.rate = rate;
}

StoreStep StoreScenario::stepOf(const Subject &subject)
{
    StoreStep step;
    step.key = subject.key;
    step.algorithm = subject.algorithm;
    step.rate = subject.rate;
    step.period = subject.period;
    step.keepsLastRate = subject.keepsLastRate;
    const MicroAmount capacity = step.rate.capacity();
    step.cost = oneOf<MicroAmount>({0, 1, One, between(0, capacity), between(0, capacity / 3),
        capacity / 2, capacity / 60, capacity / 10, capacity, saturatingAdd64(capacity, 1)});
    step.isShadow = pick(6) == 0;
    step.isHeld = step.algorithm == Algorithm::Concurrency || pick(3) > 0;
    return step;
}

StoreBatch StoreScenario::batch()
{
    StoreBatch batch;
    batch.reservation = "r" + QByteArray::number(++m_serial);
    const int first = pick(Subjects);
    const int count = pick(4) + 1;
    for (int i = 0; i < count; ++i)
        batch.steps.push_back(stepOf(m_subjects[static_cast<size_t>((first + i * 3) % Subjects)]));
    return batch;
}

/// All at the same time, through one gateway.
QByteArray StoreScenario::reserve(const std::vector<StoreBatch> &batches)
{
    const auto gateway = static_cast<size_t>(pick(Gateways));
    const std::vector<Result<StoreAnswer>> answers = m_gateways[gateway]->reserveAll(batches);
    for (size_t i = 0; i < batches.size(); ++i) {
        const StoreBatch &batch = batches[i];
        const StoreAnswer expected = m_model.reserve(nameOf(gateway), batch, now());
        if (!answers[i])
            return "no answer: " + reasonOf(answers[i]);
        (expected.isAdmitted ? m_admitted : m_refused) += 1;
        if (expected.isAdmitted)
            m_open.push_back({batch, gateway});
        const StoreAnswer answer = StoreModel::normal(batch, *answers[i]);
        if (answer.now.engine != expected.now.engine || answer.isAdmitted != expected.isAdmitted
            || answer.readings != expected.readings)
            return "reserve: " + textOf(answer) + "\nexpected: " + textOf(expected);
    }
    return {};
}

QByteArray StoreScenario::settle()
{
    if (m_open.empty())
        return {};
    const auto at = m_open.begin() + pick(static_cast<int>(m_open.size()));
    const Open open = *at;
    if (pick(20) > 0) // else once more
        m_open.erase(at);
    std::vector<StoreSettlement> settlements;
    for (const StoreStep &step : open.batch.steps) {
        const MicroAmount actual = oneOf<MicroAmount>(
            {0, 1, step.cost / 2, step.cost, saturatingAdd64(step.cost, step.cost / 3 + 1),
                between(0, One), between(0, step.rate.quota)});
        settlements.push_back({step, actual});
    }
    ++m_settled;
    return settle(open, settlements);
}

QByteArray StoreScenario::settle(const Open &open, const std::vector<StoreSettlement> &settlements)
{
    m_model.settle(open.batch.reservation, settlements, now());
    return failureOf(
        "not settled", m_gateways[open.gateway]->settle(open.batch.reservation, settlements));
}

CounterState StoreScenario::surplusOf(const Subject &subject)
{
    const Rate &rate = subject.rate;
    const MicroAmount amount = between(0, rate.quota / 4);
    switch (subject.algorithm) {
    case Algorithm::Gcra: {
        const Rate other = pick(2) == 0 ? rate : someRate();
        return gcra::charged(gcra::fresh(other, m_now), other, between(0, other.quota), m_now);
    }
    case Algorithm::SlidingWindow: {
        WindowState window;
        // Cells that have left, that will soon and the one of now.
        for (const int part : {-7, -6, -3, 0}) {
            const nanoseconds at = std::max<nanoseconds>(0ns, m_now + rate.period / 6 * part);
            if (pick(2) == 0 || part == 0)
                window = slidingwindow::rescaled(window, rate.period, rate.period, at);
            slidingwindow::charge(window, rate.period, amount / 4, at);
        }
        return window;
    }
    case Algorithm::CalendarWindow:
        return CalendarState{subject.period.start + milliseconds(pick(5) == 0 ? 1 : 0), amount};
    case Algorithm::Concurrency:
        break;
    }
    return SlotState{amount};
}

QByteArray StoreScenario::merge()
{
    std::vector<StoreMerge> merges;
    const int first = pick(Subjects);
    for (int i = pick(4); i >= 0; --i) {
        const Subject &subject = m_subjects[static_cast<size_t>((first + i * 3) % Subjects)];
        merges.push_back({stepOf(subject), surplusOf(subject)});
    }
    m_model.merge(merges, now());
    return failureOf("not merged", m_gateways[0]->merge(merges));
}

QByteArray StoreScenario::reset()
{
    const std::vector<QByteArray> keys{anySubject().key};
    m_model.reset(keys);
    return failureOf("not reset", m_gateways[0]->reset(keys));
}

} // namespace sluice::test

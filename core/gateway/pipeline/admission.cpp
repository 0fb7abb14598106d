// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/pipeline/admission.h"

#include "core/base/ids.h"

#include <algorithm>

namespace sluice::gateway {

using limits::Decision;
using limits::StoreAnswer;
using limits::StoreQuestion;
using limits::StoreSettlement;
using limits::StoreStep;

namespace {

/// A refusal because of a reservation that another request gave back again is looked at once more;
/// a configuration that changes meanwhile, too.
constexpr int MostAttempts = 3;

/// Whether an answer fits its question: what a store says is not taken on trust.
bool fits(const StoreQuestion &question, const StoreAnswer &answer)
{
    const std::vector<StoreStep> &steps = question.batch.steps;
    if (answer.readings.size() != steps.size())
        return false;
    bool admits = true;
    for (size_t i = 0; i < steps.size(); ++i)
        admits = admits && (steps[i].isShadow || answer.readings[i].admits);
    return admits == answer.isAdmitted;
}

} // namespace

/// One attempt. Outlives the admission while a store has yet to answer.
struct Admission::Asked
{
    quint64 serial = 0; ///< of the limits
    limits::Plan plan;
    std::vector<StorePtr> stores; ///< of each question
    std::vector<StoreAnswer> answers; ///< of each question that was answered; empty after an error
    limits::StoreView view;
    bool isAbandoned = false;

    [[nodiscard]] bool isComplete() const { return answers.size() == plan.questions.size(); }

    /// Settles every hold of the questions that were admitted.
    void settleAll(const std::function<qint64(const StoreQuestion &, size_t step)> &actual)
    {
        for (size_t i = 0; i < answers.size(); ++i)
            settle(i, actual);
    }

    void settle(size_t index, const std::function<qint64(const StoreQuestion &, size_t)> &actual)
    {
        if (!answers[index].isAdmitted)
            return;
        const StoreQuestion &question = plan.questions[index];
        std::vector<StoreSettlement> settlements;
        for (size_t step = 0; step < question.batch.steps.size(); ++step) {
            if (question.batch.steps[step].isHeld && answers[index].readings[step].isCharged)
                settlements.push_back({question.batch.steps[step], actual(question, step)});
        }
        if (!settlements.empty())
            stores[index]->settle(question.batch.reservation, settlements);
    }

    /// Nothing was used.
    void release()
    {
        settleAll([](const StoreQuestion &, size_t) { return 0; });
        answers.clear();
    }

    /// An answer that nobody waits for any more.
    void releaseLate(size_t index, const StoreAnswer &answer)
    {
        answers.assign(index, {});
        answers.push_back(answer);
        release();
    }

    void placeReplies()
    {
        view.isPlan = false;
        for (size_t i = 0; i < plan.questions.size(); ++i) {
            const StoreQuestion &question = plan.questions[i];
            for (size_t step = 0; i < answers.size() && step < answers[i].readings.size(); ++step) {
                const auto link = static_cast<size_t>(question.links[step]);
                if (view.replies.size() <= link)
                    view.replies.resize(link + 1);
                view.replies[link] = {&answers[i].readings[step], answers[i].now};
            }
        }
    }
};

Admission::Admission(limits::Limiter &limiter, StorePool &stores)
    : m_limiter(limiter), m_stores(stores)
{
}

Admission::~Admission()
{
    if (!m_asked)
        return;
    m_asked->isAbandoned = true;
    m_asked->release();
}

void Admission::decide(const limits::LimitSet &known, const limits::Subject &subject,
    const limits::Estimate &estimate, Decided decided)
{
    m_subject = &subject;
    m_estimate = &estimate;
    m_decided = std::move(decided);
    if (known.asksStores())
        start();
    else
        answer(m_limiter.reserve(subject, estimate));
}

void Admission::start()
{
    ++m_attempts;
    const auto limits = m_limiter.limits();
    if (!limits->asksStores() || m_attempts > MostAttempts)
        return answer(m_limiter.reserve(*m_subject, *m_estimate));
    m_stores.follow(*limits);
    auto asked = std::make_shared<Asked>();
    asked->serial = limits->serial();
    asked->view = m_stores.view();
    asked->view.isPlan = true;
    auto plan =
        m_limiter.plan(*m_subject, *m_estimate, asked->view, makeRequestId(), asked->serial);
    if (!plan)
        return start(); // another configuration came in between
    asked->plan = std::move(*plan);
    if (asked->plan.questions.empty() && !asked->plan.decision.isAdmitted())
        return answer(std::move(asked->plan.decision));
    for (const StoreQuestion &question : asked->plan.questions)
        asked->stores.push_back(m_stores.at(question.store));
    m_asked = asked;
    askNext(asked);
}

void Admission::askNext(const AskedPtr &asked)
{
    if (asked->isComplete())
        return conclude(asked);
    const size_t index = asked->answers.size();
    // This is gone if the attempt is abandoned.
    asked->stores[index]->reserve(asked->plan.questions[index].batch,
        [this, asked, index](const Result<StoreAnswer> &answer) {
            if (!asked->isAbandoned)
                take(asked, answer);
            else if (answer)
                asked->releaseLate(index, *answer);
        });
}

void Admission::take(const AskedPtr &asked, const Result<StoreAnswer> &answer)
{
    const size_t index = asked->answers.size();
    const StoreQuestion &question = asked->plan.questions[index];
    if (answer && fits(question, *answer)) {
        asked->answers.push_back(*answer);
        if (!answer->isAdmitted)
            return conclude(asked);
    } else {
        asked->answers.emplace_back();
        asked->view.isUp[static_cast<size_t>(question.store)] = false;
    }
    askNext(asked);
}

void Admission::conclude(const AskedPtr &asked)
{
    asked->placeReplies();
    auto decision = m_limiter.reserve(*m_subject, *m_estimate, asked->view, asked->serial);
    if (decision && decision->isAdmitted())
        return answer(std::move(*decision));
    const bool triesAgain = !decision || mayTryAgain(*asked);
    asked->release();
    m_asked.reset();
    if (triesAgain)
        return start();
    answer(std::move(*decision));
}

/// Only once, and only if somebody else's open reservation may have been in the way.
bool Admission::mayTryAgain(const Asked &asked) const
{
    const auto isInTheWay = [](const StoreAnswer &answer) {
        return std::any_of(answer.readings.begin(), answer.readings.end(),
            [](const limits::StoreReading &reading) {
                return !reading.admits && reading.reserved > 0;
            });
    };
    return m_attempts == 1 && asked.plan.isMixed
        && std::any_of(asked.answers.begin(), asked.answers.end(), isInTheWay);
}

void Admission::answer(Decision &&decision)
{
    m_reservation = decision.reservation;
    const Decided decided = std::move(m_decided);
    decided(std::move(decision)); // may destroy this
}

void Admission::settle(const limits::Consumption &consumption)
{
    m_limiter.settle(std::exchange(m_reservation, 0), consumption);
    const AskedPtr asked = std::exchange(m_asked, nullptr);
    if (!asked)
        return;
    asked->settleAll([&](const StoreQuestion &question, size_t step) {
        return limits::finalAmount(*question.limits[step], *m_estimate, m_subject->model,
            question.batch.steps[step].cost, consumption);
    });
}

} // namespace sluice::gateway

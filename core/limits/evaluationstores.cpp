// SPDX-License-Identifier: GPL-3.0-or-later
// What an evaluation asks shared stores, and how it reads their answers.
#include "core/limits/evaluation.h"

#include <algorithm>

namespace sluice::limits {

namespace {

template <typename State> State stateOr(const CounterState &state, State otherwise)
{
    const auto *found = std::get_if<State>(&state);
    return found != nullptr ? *found : otherwise;
}

StoreQuestion &questionFor(std::vector<StoreQuestion> &questions, int store)
{
    const auto found = std::find_if(questions.begin(), questions.end(),
        [store](const StoreQuestion &question) { return question.store == store; });
    if (found != questions.end())
        return *found;
    questions.emplace_back().store = store;
    return questions.back();
}

} // namespace

void Evaluation::findOrigin(size_t index)
{
    const StoreView *stores = m_question.stores;
    const Limit &limit = this->limit(index);
    if (stores == nullptr || !m_question.limits.storeOf(limit).isShared())
        return;
    Step &step = this->step(index);
    const StoreReply reply = stores->replyTo(index);
    if (reply.reading != nullptr) {
        step.origin = Origin::Store;
        step.reading = reply.reading;
        step.now = reply.now;
    } else if (stores->isUp[static_cast<size_t>(limit.store)]) {
        // Not asked after all, because another one has refused: what was seen last is shown.
        step.origin = stores->isPlan ? Origin::Unasked : Origin::Engine;
    } else if (limit.onStoreFailure != StoreFailure::Local) {
        step.origin = Origin::Nowhere;
    }
}

/// The step stands as the store says.
void Evaluation::takeAnswer(Step &step)
{
    const CounterState &state = step.reading->state;
    step.bucket = stateOr(state, step.bucket);
    if (std::holds_alternative<WindowState>(state))
        step.renewed = std::get<WindowState>(state);
    const CalendarState calendar = stateOr(state, CalendarState{step.period.start, 0});
    step.level = std::holds_alternative<SlotState>(state) ? std::get<SlotState>(state).amount
                                                          : calendar.amount;
}

/// A store is asked once for twins.
void Evaluation::shareAnswer(Step &step, const Step &first)
{
    if (first.origin != Origin::Store)
        return;
    step.origin = first.origin;
    step.reading = first.reading;
    step.now = first.now;
    takeAnswer(step);
}

/// What a charge of the step is counted in.
Rate Evaluation::chargedRate(size_t index) const
{
    const Step &step = m_steps[static_cast<qsizetype>(index)];
    const bool isRunning = step.terms != LimitRegistry::None;
    return rateOf(step, isRunning ? *m_book.registry.at(step.terms).limit : limit(index));
}

bool Evaluation::isMixed() const
{
    int store = -1;
    for (size_t i = 0; i < size(); ++i) {
        const Step &step = m_steps[static_cast<qsizetype>(i)];
        if (!step.counts || limit(i).mode != LimitMode::Enforce || step.origin == Origin::Nowhere)
            continue;
        const int next = step.origin == Origin::Unasked ? limit(i).store + 1 : 0;
        if (store >= 0 && next != store)
            return true;
        store = next;
    }
    return false;
}

StoreStep Evaluation::storeStep(size_t index) const
{
    const Step &step = m_steps[static_cast<qsizetype>(index)];
    const Limit &limit = this->limit(index);
    StoreStep asked;
    asked.key = storeKey(limit, *step.owner, step.key.value.toByteArray(), step.period);
    asked.algorithm = limit.algorithm;
    asked.rate = chargedRate(index);
    asked.period = step.period;
    asked.cost = decision.chain[index].cost;
    asked.isShadow = limit.mode == LimitMode::Shadow;
    asked.isHeld = needsSettling(limit, m_question.subject);
    asked.keepsLastRate = limit.scope == LimitScope::Header && limit.algorithm == Algorithm::Gcra;
    return asked;
}

std::vector<StoreQuestion> Evaluation::questions(const QByteArray &reservation) const
{
    std::vector<StoreQuestion> questions;
    const bool holdsAll = isMixed(); // what another one refuses is given back
    for (size_t i = 0; i < size(); ++i) {
        const Step &step = m_steps[static_cast<qsizetype>(i)];
        if (step.origin != Origin::Unasked || step.twin >= 0 || step.refusal != Refusal::None)
            continue;
        StoreQuestion &question = questionFor(questions, limit(i).store);
        question.batch.reservation = reservation;
        question.batch.steps.push_back(storeStep(i));
        question.batch.steps.back().isHeld |= holdsAll;
        question.links.push_back(static_cast<int>(i));
        question.limits.push_back(decision.chain[i].limit);
    }
    return questions;
}

} // namespace sluice::limits

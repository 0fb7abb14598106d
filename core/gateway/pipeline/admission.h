// SPDX-License-Identifier: GPL-3.0-or-later
// The decision of one request where more than the engine has a say: the shared stores that its
// limits count in, and the disk of a strict one (spec: stores, "Mixed"). Never over: the engine
// looks without charging, the stores reserve one after the other, then the engine charges; whoever
// refuses, what the others hold is given back. One exchange, one gateway thread; owned by it.
#pragma once

#include "core/gateway/sharedstores/storepool.h"

namespace sluice::gateway {

class Admission final
{
public:
    using Decided = std::function<void(limits::Decision &&)>;

    Admission(limits::Limiter &limiter, StorePool &stores);

    /// Gives back what is reserved in stores and was not settled.
    ~Admission();
    Q_DISABLE_COPY_MOVE(Admission)

    /// Decides once, by the limits in force; may answer before it returns. known: the limits that
    /// the request came in with: if they ask no store nobody looks for one. Subject and estimate
    /// must stay as they are until then, and until settle(). No answer comes after the admission's
    /// end.
    void decide(const limits::LimitSet &known, const limits::Subject &subject,
        const limits::Estimate &estimate, Decided decided);

    /// Replaces what is held, in the engine and in the stores. Once, for an admitted request.
    void settle(const limits::Consumption &consumption);

private:
    struct Asked;
    using AskedPtr = std::shared_ptr<Asked>;

    void start();
    void askNext(const AskedPtr &asked);
    void take(const AskedPtr &asked, const Result<limits::StoreAnswer> &answer);
    void conclude(const AskedPtr &asked);
    [[nodiscard]] bool mayTryAgain(const Asked &asked) const;
    void answer(limits::Decision &&decision);

    limits::Limiter &m_limiter;
    StorePool &m_stores;
    const limits::Subject *m_subject = nullptr;
    const limits::Estimate *m_estimate = nullptr;
    Decided m_decided;
    AskedPtr m_asked; ///< the attempt that runs, then what it holds in the stores
    limits::ReservationId m_reservation = 0; ///< in the engine
    int m_attempts = 0;
};

} // namespace sluice::gateway

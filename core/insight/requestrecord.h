// SPDX-License-Identifier: GPL-3.0-or-later
// What is remembered of one request: who, what, the decision, the outcome. No bodies, no secrets.
// A value that travels from gateway threads to the console.
#pragma once

#include "core/limits/decision.h"
#include "core/limits/subject.h"
#include "core/metering/charge.h"

#include <QString>

namespace sluice::insight {

enum class Outcome : quint8 {
    Streaming, ///< the answer has begun and not ended; the same id comes again when it has
    Completed, ///< the provider's answer reached the client, whatever its status
    Refused, ///< by a limit
    Rejected, ///< by the gateway for another reason: unknown key, malformed policy, bad body
    UpstreamFailed, ///< unreachable, timed out or broken off
    ClientLeft, ///< before the end of the answer
};

struct RequestRecord
{
    quint64 id = 0; ///< grows with every request of this process
    QByteArray requestId; ///< `helicone-id`
    std::chrono::milliseconds at{0}; ///< wall time of arrival
    limits::Subject subject;
    QByteArray method;
    QByteArray path; ///< without query
    QByteArray provider; ///< chosen to serve it; empty if it did not get so far
    QByteArray model; ///< as asked, without the prefix of its provider
    bool isStream = false;
    Outcome outcome = Outcome::Completed;
    int status = 0; ///< sent to the client; 0 = nothing was sent
    std::chrono::microseconds duration{0}; ///< arrival to the last byte
    std::optional<std::chrono::microseconds> firstByte; ///< arrival to the answer's first byte
    std::chrono::microseconds overhead{0}; ///< the gateway's own share
    int retries = 0; ///< of the provider, or of another one, after the first try
    QByteArray client; ///< address of the other end, without port
    qint64 bytesSent = 0; ///< of the answer's body
    metering::Charge charge; ///< once the answer has ended
    limits::Decision decision; ///< empty chain if none was made
    QString note; ///< one sentence for rejected and failed requests
};

/// Whether a verdict is a limit's or a block's refusal, rather than something that is wrong with
/// the request or with the configuration. What is larger than a whole limit is refused by that
/// limit.
inline bool isRefusal(limits::Verdict verdict)
{
    switch (verdict) {
    case limits::Verdict::LimitReached:
    case limits::Verdict::SlotsTaken:
    case limits::Verdict::NeverFits:
    case limits::Verdict::Blocked:
        return true;
    case limits::Verdict::Admitted:
    case limits::Verdict::Unpriced:
    case limits::Verdict::MissingSegment:
    case limits::Verdict::NoRoom:
    case limits::Verdict::StoreDown:
        break;
    }
    return false;
}

inline bool wasRefused(const RequestRecord &record)
{
    return record.outcome == Outcome::Refused
        || (record.outcome == Outcome::Rejected && isRefusal(record.decision.verdict));
}

} // namespace sluice::insight

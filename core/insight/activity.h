// SPDX-License-Identifier: GPL-3.0-or-later
// What one gateway thread reports to the console, ten times a second at most. A value.
#pragma once

#include "core/insight/finishedrows.h"
#include "core/insight/spent.h"
#include "core/insight/subject.h"

#include <QMetaType>

#include <memory>

namespace sluice::insight {

/// The figures of one subject since the last report.
struct SubjectDelta
{
    /// Counters of other dimensions: the keys of a team, the users of a key.
    static constexpr size_t MaxOthers = 16;
    /// All together; the rest is for the subject's own and for shared ones, so that a crowd of
    /// others does not hide them.
    static constexpr size_t MaxCounters = 24;

    SubjectId subject;
    quint32 admitted = 0;
    quint32 refused = 0;
    quint32 wouldRefuse = 0; ///< admitted, but a shadow limit was full
    std::vector<CounterId> counters; ///< seen with this subject, at most MaxCounters of them
    Spent spent = {}; ///< by requests that ended
};

/// The figures of one model since the last report.
struct ModelDelta
{
    QByteArray provider; ///< chosen to serve it; empty if it did not get so far
    QByteArray model;
    quint32 requests = 0; ///< that named a model, refused ones too
    quint32 refused = 0;
    Spent spent = {}; ///< by requests that ended
    bool isUnpriced = false; ///< nobody knew the price of the last one that needed it
};

/// Requests that have ended, each once: a stream at its end.
using FinishedRequests = std::shared_ptr<const FinishedRows>;

struct ActivityBatch
{
    std::chrono::milliseconds at{0}; ///< wall time of the report
    std::vector<RequestRecord> records; ///< oldest first; bounded, see ActivityCollector
    quint32 notListed = 0; ///< requests that were counted but left out of `records`
    FinishedRequests finished; ///< all of them, for the ledger; null if there are none to record
    quint32 requests = 0; ///< all finished decisions since the last report
    quint32 refused = 0;
    std::vector<SubjectDelta> subjects;
    std::vector<ModelDelta> models; ///< bounded, see ActivityCollector
    std::vector<limits::CounterReading> counters; ///< that changed since the last report
    EngineTime now{0}; ///< engine time of the counters
};

using ActivityBatchPtr = std::shared_ptr<const ActivityBatch>;

} // namespace sluice::insight

Q_DECLARE_METATYPE(sluice::insight::ActivityBatchPtr)

// SPDX-License-Identifier: GPL-3.0-or-later
// Folds requests into an ActivityBatch on the gateway thread that saw them, so that the console's
// work does not grow with traffic. One per gateway thread; not thread-safe.
#pragma once

#include "core/insight/activity.h"

#include <QHash>

namespace sluice::insight {

class ActivityCollector final
{
public:
    /// Requests listed between two reports; more are counted, not listed. The ends of streams that
    /// were listed before come on top.
    static constexpr size_t MaxRecords = 500;

    /// Models told apart between two reports; the rest is one without a name.
    static constexpr size_t MaxModels = 200;

    /// Notes a request that was decided, rejected or finished. Streams are noted twice: when they
    /// begin (Outcome::Streaming, counted) and when they end (not counted again, but what they used
    /// is known only then).
    void note(const RequestRecord &record);

    /// True if nothing has been noted since the last take().
    [[nodiscard]] bool isEmpty() const;

    /// Everything since the last call; `at` and the counters are for the caller to fill in.
    [[nodiscard]] ActivityBatch take();

private:
    static constexpr size_t NotInBatch = static_cast<size_t>(-1);

    /// A stream that was counted when it began.
    struct Stream
    {
        size_t listedAt = NotInBatch; ///< index into m_batch.records
        bool wasListed = false;
    };

    void list(const RequestRecord &record);
    void count(const RequestRecord &record);
    void spend(const RequestRecord &record); ///< of a stream that was counted when it began
    static void spend(ModelDelta &delta, const RequestRecord &record);
    template <typename Fold> void forEachSubject(const limits::Subject &subject, const Fold &fold);
    size_t indexOf(const SubjectId &subject);
    size_t indexOfMember(const limits::Subject &subject);
    ModelDelta *modelOf(const RequestRecord &record);
    void fold(SubjectDelta &delta, const RequestRecord &record, bool wouldRefuse);

    using NamePair = std::pair<QByteArray, QByteArray>;

    ActivityBatch m_batch;
    QHash<SubjectId, size_t> m_subjects; ///< index into m_batch.subjects
    QHash<NamePair, size_t> m_members; ///< the same, by team and member
    QHash<NamePair, size_t> m_models; ///< index into m_batch.models, by provider and model
    QHash<quint64, Stream> m_streams; ///< running ones, by record id
};

} // namespace sluice::insight

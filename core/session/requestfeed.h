// SPDX-License-Identifier: GPL-3.0-or-later
// The last requests, newest last, in a ring of bounded size. Lives on the main thread.
#pragma once

#include "core/insight/activity.h"

#include <QHash>
#include <QObject>

#include <deque>

namespace sluice::session {

class RequestFeed final : public QObject
{
    Q_OBJECT

public:
    static constexpr int Capacity = 100'000;

    explicit RequestFeed(QObject *parent = nullptr);
    ~RequestFeed() override;
    Q_DISABLE_COPY_MOVE(RequestFeed)

    void ingest(const insight::ActivityBatchPtr &batch);

    [[nodiscard]] int size() const { return static_cast<int>(m_records.size()); }

    /// Oldest = 0.
    [[nodiscard]] const insight::RequestRecord &at(int index) const
    {
        return m_records[static_cast<size_t>(index)];
    }

    /// Requests that were counted but came too fast to be listed.
    [[nodiscard]] quint64 notListed() const { return m_notListed; }

    /// The latest records (newest first, at most `most`) whose chain touched a counter since a wall
    /// time. Looks at no more than the last 20 000 records.
    [[nodiscard]] QList<insight::RequestRecord> touching(
        const insight::CounterId &counter, std::chrono::milliseconds since, int most) const;

Q_SIGNALS:
    /// Rows at the front are about to go, then count rows are appended; emitted once per batch.
    void trimmed(int count);
    void appended(int count);
    /// A stream that was listed before has ended; its row changed in place.
    void updated(int index);

private:
    bool updateStream(const insight::RequestRecord &record);

    std::deque<insight::RequestRecord> m_records;
    quint64 m_firstSerial = 0; ///< serial number of m_records.front()
    QHash<quint64, quint64> m_streams; ///< running streams: record id -> serial number
    quint64 m_notListed = 0;
};

} // namespace sluice::session

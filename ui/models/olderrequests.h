// SPDX-License-Identifier: GPL-3.0-or-later
// The requests of a list that are older than the feed's ring: read from the ledger in pages as a
// person goes back, or kept when they leave the ring. Bounded; knows what was listed already, so
// that nothing appears twice. GUI thread; owned by its model.
#pragma once

#include "core/base/clock.h"
#include "core/session/ledgerqueries.h"
#include "core/session/requestfeed.h"

#include <QSet>

#include <deque>

namespace sluice::ui {

class OlderRequests final : public QObject
{
    Q_OBJECT

public:
    static constexpr int Capacity = 20'000;
    static constexpr int PageSize = 200; ///< matching requests that are read at once

    /// All must outlive this object. Without a ledger there is nothing older.
    OlderRequests(session::LedgerQueries *ledger, const session::RequestFeed &feed,
        const Clock &clock, QObject *parent = nullptr);
    ~OlderRequests() override;
    Q_DISABLE_COPY_MOVE(OlderRequests)

    /// Forgets everything. Without a matcher every request fits; nothing before `since` does.
    void restart(const session::OlderQuestion::Matcher &matches, std::chrono::milliseconds since);

    /// False while a page is on its way too.
    [[nodiscard]] bool canFetch() const;

    /// Asks for the next page, and goes on until it is full.
    void fetch();

    /// Ends that: nobody looks.
    void pause();

    [[nodiscard]] bool isFetching() const { return m_isFetching; }

    /// Whether the ring's oldest requests are followed by older ones, so that what leaves it stays.
    [[nodiscard]] bool isStarted() const { return m_isStarted; }

    [[nodiscard]] bool isFull() const { return int(m_records.size()) >= Capacity; }

    [[nodiscard]] int size() const { return int(m_records.size()); }

    /// Newest first.
    [[nodiscard]] const insight::RequestRecord &at(int index) const
    {
        return m_records[size_t(index)];
    }

    /// Rows of the ledger that were looked at, without those that were listed already.
    [[nodiscard]] qint64 lookedAt() const { return m_rows; }

    /// How far back that was; none: not at all yet.
    [[nodiscard]] std::optional<std::chrono::milliseconds> lookedBackTo() const;

    /// Why older ones cannot be read; empty if they can, or if there are none.
    [[nodiscard]] QString problem() const { return m_problem; }

    /// The index of a request that is listed here, -1 else.
    [[nodiscard]] int indexOf(const QByteArray &requestId) const;

    // What its model calls between the begin and the end of a change.
    void append(std::vector<insight::RequestRecord> records);
    void prepend(const insight::RequestRecord &record); ///< has left the ring
    void removeAt(int index);
    void removeLast(int count);

Q_SIGNALS:
    /// A page has come, without what is listed already; append() it.
    void arrived(const std::vector<sluice::insight::RequestRecord> &records);
    void stateChanged();

private:
    void start();
    void ask();
    void take(const Result<session::OlderRequests> &answer);
    void end(const Error &error);

    session::LedgerQueries *m_ledger;
    const session::RequestFeed &m_feed;
    const Clock &m_clock;
    session::OlderQuestion m_next;
    std::chrono::milliseconds m_since{0};
    std::deque<insight::RequestRecord> m_records;
    QSet<QByteArray> m_listed; ///< request ids of these, and of the ring's where both meet
    qint64 m_rows = 0;
    int m_missing = 0; ///< of the page that is wanted
    QString m_problem;
    bool m_isStarted = false;
    bool m_isFetching = false;
    bool m_isEnd = false;
};

} // namespace sluice::ui

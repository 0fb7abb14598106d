// SPDX-License-Identifier: GPL-3.0-or-later
// The live list of requests over the feed's ring, newest first, and behind its end what the ledger
// has of older ones. Holds sequence numbers of the ring only; what cells say is made on demand.
// Batches go in at most four times a second; filters run in slices. GUI thread; owned by its page.
#pragma once

#include "core/base/clock.h"
#include "core/session/requestfeed.h"
#include "ui/models/filterquery.h"
#include "ui/models/olderrequests.h"
#include "ui/widgets/cellvalues.h"

#include <QAbstractTableModel>
#include <QTimer>

#include <deque>
#include <optional>

namespace sluice::ui {

class RequestLogModel final : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column {
        TimeColumn,
        DecisionColumn,
        RouterColumn,
        KeyColumn,
        UserColumn,
        ModelColumn,
        DurationColumn,
        TokensColumn,
        CostColumn,
        LimitColumn,
        LeftColumn,
        ColumnCount
    };

    /// The tabs of the page: a condition beside the filter.
    enum class View : quint8 { All, Refused, WouldRefuse, Failed };
    Q_ENUM(View)

    static constexpr int SliceSize = 10'000; ///< records looked at in one turn of the event loop

    /// feed, clock and ledger must outlive the model. Without a ledger the list ends with the ring.
    RequestLogModel(session::RequestFeed &feed, const Clock &clock,
        session::LedgerQueries *ledger = nullptr, QObject *parent = nullptr);
    ~RequestLogModel() override;
    Q_DISABLE_COPY_MOVE(RequestLogModel)

    [[nodiscard]] static std::vector<FilterField> filterFields();

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(
        int section, Qt::Orientation orientation, int role) const override;

    /// Older requests come in later turns.
    [[nodiscard]] bool canFetchMore(const QModelIndex &parent) const override;
    void fetchMore(const QModelIndex &parent) override;

    /// 4 Hz: takes what arrived since. While not following, matches are only counted.
    void tick();

    void setFollowing(bool following);

    [[nodiscard]] bool isFollowing() const { return m_isFollowing; }

    /// Matching requests that wait to be shown.
    [[nodiscard]] int waitingCount() const { return static_cast<int>(m_waiting.size()); }

    /// Invalid queries are ignored. Looking through the ring goes on over the next turns.
    void setFilter(const FilterQuery &query);
    void setView(View view);

    [[nodiscard]] bool isFiltering() const { return m_nextOld.has_value(); }

    /// All records in the ring, and those of the ledger that were looked at.
    [[nodiscard]] int totalCount() const { return m_feed.size() + int(m_older.lookedAt()); }

    [[nodiscard]] OlderRequests &older() { return m_older; }

    [[nodiscard]] const OlderRequests &older() const { return m_older; }

    /// The record of a row; null if there is none. Valid until the feed or the model changes.
    [[nodiscard]] const insight::RequestRecord *recordAt(int row) const;

    /// The row of a record by its id (they grow with the sequence), or -1.
    [[nodiscard]] int rowOfRecord(quint64 id) const;

Q_SIGNALS:
    void waitingChanged(int count);
    void filteringChanged(bool filtering);
    void olderChanged(); ///< older requests are on their way, have come or cannot come

private:
    using Sequence = quint64; ///< grows with every record of the feed

    [[nodiscard]] const insight::RequestRecord &record(Sequence sequence) const;
    [[nodiscard]] Sequence end() const;
    [[nodiscard]] Sequence sequenceAt(int row) const;
    [[nodiscard]] int rowOf(Sequence sequence) const;
    [[nodiscard]] const insight::RequestRecord &shown(int row) const;
    void forgetOldest(int count);
    void keepTrimmed(int count);
    void insertOlder(const std::vector<insight::RequestRecord> &records);
    void dropOlderTwin(const insight::RequestRecord &record);
    void restartOlder();
    void noteUpdated(int index);
    void takeArrived();
    void takeUpdated();
    void insertNewest();
    void insertMissed(Sequence sequence);
    void restart();
    void filterSlice();
    [[nodiscard]] bool matches(const insight::RequestRecord &record) const;

    session::RequestFeed &m_feed;
    const Clock &m_clock;
    std::deque<Sequence> m_rows; ///< oldest first; row 0 is the back
    std::deque<Sequence> m_waiting; ///< matching, newer than all rows
    std::vector<Sequence> m_updated;
    Sequence m_base = 0; ///< of the feed's oldest record
    Sequence m_next = 0; ///< first that was not looked at yet
    std::optional<Sequence> m_nextOld; ///< while filtering: everything below is still to be seen
    QTimer m_slices;
    OlderRequests m_older; ///< behind the rows of the ring
    FilterQuery m_filter;
    View m_view = View::All;
    int m_lastWaiting = 0;
    bool m_hasGap = false; ///< requests left the ring that were never shown, before older ones
    bool m_isFollowing = true;
};

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
// One tab of the Usage page: all subjects of one segment with their tightest limit. UsageFigures
// are read for visible rows only; the order is an own vector that changes at most once a second and
// never while it is frozen. GUI thread; owned by its page.
#pragma once

#include "core/session/liveusage.h"
#include "ui/models/belongings.h"
#include "ui/models/filterquery.h"
#include "ui/models/usagefigures.h"

#include <QAbstractTableModel>
#include <QHash>

namespace sluice::ui {

class UsageModel final : public QAbstractTableModel
{
    Q_OBJECT

public:
    /// usage must outlive the model.
    UsageModel(session::LiveUsage &usage, limits::Segment segment, QObject *parent = nullptr);
    ~UsageModel() override;
    Q_DISABLE_COPY_MOVE(UsageModel)

    [[nodiscard]] const limits::Segment &segment() const { return m_question.segment; }

    [[nodiscard]] static std::vector<FilterField> filterFields();

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(
        int section, Qt::Orientation orientation, int role) const override;
    void sort(int column, Qt::SortOrder order) override;

    /// Rows that a person can see; only these are refreshed by tick().
    void setVisibleRows(int first, int last);

    /// 4 Hz: lists new subjects at the end and refreshes the visible rows.
    void tick();

    /// 1 Hz: sorts, unless the order is frozen.
    void reorder();

    /// Sorts now, frozen or not.
    void sortNow();

    void setOrderFrozen(bool frozen) { m_isOrderFrozen = frozen; }

    /// True if the last reorder() was held back and would have moved rows.
    [[nodiscard]] bool isOrderOverdue() const { return m_isOrderOverdue; }

    /// True: figures are older than two seconds and drawn so.
    void setStale(bool stale);

    /// Which limits the rows show, and are ordered by.
    void setUnitView(UnitView view);

    /// What is raised and blocked now.
    void setMarks(const OperationMarks &marks);

    /// Keeps the rows that fit; an invalid query is ignored.
    void setFilter(const FilterQuery &query);

    /// Subjects of this segment, listed or not.
    [[nodiscard]] int totalCount() const { return static_cast<int>(m_entries.size()); }

    /// Index into the usage book, or -1.
    [[nodiscard]] int subjectAt(int row) const;
    [[nodiscard]] int rowOfSubject(int subject) const;

private:
    /// One subject. share and fullIn were read at `at`; in between the share falls evenly, which is
    /// exact for GCRA and good enough to order rolling windows. Calendar windows fall at once.
    struct Entry
    {
        int subject = 0;
        float share = 0;
        bool isShadow = false;
        bool isDirty = true;
        EngineTime at{0};
        std::chrono::nanoseconds fullIn{0};
        limits::LimitPtr tightest;
    };

    struct Flash
    {
        quint64 refused = 0;
        std::chrono::milliseconds at{0};
    };

    void takeNewSubjects();
    void refreshDirty();
    void refresh(Entry &entry, EngineTime now);
    void refreshVisible();
    void emitRuns(const std::vector<int> &rows);
    [[nodiscard]] const UsageFigures &figuresOf(int slot) const;
    [[nodiscard]] UsageFigures readFigures(int slot) const;
    void flash(int slot, UsageFigures &figures);
    [[nodiscard]] double shareNow(const Entry &entry, EngineTime now) const;

    [[nodiscard]] bool matches(const Entry &entry, EngineTime now) const;
    [[nodiscard]] QByteArray stateWord(const Entry &entry, EngineTime now) const;
    [[nodiscard]] bool matchesTerm(
        const FilterTerm &term, const Entry &entry, EngineTime now) const;
    void applyFilter();
    void setOrder(std::vector<int> order);
    [[nodiscard]] std::vector<int> sorted(std::vector<int> order) const;
    void sortByFigure(std::vector<int> &order) const;
    void sortByText(std::vector<int> &order) const;
    [[nodiscard]] double sortFigure(const Entry &entry, EngineTime now) const;
    [[nodiscard]] QString sortText(const Entry &entry) const;
    void rebuildRows();

    void markChanged(const std::vector<int> &subjects);
    void markAllChanged();
    void takeConfiguration();
    [[nodiscard]] Belonging belongingOf(const Entry &entry) const;

    session::LiveUsage &m_usage;
    UsageQuestion m_question;
    Belongings m_belongings;

    std::vector<Entry> m_entries;
    std::vector<int> m_slotOfSubject; ///< -1 = another segment
    std::vector<int> m_order; ///< row -> slot
    std::vector<int> m_rowOf; ///< slot -> row, -1 = not listed
    std::vector<int> m_dirty; ///< slots
    mutable QHash<int, UsageFigures> m_figures; ///< by slot, of rows that were shown
    QHash<int, Flash> m_flashes;

    FilterQuery m_filter;
    int m_firstVisible = 0;
    int m_lastVisible = 60;
    int m_sortColumn = UsageColumn::GaugeColumn;
    Qt::SortOrder m_sortOrder = Qt::DescendingOrder;
    bool m_isOrderFrozen = false;
    bool m_isOrderOverdue = false;
};

} // namespace sluice::ui

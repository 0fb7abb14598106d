// SPDX-License-Identifier: GPL-3.0-or-later
// One tab of the Usage page: all subjects of one segment with their tightest limit. UsageFigures
// are read for visible rows only. GUI thread; owned by its page.
#pragma once

#include "core/session/liveusage.h"
#include "ui/models/belongings.h"
#include "ui/models/orderedmodel.h"
#include "ui/models/usagefigures.h"

#include <QHash>

namespace sluice::ui {

class UsageModel final : public OrderedModel
{
    Q_OBJECT

public:
    /// usage must outlive the model.
    UsageModel(session::LiveUsage &usage, limits::Segment segment, QObject *parent = nullptr);
    ~UsageModel() override;
    Q_DISABLE_COPY_MOVE(UsageModel)

    [[nodiscard]] const limits::Segment &segment() const { return m_question.segment; }

    [[nodiscard]] static std::vector<FilterField> filterFields();

    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(
        int section, Qt::Orientation orientation, int role) const override;
    void tick() override;

    /// True: figures are older than two seconds and drawn so.
    void setStale(bool stale);

    /// Which limits the rows show, and are ordered by.
    void setUnitView(UnitView view);

    /// What is raised and blocked now.
    void setMarks(const OperationMarks &marks);

    /// Subjects of this segment, listed or not.
    [[nodiscard]] int totalCount() const override { return static_cast<int>(m_entries.size()); }

    /// Index into the usage book, or -1.
    [[nodiscard]] int subjectAt(int row) const;
    [[nodiscard]] int rowOfSubject(int subject) const;

protected:
    [[nodiscard]] bool matchesTerm(const FilterTerm &term, int slot) const override;
    [[nodiscard]] std::vector<int> sorted(std::vector<int> order) const override;

    void prepare() override { refreshDirty(); }

    void refreshVisible() override;

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
    [[nodiscard]] const UsageFigures &figuresOf(int slot) const;
    [[nodiscard]] UsageFigures readFigures(int slot) const;
    void flash(int slot, UsageFigures &figures);
    [[nodiscard]] double shareNow(const Entry &entry, EngineTime now) const;

    [[nodiscard]] QByteArray stateWord(const Entry &entry, EngineTime now) const;
    [[nodiscard]] double sortFigure(const Entry &entry, EngineTime now) const;
    [[nodiscard]] QString sortText(const Entry &entry) const;

    void markChanged(const std::vector<int> &subjects);
    void markAllChanged();
    void takeConfiguration();
    [[nodiscard]] Belonging belongingOf(const Entry &entry) const;

    session::LiveUsage &m_usage;
    UsageQuestion m_question;
    Belongings m_belongings;

    std::vector<Entry> m_entries;
    std::vector<int> m_slotOfSubject; ///< -1 = another segment
    std::vector<int> m_dirty; ///< slots
    mutable QHash<int, UsageFigures> m_figures; ///< by slot, of rows that were shown
    QHash<int, Flash> m_flashes;
};

} // namespace sluice::ui

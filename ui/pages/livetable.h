// SPDX-License-Identifier: GPL-3.0-or-later
// The table of a live page: knows which rows are in sight, guards its order while a person is busy
// with it, keeps rows where they are when rows come and go. GUI thread.
#pragma once

#include "ui/pages/orderguard.h"

#include <QTableView>

#include <utility>

namespace sluice::ui {

class LiveTable final : public QTableView
{
    Q_OBJECT

public:
    explicit LiveTable(const QString &name, QWidget *parent = nullptr);
    ~LiveTable() override;
    Q_DISABLE_COPY_MOVE(LiveTable)

    /// Also deletes the selection model of the model before.
    void setModel(QAbstractItemModel *model) override;

    /// First and last row in sight; last < first if there are none.
    [[nodiscard]] std::pair<int, int> visibleRows() const;

    [[nodiscard]] const OrderGuard &guard() const { return *m_guard; }

    /// A column's width from the longest text it should hold, in the table's font or this one.
    void setColumnText(int column, const QString &longest);
    void setColumnText(int column, const QString &longest, const QFont &font);

    /// The column that takes what width is left over.
    void setStretchColumn(int column);

    /// Selects the first row if nothing is selected, so that there is something to read. Takes no
    /// focus, does not scroll, waits while a person is busy and stays away once they deselected.
    void offerFirstRow();

Q_SIGNALS:
    void freezeToggled(); ///< Space
    void openRequested(const QModelIndex &index); ///< Return or double click
    void rowChosen(int row); ///< selected; -1 = nothing is selected any more

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void selectionChanged(
        const QItemSelection &selected, const QItemSelection &deselected) override;

private:
    [[nodiscard]] bool hasSelection() const;

    OrderGuard *m_guard;
    bool m_isOffering = false;
    bool m_isDismissed = false; ///< a person wants nothing selected
};

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
// The table of a chain of limits: thread, gauges, links to the lines of the file. GUI thread.
#pragma once

#include <QTableView>

namespace sluice::ui {

class ChainModel;

class ChainTable final : public QTableView
{
    Q_OBJECT

public:
    /// model must outlive the table. withHeader: column titles and the column "Left".
    ChainTable(ChainModel *model, const QString &name, bool withHeader, QWidget *parent);
    ~ChainTable() override;
    Q_DISABLE_COPY_MOVE(ChainTable)

    [[nodiscard]] QSize sizeHint() const override;

Q_SIGNALS:
    void lineRequested(int line);
    void rowChosen(int row); ///< -1 = none

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void selectionChanged(
        const QItemSelection &selected, const QItemSelection &deselected) override;
    void mouseMoveEvent(QMouseEvent *event) override;

private:
    void setUpColumns(bool withHeader);
    void showReserved();
    void openLine(const QModelIndex &index);

    ChainModel *m_model;
};

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
// The tree of limits: scopes span their row, amounts and periods are edited in place, lines of the
// file are links. GUI thread; owned by the Policies page.
#pragma once

#include <QTreeView>

namespace sluice::ui {

class PolicyTreeModel;

class PolicyTree final : public QTreeView
{
    Q_OBJECT

public:
    /// model must outlive the tree.
    explicit PolicyTree(PolicyTreeModel *model, QWidget *parent = nullptr);
    ~PolicyTree() override;
    Q_DISABLE_COPY_MOVE(PolicyTree)

    /// Selects a limit's amount, and opens its editor if asked to.
    void showLimit(const QModelIndex &index, bool edit);

Q_SIGNALS:
    void lineRequested(int line);
    void currentLimitChanged();
    void deleteRequested(); ///< Delete was pressed on a limit

protected:
    void drawRow(QPainter *painter, const QStyleOptionViewItem &option,
        const QModelIndex &index) const override;
    void drawBranches(
        QPainter *painter, const QRect &rect, const QModelIndex &index) const override;
    void keyPressEvent(QKeyEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void currentChanged(const QModelIndex &current, const QModelIndex &previous) override;
    void rowsInserted(const QModelIndex &parent, int start, int end) override;
    void changeEvent(QEvent *event) override;
    /// Tab goes from one editable cell to the next.
    QModelIndex moveCursor(CursorAction action, Qt::KeyboardModifiers modifiers) override;

private:
    void setUpColumns();
    void openScopes();
    [[nodiscard]] QModelIndex nextField(const QModelIndex &from, int step) const;
    [[nodiscard]] bool isLink(const QModelIndex &index) const;

    PolicyTreeModel *m_model;
};

} // namespace sluice::ui

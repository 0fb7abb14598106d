// SPDX-License-Identifier: GPL-3.0-or-later
// The rows of a statement: sorted by a click, copied, written into a file; or why there are none.
// GUI thread; owned by the Query page.
#pragma once

#include "ui/models/tablemodel.h"

#include <QWidget>

#include <set>

class QItemSelection;
class QLabel;
class QMenu;
class QStackedWidget;
class QTableView;

namespace sluice::ui {

class EmptyState;
class FlatButton;

class QueryResults final : public QWidget
{
    Q_OBJECT

public:
    explicit QueryResults(QWidget *parent = nullptr);
    ~QueryResults() override;
    Q_DISABLE_COPY_MOVE(QueryResults)

    void showAnswer(session::SqlAnswer answer);

    /// Instead of rows.
    void showText(const QString &title, const QString &text);

    /// Copying and exporting all rows.
    void addCommands(QMenu *menu);

    /// While the next ones are on their way the old ones are grey.
    void setStale(bool stale);

Q_SIGNALS:
    void failed(const QString &message);
    void exported(const QString &message);

protected:
    void keyPressEvent(QKeyEvent *event) override;

private:
    [[nodiscard]] QWidget *createHead();
    void setupTable();
    void fitColumns();
    void widenTexts();
    void showMenu(const QPoint &position);
    void copy(bool withNames);
    [[nodiscard]] QStringList rowTexts(const QItemSelection &selection) const;
    [[nodiscard]] QString rowText(int row, const std::set<int> &columns) const;
    void copyAll();
    void addExports(QMenu *menu);
    void askFile(const QString &suffix);
    void write(const QString &path, const QString &suffix);
    void updateActions();

    TableModel m_model;
    QLabel *m_count = nullptr;
    FlatButton *m_copy = nullptr;
    FlatButton *m_export = nullptr;
    QStackedWidget *m_stack = nullptr;
    QTableView *m_table = nullptr;
    EmptyState *m_empty = nullptr;
};

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
// Beside the editor of the Query page: saved statements and samples, and the columns that there
// are. GUI thread; owned by the page.
#pragma once

#include <QWidget>

class QMenu;
class QTableView;

namespace sluice::ui {

class FieldEdit;
class FlatButton;
class SavedQueries;

class QueryList final : public QWidget
{
    Q_OBJECT

public:
    /// saved must outlive the widget.
    explicit QueryList(SavedQueries &saved, QWidget *parent = nullptr);
    ~QueryList() override;
    Q_DISABLE_COPY_MOVE(QueryList)

    /// Save and remove.
    void addCommands(QMenu *menu);

Q_SIGNALS:
    void chosen(const QString &sql); ///< a saved statement
    void columnChosen(const QString &name); ///< to insert
    void saveRequested(const QString &name);
    void removed(const QString &name, const QString &sql); ///< by a person

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    [[nodiscard]] QWidget *createSaved();
    [[nodiscard]] QWidget *createColumns();
    void askName();
    void endName(bool save);
    void open(int row);
    void removeCurrent();
    void updateActions();

    SavedQueries &m_saved;
    QTableView *m_list = nullptr;
    QTableView *m_columns = nullptr;
    FlatButton *m_save = nullptr;
    FlatButton *m_remove = nullptr;
    FieldEdit *m_name = nullptr;
};

} // namespace sluice::ui

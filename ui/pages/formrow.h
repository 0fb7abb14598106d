// SPDX-License-Identifier: GPL-3.0-or-later
// One text field of a form in a grid: its title, a note behind it, what it was, and the reason
// against what is being typed below it. GUI thread; owned by the widget that has the grid.
#pragma once

#include "core/base/result.h"

#include <QObject>

#include <functional>

class QGridLayout;
class QLabel;
class QWidget;

namespace sluice::ui {

class FieldEdit;
class FlatButton;

class FormRow final : public QObject
{
    Q_OBJECT

public:
    /// Why a text cannot be; empty = it can.
    using Check = std::function<QString(const QString &)>;

    /// Takes two rows of the grid: the field, and its error.
    FormRow(QGridLayout *grid, int row, const QString &title, const QString &name, QWidget *parent);
    ~FormRow() override;
    Q_DISABLE_COPY_MOVE(FormRow)

    [[nodiscard]] FieldEdit *edit() const { return m_edit; }

    void setCheck(Check check) { m_check = std::move(check); }

    /// The field takes the whole width: no note, no "was".
    void setWide();
    void setTitle(const QString &title);
    void setNote(const QString &note);
    void setVisible(bool visible);
    void setReadOnly(bool readOnly);

    /// Shows a value; what is being typed stays. old is what runs, if that differs.
    void show(const QString &text, const QString &old = {});

    /// Another limit is shown: what is being typed goes.
    void forget();

    /// What became of a commit.
    void report(const Result<void> &edited);

Q_SIGNALS:
    void typed(const QString &text); ///< it can be
    void committed(const QString &text); ///< a text that can be, and differs
    void oldRequested(); ///< back to what runs

private:
    void showError(const QString &reason);
    void updateBelow();
    void commit();

    QLabel *m_title;
    FieldEdit *m_edit;
    QLabel *m_note;
    FlatButton *m_reset;
    QLabel *m_error;
    QGridLayout *m_grid;
    int m_row;
    QString m_shown;
    Check m_check;
    bool m_hasOld = false;
    bool m_isVisible = true;
};

} // namespace sluice::ui

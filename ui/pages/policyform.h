// SPDX-License-Identifier: GPL-3.0-or-later
// One limit at full length: its effect in words and drawn, its fields. Values always come from the
// parsed draft. GUI thread; owned by the Policies page.
#pragma once

#include "core/session/configdraft.h"
#include "ui/models/policyscopes.h"

#include <QWidget>

class QGridLayout;
class QLabel;
class QVBoxLayout;

namespace sluice::ui {

class FieldEdit;
class FlatButton;
class SchedulePreview;
class Segmented;

class PolicyForm final : public QWidget
{
    Q_OBJECT

public:
    /// draft must outlive the form.
    explicit PolicyForm(session::ConfigDraft &draft, QWidget *parent = nullptr);
    ~PolicyForm() override;
    Q_DISABLE_COPY_MOVE(PolicyForm)

    /// Shows a limit; readOnly while the draft does not validate. What is being typed stays.
    void showLimit(const PolicyRow &row, bool readOnly);

    /// Shows a scope, or what to do when nothing is chosen.
    void showNote(const QString &title, const QString &text);

Q_SIGNALS:
    void lineRequested(int line);
    void failed(const QString &message);

protected:
    bool eventFilter(QObject *object, QEvent *event) override;

private:
    struct Field
    {
        QLabel *title = nullptr;
        FieldEdit *edit = nullptr;
        QLabel *note = nullptr; ///< unit, "= 60 s"
        FlatButton *reset = nullptr; ///< "was 60"
        QLabel *error = nullptr;
    };

    void setupUi();
    void setupHead(QVBoxLayout *layout);
    void setupFields();
    Field addField(QGridLayout *grid, int row, const QString &title, const QString &name);
    void showEffect(const limits::Limit &limit);
    void showFields();
    void showField(const Field &field, const QString &text, const QString &old) const;
    void commitAmount();
    void commitPeriod();
    void commitMode(int index);
    void reset(const Field &field);
    void report(const Field &field, const Result<void> &edited);

    session::ConfigDraft &m_draft;
    PolicyRow m_row;
    bool m_isReadOnly = false;
    QLabel *m_subject = nullptr;
    FlatButton *m_line = nullptr;
    QLabel *m_effect = nullptr;
    QLabel *m_running = nullptr;
    SchedulePreview *m_preview = nullptr;
    QWidget *m_fields = nullptr;
    Segmented *m_mode = nullptr;
    Field m_amount;
    Field m_period;
    QLabel *m_countedPer = nullptr;
    QLabel *m_note = nullptr;
};

} // namespace sluice::ui

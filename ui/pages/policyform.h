// SPDX-License-Identifier: GPL-3.0-or-later
// One limit at full length: its effect in words and drawn, its fields, which requests it counts and
// its exceptions. Values always come from the parsed draft. GUI thread; owned by the Policies page.
#pragma once

#include "core/session/configdraft.h"
#include "ui/models/policyscopes.h"

#include <QWidget>

class QLabel;
class QVBoxLayout;

namespace sluice::ui {

class FlatButton;
class MatchFields;
class OverrideTable;
class PolicyFields;
class SchedulePreview;

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
    void renamed(const QByteArray &name); ///< an edit made the limit another one

private:
    void setupUi();
    void setupHead(QVBoxLayout *layout);
    void setupParts(QVBoxLayout *layout);
    void showEffect(const limits::Limit &limit);
    void showParts(bool readOnly);
    [[nodiscard]] QString noteOf(bool readOnly) const;

    session::ConfigDraft &m_draft;
    PolicyRow m_row;
    QLabel *m_subject = nullptr;
    FlatButton *m_line = nullptr;
    QLabel *m_effect = nullptr;
    QLabel *m_running = nullptr;
    SchedulePreview *m_preview = nullptr;
    QWidget *m_parts = nullptr;
    PolicyFields *m_fields = nullptr;
    MatchFields *m_match = nullptr;
    OverrideTable *m_overrides = nullptr;
    QLabel *m_consequence = nullptr;
    QLabel *m_note = nullptr;
};

} // namespace sluice::ui

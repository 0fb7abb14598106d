// SPDX-License-Identifier: GPL-3.0-or-later
// Which requests a limit counts, as fields of globs: folded to "every request" while nothing
// narrows it. GUI thread; owned by the form.
#pragma once

#include "core/session/configdraft.h"

#include <QWidget>

#include <optional>

class QLabel;

namespace sluice::ui {

class FlatButton;
class FormRow;

class MatchFields final : public QWidget
{
    Q_OBJECT

public:
    /// draft must outlive the fields.
    explicit MatchFields(session::ConfigDraft &draft, QWidget *parent = nullptr);
    ~MatchFields() override;
    Q_DISABLE_COPY_MOVE(MatchFields)

    void showLimit(const config::LimitRule &rule, bool readOnly);

private:
    using Globs = QList<QByteArray>;

    struct GlobRow
    {
        FormRow *row = nullptr;
        Globs config::LimitMatch::*globs = nullptr;
    };

    void setupRows();
    void updateRows();
    Result<void> commit(const config::LimitMatch &match);

    session::ConfigDraft &m_draft;
    std::optional<config::LimitRule> m_rule;
    bool m_isReadOnly = true;
    bool m_isUnfolded = false;
    QLabel *m_summary = nullptr;
    FlatButton *m_narrow = nullptr;
    QList<GlobRow> m_rows;
    FormRow *m_properties = nullptr;
};

} // namespace sluice::ui

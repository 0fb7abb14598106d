// SPDX-License-Identifier: GPL-3.0-or-later
// The fields of one limit, those that its kind has. Commits edit the draft; what is typed is shown
// in advance by previewed(). GUI thread; owned by the form.
#pragma once

#include "core/session/configdraft.h"
#include "ui/models/policyscopes.h"

#include <QWidget>

#include <functional>

class QComboBox;
class QGridLayout;
class QLabel;

namespace sluice::ui {

class FormRow;
class Segmented;

class PolicyFields final : public QWidget
{
    Q_OBJECT

public:
    /// draft must outlive the fields.
    explicit PolicyFields(session::ConfigDraft &draft, QWidget *parent = nullptr);
    ~PolicyFields() override;
    Q_DISABLE_COPY_MOVE(PolicyFields)

    /// Shows a limit of the file; what is being typed stays if it is the same one.
    void showLimit(const PolicyRow &row, bool readOnly);

    using QWidget::setVisible;

Q_SIGNALS:
    void failed(const QString &message);
    void renamed(const QByteArray &name); ///< the limit is another one now
    void previewed(const sluice::config::LimitRule &rule); ///< as it would be with what is typed

protected:
    bool eventFilter(QObject *object, QEvent *event) override;

private:
    using Command = std::function<Result<void>(const config::LimitRule &)>;

    /// A title and a choice, in two rows of the grid.
    struct Choice
    {
        int row = 0;
        QLabel *title = nullptr;
        QComboBox *box = nullptr;
    };

    void setupRows();
    void setupChecks();
    void setupCommits();
    void setupChoices();
    void setupPreviews();
    void setVisible(const Choice &choice, bool visible);
    Choice addChoice(const QString &title, const QString &name);
    FormRow *addRow(const QString &title, const QString &name);
    [[nodiscard]] bool isCountedElsewhere(const config::LimitRule &rule) const;
    void showTexts(const config::LimitRule &rule);
    void showPeriod(const config::LimitRule &rule);
    [[nodiscard]] QList<QByteArray> propertiesOf(const config::Segment &own) const;
    void showSegments(const config::LimitRule &rule);
    void showUnits(const config::LimitRule &rule);
    void setEditable(bool editable);
    [[nodiscard]] QList<FormRow *> rows() const;
    Result<void> run(const Command &command);
    void runChoice(const Command &command);
    void commitRow(FormRow *row, const Command &command);
    void commitPeriodKind();
    [[nodiscard]] QString textAt(const QString &key) const;

    session::ConfigDraft &m_draft;
    PolicyRow m_row;
    bool m_isReadOnly = true;
    QGridLayout *m_grid;
    int m_rows = 0;
    Segmented *m_mode = nullptr;
    FormRow *m_policy = nullptr;
    FormRow *m_name = nullptr;
    FormRow *m_amount = nullptr;
    Choice m_periodKind;
    FormRow *m_period = nullptr;
    FormRow *m_zone = nullptr;
    Choice m_weekStart;
    Choice m_segment;
    Choice m_unit;
    Choice m_missing;
    Choice m_failure; ///< of limits in a shared store
};

} // namespace sluice::ui

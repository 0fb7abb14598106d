// SPDX-License-Identifier: GPL-3.0-or-later
// Names and values in two columns, to read and to copy. Values change in place. GUI thread.
#pragma once

#include <QHash>
#include <QWidget>

class QFormLayout;
class QLabel;

namespace sluice::ui {

class FactForm final : public QWidget
{
    Q_OBJECT

public:
    explicit FactForm(QWidget *parent = nullptr);
    ~FactForm() override;
    Q_DISABLE_COPY_MOVE(FactForm)

    /// A row for each name, in the order of the first calls; without a value it is hidden.
    void setFact(const QString &name, const QString &value, const QString &toolTip = {});

    /// Empty without such a row.
    [[nodiscard]] QString fact(const QString &name) const;

private:
    QFormLayout *m_layout;
    QHash<QString, QLabel *> m_values;
};

} // namespace sluice::ui

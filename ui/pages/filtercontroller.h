// SPDX-License-Identifier: GPL-3.0-or-later
// Connects a FilterEdit with the filter language: validates while typing, turns finished parts into
// chips, hands out the query. GUI thread; owned by its page.
#pragma once

#include "ui/models/filterquery.h"

#include <QObject>

namespace sluice::ui {

class FilterEdit;

class FilterController final : public QObject
{
    Q_OBJECT

public:
    /// edit must outlive this object.
    FilterController(FilterEdit *edit, std::vector<FilterField> fields, QObject *parent);
    ~FilterController() override;
    Q_DISABLE_COPY_MOVE(FilterController)

    /// Other rows, other fields: what was typed goes.
    void setFields(std::vector<FilterField> fields);

    /// Puts a query into the field, as chips where it is understood.
    void setQuery(const QString &text);
    void clear();

    [[nodiscard]] bool isEmpty() const;

Q_SIGNALS:
    /// A valid query; nothing is sent while the text has an error.
    void queryChanged(const sluice::ui::FilterQuery &query);

private:
    void read(const QString &text);
    void makeChips(const QString &text);

    FilterEdit *m_edit;
    std::vector<FilterField> m_fields;
};

} // namespace sluice::ui

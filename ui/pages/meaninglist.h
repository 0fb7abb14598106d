// SPDX-License-Identifier: GPL-3.0-or-later
// "What it means": consequences, each with a sign, a title and an explanation. GUI thread; owned by
// the Review page.
#pragma once

#include "core/insight/changereport.h"

#include <QWidget>

class QVBoxLayout;

namespace sluice::ui {

class MeaningList final : public QWidget
{
    Q_OBJECT

public:
    explicit MeaningList(QWidget *parent = nullptr);
    ~MeaningList() override;
    Q_DISABLE_COPY_MOVE(MeaningList)

    void showMeanings(const QList<insight::Meaning> &meanings);

    /// Titles and texts, for screen readers and tests.
    [[nodiscard]] QStringList lines() const;

private:
    class Item;

    QVBoxLayout *m_layout;
    QList<Item *> m_items;
};

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
// The left navigation: groups of pages with icon, text, badge or dot; icons only in narrow windows.
// GUI thread.
#pragma once

#include "ui/widgets/icons.h"

#include <QListView>

class QStandardItemModel;

namespace sluice::ui {

class NavigationList : public QListView
{
    Q_OBJECT

public:
    explicit NavigationList(QWidget *parent = nullptr);

    void addGroup(const QString &title);
    /// @p id is what currentPageChanged() reports; unique.
    void addPage(const QString &id, Icon icon, const QString &title);

    QString currentPage() const;
    /// An unknown id changes nothing.
    void setCurrentPage(const QString &id);
    QStringList pages() const;

    /// A red count; 0 removes it.
    void setBadge(const QString &id, int count);
    /// A blue dot: "there is a draft".
    void setDot(const QString &id, bool visible);

    bool isCollapsed() const { return m_collapsed; }

    /// Icons only, with the titles as tool tips.
    void setCollapsed(bool collapsed);
    /// Collapses below 1000 px; the window calls it from its resize event.
    void followWindowWidth(int width);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void currentPageChanged(const QString &id);

protected:
    void currentChanged(const QModelIndex &current, const QModelIndex &previous) override;
    void changeEvent(QEvent *event) override;

private:
    QModelIndex indexOf(const QString &id) const;
    void setData(const QString &id, int role, const QVariant &value);
    void describe(const QModelIndex &index);

    QStandardItemModel *m_model = nullptr;
    bool m_collapsed = false;
};

} // namespace sluice::ui

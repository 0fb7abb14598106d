// SPDX-License-Identifier: GPL-3.0-or-later
// Underlined text tabs that serve as the title of a page. GUI thread.
#pragma once

#include <QTabBar>

namespace sluice::ui {

class TabBar : public QTabBar
{
    Q_OBJECT

public:
    explicit TabBar(QWidget *parent = nullptr);

protected:
    QSize tabSizeHint(int index) const override;
    QSize minimumTabSizeHint(int index) const override;
    void paintEvent(QPaintEvent *event) override;

private:
    void paintTab(QPainter *painter, int index) const;
    void paintCurrent(QPainter *painter, const QRect &content, qreal width) const;
};

} // namespace sluice::ui

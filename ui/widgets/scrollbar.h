// SPDX-License-Identifier: GPL-3.0-or-later
// A scroll bar of 5 px that grows under the pointer. GUI thread.
#pragma once

#include <QScrollBar>

namespace sluice::ui {

class ScrollBar : public QScrollBar
{
    Q_OBJECT

public:
    explicit ScrollBar(Qt::Orientation orientation, QWidget *parent = nullptr);

    QSize sizeHint() const override;
    /// The handle in widget coordinates.
    QRect handleRect() const;

protected:
    void paintEvent(QPaintEvent *event) override;
    void enterEvent(QEnterEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;

private:
    /// Own painting is for Fusion and never in high contrast.
    bool isThin() const;
    int along(const QPoint &point) const;
    int length() const;

    int m_grip = -1; ///< distance from the start of the handle while dragging
    bool m_hovered = false;
};

} // namespace sluice::ui

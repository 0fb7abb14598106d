// SPDX-License-Identifier: GPL-3.0-or-later
// One of a few: "Off | Shadow | Enforced". GUI thread.
#pragma once

#include <QWidget>

class QButtonGroup;
class QAbstractButton;

namespace sluice::ui {

class Segmented : public QWidget
{
    Q_OBJECT
    Q_PROPERTY(int currentIndex READ currentIndex WRITE setCurrentIndex NOTIFY currentIndexChanged)

public:
    /// @p name is the accessible name of the whole choice.
    Segmented(const QString &name, const QStringList &options, QWidget *parent = nullptr);

    int currentIndex() const;
    /// Out of range: nothing is chosen (-1). Emits currentIndexChanged() only.
    void setCurrentIndex(int index);
    int count() const;
    QAbstractButton *button(int index) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void currentIndexChanged(int index);
    /// A person chose, by mouse or key.
    void activated(int index);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QButtonGroup *m_group = nullptr;
    int m_current = -1;
};

} // namespace sluice::ui

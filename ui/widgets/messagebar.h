// SPDX-License-Identifier: GPL-3.0-or-later
// One message in the layout, close to its subject, with its actions: "Port 8080 is in use". It
// never covers anything. GUI thread.
#pragma once

#include "ui/widgets/cellvalues.h"

#include <QWidget>

class QHBoxLayout;
class QLabel;

namespace sluice::ui {

class FlatButton;

class MessageBar : public QWidget
{
    Q_OBJECT

public:
    /// Hidden until showMessage().
    explicit MessageBar(QWidget *parent = nullptr);

    /// Replaces message and actions and tells screen readers; shows the bar.
    void showMessage(State state, const QString &text);
    /// Other words for the same message: its actions stay and nobody is told again.
    void updateText(const QString &text);
    /// A button after the text; the bar stays until its owner hides it.
    QAction *addAction(const QString &text);
    QString text() const;

    State state() const { return m_state; }

    void setClosable(bool closable);
    void clearActions();

Q_SIGNALS:
    void closed();

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QLabel *m_label = nullptr;
    QHBoxLayout *m_actions = nullptr;
    FlatButton *m_close = nullptr;
    State m_state = State::Normal;
};

} // namespace sluice::ui

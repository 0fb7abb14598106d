// SPDX-License-Identifier: GPL-3.0-or-later
// The one filled button of a page. GUI thread.
#pragma once

#include <QPushButton>

namespace sluice::ui {

class MainButton : public QPushButton
{
    Q_OBJECT

public:
    explicit MainButton(const QString &text, QWidget *parent = nullptr);

    /// Shows the shortcut behind the text: "Apply  Ctrl+Return".
    void setShownShortcut(const QKeySequence &shortcut);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    /// Own painting is for Fusion only; other styles draw their default button.
    bool isFlat() const;
    QString shownText() const;

    QString m_shortcut;
};

/// The padding of ordinary push buttons in the console: makes @p button as high as a main button.
void setUpPushButton(QPushButton *button);

} // namespace sluice::ui

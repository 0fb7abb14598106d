// SPDX-License-Identifier: GPL-3.0-or-later
// A page of help text in a window of its own, not modal. GUI thread; deletes itself when closed.
#pragma once

#include <QDialog>

namespace sluice::ui {

class HelpDialog final : public QDialog
{
    Q_OBJECT

public:
    /// html is trusted text of the program.
    HelpDialog(const QString &title, const QString &html, QWidget *parent);
    ~HelpDialog() override;
    Q_DISABLE_COPY_MOVE(HelpDialog)

    /// "What the limits mean".
    static QString limitsText();

    static QString aboutText();

    /// A table of all actions that have shortcuts.
    static QString shortcutsText(const QList<QAction *> &actions);

private:
    static QString limitKindsText();
    static QString limitRulesText();
};

} // namespace sluice::ui

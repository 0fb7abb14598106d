// SPDX-License-Identifier: GPL-3.0-or-later
// What stands in the place of an empty list: a sentence, what will appear, one action. GUI thread.
#pragma once

#include <QWidget>

class QLabel;
class QPushButton;

namespace sluice::ui {

/// Two sentences for an empty list.
struct EmptyReason
{
    QString title; ///< empty = there is no such reason
    QString text;
};

class EmptyState final : public QWidget
{
    Q_OBJECT

public:
    explicit EmptyState(QWidget *parent = nullptr);
    ~EmptyState() override;
    Q_DISABLE_COPY_MOVE(EmptyState)

    /// An empty action has no button.
    void showText(const QString &title, const QString &text, const QString &action);

    [[nodiscard]] QString title() const;

Q_SIGNALS:
    void actionRequested();

private:
    QLabel *m_title;
    QLabel *m_text;
    QPushButton *m_action;
};

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
// Getting started: steps with a circle each, done, open or waiting. GUI thread.
#pragma once

#include <QWidget>

namespace sluice::ui {

class FlatButton;

class StepList : public QWidget
{
    Q_OBJECT

public:
    enum class Status : quint8 { Open, Waiting, Done };

    explicit StepList(QWidget *parent = nullptr);

    /// Appends a step; @p action is the text of its link, empty for none. Returns its index.
    int addStep(const QString &title, const QString &note, const QString &action = {});
    void setStep(int index, Status status, const QString &note);
    Status status(int index) const;

    int count() const { return int(m_steps.size()); }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void actionTriggered(int index);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    struct Step
    {
        QString title;
        QString note;
        Status status = Status::Open;
        FlatButton *action = nullptr;
    };

    int pitch() const;
    void describe();
    void paintStep(QPainter *painter, int index) const;

    QList<Step> m_steps;
};

} // namespace sluice::ui

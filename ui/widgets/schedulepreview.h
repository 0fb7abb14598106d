// SPDX-License-Identifier: GPL-3.0-or-later
// A limit drawn as a schedule: so many at once, then a mark for each further one; the running and
// the draft version above each other. The text alternative is the effect sentence. GUI thread.
#pragma once

#include <QWidget>

namespace sluice::ui {

class SchedulePreview : public QWidget
{
    Q_OBJECT

public:
    struct Schedule
    {
        double atOnce = 0; ///< burst, in units
        QString atOnceText; ///< "60"
        double interval = 0; ///< seconds between two further ones; 0: none follow
        bool operator==(const Schedule &) const = default;
    };

    explicit SchedulePreview(QWidget *parent = nullptr);

    /// Without a draft only one line is drawn.
    void setRunning(const Schedule &schedule);
    void setDraft(const Schedule &schedule);
    void clearDraft();
    /// "90 at once, then one every 0.67 s": description for screen readers.
    void setEffect(const QString &sentence);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    void paintSchedule(QPainter *painter, const QRectF &line, const QString &label,
        const Schedule &schedule, bool draft) const;
    qreal labelWidth() const;

    Schedule m_running;
    Schedule m_draft;
    bool m_hasDraft = false;
};

} // namespace sluice::ui

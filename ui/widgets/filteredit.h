// SPDX-License-Identifier: GPL-3.0-or-later
// The filter field of a page: chips for finished parts, a line edit behind them, the count at the
// right, an error state. GUI thread.
#pragma once

#include <QWidget>

class QLineEdit;

namespace sluice::ui {

class FilterEdit : public QWidget
{
    Q_OBJECT

public:
    /// One finished part. name is second text, value is Text; text is what the part is in the
    /// language of the filter ("-user:bot").
    struct Chip
    {
        QString name; ///< "not user"
        QString value; ///< "bot"
        QString text; ///< "-user:bot"
        bool operator==(const Chip &) const = default;
    };

    explicit FilterEdit(const QString &name, QWidget *parent = nullptr);

    void setPlaceholderText(const QString &text);
    void setChips(const QList<Chip> &chips);

    const QList<Chip> &chips() const { return m_chips; }

    /// The unfinished text behind the chips.
    QString text() const;
    void setText(const QString &text);
    /// Chips and text in the language of the filter, separated by blanks.
    QString query() const;

    /// "1 204 of 71 204" at the trailing end.
    void setCountText(const QString &text);
    /// Not empty: red outline with a cross; the message becomes tool tip and description.
    void setError(const QString &message);

    const QString &error() const { return m_error; }

    QLineEdit *edit() const { return m_edit; }

    /// The removal cross of a chip, for tests and hit tests; widget coordinates.
    QRect crossRect(int chip) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    /// Chips or text changed by a person.
    void queryChanged(const QString &query);
    /// Return was pressed: the owner turns the text into chips.
    void submitted(const QString &text);
    void chipRemoved(int index);
    /// Escape in an empty field.
    void cancelled();

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;
    void changeEvent(QEvent *event) override;
    bool event(QEvent *event) override;

private:
    bool handleKey(int key);
    bool handleChipKey(int key);
    void escape();
    void removeChip(int index);
    void relayout();
    int trailWidth() const;
    int chipAt(QPoint position) const;
    void paintChips(QPainter *painter) const;

    QLineEdit *m_edit = nullptr;
    QList<Chip> m_chips;
    QList<QRect> m_boxes; ///< visual rectangles of the chips
    QString m_count;
    QString m_error;
    int m_focusedChip = -1;
    int m_pressedChip = -1;
};

} // namespace sluice::ui

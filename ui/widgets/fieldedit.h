// SPDX-License-Identifier: GPL-3.0-or-later
// A line edit with a visible outline on light and dark grounds, an error state and a suffix.
// GUI thread.
#pragma once

#include <QLineEdit>

namespace sluice::ui {

class FieldEdit : public QLineEdit
{
    Q_OBJECT

public:
    /// @p name is the accessible name; may be empty when a QLabel is the buddy.
    explicit FieldEdit(const QString &name, QWidget *parent = nullptr);

    /// Not empty: red outline with a cross, @p message as tool tip and description. Empty: no
    /// error.
    void setError(const QString &message);

    const QString &error() const { return m_error; }

    bool hasError() const { return !m_error.isEmpty(); }

    /// Second text inside the field at its trailing end: "req", "13 of 13".
    void setSuffix(const QString &suffix);

    const QString &suffix() const { return m_suffix; }

    /// The pixels at the trailing end that a wrapper keeps free for itself.
    QSize sizeHint() const override;

Q_SIGNALS:
    void errorChanged(const QString &message);
    /// Escape was pressed; the text is the caller's to restore.
    void cancelled();

protected:
    void paintEvent(QPaintEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void updateMargins();

    QString m_error;
    QString m_suffix;
};

/// Paints the outline of a field: edge at rest, 2 px normal with focus, 2 px refused with an error.
void paintFieldOutline(QPainter *painter, const QRectF &rect, const QPalette &palette, bool focused,
    bool error, int focusWidth = 2);

} // namespace sluice::ui

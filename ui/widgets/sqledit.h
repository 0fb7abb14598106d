// SPDX-License-Identifier: GPL-3.0-or-later
// An editor for one statement of SQL: coloured, completes names and keywords, marks the place of an
// error. GUI thread.
#pragma once

#include <QPlainTextEdit>

class QCompleter;

namespace sluice::ui {

class SqlHighlighter;

class SqlEdit : public QPlainTextEdit
{
    Q_OBJECT

public:
    /// @p name is the accessible name; @p names are those of views and columns.
    SqlEdit(const QString &name, const QStringList &names, QWidget *parent = nullptr);

    /// A wave under a part of the text; length 0 takes it away, so does typing.
    void markError(qsizetype start, qsizetype length);

    /// Replaces the text so that it can be undone.
    void replaceText(const QString &text);

    QCompleter *completer() const { return m_completer; }

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    QString wordBeforeCursor() const;
    void offer(bool isAsked);
    void complete(const QString &word);
    void applyLook();

    SqlHighlighter *m_highlighter;
    QCompleter *m_completer;
    bool m_hasError = false;
};

} // namespace sluice::ui

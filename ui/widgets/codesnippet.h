// SPDX-License-Identifier: GPL-3.0-or-later
// A block of code on AlternateBase with a title and a Copy button. GUI thread.
#pragma once

#include <QWidget>

class QLabel;
class QPlainTextEdit;

namespace sluice::ui {

class FlatButton;
class YamlHighlighter;

class CodeSnippet : public QWidget
{
    Q_OBJECT

public:
    enum class Language : quint8 { Snippet, Yaml };

    CodeSnippet(const QString &title, const QString &note, Language language = Language::Snippet,
        QWidget *parent = nullptr);

    void setCode(const QString &code);
    QString code() const;

    FlatButton *copyButton() const { return m_copy; }

Q_SIGNALS:
    /// The code was put on the clipboard.
    void copied();

protected:
    void changeEvent(QEvent *event) override;

private:
    void applyLook();

    QPlainTextEdit *m_edit = nullptr;
    FlatButton *m_copy = nullptr;
    YamlHighlighter *m_highlighter = nullptr;
};

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
// One recorded body, of a request or of an answer: what it is, its text, Copy; or a sentence that
// says why there is none. GUI thread; owned by the detail pane of Requests.
#pragma once

#include <QWidget>

class QLabel;
class QPlainTextEdit;

namespace sluice::session {
struct ShownBody;
} // namespace sluice::session

namespace sluice::ui {

class FlatButton;

class BodyView final : public QWidget
{
    Q_OBJECT

public:
    /// title: "Request", "Answer"; for those who do not see the tab.
    explicit BodyView(const QString &title, QWidget *parent = nullptr);
    ~BodyView() override;
    Q_DISABLE_COPY_MOVE(BodyView)

    void showBody(const session::ShownBody &body);

    /// A sentence in the place of a body.
    void showSentence(const QString &sentence);

    /// What Copy copies; empty for a sentence.
    [[nodiscard]] const QString &text() const { return m_whole; }

    /// What is said of it, or the sentence.
    [[nodiscard]] QString facts() const;

protected:
    void changeEvent(QEvent *event) override;

private:
    void showParts(bool hasText);

    QString m_whole; ///< the text without the breaks of the view
    QLabel *m_facts = nullptr;
    FlatButton *m_copy = nullptr;
    QPlainTextEdit *m_text = nullptr;
    QWidget *m_space = nullptr; ///< below a sentence
};

} // namespace sluice::ui

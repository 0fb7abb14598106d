// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/sqledit.h"

#include "ui/widgets/scrollbar.h"
#include "ui/widgets/sqlhighlighter.h"
#include "ui/widgets/theme.h"

#include <QAbstractItemView>
#include <QCompleter>
#include <QKeyEvent>
#include <QPainter>
#include <QStringListModel>

using namespace Qt::StringLiterals;

namespace sluice::ui {
namespace {

constexpr int FewestLetters = 2; ///< before names are offered by themselves
constexpr int MostOffered = 8;

QStringList offeredWords(const QStringList &names)
{
    QStringList words = names;
    words.sort();
    words += sqlKeywords();
    return words;
}

} // namespace

SqlEdit::SqlEdit(const QString &name, const QStringList &names, QWidget *parent)
    : QPlainTextEdit(parent),
      m_highlighter(new SqlHighlighter(names, document())),
      m_completer(new QCompleter(offeredWords(names), this))
{
    setAccessibleName(name);
    setFrameShape(QFrame::NoFrame);
    setTabChangesFocus(true);
    setLineWrapMode(QPlainTextEdit::NoWrap);
    setVerticalScrollBar(new ScrollBar(Qt::Vertical, this));
    setHorizontalScrollBar(new ScrollBar(Qt::Horizontal, this));
    document()->setDocumentMargin(8);
    viewport()->setAutoFillBackground(false);
    m_completer->setWidget(this);
    m_completer->setCaseSensitivity(Qt::CaseInsensitive);
    m_completer->setMaxVisibleItems(MostOffered);
    connect(
        m_completer, qOverload<const QString &>(&QCompleter::activated), this, &SqlEdit::complete);
    connect(this, &QPlainTextEdit::textChanged, this, [this] {
        if (m_hasError)
            markError(0, 0);
    });
    applyLook();
}

void SqlEdit::markError(qsizetype start, qsizetype length)
{
    m_hasError = length > 0;
    QList<QTextEdit::ExtraSelection> marks;
    if (m_hasError) {
        QTextEdit::ExtraSelection mark;
        mark.cursor = textCursor();
        mark.cursor.setPosition(int(start));
        mark.cursor.setPosition(int(start + length), QTextCursor::KeepAnchor);
        mark.format.setUnderlineStyle(QTextCharFormat::WaveUnderline);
        mark.format.setUnderlineColor(StatusPalette::of(palette()).solid(State::Refused));
        marks.append(mark);
    }
    setExtraSelections(marks);
}

void SqlEdit::replaceText(const QString &text)
{
    QTextCursor cursor(document());
    cursor.select(QTextCursor::Document);
    cursor.insertText(text);
    moveCursor(QTextCursor::Start);
}

// --- completion ----------------------------------------------------------------------------------

QString SqlEdit::wordBeforeCursor() const
{
    const QString line = textCursor().block().text().first(textCursor().positionInBlock());
    qsizetype from = line.size();
    while (from > 0 && (line.at(from - 1).isLetterOrNumber() || line.at(from - 1) == u'_'))
        --from;
    return line.sliced(from);
}

void SqlEdit::offer(bool isAsked)
{
    const QString word = wordBeforeCursor();
    QAbstractItemView *popup = m_completer->popup();
    if (word.size() < (isAsked ? 0 : FewestLetters) || (!word.isEmpty() && word.at(0).isDigit())) {
        popup->hide();
        return;
    }
    m_completer->setCompletionPrefix(word);
    const bool isDone = m_completer->completionCount() == 1
        && m_completer->currentCompletion().compare(word, Qt::CaseInsensitive) == 0;
    if (m_completer->completionCount() == 0 || isDone) {
        popup->hide();
        return;
    }
    popup->setCurrentIndex(m_completer->completionModel()->index(0, 0));
    QRect place = cursorRect();
    place.setWidth(popup->sizeHintForColumn(0) + 32);
    m_completer->complete(place);
}

void SqlEdit::complete(const QString &word)
{
    QTextCursor cursor = textCursor();
    cursor.movePosition(
        QTextCursor::Left, QTextCursor::KeepAnchor, int(m_completer->completionPrefix().size()));
    cursor.insertText(word);
    setTextCursor(cursor);
}

void SqlEdit::keyPressEvent(QKeyEvent *event)
{
    const bool isOffering = m_completer->popup()->isVisible();
    const bool isAccepting = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter
        || event->key() == Qt::Key_Tab || event->key() == Qt::Key_Escape;
    if (isOffering && isAccepting && event->modifiers() == Qt::NoModifier) {
        event->ignore(); // the completer takes it
        return;
    }
    const bool isAsked = event->key() == Qt::Key_Space && event->modifiers() == Qt::ControlModifier;
    if (!isAsked)
        QPlainTextEdit::keyPressEvent(event);
    const bool isTyped =
        !event->text().isEmpty() && event->text().at(0).isPrint() && !event->text().at(0).isSpace();
    const bool isErased = event->key() == Qt::Key_Backspace && isOffering;
    if (isAsked || isTyped || isErased)
        offer(isAsked);
    else if (isOffering && event->key() != Qt::Key_Shift)
        m_completer->popup()->hide();
}

// --- look ----------------------------------------------------------------------------------------

void SqlEdit::applyLook()
{
    setFont(Theme::font(FontRole::Mono));
    m_highlighter->setPalette(palette());
}

void SqlEdit::paintEvent(QPaintEvent *event)
{
    {
        QPainter painter(viewport());
        painter.fillRect(viewport()->rect(), StatusPalette::of(palette()).code());
    }
    QPlainTextEdit::paintEvent(event);
}

void SqlEdit::changeEvent(QEvent *event)
{
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange)
        applyLook();
}

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/diffview.h"

#include "core/base/secrets.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/paintkit.h"
#include "ui/widgets/scrollbar.h"
#include "ui/widgets/theme.h"
#include "ui/widgets/yamlhighlighter.h"

#include <QPainter>
#include <QTextBlock>

using namespace Qt::StringLiterals;

namespace sluice::ui {

/// The column of numbers, signs and bars left of the text.
class DiffGutter : public QWidget
{
public:
    explicit DiffGutter(DiffView *view) : QWidget(view), m_view(view) { }

protected:
    void paintEvent(QPaintEvent *event) override
    {
        QPainter painter(this);
        m_view->paintGutter(&painter, event->rect());
    }

private:
    DiffView *m_view;
};

namespace {

constexpr int BarWidth = 3;
constexpr int Margin = 8; // above the first and below the last line

QString sideSign(DiffSide side)
{
    if (side == DiffSide::Removed)
        return u"\u2212"_s;
    return side == DiffSide::Added ? u"+"_s : QString();
}

bool isWordPart(QChar c)
{
    return c.isLetterOrNumber() || c == u'_' || c == u'.' || c == u'-';
}

// The differing middle of two lines, widened to whole words.
std::pair<std::pair<int, int>, std::pair<int, int>> middle(const QString &a, const QString &b)
{
    int start = 0;
    while (start < a.size() && start < b.size() && a.at(start) == b.at(start))
        ++start;
    int endA = int(a.size());
    int endB = int(b.size());
    while (endA > start && endB > start && a.at(endA - 1) == b.at(endB - 1)) {
        --endA;
        --endB;
    }
    while (start > 0 && isWordPart(a.at(start - 1)))
        --start;
    while (endA < a.size() && isWordPart(a.at(endA)) && endB < b.size()) {
        ++endA;
        ++endB;
    }
    return {{start, endA - start}, {start, endB - start}};
}

} // namespace

void markChangedWords(QList<DiffLine> &lines)
{
    for (qsizetype at = 0; at < lines.size();) {
        qsizetype removed = at;
        while (removed < lines.size() && lines.at(removed).side == DiffSide::Removed)
            ++removed;
        qsizetype added = removed;
        while (added < lines.size() && lines.at(added).side == DiffSide::Added)
            ++added;
        const qsizetype pairs = std::min(removed - at, added - removed);
        for (qsizetype i = 0; i < pairs; ++i) {
            const auto [old, now] = middle(lines.at(at + i).text, lines.at(removed + i).text);
            if (old.second > 0)
                lines[at + i].words = {old};
            if (now.second > 0)
                lines[removed + i].words = {now};
        }
        at = std::max(added, at + 1);
    }
}

DiffView::DiffView(QWidget *parent)
    : QPlainTextEdit(parent),
      m_highlighter(new YamlHighlighter(document())),
      m_gutter(new DiffGutter(this))
{
    setReadOnly(true);
    setFrameShape(QFrame::NoFrame);
    setLineWrapMode(QPlainTextEdit::NoWrap);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setVerticalScrollBar(new ScrollBar(Qt::Vertical, this));
    setHorizontalScrollBar(new ScrollBar(Qt::Horizontal, this));
    setAccessibleName(tr("Changes"));
    document()->setDocumentMargin(Margin);
    applyFonts();
    connect(this, &QPlainTextEdit::updateRequest, this, [this](const QRect &rect, int dy) {
        if (dy != 0)
            m_gutter->scroll(0, dy);
        else
            m_gutter->update(0, rect.y(), m_gutter->width(), rect.height());
    });
}

void DiffView::applyFonts()
{
    setFont(Theme::font(FontRole::Mono));
    QPalette colours = palette();
    colours.setColor(QPalette::Base, StatusPalette(colours).code());
    viewport()->setPalette(colours);
    viewport()->setAutoFillBackground(false);
    m_highlighter->setPalette(palette());
    setViewportMargins(gutterWidth(), 0, 0, 0);
    updateHeight();
}

void DiffView::changeEvent(QEvent *event)
{
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) {
        m_highlighter->setPalette(palette());
        keepWordsInText();
        viewport()->update();
    }
}

void DiffView::setLines(const QList<DiffLine> &lines)
{
    m_lines = lines;
    QStringList texts;
    for (const DiffLine &line : lines)
        texts << maskPasswords(line.text);
    setPlainText(texts.join(u'\n'));
    setViewportMargins(gutterWidth(), 0, 0, 0);
    keepWordsInText();
    updateHeight();
    resizeEvent(nullptr);
    viewport()->update();
    m_gutter->update();
}

// Changed words have a stronger ground: only Text has the contrast for it.
void DiffView::keepWordsInText()
{
    QList<QTextEdit::ExtraSelection> selections;
    for (int row = 0; row < m_lines.size(); ++row) {
        const QTextBlock block = document()->findBlockByNumber(row);
        for (const auto &word : m_lines.at(row).words) {
            QTextEdit::ExtraSelection selection;
            selection.cursor = QTextCursor(block);
            selection.cursor.setPosition(
                block.position() + std::min(word.first, block.length() - 1));
            selection.cursor.setPosition(
                block.position() + std::min(word.first + word.second, block.length() - 1),
                QTextCursor::KeepAnchor);
            selection.format.setForeground(StatusPalette::of(palette()).text());
            selections.append(selection);
        }
    }
    setExtraSelections(selections);
}

void DiffView::setFitsContent(bool fits)
{
    m_fits = fits;
    setVerticalScrollBarPolicy(fits ? Qt::ScrollBarAlwaysOff : Qt::ScrollBarAsNeeded);
    setViewportMargins(gutterWidth(), 0, 0, 0);
    updateHeight();
}

void DiffView::updateHeight()
{
    if (m_fits)
        setFixedHeight(sizeHint().height());
    updateGeometry();
}

QSize DiffView::sizeHint() const
{
    const int lines = std::max(1, blockCount());
    const qreal line = std::max<qreal>(
        QFontMetricsF(font()).lineSpacing(), blockBoundingRect(document()->firstBlock()).height());
    return {480, int(std::ceil(lines * line)) + 2 * Margin};
}

QSize DiffView::minimumSizeHint() const
{
    return {160, m_fits ? sizeHint().height() : 60};
}

int DiffView::gutterWidth() const
{
    int largest = 99;
    for (const DiffLine &line : m_lines)
        largest = std::max(largest, line.number);
    const QFont small = Theme::font(FontRole::MonoSmall);
    return int(std::ceil(textWidth(QString::number(largest), small))) + 36;
}

void DiffView::resizeEvent(QResizeEvent *event)
{
    if (event)
        QPlainTextEdit::resizeEvent(event);
    const QRect view = viewport()->geometry();
    m_gutter->setGeometry(view.left() - gutterWidth(), view.top(), gutterWidth(), view.height());
}

// The last block's geometry includes the margin of the document.
QRectF DiffView::rowRect(const QTextBlock &block) const
{
    QRectF box = blockBoundingGeometry(block).translated(contentOffset());
    if (block == document()->lastBlock())
        box.setHeight(box.height() - document()->documentMargin());
    return box;
}

void DiffView::paintGrounds(QPainter *painter, const QRect &clip)
{
    const StatusPalette colours = StatusPalette::of(palette());
    painter->fillRect(clip, colours.code());
    for (QTextBlock block = firstVisibleBlock(); block.isValid(); block = block.next()) {
        const QRectF box = rowRect(block);
        if (box.top() > clip.bottom())
            break;
        const DiffLine line = m_lines.value(block.blockNumber());
        if (line.side == DiffSide::Same)
            continue;
        painter->fillRect(
            QRectF(0, box.top(), viewport()->width(), box.height()), colours.diffGround(line.side));
        for (const auto &word : line.words)
            paintWord(painter, block, box, word, colours.diffWord(line.side));
    }
}

void DiffView::paintWord(QPainter *painter, const QTextBlock &block, const QRectF &box,
    const std::pair<int, int> &word, const QColor &ground)
{
    const bool contrast = StatusPalette::of(palette()).isHighContrast();
    QTextCursor cursor(block);
    cursor.setPosition(block.position() + std::min(word.first, block.length() - 1));
    const int left = cursorRect(cursor).left();
    cursor.setPosition(block.position() + std::min(word.first + word.second, block.length() - 1));
    const QRectF mark(
        left - 1, box.top() + 1, cursorRect(cursor).left() - left + 2, box.height() - 2);
    drawOutline(painter, mark, contrast ? palette().color(QPalette::Text) : QColor(Qt::transparent),
        contrast ? 1 : 0, ground, 3);
}

void DiffView::paintEvent(QPaintEvent *event)
{
    {
        QPainter painter(viewport());
        paintGrounds(&painter, event->rect());
    }
    QPlainTextEdit::paintEvent(event);
}

void DiffView::paintGutter(QPainter *painter, const QRect &clip)
{
    const StatusPalette colours = StatusPalette::of(palette());
    const QFont small = Theme::font(FontRole::MonoSmall);
    painter->fillRect(clip, colours.code());
    QTextBlock block = firstVisibleBlock();
    const int width = m_gutter->width();
    while (block.isValid()) {
        const QRectF box = rowRect(block);
        if (box.top() > clip.bottom())
            break;
        const DiffLine line = m_lines.value(block.blockNumber());
        const QRectF row(0, box.top(), width, box.height());
        if (line.side != DiffSide::Same) {
            const State state = line.side == DiffSide::Removed ? State::Refused : State::Normal;
            painter->fillRect(row, colours.diffGround(line.side));
            painter->fillRect(QRectF(0, box.top(), BarWidth, box.height()), colours.solid(state));
        }
        if (line.number > 0)
            drawLine(painter, QRectF(BarWidth, row.top(), width - 24 - BarWidth, row.height()),
                QString::number(line.number), small, colours.second(), Qt::AlignRight);
        drawLine(painter, QRectF(width - 16, row.top(), 16, row.height()), sideSign(line.side),
            Theme::font(FontRole::Mono), colours.text());
        block = block.next();
    }
}

void DiffView::mouseDoubleClickEvent(QMouseEvent *event)
{
    QPlainTextEdit::mouseDoubleClickEvent(event);
    const DiffLine line = m_lines.value(textCursor().blockNumber());
    if (line.number > 0)
        Q_EMIT lineActivated(line.number);
}

void DiffView::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        const DiffLine line = m_lines.value(textCursor().blockNumber());
        if (line.number > 0)
            Q_EMIT lineActivated(line.number);
        return;
    }
    QPlainTextEdit::keyPressEvent(event);
}

} // namespace sluice::ui

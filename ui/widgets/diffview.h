// SPDX-License-Identifier: GPL-3.0-or-later
// A read-only diff of YAML: line numbers and signs in a gutter, row grounds, changed words.
// GUI thread.
#pragma once

#include "ui/widgets/statuspalette.h"

#include <QPlainTextEdit>

namespace sluice::ui {

class YamlHighlighter;

/// One row of a diff as it is shown.
struct DiffLine
{
    DiffSide side = DiffSide::Same;
    int number = 0; ///< line in the version it comes from, 1-based; 0 shows none
    QString text;
    QList<std::pair<int, int>> words; ///< changed parts: start, length in characters
    bool operator==(const DiffLine &) const = default;
};

class DiffView : public QPlainTextEdit
{
    Q_OBJECT

public:
    explicit DiffView(QWidget *parent = nullptr);

    void setLines(const QList<DiffLine> &lines);

    const QList<DiffLine> &lines() const { return m_lines; }

    /// As high as its lines, without a scroll bar of its own (short diffs in a page).
    void setFitsContent(bool fits);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    /// A line was double-clicked or Return was pressed on it.
    void lineActivated(int number);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    friend class DiffGutter;

    int gutterWidth() const;
    void paintGutter(QPainter *painter, const QRect &clip);
    void paintGrounds(QPainter *painter, const QRect &clip);
    void paintWord(QPainter *painter, const QTextBlock &block, const QRectF &box,
        const std::pair<int, int> &word, const QColor &ground);
    void applyFonts();
    void keepWordsInText();
    void updateHeight();
    QRectF rowRect(const QTextBlock &block) const;

    QList<DiffLine> m_lines;
    YamlHighlighter *m_highlighter = nullptr;
    QWidget *m_gutter = nullptr;
    bool m_fits = false;
};

/// Marks the changed words of each removed line that is directly followed by an added one, taking
/// runs of removed and added lines pairwise; other lines stay as they are.
void markChangedWords(QList<DiffLine> &lines);

} // namespace sluice::ui

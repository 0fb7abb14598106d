// SPDX-License-Identifier: GPL-3.0-or-later
// Colours for YAML and for the console's client snippets. GUI thread.
#pragma once

#include "ui/widgets/statuspalette.h"

#include <QSyntaxHighlighter>

namespace sluice::ui {

/// A coloured part of one line.
struct SyntaxSpan
{
    int start = 0;
    int length = 0;
    Syntax part = Syntax::Key;
    bool operator==(const SyntaxSpan &) const = default;
};

/// The parts of one line of YAML: comments, numbers and durations, texts; keys stay plain.
QList<SyntaxSpan> yamlSpans(const QString &line);

/// The parts of one line of a shell, Python or curl snippet.
QList<SyntaxSpan> snippetSpans(const QString &line);

class YamlHighlighter : public QSyntaxHighlighter
{
    Q_OBJECT

public:
    explicit YamlHighlighter(QTextDocument *document);

    /// Colours of @p palette; the owner calls it on palette changes.
    void setPalette(const QPalette &palette);

protected:
    void highlightBlock(const QString &text) override;
    virtual QList<SyntaxSpan> spans(const QString &text) const;

private:
    StatusPalette m_colours;
};

/// The same for client snippets.
class SnippetHighlighter : public YamlHighlighter
{
    Q_OBJECT

public:
    using YamlHighlighter::YamlHighlighter;

protected:
    QList<SyntaxSpan> spans(const QString &text) const override;
};

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
// Colours for SQL as SQLite reads it: keywords, texts, numbers, comments, and names that are known.
// GUI thread.
#pragma once

#include "ui/widgets/statuspalette.h"
#include "ui/widgets/yamlhighlighter.h"

#include <QSet>

namespace sluice::ui {

/// What a line begins in the middle of.
enum class SqlState : quint8 { Plain, Comment, Text };

struct SqlLine
{
    QList<SyntaxSpan> spans;
    SqlState end = SqlState::Plain; ///< what the next line begins in
};

/// The parts of one line; names are lower case.
SqlLine sqlSpans(const QString &line, SqlState begin, const QSet<QString> &names);

/// Words of SQLite's language, upper case.
const QStringList &sqlKeywords();

class SqlHighlighter : public QSyntaxHighlighter
{
    Q_OBJECT

public:
    SqlHighlighter(const QStringList &names, QTextDocument *document);

    /// Colours of @p palette; the owner calls it on palette changes.
    void setPalette(const QPalette &palette);

protected:
    void highlightBlock(const QString &text) override;

private:
    QSet<QString> m_names;
    StatusPalette m_colours;
};

} // namespace sluice::ui

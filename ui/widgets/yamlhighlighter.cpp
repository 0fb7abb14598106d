// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/yamlhighlighter.h"

#include <QGuiApplication>
#include <QRegularExpression>

using namespace Qt::StringLiterals;

namespace sluice::ui {
namespace {

// The end of a quoted text that starts at @p start; the line's end when it is not closed.
int quotedEnd(const QString &line, int start)
{
    const QChar quote = line.at(start);
    for (int i = start + 1; i < line.size(); ++i) {
        if (line.at(i) == u'\\' && quote == u'"')
            ++i;
        else if (line.at(i) == quote)
            return i + 1;
    }
    return int(line.size());
}

bool isPlainEnd(const QString &line, int at, bool inFlow)
{
    const QChar c = line.at(at);
    if (c == u':' && (at + 1 == line.size() || line.at(at + 1).isSpace()))
        return true;
    if (c == u'#' && at > 0 && line.at(at - 1).isSpace())
        return true;
    return inFlow && (c == u',' || c == u']' || c == u'}');
}

Syntax scalarKind(const QString &text)
{
    static const QRegularExpression number(
        u"^[-+]?(\\d[\\d_]*(\\.\\d+)?([eE][-+]?\\d+)?|0x[0-9a-fA-F]+)$|^(\\d+ *(ns|us|ms|s|m|h|d|w|M|y) *)+$"_s);
    static const QRegularExpression word(
        u"^(true|false|null|yes|no|on|off|~)$"_s, QRegularExpression::CaseInsensitiveOption);
    if (number.match(text).hasMatch())
        return Syntax::Number;
    return word.match(text).hasMatch() ? Syntax::Keyword : Syntax::Text;
}

class YamlLine
{
public:
    explicit YamlLine(const QString &line) : m_line(line) { }

    QList<SyntaxSpan> read()
    {
        while (m_at < m_line.size())
            step();
        return m_spans;
    }

private:
    void step()
    {
        const QChar c = m_line.at(m_at);
        if (c == u'#' && (m_at == 0 || m_line.at(m_at - 1).isSpace())) {
            add(m_at, int(m_line.size()), Syntax::Comment);
            return;
        }
        if (c == u'"' || c == u'\'')
            quoted();
        else if (c == u'{' || c == u'[')
            enterFlow(1);
        else if (c == u'}' || c == u']')
            enterFlow(-1);
        else if (c == u'&' || c == u'*' || c == u'!')
            add(m_at, wordEnd(), Syntax::Segment);
        else if (c.isSpace() || c == u',' || c == u':' || isDash())
            ++m_at;
        else
            plain();
    }

    bool isDash() const
    {
        return m_line.at(m_at) == u'-'
            && (m_at + 1 == m_line.size() || m_line.at(m_at + 1).isSpace()
                || m_line.startsWith("---"_L1));
    }

    void enterFlow(int by)
    {
        m_flow = std::max(0, m_flow + by);
        ++m_at;
    }

    int wordEnd() const
    {
        int end = m_at + 1;
        while (end < m_line.size() && !m_line.at(end).isSpace() && m_line.at(end) != u','
            && m_line.at(end) != u'}' && m_line.at(end) != u']')
            ++end;
        return end;
    }

    void quoted()
    {
        const int end = quotedEnd(m_line, m_at);
        const bool key = end < m_line.size() && m_line.at(end) == u':';
        add(m_at, end, key ? Syntax::Key : Syntax::Text);
    }

    void plain()
    {
        int end = m_at;
        while (end < m_line.size() && !isPlainEnd(m_line, end, m_flow > 0))
            ++end;
        const bool key = end < m_line.size() && m_line.at(end) == u':';
        int last = end;
        while (last > m_at && m_line.at(last - 1).isSpace())
            --last;
        const int start = m_at;
        add(start, last, key ? Syntax::Key : scalarKind(m_line.sliced(start, last - start)));
        m_at = std::max(end, m_at);
    }

    void add(int start, int end, Syntax part)
    {
        if (part != Syntax::Key && end > start)
            m_spans.append({start, end - start, part});
        m_at = std::max(end, m_at + 1);
    }

    const QString &m_line;
    QList<SyntaxSpan> m_spans;
    int m_at = 0;
    int m_flow = 0;
};

} // namespace

QList<SyntaxSpan> yamlSpans(const QString &line)
{
    return YamlLine(line).read();
}

QList<SyntaxSpan> snippetSpans(const QString &line)
{
    static const QRegularExpression token(
        u"(?<comment>(^|\\s)#.*$)|(?<text>\"[^\"]*\"|'[^']*'?|https?://\\S+)"
        "|(?<keyword>^(export|from|curl|set)\\b|\\b(import|as)\\b)|(?<value>(?<==)[^\\s\"'(]\\S*)"
        "|(?<option>(?<=\\s)-[A-Za-z-]+|\\\\$)"_s);
    QList<SyntaxSpan> spans;
    auto matches = token.globalMatch(line);
    while (matches.hasNext()) {
        const QRegularExpressionMatch match = matches.next();
        Syntax part = Syntax::Text;
        if (match.hasCaptured(u"comment"_s) || match.hasCaptured(u"option"_s))
            part = Syntax::Comment;
        else if (match.hasCaptured(u"keyword"_s))
            part = match.captured() == "export"_L1 ? Syntax::Comment : Syntax::Keyword;
        spans.append({int(match.capturedStart()), int(match.capturedLength()), part});
    }
    return spans;
}

YamlHighlighter::YamlHighlighter(QTextDocument *document)
    : QSyntaxHighlighter(document), m_colours(QGuiApplication::palette())
{
}

void YamlHighlighter::setPalette(const QPalette &palette)
{
    m_colours = StatusPalette(palette);
    rehighlight();
}

void YamlHighlighter::highlightBlock(const QString &text)
{
    const QList<SyntaxSpan> parts = spans(text);
    for (const SyntaxSpan &span : parts)
        setFormat(span.start, span.length, m_colours.syntax(span.part));
}

QList<SyntaxSpan> YamlHighlighter::spans(const QString &text) const
{
    return yamlSpans(text);
}

QList<SyntaxSpan> SnippetHighlighter::spans(const QString &text) const
{
    return snippetSpans(text);
}

} // namespace sluice::ui

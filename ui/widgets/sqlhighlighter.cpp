// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/sqlhighlighter.h"

#include <QGuiApplication>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace sluice::ui {
namespace {

bool isWordLetter(QChar c)
{
    return c.isLetterOrNumber() || c == u'_';
}

class LineReader
{
public:
    LineReader(const QString &line, SqlState begin, const QSet<QString> &names)
        : m_line(line), m_names(names)
    {
        m_result.end = begin;
    }

    SqlLine read()
    {
        if (m_result.end == SqlState::Comment)
            comment(0);
        else if (m_result.end == SqlState::Text)
            text(0);
        while (m_at < m_line.size())
            step();
        return m_result;
    }

private:
    void step()
    {
        const QChar c = m_line.at(m_at);
        if (m_line.sliced(m_at).startsWith("--"_L1))
            add(m_line.size(), Syntax::Comment);
        else if (m_line.sliced(m_at).startsWith("/*"_L1))
            comment(2);
        else if (c == u'\'')
            text(1);
        else if (c == u'"' || c == u'`')
            add(endOfQuoted(c), Syntax::Segment);
        else if (c.isDigit() || (c == u'.' && isDigitAt(m_at + 1)))
            number();
        else if (isWordLetter(c))
            word();
        else
            ++m_at;
    }

    [[nodiscard]] bool isDigitAt(qsizetype at) const
    {
        return at < m_line.size() && m_line.at(at).isDigit();
    }

    void comment(qsizetype opening)
    {
        const qsizetype end = m_line.indexOf("*/"_L1, m_at + opening);
        m_result.end = end < 0 ? SqlState::Comment : SqlState::Plain;
        add(end < 0 ? m_line.size() : end + 2, Syntax::Comment);
    }

    /// A quote is written twice within a text.
    void text(qsizetype opening)
    {
        qsizetype at = m_at + opening;
        m_result.end = SqlState::Text;
        for (; at < m_line.size() && m_result.end == SqlState::Text; ++at) {
            if (m_line.at(at) != u'\'')
                continue;
            if (m_line.mid(at + 1, 1) == "'"_L1)
                ++at;
            else
                m_result.end = SqlState::Plain;
        }
        add(at, Syntax::Text);
    }

    qsizetype endOfQuoted(QChar quote) const
    {
        const qsizetype end = m_line.indexOf(quote, m_at + 1);
        return end < 0 ? m_line.size() : end + 1;
    }

    void number()
    {
        qsizetype end = m_at;
        while (end < m_line.size()
            && (isWordLetter(m_line.at(end)) || m_line.at(end) == u'.'
                || ((m_line.at(end) == u'-' || m_line.at(end) == u'+')
                    && m_line.at(end - 1).toLower() == u'e')))
            ++end;
        add(end, Syntax::Number);
    }

    void word()
    {
        qsizetype end = m_at;
        while (end < m_line.size() && isWordLetter(m_line.at(end)))
            ++end;
        const QString found = m_line.sliced(m_at, end - m_at);
        // `key` and the like are names here, whatever else they may be.
        if (m_names.contains(found.toLower()))
            add(end, Syntax::Segment);
        else if (std::binary_search(sqlKeywords().cbegin(), sqlKeywords().cend(), found.toUpper()))
            add(end, Syntax::Keyword);
        else
            m_at = end;
    }

    void add(qsizetype end, Syntax part)
    {
        if (end > m_at)
            m_result.spans.append({int(m_at), int(end - m_at), part});
        m_at = end;
    }

    const QString &m_line;
    const QSet<QString> &m_names;
    SqlLine m_result;
    qsizetype m_at = 0;
};

} // namespace

SqlLine sqlSpans(const QString &line, SqlState begin, const QSet<QString> &names)
{
    return LineReader(line, begin, names).read();
}

const QStringList &sqlKeywords()
{
    static const QStringList sorted = [] {
        QStringList words =
            u"ALL AND AS ASC BETWEEN BY CASE CAST COLLATE CROSS CURRENT DESC DISTINCT ELSE END "
            "ESCAPE EXCEPT EXISTS EXPLAIN FALSE FILTER FIRST FOLLOWING FROM FULL GLOB GROUP HAVING "
            "IN INNER INTERSECT IS ISNULL JOIN LAST LEFT LIKE LIMIT MATERIALIZED NATURAL NOT "
            "NOTNULL NULL NULLS OFFSET ON OR ORDER OUTER OVER PARTITION PLAN PRECEDING QUERY RANGE "
            "RECURSIVE RIGHT ROW ROWS SELECT THEN TRUE UNBOUNDED UNION USING VALUES WHEN WHERE "
            "WINDOW WITH "
            "ABS AVG COALESCE COUNT DATE DATETIME GROUP_CONCAT IFNULL IIF INSTR JSON_EACH "
            "JSON_EXTRACT JULIANDAY LAG LEAD LENGTH LOWER MAX MIN NULLIF PRINTF RANK REPLACE ROUND "
            "ROW_NUMBER STRFTIME SUBSTR SUM TIME TOTAL TRIM TYPEOF UNIXEPOCH UPPER"_s.split(u' ');
        words.sort();
        return words;
    }();
    return sorted;
}

SqlHighlighter::SqlHighlighter(const QStringList &names, QTextDocument *document)
    : QSyntaxHighlighter(document),
      m_names(names.cbegin(), names.cend()),
      m_colours(QGuiApplication::palette())
{
}

void SqlHighlighter::setPalette(const QPalette &palette)
{
    m_colours = StatusPalette(palette);
    rehighlight();
}

void SqlHighlighter::highlightBlock(const QString &text)
{
    const int before = previousBlockState();
    const SqlLine line =
        sqlSpans(text, before < 0 ? SqlState::Plain : static_cast<SqlState>(before), m_names);
    for (const SyntaxSpan &span : line.spans)
        setFormat(span.start, span.length, m_colours.syntax(span.part));
    setCurrentBlockState(int(line.end));
}

} // namespace sluice::ui

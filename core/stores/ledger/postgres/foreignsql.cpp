// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/ledger/postgres/foreignsql.h"

#include <QStringList>
#include <QStringView>

#include <algorithm>
#include <array>

namespace sluice::stores::foreignsql {

using namespace Qt::StringLiterals;

namespace {

/// A name, or one other character, of a statement.
struct Token
{
    QString name; ///< as the server knows it: in lower case where it is not in quotes
    QChar sign; ///< null for a name
    bool isQuoted = false;
};

bool isNamePart(QChar c)
{
    return c.isLetterOrNumber() || c == u'_' || c == u'$' || c.unicode() >= 0x80;
}

/// Names and signs without comments and texts. Texts end where PostgreSQL lets them end.
class Scanner
{
public:
    explicit Scanner(QStringView sql) : m_sql(sql) { }

    /// Nothing at the end.
    std::optional<Token> next()
    {
        while (m_at < m_sql.size()) {
            const QChar c = m_sql[m_at];
            if (c.isSpace()) {
                ++m_at;
            } else if (starts(u"--")) {
                skipPast(u"\n");
            } else if (starts(u"/*")) {
                skipComment();
            } else if (c == u'\'') {
                skipText(false);
            } else if (c == u'$' && skipDollarText()) {
                continue;
            } else if (c == u'"') {
                return Token{quotedName(), {}, true};
            } else if (isNamePart(c)) {
                return word();
            } else {
                ++m_at;
                return Token{{}, c, false};
            }
        }
        return std::nullopt;
    }

private:
    [[nodiscard]] bool starts(QStringView text) const
    {
        return m_sql.sliced(m_at).startsWith(text);
    }

    void skipPast(QStringView text)
    {
        const qsizetype end = m_sql.indexOf(text, m_at);
        m_at = end < 0 ? m_sql.size() : end + text.size();
    }

    /// Comments may be inside of comments.
    void skipComment()
    {
        int depth = 0;
        do {
            if (starts(u"/*")) {
                ++depth;
                m_at += 2;
            } else if (starts(u"*/")) {
                --depth;
                m_at += 2;
            } else {
                ++m_at;
            }
        } while (depth > 0 && m_at < m_sql.size());
    }

    void skipText(bool hasEscapes)
    {
        for (++m_at; m_at < m_sql.size(); ++m_at) {
            if (hasEscapes && m_sql[m_at] == u'\\') {
                ++m_at;
            } else if (m_sql[m_at] == u'\'') {
                ++m_at;
                if (m_at >= m_sql.size() || m_sql[m_at] != u'\'')
                    return;
            }
        }
    }

    /// $tag$ ... $tag$; a lone $ is a sign.
    bool skipDollarText()
    {
        qsizetype end = m_at + 1;
        while (end < m_sql.size() && (m_sql[end].isLetterOrNumber() || m_sql[end] == u'_'))
            ++end;
        const bool isNumber = m_at + 1 < m_sql.size() && m_sql[m_at + 1].isDigit();
        if (isNumber || end >= m_sql.size() || m_sql[end] != u'$')
            return false;
        const QStringView tag = m_sql.sliced(m_at, end + 1 - m_at);
        m_at = end + 1;
        skipPast(tag);
        return true;
    }

    QString quotedName()
    {
        QString name;
        for (++m_at; m_at < m_sql.size(); ++m_at) {
            if (m_sql[m_at] == u'"') {
                ++m_at;
                if (m_at >= m_sql.size() || m_sql[m_at] != u'"')
                    break;
            }
            name += m_sql[m_at];
        }
        return name;
    }

    Token word()
    {
        const qsizetype from = m_at;
        while (m_at < m_sql.size() && isNamePart(m_sql[m_at]))
            ++m_at;
        const QString name = m_sql.sliced(from, m_at - from).toString().toLower();
        if (m_at < m_sql.size() && m_sql[m_at] == u'\'' && name == "e"_L1) {
            skipText(true);
            return Token{{}, u'\'', false};
        }
        const QStringView rest = m_sql.sliced(m_at);
        if (name == "u"_L1 && (rest.startsWith(u"&'") || rest.startsWith(u"&\"")))
            return Token{u"u&"_s, {}, false};
        return Token{name, {}, false};
    }

    QStringView m_sql;
    qsizetype m_at = 0;
};

/// The server's own functions that only look, of those that begin with "pg_".
constexpr std::array Harmless{
    "pg_column_size"_L1, "pg_size_pretty"_L1, "pg_sleep"_L1, "pg_typeof"_L1};

/// Others that do more than look.
constexpr std::array Harmful{"set_config"_L1, "nextval"_L1, "setval"_L1, "query_to_xml"_L1,
    "query_to_xmlschema"_L1, "query_to_xml_and_xmlschema"_L1, "cursor_to_xml"_L1,
    "cursor_to_xmlschema"_L1, "ts_stat"_L1, "ts_rewrite"_L1, "txid_current"_L1};

bool isHarmful(const QString &function)
{
    const auto isIn = [&function](const auto &names) {
        return std::any_of(names.begin(), names.end(),
            [&function](QLatin1StringView name) { return function == name; });
    };
    if (function.startsWith("pg_"_L1))
        return !isIn(Harmless);
    return function.startsWith("lo_"_L1) || function.startsWith("dblink"_L1)
        || function.startsWith("loread"_L1) || function.startsWith("lowrite"_L1) || isIn(Harmful);
}

/// What EXPLAIN ANALYZE would carry out.
bool isWriting(const Token &token)
{
    static const QStringList words{u"create"_s, u"refresh"_s, u"declare"_s, u"execute"_s,
        u"insert"_s, u"update"_s, u"delete"_s, u"merge"_s};
    return !token.isQuoted && words.contains(token.name);
}

} // namespace

std::optional<QString> refusal(const QString &sql)
{
    Scanner scanner(sql);
    Token before;
    std::optional<Token> token = scanner.next();
    const bool isExplained = token && token->name == "explain"_L1;
    while (token) {
        const std::optional<Token> next = scanner.next();
        const bool isCall = next && next->sign == u'(' && !token->name.isEmpty();
        if (isCall && isHarmful(token->name))
            return u"%1() does more than read, and is not possible here"_s.arg(token->name);
        if (isExplained && isWriting(*token))
            return u"only what reads can be explained here"_s;
        if (token->name == "u&"_L1 && !token->isQuoted)
            return u"names and texts with U& are not possible here: write the characters themselves"_s;
        // The server would answer with the name of its role.
        const bool isBare = token->name == "user"_L1 && !token->isQuoted && before.sign != u'.'
            && before.name != "as"_L1;
        if (isBare)
            return u"user is the name of the role in PostgreSQL: write \"user\" in double quotes"_s;
        before = *token;
        token = next;
    }
    return std::nullopt;
}

} // namespace sluice::stores::foreignsql

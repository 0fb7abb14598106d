// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/sqlerror.h"

#include <QRegularExpression>

using namespace Qt::StringLiterals;

namespace sluice::ui {

namespace {

/// The name in `near "FORM": syntax error` or in `no such column: modle`.
QString namedPart(const QString &message)
{
    static const QRegularExpression pattern(
        u"near \"(?<near>[^\"]+)\": syntax error"
        "|no such (?:column|table|function): (?:\\w+\\.)?(?<name>\\w+)"
        "|unrecognized token: \"(?<token>[^\"]+)\""
        "|(?:ambiguous column name|misuse of aggregate): (?:\\w+\\.)?(?<other>\\w+)"_s);
    const QRegularExpressionMatch match = pattern.match(message);
    for (const QString &group : {u"near"_s, u"name"_s, u"token"_s, u"other"_s}) {
        if (!match.captured(group).isEmpty())
            return match.captured(group);
    }
    return {};
}

bool isWordLetter(QChar c)
{
    return c.isLetterOrNumber() || c == u'_';
}

bool isWholeWord(const QString &sql, qsizetype start, qsizetype length)
{
    const bool startsWord = isWordLetter(sql.at(start));
    const bool joinsBefore = start > 0 && isWordLetter(sql.at(start - 1));
    const qsizetype end = start + length;
    const bool joinsBehind = end < sql.size() && isWordLetter(sql.at(end));
    return !startsWord || (!joinsBefore && !joinsBehind);
}

} // namespace

std::optional<SqlPlace> sqlErrorPlace(const QString &sql, const QString &message)
{
    const QString part = namedPart(message);
    if (part.isEmpty())
        return std::nullopt;
    std::optional<SqlPlace> found;
    for (qsizetype at = sql.indexOf(part, 0, Qt::CaseInsensitive); at >= 0;
         at = sql.indexOf(part, at + 1, Qt::CaseInsensitive)) {
        if (!isWholeWord(sql, at, part.size()))
            continue;
        if (found)
            return std::nullopt;
        found = SqlPlace{at, part.size()};
    }
    return found;
}

} // namespace sluice::ui

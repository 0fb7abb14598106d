// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/filterquery.h"

#include "core/base/duration.h"

#include <QCoreApplication>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace sluice::ui {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("FilterQuery", text);
}

/// One blank-separated piece of the text; quotes keep blanks together.
struct Piece
{
    QString text;
    qsizetype position = 0;
};

std::vector<Piece> split(const QString &text)
{
    std::vector<Piece> pieces;
    Piece piece;
    bool isQuoted = false;
    for (qsizetype i = 0; i <= text.size(); ++i) {
        const bool ends = i == text.size() || (!isQuoted && text.at(i).isSpace());
        if (ends) {
            if (!piece.text.isEmpty())
                pieces.push_back(piece);
            piece = {.text = {}, .position = i + 1};
        } else if (text.at(i) == u'"') {
            isQuoted = !isQuoted;
        } else {
            piece.text += text.at(i);
        }
    }
    return pieces;
}

const FilterField *findField(const std::vector<FilterField> &fields, const QString &name)
{
    for (const FilterField &field : fields) {
        const bool isOpen = field.name.endsWith(u'.');
        if (isOpen ? name.startsWith(field.name) && name.size() > field.name.size()
                   : name == field.name)
            return &field;
    }
    return nullptr;
}

QString fieldNames(const std::vector<FilterField> &fields)
{
    QStringList names;
    for (const FilterField &field : fields)
        names += field.name.endsWith(u'.') ? QString(field.name + tr("name")) : field.name;
    return names.join(u", "_s);
}

struct Operator
{
    FilterOp op = FilterOp::Is;
    qsizetype position = -1;
    qsizetype length = 1;
};

Operator findOperator(const QString &text)
{
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text.at(i);
        if (c == u':' || c == u'=')
            return {.op = FilterOp::Is, .position = i, .length = 1};
        if (c != u'<' && c != u'>')
            continue;
        const bool isLess = c == u'<';
        if (i + 1 < text.size() && text.at(i + 1) == u'=')
            return {.op = isLess ? FilterOp::LessEqual : FilterOp::GreaterEqual,
                .position = i,
                .length = 2};
        return {.op = isLess ? FilterOp::Less : FilterOp::Greater, .position = i, .length = 1};
    }
    return {};
}

QString readNumber(FilterTerm &term, const QString &value)
{
    QString digits = value;
    if (digits.endsWith(u'%'))
        digits.chop(1);
    bool isNumber = false;
    term.number = digits.toDouble(&isNumber);
    return isNumber ? QString() : tr("“%1” wants a number").arg(term.field);
}

QString readDuration(FilterTerm &term, const QString &value)
{
    const Result<std::chrono::nanoseconds> parsed = parseDuration(value);
    if (!parsed)
        return tr("“%1” wants a time such as 2s or 500ms").arg(term.field);
    term.number = std::chrono::duration<double>(*parsed).count();
    return {};
}

QString readValue(FilterTerm &term, const FilterField &field, const QString &value)
{
    if (value.isEmpty())
        return tr("“%1” wants a value").arg(term.field);
    if (field.kind == FilterKind::Number)
        return readNumber(term, value);
    if (field.kind == FilterKind::Duration)
        return readDuration(term, value);
    if (term.op != FilterOp::Is)
        return tr("“%1” is compared with a colon").arg(term.field);
    for (const QString &part : value.toLower().split(u',', Qt::SkipEmptyParts)) {
        if (field.kind == FilterKind::Choice && !field.choices.contains(part))
            return tr("“%1” is one of %2").arg(term.field, field.choices.join(u", "_s));
        term.values += part.toUtf8();
    }
    return {};
}

QString readPiece(FilterTerm &term, QString text, const std::vector<FilterField> &fields)
{
    if (text.size() > 1 && text.startsWith(u'-')) {
        term.isNegated = true;
        text.remove(0, 1);
    }
    const Operator found = findOperator(text);
    if (found.position <= 0) {
        term.values = {text.toLower().toUtf8()};
        return {};
    }
    term.field = text.first(found.position).toLower();
    term.op = found.op;
    const FilterField *field = findField(fields, term.field);
    if (!field)
        return tr("There is no “%1” here; try %2").arg(term.field, fieldNames(fields));
    return readValue(term, *field, text.mid(found.position + found.length));
}

// Glob with `*` only: linear, because it never goes back further than the last star.
bool globMatches(QByteArrayView pattern, QByteArrayView value)
{
    qsizetype p = 0;
    qsizetype v = 0;
    qsizetype star = -1;
    qsizetype mark = 0;
    while (v < value.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            mark = v;
        } else if (p < pattern.size() && pattern[p] == value[v]) {
            ++p;
            ++v;
        } else if (star >= 0) {
            p = star + 1;
            v = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

} // namespace

FilterQuery parseFilter(const QString &text, const std::vector<FilterField> &fields)
{
    FilterQuery query;
    for (const Piece &piece : split(text)) {
        FilterTerm term;
        const QString error = readPiece(term, piece.text, fields);
        if (!error.isEmpty()) {
            query.error = error;
            query.errorPosition = piece.position;
            return query;
        }
        query.terms.push_back(term);
    }
    return query;
}

bool matchesValue(const FilterTerm &term, const QByteArray &value)
{
    const QByteArray lower = value.toLower();
    return std::any_of(term.values.cbegin(), term.values.cend(),
        [&lower](const QByteArray &wanted) { return globMatches(wanted, lower); });
}

bool containsWord(const FilterTerm &term, const QByteArray &value)
{
    const QByteArray lower = value.toLower();
    return std::any_of(term.values.cbegin(), term.values.cend(),
        [&lower](const QByteArray &word) { return lower.contains(word); });
}

bool matchesNumber(const FilterTerm &term, double value)
{
    switch (term.op) {
    case FilterOp::Is:
        return qFuzzyCompare(value + 1, term.number + 1);
    case FilterOp::Less:
        return value < term.number;
    case FilterOp::LessEqual:
        return value <= term.number;
    case FilterOp::Greater:
        return value > term.number;
    case FilterOp::GreaterEqual:
        return value >= term.number;
    }
    return false;
}

} // namespace sluice::ui

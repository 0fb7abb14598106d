// SPDX-License-Identifier: GPL-3.0-or-later
// The filter language of the live lists: free words and `field:value`, `field>number`, `-` negates,
// commas list alternatives, `*` stands for anything. Pure values, any thread.
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <vector>

namespace sluice::ui {

enum class FilterOp : quint8 { Is, Less, LessEqual, Greater, GreaterEqual };

/// What a field holds, which decides the values it takes.
enum class FilterKind : quint8 {
    Text, ///< compared without case, `*` as wildcard
    Number,
    Duration, ///< "2s", "10m"; the number of a term is in seconds
    Choice, ///< one of FilterField::choices
};

struct FilterField
{
    QString name; ///< lower case; "prop." takes any name behind the dot
    FilterKind kind = FilterKind::Text;
    QStringList choices;
};

/// One condition; all conditions of a query must hold.
struct FilterTerm
{
    QString field; ///< empty = free text
    FilterOp op = FilterOp::Is;
    bool isNegated = false;
    QList<QByteArray> values; ///< lower case alternatives
    double number = 0; ///< for Number and Duration

    friend bool operator==(const FilterTerm &, const FilterTerm &) = default;
};

struct FilterQuery
{
    std::vector<FilterTerm> terms;
    QString error; ///< one sentence; empty = understood
    qsizetype errorPosition = 0; ///< 0-based character

    [[nodiscard]] bool isValid() const { return error.isEmpty(); }

    friend bool operator==(const FilterQuery &, const FilterQuery &) = default;
};

/// Reads what a person typed. Never fails: what is not understood becomes an error sentence.
FilterQuery parseFilter(const QString &text, const std::vector<FilterField> &fields);

/// True if value equals one of the alternatives (without case, `*` as wildcard). Ignores isNegated.
bool matchesValue(const FilterTerm &term, const QByteArray &value);

/// True if value contains the free text.
bool containsWord(const FilterTerm &term, const QByteArray &value);

/// Compares a figure with the term's number.
bool matchesNumber(const FilterTerm &term, double value);

} // namespace sluice::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metering/prices/pricejson.h"

#include "core/base/units.h"

namespace sluice::metering {

namespace {

constexpr qint64 MaxRate = 1'000'000 * MicroPerUnit;
constexpr int MaxExponent = 100;

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

/// The number without its point, and how far the point is from its end.
struct Decimal
{
    QByteArray digits; ///< without leading zeros
    int exponent = 0;
};

/// Takes leading digits off `text`; false if there are none.
bool takeDigits(std::string_view &text, QByteArray &digits)
{
    size_t count = 0;
    while (count < text.size() && isDigit(text[count]))
        ++count;
    digits.append(text.data(), static_cast<qsizetype>(count));
    text.remove_prefix(count);
    return count > 0;
}

/// What follows an "e", as far as any price needs it.
std::optional<int> parseExponent(std::string_view text)
{
    const bool isNegative = !text.empty() && text.front() == '-';
    if (!text.empty() && (text.front() == '-' || text.front() == '+'))
        text.remove_prefix(1);
    QByteArray digits;
    if (!takeDigits(text, digits) || !text.empty() || digits.size() > 3)
        return std::nullopt;
    const int exponent = digits.toInt();
    return isNegative ? -exponent : exponent;
}

std::optional<Decimal> parseDecimal(std::string_view text)
{
    Decimal decimal;
    if (!takeDigits(text, decimal.digits))
        return std::nullopt;
    if (!text.empty() && text.front() == '.') {
        text.remove_prefix(1);
        const qsizetype whole = decimal.digits.size();
        if (!takeDigits(text, decimal.digits))
            return std::nullopt;
        decimal.exponent = static_cast<int>(whole - decimal.digits.size());
    }
    if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
        const auto exponent = parseExponent(text.substr(1));
        if (!exponent)
            return std::nullopt;
        decimal.exponent += *exponent;
        text = {};
    }
    while (decimal.digits.startsWith('0'))
        decimal.digits.remove(0, 1);
    return text.empty() ? std::optional(decimal) : std::nullopt;
}

/// A number that is not 0, times ten to the exponent, rounded half up.
std::optional<qint64> scaled(QByteArray digits, int exponent, bool *isExact)
{
    if (exponent > MaxExponent)
        return std::nullopt;
    if (exponent > 0)
        digits.append(exponent, '0');
    const qsizetype cut = exponent < 0 ? -exponent : 0;
    const QByteArray whole = digits.chopped(std::min(cut, digits.size()));
    QByteArray rest = digits.sliced(whole.size());
    if (whole.size() > 18)
        return std::nullopt;
    const bool isUp = rest.size() == cut && cut > 0 && rest.front() >= '5';
    while (rest.endsWith('0'))
        rest.chop(1);
    if (isExact != nullptr && !rest.isEmpty())
        *isExact = false;
    const qint64 rate = (whole.isEmpty() ? 0 : whole.toLongLong()) + (isUp ? 1 : 0);
    return rate <= MaxRate ? std::optional(rate) : std::nullopt;
}

} // namespace

std::optional<qint64> parseRate(std::string_view token, int shift, bool *isExact)
{
    constexpr size_t MostCharacters = 64;
    while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ')
        token.remove_suffix(1);
    if (token.size() > MostCharacters)
        return std::nullopt;
    const std::optional<Decimal> decimal = parseDecimal(token);
    if (!decimal)
        return std::nullopt;
    return decimal->digits.isEmpty() ? 0
                                     : scaled(decimal->digits, decimal->exponent + shift, isExact);
}

} // namespace sluice::metering

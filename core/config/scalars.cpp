// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/scalars.h"

#include "core/base/duration.h"
#include "core/base/units.h"

#include <algorithm>
#include <array>
#include <limits>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype MaxNameBytes = 256;
constexpr qsizetype MaxShown = 40;

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isVariableName(QByteArrayView name)
{
    return !name.isEmpty() && !isDigit(name[0])
        && std::all_of(name.begin(), name.end(), [](char c) {
               return isDigit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
           });
}

/// The text of one ${...} without its braces, or nullopt after a finding.
std::optional<QByteArray> expand(Context &context, const Value &value, QByteArrayView inner)
{
    const qsizetype colon = inner.indexOf(":-");
    const QByteArrayView name = colon < 0 ? inner : inner.first(colon);
    if (!isVariableName(name)) {
        context.error(value, u"\"${\" must be followed by the name of an environment variable"_s,
            u"${NAME}"_s);
        return std::nullopt;
    }
    const QString variable = QString::fromLatin1(name);
    const QByteArray content = context.environment().value(variable).toUtf8();
    if (colon >= 0)
        return content.isEmpty() ? inner.sliced(colon + 2).toByteArray() : content;
    if (!context.environment().contains(variable)) {
        context.error(value, u"the environment variable %1 is not set"_s.arg(variable),
            u"${%1:-default}"_s.arg(variable));
        return std::nullopt;
    }
    return content;
}

/// Replaces every ${NAME} and ${NAME:-default}.
std::optional<QByteArray> interpolate(Context &context, const Value &value, const QByteArray &text)
{
    qsizetype from = text.indexOf("${");
    if (from < 0)
        return text;
    QByteArray result = text.left(from);
    while (from >= 0) {
        const qsizetype end = text.indexOf('}', from);
        if (end < 0) {
            context.error(value, u"\"${\" is never closed"_s);
            return std::nullopt;
        }
        const std::optional<QByteArray> content =
            expand(context, value, QByteArrayView(text).sliced(from + 2, end - from - 2));
        if (!content)
            return std::nullopt;
        from = text.indexOf("${", end);
        result += *content;
        result += text.mid(end + 1, from < 0 ? -1 : from - end - 1);
    }
    return result;
}

/// The value of decimal digits without a leading zero, or nullopt. Beyond 18 digits it is the
/// largest number there is, which no key allows.
std::optional<qint64> parseInteger(QByteArrayView text)
{
    if (text.isEmpty() || !std::all_of(text.begin(), text.end(), isDigit))
        return std::nullopt;
    if (text.size() > 1 && text[0] == '0')
        return std::nullopt;
    return text.size() > 18 ? std::numeric_limits<qint64>::max() : text.toByteArray().toLongLong();
}

/// The same with a minus sign before it, so that -5 is out of range rather than no number.
std::optional<qint64> parseSigned(QByteArrayView text)
{
    if (!text.startsWith('-'))
        return parseInteger(text);
    const std::optional<qint64> number = parseInteger(text.sliced(1));
    return number && *number > 0 ? std::optional(-*number) : std::nullopt;
}

bool checkRange(Context &context, const Value &value, qint64 number, qint64 minimum, qint64 maximum)
{
    if (number >= minimum && number <= maximum)
        return true;
    const qint64 nearestAllowed = number < minimum ? minimum : maximum;
    context.error(value,
        u"%1 is out of range, allowed are %2 to %3"_s.arg(shown(value)).arg(minimum).arg(maximum),
        QString::number(nearestAllowed));
    return false;
}

std::optional<qint64> parseSize(QByteArrayView text)
{
    struct Suffix
    {
        QByteArrayView name;
        qint64 factor;
    };

    static constexpr std::array<Suffix, 5> suffixes{{
        {"TiB", 1LL << 40},
        {"GiB", 1LL << 30},
        {"MiB", 1LL << 20},
        {"KiB", 1LL << 10},
        {"B", 1},
    }};
    for (const Suffix &suffix : suffixes) {
        if (!text.endsWith(suffix.name))
            continue;
        const std::optional<qint64> number =
            parseInteger(text.chopped(suffix.name.size()).trimmed());
        qint64 bytes = 0;
        if (!number || qMulOverflow(*number, suffix.factor, &bytes))
            return std::nullopt;
        return bytes;
    }
    return parseInteger(text);
}

} // namespace

QString shown(const Value &value)
{
    if (!value.isScalar() || value.node->isLiteral)
        return u"this value"_s;
    const QString text = QString::fromUtf8(value.node->text);
    return text.size() <= MaxShown ? u"\"%1\""_s.arg(text) : u"\"%1…\""_s.arg(text.left(MaxShown));
}

std::optional<Scalar> readScalar(Context &context, const Value &value)
{
    if (!value)
        return std::nullopt;
    if (!value.isScalar()) {
        context.error(value,
            u"a single value is expected here, not a %1"_s.arg(
                value.isMap() ? u"map"_s : u"list"_s));
        return std::nullopt;
    }
    if (value.node->isLiteral)
        return Scalar{value.node->text, value.node->isPlain};
    const std::optional<QByteArray> text = interpolate(context, value, value.node->text);
    if (!text)
        return std::nullopt;
    return Scalar{*text, value.node->isPlain};
}

std::optional<QByteArray> readText(Context &context, const Value &value)
{
    const std::optional<Scalar> scalar = readScalar(context, value);
    if (!scalar)
        return std::nullopt;
    return scalar->text;
}

std::optional<QByteArray> readName(Context &context, const Value &value)
{
    std::optional<QByteArray> text = readText(context, value);
    if (!text)
        return std::nullopt;
    const bool hasControls = std::any_of(text->cbegin(), text->cend(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    if (text->isEmpty())
        context.error(value, u"this must not be empty"_s);
    else if (text->size() > MaxNameBytes)
        context.error(value, u"this is longer than 256 bytes"_s);
    else if (hasControls)
        context.error(value, u"line breaks and control characters are not allowed here"_s);
    else
        return text;
    return std::nullopt;
}

QList<QByteArray> readTexts(Context &context, const Value &value)
{
    QList<QByteArray> texts;
    for (const Value &item : itemsOf(context, value)) {
        if (const std::optional<QByteArray> text = readName(context, item))
            texts.append(*text);
    }
    return texts;
}

QList<QByteArray> readOneOrMoreTexts(Context &context, const Value &value)
{
    if (!value.isScalar())
        return readTexts(context, value);
    const std::optional<QByteArray> text = readName(context, value);
    return text ? QList<QByteArray>{*text} : QList<QByteArray>{};
}

std::optional<qint64> readInteger(
    Context &context, const Value &value, qint64 minimum, qint64 maximum)
{
    const std::optional<Scalar> scalar = readScalar(context, value);
    if (!scalar)
        return std::nullopt;
    const std::optional<qint64> number = parseSigned(scalar->text);
    if (!number) {
        context.error(value, u"%1 is not a whole number"_s.arg(shown(value)));
        return std::nullopt;
    }
    if (!scalar->isPlain) {
        context.error(value, u"write the number without quotes"_s, QString::number(*number));
        return std::nullopt;
    }
    return checkRange(context, value, *number, minimum, maximum) ? number : std::nullopt;
}

std::optional<qint64> readSize(Context &context, const Value &value, qint64 maximum)
{
    const std::optional<Scalar> scalar = readScalar(context, value);
    if (!scalar)
        return std::nullopt;
    const std::optional<qint64> bytes = parseSize(scalar->text);
    if (!bytes) {
        context.error(
            value, u"%1 is not a size; write bytes, or for example 64KiB"_s.arg(shown(value)));
        return std::nullopt;
    }
    return checkRange(context, value, *bytes, 1, maximum) ? bytes : std::nullopt;
}

std::optional<bool> parseBool(QByteArrayView text)
{
    if (text == "true" || text == "True" || text == "TRUE")
        return true;
    if (text == "false" || text == "False" || text == "FALSE")
        return false;
    return std::nullopt;
}

std::optional<bool> readBool(Context &context, const Value &value)
{
    const std::optional<Scalar> scalar = readScalar(context, value);
    if (!scalar)
        return std::nullopt;
    const std::optional<bool> parsed = parseBool(scalar->text);
    if (parsed && scalar->isPlain)
        return parsed;
    const QByteArray lower = scalar->text.toLower();
    const bool meansTrue = lower == "true" || lower == "yes" || lower == "on" || lower == "y";
    const bool meansFalse = lower == "false" || lower == "no" || lower == "off" || lower == "n";
    context.error(value,
        u"%1 is neither true nor false%2"_s.arg(
            shown(value), parsed ? u" while it is quoted"_s : QString()),
        meansTrue        ? u"true"_s
            : meansFalse ? u"false"_s
                         : QString());
    return std::nullopt;
}

std::optional<nanoseconds> readDuration(Context &context, const Value &value)
{
    const std::optional<QByteArray> text = readText(context, value);
    if (!text)
        return std::nullopt;
    const Result<nanoseconds> duration = parseDuration(QString::fromUtf8(*text));
    if (duration)
        return *duration;
    // The parser's sentence quotes its input, which may come from the environment.
    const bool isSafe = !value.node->isLiteral && *text == value.node->text;
    const bool isBareNumber =
        !text->isEmpty() && std::all_of(text->cbegin(), text->cend(), isDigit);
    const QString fix = isSafe && isBareNumber ? QString::fromLatin1(*text) + u's' : QString();
    context.error(value, isSafe ? duration.error().message : u"this is not a duration"_s, fix);
    return std::nullopt;
}

std::optional<milliseconds> readTimeout(Context &context, const Value &value)
{
    const std::optional<nanoseconds> duration = readDuration(context, value);
    if (!duration)
        return std::nullopt;
    const auto whole = std::chrono::duration_cast<milliseconds>(*duration);
    if (whole >= milliseconds(1) && whole <= std::chrono::hours(24 * 24))
        return whole;
    context.error(value, u"%1 is out of range, allowed are 1ms to 24d"_s.arg(shown(value)));
    return std::nullopt;
}

std::optional<qint64> readDecimal(Context &context, const Value &value)
{
    const std::optional<QByteArray> text = readText(context, value);
    if (!text)
        return std::nullopt;
    const Result<MicroAmount> amount = parseAmount(*text);
    if (amount)
        return *amount;
    context.error(value, u"%1 is not a decimal number with at most six places"_s.arg(shown(value)));
    return std::nullopt;
}

void reportChoice(Context &context, const Value &value, const QList<QByteArrayView> &names)
{
    QStringList words;
    for (const QByteArrayView name : names)
        words.append(QString::fromUtf8(name));
    const QByteArray meant =
        value.node->isLiteral ? QByteArray() : nearest(value.node->text, names);
    const QString fix = QString::fromUtf8(meant);
    context.error(value,
        u"%1 is none of: %2%3"_s.arg(shown(value), words.join(u", "_s),
            fix.isEmpty() ? QString() : u"; did you mean \"%1\"?"_s.arg(fix)),
        fix);
}

} // namespace sluice::config

// SPDX-License-Identifier: GPL-3.0-or-later
// Strict readers for scalar values: exact integers, no floating point, one finding on a misfit.
// Internal to core/config. An absent value gives nullopt without a finding.
#pragma once

#include "core/config/reader.h"

#include <optional>
#include <utility>

namespace sluice::config {

/// A scalar after ${NAME} was replaced; plain means it was not quoted.
struct Scalar
{
    QByteArray text;
    bool isPlain = true;
};

std::optional<Scalar> readScalar(Context &context, const Value &value);

/// Any scalar as text.
std::optional<QByteArray> readText(Context &context, const Value &value);

/// Text of 1 to 256 bytes without control characters.
std::optional<QByteArray> readName(Context &context, const Value &value);

/// A list of non-empty texts.
QList<QByteArray> readTexts(Context &context, const Value &value);

/// A text or a list of texts.
QList<QByteArray> readOneOrMoreTexts(Context &context, const Value &value);

/// A plain decimal integer in [minimum, maximum].
std::optional<qint64> readInteger(
    Context &context, const Value &value, qint64 minimum, qint64 maximum);

/// Bytes: a plain integer, or text like 64KiB, 32MiB, 1GiB; in [1, maximum].
std::optional<qint64> readSize(Context &context, const Value &value, qint64 maximum);

/// true or false, unquoted (YAML 1.2: no yes, no, on, off).
std::optional<bool> readBool(Context &context, const Value &value);

/// A duration (reference: humantime), zero included.
std::optional<nanoseconds> readDuration(Context &context, const Value &value);

/// A duration for a timer: 1 ms to 24 d, in whole milliseconds.
std::optional<milliseconds> readTimeout(Context &context, const Value &value);

/// An unsigned decimal with at most six places, in millionths; quoted or not.
std::optional<qint64> readDecimal(Context &context, const Value &value);

/// Whether text is true or false in YAML 1.2's core schema.
std::optional<bool> parseBool(QByteArrayView text);

/// How a message shows what was written: never a value from the environment, never much of it.
QString shown(const Value &value);

/// Reports that value is none of names.
void reportChoice(Context &context, const Value &value, const QList<QByteArrayView> &names);

/// One of a few words.
template <typename T>
std::optional<T> readChoice(Context &context, const Value &value,
    std::initializer_list<std::pair<QByteArrayView, T>> choices)
{
    const std::optional<QByteArray> text = readText(context, value);
    if (!text)
        return std::nullopt;
    QList<QByteArrayView> names;
    for (const auto &choice : choices) {
        if (choice.first == *text)
            return choice.second;
        names.append(choice.first);
    }
    reportChoice(context, value, names);
    return std::nullopt;
}

/// Assigns what was read, or leaves the default.
template <typename T, typename U> void assign(T &target, const std::optional<U> &value)
{
    if (value)
        target = static_cast<T>(*value);
}

} // namespace sluice::config

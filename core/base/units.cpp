// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/units.h"

#include <algorithm>

namespace sluice {

using namespace Qt::StringLiterals;

namespace {

constexpr int Decimals = 6;

Error invalid(QByteArrayView text, const QString &why)
{
    return Error{
        ErrorCode::Invalid, u"\"%1\" is not an amount: %2"_s.arg(QString::fromUtf8(text), why), {}};
}

bool isDigits(QByteArrayView text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Appends decimal digits to a number; false on overflow.
bool accumulate(MicroAmount &value, QByteArrayView digits)
{
    for (const char c : digits) {
        if (__builtin_mul_overflow(value, MicroAmount{10}, &value)
            || __builtin_add_overflow(value, MicroAmount{c - '0'}, &value))
            return false;
    }
    return true;
}

} // namespace

QByteArrayView unitName(Unit unit)
{
    switch (unit) {
    case Unit::Request:
        return "request";
    case Unit::Token:
        return "token";
    case Unit::InputToken:
        return "input-token";
    case Unit::OutputToken:
        return "output-token";
    case Unit::Cents:
        return "cents";
    case Unit::ConcurrentRequest:
        return "concurrent-request";
    }
    Q_UNREACHABLE();
}

Result<MicroAmount> parseAmount(QByteArrayView text)
{
    const qsizetype point = text.indexOf('.');
    const QByteArrayView whole = point < 0 ? text : text.first(point);
    const QByteArrayView fraction = point < 0 ? QByteArrayView() : text.sliced(point + 1);
    if (whole.isEmpty() || !isDigits(whole) || !isDigits(fraction)
        || (point >= 0 && fraction.isEmpty()))
        return invalid(text, u"write digits, with a point before decimals"_s);
    if (fraction.size() > Decimals)
        return invalid(text, u"at most six decimals"_s);
    QByteArray padded = fraction.toByteArray();
    padded.append(Decimals - fraction.size(), '0');
    MicroAmount amount = 0;
    if (!accumulate(amount, whole) || !accumulate(amount, padded))
        return invalid(text, u"too large"_s);
    return amount;
}

QByteArray formatAmount(MicroAmount amount)
{
    const bool negative = amount < 0;
    const quint64 magnitude = negative ? 0 - static_cast<quint64>(amount) : quint64(amount);
    QByteArray text = QByteArray::number(magnitude / MicroPerUnit);
    if (const quint64 micros = magnitude % MicroPerUnit; micros != 0) {
        QByteArray decimals = QByteArray::number(micros).rightJustified(Decimals, '0');
        while (decimals.endsWith('0'))
            decimals.chop(1);
        text += '.' + decimals;
    }
    return negative ? QByteArray('-' + text) : text;
}

} // namespace sluice

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/money.h"

#include <algorithm>

namespace sluice {

using namespace Qt::StringLiterals;

namespace {

constexpr int MostDecimals = 8; ///< of a dollar: a millionth of a cent
constexpr int CostDecimals = 4;
constexpr MicroAmount SmallestCost = MicroCentsPerDollar / 10'000; ///< that four decimals show

Error invalid(const QString &message)
{
    return {ErrorCode::Invalid, message, {}};
}

} // namespace

QString groupedDigits(QString digits)
{
    for (qsizetype at = digits.size() - 3; at > 0; at -= 3)
        digits.insert(at, QChar(0x202f)); // narrow no-break space
    return digits;
}

QString formatDollars(MicroAmount cents, int decimals)
{
    quint64 scale = 1;
    for (int i = 0; i < decimals; ++i)
        scale *= 10;
    const quint64 step = quint64(MicroCentsPerDollar) / scale;
    const bool isNegative = cents < 0;
    const quint64 size = isNegative ? quint64(0) - quint64(cents) : quint64(cents);
    const quint64 rounded = size / step + (size % step >= step - step / 2 ? 1 : 0);
    QString text =
        (isNegative ? u"\u2212$"_s : u"$"_s) + groupedDigits(QString::number(rounded / scale));
    if (decimals > 0)
        text += u'.' + QString::number(rounded % scale).rightJustified(decimals, u'0');
    return text;
}

QString formatDollars(MicroAmount cents)
{
    const bool isSmall = cents > -MicroCentsPerDollar && cents < MicroCentsPerDollar;
    return formatDollars(cents, isSmall && cents != 0 ? 4 : 2);
}

QString formatCost(MicroAmount cents)
{
    if (cents == 0 || cents >= SmallestCost || cents <= -SmallestCost)
        return formatDollars(cents, CostDecimals);
    if (cents > 0 && cents < SmallestCost / 100)
        return u"<$0.000001"_s;
    return formatDollars(cents, CostDecimals + 2);
}

QString formatDollarsExact(MicroAmount cents)
{
    QString text = formatDollars(cents, MostDecimals);
    for (int spare = MostDecimals - 2; spare > 0 && text.endsWith(u'0'); --spare)
        text.chop(1);
    return text;
}

QString dollarsToEdit(MicroAmount cents)
{
    QString text = formatDollarsExact(cents);
    return text.remove(u'$').remove(QChar(0x202f));
}

Result<MicroAmount> parseDollars(const QString &text)
{
    QString digits;
    for (const QChar c : text) {
        if (!c.isSpace()) // narrow and no-break ones are spaces too
            digits.append(c);
    }
    if (digits.startsWith(u'$'))
        digits.remove(0, 1);
    if (digits.contains(u','))
        return invalid(u"Money needs a point: %1"_s.arg(QString(digits).replace(u',', u'.')));
    const qsizetype point = digits.indexOf(u'.');
    const QString whole = point < 0 ? digits : digits.first(point);
    QString part = point < 0 ? QString() : digits.sliced(point + 1);
    const QString all = whole + part;
    const bool isNumber =
        std::all_of(all.cbegin(), all.cend(), [](QChar c) { return c >= u'0' && c <= u'9'; });
    if (!isNumber || whole.isEmpty() || (point >= 0 && part.isEmpty())
        || part.size() > MostDecimals)
        return invalid(u"An amount of dollars is needed, like 500 or 2.50"_s);
    // Dollars become cents by moving the point.
    part = part.leftJustified(MostDecimals, u'0');
    const QString cents = whole + part.first(2) + u'.' + part.sliced(2);
    const Result<MicroAmount> amount = parseAmount(cents.toLatin1());
    if (!amount)
        return Error{ErrorCode::Refused, u"That is too much money"_s, {}};
    return *amount;
}

} // namespace sluice

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/money.h"

namespace sluice {

using namespace Qt::StringLiterals;

namespace {

constexpr int MostDecimals = 8; ///< of a dollar: a millionth of a cent

QString grouped(QString digits)
{
    for (qsizetype at = digits.size() - 3; at > 0; at -= 3)
        digits.insert(at, QChar(0x202f)); // narrow no-break space
    return digits;
}

} // namespace

QString formatDollars(MicroAmount cents, int decimals)
{
    quint64 scale = 1;
    for (int i = 0; i < decimals; ++i)
        scale *= 10;
    const quint64 step = quint64(MicroCentsPerDollar) / scale;
    const bool isNegative = cents < 0;
    const quint64 size = isNegative ? quint64(0) - quint64(cents) : quint64(cents);
    const quint64 rounded = size / step + (size % step >= step - step / 2 ? 1 : 0);
    QString text = (isNegative ? u"\u2212$"_s : u"$"_s) + grouped(QString::number(rounded / scale));
    if (decimals > 0)
        text += u'.' + QString::number(rounded % scale).rightJustified(decimals, u'0');
    return text;
}

QString formatDollars(MicroAmount cents)
{
    const bool isSmall = cents > -MicroCentsPerDollar && cents < MicroCentsPerDollar;
    return formatDollars(cents, isSmall && cents != 0 ? 4 : 2);
}

QString formatDollarsExact(MicroAmount cents)
{
    QString text = formatDollars(cents, MostDecimals);
    for (int spare = MostDecimals - 2; spare > 0 && text.endsWith(u'0'); --spare)
        text.chop(1);
    return text;
}

} // namespace sluice

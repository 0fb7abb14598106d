// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/format.h"

#include "core/base/duration.h"
#include "core/base/money.h"

#include <QCoreApplication>

#include <cmath>

using namespace Qt::StringLiterals;

namespace sluice::ui::format {
namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("Format", text);
}

// Cents are enough, unless there are none.
QString excess(MicroAmount value, Unit unit)
{
    return unit == Unit::Cents ? money(value, value < MicroPerUnit) : amount(value, unit);
}

QString stateWord(const GaugeValue &value)
{
    switch (value.state) {
    case State::Near:
        return tr("near limit");
    case State::Refused:
        return tr("refused");
    case State::Shadow:
        return tr("shadow");
    case State::Normal:
    case State::Idle:
        break;
    }
    return {};
}

} // namespace

// QLocale would use the separator of the region, which may be a comma or an apostrophe; the design
// asks for one that cannot be read as a decimal sign.
QString count(qint64 number)
{
    if (number >= 0)
        return groupedDigits(QString::number(number));
    return u'\u2212' + groupedDigits(QString::number(number).mid(1));
}

QString share(double value)
{
    if (!std::isfinite(value) || value <= 0)
        return u'0' + QString(QChar(NarrowSpace)) + u'%';
    const double percent = value * 100;
    if (percent < 1)
        return u"<1"_s + QChar(NarrowSpace) + u'%';
    // Rounded, but 99.6 % must not read as 100 % while requests still pass.
    const double whole = std::min(std::round(percent), 1e12);
    return count(qint64(percent < 100 ? std::min(whole, 99.0) : whole)) + QChar(NarrowSpace) + u'%';
}

QString shareExact(double value)
{
    if (!std::isfinite(value))
        value = 0;
    return QString::number(value * 100, 'f', 1) + QChar(NarrowSpace) + u'%';
}

QString money(MicroAmount cents, bool precise)
{
    return precise ? formatDollars(cents) : formatDollars(cents, 2);
}

QString cost(MicroAmount cents)
{
    return formatCost(cents);
}

QString amount(MicroAmount value, Unit unit)
{
    if (unit == Unit::Cents)
        return money(value, true);
    const qint64 whole = value / MicroPerUnit;
    QString text = count(whole);
    const qint64 rest = std::abs(value % MicroPerUnit);
    if (rest == 0)
        return text;
    QString decimals = QString::number(rest).rightJustified(6, u'0');
    while (decimals.endsWith(u'0'))
        decimals.chop(1);
    if (value < 0 && whole == 0)
        text.prepend(u'\u2212');
    return text + u'.' + decimals;
}

QString unitWord(Unit unit)
{
    switch (unit) {
    case Unit::Request:
        return tr("req");
    case Unit::Token:
        return tr("tok");
    case Unit::InputToken:
        return tr("tok in");
    case Unit::OutputToken:
        return tr("tok out");
    case Unit::ConcurrentRequest:
        return tr("calls");
    case Unit::Cents:
        break;
    }
    return {};
}

QString unitPhrase(Unit unit)
{
    switch (unit) {
    case Unit::Request:
        return tr("requests");
    case Unit::Token:
        return tr("tokens");
    case Unit::InputToken:
        return tr("input tokens");
    case Unit::OutputToken:
        return tr("output tokens");
    case Unit::ConcurrentRequest:
        return tr("calls at once");
    case Unit::Cents:
        return tr("dollars");
    }
    return {};
}

QString wait(std::chrono::nanoseconds duration)
{
    QString text = describeDuration(duration);
    for (qsizetype i = 1; i + 1 < text.size(); ++i) {
        if (text.at(i) == u' ' && text.at(i - 1).isDigit() && text.at(i + 1).isLetter())
            text[i] = QChar(NarrowSpace);
    }
    return text;
}

QString estimate(const QString &text)
{
    return u'~' + text;
}

GaugeValue gauge(Unit unit, MicroAmount used, MicroAmount quota, MicroAmount reserved)
{
    GaugeValue value;
    value.used = used;
    value.quota = quota;
    value.reserved = reserved;
    value.usedText = amount(used, unit);
    value.quotaText = amount(quota, unit);
    value.unitText = unitWord(unit);
    if (reserved > 0)
        value.reservedText = amount(reserved, unit);
    const MicroAmount taken = used + reserved;
    if (quota > 0 && taken >= quota) {
        value.state = State::Refused;
        value.stateWord = tr("refused");
        if (used > quota)
            value.stateWord = tr("refused, +%1").arg(excess(used - quota, unit));
    } else if (quota > 0 && taken >= quota - quota / 5) {
        value.state = State::Near;
        value.stateWord = tr("near");
    }
    return value;
}

QString gaugeSentence(const GaugeValue &value)
{
    if (!value.noLimitText.isEmpty())
        return value.noLimitText;
    QString text = tr("%1 of %2").arg(value.usedText, value.quotaText);
    if (!value.unitText.isEmpty())
        text += u' ' + value.unitText;
    if (!value.reservedText.isEmpty())
        text += u", "_s + tr("%1 reserved").arg(value.reservedText);
    const QString word = value.stateWord.isEmpty() || value.state == State::Near ? stateWord(value)
                                                                                 : value.stateWord;
    text += u", "_s + (word.isEmpty() ? share(value.share()) : word);
    if (value.stale)
        text += u", "_s + tr("stale");
    return text;
}

} // namespace sluice::ui::format

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/insight/amounttext.h"

#include "core/base/money.h"

#include <QCoreApplication>

namespace sluice::insight {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("Explain", text);
}

QString unitPhraseOfOne(Unit unit)
{
    switch (unit) {
    case Unit::Request:
        return tr("request");
    case Unit::Token:
        return tr("token");
    case Unit::InputToken:
        return tr("input token");
    case Unit::OutputToken:
        return tr("output token");
    case Unit::Cents:
        return tr("dollars");
    case Unit::ConcurrentRequest:
        return tr("running request");
    }
    Q_UNREACHABLE();
}

} // namespace

QString groupDigits(qint64 number)
{
    if (number >= 0)
        return groupedDigits(QString::number(number));
    return u'-' + groupedDigits(QString::number(number).sliced(1));
}

QString amountText(Unit unit, MicroAmount amount)
{
    return unit == Unit::Cents ? formatDollars(amount) : groupDigits(amount / MicroPerUnit);
}

QString amountPhrase(Unit unit, MicroAmount amount)
{
    QString text = amountText(unit, amount);
    if (unit == Unit::Cents)
        return text;
    const bool isOne = amount / MicroPerUnit == 1;
    return text + u' ' + (isOne ? unitPhraseOfOne(unit) : unitPhrase(unit));
}

QString shortAmountPhrase(Unit unit, MicroAmount amount)
{
    const bool saysItself = unit == Unit::Request || unit == Unit::ConcurrentRequest;
    return saysItself ? amountText(unit, amount) : amountPhrase(unit, amount);
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
    case Unit::Cents:
        return tr("dollars");
    case Unit::ConcurrentRequest:
        return tr("running requests");
    }
    Q_UNREACHABLE();
}

} // namespace sluice::insight

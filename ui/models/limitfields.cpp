// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/limitfields.h"

#include "core/base/duration.h"
#include "core/base/money.h"
#include "ui/widgets/format.h"

#include <QCoreApplication>
#include <QTimeZone>

#include <limits>

namespace sluice::ui::limitfields {

using namespace Qt::StringLiterals;
using config::CalendarUnit;
using config::LimitRule;
using session::LimitKind;
using std::chrono::nanoseconds;

namespace {

constexpr qint64 MostRequests = std::numeric_limits<quint32>::max();
constexpr qint64 MostUnits = 1'000'000'000'000; ///< tokens or cents

QString tr(const char *text)
{
    return QCoreApplication::translate("LimitFields", text);
}

Error invalid(const QString &message)
{
    return {ErrorCode::Invalid, message, {}};
}

/// Digits as people group them: blanks, narrow and no-break ones too.
QString withoutBlanks(const QString &text)
{
    QString digits;
    for (const QChar c : text) {
        if (!c.isSpace())
            digits.append(c);
    }
    return digits;
}

QString withUnit(qint64 number, const QString &unit)
{
    return format::count(number) + QChar(format::NarrowSpace) + unit;
}

Result<QString> parseWhole(const QString &text, qint64 most)
{
    const QString digits = withoutBlanks(text);
    bool isNumber = !digits.isEmpty();
    for (const QChar c : digits)
        isNumber = isNumber && c >= u'0' && c <= u'9';
    const qint64 value = isNumber ? digits.toLongLong(&isNumber) : 0;
    if (isNumber && value >= 1 && value <= most)
        return QString::number(value);
    return invalid(tr("A whole number from 1 to %1 is needed").arg(format::count(most)));
}

/// In cents, as the file has it.
Result<QString> parseMoney(const QString &text)
{
    const Result<MicroAmount> amount = parseDollars(text);
    if (!amount && amount.error().code == ErrorCode::Invalid)
        return amount.error();
    if (!amount || *amount <= 0 || *amount > MostUnits * MicroPerUnit)
        return invalid(
            tr("More than nothing and at most %1 dollars").arg(format::count(MostUnits / 100)));
    return QString::fromLatin1(formatAmount(*amount));
}

bool isCalendarWord(const QString &text)
{
    for (int unit = 0; unit <= int(CalendarUnit::Year); ++unit) {
        if (calendarWord(CalendarUnit(unit)) == text)
            return true;
    }
    return false;
}

} // namespace

// --- amounts -------------------------------------------------------------------------------------

Result<QString> parseAmount(const QString &text, Unit unit)
{
    switch (unit) {
    case Unit::Cents:
        return parseMoney(text);
    case Unit::Request:
    case Unit::ConcurrentRequest:
        return parseWhole(text, MostRequests);
    case Unit::Token:
    case Unit::InputToken:
    case Unit::OutputToken:
        break;
    }
    return parseWhole(text, MostUnits);
}

QString amountText(MicroAmount amount, Unit unit)
{
    return unit == Unit::Cents ? dollarsToEdit(amount) : QString::number(amount / MicroPerUnit);
}

QString amountWords(MicroAmount amount, Unit unit)
{
    if (unit == Unit::Cents)
        return formatDollarsExact(amount);
    const QString number = format::count(amount / MicroPerUnit);
    return unit == Unit::Request ? number : QString(number + u' ' + unitWords(unit));
}

QString unitWords(Unit unit)
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
        return tr("US dollars");
    case Unit::ConcurrentRequest:
        break;
    }
    return tr("at once");
}

// --- periods -------------------------------------------------------------------------------------

Result<QString> parsePeriod(const QString &text)
{
    const QString tidy = text.simplified();
    const Result<nanoseconds> duration = parseDuration(tidy);
    if (!duration)
        return duration.error();
    if (*duration <= nanoseconds::zero())
        return invalid(tr("A time longer than nothing is needed"));
    if (tidy.contains(u'M'))
        return invalid(tr("M is a month of 30.44 days; write m for minutes, or so many days: 30d"));
    return tidy;
}

Result<QString> parsePeriodOf(const LimitRule &rule, const QString &text)
{
    using namespace std::chrono;
    const LimitKind kind = session::kindOf(rule);
    const bool isWindow = kind == LimitKind::Usage || kind == LimitKind::Spend;
    if (isWindow && isCalendarWord(text.trimmed().toLower()))
        return text.trimmed().toLower();
    Result<QString> period = parsePeriod(text);
    if (!period)
        return period;
    const nanoseconds length = *parseDuration(*period);
    if (isWindow && length < 1s)
        return invalid(tr("A window is at least a second long"));
    if (kind == LimitKind::Policy && (length < 60s || length > 365 * 24h || length % 1s != 0ns))
        return invalid(tr("The window of a policy is from 60 seconds to 365 days"));
    return period;
}

QString periodText(const LimitRule &rule)
{
    if (rule.algorithm == config::Algorithm::CalendarWindow)
        return calendarWord(rule.calendar.unit);
    return rule.algorithm == config::Algorithm::Concurrency ? QString()
                                                            : formatDuration(rule.refill);
}

QString periodWords(nanoseconds period)
{
    using namespace std::chrono;

    struct Step
    {
        nanoseconds size;
        const char *word;
    };

    const Step steps[] = {{24h, "d"}, {1h, "h"}, {1min, "min"}, {1s, "s"}, {1ms, "ms"}};
    // A day is said in hours, as limits usually are.
    if (period == 24h)
        return withUnit(24, tr("h"));
    for (const Step &step : steps) {
        if (period >= step.size && period % step.size == nanoseconds::zero())
            return withUnit(period / step.size, tr(step.word));
    }
    return formatDuration(period);
}

QString periodWords(const limits::Limit &limit)
{
    switch (limit.algorithm) {
    case limits::Algorithm::Gcra:
    case limits::Algorithm::SlidingWindow:
        return periodWords(limit.period);
    case limits::Algorithm::CalendarWindow:
        return QCoreApplication::translate(
            "LimitFields", calendarWord(limit.calendar.unit).toLatin1().constData());
    case limits::Algorithm::Concurrency:
        break;
    }
    return u"–"_s;
}

QString periodInSeconds(const QString &text)
{
    const Result<nanoseconds> duration = parseDuration(text.simplified());
    if (!duration)
        return {};
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(*duration);
    const qint64 seconds = milliseconds.count() / 1000;
    const qint64 rest = milliseconds.count() % 1000;
    QString number = format::count(seconds);
    if (rest != 0)
        number += u'.' + QString::number(rest).rightJustified(3, u'0');
    return tr("= %1 s").arg(number);
}

QString calendarWord(CalendarUnit unit)
{
    static const QStringList words{
        u"hour"_s, u"day"_s, u"week"_s, u"month"_s, u"quarter"_s, u"year"_s};
    return words.at(int(unit));
}

Result<QByteArray> parseZone(const QString &text)
{
    const QByteArray id = text.trimmed().toUtf8();
    if (id.isEmpty() || QTimeZone::isTimeZoneIdAvailable(id))
        return id;
    return invalid(
        tr("There is no time zone %1; write one like Europe/Berlin").arg(text.trimmed()));
}

} // namespace sluice::ui::limitfields

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/duration.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <limits>

namespace sluice {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 Second = 1'000'000'000;

struct DurationUnit
{
    QLatin1StringView name;
    qint64 nanoseconds;
};

// humantime's table; a month is 30.44 days and a year 365.25 days.
constexpr std::array Units{DurationUnit{"ns"_L1, 1}, DurationUnit{"nsec"_L1, 1},
    DurationUnit{"us"_L1, 1'000}, DurationUnit{"usec"_L1, 1'000}, DurationUnit{"ms"_L1, 1'000'000},
    DurationUnit{"msec"_L1, 1'000'000}, DurationUnit{"s"_L1, Second},
    DurationUnit{"sec"_L1, Second}, DurationUnit{"secs"_L1, Second},
    DurationUnit{"second"_L1, Second}, DurationUnit{"seconds"_L1, Second},
    DurationUnit{"m"_L1, 60 * Second}, DurationUnit{"min"_L1, 60 * Second},
    DurationUnit{"mins"_L1, 60 * Second}, DurationUnit{"minute"_L1, 60 * Second},
    DurationUnit{"minutes"_L1, 60 * Second}, DurationUnit{"h"_L1, 3600 * Second},
    DurationUnit{"hr"_L1, 3600 * Second}, DurationUnit{"hrs"_L1, 3600 * Second},
    DurationUnit{"hour"_L1, 3600 * Second}, DurationUnit{"hours"_L1, 3600 * Second},
    DurationUnit{"d"_L1, 86'400 * Second}, DurationUnit{"day"_L1, 86'400 * Second},
    DurationUnit{"days"_L1, 86'400 * Second}, DurationUnit{"w"_L1, 604'800 * Second},
    DurationUnit{"week"_L1, 604'800 * Second}, DurationUnit{"weeks"_L1, 604'800 * Second},
    DurationUnit{"M"_L1, 2'630'016 * Second}, DurationUnit{"month"_L1, 2'630'016 * Second},
    DurationUnit{"months"_L1, 2'630'016 * Second}, DurationUnit{"y"_L1, 31'557'600 * Second},
    DurationUnit{"year"_L1, 31'557'600 * Second}, DurationUnit{"years"_L1, 31'557'600 * Second}};

bool isDigit(QChar c)
{
    return c >= u'0' && c <= u'9';
}

bool isLetter(QChar c)
{
    return (c >= u'a' && c <= u'z') || (c >= u'A' && c <= u'Z');
}

Error invalid(QStringView text, const QString &why)
{
    return Error{ErrorCode::Invalid, u"\"%1\" is not a duration: %2"_s.arg(text, why), {}};
}

/// Walks over one text; each step consumes what it read.
class Scanner
{
public:
    explicit Scanner(QStringView text) : m_text(text) { }

    void skipBlanks()
    {
        while (!m_text.isEmpty() && m_text.front().isSpace())
            m_text = m_text.sliced(1);
    }

    [[nodiscard]] bool atEnd() const { return m_text.isEmpty(); }

    [[nodiscard]] bool startsWithPoint() const
    {
        return m_text.startsWith(u'.') || m_text.startsWith(u',');
    }

    template <typename Predicate> QStringView takeWhile(Predicate matches)
    {
        qsizetype n = 0;
        while (n < m_text.size() && matches(m_text[n]))
            ++n;
        const QStringView taken = m_text.first(n);
        m_text = m_text.sliced(n);
        return taken;
    }

private:
    QStringView m_text;
};

Result<qint64> parsePart(Scanner &scanner, QStringView whole)
{
    const QStringView number = scanner.takeWhile(isDigit);
    if (number.isEmpty())
        return invalid(whole, u"expected a whole number and a unit, such as 1m or 1h 30m"_s);
    bool fits = false;
    const qint64 count = number.toLongLong(&fits);
    scanner.skipBlanks();
    const QStringView name = scanner.takeWhile(isLetter);
    if (name.isEmpty() && scanner.startsWithPoint())
        return invalid(whole, u"fractions are not allowed; write for example 1s 500ms"_s);
    if (name.isEmpty())
        return invalid(whole, u"%1 needs a unit, for example %1s or %1m"_s.arg(number));
    const auto *unit = std::find_if(
        Units.begin(), Units.end(), [name](const DurationUnit &u) { return name == u.name; });
    if (unit == Units.end())
        return invalid(whole, u"unknown unit \"%1\"; use ns us ms s m h d w M y"_s.arg(name));
    qint64 total = 0;
    if (!fits || __builtin_mul_overflow(count, unit->nanoseconds, &total))
        return invalid(whole, u"too long, the most is about 292 years"_s);
    return total;
}

} // namespace

Result<std::chrono::nanoseconds> parseDuration(QStringView text)
{
    Scanner scanner(text);
    scanner.skipBlanks();
    if (scanner.atEnd())
        return invalid(text, u"it is empty; write for example 1m"_s);
    qint64 total = 0;
    while (!scanner.atEnd()) {
        const Result<qint64> part = parsePart(scanner, text);
        if (!part)
            return part.error();
        if (__builtin_add_overflow(total, *part, &total))
            return invalid(text, u"too long, the most is about 292 years"_s);
        scanner.skipBlanks();
    }
    return std::chrono::nanoseconds(total);
}

QString formatDuration(std::chrono::nanoseconds duration)
{
    // Months and years are left out: nobody expects 30.44 days to be written for 2630016 seconds.
    constexpr std::array written{DurationUnit{"d"_L1, 86'400 * Second},
        DurationUnit{"h"_L1, 3600 * Second}, DurationUnit{"m"_L1, 60 * Second},
        DurationUnit{"s"_L1, Second}, DurationUnit{"ms"_L1, 1'000'000},
        DurationUnit{"us"_L1, 1'000}, DurationUnit{"ns"_L1, 1}};
    qint64 rest = std::max<qint64>(duration.count(), 0);
    QStringList parts;
    for (const DurationUnit &unit : written) {
        if (const qint64 count = rest / unit.nanoseconds; count > 0)
            parts << QString::number(count) + unit.name;
        rest %= unit.nanoseconds;
    }
    return parts.isEmpty() ? u"0s"_s : parts.join(u' ');
}

QString describeDuration(std::chrono::nanoseconds duration)
{
    const qint64 ns = std::max<qint64>(duration.count(), 0);
    // Rounded up, so that the time told is never too early.
    if (ns < 10 * Second) {
        const qint64 tenths = (ns + Second / 10 - 1) / (Second / 10);
        return tenths % 10 == 0
            ? QCoreApplication::translate("Duration", "%1 s").arg(tenths / 10)
            : QCoreApplication::translate("Duration", "%1.%2 s").arg(tenths / 10).arg(tenths % 10);
    }
    const qint64 s = (ns + Second - 1) / Second;
    if (s < 60)
        return QCoreApplication::translate("Duration", "%1 s").arg(s);
    const auto two = [](qint64 large, const char *largeUnit, qint64 small, const char *smallUnit) {
        QString first = QCoreApplication::translate("Duration", largeUnit).arg(large);
        if (small == 0)
            return first;
        return QString(
            first + u' ' + QCoreApplication::translate("Duration", smallUnit).arg(small));
    };
    if (s < 3600)
        return two(s / 60, "%1 m", s % 60, "%1 s");
    const qint64 m = (s + 59) / 60;
    if (m < 24 * 60)
        return two(m / 60, "%1 h", m % 60, "%1 m");
    const qint64 h = (m + 59) / 60;
    return two(h / 24, "%1 d", h % 24, "%1 h");
}

} // namespace sluice

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/historywords.h"

#include "ui/widgets/format.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace sluice::ui::historywords {

using session::HistorySums;
using std::chrono::milliseconds;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("HistoryWords", text);
}

QString marked(const QString &text, const HistorySums &sums)
{
    return sums.estimated > 0 ? format::estimate(text) : text;
}

} // namespace

QString tokens(const HistorySums &sums, qint64 figure)
{
    return figure == 0 ? format::count(0) : marked(format::count(figure), sums);
}

QString cost(const HistorySums &sums)
{
    if (sums.cost == 0 && sums.unpriced > 0)
        return u"?"_s;
    if (sums.cost == 0)
        return u"–"_s;
    const QString text = marked(format::money(sums.cost, true), sums);
    return sums.unpriced > 0 ? QString(u"? + "_s + text) : text;
}

QString step(milliseconds from, milliseconds until)
{
    const QDateTime begin = QDateTime::fromMSecsSinceEpoch(from.count());
    const QDateTime end = QDateTime::fromMSecsSinceEpoch(until.count());
    const QLocale locale;
    QString day = locale.toString(begin.date(), u"ddd d MMM"_s);
    if (until - from >= 20h)
        return day;
    return day + u", "_s + locale.toString(begin.time(), u"HH:mm"_s) + u" – "_s
        + locale.toString(end.time(), u"HH:mm"_s);
}

Problem problem(const Error &error, bool isRecording)
{
    switch (error.code) {
    case ErrorCode::NotFound:
        if (!isRecording)
            return {tr("Requests are not recorded"),
                tr("Write into the file\nrecording: {enabled: true}\nand every request from then "
                   "on "
                   "is a row of the ledger, without bodies and secrets.")};
        return {tr("Nothing has been recorded yet"),
            tr("Every request is a row of the ledger at its end, without bodies and secrets.")};
    case ErrorCode::Refused:
        return {tr("Requests are not recorded"),
            tr("Only sums by the hour are kept: choose 24 h or more.")};
    case ErrorCode::Unsupported:
        return {tr("The ledger is newer than this program"), error.message};
    case ErrorCode::Timeout:
        return {tr("It took too long"), error.message};
    case ErrorCode::Cancelled:
        return {tr("Cancelled"), {}};
    default:
        return {tr("The ledger cannot be read"), error.message};
    }
}

} // namespace sluice::ui::historywords

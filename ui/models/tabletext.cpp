// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/tabletext.h"

#include "ui/widgets/format.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QLocale>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace sluice::ui::tabletext {

using session::SqlAnswer;

namespace {

constexpr qsizetype LongestShown = 1'000; ///< characters of a cell; nobody sees more of a line

QString csvCell(const QString &text)
{
    if (!text.contains(u',') && !text.contains(u'"') && !text.contains(u'\n')
        && !text.contains(u'\r'))
        return text;
    return u'"' + QString(text).replace(u'"', u"\"\""_s) + u'"';
}

QByteArray csvLine(const QStringList &cells)
{
    QStringList quoted;
    for (const QString &cell : cells)
        quoted.append(csvCell(cell));
    return quoted.join(u',').toUtf8() + "\r\n";
}

QJsonValue jsonValue(const QVariant &value)
{
    if (value.isNull())
        return QJsonValue::Null;
    if (value.typeId() == QMetaType::Double)
        return std::isfinite(value.toDouble()) ? QJsonValue(value.toDouble())
                                               : QJsonValue(QJsonValue::Null);
    if (isFigure(value))
        return value.toLongLong();
    return plain(value);
}

QString wholeText(const QString &digits)
{
    bool isSmall = false;
    const qint64 number = digits.toLongLong(&isSmall);
    return isSmall ? format::count(number) : digits;
}

} // namespace

bool isFigure(const QVariant &value)
{
    const int type = value.typeId();
    return !value.isNull()
        && (type == QMetaType::LongLong || type == QMetaType::Int || type == QMetaType::Double);
}

QString shown(const QVariant &value)
{
    if (value.isNull())
        return u"null"_s;
    if (isFigure(value)) {
        const QString text = plain(value);
        const qsizetype point = text.indexOf(u'.');
        return point < 0 ? wholeText(text)
                         : QString(wholeText(text.first(point)) + text.sliced(point));
    }
    // A recorded body would be measured and cut anew with every painting.
    QString text = plain(value);
    if (text.size() > LongestShown)
        text = text.first(LongestShown) + u'…';
    std::replace_if(
        text.begin(), text.end(), [](QChar letter) { return !letter.isPrint(); }, QChar(u' '));
    return text;
}

QString plain(const QVariant &value)
{
    if (value.typeId() == QMetaType::QByteArray)
        return QString::fromLatin1(value.toByteArray().toHex());
    if (value.typeId() == QMetaType::Double)
        return QString::number(value.toDouble(), 'g', QLocale::FloatingPointShortest);
    return value.toString();
}

QString tabbed(const QVariantList &cells)
{
    QStringList texts;
    for (const QVariant &cell : cells) {
        QString text = plain(cell);
        std::replace_if(
            text.begin(), text.end(),
            [](QChar letter) { return letter == u'\t' || letter == u'\n' || letter == u'\r'; },
            QChar(u' '));
        texts.append(text);
    }
    return texts.join(u'\t');
}

QByteArray csv(const SqlAnswer &answer)
{
    QByteArray text = csvLine(answer.columns);
    for (const QVariantList &row : answer.rows) {
        QStringList cells;
        for (const QVariant &value : row)
            cells.append(plain(value));
        text += csvLine(cells);
    }
    return text;
}

QByteArray jsonLines(const SqlAnswer &answer)
{
    QStringList names;
    for (const QString &column : answer.columns) {
        QString name = column;
        for (int i = 2; names.contains(name); ++i)
            name = column + u'_' + QString::number(i);
        names.append(name);
    }
    QByteArray text;
    for (const QVariantList &row : answer.rows) {
        QJsonObject object;
        for (qsizetype i = 0; i < row.size(); ++i)
            object.insert(names.at(i), jsonValue(row.at(i)));
        text += QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n';
    }
    return text;
}

} // namespace sluice::ui::tabletext

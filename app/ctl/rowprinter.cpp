// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/ctl/rowprinter.h"

#include "app/ctl/command.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

namespace sluice::ctl {

using namespace Qt::StringLiterals;

namespace {

bool isNumber(const QVariant &value)
{
    const int type = value.typeId();
    return type == QMetaType::LongLong || type == QMetaType::Int || type == QMetaType::Double;
}

QString cellText(const QVariant &value)
{
    if (value.typeId() == QMetaType::QByteArray)
        return QString::fromLatin1(value.toByteArray().toHex());
    return value.toString();
}

/// On one line, and without what moves a terminal's cursor.
QString tableText(const QVariant &value)
{
    QString text = cellText(value);
    std::replace_if(
        text.begin(), text.end(), [](QChar letter) { return !letter.isPrint(); }, QChar(u' '));
    return text;
}

QJsonValue jsonValue(const QVariant &value)
{
    if (value.isNull())
        return QJsonValue::Null;
    if (value.typeId() == QMetaType::Double)
        return value.toDouble();
    if (isNumber(value))
        return value.toLongLong();
    return cellText(value);
}

void printTable(const stores::Table &table)
{
    const auto count = static_cast<size_t>(table.columns.size());
    std::vector<qsizetype> widths(count);
    for (size_t i = 0; i < count; ++i) {
        const auto column = static_cast<qsizetype>(i);
        widths[i] = table.columns[column].size();
        for (const QVariantList &row : table.rows)
            widths[i] = std::max(widths[i], tableText(row[column]).size());
    }
    QString head;
    for (size_t i = 0; i < count; ++i)
        head += table.columns[static_cast<qsizetype>(i)].toUpper().leftJustified(widths[i] + 2);
    printLine(head.trimmed());
    for (const QVariantList &row : table.rows) {
        QString line;
        for (size_t i = 0; i < count; ++i) {
            const QVariant &value = row[static_cast<qsizetype>(i)];
            const QString text = tableText(value);
            line +=
                isNumber(value) ? text.rightJustified(widths[i]) : text.leftJustified(widths[i]);
            line += u"  "_s;
        }
        while (line.endsWith(u' '))
            line.chop(1);
        printLine(line);
    }
}

QJsonObject jsonObject(const stores::Table &table, const QVariantList &row)
{
    QJsonObject object;
    for (qsizetype i = 0; i < row.size(); ++i)
        object.insert(table.columns[i], jsonValue(row[i]));
    return object;
}

void printJson(const stores::Table &table)
{
    QJsonArray array;
    for (const QVariantList &row : table.rows)
        array.append(jsonObject(table, row));
    printLine(QString::fromUtf8(QJsonDocument(array).toJson()).trimmed());
}

void printJsonLines(const stores::Table &table)
{
    for (const QVariantList &row : table.rows)
        printLine(QString::fromUtf8(
            QJsonDocument(jsonObject(table, row)).toJson(QJsonDocument::Compact)));
}

void printCsv(const stores::Table &table)
{
    const auto print = [](const QStringList &cells) { printLine(cells.join(u',')); };
    QStringList head;
    for (const QString &column : table.columns)
        head.append(csvCell(column));
    print(head);
    for (const QVariantList &row : table.rows) {
        QStringList cells;
        for (const QVariant &value : row)
            cells.append(csvCell(cellText(value)));
        print(cells);
    }
}

} // namespace

std::optional<RowFormat> rowFormat(const QString &name)
{
    if (name == "table"_L1)
        return RowFormat::Table;
    if (name == "json"_L1)
        return RowFormat::Json;
    if (name == "jsonl"_L1)
        return RowFormat::JsonLines;
    if (name == "csv"_L1)
        return RowFormat::Csv;
    return std::nullopt;
}

QString csvCell(const QString &text)
{
    if (!text.contains(u',') && !text.contains(u'"') && !text.contains(u'\n')
        && !text.contains(u'\r'))
        return text;
    return u'"' + QString(text).replace(u'"', u"\"\""_s) + u'"';
}

stores::Table tableOf(const QJsonArray &rows, const QStringList &columns)
{
    stores::Table table;
    table.columns = columns;
    for (const auto &row : rows) {
        QVariantList cells;
        for (const QString &column : columns)
            cells.append(row[column].toVariant());
        table.rows.push_back(cells);
    }
    return table;
}

void printRows(const stores::Table &table, RowFormat format)
{
    switch (format) {
    case RowFormat::Table:
        return printTable(table);
    case RowFormat::Json:
        return printJson(table);
    case RowFormat::JsonLines:
        return printJsonLines(table);
    case RowFormat::Csv:
        return printCsv(table);
    }
}

} // namespace sluice::ctl

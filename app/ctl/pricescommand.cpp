// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl prices show | list | import: what models cost, and price lists of others.
#include "app/ctl/command.h"
#include "app/ctl/rowprinter.h"

#include "core/base/units.h"
#include "core/config/loader.h"
#include "core/metering/prices/pricebook.h"
#include "core/metering/prices/priceimport.h"

#include <QDateTime>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>

#include <algorithm>

namespace sluice::ctl {

using namespace Qt::StringLiterals;
using config::ModelPrice;
using config::Rates;
using metering::PriceAnswer;
using metering::PriceBook;
using metering::PriceOrigin;
using std::chrono::milliseconds;

namespace {

constexpr qint64 MaxImportBytes = 64 * 1024 * 1024;

QString text(const QByteArray &bytes)
{
    return QString::fromUtf8(bytes);
}

QString dollars(qint64 rate)
{
    return QString::fromLatin1(formatAmount(rate));
}

QString originName(PriceOrigin origin)
{
    switch (origin) {
    case PriceOrigin::Models:
        return u"prices.models"_s;
    case PriceOrigin::File:
        return u"prices.file"_s;
    case PriceOrigin::Book:
        return u"built-in table of "_s + text(PriceBook::builtIn().date());
    case PriceOrigin::Local:
        return u"runs on this machine, costs nothing"_s;
    case PriceOrigin::None:
        break;
    }
    return u"unpriced"_s;
}

/// The values of a file; those of an empty one if no file is there and none was asked for.
Result<std::shared_ptr<const config::Configuration>> readConfiguration(
    const QCommandLineParser &parser)
{
    const QString path = configPath(parser.value(u"config"_s));
    QFile file(path);
    QByteArray yaml;
    if (file.open(QIODevice::ReadOnly))
        yaml = file.readAll();
    else if (parser.isSet(u"config"_s))
        return Error{ErrorCode::Io, u"cannot read %1: %2"_s.arg(path, file.errorString()), {}};
    const auto loaded = config::load(
        yaml, QProcessEnvironment::systemEnvironment(), QFileInfo(path).absolutePath());
    if (!loaded.configuration)
        return Error{ErrorCode::Invalid, u"%1 has errors; see \"sluicectl check\""_s.arg(path), {}};
    return loaded.configuration;
}

Result<milliseconds> readTime(const QCommandLineParser &parser)
{
    if (!parser.isSet(u"at"_s))
        return milliseconds(QDateTime::currentMSecsSinceEpoch());
    QDateTime time = QDateTime::fromString(parser.value(u"at"_s), Qt::ISODate);
    if (!time.isValid())
        return Error{
            ErrorCode::Invalid, u"--at is a time like 2026-01-31T12:00:00Z or a day"_s, {}};
    if (time.timeSpec() == Qt::LocalTime)
        time.setTimeSpec(Qt::UTC);
    return milliseconds(time.toMSecsSinceEpoch());
}

/// A provider that is not configured still has a name in the table.
config::Provider providerOf(const config::Configuration &values, const QByteArray &name)
{
    if (const config::Provider *known = values.findProvider(metering::bookProvider(name)))
        return *known;
    config::Provider provider;
    provider.name = name;
    provider.isBuiltIn = false;
    return provider;
}

void printField(const QString &name, const QString &value)
{
    printLine(u"  "_s + name.leftJustified(15) + value);
}

void printRates(const Rates &rates)
{
    printField(u"input"_s, dollars(rates.input));
    printField(u"cached-input"_s, dollars(rates.cachedInput));
    printField(u"cache-write"_s, dollars(rates.cacheWrite));
    if (rates.cacheWrite1h)
        printField(u"cache-write-1h"_s, dollars(*rates.cacheWrite1h));
    printField(u"output"_s, dollars(rates.output));
    if (rates.reasoning)
        printField(u"reasoning"_s, dollars(*rates.reasoning));
}

void printFound(const PriceBook::Found &found, milliseconds at)
{
    if (found.entry == nullptr)
        return;
    printField(u"entry"_s, text(found.entry->id));
    printField(u"matched by"_s, text(found.branch->toText()));
    if (found.entry->prices.size() > 1)
        printField(u"at"_s,
            QDateTime::fromMSecsSinceEpoch(at.count(), Qt::UTC).toString(Qt::ISODate)
                + u", as the price depends on the time"_s);
}

int show(const QString &name, const QCommandLineParser &parser)
{
    const QByteArray bytes = name.toUtf8();
    const qsizetype slash = bytes.indexOf('/');
    if (slash <= 0 || slash + 1 == bytes.size()) {
        printError(u"write the model as PROVIDER/MODEL"_s);
        return Usage;
    }
    const auto at = readTime(parser);
    if (!at)
        return fail(at.error().message);
    const auto values = readConfiguration(parser);
    if (!values)
        return fail(values.error().message);
    const config::Provider provider = providerOf(**values, bytes.first(slash));
    const PriceAnswer answer =
        metering::lookUpPrice((*values)->prices, provider, bytes.sliced(slash + 1), *at);
    if (answer.price == nullptr)
        return fail(u"%1 has no price; see \"sluicectl prices list\""_s.arg(name));
    printLine(name + u", US dollars per million tokens"_s);
    printRates(answer.price->rates);
    for (const config::PriceTier &tier : answer.price->tiers) {
        printLine(u"with more than %1 input tokens, for all of the request"_s.arg(tier.above));
        printRates(tier.rates);
    }
    printLine(u"from"_s);
    printField(u"source"_s, originName(answer.origin));
    printFound(answer.found, *at);
    return Success;
}

/// One line of the list.
struct Row
{
    QByteArray name;
    const ModelPrice *price = nullptr;
    PriceOrigin origin = PriceOrigin::None;
};

std::vector<Row> rowsOf(const config::Prices &prices, const QByteArray &provider, milliseconds at)
{
    std::vector<Row> rows;
    const QByteArray prefix = provider + '/';
    const auto isWanted = [&](const QByteArray &name) {
        return provider.isEmpty() || name.startsWith(prefix);
    };
    for (const ModelPrice &price : prices.models) {
        if (isWanted(price.model))
            rows.push_back(
                {price.model, &price, price.isFromFile ? PriceOrigin::File : PriceOrigin::Models});
    }
    const auto isConfigured = [&prices](const QByteArray &name) {
        return std::any_of(prices.models.begin(), prices.models.end(),
            [&name](const ModelPrice &price) { return price.model == name; });
    };
    for (const PriceBook::Provider &known : PriceBook::builtIn().providers()) {
        for (const metering::BookEntry &entry : known.entries) {
            const QByteArray name = known.name + '/' + entry.id;
            const ModelPrice *price = entry.priceAt(at);
            if (price != nullptr && isWanted(name) && !isConfigured(name))
                rows.push_back({name, price, PriceOrigin::Book});
        }
    }
    std::stable_sort(
        rows.begin(), rows.end(), [](const Row &a, const Row &b) { return a.name < b.name; });
    return rows;
}

QString sourceWord(PriceOrigin origin)
{
    if (origin == PriceOrigin::Book)
        return u"built-in"_s;
    return origin == PriceOrigin::File ? u"file"_s : u"models"_s;
}

void printTable(const std::vector<Row> &rows)
{
    const auto line = [](const QStringList &cells) {
        QString result = cells[0].leftJustified(48) + u' ';
        for (qsizetype i = 1; i < 5; ++i)
            result += cells[i].rightJustified(12);
        printLine(result + u"  "_s + cells[5]);
    };
    line({u"MODEL"_s, u"INPUT"_s, u"CACHED"_s, u"CACHE WRITE"_s, u"OUTPUT"_s, u"SOURCE"_s});
    for (const Row &row : rows) {
        const Rates &rates = row.price->rates;
        line({text(row.name), dollars(rates.input), dollars(rates.cachedInput),
            dollars(rates.cacheWrite), dollars(rates.output),
            sourceWord(row.origin) + (row.price->tiers.empty() ? u""_s : u", tiers"_s)});
    }
}

/// Numbers as text: JSON's own are floating point to most readers.
QJsonObject toJson(const Rates &rates)
{
    QJsonObject object{{u"input"_s, dollars(rates.input)},
        {u"cached_input"_s, dollars(rates.cachedInput)},
        {u"cache_write"_s, dollars(rates.cacheWrite)}, {u"output"_s, dollars(rates.output)}};
    if (rates.cacheWrite1h)
        object.insert(u"cache_write_1h"_s, dollars(*rates.cacheWrite1h));
    if (rates.reasoning)
        object.insert(u"reasoning"_s, dollars(*rates.reasoning));
    return object;
}

QJsonArray toJson(const std::vector<Row> &rows)
{
    QJsonArray array;
    for (const Row &row : rows) {
        QJsonObject object = toJson(row.price->rates);
        object.insert(u"model"_s, text(row.name));
        object.insert(u"source"_s, sourceWord(row.origin));
        QJsonArray tiers;
        for (const config::PriceTier &tier : row.price->tiers) {
            QJsonObject rates = toJson(tier.rates);
            rates.insert(u"above"_s, tier.above);
            tiers.append(rates);
        }
        if (!tiers.isEmpty())
            object.insert(u"tiers"_s, tiers);
        array.append(object);
    }
    return array;
}

void printJson(const std::vector<Row> &rows)
{
    printLine(
        QString::fromUtf8(QJsonDocument(toJson(rows)).toJson(QJsonDocument::Indented)).trimmed());
}

void printJsonLines(const std::vector<Row> &rows)
{
    for (const auto &object : toJson(rows))
        printLine(
            QString::fromUtf8(QJsonDocument(object.toObject()).toJson(QJsonDocument::Compact)));
}

/// One line for each price and one for each of its tiers.
void printCsv(const std::vector<Row> &rows)
{
    const auto optional = [](std::optional<qint64> rate) {
        return rate ? dollars(*rate) : QString();
    };
    printLine(
        u"model,above,input,cached_input,cache_write,cache_write_1h,output,reasoning,source"_s);
    for (const Row &row : rows) {
        const auto line = [&](qint64 above, const Rates &rates) {
            printLine(QStringList{csvCell(text(row.name)), QString::number(above),
                dollars(rates.input), dollars(rates.cachedInput), dollars(rates.cacheWrite),
                optional(rates.cacheWrite1h), dollars(rates.output), optional(rates.reasoning),
                sourceWord(row.origin)}
                          .join(u','));
        };
        line(0, row.price->rates);
        for (const config::PriceTier &tier : row.price->tiers)
            line(tier.above, tier.rates);
    }
}

int list(const QCommandLineParser &parser, RowFormat format)
{
    const auto at = readTime(parser);
    if (!at)
        return fail(at.error().message);
    const auto values = readConfiguration(parser);
    if (!values)
        return fail(values.error().message);
    const QByteArray provider = metering::bookProvider(parser.value(u"provider"_s).toUtf8());
    const std::vector<Row> rows = rowsOf((*values)->prices, provider, *at);
    switch (format) {
    case RowFormat::Table:
        printTable(rows);
        break;
    case RowFormat::Json:
        printJson(rows);
        break;
    case RowFormat::JsonLines:
        printJsonLines(rows);
        break;
    case RowFormat::Csv:
        printCsv(rows);
        break;
    }
    return Success;
}

/// The YAML of an import with a head that says where it is from.
QByteArray fileText(const metering::ImportedPrices &imported, const QString &from)
{
    QString name = QFileInfo(from).fileName();
    name.remove(u'\n');
    const QString today = QDate::currentDate().toString(Qt::ISODate);
    const QString head = u"# US dollars per million tokens, from %1 (%2), imported on %3.\n"
                         u"# To be named by prices.file; prices.models wins over it.\n"_s.arg(
                             name, imported.format, today);
    return head.toUtf8() + config::writePriceFile(imported.models);
}

void printSummary(const metering::ImportedPrices &imported)
{
    printError(u"%1 prices taken (%2)"_s.arg(imported.models.size()).arg(imported.format));
    if (imported.rounded > 0)
        printError(u"%1 of them rounded to a millionth of a dollar per million tokens"_s.arg(
            imported.rounded));
    for (auto it = imported.leftOut.cbegin(); it != imported.leftOut.cend(); ++it)
        printError(u"%1 left out: %2"_s.arg(it.value()).arg(it.key()));
}

int import(const QString &path, const QCommandLineParser &parser)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return fail(u"cannot read %1: %2"_s.arg(path, file.errorString()));
    const QByteArray json = file.read(MaxImportBytes + 1);
    if (json.size() > MaxImportBytes)
        return fail(u"%1 is larger than %2 MiB"_s.arg(path).arg(MaxImportBytes >> 20));
    QList<QByteArray> providers;
    for (const QString &provider : parser.values(u"provider"_s))
        providers.append(provider.toUtf8());
    const auto imported = metering::importPrices(json, providers, QDate::currentDate());
    if (!imported)
        return fail(u"%1: %2"_s.arg(path, imported.error().message));
    const QByteArray yaml = fileText(*imported, path);
    const QString output = parser.value(u"output"_s);
    if (output.isEmpty()) {
        printLine(text(yaml).chopped(1));
    } else {
        QSaveFile target(output);
        if (!target.open(QIODevice::WriteOnly) || target.write(yaml) != yaml.size()
            || !target.commit())
            return fail(u"cannot write %1: %2"_s.arg(output, target.errorString()));
    }
    printSummary(*imported);
    return imported->models.empty() ? Failed : Success;
}

void addOptions(QCommandLineParser &parser)
{
    parser.setApplicationDescription(
        u"Tells what models cost, in US dollars per million tokens.\n"
        u"  prices show PROVIDER/MODEL  the price of one model, and where it is from\n"
        u"  prices list                 all prices: built-in, prices.file and prices.models\n"
        u"  prices import FILE          turns a price list of LiteLLM, genai-prices or models.dev "
        u"(JSON)\n"
        u"                              into a file for prices.file"_s);
    parser.addPositionalArgument(u"ACTION"_s, u"show, list or import."_s);
    parser.addPositionalArgument(
        u"NAME"_s, u"The model PROVIDER/MODEL, or the file to import."_s, u"[NAME]"_s);
    parser.addOption({u"provider"_s,
        u"list, import: only models of this provider; import takes several."_s, u"P"_s});
    parser.addOption({u"format"_s, u"list: table (default), json, jsonl or csv."_s,
        u"table|json|jsonl|csv"_s, u"table"_s});
    parser.addOption({u"output"_s, u"import: write this file instead of printing."_s, u"FILE"_s});
    parser.addOption(
        {u"at"_s, u"show, list: prices at this time, UTC, instead of now."_s, u"TIME"_s});
    parser.addOption({u"config"_s, u"show, list: the configuration file."_s, u"FILE"_s});
}

} // namespace

int runPrices(const QStringList &arguments)
{
    QCommandLineParser parser;
    addOptions(parser);
    if (!parse(parser, arguments))
        return Usage;
    const QStringList words = parser.positionalArguments();
    const QString action = words.value(0);
    const auto format = rowFormat(parser.value(u"format"_s));
    const bool isList = action == "list"_L1 && words.size() == 1 && format;
    const bool isNamed = (action == "show"_L1 || action == "import"_L1) && words.size() == 2;
    if (!isList && !isNamed) {
        printError(u"write \"prices show PROVIDER/MODEL\", \"prices list [--format "
                   u"table|json|jsonl|csv]\" or \"prices import FILE\""_s);
        return Usage;
    }
    if (isList)
        return list(parser, *format);
    return action == "show"_L1 ? show(words[1], parser) : import(words[1], parser);
}

} // namespace sluice::ctl

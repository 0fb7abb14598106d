// SPDX-License-Identifier: GPL-3.0-or-later
// Price tables: every entry of the built-in one is found under its own ids, the most precise match
// wins, dates and hours hold to the second, and what is no table is refused.
#include "core/base/units.h"
#include "core/config/builtinproviders.h"
#include "core/metering/prices/price.h"
#include "core/metering/prices/pricebook.h"
#include "core/metering/prices/pricebookreader.h"

#include <QDateTime>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTest>

using namespace sluice;
using namespace sluice::metering;
using namespace Qt::StringLiterals;
using std::chrono::milliseconds;

namespace {

QByteArray tableText()
{
    QFile file(QStringLiteral(SLUICE_TEST_DATA "/../../resources/prices.json"));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QJsonObject tableJson()
{
    return QJsonDocument::fromJson(tableText()).object();
}

milliseconds at(const QString &utc)
{
    return milliseconds(QDateTime::fromString(utc, Qt::ISODateWithMs).toMSecsSinceEpoch());
}

/// The clauses of an entry of the built-in table, whatever they are combined by.
QList<std::pair<QString, QString>> clausesOf(const QJsonObject &match)
{
    QList<std::pair<QString, QString>> result;
    for (auto it = match.begin(); it != match.end(); ++it) {
        if (it->isString())
            result.append({it.key(), it->toString()});
        const QJsonArray parts = it->toArray();
        for (const QJsonValue &part : parts)
            result += clausesOf(part.toObject());
    }
    return result;
}

config::Provider provider(const QByteArray &name, const QByteArray &apiKeyEnv = "KEY")
{
    config::Provider result;
    result.name = name;
    result.apiKeyEnv = apiKeyEnv;
    return result;
}

qint64 input(const PriceAnswer &answer)
{
    return answer.price == nullptr ? -1 : answer.price->rates.input;
}

/// A table with one provider "p" that has these entries: "match" and input price.
QByteArray table(const QList<std::pair<QByteArray, int>> &entries)
{
    QByteArray text;
    for (const auto &[match, price] : entries) {
        text += (text.isEmpty() ? "" : ",") + QByteArray("{\"id\":\"x\",\"match\":") + match
            + ",\"price\":{\"input\":" + QByteArray::number(price) + ",\"output\":0}}";
    }
    return R"({"source":"s","date":"d","providers":{"p":[)" + text + "]}}";
}

} // namespace

class TestPriceBook final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void tellsWhereItIsFrom();
    void holdsTheWholeTable();
    void readsEveryNumberExactly();
    void findsEveryLiteral();
    void knowsTheBuiltInProviders();
    void prefersThePreciseMatch_data();
    void prefersThePreciseMatch();
    void namesProviders_data();
    void namesProviders();
    void holdsByTheClock_data();
    void holdsByTheClock();
    void holdsOverMidnight();
    void hasTiers();
    void asksTheConfigurationFirst();
    void isFreeOnThisMachine();
    void neverGuesses_data();
    void neverGuesses();
    void isQuick();
    void refuses_data();
    void refuses();
};

void TestPriceBook::tellsWhereItIsFrom()
{
    const QJsonObject json = tableJson();
    const PriceBook &book = PriceBook::builtIn();
    QCOMPARE(QString::fromUtf8(book.source()), json["source"_L1].toString());
    QCOMPARE(QString::fromUtf8(book.date()), json["date"_L1].toString());
    QVERIFY(QDate::fromString(QString::fromUtf8(book.date()), Qt::ISODate).isValid());
    QVERIFY(json["license"_L1].toString().startsWith("MIT"_L1));
}

void TestPriceBook::holdsTheWholeTable()
{
    const QJsonObject providers = tableJson()["providers"_L1].toObject();
    QCOMPARE(size_t(providers.size()), PriceBook::builtIn().providers().size());
    int count = 0;
    for (const PriceBook::Provider &known : PriceBook::builtIn().providers()) {
        const QJsonArray entries = providers[QString::fromUtf8(known.name)].toArray();
        QCOMPARE(known.entries.size(), size_t(entries.size()));
        for (size_t i = 0; i < known.entries.size(); ++i) {
            const QJsonObject entry = entries[int(i)].toObject();
            QCOMPARE(QString::fromUtf8(known.entries[i].id), entry["id"_L1].toString());
            const QJsonValue price = entry["price"_L1];
            QCOMPARE(known.entries[i].prices.size(),
                size_t(price.isArray() ? price.toArray().size() : 1));
            ++count;
        }
    }
    QVERIFY2(count > 500, qPrintable(QString::number(count)));
}

/// What is written for "input" is, digit for digit, what was understood.
void TestPriceBook::readsEveryNumberExactly()
{
    const QString text = QString::fromUtf8(tableText());
    static const QRegularExpression pattern(uR"("input":(?:\{"base":)?([0-9.]+))"_s);
    QStringList written;
    for (auto it = pattern.globalMatch(text); it.hasNext();)
        written.append(it.next().captured(1));
    QStringList understood;
    for (const PriceBook::Provider &known : PriceBook::builtIn().providers()) {
        for (const BookEntry &entry : known.entries) {
            for (const DatedPrice &price : entry.prices)
                understood.append(QString::fromLatin1(formatAmount(price.price.rates.input)));
        }
    }
    QCOMPARE(understood, written);
}

/// Every id that an entry names as equal, and every literal that it names otherwise taken as an id,
/// is found in this entry or, by the table's own order, in a more precise one.
void TestPriceBook::findsEveryLiteral()
{
    const QJsonObject providers = tableJson()["providers"_L1].toObject();
    for (const PriceBook::Provider &known : PriceBook::builtIn().providers()) {
        const QJsonArray entries = providers[QString::fromUtf8(known.name)].toArray();
        for (size_t i = 0; i < known.entries.size(); ++i) {
            const BookEntry &own = known.entries[i];
            for (const auto &[kind, literal] : clausesOf(entries[int(i)]["match"_L1].toObject())) {
                if (kind == "regex"_L1)
                    continue;
                const auto found = PriceBook::builtIn().find(known.name, literal.toUtf8());
                const QString words = QString::fromUtf8(known.name) + u'/' + literal;
                QVERIFY2(found.entry != nullptr, qPrintable(words));
                if (found.entry == &own)
                    continue;
                // Another one that is equal, or comes first in the file, or has a longer literal.
                const bool isMorePrecise = found.branch->precision() >= literal.toUtf8().size();
                const bool isEqual = found.branch->clauses.front().text == literal.toUtf8();
                QVERIFY2(isMorePrecise && (isEqual || found.entry < &own), qPrintable(words));
            }
        }
    }
}

/// The models that are listed for built-in providers have a price, but for these few.
void TestPriceBook::knowsTheBuiltInProviders()
{
    const std::vector<config::Provider> providers = config::builtInProviders();
    QStringList unpriced;
    for (const config::Provider &known : providers) {
        for (const QByteArray &model : known.models) {
            if (lookUpPrice({}, known, model, at(u"2026-11-30T12:00:00Z"_s)).price == nullptr)
                unpriced.append(QString::fromUtf8(known.name + '/' + model));
        }
    }
    const QStringList missing{u"mistral/magistral-small"_s, u"mistral/pixtral-large"_s};
    QVERIFY(!unpriced.filter(u"hyperbolic/"_s).isEmpty()); // a provider that the table has not
    unpriced.removeIf([](const QString &name) { return name.startsWith("hyperbolic/"_L1); });
    QCOMPARE(unpriced, missing);
}

void TestPriceBook::prefersThePreciseMatch_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("model");
    QTest::addColumn<int>("dollars");
    using Entries = QList<std::pair<QByteArray, int>>;
    const auto row = [](const char *name, const Entries &entries, const char *model, int dollars) {
        QTest::newRow(name) << table(entries) << QByteArray(model) << dollars;
    };
    const QByteArray equals = R"({"equals":"gpt-4o"})";
    const QByteArray longer = R"({"starts_with":"gpt-4o"})";
    const QByteArray shorter = R"({"starts_with":"gpt"})";
    const QByteArray regex = R"({"regex":"^gpt-4o-\\d+$"})";
    row("equal, last in the file", {{shorter, 1}, {longer, 2}, {regex, 3}, {equals, 4}}, "gpt-4o",
        4);
    row("the longest literal", {{shorter, 1}, {longer, 2}}, "gpt-4o-x", 2);
    row("whatever its kind",
        {{R"({"starts_with":"a"})", 1}, {R"({"contains":"bcd"})", 2}, {R"({"ends_with":"de"})", 3}},
        "abcde", 2);
    row("ends", {{R"({"starts_with":"a"})", 1}, {R"({"ends_with":"de"})", 3}}, "abcde", 3);
    row("a literal beats an expression", {{regex, 1}, {shorter, 2}}, "gpt-4o-12", 2);
    row("an expression alone", {{regex, 1}, {equals, 2}}, "gpt-4o-12", 1);
    row("expressions in file order", {{R"({"regex":"x"})", 1}, {R"({"regex":"x"})", 2}}, "x", 1);
    row("literals in file order", {{R"({"contains":"ab"})", 1}, {R"({"starts_with":"ab"})", 2}},
        "ab-c", 1);
    row("equals in file order", {{equals, 1}, {equals, 2}}, "gpt-4o", 1);
    row("only the branch that holds counts",
        {{R"({"or":[{"starts_with":"much-longer-literal"},{"contains":"o"}]})", 1}, {shorter, 2}},
        "gpt-4o-x", 2);
    row("all of and must hold",
        {{R"({"and":[{"starts_with":"gpt-4o"},{"regex":"mini$"}]})", 1}, {shorter, 2}}, "gpt-4o-x",
        2);
    row("the longest of and counts",
        {{R"({"and":[{"starts_with":"g"},{"contains":"pt-4"}]})", 1}, {shorter, 2}}, "gpt-4o-x", 1);
    row("and inside or",
        {{R"({"or":[{"equals":"z"},{"and":[{"starts_with":"gpt-4o"},{"regex":"x$"}]}]})", 1},
            {shorter, 2}},
        "gpt-4o-x", 1);
    row("case matters", {{equals, 1}, {longer, 1}}, "GPT-4o", -1);
    row("with the provider's prefix", {{equals, 1}}, "p/gpt-4o", 1);
    row("an id that has the prefix itself", {{equals, 1}, {R"({"equals":"p/gpt-4o"})", 2}},
        "p/gpt-4o", 2);
    row("another prefix", {{equals, 1}}, "q/gpt-4o", -1);
    row("the prefix alone", {{equals, 1}}, "p/", -1);
    row("nothing", {{longer, 1}}, "o3", -1);
    row("no model", {{R"({"regex":"^"})", 1}}, "", -1);
    QTest::newRow("longer than any id")
        << table({{shorter, 1}}) << "gpt" + QByteArray(510, 'x') << -1;
    QTest::newRow("the longest id") << table({{shorter, 1}}) << "gpt" + QByteArray(509, 'x') << 1;
}

void TestPriceBook::prefersThePreciseMatch()
{
    QFETCH(const QByteArray, text);
    QFETCH(const QByteArray, model);
    QFETCH(const int, dollars);
    const Result<PriceBook> book = readPriceBook(text);
    QVERIFY2(book.has_value(), book ? "" : qPrintable(book.error().message));
    const PriceBook::Found found = book->find("p", model);
    QCOMPARE(found.entry == nullptr, dollars < 0);
    if (found.entry != nullptr) {
        QCOMPARE(found.entry->priceAt(milliseconds(0))->rates.input, dollars * 1'000'000LL);
        QVERIFY(found.branch->holds(
            model.startsWith("p/") && !found.branch->holds(model) ? model.sliced(2) : model));
    }
}

void TestPriceBook::namesProviders_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("model");
    QTest::addColumn<qint64>("rate");
    const auto row = [](const char *name, const char *model, qint64 rate) {
        QTest::newRow(name) << QByteArray(name) << QByteArray(model) << rate;
    };
    row("gemini", "gemini-2.0-flash", 100'000);
    row("google", "gemini-2.0-flash", 100'000);
    row("x-ai", "grok-3", 3'000'000);
    row("aws", "amazon.titan-embed-text-v1", 100'000);
    row("azure-openai", "text-embedding-3-large", 130'000);
    row("openai", "claude-sonnet-4-0", -1);
    row("anthropic", "gpt-4o", -1);
    row("my-llm", "gpt-4o", -1);
    row("", "gpt-4o", -1);
}

void TestPriceBook::namesProviders()
{
    QFETCH(const QByteArray, name);
    QFETCH(const QByteArray, model);
    QFETCH(const qint64, rate);
    QCOMPARE(input(lookUpPrice({}, provider(name), model, at(u"2026-11-30T12:00:00Z"_s))), rate);
}

void TestPriceBook::holdsByTheClock_data()
{
    QTest::addColumn<QByteArray>("provider");
    QTest::addColumn<QByteArray>("model");
    QTest::addColumn<QString>("time");
    QTest::addColumn<qint64>("rate");
    const auto row = [](const char *provider, const char *model, const QString &time, qint64 rate) {
        QTest::addRow("%s %s", model, qPrintable(time))
            << QByteArray(provider) << QByteArray(model) << time << rate;
    };
    row("openai", "o3", u"2025-06-09T23:59:59.999Z"_s, 10'000'000);
    row("openai", "o3", u"2025-06-10T00:00:00.000Z"_s, 2'000'000);
    row("openai", "o3", u"1969-12-31T23:59:59.999Z"_s, 10'000'000);
    row("gemini", "gemini-3.8-flash", u"2026-12-31T23:59:59.999Z"_s, 750'000);
    row("gemini", "gemini-3.8-flash", u"2027-01-01T00:00:00.000Z"_s, 1'500'000);
    for (const QString &day : {u"1969-07-20T"_s, u"2025-01-01T"_s, u"2026-11-30T"_s}) {
        row("deepseek", "deepseek-chat", day + u"00:29:59.999Z"_s, 135'000);
        row("deepseek", "deepseek-chat", day + u"00:30:00.000Z"_s, 270'000);
        row("deepseek", "deepseek-chat", day + u"16:29:59.999Z"_s, 270'000);
        row("deepseek", "deepseek-chat", day + u"16:30:00.000Z"_s, 135'000);
    }
    row("deepseek", "deepseek-v4-pro", u"2026-08-16T23:59:59.999Z"_s, 435'000);
    row("deepseek", "deepseek-v4-pro", u"2026-08-17T00:00:00.000Z"_s, 660'000);
    row("deepseek", "deepseek-v4-pro", u"2026-08-17T01:00:00.000Z"_s, 1'320'000);
    row("deepseek", "deepseek-v4-pro", u"2026-08-17T04:00:00.000Z"_s, 660'000);
    row("deepseek", "deepseek-v4-pro", u"2026-08-17T09:59:59.999Z"_s, 1'320'000);
    row("deepseek", "deepseek-v4-pro", u"2026-08-17T10:00:00.000Z"_s, 660'000);
}

void TestPriceBook::holdsByTheClock()
{
    QFETCH(const QByteArray, provider);
    QFETCH(const QByteArray, model);
    QFETCH(const QString, time);
    QFETCH(const qint64, rate);
    QCOMPARE(input(lookUpPrice({}, ::provider(provider), model, at(time))), rate);
}

void TestPriceBook::holdsOverMidnight()
{
    const Result<PriceBook> book = readPriceBook(R"({"providers":{"p":[{"id":"m",
        "match":{"equals":"m"},"price":[{"constraint":{"type":"time_of_date",
        "start_time":"22:00:00Z","end_time":"06:00:00Z"},"input":1,"output":1}]}]}})");
    QVERIFY(book.has_value());
    const BookEntry *entry = book->find("p", "m").entry;
    QVERIFY(entry->priceAt(at(u"2026-01-01T21:59:59.999Z"_s)) == nullptr);
    QVERIFY(entry->priceAt(at(u"2026-01-01T22:00:00.000Z"_s)) != nullptr);
    QVERIFY(entry->priceAt(at(u"2026-01-02T05:59:59.999Z"_s)) != nullptr);
    QVERIFY(entry->priceAt(at(u"2026-01-02T06:00:00.000Z"_s)) == nullptr);
}

void TestPriceBook::hasTiers()
{
    const PriceAnswer answer =
        lookUpPrice({}, provider("openai"), "gpt-5.6-terra", at(u"2026-11-30T12:00:00Z"_s));
    QCOMPARE(input(answer), 2'000'000);
    QCOMPARE(answer.price->model, "openai/gpt-5.6-terra");
    QCOMPARE(answer.price->tiers.size(), size_t(1));
    QCOMPARE(answer.price->tiers.front().rates,
        (config::Rates{4'000'000, 400'000, 5'000'000, 18'000'000, {}, {}}));
    TokenUsage usage;
    usage.input = 271'999;
    QCOMPARE(costOf(*answer.price, usage), 271'999LL * 200);
    usage.input = 272'000;
    QCOMPARE(costOf(*answer.price, usage), 272'000LL * 400);
}

void TestPriceBook::asksTheConfigurationFirst()
{
    config::Prices prices;
    const config::Rates rates{1, 1, 1, 1, {}, {}};
    prices.models = {{"openai/gpt-4o", rates, {}, false}, {"openai/o3", rates, {}, true}};
    const milliseconds now = at(u"2026-11-30T12:00:00Z"_s);
    const auto origin = [&](const char *name, const char *model) {
        return lookUpPrice(prices, provider(name), model, now).origin;
    };
    QVERIFY(origin("openai", "gpt-4o") == PriceOrigin::Models);
    QVERIFY(origin("openai", "openai/gpt-4o") == PriceOrigin::Models);
    QVERIFY(origin("openai", "o3") == PriceOrigin::File);
    QVERIFY(origin("openai", "gpt-4o-mini") == PriceOrigin::Book);
    QVERIFY(origin("azure", "o1") == PriceOrigin::Book);
    QVERIFY(origin("openai", "gpt-unknown") == PriceOrigin::None);
    QCOMPARE(lookUpPrice(prices, provider("openai"), "gpt-4o", now).price, &prices.models.front());
}

void TestPriceBook::isFreeOnThisMachine()
{
    const PriceAnswer local = lookUpPrice({}, provider("ollama", {}), "whatever", milliseconds(0));
    QVERIFY(local.origin == PriceOrigin::Local);
    QCOMPARE(local.price->rates, config::Rates());
    config::Provider own = provider("my-llm", {});
    own.isBuiltIn = false;
    QVERIFY(lookUpPrice({}, own, "whatever", milliseconds(0)).price == nullptr);
    config::Prices prices;
    prices.models = {{"ollama/llama3", {7, 7, 7, 7, {}, {}}, {}, false}};
    QCOMPARE(input(lookUpPrice(prices, provider("ollama", {}), "llama3", milliseconds(0))), 7);
}

void TestPriceBook::neverGuesses_data()
{
    QTest::addColumn<QByteArray>("price");
    QTest::addColumn<bool>("isPriced");
    QTest::newRow("embeddings: no output") << QByteArray(R"({"input":1})") << true;
    QTest::newRow("no input") << QByteArray(R"({"output":1})") << false;
    QTest::newRow("nothing") << QByteArray("{}") << false;
    QTest::newRow("not yet") << QByteArray(R"([{"from":"2030-01-01","input":1,"output":1}])")
                             << false;
}

void TestPriceBook::neverGuesses()
{
    QFETCH(const QByteArray, price);
    QFETCH(const bool, isPriced);
    const QByteArray text =
        R"({"providers":{"p":[{"id":"m","match":{"equals":"m"},"price":)" + price + "}]}}";
    const Result<PriceBook> book = readPriceBook(text);
    QVERIFY(book.has_value());
    const BookEntry *entry = book->find("p", "m").entry;
    QCOMPARE(entry != nullptr && entry->priceAt(milliseconds(0)) != nullptr, isPriced);
}

/// Look-ups are made for every request; this prints, and fails only where something is very wrong.
void TestPriceBook::isQuick()
{
    const PriceBook &book = PriceBook::builtIn();
    for (const auto &[name, model] : std::initializer_list<std::pair<const char *, const char *>>{
             {"openai", "gpt-4o"}, {"openai", "gpt-unknown"}, {"anthropic", "claude-sonnet-4-5"},
             {"bedrock", "eu.unknown-vendor.unknown-model-v1:0"}, {"xai", "grok-unknown"}}) {
        constexpr int Rounds = 20'000;
        QElapsedTimer timer;
        timer.start();
        for (int i = 0; i < Rounds; ++i)
            (void)book.find(name, model);
        const qint64 each = timer.nsecsElapsed() / Rounds;
        qInfo("%s/%s: %lld ns", name, model, static_cast<long long>(each));
        QVERIFY2(each < 200'000, model);
    }
}

void TestPriceBook::refuses_data()
{
    QTest::addColumn<QByteArray>("text");
    const auto entry = [](const char *name, const QByteArray &match, const QByteArray &price) {
        QTest::newRow(name) << QByteArray(
            R"({"providers":{"p":[{"id":"m","match":)" + match + ",\"price\":" + price + "}]}}");
    };
    const QByteArray good = R"({"equals":"m"})";
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("no object") << QByteArray("[]");
    QTest::newRow("cut off") << tableText().chopped(2'000);
    QTest::newRow("no match") << QByteArray(
        R"({"providers":{"p":[{"id":"m","price":{"input":1,"output":1}}]}})");
    entry("unknown match", R"({"like":"m"})", R"({"input":1})");
    entry("broken expression", R"({"regex":"("})", R"({"input":1})");
    entry("empty literal", R"({"contains":""})", R"({"input":1})");
    entry("or inside and", R"({"and":[{"or":[{"equals":"m"}]}]})", R"({"input":1})");
    entry("unknown price", good, R"({"input":1,"image":1})");
    entry("price as text", good, R"({"input":"1"})");
    entry("negative", good, R"({"input":-1})");
    entry("too fine", good, R"({"input":0.0000001})");
    entry("too dear", good, R"({"input":1000000.000001})");
    entry("a tier without beginning", good, R"({"input":{"base":1,"tiers":[{"price":2}]}})");
    entry("no day", good, R"([{"from":"soon","input":1}])");
    entry("no hour", good,
        R"([{"constraint":{"type":"time_of_date","start_time":"25:00:00Z"},"input":1}])");
    entry("unknown constraint", good, R"([{"constraint":{"type":"weather"},"input":1}])");
}

void TestPriceBook::refuses()
{
    QFETCH(const QByteArray, text);
    const Result<PriceBook> book = readPriceBook(text);
    QVERIFY(!book.has_value());
    QVERIFY(book.error().message.contains("price table"_L1));
}

QTEST_GUILESS_MAIN(TestPriceBook)
#include "tst_pricebook.moc"

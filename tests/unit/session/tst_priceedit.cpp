// SPDX-License-Identifier: GPL-3.0-or-later
// The price of a model is written into whatever form the file has, and nothing else changes.
#include "core/config/loader.h"
#include "core/session/priceedit.h"

#include <QProcessEnvironment>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using session::PriceFields;

Q_DECLARE_METATYPE(sluice::session::PriceFields)

namespace {

const PriceFields InAndOut{u"2.5"_s, {}, {}, u"10"_s};
const PriceFields Everything{u"2.5"_s, u"1.25"_s, u"3.75"_s, u"10"_s};

} // namespace

class TestPriceEdit : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsWhatPeopleType_data();
    void readsWhatPeopleType();
    void writesAPrice_data();
    void writesAPrice();
    void readsAWrittenPrice_data();
    void readsAWrittenPrice();
    void refusesWhatIsNoSinglePrice();
    void theLoaderUnderstandsIt();
};

void TestPriceEdit::readsWhatPeopleType_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("value"); // empty = refused
    QTest::newRow("plain") << u"2.5"_s << u"2.5"_s;
    QTest::newRow("with sign and zeroes") << u" $2.50 "_s << u"2.5"_s;
    QTest::newRow("free") << u"0"_s << u"0"_s;
    QTest::newRow("six decimals") << u"0.000001"_s << u"0.000001"_s;
    QTest::newRow("seven") << u"0.0000001"_s << QString();
    QTest::newRow("nine") << u"0.000000001"_s << QString();
    QTest::newRow("the most") << u"1 000 000"_s << u"1000000"_s;
    QTest::newRow("more") << u"1000000.000001"_s << QString();
    QTest::newRow("far more") << u"99999999999999999999"_s << QString();
    QTest::newRow("a comma") << u"2,5"_s << QString();
    QTest::newRow("negative") << u"-1"_s << QString();
    QTest::newRow("an exponent") << u"1e3"_s << QString();
    QTest::newRow("nothing") << QString() << QString();
}

void TestPriceEdit::readsWhatPeopleType()
{
    QFETCH(const QString, text);
    QFETCH(const QString, value);
    const Result<QString> price = session::parsePrice(text);
    QCOMPARE(price.has_value(), !value.isEmpty());
    if (price)
        QCOMPARE(*price, value);
    else
        QVERIFY(!price.error().message.isEmpty());
}

void TestPriceEdit::writesAPrice_data()
{
    QTest::addColumn<QByteArray>("before");
    QTest::addColumn<PriceFields>("price");
    QTest::addColumn<QByteArray>("after");
    const auto row = [](const char *name, const QByteArray &before, const PriceFields &price,
                         const QByteArray &after) {
        QTest::newRow(name) << before << price << after;
    };
    row("nothing there", "server: {port: 0} # mine\n", InAndOut,
        "server: {port: 0} # mine\n"
        "prices:\n  models:\n    openai/x: {input: 2.5, output: 10}\n");
    row("every field", "a: 1\n", Everything,
        "a: 1\nprices:\n  models:\n"
        "    openai/x: {input: 2.5, cached-input: 1.25, cache-write: 3.75, output: 10}\n");
    row("other prices", "prices:\n  # local\n  models:\n    openai/y: {input: 1, output: 2} # y\n",
        InAndOut,
        "prices:\n  # local\n  models:\n    openai/y: {input: 1, output: 2} # y\n"
        "    openai/x: {input: 2.5, output: 10}\n");
    row("no models yet", "prices:\n  unpriced: allow\na: 1\n", InAndOut,
        "prices:\n  unpriced: allow\n  models:\n    openai/x: {input: 2.5, output: 10}\na: 1\n");
    row("flow", "prices: {unpriced: allow, models: {openai/y: {input: 1, output: 2}}}\n", InAndOut,
        "prices: {unpriced: allow, models: {openai/y: {input: 1, output: 2}, "
        "openai/x: {input: 2.5, output: 10}}}\n");
    row("a flow entry", "prices:\n  models:\n    openai/x: {input: 1, output: 2} # dear\n",
        Everything,
        "prices:\n  models:\n    openai/x: {input: 2.5, output: 10, cached-input: 1.25, "
        "cache-write: 3.75} # dear\n");
    row("a block entry, a field goes",
        "prices:\n  models:\n    openai/x:\n      input: 1 # in\n      cached-input: 0.5\n"
        "      output: \"2\"\n",
        InAndOut,
        "prices:\n  models:\n    openai/x:\n      input: 2.5 # in\n      output: \"10\"\n");
    row("another name of the provider", "prices:\n  models:\n    google/x: {input: 1, output: 2}\n",
        InAndOut, "prices:\n  models:\n    google/x: {input: 2.5, output: 10}\n");
}

void TestPriceEdit::writesAPrice()
{
    QFETCH(const QByteArray, before);
    QFETCH(const PriceFields, price);
    const QByteArray model = before.contains("google") ? "gemini/x" : "openai/x";
    const Result<QByteArray> text = session::setPrice(model, price)(before);
    QVERIFY2(text.has_value(), text ? "" : qPrintable(text.error().message));
    QTEST(*text, "after");
    QCOMPARE(session::writtenPrice(*text, model), std::optional(price));
    // The same again changes nothing.
    QCOMPARE(*session::setPrice(model, price)(*text), *text);
}

void TestPriceEdit::readsAWrittenPrice_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("absent") << "a: 1\n"_ba;
    QTest::newRow("another model") << "prices: {models: {openai/y: {input: 1, output: 2}}}\n"_ba;
    QTest::newRow("dated") << "prices: {models: {openai/x: [{input: 1, output: 2}]}}\n"_ba;
    QTest::newRow("no YAML") << "prices: {models: {\n"_ba;
}

void TestPriceEdit::readsAWrittenPrice()
{
    QFETCH(const QByteArray, text);
    QVERIFY(!session::writtenPrice(text, "openai/x"));
}

void TestPriceEdit::refusesWhatIsNoSinglePrice()
{
    const QByteArray dated = "prices: {models: {openai/x: [{input: 1, output: 2}]}}\n";
    const Result<QByteArray> text = session::setPrice("openai/x", InAndOut)(dated);
    QVERIFY(!text.has_value());
    QVERIFY(text.error().message.contains(u"openai/x"_s));
}

// Keys and maps that say nothing, names that YAML might misread: the values count.
void TestPriceEdit::theLoaderUnderstandsIt()
{
    for (const QByteArray &before : {"a: 1\n"_ba, "prices:\na: 1\n"_ba, "prices: {}\na: 1\n"_ba,
             "prices:\n  models:\na: 1\n"_ba, "prices: {models: {}}\n"_ba,
             "prices:\n  models:\n    ollama/llama3:8b:\n"_ba}) {
        const Result<QByteArray> text = session::setPrice("ollama/llama3:8b", Everything)(before);
        QVERIFY2(text.has_value(), before.constData());
        const config::LoadResult loaded =
            config::load("providers: {ollama: {base-url: \"http://127.0.0.1:9\", models: [a]}}\n"
                    + QByteArray(*text).replace("a: 1\n", ""),
                QProcessEnvironment());
        QVERIFY2(loaded.configuration != nullptr, text->constData());
        QCOMPARE(loaded.configuration->prices.models.size(), size_t{1});
        const config::ModelPrice &price = loaded.configuration->prices.models.front();
        QCOMPARE(price.model, "ollama/llama3:8b"_ba);
        QCOMPARE(price.rates.cachedInput, 1'250'000);
        QCOMPARE(price.rates.output, 10'000'000);
    }
}

QTEST_GUILESS_MAIN(TestPriceEdit)
#include "tst_priceedit.moc"

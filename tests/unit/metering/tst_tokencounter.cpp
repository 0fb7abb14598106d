// SPDX-License-Identifier: GPL-3.0-or-later
// The count of tokens beside real tokenizers' counts (tests/data/tokens.json, none of whose texts
// the figures were fitted to), and that it does not depend on how a text arrives.
#include "core/metering/tokens/tokencounter.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QTest>

using namespace sluice::metering;
using namespace Qt::StringLiterals;

namespace {

struct Named
{
    const char *name;
    TokenFamily family;
};

constexpr std::array Families{Named{"O200k", TokenFamily::O200k},
    Named{"Cl100k", TokenFamily::Cl100k}, Named{"Claude2", TokenFamily::Claude2},
    Named{"Llama3", TokenFamily::Llama3}, Named{"Tekken", TokenFamily::Tekken},
    Named{"Gemma", TokenFamily::Gemma}, Named{"DeepSeek", TokenFamily::DeepSeek},
    Named{"Qwen", TokenFamily::Qwen}};

const QJsonObject &table()
{
    static const QJsonObject read = [] {
        QFile file(QStringLiteral(SLUICE_TEST_DATA "/tokens.json"));
        return file.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(file.readAll()).object()
                                              : QJsonObject();
    }();
    return read;
}

QByteArray allTexts()
{
    QByteArray all;
    const QJsonArray texts = table()["texts"_L1].toArray();
    for (const auto &entry : texts)
        all += entry["text"_L1].toString().toUtf8();
    return all;
}

qint64 count(TokenFamily family, QByteArrayView text)
{
    TokenCounter counter(family);
    counter.feed(text);
    return counter.tokens();
}

qint64 countInPieces(TokenFamily family, QByteArrayView text, QRandomGenerator &random, int most)
{
    TokenCounter counter(family);
    for (qsizetype at = 0; at < text.size();) {
        const qsizetype size = std::min<qsizetype>(random.bounded(most + 1), text.size() - at);
        counter.feed(text.sliced(at, size));
        at += size;
    }
    return counter.tokens();
}

} // namespace

class TestTokenCounter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void countsLikeRealTokenizers_data();
    void countsLikeRealTokenizers();
    void sumsLikeRealTokenizers_data();
    void sumsLikeRealTokenizers();
    void countsSmallTexts_data();
    void countsSmallTexts();
    void countsPiecesLikeTheWhole_data();
    void countsPiecesLikeTheWhole();
    void countsAnyBytesInPiecesLikeTheWhole();
    void countsBrokenUtf8_data();
    void countsBrokenUtf8();
    void endsTexts();
    void growsWithTheText();
    void knowsFamilies_data();
    void knowsFamilies();
    void saysWhatIsValidated();
};

void TestTokenCounter::countsLikeRealTokenizers_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<TokenFamily>("family");
    QTest::addColumn<qint64>("real");
    QTest::addColumn<int>("percent");
    const QJsonArray texts = table()["texts"_L1].toArray();
    QVERIFY(texts.size() >= 24);
    for (const auto &entry : texts) {
        const QByteArray name = entry["name"_L1].toString().toUtf8();
        for (const Named &named : Families) {
            QTest::addRow("%s %s", named.name, name.constData())
                << entry["text"_L1].toString().toUtf8() << named.family
                << entry["tokens"_L1][QLatin1StringView(named.name)].toInteger()
                << (name.startsWith("other/") ? 30 : 15);
        }
    }
}

void TestTokenCounter::countsLikeRealTokenizers()
{
    QFETCH(const QByteArray, text);
    QFETCH(const TokenFamily, family);
    QFETCH(const qint64, real);
    QFETCH(const int, percent);
    QVERIFY(real > 0);
    const qint64 counted = count(family, text);
    const QByteArray both = QByteArray::number(counted) + " beside " + QByteArray::number(real);
    QVERIFY2(std::abs(counted - real) * 100 <= real * percent, both.constData());
}

void TestTokenCounter::sumsLikeRealTokenizers_data()
{
    QTest::addColumn<TokenFamily>("family");
    for (const Named &named : Families)
        QTest::newRow(named.name) << named.family;
}

void TestTokenCounter::sumsLikeRealTokenizers()
{
    QFETCH(const TokenFamily, family);
    qint64 counted = 0;
    qint64 real = 0;
    const QJsonArray texts = table()["texts"_L1].toArray();
    for (const auto &entry : texts) {
        if (entry["name"_L1].toString().startsWith("other/"_L1))
            continue;
        counted += count(family, entry["text"_L1].toString().toUtf8());
        real += entry["tokens"_L1][QLatin1StringView(QTest::currentDataTag())].toInteger();
    }
    const QByteArray both = QByteArray::number(counted) + " beside " + QByteArray::number(real);
    QVERIFY2(std::abs(counted - real) * 100 <= real * 8, both.constData());
}

void TestTokenCounter::countsSmallTexts_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<qint64>("least");
    QTest::addColumn<qint64>("most");
    const auto row = [](const char *name, const QByteArray &text, qint64 least, qint64 most) {
        QTest::newRow(name) << text << least << most;
    };
    row("nothing", "", 0, 0);
    row("a letter", "a", 1, 1);
    row("a word", "hello", 1, 2);
    row("a blank", " ", 1, 1);
    row("a greeting", "Hello, how are you?", 5, 7);
    row("a contraction", "I don't know", 3, 5);
    row("digits", "1234567890", 3, 5);
    row("a long word", QByteArray(10'000, 'a'), 1'000, 8'000);
    row("a long rule", QByteArray(10'000, '-'), 1, 3'000);
    row("many blanks", QByteArray(10'000, ' '), 1, 3'000);
    row("many lines", QByteArray(10'000, '\n'), 1, 6'000);
    row("zero bytes", QByteArray(100, '\0'), 10, 400);
}

void TestTokenCounter::countsSmallTexts()
{
    QFETCH(const QByteArray, text);
    QFETCH(const qint64, least);
    QFETCH(const qint64, most);
    const qint64 counted = count(TokenFamily::O200k, text);
    QVERIFY2(counted >= least && counted <= most, qPrintable(QString::number(counted)));
}

void TestTokenCounter::countsPiecesLikeTheWhole_data()
{
    sumsLikeRealTokenizers_data();
}

void TestTokenCounter::countsPiecesLikeTheWhole()
{
    QFETCH(const TokenFamily, family);
    QRandomGenerator random(7);
    const QJsonArray texts = table()["texts"_L1].toArray();
    for (const auto &entry : texts) {
        const QByteArray text = entry["text"_L1].toString().toUtf8();
        const qint64 whole = count(family, text);
        for (const int most : {1, 2, 3, 7, 40, 400})
            QCOMPARE(countInPieces(family, text, random, most), whole);
    }
}

void TestTokenCounter::countsAnyBytesInPiecesLikeTheWhole()
{
    const QByteArray sample = allTexts();
    const QByteArray spice = " \n\t'\xC3\xE2\xF0\x80\xFF{}aA1";
    QRandomGenerator random(11);
    for (int round = 0; round < 3'000; ++round) {
        const qsizetype size = random.bounded(200);
        QByteArray text = sample.mid(random.bounded(sample.size() - size), size);
        for (int changes = random.bounded(12); changes > 0 && !text.isEmpty(); --changes) {
            const qsizetype at = random.bounded(text.size());
            if (random.bounded(2) == 0)
                text[at] = static_cast<char>(random.bounded(256));
            else
                text.insert(at, spice[random.bounded(int(spice.size()))]);
        }
        const TokenFamily family =
            Families[static_cast<size_t>(random.bounded(int(Families.size())))].family;
        const qint64 whole = count(family, text);
        QVERIFY(whole >= (text.isEmpty() ? 0 : 1) && whole <= 4 * text.size());
        for (const int most : {1, 3, 30})
            QCOMPARE(countInPieces(family, text, random, most), whole);
    }
}

void TestTokenCounter::countsBrokenUtf8_data()
{
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char *name, const char *text) {
        QTest::newRow(name) << QByteArray(text);
    };
    row("continuation alone", "a \x80\x80 b");
    row("cut at the end", "caf\xC3");
    row("cut in the middle", "caf\xE2\x82 au lait");
    row("overlong", "\xC0\xAF\xE0\x80\xAF");
    row("surrogate", "\xED\xA0\x80");
    row("beyond Unicode", "\xF4\x90\x80\x80\xF5\xFF");
    row("a sequence in a sequence", "\xF0\x9F\xC3\xA9\x98\x80");
}

void TestTokenCounter::countsBrokenUtf8()
{
    QFETCH(const QByteArray, text);
    QRandomGenerator random(3);
    const qint64 whole = count(TokenFamily::O200k, text);
    QVERIFY(whole >= 1 && whole <= 2 * text.size());
    QCOMPARE(countInPieces(TokenFamily::O200k, text, random, 1), whole);
    // The broken bytes do not hide what follows.
    QVERIFY(
        count(TokenFamily::O200k, QByteArray(text + " one two three four five six")) >= whole + 5);
}

void TestTokenCounter::endsTexts()
{
    TokenCounter joined(TokenFamily::O200k);
    TokenCounter apart(TokenFamily::O200k);
    for (int i = 0; i < 100; ++i) {
        joined.feed("to");
        apart.feed("to");
        apart.endText();
    }
    QCOMPARE(joined.tokens(), count(TokenFamily::O200k, QByteArray("to").repeated(100)));
    QVERIFY(apart.tokens() >= 90 && apart.tokens() <= 160);
    // A look at the count does not end anything.
    TokenCounter watched(TokenFamily::O200k);
    for (const char *piece : {"inter", "nation", "al"}) {
        watched.feed(piece);
        QVERIFY(watched.tokens() > 0);
    }
    QCOMPARE(watched.tokens(), count(TokenFamily::O200k, "international"));
}

void TestTokenCounter::growsWithTheText()
{
    const QByteArray text = allTexts();
    const qint64 once = count(TokenFamily::O200k, text);
    const qint64 tenTimes = count(TokenFamily::O200k, text.repeated(10));
    QVERIFY(std::abs(tenTimes - 10 * once) <= 20);
}

void TestTokenCounter::knowsFamilies_data()
{
    QTest::addColumn<QByteArray>("provider");
    QTest::addColumn<QByteArray>("model");
    QTest::addColumn<TokenFamily>("family");
    const auto row = [](const char *provider, const char *model, TokenFamily family) {
        QTest::addRow("%s/%s", provider, model)
            << QByteArray(provider) << QByteArray(model) << family;
    };
    row("openai", "gpt-4o-mini", TokenFamily::O200k);
    row("openai", "gpt-4.1-nano", TokenFamily::O200k);
    row("openai", "gpt-5.2", TokenFamily::O200k);
    row("openai", "o3-mini", TokenFamily::O200k);
    row("openai", "o1", TokenFamily::O200k);
    row("openai", "ft:gpt-4o-2024-08-06:acme::x1", TokenFamily::O200k);
    row("openai", "something-new", TokenFamily::O200k);
    row("openai", "gpt-4", TokenFamily::Cl100k);
    row("openai", "gpt-4-turbo", TokenFamily::Cl100k);
    row("openai", "gpt-3.5-turbo", TokenFamily::Cl100k);
    row("openai", "text-embedding-3-small", TokenFamily::Cl100k);
    row("anthropic", "claude-sonnet-4-6", TokenFamily::Claude2);
    row("openrouter", "anthropic/Claude-Opus-4-1", TokenFamily::Claude2);
    row("gemini", "gemini-2.5-pro", TokenFamily::Gemma);
    row("ollama", "gemma3", TokenFamily::Gemma);
    row("mistral", "magistral-small", TokenFamily::Tekken);
    row("mistral", "open-mixtral-8x7b", TokenFamily::Other);
    row("groq", "llama-3.3-70b-versatile", TokenFamily::Llama3);
    row("groq", "meta-llama/llama-4-scout-17b-16e-instruct", TokenFamily::Other);
    row("groq", "openai/gpt-oss-120b", TokenFamily::O200k);
    row("groq", "qwen/qwen3-32b", TokenFamily::Qwen);
    row("hyperbolic", "deepseek-ai/DeepSeek-R1", TokenFamily::DeepSeek);
    row("ollama", "DeepSeek-R1-Distill-Qwen-7B", TokenFamily::Qwen);
    row("deepseek", "", TokenFamily::DeepSeek);
    row("xai", "grok-3", TokenFamily::Other);
    row("openai-like", "", TokenFamily::O200k);
    row("own", "", TokenFamily::Other);
    row("own", "o", TokenFamily::Other);
    row("own", "olmo", TokenFamily::Other);
}

void TestTokenCounter::knowsFamilies()
{
    QFETCH(const QByteArray, provider);
    QFETCH(const QByteArray, model);
    QFETCH(const TokenFamily, family);
    QCOMPARE(tokenFamilyOf(provider, model), family);
}

void TestTokenCounter::saysWhatIsValidated()
{
    int validated = 0;
    for (const Named &named : Families)
        validated += isValidated(named.family) ? 1 : 0;
    QCOMPARE(validated, int(Families.size()) - 1);
    QVERIFY(!isValidated(TokenFamily::Claude2));
    QVERIFY(!isValidated(TokenFamily::Other));
    QCOMPARE(count(TokenFamily::Other, allTexts()), count(TokenFamily::O200k, allTexts()));
}

QTEST_GUILESS_MAIN(TestTokenCounter)
#include "tst_tokencounter.moc"

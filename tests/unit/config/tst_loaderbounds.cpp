// SPDX-License-Identifier: GPL-3.0-or-later
// Promises: nothing in a text can crash or hang the reader, however deep, long or wrong it is.
#include "loadersetup.h"

#include <QElapsedTimer>
#include <QTest>

using namespace sluice::config;
using namespace sluice::config::test;
using namespace Qt::StringLiterals;

class TestLoaderBounds final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void aliasesShareValues();
    void deepNestingIsRefused_data();
    void deepNestingIsRefused();
    void aliasBombIsRefused();
    void hugeTextIsRefused();
    void manyFindingsAreCut();
    void tenThousandLinesLoadQuickly();
    void manyMisspelledNamesLoadQuickly_data();
    void manyMisspelledNamesLoadQuickly();
};

void TestLoaderBounds::aliasesShareValues()
{
    const LoadResult result = loadText(
        "global:\n  rate-limit:\n    per-end-user: &l {capacity: 5, refill-frequency: 1m}\n"
        "    per-property: {tenant: *l}\n");
    QVERIFY2(result.configuration, qPrintable(lines(result.findings)));
    QCOMPARE(result.configuration->limits.size(), size_t(2));
    QCOMPARE(result.configuration->limits[1].capacity, 5'000'000);
}

void TestLoaderBounds::deepNestingIsRefused_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("flow lists") << QByteArray(200'000, '[');
    QTest::newRow("flow maps") << QByteArray("{a: ").repeated(100'000);
    QTest::newRow("block lists") << QByteArray("- ").repeated(100'000);
    QTest::newRow("question marks") << QByteArray("? ").repeated(100'000);
    QByteArray staircase;
    for (int i = 0; i < 1'000; ++i)
        staircase += QByteArray(i, ' ') + "a:\n";
    QTest::newRow("staircase") << staircase;
    QTest::newRow("101 levels") << QByteArray(101, '[') + QByteArray(101, ']');
}

void TestLoaderBounds::deepNestingIsRefused()
{
    QFETCH(QByteArray, text);
    const LoadResult result = loadText(text);
    QVERIFY(!result.configuration);
    QVERIFY2(result.findings.constFirst().message.contains(u"100 levels"_s)
            || result.findings.constFirst().message.contains(u"cannot be a key"_s),
        qPrintable(result.findings.constFirst().message));
}

void TestLoaderBounds::aliasBombIsRefused()
{
    QByteArray text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 30; ++i) {
        const QByteArray previous = "*a" + QByteArray::number(i - 1);
        QByteArrayList items(10, previous);
        text += "a" + QByteArray::number(i) + ": &a" + QByteArray::number(i) + " ["
            + items.join(", ") + "]\n";
    }
    const LoadResult result = loadText(text);
    QVERIFY(!result.configuration);
    QCOMPARE(result.findings.size(), 1);
    QVERIFY(result.findings.constFirst().message.contains(u"100 000"_s));
    QCOMPARE(result.findings.constFirst().place.line, 5);
}

void TestLoaderBounds::hugeTextIsRefused()
{
    const LoadResult result = loadText(QByteArray(9 * 1024 * 1024, '#'));
    QVERIFY(!result.configuration);
    QVERIFY(result.findings.constFirst().message.contains(u"8 MiB"_s));
}

void TestLoaderBounds::manyFindingsAreCut()
{
    QByteArray routers = "routers:\n";
    for (int i = 0; i < 6'000; ++i)
        routers += "  a-rather-long-name-" + QByteArray::number(i) + ": {}\n";
    const LoadResult warnings = loadText(routers);
    QVERIFY(warnings.configuration);
    QCOMPARE(warnings.findings.size(), 5'001);
    const LoadResult errors = loadText(routers + "foo: 1\n");
    QVERIFY(!errors.configuration);
}

void TestLoaderBounds::tenThousandLinesLoadQuickly()
{
    QByteArray text = "routers:\n";
    for (int i = 0; i < 1'000; ++i) {
        text += "  r" + QByteArray::number(i)
            + ":\n    load-balance:\n      chat: {strategy: weighted, providers: [openai]}\n"
              "    # limits of this router\n    rate-limit:\n      per-end-user:\n"
              "        capacity: 100\n        refill-frequency: 1m\n\n\n";
    }
    QElapsedTimer timer;
    timer.start();
    const LoadResult result = loadText(text);
    const qint64 elapsed = timer.elapsed();
    QVERIFY(result.configuration);
    QCOMPARE(result.configuration->limits.size(), size_t(1'000));
    qInfo("10 001 lines in %lld ms", static_cast<long long>(elapsed));
    QVERIFY2(elapsed < 5'000, "loading must stay linear");
}

void TestLoaderBounds::manyMisspelledNamesLoadQuickly_data()
{
    QTest::addColumn<QByteArray>("list");
    QTest::addColumn<QByteArray>("item");
    QTest::newRow("zones")
        << "usage-limits: ["_ba
        << "{name: %, per: shared, tokens: 1, period: day, timezone: Europ/%},"_ba;
    QTest::newRow("policies") << "policies: ["_ba
                              << "1;w=%;u=x,"_ba;
    QTest::newRow("keys") << "shared: {match: {keys: ["_ba
                          << "key-%,"_ba;
    QTest::newRow("overrides") << "per-api-key: {overrides: {"_ba
                               << "key-%: {capacity: 1},"_ba;
    QTest::newRow("providers") << "shared: {match: {providers: ["_ba
                               << "opnai%,"_ba;
}

void TestLoaderBounds::manyMisspelledNamesLoadQuickly()
{
    QFETCH(const QByteArray, list);
    QFETCH(const QByteArray, item);
    QByteArray text = "helicone: {features: auth}\napi-keys: [{name: key, hash: 'sha256:"
        + QByteArray(64, 'a') + "'}]\nglobal: {rate-limit: {" + list;
    for (int i = 0; i < 20'000; ++i)
        text += QByteArray(item).replace('%', QByteArray::number(i));
    text += list.endsWith("{match: {keys: [") || list.endsWith("providers: [") ? "]}}}}"
        : list.endsWith('[')                                                   ? "]}}"
                                                                               : "}}}}";
    QElapsedTimer timer;
    timer.start();
    const LoadResult result = loadText(text);
    QCOMPARE(result.findings.size(), 5'001);
    qInfo("20 000 in %lld ms", static_cast<long long>(timer.elapsed()));
    QVERIFY2(timer.elapsed() < 5'000, "findings must not cost more than reading");
}

QTEST_GUILESS_MAIN(TestLoaderBounds)
#include "tst_loaderbounds.moc"

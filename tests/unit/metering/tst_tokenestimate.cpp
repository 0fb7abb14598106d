// SPDX-License-Identifier: GPL-3.0-or-later
// The estimate of tokens from a size.
#include "core/metering/tokenestimate.h"

#include <QTest>

#include <limits>

using namespace sluice::metering;

class TestTokenEstimate : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void estimates_data();
    void estimates();
    void neverShrinks();
};

void TestTokenEstimate::estimates_data()
{
    constexpr qint64 Largest = std::numeric_limits<qint64>::max();
    QTest::addColumn<qint64>("bytes");
    QTest::addColumn<qint64>("tokens");
    QTest::newRow("nothing") << qint64{0} << qint64{1};
    QTest::newRow("no size") << qint64{-1} << qint64{1};
    QTest::newRow("smallest") << std::numeric_limits<qint64>::min() << qint64{1};
    QTest::newRow("one byte") << qint64{1} << qint64{1};
    QTest::newRow("one token") << qint64{4} << qint64{1};
    QTest::newRow("rounded up") << qint64{5} << qint64{2};
    QTest::newRow("a page") << qint64{3'000} << qint64{750};
    QTest::newRow("largest") << Largest << Largest / 4 + 1;
}

void TestTokenEstimate::estimates()
{
    QFETCH(const qint64, bytes);
    QFETCH(const qint64, tokens);
    QCOMPARE(estimateTokens(bytes), tokens);
}

void TestTokenEstimate::neverShrinks()
{
    for (qint64 bytes = 0; bytes < 1'000; ++bytes)
        QVERIFY(estimateTokens(bytes) <= estimateTokens(bytes + 1));
}

QTEST_GUILESS_MAIN(TestTokenEstimate)
#include "tst_tokenestimate.moc"

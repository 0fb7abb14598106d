// SPDX-License-Identifier: GPL-3.0-or-later
// Promises: every byte, the size, the place and the seed count, and texts spread evenly.
#include "core/base/bytehash.h"

#include <QRandomGenerator>
#include <QSet>
#include <QTest>

#include <array>

using namespace sluice;
using namespace Qt::StringLiterals;

class TestByteHash : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyBitCounts();
    void sizeAndPlaceAndSeedCount();
    void sameTextSameHashWhereverItLies();
    void spreadsWhatClientsSend_data();
    void spreadsWhatClientsSend();
};

void TestByteHash::everyBitCounts()
{
    const ByteHash hash(7);
    QRandomGenerator random(1);
    for (int size = 1; size <= 70; ++size) {
        QByteArray text(size, '\0');
        for (char &c : text)
            c = char(random.bounded(256));
        QSet<quint64> seen{hash(text)};
        for (int bit = 0; bit < size * 8; ++bit) {
            QByteArray other = text;
            other[bit / 8] = char(other[bit / 8] ^ (1 << bit % 8));
            seen.insert(hash(other));
        }
        QCOMPARE(seen.size(), size * 8 + 1);
    }
}

void TestByteHash::sizeAndPlaceAndSeedCount()
{
    const ByteHash hash(7);
    QSet<quint64> seen;
    for (int size = 0; size <= 70; ++size)
        seen.insert(hash(QByteArray(size, '\0')));
    QCOMPARE(seen.size(), 71);
    for (quint64 place = 1; place < 1'000; ++place)
        seen.insert(hash("alice", place));
    for (quint64 seed = 8; seed < 1'008; ++seed)
        seen.insert(ByteHash(seed)("alice"));
    QCOMPARE(seen.size(), 71 + 999 + 1'000);
}

void TestByteHash::sameTextSameHashWhereverItLies()
{
    const ByteHash hash(3);
    const QByteArray text = "user-0123456789-0123456789-0123456789";
    for (qsizetype size = 0; size <= text.size(); ++size) {
        // On the heap with nothing behind it, so that a sanitizer sees what is read beyond.
        for (int offset = 0; offset < 8; ++offset) {
            const std::unique_ptr<char[]> copy(new char[size_t(offset + size)]);
            std::copy_n(text.constData(), size, copy.get() + offset);
            QCOMPARE(hash(QByteArrayView(copy.get() + offset, size)), hash(text.first(size)));
        }
    }
}

void TestByteHash::spreadsWhatClientsSend_data()
{
    QTest::addColumn<QByteArray>("prefix");
    QTest::addColumn<int>("shift");
    QTest::newRow("short") << ""_ba << 32;
    QTest::newRow("users") << "user-"_ba << 32;
    QTest::newRow("long") << "customer/eu-central/tenant-"_ba << 32;
    QTest::newRow("low bits") << "user-"_ba << 0;
}

void TestByteHash::spreadsWhatClientsSend()
{
    QFETCH(const QByteArray, prefix);
    QFETCH(const int, shift);
    constexpr int Texts = 100'000;
    constexpr int Buckets = 1'024;
    const ByteHash hash(11);
    std::array<int, Buckets> counts{};
    for (int i = 0; i < Texts; ++i)
        ++counts.at((hash(QByteArray(prefix + QByteArray::number(i))) >> shift) % Buckets);
    // Chi-squared with 1 023 degrees of freedom: mean 1 023, deviation 45. Six deviations.
    double chi = 0;
    for (const int count : counts) {
        const double expected = double(Texts) / Buckets;
        chi += (count - expected) * (count - expected) / expected;
    }
    QVERIFY2(chi > 1'023 - 6 * 45 && chi < 1'023 + 6 * 45, QByteArray::number(chi).constData());
}

QTEST_GUILESS_MAIN(TestByteHash)
#include "tst_bytehash.moc"

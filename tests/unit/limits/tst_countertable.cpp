// SPDX-License-Identifier: GPL-3.0-or-later
// The table of counters against a plain hash and a plain list, while it grows and shrinks.
#include "core/limits/countertable.h"

#include <QRandomGenerator>
#include <QTest>

#include <map>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::limits;

namespace {

QByteArray randomValue(QRandomGenerator &random)
{
    QByteArray value = QByteArray::number(random.bounded(3'000));
    if (random.bounded(4) == 0)
        value.prepend(QByteArray(random.bounded(200), 'x'));
    return value;
}

} // namespace

class TestCounterTable : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void equalsAPlainHashWhileGrowingAndShrinking();
    void keepsGroupsOwnersAndValuesApart();
    void readersMissNothing();
    void aPeriodIsPartOfTheKey();
};

void TestCounterTable::equalsAPlainHashWhileGrowingAndShrinking()
{
    using Key = std::tuple<quint32, quint32, QByteArray>;
    QRandomGenerator random(42);
    CounterTable table;
    std::map<Key, quint32> model;
    for (int i = 0; i < 200'000; ++i) {
        const QByteArray value = randomValue(random);
        const auto group = static_cast<quint32>(random.bounded(3));
        const auto owner = static_cast<quint32>(random.bounded(2));
        const CounterKey key{group, owner, value, 0, 0};
        const auto known = model.find({group, owner, value});
        const quint32 number = table.find(table.hashed(key));
        QCOMPARE(number, known == model.end() ? CounterTable::None : known->second);
        // Mostly filling up first, mostly emptying later.
        const bool isGrowing = i / 50'000 % 2 == 0;
        if (number == CounterTable::None && (isGrowing || random.bounded(4) == 0)) {
            model[{group, owner, value}] = table.insert(table.hashed(key), 0);
        } else if (number != CounterTable::None && (!isGrowing || random.bounded(8) == 0)) {
            QCOMPARE(table.valueOf(number), QByteArrayView(value));
            table.remove(number);
            model.erase(known);
        }
        QCOMPARE(table.size(), std::ssize(model));
    }
    for (const auto &[key, number] : model)
        QCOMPARE(
            table.find(table.hashed({std::get<0>(key), std::get<1>(key), std::get<2>(key), 0, 0})),
            number);
}

void TestCounterTable::keepsGroupsOwnersAndValuesApart()
{
    CounterTable table;
    const quint32 a = table.insert(table.hashed({1, 2, "ab"_ba, 0, 0}), 0);
    const quint32 b = table.insert(table.hashed({1, 2, "ab\0"_ba, 0, 0}), 0);
    const quint32 c = table.insert(table.hashed({2, 1, "ab"_ba, 0, 0}), 0);
    const quint32 d = table.insert(table.hashed({1, 2, QByteArray(25, 'a'), 0, 0}), 0);
    const quint32 e = table.insert(table.hashed({1, 2, QByteArray(24, 'a'), 0, 0}), 0);
    QCOMPARE((QSet<quint32>{a, b, c, d, e}.size()), 5);
    QCOMPARE(table.find(table.hashed({1, 2, "ab"_ba, 0, 0})), a);
    QCOMPARE(table.find(table.hashed({1, 2, QByteArray(25, 'a'), 0, 0})), d);
    QCOMPARE(table.valueOf(d), QByteArrayView(QByteArray(25, 'a')));
    QCOMPARE(table.valueOf(e), QByteArrayView(QByteArray(24, 'a')));
    QCOMPARE(table.find(table.hashed({1, 2, "a"_ba, 0, 0})), CounterTable::None);
}

void TestCounterTable::readersMissNothing()
{
    // A reader takes changes while counters change, come and go: in the end it knows the last
    // change of every counter that is left, and hears nothing twice.
    QRandomGenerator random(3);
    CounterTable table;
    std::map<quint32, quint64> seen;
    std::vector<quint32> live;
    const auto take = [&table, &seen] {
        const quint32 number = table.takeUnread();
        if (number == CounterTable::None)
            return false;
        const bool isNews = seen[number] != table.at(number).change;
        seen[number] = table.at(number).change;
        return isNews;
    };
    for (int i = 0; i < 50'000; ++i) {
        const int action = random.bounded(10);
        if (live.empty() || action < 3) {
            const QByteArray value = QByteArray::number(i);
            live.push_back(table.insert(table.hashed({0, 0, value, 0, 0}), 0));
        } else {
            const auto at = random.bounded(static_cast<int>(live.size()));
            if (action < 8) {
                table.touch(live[static_cast<size_t>(at)]);
            } else {
                table.remove(live[static_cast<size_t>(at)]);
                live.erase(live.begin() + at);
            }
        }
        if (i % 7 == 0)
            take();
    }
    while (take()) { }
    QCOMPARE(table.takeUnread(), CounterTable::None);
    for (const quint32 number : live)
        QCOMPARE(seen[number], table.at(number).change);
}

void TestCounterTable::aPeriodIsPartOfTheKey()
{
    CounterTable table;
    const CounterKey january{1, 0, "alice"_ba, 1'000, 0};
    CounterKey february = january;
    february.period = 2'000;
    const quint32 number = table.insert(table.hashed(january), 0);
    QCOMPARE(table.find(table.hashed(february)), CounterTable::None);
    table.rekey(number, 2'000);
    QCOMPARE(table.find(table.hashed(february)), number);
    QCOMPARE(table.find(table.hashed(january)), CounterTable::None);
    table.remove(number);
    QCOMPARE(table.size(), 0);
}

QTEST_GUILESS_MAIN(TestCounterTable)
#include "tst_countertable.moc"

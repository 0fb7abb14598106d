// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes of a Redis server, in any pieces, become values; nonsense becomes an error, not memory.
#include "core/stores/redis/rediscommand.h"
#include "core/stores/redis/redisreader.h"

#include <QTest>

using namespace sluice;
using stores::RedisCommand;
using stores::RedisReader;
using stores::RedisValue;
using Type = RedisValue::Type;

namespace {

/// "[1,two,nil,!bad]"
QByteArray textOf(const RedisValue &value)
{
    switch (value.type) {
    case Type::Nil:
        return "nil";
    case Type::Text:
        return value.text;
    case Type::Integer:
        return QByteArray::number(value.integer);
    case Type::Error:
        return '!' + value.text;
    case Type::List:
        break;
    }
    QByteArrayList items;
    for (const RedisValue &item : value.items)
        items.append(textOf(item));
    return '[' + items.join(',') + ']';
}

} // namespace

class TestRedisReader : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsAnswers_data();
    void readsAnswers();
    void refusesNonsense_data();
    void refusesNonsense();
    void writesCommands();
};

void TestRedisReader::readsAnswers_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("values");
    QTest::newRow("status") << QByteArray("+OK\r\n") << QByteArray("OK");
    QTest::newRow("error") << QByteArray("-ERR no\r\n") << QByteArray("!ERR no");
    QTest::newRow("integer") << QByteArray(":-42\r\n") << QByteArray("-42");
    QTest::newRow("text") << QByteArray("$5\r\na\r\nbc\r\n") << QByteArray("a\r\nbc");
    QTest::newRow("empty text") << QByteArray("$0\r\n\r\n") << QByteArray();
    QTest::newRow("nil") << QByteArray("$-1\r\n") << QByteArray("nil");
    QTest::newRow("empty list") << QByteArray("*0\r\n") << QByteArray("[]");
    QTest::newRow("lists in lists")
        << QByteArray("*3\r\n*2\r\n:1\r\n$1\r\na\r\n*-1\r\n*1\r\n-no\r\n")
        << QByteArray("[[1,a],nil,[!no]]");
    QTest::newRow("two answers") << QByteArray("+a\r\n:2\r\n") << QByteArray("a 2");
}

void TestRedisReader::readsAnswers()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, values);
    for (qsizetype piece = 1; piece <= bytes.size(); ++piece) {
        RedisReader reader;
        QByteArrayList read;
        for (qsizetype at = 0; at < bytes.size(); at += piece) {
            reader.feed(bytes.mid(at, piece));
            for (;;) {
                const auto value = reader.next();
                QVERIFY(value);
                if (!*value)
                    break;
                read.append(textOf(**value));
            }
        }
        QCOMPARE(read.join(' '), values);
    }
}

void TestRedisReader::refusesNonsense_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("another protocol") << QByteArray("HTTP/1.1 200 OK\r\n");
    QTest::newRow("huge list") << QByteArray("*2147483647\r\n");
    QTest::newRow("negative list") << QByteArray("*-5\r\n");
    QTest::newRow("large lists in large lists") << QByteArray("*9000\r\n").repeated(6);
    QTest::newRow("deep lists") << QByteArray("*1\r\n").repeated(50);
    QTest::newRow("endless text") << QByteArray("$100000000\r\n")
            + QByteArray(RedisReader::MostBytes + 1, 'x');
    QTest::newRow("endless line") << QByteArray("+") + QByteArray(RedisReader::MostBytes + 1, 'x');
    QTest::newRow("a double of protocol 3") << QByteArray(",1.5\r\n");
    QTest::newRow("a truth of protocol 3") << QByteArray("*1\r\n#t\r\n");
    QTest::newRow("bad length") << QByteArray("$-7\r\nabc\r\n");
}

void TestRedisReader::refusesNonsense()
{
    QFETCH(QByteArray, bytes);
    RedisReader reader;
    reader.feed(bytes);
    for (int i = 0; i < 3; ++i)
        QVERIFY(!reader.next()); // and stays so
}

void TestRedisReader::writesCommands()
{
    const RedisCommand before(QByteArrayView("EVALSHA"), QByteArrayView("abc"));
    RedisCommand command;
    command.add(QByteArrayView("a\r\n"));
    command.add(qint64(-7));
    command.add(QByteArrayView());
    QByteArray bytes;
    command.appendTo(bytes, before);
    QCOMPARE(bytes,
        QByteArray("*5\r\n$7\r\nEVALSHA\r\n$3\r\nabc\r\n$3\r\na\r\n\r\n$2\r\n-7\r\n$0\r\n\r\n"));
}

QTEST_GUILESS_MAIN(TestRedisReader)
#include "tst_redisreader.moc"

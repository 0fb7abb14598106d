// SPDX-License-Identifier: GPL-3.0-or-later
// What a statement of a stranger may call in PostgreSQL, and that no way of writing it hides
// anything; and what texts of strangers become in SQL and in COPY data.
#include "core/stores/ledger/postgres/foreignsql.h"
#include "core/stores/ledger/postgres/ledgertexts.h"

#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using stores::foreignsql::refusal;

class TestForeignSql : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void lets_data();
    void lets();
    void refuses_data();
    void refuses();
    void neverHangs();
    void writesTexts();
};

void TestForeignSql::lets_data()
{
    QTest::addColumn<QString>("sql");
    for (const char *sql : {"SELECT 1", "SELECT count(*) FROM requests",
             "SELECT 'pg_reload_conf()'", "SELECT 'it''s', \"pg_x(\" FROM y",
             "SELECT 1 -- pg_reload_conf()", "SELECT /* pg_reload_conf() /* x */ ' */ 1",
             "SELECT $$pg_reload_conf()$$, $a$ $$ pg_x() $a$", "SELECT E'\\'pg_x(\\''",
             "SELECT r.user, x AS user, \"user\" FROM requests r", "SELECT pg_typeof(1)",
             "SELECT pg_sleep(1)", "SELECT 5 AS u, u & 1", "SELECT current_user",
             "EXPLAIN SELECT 1", "EXPLAIN SELECT 'delete', \"update\" FROM x",
             "SELECT pg_stat FROM x", "SELECT $1 + 2", "VALUES (1), (2)", "SELECT updated FROM x"})
        QTest::newRow(sql) << QString::fromLatin1(sql);
}

void TestForeignSql::lets()
{
    QFETCH(QString, sql);
    const auto reason = refusal(sql);
    QVERIFY2(!reason, qPrintable(reason.value_or(QString())));
}

void TestForeignSql::refuses_data()
{
    QTest::addColumn<QString>("sql");
    for (const char *sql :
        {"SELECT pg_reload_conf()", "SELECT PG_RELOAD_CONF ()", "SELECT \"pg_reload_conf\"()",
            "SELECT pg_catalog . pg_reload_conf\n()", "SELECT pg_reload_conf/**/()",
            "SELECT pg_reload_conf--\n()", "SELECT '', pg_reload_conf()",
            "SELECT '\\', pg_reload_conf(), '", "SELECT E'\\'', pg_reload_conf(), ''",
            "SELECT e'\\\\', pg_reload_conf()", "SELECT $$'$$, pg_reload_conf()",
            "SELECT $a$ $b$ $a$, pg_reload_conf()", "SELECT \"'\", pg_reload_conf() FROM \"'\"",
            "SELECT /* /* */ ' */ pg_reload_conf() /*'*/", "SELECT U&\"pg\\005freload_conf\"()",
            "SELECT u&'\\0027'", "SELECT set_config('a', 'b', true)", "SELECT lo_import('x')",
            "SELECT * FROM dblink('x', 'y')", "SELECT nextval('x')",
            "SELECT query_to_xml('x', true, true, '')", "SELECT user", "SELECT x, USER FROM y",
            "EXPLAIN ANALYZE DELETE FROM x", "EXPLAIN (ANALYZE) CREATE TABLE x AS SELECT 1",
            "/* x */ explain analyze execute y"})
        QTest::newRow(sql) << QString::fromLatin1(sql);
}

void TestForeignSql::refuses()
{
    QFETCH(QString, sql);
    QVERIFY(refusal(sql));
}

/// Whatever is not closed ends with the text.
void TestForeignSql::neverHangs()
{
    const QString sql = u"SELECT 'a''b', E'\\'', \"c\", $x$ $ $x$ /* /* */ */ -- d\n, e$f (1)"_s;
    for (qsizetype from = 0; from <= sql.size(); ++from) {
        for (qsizetype to = from; to <= sql.size(); ++to)
            static_cast<void>(refusal(sql.sliced(from, to - from)));
    }
    QVERIFY(!refusal({}));
}

void TestForeignSql::writesTexts()
{
    stores::SqlArray array;
    array.add("a'b"_ba);
    array.add("\"\\"_ba);
    array.add(QByteArray("z\0z", 3));
    QCOMPARE(array.literal(), "'{\"a''b\",\"\\\"\\\\\",\"zz\"}'"_ba);
    stores::SqlArray numbers;
    numbers.add(qint64(1));
    numbers.add(qint64(-2));
    QCOMPARE(numbers.literal(), "'{1,-2}'"_ba);
    QCOMPARE(stores::SqlArray().literal(), "'{}'"_ba);
    QCOMPARE(stores::sqlLiteral("it's\xff"), "'it''s\xef\xbf\xbd'"_ba);
    stores::CopyLines lines;
    lines.add("a\tb\\\n\r"_ba);
    lines.add(qint64(7));
    lines.add(std::optional<qint64>());
    lines.endLine();
    lines.add(QByteArrayView());
    lines.endLine();
    QCOMPARE(lines.text(), "a\\tb\\\\\\n\\r\t7\t\\N\n\n"_ba);
    QCOMPARE(stores::storableJson("{\"a\":\"\\\\u0000\\u0000\\n\\\\\\u0000\"}"),
        "{\"a\":\"\\\\u0000\\n\\\\\"}"_ba);
}

QTEST_GUILESS_MAIN(TestForeignSql)
#include "tst_foreignsql.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// An edit of a configuration file changes what it says and nothing else.
#include "core/config/yamlpatch.h"

#include <QRegularExpression>
#include <QTest>

#include <ctime>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::config;

namespace {

YamlPath pathOf(const QString &text)
{
    return text.isEmpty() ? YamlPath() : text.split(u'/');
}

QByteArray outcome(const Result<QByteArray> &result)
{
    if (result)
        return *result;
    return QByteArray("refused: " + result.error().message.toUtf8());
}

} // namespace

class TestYamlPatch : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void setsAScalar_data();
    void setsAScalar();
    void setsAScalarAnywhere_data();

    void setsAScalarAnywhere() { setsAScalar(); }

    void insertsAKey_data();
    void insertsAKey();
    void insertsAKeyIntoNothing_data();

    void insertsAKeyIntoNothing() { insertsAKey(); }

    void appendsAnItem_data();
    void appendsAnItem();
    void removesAnEntry_data();
    void removesAnEntry();
    void refusesWithTheReason_data();
    void refusesWithTheReason();
    void survivesAnyBytes_data();
    void survivesAnyBytes();
    void findsLines_data();
    void findsLines();
    void editsTenThousandLinesQuickly();
};

void TestYamlPatch::setsAScalar_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *name, const char *text, const char *path, const char *value,
                         const char *expected) {
        QTest::newRow(name) << QByteArray(text) << QString::fromUtf8(path)
                            << QString::fromUtf8(value) << QByteArray(expected);
    };

    row("plain", "a: 1\nb: 2\n", "b", "30", "a: 1\nb: 30\n");
    row("no last line end", "a: 1\nb: 2", "b", "30", "a: 1\nb: 30");
    row("spaces and a comment", "key:   value   # c: d\n", "key", "x", "key:   x   # c: d\n");
    row("tab before a comment", "key: value\t# c\n", "key", "x", "key: x\t# c\n");
    row("single quotes stay", "a: '0.80'\n", "a", "0.75", "a: '0.75'\n");
    row("double quotes stay", "a: \"0.80\" # x\n", "a", "0.75", "a: \"0.75\" # x\n");
    row("single quote inside", "a: 'it''s'\n", "a", "it's 'so'", "a: 'it''s ''so'''\n");
    row("escapes", "a: \"x\"\n", "a", "1\n2\t\"\\", "a: \"1\\n2\\t\\\"\\\\\"\n");
    row("control needs double quotes", "a: 'x'\n", "a", "1\n2", "a: \"1\\n2\"\n");
    row("unsafe as plain", "a: x\n", "a", "b: c", "a: \"b: c\"\n");
    row("comment-like", "a: x\n", "a", "b #c", "a: \"b #c\"\n");
    row("empty", "a: x\n", "a", "", "a: \"\"\n");
    row("null as a text", "a: x\n", "a", "null", "a: \"null\"\n");
    row("negative", "a: 1\n", "a", "-1", "a: -1\n");
    row("a dash", "a: 1\n", "a", "-", "a: \"-\"\n");
    row("a policy", "- 10;w=60\n", "0", "1000;w=3600;s=user", "- 1000;w=3600;s=user\n");
    row("brackets in block", "a: 1\n", "a", "gpt[4], x", "a: gpt[4], x\n");
    row("brackets in flow", "{a: 1}\n", "a", "gpt[4], x", "{a: \"gpt[4], x\"}\n");
    row("url in flow", "{a: x, b: y}\n", "a", "http://h:1/p", "{a: http://h:1/p, b: y}\n");
    row("CRLF", "a: 1\r\nb: 2\r\n", "a", "9", "a: 9\r\nb: 2\r\n");
    row("BOM",
        "\xEF\xBB\xBF"
        "a: 1\nb: 2\n",
        "b", "9",
        "\xEF\xBB\xBF"
        "a: 1\nb: 9\n");
    row("after non-ASCII", "ä: 'ö' # ü\nb: {é: 2}\n", "b/é", "ß", "ä: 'ö' # ü\nb: {é: ß}\n");
    row("quoted key", "\"a: b\": 1\n'c''d': 2\n", "c'd", "3", "\"a: b\": 1\n'c''d': 3\n");
    row("key with an escape", "\"a\\tb\" : 1\n", "a\tb", "3", "\"a\\tb\" : 3\n");
}

void TestYamlPatch::setsAScalarAnywhere_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *name, const char *text, const char *path, const char *value,
                         const char *expected) {
        QTest::newRow(name) << QByteArray(text) << QString::fromUtf8(path)
                            << QString::fromUtf8(value) << QByteArray(expected);
    };

    row("flow", "a: {b: 1, \"c\": 2, d: [x, y]} # z\n", "a/d/1", "q",
        "a: {b: 1, \"c\": 2, d: [x, q]} # z\n");
    row("flow, json style", "{\"a\":1,\"b\":2}", "b", "7", "{\"a\":1,\"b\":7}");
    row("flow over lines", "a: {\n  b: 1, # one\n  c: 2  # two }\n}\n", "a/c", "7",
        "a: {\n  b: 1, # one\n  c: 7  # two }\n}\n");
    row("list of maps", "- a: 1\n  b: 2\n- a: 3\n  b: 4\n", "1/a", "5",
        "- a: 1\n  b: 2\n- a: 5\n  b: 4\n");
    row("list in a list", "- - 1\n  - 2\n- - 3\n", "0/1", "x", "- - 1\n  - x\n- - 3\n");
    row("look-alikes in strings", "s: 'a: 1'\nt: \"\\\"\\na: 1\"\na: 1\n", "a", "2",
        "s: 'a: 1'\nt: \"\\\"\\na: 1\"\na: 2\n");
    row("look-alike in a block", "s: |\n  a: 1\n\n  b: 2\na: 1\n", "a", "2",
        "s: |\n  a: 1\n\n  b: 2\na: 2\n");
    row("document markers", "%YAML 1.2\n---\na: 1\n...\n# end\n", "a", "2",
        "%YAML 1.2\n---\na: 2\n...\n# end\n");
    row("nothing written", "a:\nb: 1\n", "a", "2", "a: 2\nb: 1\n");
    row("nothing written, comment", "a: # c\nb: 1\n", "a", "2", "a: 2 # c\nb: 1\n");
    row("nothing written, next is null", "a:\nnull: 1\n", "a", "2", "a: 2\nnull: 1\n");
    row("nothing written, last", "b: 1\na:", "a", "2", "b: 1\na: 2");
    row("nothing written, item", "- 1\n-\n- 3\n", "1", "2", "- 1\n- 2\n- 3\n");
    row("nothing written, flow", "{a, b: 1}\n", "a", "2", "{a: 2, b: 1}\n");
    row("a null word", "a: ~\nb: null # c\n", "b", "2", "a: ~\nb: 2 # c\n");
    row("a tag stays", "a: !!str 5 # c\n", "a", "6", "a: !!str 6 # c\n");
    row("an unused anchor stays", "a: &x 5\n", "a", "6", "a: &x 6\n");
    row("tag and anchor stay", "a: &x !!str '5'\n", "a", "6", "a: &x !!str '6'\n");
    row("beside an alias", "a: &x {b: 1}\nc: *x\nd: 2\n", "d", "3", "a: &x {b: 1}\nc: *x\nd: 3\n");
    row("value on the next line", "a:\n  # c\n  5\nb: 1\n", "a", "6", "a:\n  # c\n  6\nb: 1\n");
    row("explicit key", "? a\n: 1\nb: 2\n", "a", "3", "? a\n: 3\nb: 2\n");
    row("same value", "a: \"\\x41\"\n", "a", "A", "a: \"\\x41\"\n");
    row("other quotes need no change", "a: \"it's\"\n", "a", "no #1: x", "a: \"no #1: x\"\n");
    row("keep the plain comma item", "[a, b , c]", "1", "z", "[a, z , c]");
    row("explicit key", "? a\n: \"\"\n", "a", "x", "? a\n: \"x\"\n");
    row("empty quotes in the first column", "a:\n\"\"\nb: 1\n", "a", "x", "a:\n\"x\"\nb: 1\n");
    row("a tag and no value, next is quoted", "a: !!str\n\"b\": 1\n", "b", "2",
        "a: !!str\n\"b\": 2\n");
    row("null of an explicit key", "? a\n: ~\n? b\n", "a", "x", "? a\n: x\n? b\n");
}

void TestYamlPatch::setsAScalar()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, path);
    QFETCH(QString, value);
    QFETCH(QByteArray, expected);
    QCOMPARE(outcome(yamlpatch::setScalar(text, pathOf(path), value)), expected);
}

void TestYamlPatch::insertsAKey_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("parent");
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *name, const char *text, const char *parent, const char *key,
                         const char *value, const char *expected) {
        QTest::newRow(name) << QByteArray(text) << QString::fromUtf8(parent)
                            << QString::fromUtf8(key) << QString::fromUtf8(value)
                            << QByteArray(expected);
    };

    row("top level", "a: 1\n", "", "b", "2", "a: 1\nb: 2\n");
    row("no last line end", "a: 1", "", "b", "2", "a: 1\nb: 2");
    row("CRLF", "a: 1\r\nc:\r\n  d: 1\r\n", "c", "b", "2", "a: 1\r\nc:\r\n  d: 1\r\n  b: 2\r\n");
    row("CRLF, no last line end", "a: 1\r\nc: 3", "", "b", "2", "a: 1\r\nc: 3\r\nb: 2");
    row("BOM",
        "\xEF\xBB\xBF"
        "a: 1\n",
        "", "b", "2",
        "\xEF\xBB\xBF"
        "a: 1\nb: 2\n");
    row("block, own indentation", "a:\n    b: 1 # one\n    # two\n\nc: 3\n", "a", "x", "{y: 1}",
        "a:\n    b: 1 # one\n    x: {y: 1}\n    # two\n\nc: 3\n");
    row("behind a nested last one", "a:\n  b:\n    c: 1\n\nd: 1\n", "a", "x", "2",
        "a:\n  b:\n    c: 1\n  x: 2\n\nd: 1\n");
    row("behind a block scalar", "a:\n  b: |\n    t\n\n    u\n\nd: 1\n", "a", "x", "2",
        "a:\n  b: |\n    t\n\n    u\n  x: 2\n\nd: 1\n");
    row("behind quotes over lines", "a:\n  b: \"t\n    u\" # c\nd: 1\n", "a", "x", "2",
        "a:\n  b: \"t\n    u\" # c\n  x: 2\nd: 1\n");
    row("behind an empty value", "a:\n  b: # c\nd: 1\n", "a", "x", "2",
        "a:\n  b: # c\n  x: 2\nd: 1\n");
    row("behind an alias", "m: &m 1\na:\n  b: *m # c\nd: 1\n", "a", "x", "2",
        "m: &m 1\na:\n  b: *m # c\n  x: 2\nd: 1\n");
    row("map in a list", "- a: 1\n  b: 2\n- c: 3\n", "0", "x", "2",
        "- a: 1\n  b: 2\n  x: 2\n- c: 3\n");
    row("flow", "a: {b: 1} # c\n", "a", "x", "2", "a: {b: 1, x: 2} # c\n");
    row("flow with spaces", "a: { b: 1 }\n", "a", "x", "2", "a: { b: 1, x: 2 }\n");
    row("flow, trailing comma", "a: {b: 1, }\n", "a", "x", "2", "a: {b: 1, x: 2 }\n");
    row("flow, nothing written", "a: {b: , c}\n", "a", "x", "2", "a: {b: , c, x: 2}\n");
    row("flow over lines", "a: {\n  b: 1, # one\n  c: 2  # two }\n}\n", "a", "x", "3",
        "a: {\n  b: 1, # one\n  c: 2,  # two }\n  x: 3\n}\n");
    row("flow over lines, comma", "a: {\r\n  b: 1, # one\r\n}\r\n", "a", "x", "3",
        "a: {\r\n  b: 1, # one\r\n  x: 3,\r\n}\r\n");
    row("flow over lines, closed at once", "a: {\n  b: 1,\n  c: 2}\nd: 1\n", "a", "x", "3",
        "a: {\n  b: 1,\n  c: 2,\n  x: 3}\nd: 1\n");
    row("flow broken anywhere", "a: {b: 1, c: 2,\n  d: 3, e: 4}\n", "a", "x", "5",
        "a: {b: 1, c: 2,\n  d: 3, e: 4, x: 5}\n");
}

void TestYamlPatch::insertsAKeyIntoNothing_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("parent");
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *name, const char *text, const char *parent, const char *key,
                         const char *value, const char *expected) {
        QTest::newRow(name) << QByteArray(text) << QString::fromUtf8(parent)
                            << QString::fromUtf8(key) << QString::fromUtf8(value)
                            << QByteArray(expected);
    };

    row("into {}", "a: {} # c\nb: 1\n", "a", "x", "2", "a: # c\n  x: 2\nb: 1\n");
    row("into {} in a list", "- {}\n", "0", "x", "2", "- x: 2\n");
    row("into {} in flow", "{a: {}}\n", "a", "x", "2", "{a: {x: 2}}\n");
    row("into {} at the top", "{}\n", "", "x", "2", "x: 2\n");
    row("into {} with a comment", "a: { # c\n}\n", "a", "x", "2", "a: {x: 2 # c\n}\n");
    row("into {} with an anchor", "a: &m {}\n", "a", "x", "2", "a: &m {x: 2}\n");
    row("into nothing", "a: # c\n  # d\nb: 1\n", "a", "x", "2", "a: # c\n  x: 2\n  # d\nb: 1\n");
    row("into nothing, last", "b: 1\na:", "a", "x", "2", "b: 1\na:\n  x: 2");
    row("into null", "a: null # c\n", "a", "x", "2", "a: {x: 2} # c\n");
    row("into nothing in a list", "-\n- 1\n", "0", "x", "2", "- x: 2\n- 1\n");
    row("into nothing in flow", "{a: , b}\n", "a", "x", "2", "{a: {x: 2} , b}\n");
    row("into nothing with an anchor", "a: &m # c\n", "a", "x", "2", "a: &m {x: 2} # c\n");
    row("empty file", "", "", "x", "2", "x: 2\n");
    row("only comments", "# a\n# b\n", "", "x", "2", "# a\n# b\nx: 2\n");
    row("only a comment, no line end", "# a", "", "x", "2", "# a\nx: 2\n");
    row("only markers", "---\n...\n", "", "x", "2", "---\nx: 2\n...\n");
    row("before the end marker", "---\na: 1\n...\n", "", "x", "2", "---\na: 1\nx: 2\n...\n");
    row("missing ancestors", "a:\n  b: 1\n", "a/c/d", "x", "{y: 1}",
        "a:\n  b: 1\n  c:\n    d:\n      x: {y: 1}\n");
    row("missing ancestors in flow", "a: {b: 1}\n", "a/c/d", "x", "2",
        "a: {b: 1, c: {d: {x: 2}}}\n");
    row("missing ancestors, empty file", "", "a/b", "x", "2", "a:\n  b:\n    x: 2\n");
    row("author's indentation", "a:\n   b: 1\n", "c", "x", "2", "a:\n   b: 1\nc:\n   x: 2\n");
    row("keys that need quotes", "a: 1\n", "b: c", "12", "2", "a: 1\n\"b: c\":\n  \"12\": 2\n");
    row("keys that look typed", "a: 1\n", "", "yes", "[1, 'a, b']", "a: 1\n\"yes\": [1, 'a, b']\n");
    row("non-ASCII", "ä: 1\n", "ö", "ü", "ß", "ä: 1\nö:\n  ü: ß\n");
    row("over a merge", "b: &b {c: 1}\na:\n  <<: *b\n", "a", "x", "2",
        "b: &b {c: 1}\na:\n  <<: *b\n  x: 2\n");
}

void TestYamlPatch::insertsAKey()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, parent);
    QFETCH(QString, key);
    QFETCH(QString, value);
    QFETCH(QByteArray, expected);
    QCOMPARE(outcome(yamlpatch::insertKey(text, pathOf(parent), key, value)), expected);
}

void TestYamlPatch::appendsAnItem_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("parent");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *name, const char *text, const char *parent, const char *value,
                         const char *expected) {
        QTest::newRow(name) << QByteArray(text) << QString::fromUtf8(parent)
                            << QString::fromUtf8(value) << QByteArray(expected);
    };

    row("block", "a:\n  - 1 # one\n  - 2\nb: 1\n", "a", "{x: 1}",
        "a:\n  - 1 # one\n  - 2\n  - {x: 1}\nb: 1\n");
    row("block, not indented", "a:\n- x: 1\n  y: 2\nb: 1\n", "a", "3",
        "a:\n- x: 1\n  y: 2\n- 3\nb: 1\n");
    row("list in a list", "- - 1\n- 2\n", "0", "3", "- - 1\n  - 3\n- 2\n");
    row("flow", "a: [1, 2] # c\n", "a", "3", "a: [1, 2, 3] # c\n");
    row("flow over lines", "a: [\n  1,\n  2, # c\n]\n", "a", "3",
        "a: [\n  1,\n  2, # c\n  3,\n]\n");
    row("into []", "a: [] # c\n", "a", "3", "a: # c\n  - 3\n");
    row("into [] in flow", "{a: []}\n", "a", "3", "{a: [3]}\n");
    row("into nothing", "a:\nb: 1\n", "a", "3", "a:\n  - 3\nb: 1\n");
    row("into nothing, author's style", "c:\n- 1\na:\nb: 1\n", "a", "3",
        "c:\n- 1\na:\n- 3\nb: 1\n");
    row("missing", "b: 1\n", "a/c", "{n: x}", "b: 1\na:\n  c:\n    - {n: x}\n");
    row("missing in flow", "{b: 1}", "a", "3", "{b: 1, a: [3]}");
    row("missing, empty file", "# c\r\n", "a", "3", "# c\r\na:\r\n  - 3\r\n");
}

void TestYamlPatch::appendsAnItem()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, parent);
    QFETCH(QString, value);
    QFETCH(QByteArray, expected);
    QCOMPARE(outcome(yamlpatch::appendItem(text, pathOf(parent), value)), expected);
}

void TestYamlPatch::removesAnEntry_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *name, const char *text, const char *path,
                         const char *expected) {
        QTest::newRow(name) << QByteArray(text) << QString::fromUtf8(path) << QByteArray(expected);
    };

    row("with its comment", "a: 1 # x\nb: 2 # y\nc: 3\n", "b", "a: 1 # x\nc: 3\n");
    row("first", "# head\na: 1\nb: 2\n", "a", "# head\nb: 2\n");
    row("last", "a: 1\nb: 2\n", "b", "a: 1\n");
    row("last, no line end", "a: 1\nb: 2", "b", "a: 1");
    row("CRLF, no line end", "a: 1\r\nb: 2", "b", "a: 1");
    row("behind a block scalar, no line end", "a: |\n  t\nb: 2", "b", "a: |\n  t\n");
    row("CRLF", "a: 1\r\nb:\r\n  x: 1\r\nc: 3\r\n", "b", "a: 1\r\nc: 3\r\n");
    row("comments around stay", "a: 1\n# b is\nb: 2\n\n# c is\nc: 3\n", "b",
        "a: 1\n# b is\n\n# c is\nc: 3\n");
    row("a whole map", "a:\n  b:\n    x: 1\n    y: 2 # z\n  c: 1\n", "a/b", "a:\n  c: 1\n");
    row("a block scalar", "a: |\n  t\n\n  u\nb: 1\n", "a", "b: 1\n");
    row("quotes over lines", "a: 't\n  u' # c\nb: 1\n", "a", "b: 1\n");
    row("an alias", "m: &m 1\na: *m # c\nb: 1\n", "a", "m: &m 1\nb: 1\n");
    row("an unwritten value", "a: # c\nb: 1\n", "a", "b: 1\n");
    row("an unused anchor before others", "a: &x 1\nb: &y 2\nc: *y\n", "a", "b: &y 2\nc: *y\n");
    row("only one", "a: # c\n  b: 1 # d\n  # e\nf: 1\n", "a/b", "a: {} # c\n  # e\nf: 1\n");
    row("only one at the top", "# h\na: 1 # c\n", "a", "# h\n{}\n");
    row("only one with an anchor", "a: &m\n  b: 1\n", "a/b", "a: &m {}\n");
    row("only one in a list", "- a: 1 # c\n- 2\n", "0/a", "- {}\n- 2\n");
    row("only item", "a:\n- 1\nb: 2\n", "a/0", "a: []\nb: 2\n");
    row("first of a map in a list", "- a: 1 # c\n  b: 2\n- 3\n", "0/a", "- b: 2\n- 3\n");
    row("first of a map, comment follows", "- a: 1\n  # of b\n  b: 2\n", "0/a",
        "- # of b\n  b: 2\n");
    row("item", "a:\n  - 1\n  - x: 1\n    y: 2 # c\n  - 3\n", "a/1", "a:\n  - 1\n  - 3\n");
    row("unwritten item", "- 1\n- # c\n- 3\n", "1", "- 1\n- 3\n");
    row("list in a list", "- - 1\n  - 2\n- 3\n", "0/0", "- - 2\n- 3\n");
    row("flow, first", "{a: 1, b: 2, c: 3}", "a", "{b: 2, c: 3}");
    row("flow, middle", "{a: 1, b: 2, c: 3}", "b", "{a: 1, c: 3}");
    row("flow, last", "{a: 1, b: 2, c: 3 }", "c", "{a: 1, b: 2 }");
    row("flow, trailing comma", "{a: 1, b: 2, }", "b", "{a: 1, }");
    row("flow, comma in quotes", "{a: 'x, y', b: \"{,\"}", "a", "{b: \"{,\"}");
    row("flow, only one", "x: { a: 1 } # c\n", "x/a", "x: {} # c\n");
    row("flow, only item", "[ 1, ]", "0", "[]");
    row("flow over lines, middle", "{\n  a: 1, # ca\n  b: 2, # cb\n  c: 3 # cc\n}\n", "b",
        "{\n  a: 1, # ca\n  c: 3 # cc\n}\n");
    row("flow over lines, last", "{\n  a: 1, # ca\n  b: 2, # cb\n  c: 3 # cc\n}\n", "c",
        "{\n  a: 1, # ca\n  b: 2 # cb\n}\n");
    row("flow over lines, last with comma", "{\r\n  a: 1,\r\n  b: 2,\r\n}\r\n", "b",
        "{\r\n  a: 1,\r\n}\r\n");
    row("flow over lines, first behind the brace", "{a: 1,\n b: 2}", "a", "{\n b: 2}");
    row("flow over lines, closed at once", "{a: 1,\n b: 2}\n", "b", "{a: 1}\n");
    row("flow, only one, comments", "{ # c\n  a: 1, # d\n}\n", "a", "{ # c\n   # d\n}\n");
}

void TestYamlPatch::removesAnEntry()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, path);
    QFETCH(QByteArray, expected);
    QCOMPARE(outcome(yamlpatch::remove(text, pathOf(path))), expected);
}

void TestYamlPatch::refusesWithTheReason_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("edit");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char *name, const char *text, const char *edit, const char *path,
                         const char *reason) {
        QTest::newRow(name) << QByteArray(text) << QString::fromUtf8(edit)
                            << QString::fromUtf8(path) << QString::fromUtf8(reason);
    };

    row("alias", "a: &m 1\nb: *m\n", "set", "b", "b is an alias (line 2)");
    row("behind an alias", "a: &m {x: 1}\nb: *m\n", "set", "b/x", "b is an alias (line 2)");
    row("insert behind an alias", "a: &m {x: 1}\nb: *m\n", "insert", "b", "b is an alias");
    row("delete behind an alias", "a: &m {x: 1}\nb: *m\n", "remove", "b/x", "b is an alias");
    row("shared anchor", "a: &m {x: 1}\nb: *m\n", "set", "a/x", "line 2 uses too");
    row("delete a used anchor", "a: &m {x: 1}\nb: *m\n", "remove", "a", "line 2 uses an anchor");
    row("merged", "m: &m {x: 1}\nb:\n  <<: *m\n", "set", "b/x", "merges another one");
    row("block scalar", "a: |\n  x\n", "set", "a", "is a block of text");
    row("plain over lines", "a: x\n  y\n", "set", "a", "spans several lines");
    row("quoted over lines", "a: \"x\n  y\"\n", "set", "a", "spans several lines");
    row("map", "a: {x: 1}\n", "set", "a", "a (line 1) is a map or a list");
    row("missing", "a: {x: 1}\n", "set", "a/y", "a.y is not in the file");
    row("missing item", "a: [1]\n", "remove", "a/1", "a.1 is not in the file");
    row("missing, empty file", "", "set", "a", "a is not in the file");
    row("twice", "a: 1\na: 2\n", "set", "a", "a is there twice");
    row("into a scalar", "a: 1\n", "insert", "a", "a (line 1) is not a map");
    row("into a list", "a: [1]\n", "insert", "a", "a (line 1) is not a map");
    row("item into a map", "a: {x: 1}\n", "append", "a", "a (line 1) is not a list");
    row("already there", "new: 1\n", "insert", "", "already has new (line 1)");
    row("blank lines that belong to a text", "a:\n  b: |+\n    t\n\nc: 1\n", "insert", "a",
        "would change more than it should");
    row("explicit key", "? a\n: 1\n", "remove", "a", "the edit would");
    row("pair without braces", "a: [x: 1]\n", "remove", "a/0/x", "pair without braces");
    row("broken", "a: [1\n", "set", "a", "until it is valid YAML");
    row("open quote", "a: \"1\n", "set", "a", "until it is valid YAML");
    row("two documents", "a: 1\n---\nb: 1\n", "set", "a", "more than one YAML document");
    row("not UTF-8", "a: \xFF\n", "set", "a", "not plain UTF-8");
    row("top level", "a: 1\n", "remove", "", "top level cannot be deleted");
}

void TestYamlPatch::refusesWithTheReason()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, edit);
    QFETCH(QString, path);
    QFETCH(QString, reason);
    const YamlPath place = pathOf(path);
    Result<QByteArray> result = text;
    if (edit == u"set")
        result = yamlpatch::setScalar(text, place, u"new"_s);
    else if (edit == u"insert")
        result = yamlpatch::insertKey(text, place, u"new"_s, u"1"_s);
    else if (edit == u"append")
        result = yamlpatch::appendItem(text, place, u"1"_s);
    else
        result = yamlpatch::remove(text, place);
    QVERIFY2(!result, result ? result->constData() : "");
    QVERIFY2(result.error().message.contains(reason), qUtf8Printable(result.error().message));
}

void TestYamlPatch::survivesAnyBytes_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("zero bytes") << QByteArray("a\0:\0 1", 6);
    QTest::newRow("UTF-16") << QByteArray("\xFF\xFE"
                                          "a\0:\0",
        6);
    QTest::newRow("end mark") << QByteArray("a: 1\n\x04"
                                            "b: 2\n");
    QTest::newRow("only a BOM") << QByteArray("\xEF\xBB\xBF");
    QTest::newRow("deep") << QByteArray(100'000, '[');
    QTest::newRow("deep blocks") << QByteArray("- ").repeated(50'000);
    QTest::newRow("tabs") << QByteArray("a:\n\tb: 1\n");
    QTest::newRow("tag without value") << QByteArray("a: !!str\nb: !!str\n");
    QTest::newRow("null key") << QByteArray("~: 1\n: 2\n? : 3\n");
    QTest::newRow("map key") << QByteArray("{a: 1}: 2\n[x]: 3\n");
    QTest::newRow("carriage returns") << QByteArray("a: 1\rb: 2\r");
    QTest::newRow("recursive") << QByteArray("a: &a [*a]\n");
    QTest::newRow("unknown alias") << QByteArray("a: *b\n");
    QTest::newRow("odd directive") << QByteArray("%\n---\na: 1\n");
}

void TestYamlPatch::survivesAnyBytes()
{
    QFETCH(QByteArray, text);
    // Whatever comes back, nothing crashes, hangs or loses what was there.
    for (const QString &path : {u"a"_s, u"a/0"_s, u"b"_s, u"x/y"_s}) {
        const Result<QByteArray> set = yamlpatch::setScalar(text, pathOf(path), u"1"_s);
        const Result<QByteArray> removed = yamlpatch::remove(text, pathOf(path));
        const Result<QByteArray> inserted =
            yamlpatch::insertKey(text, pathOf(path), u"new"_s, u"1"_s);
        QVERIFY(set || !set.error().message.isEmpty());
        QVERIFY(removed || !removed.error().message.isEmpty());
        QVERIFY(!inserted || inserted->contains("new"));
        QVERIFY(yamlpatch::lineOf(text, pathOf(path)) >= 0);
    }
}

void TestYamlPatch::findsLines_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("path");
    QTest::addColumn<int>("line");
    const QByteArray text("\xEF\xBB\xBF# c\r\na:\r\n  b: {c: 1,\r\n    d: 2}\r\n  e:\r\nf: &m\r\n"
                          "  g: 1\r\nh: *m\r\n");
    QTest::newRow("root") << text << u""_s << 2;
    QTest::newRow("flow") << text << u"a/b"_s << 3;
    QTest::newRow("second line of flow") << text << u"a/b/d"_s << 4;
    QTest::newRow("unwritten") << text << u"a/e"_s << 5;
    QTest::newRow("anchored") << text << u"f/g"_s << 7;
    QTest::newRow("alias") << text << u"h"_s << 8;
    QTest::newRow("behind an alias") << text << u"h/g"_s << 7;
    QTest::newRow("missing") << text << u"a/x"_s << 0;
    QTest::newRow("below a scalar") << text << u"f/g/x"_s << 0;
    QTest::newRow("empty file") << QByteArray() << u"a"_s << 0;
    QTest::newRow("broken file") << QByteArray("a: [") << u"a"_s << 0;
}

void TestYamlPatch::findsLines()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, path);
    QFETCH(int, line);
    QCOMPARE(yamlpatch::lineOf(text, pathOf(path)), line);
}

void TestYamlPatch::editsTenThousandLinesQuickly()
{
    QByteArray text = "routers:\n";
    for (int i = 0; i < 2'500; ++i) {
        text += "  r" + QByteArray::number(i)
            + ": # a router\n    load-balance: {chat: {strategy: weighted}}\n"
              "    rate-limit:\n      per-api-key: {capacity: 5, refill-frequency: 1m}\n";
    }
    // Processor time: the machine may have other things to do.
    const std::clock_t start = std::clock();
    const Result<QByteArray> result = yamlpatch::setScalar(
        text, pathOf(u"routers/r2400/rate-limit/per-api-key/capacity"_s), u"60"_s);
    const qint64 elapsed = (std::clock() - start) * 1'000 / CLOCKS_PER_SEC;
    QVERIFY(result);
    QCOMPARE(result->size(), text.size() + 1);
    qInfo("10001 lines edited and verified in %lld ms", elapsed);
    QVERIFY2(elapsed < 2'500, "ten times the budget of an optimised build");
}

QTEST_GUILESS_MAIN(TestYamlPatch)
#include "tst_yamlpatch.moc"

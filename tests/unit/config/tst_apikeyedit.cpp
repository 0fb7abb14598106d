// SPDX-License-Identifier: GPL-3.0-or-later
// Keys come into the file and are revoked in it without touching anything else.
#include "core/config/apikeyedit.h"

#include <QRegularExpression>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::config;

namespace {

const QByteArray Hash(64, 'a');

} // namespace

class TestApiKeyEdit : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void adds_data();
    void adds();
    void refusesToAdd_data();
    void refusesToAdd();
    void revokes_data();
    void revokes();
    void revokesOnlyWhatIsThere();
};

void TestApiKeyEdit::adds_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("owner");
    QTest::addColumn<QString>("team");
    QTest::addColumn<QByteArray>("expected");
    const QByteArray hash = "hash: \"sha256:" + Hash + "\"";
    QTest::newRow("first") << QByteArray("# mine\n") << u"ci"_s << u""_s << u""_s
                           << QByteArray("# mine\napi-keys:\n  - {name: ci, " + hash + "}\n");
    QTest::newRow("second") << QByteArray("api-keys: # keys\n- name: a\n  hash: x\nb: 1\n")
                            << u"ci"_s << u"alice"_s << u"core"_s
                            << QByteArray("api-keys: # keys\n- name: a\n  hash: x\n- {name: ci, "
                                   + hash + ", owner: alice, team: core}\nb: 1\n");
    QTest::newRow("odd names") << QByteArray("api-keys: []\n") << u"a, b: 'c'"_s << u"12"_s
                               << u"ö"_s
                               << QByteArray("api-keys:\n  - {name: \"a, b: 'c'\", " + hash
                                      + ", owner: \"12\", team: ö}\n");
}

void TestApiKeyEdit::adds()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, name);
    QFETCH(QString, owner);
    QFETCH(QString, team);
    QFETCH(QByteArray, expected);
    const Result<QByteArray> result = addApiKey(text, name, Hash, owner, team);
    QVERIFY2(result, result ? "" : qUtf8Printable(result.error().message));
    QCOMPARE(*result, expected);
}

void TestApiKeyEdit::refusesToAdd_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("hash");
    QTest::addColumn<int>("code");
    QTest::newRow("taken") << QByteArray("api-keys: [{name: ci, hash: x}]\n") << u"ci"_s << Hash
                           << int(ErrorCode::Conflict);
    QTest::newRow("no name") << QByteArray() << u""_s << Hash << int(ErrorCode::Invalid);
    QTest::newRow("the key itself")
        << QByteArray() << u"ci"_s << QByteArray("sk-sluice-secret") << int(ErrorCode::Invalid);
    QTest::newRow("not a list") << QByteArray("api-keys: {a: 1}\n") << u"ci"_s << Hash
                                << int(ErrorCode::Refused);
    QTest::newRow("broken file") << QByteArray("a: [\n") << u"ci"_s << Hash
                                 << int(ErrorCode::Refused);
}

void TestApiKeyEdit::refusesToAdd()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, name);
    QFETCH(QByteArray, hash);
    QFETCH(int, code);
    const Result<QByteArray> result = addApiKey(text, name, hash);
    QVERIFY(!result);
    QCOMPARE(int(result.error().code), code);
    QVERIFY(!result.error().message.contains(u"secret"));
}

void TestApiKeyEdit::revokes_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("expected");
    QTest::newRow("flow") << QByteArray("api-keys:\n  - {name: a, hash: x} # c\n  - {name: ci}\n")
                          << QByteArray("api-keys:\n  - {name: a, hash: x} # c\n"
                                        "  - {name: ci, disabled: true}\n");
    QTest::newRow("block") << QByteArray("api-keys:\r\n- name: ci # c\r\n  hash: x\r\nb: 1\r\n")
                           << QByteArray("api-keys:\r\n- name: ci # c\r\n  hash: x\r\n"
                                         "  disabled: true\r\nb: 1\r\n");
    QTest::newRow("was false") << QByteArray("api-keys: [{disabled: false, name: 'ci'}]")
                               << QByteArray("api-keys: [{disabled: true, name: 'ci'}]");
    QTest::newRow("was true") << QByteArray("api-keys: [{name: ci, disabled: true}]")
                              << QByteArray("api-keys: [{name: ci, disabled: true}]");
    QTest::newRow("both of one name")
        << QByteArray("api-keys:\n- {name: ci}\n- {name: ci}\n")
        << QByteArray("api-keys:\n- {name: ci, disabled: true}\n- {name: ci, disabled: true}\n");
}

void TestApiKeyEdit::revokes()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, expected);
    const Result<QByteArray> result = revokeApiKey(text, u"ci"_s);
    QVERIFY2(result, result ? "" : qUtf8Printable(result.error().message));
    QCOMPARE(*result, expected);
}

void TestApiKeyEdit::revokesOnlyWhatIsThere()
{
    for (const QByteArray &text :
        {QByteArray(), QByteArray("api-keys: [{name: other}]"), QByteArray("api-keys: ci")}) {
        const Result<QByteArray> result = revokeApiKey(text, u"ci"_s);
        QVERIFY(!result);
        QCOMPARE(result.error().code, ErrorCode::NotFound);
    }
}

QTEST_GUILESS_MAIN(TestApiKeyEdit)
#include "tst_apikeyedit.moc"

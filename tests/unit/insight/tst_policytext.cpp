// SPDX-License-Identifier: GPL-3.0-or-later
// Policy headers in words, and where a malformed one is wrong.
#include "core/insight/policytext.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace sluice;
using namespace sluice::insight;
using namespace Qt::StringLiterals;

namespace {

std::vector<PolicyText> explained(const QByteArray &header)
{
    return explainPolicies(std::get<std::vector<config::Policy>>(config::parsePolicies(header)));
}

} // namespace

class TestPolicyText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void tellsTheMeaning_data();
    void tellsTheMeaning();
    void tellsTheCounter_data();
    void tellsTheCounter();
    void tellsTheHeaders();
    void findsSharedCounters();
    void explainsNothing();
    void pointsAtTheColumn_data();
    void pointsAtTheColumn();
    void explainsEveryAcceptedForm();
};

void TestPolicyText::tellsTheMeaning_data()
{
    QTest::addColumn<QString>("meaning");
    const auto row = [](const char *header, const char *meaning) {
        QTest::newRow(header) << QString::fromLatin1(meaning);
    };
    row("5000;w=3600;u=cents;s=user",
        "Each end user of each API key may use 5000 cents ($50.00) in any 3600 seconds (1h).");
    row("1000;w=86400", "Each API key may make 1000 requests in any 86400 seconds (1d).");
    row("1;w=90", "Each API key may make 1 request in any 90 seconds (1m 30s).");
    row("1;w=60;u=tokens;s=Tenant-Id",
        "Each value of the property tenant-id of each API key may use 1 token in any 60 seconds "
        "(1m).");
    row("2;w=60;u=token", "Each API key may use 2 tokens in any 60 seconds (1m).");
    row("1;w=60;u=cost", "Each API key may use 1 cent ($0.01) in any 60 seconds (1m).");
    row("0.5;w=60;u=cents", "Each API key may use 0.5 cents ($0.005) in any 60 seconds (1m).");
    row("0.000001;w=60;u=cents",
        "Each API key may use 0.000001 cents ($0.00000001) in any 60 seconds (1m).");
    row("12345.5;w=60;u=cents",
        "Each API key may use 12345.5 cents ($123.455) in any 60 seconds (1m).");
}

void TestPolicyText::tellsTheMeaning()
{
    QFETCH(const QString, meaning);
    const auto texts = explained(QTest::currentDataTag());
    QCOMPARE(texts.size(), size_t{1});
    QCOMPARE(texts.front().meaning, meaning);
}

void TestPolicyText::tellsTheCounter_data()
{
    QTest::addColumn<QString>("counter");
    QTest::addColumn<QString>("source");
    QTest::newRow("5;w=60") << u"API key, no segment, unit request, window 60. "_s << QString();
    QTest::newRow("5;w=3600;u=cents;s=user")
        << u"API key, segment user with its value, unit cents, window 3600. "_s
        << u"The header Helicone-User-Id, else \"user\" in the body."_s;
    QTest::newRow("5;w=60;u=tokens;s=team_1")
        << u"API key, segment team_1 with its value, unit tokens, window 60. "_s
        << u"The header Helicone-Property-team_1."_s;
}

void TestPolicyText::tellsTheCounter()
{
    QFETCH(const QString, counter);
    QFETCH(const QString, source);
    const QByteArray header = QTest::currentDataTag();
    const PolicyText text = explained(header).front();
    QVERIFY2(text.counter.startsWith(counter), qPrintable(text.counter));
    QCOMPARE(text.source, source);
    // Another quota is another policy with the same counter.
    QCOMPARE(explained("7" + header).front().counter, text.counter);
}

void TestPolicyText::tellsTheHeaders()
{
    const auto headers = explained(" 0.5; u=cost ;w=60;s=User").front().headers;
    QCOMPARE(headers.size(), size_t{3});
    QCOMPARE(headers[0].name, "Helicone-RateLimit-Limit"_ba);
    QCOMPARE(headers[0].value, "0.5"_ba);
    QCOMPARE(headers[1].name, "Helicone-RateLimit-Policy"_ba);
    QCOMPARE(headers[1].value, "0.5;w=60;u=cents;s=user"_ba);
    QCOMPARE(headers[2].name, "RateLimit-Policy"_ba);
    QCOMPARE(headers[2].value, "\"0.5;w=60;u=cents;s=user\";q=0;w=60"_ba);
}

void TestPolicyText::findsSharedCounters()
{
    const auto texts =
        explained("10;w=60, 20;w=60;u=request;s=global, 10;w=61, 10;w=60;u=tokens, 10;w=60;s=user, "
                  "10;w=60;s=users, 5;w=60, 1;s=USER;w=60");
    std::vector<int> shared;
    for (const PolicyText &text : texts)
        shared.push_back(text.sharesCounterWith);
    QCOMPARE(shared, (std::vector<int>{0, 1, 0, 0, 0, 0, 1, 5}));
}

void TestPolicyText::explainsNothing()
{
    QVERIFY(explained("").empty());
    QVERIFY(explained(" \t ").empty());
}

void TestPolicyText::pointsAtTheColumn_data()
{
    QTest::addColumn<QString>("below");
    const auto row = [](const char *header, const QString &below) {
        QTest::newRow(header) << below;
    };
    row("abc;w=60", u"^"_s);
    row("1000", u"    ^"_s);
    row("10;w=60,", u"        ^"_s);
    row("10;w=60;s=\u00e4", u"          ^"_s);
    row("10;w=60;s=a\u00e4\u00e4", u"           ^"_s);
    row("10;w=60,\t\u00e4", u"        \t^"_s);
}

void TestPolicyText::pointsAtTheColumn()
{
    QFETCH(const QString, below);
    const QByteArray header = QTest::currentDataTag();
    const auto parsed = config::parsePolicies(header);
    const auto &error = std::get<config::PolicyError>(parsed);
    QCOMPARE(policyErrorText(QString::fromUtf8(header), error),
        QString(u"column %1: %2"_s.arg(QString::number(error.column), error.message) + u"\n  "
            + QString::fromUtf8(header) + u"\n  " + below));
    // Characters outside the first plane count once; control characters do not reach a terminal.
    QCOMPARE(policyErrorText(u"\U0001F600\r\n\x1b;"_s, {5, u"no"_s}),
        u"column 5: no\n  \U0001F600\uFFFD\uFFFD\uFFFD;\n      ^"_s);
}

void TestPolicyText::explainsEveryAcceptedForm()
{
    QFile file(QStringLiteral(SLUICE_TEST_DATA "/policy-header.json"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QJsonArray forms =
        QJsonDocument::fromJson(file.readAll()).object().value("accepted"_L1).toArray();
    QVERIFY(!forms.isEmpty());
    for (const QJsonValue form : forms) {
        const PolicyText text = explained(form["text"_L1].toString().toUtf8()).front();
        QCOMPARE(QString::fromLatin1(text.canonical), form["canonical"_L1].toString());
        QVERIFY2(text.meaning.contains(u' ' + form["quota"_L1].toString() + u' '),
            qPrintable(text.meaning));
        QVERIFY(text.counter.contains(QString::number(form["window"_L1].toInt())));
    }
}

QTEST_GUILESS_MAIN(TestPolicyText)
#include "tst_policytext.moc"

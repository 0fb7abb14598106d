// SPDX-License-Identifier: GPL-3.0-or-later
// Promises: `policies:` takes what the header takes, counts by the header's rules, and points at
// the very character that it does not understand.
#include "loadersetup.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace sluice;
using namespace sluice::config;
using namespace sluice::config::test;
using namespace Qt::StringLiterals;

namespace {

const QByteArray Priced = "prices: {models: {openai/x: {input: 1, output: 1}}}\n"
                          "helicone: {features: auth}\napi-keys: [{name: ci, hash: 'sha256:"
    + QByteArray(64, 'a') + "'}]\n";

QJsonArray vectors(QLatin1StringView section)
{
    QFile file(QStringLiteral(SLUICE_TEST_DATA "/policy-header.json"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    return QJsonDocument::fromJson(file.readAll()).object().value(section).toArray();
}

QByteArray policies(const QByteArray &items)
{
    return Priced + "global:\n  rate-limit:\n    policies: [" + items + "]\n";
}

/// A text in YAML's single quotes, which escape nothing but themselves.
QByteArray quoted(QByteArray text)
{
    return '\'' + text.replace('\'', "''") + '\'';
}

QByteArray names(const Configuration &config)
{
    QByteArrayList texts;
    for (const LimitRule &rule : config.limits)
        texts << rule.name;
    return texts.join(' ');
}

} // namespace

class TestPolicyRules final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void acceptsWhatTheHeaderTakes_data();
    void acceptsWhatTheHeaderTakes();
    void refusesAtTheCharacter_data();
    void refusesAtTheCharacter();
    void refusesAtThePlace_data();
    void refusesAtThePlace();
    void columnsOnlyWhereTheFileHasThem_data();
    void columnsOnlyWhereTheFileHasThem();
    void countsByTheHeadersRules_data();
    void countsByTheHeadersRules();
    void takesTheKeysOfEveryLimit();
    void namesTellPoliciesApart();
};

void TestPolicyRules::acceptsWhatTheHeaderTakes_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QJsonObject>("expected");
    for (const auto &value : vectors("accepted"_L1)) {
        const QJsonObject vector = value.toObject();
        const QByteArray text = vector["text"_L1].toString().toUtf8();
        QTest::newRow(text.constData()) << text << vector;
    }
}

void TestPolicyRules::acceptsWhatTheHeaderTakes()
{
    QFETCH(const QByteArray, text);
    QFETCH(const QJsonObject, expected);
    for (const QByteArray &item : {quoted(text), QByteArray("{policy: " + quoted(text) + '}')}) {
        const LoadResult result = loadText(policies(item));
        QVERIFY2(result.findings.isEmpty(), sentences(result.findings).constData());
        QCOMPARE(result.configuration->limits.size(), size_t(1));
        const LimitRule &rule = result.configuration->limits.front();
        const QByteArray canonical = expected["canonical"_L1].toString().toUtf8();
        QCOMPARE(rule.policy, canonical);
        QCOMPARE(rule.name, "global/policies/" + canonical.mid(canonical.indexOf(';') + 1));
        QCOMPARE(formatAmount(rule.capacity), expected["quota"_L1].toString().toUtf8());
        QCOMPARE(rule.refill, std::chrono::seconds(expected["window"_L1].toInt()));
        const QString unit = expected["unit"_L1].toString();
        QVERIFY(rule.unit
            == (unit == u"cents"        ? Unit::Cents
                    : unit == u"tokens" ? Unit::Token
                                        : Unit::Request));
        const QByteArray segment = expected["segment"_L1].toString().toUtf8();
        const Segment wanted = segment.isEmpty() ? Segment{SegmentKind::ApiKey, {}}
            : segment == "user"                  ? Segment{SegmentKind::EndUser, {}}
                                                 : Segment{SegmentKind::Property, segment};
        QVERIFY(rule.segment == wanted);
        QVERIFY(rule.algorithm == Algorithm::SlidingWindow && rule.mode == LimitMode::Enforce);
        QVERIFY(rule.onMissing == MissingSegment::Reject);
    }
}

void TestPolicyRules::refusesAtTheCharacter_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("at");
    for (const auto &value : vectors("rejected"_L1)) {
        const QByteArray text = value.toObject()["text"_L1].toString().toUtf8();
        QTest::newRow(text.constData()) << text << value.toObject()["at"_L1].toInt();
    }
}

void TestPolicyRules::refusesAtTheCharacter()
{
    QFETCH(const QByteArray, text);
    QFETCH(const int, at);
    const QByteArray before = "    policies: [\xC3\xBC;w=60, "; // columns count characters
    for (const QByteArray &item : {quoted(text), QByteArray("{policy: " + quoted(text) + '}')}) {
        const LoadResult result = loadText(policies("\xC3\xBC;w=60, " + item));
        QVERIFY(!result.configuration);
        QVERIFY2(result.findings.size() == 2, sentences(result.findings).constData());
        const Finding &finding = result.findings.constLast();
        const qsizetype start = QString::fromUtf8(before).size() + item.indexOf('\'') + 1;
        QVERIFY2(finding.place.column == start + at, sentences(result.findings).constData());
        QVERIFY2(finding.message.startsWith(u"column %1 of the policy: "_s.arg(at)),
            qPrintable(finding.message));
    }
}

void TestPolicyRules::refusesAtThePlace_data()
{
    QTest::addColumn<QByteArray>("items");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *name, const QByteArray &items, const QString &words) {
        QTest::newRow(name) << items << words;
    };
    row("plain", "1000;w=3600, 10;w=60;u=^dollars", u"column 11 of the policy: the unit"_s);
    row("several in one", "^'10;w=60, 100;w=3600;s=user'", u"these are 2 policies"_s);
    row("nothing", "^''", u"must not be empty"_s);
    row("blank", "^'   '", u"must not be empty"_s);
    row("null", "^~", u"this item of the list is empty"_s);
    row("a list", "^[1;w=60]", u"a map is expected"_s);
    row("no policy", "^{name: a}", u"needs a policy"_s);
    row("unknown key", "{policy: 1;w=60, ^per: api-key}", u"unknown key"_s);
    row("another capacity", "{policy: 1;w=60, ^capacity: 1}", u"unknown key"_s);
    row("mode", "{policy: 1;w=60, mode: ^on}", u"none of: enforce, shadow, off"_s);
    row("same identity", "1;w=60;s=user, ^2;w=60;s=User",
        u"another limit is called global/policies/w=60;s=user already; give this one a name"_s);
    row("same identity of a map", "1;w=60, ^{policy: 2;w=60, match: {models: x}}",
        u"give this one a name"_s);
    row("same name", "{name: a, policy: 1;w=60}, {name: ^a, policy: 2;w=70}",
        u"another limit is called a already"_s);
    row("overrides of a policy that is not understood",
        "{policy: 1;w=^1, overrides: {a: {tokens: 1}}}", u"column 5"_s);
}

void TestPolicyRules::refusesAtThePlace()
{
    QFETCH(const QByteArray, items);
    QFETCH(const QString, words);
    const MarkedText marked(policies(items));
    const LoadResult result = loadText(marked.text);
    QVERIFY(!result.configuration);
    QVERIFY2(result.findings.size() == 1, sentences(result.findings).constData());
    QVERIFY2(
        result.findings.constFirst().place == marked.place, sentences(result.findings).constData());
    QVERIFY2(result.findings.constFirst().message.contains(words),
        sentences(result.findings).constData());
}

void TestPolicyRules::columnsOnlyWhereTheFileHasThem_data()
{
    QTest::addColumn<QByteArray>("items");
    QTest::newRow("plain") << "10;w=^1"_ba;
    QTest::newRow("single quotes") << "'10;w=^1'"_ba;
    QTest::newRow("double quotes") << "\"10;w=^1\""_ba;
    QTest::newRow("anchor") << "&a 10;w=^1"_ba;
    QTest::newRow("tag and quotes") << "!!str '10;w=^1'"_ba;
    QTest::newRow("anchor on its own line") << "^&a\n      10;w=1"_ba;
    QTest::newRow("escape") << R"(^"1\x30;w=1")"_ba;
    QTest::newRow("folded") << "^10;\n      w=1"_ba;
    QTest::newRow("variable") << "^'${QUOTA};w=1'"_ba;
    QTest::newRow("a variable's default") << "^'${NONE:-10};w=1'"_ba;
}

void TestPolicyRules::columnsOnlyWhereTheFileHasThem()
{
    QFETCH(const QByteArray, items);
    const MarkedText marked(policies(items));
    const LoadResult result = loadText(marked.text, {{u"QUOTA"_s, u"10"_s}});
    QVERIFY2(result.findings.size() == 1, sentences(result.findings).constData());
    QVERIFY2(
        result.findings.constFirst().place == marked.place, sentences(result.findings).constData());
    QVERIFY(result.findings.constFirst().message.startsWith(u"column "_s));
}

void TestPolicyRules::countsByTheHeadersRules_data()
{
    QTest::addColumn<QByteArray>("header");
    QTest::addColumn<bool>("isBucket");
    QTest::addColumn<bool>("isShared");
    QTest::newRow("default") << ""_ba << false << false;
    QTest::newRow("window") << "algorithm: sliding-window"_ba << false << false;
    QTest::newRow("bucket") << "algorithm: token-bucket"_ba << true << false;
    QTest::newRow("share") << "on-missing-segment: share"_ba << false << true;
    QTest::newRow("both") << "on-missing-segment: share, algorithm: token-bucket, enabled: false"_ba
                          << true << true;
}

void TestPolicyRules::countsByTheHeadersRules()
{
    QFETCH(const QByteArray, header);
    QFETCH(const bool, isBucket);
    QFETCH(const bool, isShared);
    const QByteArray section = "policy-header: {" + header + "}\n";
    const QByteArray limits = policies("10;w=60;s=user");
    for (const QByteArray &text : {QByteArray(section + limits), QByteArray(limits + section)}) {
        const LoadResult result = loadText(text);
        QVERIFY2(result.findings.isEmpty(), sentences(result.findings).constData());
        const LimitRule &rule = result.configuration->limits.front();
        QVERIFY(rule.algorithm == (isBucket ? Algorithm::Gcra : Algorithm::SlidingWindow));
        QVERIFY(rule.onMissing == (isShared ? MissingSegment::Share : MissingSegment::Reject));
        QCOMPARE(rule.capacity, 10'000'000);
        QCOMPARE(rule.refill, std::chrono::seconds(60));
    }
}

void TestPolicyRules::takesTheKeysOfEveryLimit()
{
    const LoadResult result = loadText(policies(
        "{name: tenants, policy: '50;w=60;s=tenant', mode: shadow, on-missing-segment: skip, "
        "on-store-failure: local, match: {models: 'gpt*'}, overrides: {acme: {requests: 90}}}"));
    QVERIFY2(result.findings.isEmpty(), sentences(result.findings).constData());
    const LimitRule &rule = result.configuration->limits.front();
    QCOMPARE(rule.name, "tenants"_ba);
    QCOMPARE(rule.policy, "50;w=60;s=tenant"_ba);
    QVERIFY(rule.mode == LimitMode::Shadow && rule.onMissing == MissingSegment::Skip);
    QCOMPARE(rule.match.models, QList<QByteArray>{"gpt*"});
    QCOMPARE(rule.overrides.front().capacity, 90'000'000);
    QCOMPARE(rule.path, QStringList({u"global"_s, u"rate-limit"_s, u"policies"_s, u"0"_s}));
    QCOMPARE(rule.place, (Place{6, 40}));
}

void TestPolicyRules::namesTellPoliciesApart()
{
    const LoadResult result = loadText(Priced + R"(
unified-api: {rate-limit: {policies: [1;w=60]}}
global: {rate-limit: {policies: [1;w=60, 1;w=61, 1;w=60;u=tokens, 1;w=60;s=a, {name: x, policy: 2;w=60}]}}
routers: {prod: {rate-limit: {policies: [1;w=60]}}}
)");
    QVERIFY2(result.findings.isEmpty(), sentences(result.findings).constData());
    QCOMPARE(names(*result.configuration),
        "global/policies/w=60 global/policies/w=61 global/policies/w=60;u=tokens "
        "global/policies/w=60;s=a x unified-api/policies/w=60 routers/prod/policies/w=60"_ba);
}

QTEST_GUILESS_MAIN(TestPolicyRules)
#include "tst_policyrules.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// Promises: every limit takes conditions and exceptions; what names nothing is said, and what
// cannot be meant is an error at its place.
#include "loadersetup.h"

#include <QTest>

using namespace sluice::config;
using namespace sluice::config::test;
using namespace Qt::StringLiterals;

namespace {

const QByteArray Access = "helicone: {features: auth}\n"
                          "prices: {models: {openai/x: {input: 1, output: 1}}}\n"
                          "teams: {core: {members: [alice, bob]}}\n"
                          "api-keys:\n  - {name: ci, owner: alice, hash: 'sha256:"
    + QByteArray(64, 'a') + "'}\n";
const QByteArray Bucket = "capacity: 5, refill-frequency: 1m, ";

QByteArray globalLimits(const QByteArray &block)
{
    return Access + "global:\n  rate-limit:\n    " + block + "\n";
}

QByteArray withMatch(const QByteArray &keys)
{
    return globalLimits("shared: {" + Bucket + "match: {" + keys + "}}");
}

QByteArray withOverrides(const QByteArray &entries)
{
    return globalLimits("per-end-user: {" + Bucket + "overrides: {" + entries + "}}");
}

/// "value amount refill", joined by bars.
QString overridesText(const LimitRule &rule)
{
    QStringList texts;
    for (const LimitOverride &other : rule.overrides) {
        texts << u"%1 %2 %3"_s.arg(QString::fromUtf8(other.value),
            QString::fromUtf8(sluice::formatAmount(other.capacity)),
            QString::number(
                std::chrono::duration_cast<std::chrono::seconds>(other.refill).count()));
    }
    return texts.join(u'|');
}

void verifyOneFinding(const QByteArray &text, Severity severity, const QString &words)
{
    const MarkedText marked(text);
    const LoadResult result = loadText(marked.text);
    QCOMPARE(result.configuration == nullptr, severity == Severity::Error);
    QVERIFY2(result.findings.size() == 1, sentences(result.findings).constData());
    const Finding &finding = result.findings.constFirst();
    QVERIFY(finding.severity == severity);
    QVERIFY2(finding.place == marked.place, sentences(result.findings).constData());
    QVERIFY2(finding.message.contains(words), qPrintable(finding.message));
}

} // namespace

class TestLimitMatch final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void readsMatchOfEveryKind_data();
    void readsMatchOfEveryKind();
    void readsListsAndBareTexts();
    void absentMatchIsEmpty();
    void readsOverridesOfEveryKind_data();
    void readsOverridesOfEveryKind();
    void refusesAtThePlace_data();
    void refusesAtThePlace();
    void warnsAtThePlace_data();
    void warnsAtThePlace();
    void switchedOffLimitsMayNameAnything();
    void knownNamesAreFine();
};

void TestLimitMatch::readsMatchOfEveryKind_data()
{
    QTest::addColumn<QByteArray>("block");
    QTest::newRow("bucket") << QByteArray("shared: {" + Bucket + "%}");
    QTest::newRow("property") << QByteArray("per-property: {tenant: {" + Bucket + "%}}");
    QTest::newRow("usage")
        << "usage-limits: [{name: a, per: shared, tokens: 1, period: day, %}]"_ba;
    QTest::newRow("spend") << "spend-limits: [{name: a, per: shared, cents: 1, period: day, %}]"_ba;
    QTest::newRow("concurrency") << "concurrency: [{name: a, per: shared, max: 1, %}]"_ba;
    QTest::newRow("policy") << "policies: [{policy: 1;w=60, %}]"_ba;
}

void TestLimitMatch::readsMatchOfEveryKind()
{
    QFETCH(QByteArray, block);
    block.replace('%', "mode: shadow, match: {models: ['gpt-4*'], properties: {Tier: free}}");
    const LoadResult result = loadText(globalLimits(block));
    QVERIFY2(result.findings.isEmpty(), sentences(result.findings).constData());
    const LimitRule &rule = result.configuration->limits.front();
    QVERIFY(rule.mode == LimitMode::Shadow);
    QCOMPARE(rule.match.models, QList<QByteArray>{"gpt-4*"});
    QCOMPARE(rule.match.properties, (QMap<QByteArray, QByteArray>{{"tier", "free"}}));
    QVERIFY(rule.match.keys.isEmpty() && rule.match.teams.isEmpty() && rule.match.users.isEmpty()
        && rule.match.providers.isEmpty());
}

void TestLimitMatch::readsListsAndBareTexts()
{
    const LoadResult result = loadText(
        withMatch("models: '*mini', keys: [ci, 'c*'], teams: core, users: [Bob, 'al?ce'], "
                  "providers: [google, 'open*', openai], properties: {TIER: 'f*', b_c-1: x}"));
    QVERIFY2(result.findings.isEmpty(), sentences(result.findings).constData());
    LimitMatch expected;
    expected.models = {"*mini"};
    expected.keys = {"ci", "c*"};
    expected.teams = {"core"};
    expected.users = {"Bob", "al?ce"};
    expected.providers = {"gemini", "open*", "openai"};
    expected.properties = {{"tier", "f*"}, {"b_c-1", "x"}};
    QCOMPARE(result.configuration->limits.front().match, expected);
}

void TestLimitMatch::absentMatchIsEmpty()
{
    for (const QByteArray text :
        {"", "match: ~, overrides: ~", "match: {}", "match: {models: ~}"}) {
        const LoadResult result = loadText(globalLimits("shared: {" + Bucket + text + "}"));
        QVERIFY2(result.findings.isEmpty(), sentences(result.findings).constData());
        QVERIFY(result.configuration->limits.front().match.isEmpty());
        QVERIFY(result.configuration->limits.front().overrides.empty());
    }
}

void TestLimitMatch::readsOverridesOfEveryKind_data()
{
    QTest::addColumn<QByteArray>("block");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char *name, const QByteArray &block, const QString &expected) {
        QTest::newRow(name) << block << expected;
    };
    row("bucket",
        "per-api-key: {" + Bucket
            + "overrides: {ci: {capacity: 7}, 'c i': {refill-frequency: 2m}, "
              "none: ~, x: {refill-frequency: 3m, capacity: 9}}}",
        u"ci 7 60|c i 5 120|x 9 180"_s);
    row("cents in a bucket",
        "per-end-user: {unit: cents, " + Bucket + "overrides: {bob: {capacity: 0.5}}}",
        u"bob 0.5 60"_s);
    const QByteArray usage = "usage-limits: [{name: a, per: end-user, ";
    row("tokens", usage + "tokens: 1, period: 60s, overrides: {bob: {tokens: 1000000000000}}}]",
        u"bob 1000000000000 60"_s);
    row("requests", usage + "requests: 1, period: day, overrides: {bob: {requests: 2}}}]",
        u"bob 2 0"_s);
    row("cents",
        "spend-limits: [{name: a, per: team-member, cents: 1, period: month, overrides: "
        "{core/alice: {cents: 2.25}}}]",
        u"core/alice 2.25 0"_s);
    row("concurrency", "concurrency: [{name: a, per: team, max: 1, overrides: {core: {max: 3}}}]",
        u"core 3 0"_s);
    row("policy", "policies: [{policy: 10;w=60;s=user, overrides: {bob: {requests: 20}}}]",
        u"bob 20 60"_s);
    row("policy in tokens",
        "policies: [{policy: 10;w=60;u=tokens;s=x, overrides: {bob: {tokens: 20}}}]",
        u"bob 20 60"_s);
    row("policy in cents",
        "policies: [{policy: 10;w=60;u=cents;s=x, overrides: {bob: {cents: 0.1}}}]",
        u"bob 0.1 60"_s);
    row("256 bytes",
        "per-end-user: {" + Bucket + "overrides: {" + QByteArray(256, 'x') + ": {capacity: 1}}}",
        QString(256, u'x') + u" 1 60"_s);
}

void TestLimitMatch::readsOverridesOfEveryKind()
{
    QFETCH(const QByteArray, block);
    QFETCH(const QString, expected);
    const LoadResult result = loadText(globalLimits(block));
    QVERIFY2(result.configuration, sentences(result.findings).constData());
    QCOMPARE(overridesText(result.configuration->limits.front()), expected);
}

void TestLimitMatch::refusesAtThePlace_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *name, const QByteArray &text, const QString &words) {
        QTest::newRow(name) << text << words;
    };
    row("unknown key", withMatch("^model: x"), u"did you mean \"models\""_s);
    row("no map", globalLimits("shared: {" + Bucket + "match: ^[x]}"), u"a map is expected"_s);
    row("a map of models", withMatch("models: ^{a: b}"), u"a list is expected"_s);
    row("empty glob", withMatch("models: [^'']"), u"must not be empty"_s);
    row("empty item", withMatch("models: [^~]"), u"this item of the list is empty"_s);
    row("long glob", withMatch("users: ^" + QByteArray(257, 'x')), u"longer than 256 bytes"_s);
    row("provider", withMatch("providers: [openai, ^opnai]"), u"did you mean \"openai\""_s);
    row("property", withMatch("properties: {^'a b': c}"), u"a property's name has"_s);
    row("property twice", withMatch("properties: {tier: a, ^Tier: b}"), u"twice"_s);
    row("several globs of a property", withMatch("properties: {tier: ^[a, b]}"),
        u"a single value is expected"_s);

    row("nothing to override",
        globalLimits("shared: {" + Bucket + "^overrides: {a: {capacity: 1}}}"),
        u"no value to override"_s);
    row("nothing to override in a window",
        globalLimits("usage-limits: [{name: a, per: shared, tokens: 1, period: day, "
                     "^overrides: {a: {tokens: 1}}}]"),
        u"no value to override"_s);
    row("no overrides", globalLimits("per-end-user: {" + Bucket + "overrides: ^{}}"),
        u"overrides nothing"_s);
    row("overrides as a list", globalLimits("per-end-user: {" + Bucket + "overrides: ^[a]}"),
        u"a map is expected"_s);
    row("empty override", withOverrides("bob: ^{}"), u"overrides nothing"_s);
    row("bare amount", withOverrides("bob: ^5"), u"a map is expected"_s);
    row("empty value", withOverrides("^'': {capacity: 1}"), u"is empty"_s);
    row("long value", withOverrides("^" + QByteArray(257, 'x') + ": {capacity: 1}"),
        u"longer than 256 bytes"_s);
    row("no capacity", withOverrides("bob: {capacity: ^0}"), u"out of range"_s);
    row("half a request", withOverrides("bob: {capacity: ^0.5}"), u"for cents only"_s);
    row("no refill", withOverrides("bob: {refill-frequency: ^0s}"), u"in no time"_s);
    row("tokens of a bucket", withOverrides("bob: {^tokens: 1}"), u"unknown key"_s);
    row("unit", withOverrides("bob: {capacity: 1, ^unit: token}"), u"unknown key"_s);
    row("period",
        globalLimits("usage-limits: [{name: a, per: end-user, tokens: 1, period: day, overrides: "
                     "{bob: {tokens: 2, ^period: month}}}]"),
        u"unknown key"_s);
    row("requests of tokens",
        globalLimits("usage-limits: [{name: a, per: end-user, tokens: 1, period: day, overrides: "
                     "{bob: {^requests: 2}}}]"),
        u"unknown key"_s);
    row("refill of slots",
        globalLimits("concurrency: [{name: a, per: end-user, max: 1, overrides: "
                     "{bob: {max: 2, ^refill-frequency: 1s}}}]"),
        u"unknown key"_s);
    row("capacity of a policy",
        globalLimits("policies: [{policy: 1;w=60;s=user, overrides: {bob: {^capacity: 2}}}]"),
        u"unknown key"_s);
    row("store failure", globalLimits("shared: {" + Bucket + "on-store-failure: ^never}"),
        u"none of: local, open, closed"_s);
}

void TestLimitMatch::refusesAtThePlace()
{
    QFETCH(const QByteArray, text);
    QFETCH(const QString, words);
    verifyOneFinding(text, Severity::Error, words);
}

void TestLimitMatch::warnsAtThePlace_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *name, const QByteArray &text, const QString &words) {
        QTest::newRow(name) << text << words;
    };
    row("unknown key", withMatch("keys: [ci, ^cj]"),
        u"there is no key \"cj\" under api-keys, did you mean \"ci\"?"_s);
    row("bare unknown key", withMatch("keys: ^robot"), u"there is no key \"robot\""_s);
    row("unknown team", withMatch("teams: [^cores]"),
        u"there is no team \"cores\" under teams, did you mean \"core\"?"_s);
    row("providers", withMatch("providers: [^'opn*']"), u"no provider has a name like"_s);
    row("empty list", withMatch("models: ^[]"), u"everything fits"_s);
    row("override of a key",
        globalLimits("per-api-key: {" + Bucket + "overrides: {^cj: {capacity: 1}}}"),
        u"there is no key \"cj\" under api-keys, did you mean \"ci\"?"_s);
    row("override of a team",
        globalLimits("per-team: {" + Bucket + "overrides: {^red: {capacity: 1}}}"),
        u"there is no team \"red\""_s);
    row("override of a member",
        globalLimits("per-team-member: {" + Bucket + "overrides: {^alice: {capacity: 1}}}"),
        u"members are TEAM/NAME here"_s);
    row("keys while everyone is anonymous",
        "global: {rate-limit: {shared: {" + Bucket + "match: {keys: [^ci]}}}}",
        u"everyone has the one key"_s);
    row("teams while everyone is anonymous",
        "global: {rate-limit: {shared: {" + Bucket + "match: {teams: ^core}}}}",
        u"no request belongs to a team"_s);
}

void TestLimitMatch::warnsAtThePlace()
{
    QFETCH(const QByteArray, text);
    QFETCH(const QString, words);
    verifyOneFinding(text, Severity::Warning, words);
}

void TestLimitMatch::switchedOffLimitsMayNameAnything()
{
    const LoadResult result = loadText(globalLimits("per-api-key: {mode: off, " + Bucket
        + "match: {keys: no, teams: no}, overrides: {no: {capacity: 1}}}"));
    QVERIFY2(result.findings.isEmpty(), sentences(result.findings).constData());
    QVERIFY(result.configuration->limits.front().mode == LimitMode::Off);
}

void TestLimitMatch::knownNamesAreFine()
{
    const LoadResult result = loadText(globalLimits("per-team-member: {" + Bucket
        + "match: {keys: [ci, 'zz*'], teams: [core, 'z?']}, "
          "overrides: {core/alice: {capacity: 1}, core/bob: {capacity: 2}}}"));
    QVERIFY2(result.findings.isEmpty(), sentences(result.findings).constData());
    const LoadResult open =
        loadText("global: {rate-limit: {shared: {" + Bucket + "match: {keys: anonymous}}}}");
    QVERIFY2(open.findings.isEmpty(), sentences(open.findings).constData());
}

QTEST_GUILESS_MAIN(TestLimitMatch)
#include "tst_limitmatch.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// Promises: whatever the bytes, loading ends with either values or errors, each at a place that is
// in the text; and a second time it says the same.
#include "core/config/loader.h"
#include "core/config/startertemplate.h"

#include <QRandomGenerator>
#include <QTest>

#include <algorithm>

using namespace sluice::config;
using namespace Qt::StringLiterals;

namespace {

const QByteArray Sample = R"(# a file with a bit of everything
server: {address: 127.0.0.1, port: 8080, max-body-bytes: 32MiB, idle-timeout: "1m 15s"}
helicone: {features: auth}
teams:
  core: {members: [alice, "bob"]}
api-keys:
  - {name: ci, hash: "sha256:0123456789012345678901234567890123456789012345678901234567890123", owner: alice}
  - name: 'it''s'
    hash: &h "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    expires: 2027-01-01
providers:
  my-llm: {base-url: "${URL:-http://localhost:9000}", models: [a, "b\u00e4"]}
global:
  rate-limit: &limits
    per-api-key: {capacity: 500, refill-frequency: 1s}
    per-property:
      tenant: {capacity: 60, refill-frequency: 1m, mode: shadow, on-missing-segment: skip}
prices: {models: {openai/gpt-4o: {input: 2.50, cached-input: '1.25', output: 10}}, unpriced: allow}
estimates: {output-tokens: 500}
unified-api:
  rate-limit:
    usage-limits:
      - {name: day, per: end-user, tokens: 5, count: input, period: day, timezone: Europe/Berlin}
      - {name: week, per: "property:x", requests: 5, period: week, week-starts: sunday}
    spend-limits: [{name: month, per: team-member, cents: 0.5, period: month,
                    overrides: {core/alice: {cents: 10}, "core/b\u006fb": {cents: 0.000001}}}]
    concurrency: [{name: agents, per: api-key, max: 8, match: {keys: ci, models: ["gpt*", "?"]}}]
    policies: [1000;w=3600;s=user, {policy: "5;w=60;u=c\u0065nts", mode: shadow}, &p '7;w=70']
routers:
  prod:
    load-balance:
      chat:
        strategy: weighted
        providers: [{provider: openai, weight: '0.80'}, {provider: gemini, weight: 0.20}]
    rate-limit: *limits
    cache: >
      folded text
policy-header: {algorithm: token-bucket}
)"_ba;

const QByteArrayList Pieces{"{", "}", "[", "]", ":", ": ", "- ", "? ", "\"", "'", "&a ", "*a",
    "*limits", "!!str ", "! ", "|\n", ">-\n", "#", "%YAML 1.2\n", "---\n", "...\n", "\t", "\r",
    "\r\n", "\n", "  ", "${", "${X}", "~", "null", "<<: ", "@", "`", "\\", "\xEF\xBB\xBF", "\xff",
    "ä", "😀", "0", "-1", "99999999999999999999", "1e309", ".inf", "true", ",", "\xe2\x80\xa8",
    "\xc2\x85"};

QByteArray mutated(QByteArray text, QRandomGenerator &random)
{
    const int edits = random.bounded(1, 6);
    for (int i = 0; i < edits; ++i) {
        const auto at = static_cast<qsizetype>(random.bounded(static_cast<int>(text.size()) + 1));
        const int length = random.bounded(1, 30);
        switch (random.bounded(5)) {
        case 0:
            text.remove(at, length);
            break;
        case 1:
            text.insert(at, Pieces[random.bounded(static_cast<int>(Pieces.size()))]);
            break;
        case 2:
            text.insert(at, text.mid(random.bounded(static_cast<int>(text.size()) + 1), length));
            break;
        case 3:
            text.truncate(std::max<qsizetype>(at, text.size() / 2));
            break;
        default:
            if (at < text.size())
                text[at] = static_cast<char>(random.bounded(256));
        }
    }
    return text;
}

} // namespace

class TestLoaderFuzz final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void mutationsGiveValuesOrErrors_data();
    void mutationsGiveValuesOrErrors();
    void everyPrefixGivesValuesOrErrors();
};

namespace {

void check(const QByteArray &text)
{
    const QProcessEnvironment environment(QProcessEnvironment::Initialization{});
    const LoadResult result = load(text, environment);
    QCOMPARE(result.configuration == nullptr, hasErrors(result.findings));
    const auto lineCount = static_cast<int>(text.count('\n')) + 1;
    for (const Finding &finding : result.findings) {
        QVERIFY(!finding.message.isEmpty());
        QVERIFY(finding.place.line >= 0 && finding.place.line <= lineCount + 1);
        QVERIFY(finding.place.column >= 0 && finding.place.column <= text.size() + 2);
    }
    QCOMPARE(load(text, environment).findings, result.findings);
}

} // namespace

void TestLoaderFuzz::mutationsGiveValuesOrErrors_data()
{
    QTest::addColumn<QByteArray>("sample");
    QTest::addColumn<quint32>("seed");
    for (quint32 seed = 1; seed <= 4; ++seed) {
        QTest::addRow("everything %u", seed) << Sample << seed;
        QTest::addRow("starter %u", seed) << starterTemplate().replace("# ", "") << seed;
    }
}

void TestLoaderFuzz::mutationsGiveValuesOrErrors()
{
    QFETCH(QByteArray, sample);
    QFETCH(quint32, seed);
    QRandomGenerator random(seed);
    for (int i = 0; i < 500; ++i) {
        const QByteArray text = mutated(sample, random);
        check(text);
        if (QTest::currentTestFailed())
            QFAIL(text.toPercentEncoding("\n :{}[],").constData());
    }
}

void TestLoaderFuzz::everyPrefixGivesValuesOrErrors()
{
    const QProcessEnvironment environment(QProcessEnvironment::Initialization{});
    QVERIFY2(load(Sample, environment).configuration, "the sample itself must be valid");
    for (qsizetype length = 0; length < Sample.size(); ++length) {
        check(Sample.left(length));
        if (QTest::currentTestFailed())
            QFAIL(QByteArray::number(length).constData());
    }
}

QTEST_GUILESS_MAIN(TestLoaderFuzz)
#include "tst_loaderfuzz.moc"

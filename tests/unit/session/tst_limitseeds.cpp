// SPDX-License-Identifier: GPL-3.0-or-later
// What a limit that is added in the middle of its period starts from.
#include "core/config/loader.h"
#include "core/session/limitseeds.h"

#include <QProcessEnvironment>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::limits;
namespace seeds = sluice::session::limitseeds;

namespace {

/// 2026-03-15T12:00:00Z
const Instant Noon{std::chrono::seconds(1'773'576'000)};

std::shared_ptr<const LimitSet> limitsOf(const QByteArray &blocks)
{
    return LimitSet::compile(*config::load(blocks, {}).configuration);
}

LimitPtr limitOf(const QByteArray &item)
{
    return limitsOf("global: {rate-limit: {usage-limits: [" + item + "]}}\n")->all().front();
}

stores::Table table(const QStringList &columns, std::vector<QVariantList> rows)
{
    stores::Table result;
    result.columns = columns;
    result.rows = std::move(rows);
    return result;
}

} // namespace

class TestLimitSeeds : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void onlyNewWindowsAreSeeded();
    void asksForAllThatTheLimitLooksAt_data();
    void asksForAllThatTheLimitLooksAt();
    void asksForThePeriodAlone();
    void sumsByValue();
    void rollingWindowsLetGoLateRatherThanEarly();
    void missingSegmentsAreTreatedAsTheLimitSays();
};

void TestLimitSeeds::onlyNewWindowsAreSeeded()
{
    const auto before = limitsOf("global: {rate-limit: {usage-limits: "
                                 "[{name: a, per: shared, requests: 1, period: day}]}}\n");
    const auto after =
        limitsOf("global: {rate-limit: {shared: {}, usage-limits: "
                 "[{name: a, per: shared, requests: 2, period: day}, "
                 "{name: b, per: shared, requests: 1, period: day}, "
                 "{name: c, per: shared, requests: 1, period: 24h}], policies: ['1;w=60']}}\n");
    QByteArrayList names;
    for (const LimitPtr &limit : seeds::newOnes(seeds::namesOf(*before), *after, {{"x", "c"}}))
        names.append(limit->name);
    QCOMPARE(names, QByteArrayList{"b"});
}

void TestLimitSeeds::asksForAllThatTheLimitLooksAt_data()
{
    QTest::addColumn<QByteArray>("item");
    QTest::addColumn<QStringList>("fields");
    const auto row = [](const char *name, const QByteArray &more, const QStringList &fields) {
        QTest::newRow(name) << QByteArray("{name: l, requests: 1, period: day, " + more + "}")
                            << fields;
    };
    row("shared", "per: shared", {});
    row("key", "per: api-key", {u"key"_s});
    row("member", "per: team-member", {u"team"_s, u"owner"_s});
    row("property", "per: 'property:Tenant'", {u"property:tenant"_s});
    row("models", "per: end-user, match: {models: ['gpt-*']}",
        {u"user"_s, u"provider"_s, u"model"_s});
    row("all",
        "per: team, match: {keys: ['a*'], users: [b], providers: [openai], properties: {tier: d}}",
        {u"team"_s, u"key"_s, u"user"_s, u"provider"_s, u"property:tier"_s});
}

void TestLimitSeeds::asksForAllThatTheLimitLooksAt()
{
    QFETCH(const QByteArray, item);
    const stores::UsageQuery query = seeds::query(*limitOf(item), Noon);
    QTEST(query.by, "fields");
    QVERIFY(stores::check(query));
}

void TestLimitSeeds::asksForThePeriodAlone()
{
    const auto month = seeds::query(
        *limitOf("{name: l, per: shared, requests: 1, period: month, timezone: UTC}"), Noon);
    QCOMPARE(*month.since, std::chrono::milliseconds(1'772'323'200'000)); // 1 March
    QCOMPARE(*month.until, Noon.wall);
    QVERIFY(!month.bucket);
    const auto day =
        seeds::query(*limitOf("{name: l, per: shared, requests: 1, period: 24h}"), Noon);
    QCOMPARE(*day.since, Noon.wall - std::chrono::hours(24));
    QCOMPARE(*day.bucket, stores::UsageBucket::Minute);
    const auto long_ =
        seeds::query(*limitOf("{name: l, per: shared, requests: 1, period: 30d}"), Noon);
    QCOMPARE(*long_.bucket, stores::UsageBucket::Hour);
}

void TestLimitSeeds::sumsByValue()
{
    const LimitPtr limit = limitOf("{name: l, per: api-key, tokens: 100, period: month, timezone: "
                                   "UTC, match: {models: ['gpt-*']}}");
    const auto readings = seeds::readings(limit,
        table({u"key"_s, u"provider"_s, u"model"_s, u"input_tokens"_s, u"output_tokens"_s},
            {{u"ci"_s, u"openai"_s, u"openai/gpt-4o"_s, 10, 5},
                {u"ci"_s, u"openai"_s, u"openai/gpt-5"_s, 1, 1},
                {u"ci"_s, u"openai"_s, u"openai/o3"_s, 100, 100},
                {u"app"_s, u"openai"_s, u"openai/gpt-4o"_s, 0, 0}}),
        {}, Noon);
    QCOMPARE(readings.size(), size_t{1});
    QCOMPARE(readings.front().value, "ci"_ba);
    QCOMPARE(usageAt(readings.front(), Noon).takenUnits(), 17);
}

void TestLimitSeeds::rollingWindowsLetGoLateRatherThanEarly()
{
    const LimitPtr limit = limitOf("{name: l, per: shared, requests: 100, period: 1h}");
    const auto readings = seeds::readings(limit,
        table({u"time"_s, u"admitted"_s},
            {{u"2026-03-15T11:10:00Z"_s, 3}, {u"2026-03-15T11:59:00Z"_s, 4}}),
        stores::UsageBucket::Minute, Noon);
    QCOMPARE(readings.size(), size_t{1});
    QCOMPARE(usageAt(readings.front(), Noon).takenUnits(), 7);
    using std::chrono::minutes;
    QCOMPARE(usageAt(readings.front(), Noon.after(minutes(10))).takenUnits(), 7);
    QCOMPARE(usageAt(readings.front(), Noon.after(minutes(13))).takenUnits(), 4);
    QCOMPARE(usageAt(readings.front(), Noon.after(minutes(62))).takenUnits(), 0);
}

void TestLimitSeeds::missingSegmentsAreTreatedAsTheLimitSays()
{
    const auto count = [](const QByteArray &missing) {
        const LimitPtr limit = limitOf("{name: l, per: end-user, requests: 100, period: month, "
                                       "on-missing-segment: "
            + missing + "}");
        return seeds::readings(limit, table({u"user"_s, u"admitted"_s}, {{u""_s, 3}}), {}, Noon)
            .size();
    };
    QCOMPARE(count("share"), size_t{1});
    QCOMPARE(count("skip"), size_t{0});
    QCOMPARE(count("reject"), size_t{0});
}

QTEST_GUILESS_MAIN(TestLimitSeeds)
#include "tst_limitseeds.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// Which limits apply where a request enters.
#include "limitsetup.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::test;

namespace {

config::Configuration example()
{
    config::Configuration configuration;
    configuration.limits = {
        rule("global/shared", SegmentKind::Shared, 9, 1s),
        rule("unified-api/per-api-key", SegmentKind::ApiKey, 8, 1s, LimitScope::Unified),
        rule("routers/a/per-api-key", SegmentKind::ApiKey, 7, 1s, LimitScope::Router),
        rule("routers/b/per-api-key", SegmentKind::ApiKey, 6, 1s, LimitScope::Router),
        rule("global/per-api-key", SegmentKind::ApiKey, 5, 1s),
        rule("global/per-team", SegmentKind::Team, 5, 1s),
    };
    configuration.limits[2].router = "a";
    configuration.limits[3].router = "b";
    configuration.limits[5].mode = LimitMode::Off;
    for (const char *name : {"a", "b", "c"}) {
        config::Router router;
        router.name = name;
        router.limitsDisabled = router.name == "b";
        configuration.routers.push_back(router);
    }
    return configuration;
}

} // namespace

class TestLimitSet : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void appliesByEntry_data();
    void appliesByEntry();
    void carriesTheRuleOver();
};

void TestLimitSet::appliesByEntry_data()
{
    QTest::addColumn<int>("entry");
    QTest::addColumn<QByteArray>("router");
    QTest::addColumn<QByteArrayList>("names");
    const QByteArrayList global{"global/shared", "global/per-api-key"};
    QTest::newRow("direct") << int(Entry::Direct) << QByteArray() << global;
    QTest::newRow("unified") << int(Entry::Unified) << QByteArray()
                             << global + QByteArrayList{"unified-api/per-api-key"};
    QTest::newRow("router") << int(Entry::Router) << "a"_ba
                            << global + QByteArrayList{"routers/a/per-api-key"};
    QTest::newRow("opted out") << int(Entry::Router) << "b"_ba << QByteArrayList();
    QTest::newRow("router without limits") << int(Entry::Router) << "c"_ba << global;
    QTest::newRow("unknown router") << int(Entry::Router) << "z"_ba << global;
}

void TestLimitSet::appliesByEntry()
{
    QFETCH(int, entry);
    QFETCH(QByteArray, router);
    QFETCH(QByteArrayList, names);
    Subject subject;
    subject.entry = static_cast<Entry>(entry);
    subject.router = router;
    QByteArrayList found;
    const auto set = LimitSet::compile(example());
    for (const LimitPtr &limit : set->limitsFor(subject))
        found << limit->name;
    QCOMPARE(found, names);
}

void TestLimitSet::carriesTheRuleOver()
{
    config::Configuration configuration = example();
    configuration.server.maxCounters = 77;
    configuration.policyHeader.enabled = false;
    configuration.limits[0].mode = LimitMode::Shadow;
    configuration.limits[0].onMissing = MissingSegment::Skip;
    configuration.limits[0].place = {31, 7};
    const auto set = LimitSet::compile(configuration);
    QCOMPARE(set->maxCounters(), 77);
    QCOMPARE(set->policyHeader(), configuration.policyHeader);
    QCOMPARE(set->all().size(), 5U); // without the one that is off
    QCOMPARE(set->find("global/per-team"), nullptr);
    const LimitPtr limit = set->find("global/shared");
    QVERIFY(limit);
    QCOMPARE(limit->mode, LimitMode::Shadow);
    QCOMPARE(limit->onMissing, MissingSegment::Skip);
    QCOMPARE(limit->line, 31);
    QCOMPARE(limit->rate(), (Rate{9 * MicroPerUnit, 1s}));
    QVERIFY(LimitSet::compile(configuration)->serial() != set->serial());
}

QTEST_GUILESS_MAIN(TestLimitSet)
#include "tst_limitset.moc"

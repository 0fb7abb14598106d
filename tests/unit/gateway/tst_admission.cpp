// SPDX-License-Identifier: GPL-3.0-or-later
// One decision of several authorities: never over, and a refusal leaves nothing behind.
#include "core/config/loader.h"
#include "core/gateway/pipeline/admission.h"
#include "fakestore.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::gateway;
using namespace sluice::limits;
using sluice::test::FakeServer;
using sluice::test::FakeStore;

namespace {

/// Stands still, so that nothing refills.
class StillClock final : public Clock
{
public:
    [[nodiscard]] EngineTime now() const override { return std::chrono::seconds(1'700'000'000); }

    [[nodiscard]] std::chrono::milliseconds wall() const override
    {
        return std::chrono::floor<std::chrono::milliseconds>(now());
    }
};

constexpr QByteArrayView Shared = "rate-limit-store: {type: redis, host-url: 'redis://one:1'}\n";

/// One gateway thread with its limits.
class Stage
{
public:
    explicit Stage(const QByteArray &text)
        : factory([this](const config::Store &store, CounterStore::Listener listener) {
              FakeServer &server = store.url.contains(u"two"_s) ? two : one;
              return std::make_unique<FakeStore>(server, std::move(listener));
          }),
          limiter(clock),
          pool(limiter, board, factory, 1)
    {
        apply(text);
    }

    void apply(const QByteArray &text)
    {
        const config::LoadResult result = config::load(text, {});
        for (const config::Finding &finding : result.findings)
            if (finding.severity == config::Severity::Error)
                qWarning("%ls", qUtf16Printable(finding.message));
        limiter.apply(LimitSet::compile(*result.configuration));
        pool.follow(*limiter.limits());
    }

    StillClock clock;
    FakeServer one;
    FakeServer two;
    StoreFactory factory;
    StoreBoard board;
    Limiter limiter;
    StorePool pool;
};

/// One request.
class Ask
{
public:
    explicit Ask(Stage &stage, qint64 tokens = 0)
        : admission(std::make_unique<Admission>(stage.limiter, stage.pool))
    {
        subject.apiKey = "ci";
        estimate.input.firm = tokens * MicroPerUnit;
        admission->decide(*stage.limiter.limits(), subject, estimate,
            [this](Decision &&made) { decision = made; });
    }

    [[nodiscard]] Verdict verdict() const { return decision->verdict; }

    Subject subject;
    Estimate estimate;
    std::optional<Decision> decision;
    std::unique_ptr<Admission> admission;
};

QByteArray shared(const QByteArray &limits)
{
    return Shared + limits;
}

} // namespace

class TestAdmission : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void sharedLimitAdmitsItsQuota_data();
    void sharedLimitAdmitsItsQuota();
    void tokensAreSettledInTheStore();
    void localRefusalAsksNobody();
    void lateLocalRefusalGivesBack();
    void secondStoreRefusesAndTheFirstGivesBack();
    void refusalBecauseOfAnOpenReservationIsLookedAtAgain();
    void whoLeavesGivesBack();
    void limitsThatChangeMeanwhileDecide();
    void failureDoesWhatTheLimitSays_data();
    void failureDoesWhatTheLimitSays();
    void failureInTheMiddle();
    void localUsageIsAddedOnReturn_data();
    void localUsageIsAddedOnReturn();
    void usageWithoutAnAnswerIsAddedOnce();
    void headerPoliciesCountInTheTopStore();
    void nonsenseIsNoAnswer();
    void problemsNameTheStore();
};

void TestAdmission::sharedLimitAdmitsItsQuota_data()
{
    QTest::addColumn<QByteArray>("limit");
    QTest::newRow("bucket") << QByteArray("shared: {capacity: 3, refill-frequency: 24h}");
    QTest::newRow("window") << QByteArray(
        "usage-limits: [{name: w, per: api-key, requests: 3, period: 24h}]");
    QTest::newRow("calendar") << QByteArray(
        "usage-limits: [{name: c, per: api-key, requests: 3, period: day, timezone: UTC}]");
    QTest::newRow("slots") << QByteArray("concurrency: [{name: s, per: api-key, max: 3}]");
}

void TestAdmission::sharedLimitAdmitsItsQuota()
{
    QFETCH(const QByteArray, limit);
    Stage stage(shared("global: {rate-limit: {" + limit + "}}\n"));
    std::vector<std::unique_ptr<Ask>> asks;
    int admitted = 0;
    for (int i = 0; i < 5; ++i) {
        asks.push_back(std::make_unique<Ask>(stage));
        const Decision &decision = *asks.back()->decision;
        admitted += decision.isAdmitted() ? 1 : 0;
        QCOMPARE(decision.chain.front().usage.takenUnits(), std::min(i + 1, 3));
        QCOMPARE(decision.bindingLink(), &decision.chain.front());
    }
    QCOMPARE(admitted, 3);
    QCOMPARE(stage.one.asked, 5);
    QCOMPARE(stage.one.used({}), 3 * MicroPerUnit);
}

void TestAdmission::tokensAreSettledInTheStore()
{
    Stage stage(shared("global: {rate-limit: {usage-limits: "
                       "[{name: t, per: api-key, tokens: 100, period: 24h}]}}\n"));
    Ask ask(stage, 60);
    QVERIFY(ask.decision->isAdmitted());
    QCOMPARE(ask.decision->chain.front().usage.reservedUnits(), 60);
    QCOMPARE(stage.one.openHolds(), 1);
    Consumption consumption;
    consumption.input = 10 * MicroPerUnit;
    ask.admission->settle(consumption);
    QCOMPARE(stage.one.openHolds(), 0);
    QCOMPARE(stage.one.used({}), 10 * MicroPerUnit);
}

void TestAdmission::localRefusalAsksNobody()
{
    Stage stage(shared("global: {rate-limit: {store: in-memory, per-api-key: {capacity: 1, "
                       "refill-frequency: 24h}}}\n"));
    QVERIFY(Ask(stage).decision->isAdmitted());
    QCOMPARE(Ask(stage).verdict(), Verdict::LimitReached);
    QCOMPARE(stage.one.asked, 0);
}

void TestAdmission::lateLocalRefusalGivesBack()
{
    // The store is slow, and the local limit is taken by another request meanwhile.
    Stage mixed(shared("global: {rate-limit: {shared: {capacity: 10, refill-frequency: 24h}}}\n"
                       "unified-api: {rate-limit: {store: in-memory, shared: {capacity: 1, "
                       "refill-frequency: 24h}}}\n"));
    Subject subject;
    subject.apiKey = "ci";
    subject.entry = Entry::Unified;
    const Estimate estimate;
    std::vector<Decision> decisions;
    const auto note = [&decisions](Decision &&decision) { decisions.push_back(decision); };
    mixed.one.hold();
    Admission first(mixed.limiter, mixed.pool);
    first.decide(*mixed.limiter.limits(), subject, estimate, note);
    Admission second(mixed.limiter, mixed.pool);
    second.decide(*mixed.limiter.limits(), subject, estimate, note);
    QVERIFY(decisions.empty());
    mixed.one.letGo();
    QCOMPARE(decisions.size(), size_t{2});
    QVERIFY(decisions.front().isAdmitted());
    QCOMPARE(decisions.back().verdict, Verdict::LimitReached);
    QCOMPARE(mixed.one.used({}), MicroPerUnit);
    first.settle({});
    QCOMPARE(mixed.one.openHolds(), 0);
    QCOMPARE(mixed.one.used({}), MicroPerUnit);
}

void TestAdmission::secondStoreRefusesAndTheFirstGivesBack()
{
    Stage stage(
        shared("global: {rate-limit: {shared: {capacity: 10, refill-frequency: 24h}}}\n"
               "unified-api: {rate-limit: {store: {type: redis, host-url: 'redis://two:1'}, "
               "shared: {capacity: 1, refill-frequency: 24h}}}\n"));
    Subject subject;
    subject.apiKey = "ci";
    subject.entry = Entry::Unified;
    const Estimate estimate;
    for (int i = 0; i < 3; ++i) {
        Admission admission(stage.limiter, stage.pool);
        std::optional<Decision> decision;
        admission.decide(*stage.limiter.limits(), subject, estimate,
            [&decision](Decision &&made) { decision = made; });
        QCOMPARE(decision->isAdmitted(), i == 0);
        if (i == 0)
            admission.settle({});
        else
            QCOMPARE(decision->chain.at(static_cast<size_t>(decision->binding)).limit->name,
                "unified-api/shared"_ba);
    }
    QCOMPARE(stage.one.used({}), MicroPerUnit);
    QCOMPARE(stage.two.used({}), MicroPerUnit);
    QCOMPARE(stage.one.openHolds() + stage.two.openHolds(), 0);
}

void TestAdmission::refusalBecauseOfAnOpenReservationIsLookedAtAgain()
{
    // Somebody else has the last unit of the first store, and gives it back while this one asks.
    Stage stage(shared("global: {rate-limit: {shared: {capacity: 1, refill-frequency: 24h}, "
                       "concurrency: [{name: s, per: shared, max: 9}]}}\n"
                       "unified-api: {rate-limit: {store: in-memory, shared: {capacity: 5, "
                       "refill-frequency: 24h}}}\n"));
    Subject subject;
    subject.apiKey = "ci";
    subject.entry = Entry::Unified;
    const Estimate estimate;
    auto holder = std::make_unique<Admission>(stage.limiter, stage.pool);
    holder->decide(*stage.limiter.limits(), subject, estimate, [](Decision &&) {});
    stage.one.hold();
    Admission admission(stage.limiter, stage.pool);
    std::optional<Decision> decision;
    admission.decide(*stage.limiter.limits(), subject, estimate,
        [&decision](Decision &&made) { decision = made; });
    stage.one.letGo();
    QVERIFY(decision);
    QCOMPARE(decision->verdict, Verdict::LimitReached);
    QCOMPARE(stage.one.asked, 3); // the second one twice
}

void TestAdmission::whoLeavesGivesBack()
{
    Stage stage(shared("global: {rate-limit: {concurrency: [{name: s, per: api-key, max: 1}]}}\n"));
    stage.one.hold();
    {
        const Ask gone(stage);
        QVERIFY(!gone.decision);
    }
    stage.one.letGo();
    QCOMPARE(stage.one.used({}), 0);
    QVERIFY(Ask(stage).decision->isAdmitted());
}

void TestAdmission::limitsThatChangeMeanwhileDecide()
{
    Stage stage(shared("global: {rate-limit: {concurrency: [{name: s, per: api-key, max: 5}]}}\n"));
    stage.one.hold();
    const Ask ask(stage);
    stage.apply(shared("global: {rate-limit: {concurrency: [{name: s, per: api-key, max: 5}], "
                       "shared: {capacity: 1, refill-frequency: 24h}}}\n"));
    stage.one.letGo();
    QVERIFY(ask.decision);
    QCOMPARE(ask.decision->chain.size(), size_t{2});
    QCOMPARE(stage.one.used("limit/slots"), MicroPerUnit); // not twice
}

void TestAdmission::failureDoesWhatTheLimitSays_data()
{
    QTest::addColumn<QByteArray>("failure");
    QTest::addColumn<int>("admitted");
    QTest::addColumn<Verdict>("then");
    QTest::newRow("local is the default") << QByteArray() << 3 << Verdict::LimitReached;
    QTest::newRow("local") << QByteArray(", on-store-failure: local") << 3 << Verdict::LimitReached;
    QTest::newRow("open") << QByteArray(", on-store-failure: open") << 6 << Verdict::Admitted;
    QTest::newRow("closed") << QByteArray(", on-store-failure: closed") << 1 << Verdict::StoreDown;
}

void TestAdmission::failureDoesWhatTheLimitSays()
{
    QFETCH(const QByteArray, failure);
    QFETCH(const int, admitted);
    QFETCH(const Verdict, then);
    Stage stage(shared(
        "global: {rate-limit: {shared: {capacity: 3, refill-frequency: 24h" + failure + "}}}\n"));
    int count = Ask(stage).decision->isAdmitted() ? 1 : 0; // seen while the store was there
    stage.one.setDown(true);
    Verdict last = Verdict::Admitted;
    for (int i = 0; i < 5; ++i) {
        last = Ask(stage).verdict();
        count += last == Verdict::Admitted ? 1 : 0;
    }
    QCOMPARE(count, admitted);
    QCOMPARE(last, then);
    QCOMPARE(stage.one.asked, 1); // nobody waits for a store that is known to be down
}

void TestAdmission::failureInTheMiddle()
{
    Stage stage(shared("global: {rate-limit: {spend-limits: [{name: m, per: api-key, cents: 100, "
                       "period: day}], shared: {capacity: 3, refill-frequency: 24h}}}\n"));
    Subject subject;
    subject.apiKey = "ci";
    Estimate estimate;
    estimate.cents = Expected{MicroPerUnit, 0};
    stage.one.hold();
    Admission admission(stage.limiter, stage.pool);
    std::optional<Decision> decision;
    admission.decide(*stage.limiter.limits(), subject, estimate,
        [&decision](Decision &&made) { decision = made; });
    stage.one.setDown(true);
    QVERIFY(decision);
    QCOMPARE(decision->verdict, Verdict::StoreDown); // money is closed by default
    QCOMPARE(decision->bindingLink()->limit->name, "m"_ba);
}

void TestAdmission::localUsageIsAddedOnReturn_data()
{
    sharedLimitAdmitsItsQuota_data();
}

void TestAdmission::localUsageIsAddedOnReturn()
{
    QFETCH(const QByteArray, limit);
    if (limit.startsWith("concurrency"))
        QSKIP("slots are free again when their requests end");
    Stage stage(shared("global: {rate-limit: {" + limit + "}}\n"));
    QVERIFY(Ask(stage).decision->isAdmitted());
    stage.one.setDown(true);
    QVERIFY(Ask(stage).decision->isAdmitted());
    stage.pool.payDues();
    QCOMPARE(stage.one.used({}), MicroPerUnit);
    stage.one.setDown(false);
    stage.pool.payDues();
    QCOMPARE(stage.one.used({}), 2 * MicroPerUnit);
    stage.pool.payDues();
    QCOMPARE(stage.one.used({}), 2 * MicroPerUnit);
    QVERIFY(Ask(stage).decision->isAdmitted());
    QCOMPARE(Ask(stage).verdict(), Verdict::LimitReached);
}

void TestAdmission::usageWithoutAnAnswerIsAddedOnce()
{
    Stage stage(shared("global: {rate-limit: {shared: {capacity: 9, refill-frequency: 24h}}}\n"));
    QVERIFY(Ask(stage).decision->isAdmitted());
    stage.one.setDown(true);
    QVERIFY(Ask(stage).decision->isAdmitted());
    stage.one.setDown(false);
    stage.one.losesNextMergeAnswer();
    stage.pool.payDues();
    QCOMPARE(stage.one.used({}), 2 * MicroPerUnit);
    // More comes on top before it is known.
    stage.one.setDown(true);
    QVERIFY(Ask(stage).decision->isAdmitted());
    stage.one.setDown(false);
    for (int i = 0; i < 3; ++i)
        stage.pool.payDues();
    QCOMPARE(stage.one.used({}), 3 * MicroPerUnit);
}

void TestAdmission::headerPoliciesCountInTheTopStore()
{
    Stage stage(shared({}));
    Subject subject;
    subject.apiKey = "ci";
    subject.policies = std::get<std::vector<Policy>>(config::parsePolicies("2;w=60, 1;w=60"));
    const Estimate estimate;
    for (int i = 0; i < 2; ++i) {
        Admission admission(stage.limiter, stage.pool);
        std::optional<Decision> decision;
        admission.decide(*stage.limiter.limits(), subject, estimate,
            [&decision](Decision &&made) { decision = made; });
        QCOMPARE(decision->isAdmitted(), i == 0);
        QCOMPARE(decision->chain.size(), size_t{2});
    }
    QCOMPARE(stage.one.used("header"), MicroPerUnit); // one identity is charged once
}

void TestAdmission::nonsenseIsNoAnswer()
{
    class Liar final : public CounterStore
    {
    public:
        [[nodiscard]] bool isUp() const override { return true; }

        void reserve(const StoreBatch &, Answered answered) override { answered(StoreAnswer()); }

        void settle(const QByteArray &, const std::vector<StoreSettlement> &) override { }

        void merge(const QByteArray &, const std::vector<StoreMerge> &, Done done) override
        {
            done({});
        }

        void reset(const std::vector<QByteArray> &, Done done) override { done({}); }
    };

    Stage stage(shared("global: {rate-limit: {shared: {capacity: 3, refill-frequency: 24h, "
                       "on-store-failure: closed}}}\n"));
    const StoreFactory liars = [](const config::Store &, CounterStore::Listener) {
        return std::make_unique<Liar>();
    };
    StorePool pool(stage.limiter, stage.board, liars, 2);
    pool.follow(*stage.limiter.limits());
    Admission admission(stage.limiter, pool);
    std::optional<Decision> decision;
    const Subject subject;
    const Estimate estimate;
    admission.decide(*stage.limiter.limits(), subject, estimate,
        [&decision](Decision &&made) { decision = made; });
    QCOMPARE(decision->verdict, Verdict::StoreDown);
}

void TestAdmission::problemsNameTheStore()
{
    Stage stage("rate-limit-store: {type: redis, host-url: 'redis://u:${X:-secret}@one:1/2'}\n"
                "global: {rate-limit: {shared: {capacity: 3, refill-frequency: 24h}}}\n");
    std::vector<StoreProblems> told;
    stage.board.setListener([&told](const StoreProblems &problems) { told.push_back(problems); });
    stage.one.setDown(true);
    stage.one.setDown(true);
    stage.one.setDown(false);
    QCOMPARE(told.size(), size_t{2});
    QCOMPARE(told.front().size(), size_t{1});
    QCOMPARE(told.front().front().store, u"Redis at one:1"_s);
    QVERIFY(told.back().empty());
}

QTEST_GUILESS_MAIN(TestAdmission)
#include "tst_admission.moc"

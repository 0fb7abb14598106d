// SPDX-License-Identifier: GPL-3.0-or-later
// The books: thousands of seeded requests of every kind through the real gateway. What Sluice has
// charged equals what the mock provider has in its own books wherever usage was reported, and keeps
// to its rule where the client left; limits in tokens and money count exactly that; and money
// limits are overshot by the error of the estimates alone.
#include "core/limits/limiter.h"
#include "core/metering/usage/usagereader.h"
#include "gatewaystage.h"

#include <QLoggingCategory>
#include <QRandomGenerator>
#include <QTest>

#include <map>
#include <numeric>
#include <tuple>

using namespace sluice;
using namespace Qt::StringLiterals;
using demo::MockBill;
using demo::MockReceipt;
using insight::Outcome;
using insight::RequestRecord;
using metering::Charge;
using metering::Source;
using metering::TokenUsage;
using test::GatewayStage;

namespace {

constexpr int Requests = 5'600; ///< so that 5 000 are noticed, whoever leaves before that
constexpr int Parallel = 48;
constexpr int Tokens = 40; ///< of the longest answer

/// Millionths of a dollar per million tokens, as written into the configuration below.
struct Rates
{
    qint64 input = 0;
    qint64 cachedInput = 0;
    qint64 cacheWrite = 0;
    qint64 cacheWrite1h = 0;
    qint64 output = 0;
    qint64 reasoning = 0;
};

const std::map<QByteArray, Rates> Prices{
    {"gpt-4o", {2'500'000, 1'250'000, 2'500'000, 2'500'000, 10'000'000, 12'345'678}},
    {"gpt-4.1-nano", {100'001, 25'003, 100'001, 100'001, 400'007, 400'007}},
    {"text-embedding-3-small", {20'000, 20'000, 20'000, 20'000, 0, 0}},
    {"claude-sonnet-4-0", {3'000'000, 300'000, 3'750'000, 6'000'000, 15'000'000, 15'000'000}}};

const QByteArray Configuration = R"(prices:
  models:
    openai/gpt-4o: {input: 2.5, cached-input: 1.25, output: 10, reasoning: 12.345678}
    openai/gpt-4.1-nano: {input: 0.100001, cached-input: 0.025003, output: 0.400007}
    openai/text-embedding-3-small: {input: 0.02, output: 0}
    anthropic/claude-sonnet-4-0: {input: 3, cached-input: 0.3, cache-write: 3.75,
      cache-write-1h: 6, output: 15}
global:
  rate-limit:
    usage-limits:
      - {name: key-tokens, per: api-key, tokens: 1000000000, period: year}
      - {name: user-output, per: end-user, tokens: 1000000000, period: year, count: output}
    spend-limits:
      - {name: key-money, per: api-key, cents: 100000000, period: year}
      - {name: user-money, per: end-user, cents: 100000000, period: year}
)";

/// An own calculation: one division, at the end, half up.
MicroAmount costOf(const Rates &rates, const MockBill &bill)
{
    const qint64 plain = bill.input - bill.cachedInput - bill.cacheWrite;
    const qint64 sum = plain * rates.input + bill.cachedInput * rates.cachedInput
        + (bill.cacheWrite - bill.cacheWrite1h) * rates.cacheWrite
        + bill.cacheWrite1h * rates.cacheWrite1h + (bill.output - bill.reasoning) * rates.output
        + bill.reasoning * rates.reasoning;
    return (sum + 5'000) / 10'000;
}

MockBill billOf(const TokenUsage &usage)
{
    return {usage.input.value_or(0), usage.cachedInput.value_or(0), usage.cacheWrite.value_or(0),
        usage.cacheWrite1h.value_or(0), usage.output.value_or(0), usage.reasoning.value_or(0)};
}

/// One request, and when its client leaves.
struct Visit
{
    QByteArray key;
    QByteArray user;
    QByteArray model;
    QByteArray path;
    QByteArray body;
    bool isStream = false;
    bool leaves = false;
    qsizetype leavesBehind = 0; ///< bytes of the answer; what is longer is left, too
    size_t number = 0; ///< of the client's call
    bool hasLeft = false;
};

QByteArray words(QRandomGenerator &random, int count)
{
    static const QList<QByteArray> list{"the", "gate", "water", "int", "for(auto", "x)", "{", "};",
        "measures", "level,", "hour", "42", "Zürich", "return", "0x1F", "\\n", "and", "of"};
    QByteArray text;
    for (int i = 0; i < count; ++i)
        text += list.at(random.bounded(int(list.size()))) + ' ';
    return text;
}

Visit visit(QRandomGenerator &random)
{
    static const QList<QByteArray> models{"gpt-4o", "gpt-4o", "gpt-4.1-nano", "claude-sonnet-4-0",
        "claude-sonnet-4-0", "text-embedding-3-small"};
    Visit visit;
    visit.key = random.bounded(3) == 0 ? "app" : "ci";
    visit.user = "user-" + QByteArray::number(random.bounded(5));
    visit.model = models.at(random.bounded(int(models.size())));
    visit.isStream = random.bounded(2) == 0;
    visit.leaves = random.bounded(5) == 0;
    // Half of a plain answer never comes, so its client leaves before it.
    visit.leavesBehind = visit.isStream ? random.bounded(6'000) : 0;
    const QByteArray text = words(random, 1 + random.bounded(60));
    const QByteArray stream = visit.isStream ? ",\"stream\":true" : "";
    const QByteArray maximum = random.bounded(2) == 0 ? ",\"max_tokens\":64" : "";
    const QByteArray chat = ",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]";
    const QByteArray user = ",\"user\":\"" + visit.user + '"';
    const QByteArray model = "{\"model\":\"" + visit.model + '"';
    if (visit.model.startsWith("claude")) {
        visit.path = "/anthropic/v1/messages";
        visit.body = model + stream + chat + R"(,"max_tokens":64,"metadata":{"user_id":")"
            + visit.user + "\"}}";
    } else if (visit.model.startsWith("text")) {
        visit.isStream = false;
        visit.leavesBehind = 0;
        visit.path = "/openai/v1/embeddings";
        visit.body = model + user + R"(,"dimensions":8,"input":")" + text + "\"}";
    } else if (random.bounded(3) == 0) {
        visit.path = "/openai/v1/responses";
        visit.body = model + user + stream + R"(,"input":")" + text + "\"}";
    } else {
        visit.path = "/openai/v1/chat/completions";
        visit.body = model + user + stream + maximum + chat
            + (random.bounded(4) == 0 ? ",\"n\":2" : "") + '}';
    }
    return visit;
}

int serialOf(const RequestRecord &record)
{
    for (const limits::Property &property : record.subject.properties)
        if (property.name == "serial")
            return property.value.toInt();
    return -1;
}

/// What the estimator counts in what a client has received.
qint64 countedIn(const RequestRecord &record, const QByteArray &received)
{
    metering::UsageReader reader(metering::UsageReader::Form::EventStream,
        metering::tokenFamilyOf(record.provider, record.model));
    // Only whole events count for the gateway, too.
    reader.feed(received);
    return reader.countedOutput();
}

using Group = std::tuple<QByteArray, QByteArray, QByteArray>; ///< key, user, model

struct Total
{
    MockBill bill;
    MicroAmount cost = 0;

    void add(const MockBill &more, MicroAmount moreCost)
    {
        bill.input += more.input;
        bill.cachedInput += more.cachedInput;
        bill.cacheWrite += more.cacheWrite;
        bill.cacheWrite1h += more.cacheWrite1h;
        bill.output += more.output;
        bill.reasoning += more.reasoning;
        cost += moreCost;
    }

    friend bool operator==(const Total &, const Total &) = default;
};

} // namespace

class TestBooks : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void chargesEqualTheProvidersBooks();
    void limitsCountWhatIsCharged();
    void moneyIsOvershotByTheEstimatesAlone_data();
    void moneyIsOvershotByTheEstimatesAlone();
    void cleanupTestCase();

private:
    bool play();
    [[nodiscard]] bool isSettled() const;
    void compareWhole(const RequestRecord &record, const MockReceipt &receipt);
    void compareAbandoned(
        const RequestRecord &record, const Visit &visit, const MockReceipt *receipt);

    std::unique_ptr<GatewayStage> m_stage;
    std::vector<Visit> m_visits;
};

void TestBooks::initTestCase()
{
    QLoggingCategory::setFilterRules(u"sluice.*.info=false"_s);
    demo::MockOptions options;
    options.tokens = Tokens;
    options.latency = std::chrono::milliseconds(1);
    options.jitter = std::chrono::milliseconds(4);
    options.chunkInterval = std::chrono::milliseconds(1);
    options.errorsPerMillion = 20'000;
    options.seed = 5;
    options.variesTokens = true;
    options.keepsReceipts = true;
    m_stage = std::make_unique<GatewayStage>(options);
    QVERIFY(m_stage->start(Configuration));
    m_stage->client->setHeaders({}); // each visit has a key of its own
    QVERIFY(play());
    m_stage->gateway->stop(std::chrono::milliseconds(0)); // with its last report
    QCoreApplication::processEvents();
}

void TestBooks::cleanupTestCase()
{
    m_stage.reset();
}

/// Sends everything and waits until all of it is settled and listed.
bool TestBooks::play()
{
    QRandomGenerator random(20'261'130);
    for (int i = 0; i < Requests; ++i)
        m_visits.push_back(visit(random));
    std::vector<int> running;
    int started = 0;
    const auto turn = [&] {
        std::erase_if(running, [this](int serial) {
            Visit &visit = m_visits[size_t(serial)];
            const test::Reply &reply = m_stage->client->reply(visit.number);
            if (!reply.isDone && visit.leaves && m_stage->client->hasSent(visit.number)
                && reply.body.size() >= visit.leavesBehind) {
                m_stage->client->hangUp(visit.number);
                visit.hasLeft = true;
            }
            return reply.isDone || visit.hasLeft;
        });
        while (started < Requests && running.size() < size_t(Parallel)) {
            Visit &visit = m_visits[size_t(started)];
            const QByteArray serial = QByteArray::number(started);
            visit.number = m_stage->client->start("POST", visit.path, visit.body,
                {{"Authorization", "Bearer key-" + visit.key + "-0123456789"},
                    {"Helicone-Property-Serial", serial}, {"X-Books-Key", serial}});
            running.push_back(started++);
        }
        return started == Requests && running.empty();
    };
    return QTest::qWaitFor(turn, 120'000)
        && QTest::qWaitFor([this] { return isSettled(); }, 10'000);
}

bool TestBooks::isSettled() const
{
    if (m_stage->gateway->limiter().openReservations() > 0)
        return false;
    // A client that leaves at once may not have been noticed at all.
    const auto left = std::count_if(
        m_visits.begin(), m_visits.end(), [](const Visit &visit) { return visit.hasLeft; });
    int whole = 0;
    for (int i = 0; i < m_stage->feed->size(); ++i) {
        const Outcome outcome = m_stage->feed->at(i).outcome;
        if (outcome == Outcome::Streaming)
            return false;
        whole += outcome == Outcome::ClientLeft ? 0 : 1;
    }
    return whole >= Requests - left;
}

void TestBooks::chargesEqualTheProvidersBooks()
{
    std::map<int, MockReceipt> receipts;
    for (const MockReceipt &receipt : m_stage->mock->receipts())
        receipts.emplace(receipt.key.toInt(), receipt);
    std::map<Group, Total> charged;
    std::map<Group, Total> booked;
    int whole = 0;
    int left = 0;
    int counted = 0;
    int estimated = 0;
    QCOMPARE(m_stage->feed->notListed(), 0u);
    for (int i = 0; i < m_stage->feed->size(); ++i) {
        const RequestRecord &record = m_stage->feed->at(i);
        const int serial = serialOf(record);
        const Visit &visit = m_visits.at(size_t(serial));
        const auto receipt = receipts.find(serial);
        const MockReceipt *known = receipt == receipts.end() ? nullptr : &receipt->second;
        if (record.outcome == Outcome::ClientLeft) {
            ++left;
            counted += record.charge.outputSource == Source::Counted ? 1 : 0;
            estimated += record.charge.outputSource == Source::Estimated ? 1 : 0;
            compareAbandoned(record, visit, known);
        } else {
            QVERIFY(known != nullptr);
            ++whole;
            compareWhole(record, *known);
            const Group group{visit.key, visit.user, visit.model};
            charged[group].add(billOf(record.charge.tokens), record.charge.cost.value_or(0));
            if (known->status < 400)
                booked[group].add(known->bill, costOf(Prices.at(visit.model), known->bill));
        }
        if (QTest::currentTestFailed())
            return;
    }
    QVERIFY(charged == booked);
    // A mix worth its name: nothing of it is missing.
    QCOMPARE(charged.size(), size_t{2 * 5 * 4});
    qInfo("%d answered as booked; %d left: %d counted, %d estimated, the others before it was sent "
          "or "
          "behind the report",
        whole, left, counted, estimated);
    QVERIFY(m_stage->feed->size() >= 5'000);
    QVERIFY(whole > Requests / 2 && counted > Requests / 50 && estimated > Requests / 100);
}

void TestBooks::compareWhole(const RequestRecord &record, const MockReceipt &receipt)
{
    if (receipt.status >= 400) {
        QCOMPARE(record.status, receipt.status);
        QVERIFY(record.charge.isEmpty());
        return;
    }
    QCOMPARE(billOf(record.charge.tokens), receipt.bill);
    QVERIFY(!record.charge.isEstimate());
    QCOMPARE(record.charge.cost, costOf(Prices.at(record.model), receipt.bill));
}

void TestBooks::compareAbandoned(
    const RequestRecord &record, const Visit &visit, const MockReceipt *receipt)
{
    QVERIFY(visit.hasLeft);
    const Charge &charge = record.charge;
    if (charge.isEmpty()) {
        // Left before the provider had the request, or with an error.
        QVERIFY(receipt == nullptr || receipt->status >= 400 || receipt->status == 0);
        return;
    }
    QVERIFY(charge.tokens.input.value_or(0) > 0);
    if (receipt == nullptr) {
        // On its way when the client left: nobody knows whether the provider has begun with it.
        QVERIFY(charge.outputSource == Source::Estimated || charge.tokens.output == 0);
        return;
    }
    if (charge.inputSource == Source::Reported)
        QCOMPARE(charge.tokens.input, receipt->bill.input);
    if (charge.outputSource == Source::Reported)
        QCOMPARE(billOf(charge.tokens), receipt->bill);
    if (charge.outputSource != Source::Counted)
        return;
    const qint64 delivered = countedIn(record, m_stage->client->reply(visit.number).body);
    const qint64 output = charge.tokens.output.value_or(-1);
    QVERIFY2(
        output >= delivered, qPrintable(u"%1 charged, %2 delivered"_s.arg(output).arg(delivered)));
    // Two tokens a word are more than any estimate of the mock's words.
    QVERIFY2(output <= 2 * receipt->sentTokens + 1,
        qPrintable(u"%1 charged, %2 sent"_s.arg(output).arg(receipt->sentTokens)));
}

void TestBooks::limitsCountWhatIsCharged()
{
    std::map<std::pair<QByteArray, QByteArray>, MicroAmount> expected;
    for (int i = 0; i < m_stage->feed->size(); ++i) {
        const RequestRecord &record = m_stage->feed->at(i);
        const Charge &charge = record.charge;
        const qint64 output = charge.tokens.output.value_or(0);
        const qint64 tokens = charge.tokens.input.value_or(0) + output;
        const QByteArray &key = record.subject.apiKey;
        const QByteArray &user = record.subject.endUser;
        expected[{"key-tokens", key}] += tokens * MicroPerUnit;
        expected[{"user-output", user}] += output * MicroPerUnit;
        expected[{"key-money", key}] += charge.cost.value_or(0);
        expected[{"user-money", user}] += charge.cost.value_or(0);
    }
    std::map<std::pair<QByteArray, QByteArray>, MicroAmount> counted;
    const limits::Limiter &limiter = m_stage->gateway->limiter();
    for (const limits::CounterReading &reading : limiter.readings()) {
        const limits::Usage usage =
            usageAt(reading, {limiter.clock().now(), limiter.clock().wall()});
        QCOMPARE(usage.reserved, 0);
        counted[{reading.limit->name, reading.value}] = usage.used;
    }
    QCOMPARE(counted.size(), size_t{2 * (2 + 5)});
    for (const auto &[counter, amount] : expected)
        QVERIFY2(counted[counter] == amount,
            qPrintable(u"%1 of %2: %3 counted, %4 charged"_s
                           .arg(QString::fromUtf8(counter.first), QString::fromUtf8(counter.second))
                           .arg(counted[counter])
                           .arg(amount)));
    QCOMPARE(limiter.violations(), QStringList());
}

void TestBooks::moneyIsOvershotByTheEstimatesAlone_data()
{
    QTest::addColumn<QByteArray>("maximum");
    QTest::addColumn<bool>("isStream");
    QTest::addRow("max_tokens given") << ",\"max_tokens\":40"_ba << false;
    QTest::addRow("max_tokens given, streams") << ",\"max_tokens\":40"_ba << true;
    QTest::addRow("guessed") << ""_ba << false;
    QTest::addRow("guessed, streams") << ""_ba << true;
}

void TestBooks::moneyIsOvershotByTheEstimatesAlone()
{
    QFETCH(const QByteArray, maximum);
    QFETCH(const bool, isStream);
    constexpr int parallel = 50;
    constexpr MicroAmount inputPrice = 5'000; // of a token, micro-cents
    constexpr MicroAmount outputPrice = 50'000;
    const bool isHonest = !maximum.isEmpty();
    demo::MockOptions options;
    options.tokens = Tokens;
    options.chunkInterval = std::chrono::milliseconds(1);
    options.variesTokens = !isHonest; // with reasoning beyond any maximum
    GatewayStage stage(options);
    QVERIFY(stage.start(R"(prices: {models: {openai/gpt-4o: {input: 50, output: 500}}}
estimates: {output-tokens: 20}
global: {rate-limit: {spend-limits: [{name: money, per: api-key, cents: 100, period: year}]}}
)"));
    int sent = 0;
    int refused = 0;
    std::vector<size_t> running;
    const auto turn = [&] {
        std::erase_if(running, [&](size_t number) {
            const test::Reply &reply = stage.client->reply(number);
            refused += reply.isDone && reply.status == 429 ? 1 : 0;
            return reply.isDone;
        });
        while (refused < parallel && running.size() < parallel)
            running.push_back(stage.client->start("POST", "/openai/v1/chat/completions",
                R"({"model":"gpt-4o","messages":[{"role":"user","content":")"
                    + QByteArray(QByteArray::number(sent++)).repeated(9) + "\"}]" + maximum
                    + (isStream ? ",\"stream\":true}" : "}")));
        return running.empty();
    };
    QVERIFY(QTest::qWaitFor(turn, 60'000));
    QVERIFY(stage.lastRecord(sent).id != 0);
    MicroAmount settled = 0;
    std::vector<MicroAmount> errors;
    for (int i = 0; i < sent; ++i) {
        const RequestRecord &record = stage.feed->at(i);
        if (!record.decision.isAdmitted())
            continue;
        const MicroAmount cost = record.charge.cost.value_or(0);
        const MicroAmount reserved = record.decision.chain.front().cost;
        settled += cost;
        // With an honest maximum all of the error is the input's.
        const MicroAmount firm = isHonest ? Tokens * outputPrice : 20 * outputPrice;
        QVERIFY(reserved > firm);
        const MicroAmount input = record.charge.tokens.input.value_or(0) * inputPrice;
        const MicroAmount error = isHonest ? input - (reserved - firm) : cost - reserved;
        errors.push_back(std::max<MicroAmount>(error, 0));
    }
    // The largest errors of as many requests as can be in flight.
    std::sort(errors.begin(), errors.end(), std::greater<>());
    errors.resize(std::min<size_t>(errors.size(), parallel));
    const MicroAmount most = std::accumulate(errors.begin(), errors.end(), MicroAmount{0});
    const MicroAmount limit = 100 * MicroPerUnit;
    qInfo("limit 100 cents, settled %s: overshoot %s cents, errors of the estimates in flight at "
          "most "
          "%s cents",
        formatAmount(settled).constData(),
        formatAmount(std::max<MicroAmount>(settled - limit, 0)).constData(),
        formatAmount(most).constData());
    QVERIFY(refused >= parallel);
    QVERIFY(settled > limit / 2);
    QVERIFY(settled <= limit + most);
}

QTEST_GUILESS_MAIN(TestBooks)
#include "tst_books.moc"

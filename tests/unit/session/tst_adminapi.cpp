// SPDX-License-Identifier: GPL-3.0-or-later
// What the admin API does to a real engine and real files, and that every answer has the fields
// that its OpenAPI document promises.
#include "core/config/loader.h"
#include "core/gateway/admin/adminoperation.h"
#include "core/limits/limiter.h"
#include "core/session/adminapi.h"
#include "core/session/limitoperations.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <mutex>

using namespace sluice;
using namespace Qt::StringLiterals;
using gateway::AdminRequest;
using gateway::AdminTicket;
using gateway::Failure;
using gateway::Response;

namespace {

class StillClock final : public Clock
{
public:
    EngineTime time{std::chrono::seconds(1'772'460'132)}; // 2026-03-02T14:02:12Z

    [[nodiscard]] EngineTime now() const override { return time; }

    [[nodiscard]] std::chrono::milliseconds wall() const override
    {
        return std::chrono::floor<std::chrono::milliseconds>(time);
    }
};

constexpr auto Limits = R"(
global:
  rate-limit:
    per-api-key: {name: keys, capacity: 10, refill-frequency: 1h}
    shared: {name: all, capacity: 100, refill-frequency: 1h}
    per-team-member: {name: members, capacity: 1000, refill-frequency: 1h, mode: shadow}
    spend-limits:
      - {name: money, per: api-key, cents: 500, period: day, timezone: UTC}
    concurrency:
      - {name: slots, per: api-key, max: 8}
    policies:
      - {name: users, policy: "20;w=3600;s=user"}
)";

struct Answer
{
    int status = 0;
    QJsonArray rows;
    QJsonObject object;

    [[nodiscard]] QString message() const { return object[u"error"_s][u"message"_s].toString(); }
};

/// An engine with limits, and the API before it.
struct Desk
{
    StillClock clock;
    limits::Limiter limiter{clock};
    session::LimitOperations operations{limiter};
    session::AdminApi api{limiter, operations};
    QTemporaryDir folder;

    Desk()
    {
        const auto result = config::load(Limits, QProcessEnvironment());
        for (const config::Finding &finding : result.findings)
            if (finding.severity == config::Severity::Error)
                qFatal("%s", qPrintable(finding.message));
        limiter.apply(limits::LimitSet::compile(*result.configuration));
        api.setPlace(folder.path(), u"gw.yaml"_s);
        if (!operations.open(folder.path()))
            qFatal("no folder");
    }

    limits::Decision send(const QByteArray &key = "ci", const QByteArray &user = "alice")
    {
        limits::Subject subject;
        subject.apiKey = key;
        subject.team = "core";
        subject.member = "bob";
        subject.endUser = user;
        limits::Estimate estimate;
        estimate.cents = limits::Expected{};
        return limiter.reserve(subject, estimate);
    }

    Answer ask(const QByteArray &method, const QByteArray &target, const QByteArray &body = {})
    {
        gateway::RequestHead head;
        head.method = method;
        head.target = "/-/api/v1/" + target;
        const auto read = gateway::readAdminRequest(head, body);
        if (const auto *failure = std::get_if<Failure>(&read))
            qFatal("%s", qPrintable(failure->message));

        // The answer may come from another thread.
        struct Box
        {
            std::mutex mutex;
            std::optional<Response> response;
        };

        const auto box = std::make_shared<Box>();
        api.handle(
            std::get<AdminRequest>(read), std::make_shared<AdminTicket>([box](Response &&given) {
                const std::lock_guard lock(box->mutex);
                box->response = std::move(given);
            }));
        const bool isAnswered = QTest::qWaitFor(
            [&box] {
                const std::lock_guard lock(box->mutex);
                return box->response.has_value();
            },
            10'000);
        if (!isAnswered)
            return {};
        const QJsonDocument json = QJsonDocument::fromJson(box->response->body);
        return {box->response->status, json.array(), json.object()};
    }
};

const QByteArray RaiseKeys = R"({"limit":"keys","value":"ci","amount":"5","for":"2h"})";

} // namespace

class TestAdminApi : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();

    void listsTheTightestFirst();
    void listsOneLimit();
    void countsMoneyInMicroCents();
    void saysWhenNothingIsUsed();
    void tellsKeysOfPoliciesApart();
    void resetsOneCounter();
    void resetsAllCounters();
    void knowsItsLimits_data();
    void knowsItsLimits();
    void raisesAndEnds();
    void refusesARaise_data();
    void refusesARaise();
    void blocksAndUnblocks_data();
    void blocksAndUnblocks();
    void refusesABlock_data();
    void refusesABlock();
    void endsByTheClock();
    void saysWithoutALedger();
    void dropsWhatNobodyWants();
    void answersAsDescribed();
};

void TestAdminApi::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
}

void TestAdminApi::listsTheTightestFirst()
{
    Desk desk;
    for (int i = 0; i < 3; ++i)
        desk.send("app");
    for (int i = 0; i < 5; ++i)
        desk.send("ci");
    const Answer answer = desk.ask("GET", "limits");
    QCOMPARE(answer.status, 200);
    QStringList shares;
    QStringList counters;
    for (const auto &row : answer.rows) {
        const double share = double(row["used"_L1].toInteger() + row["reserved"_L1].toInteger())
            / double(row["quota"_L1].toInteger());
        shares.append(QString::number(share, 'f', 6));
        counters.append(row["limit"_L1].toString() + u'/' + row["value"_L1].toString());
    }
    QStringList sorted = shares;
    std::sort(sorted.rbegin(), sorted.rend());
    QCOMPARE(shares, sorted);
    QCOMPARE(counters.first(), u"slots/ci"_s); // 5 of 8, nobody has settled
    QVERIFY(counters.contains(u"all/"_s));
    QVERIFY(counters.contains(u"members/core/bob"_s));
    const Answer three = desk.ask("GET", "limits?max=3");
    QCOMPARE(three.rows.size(), 3);
    QCOMPARE(three.rows.at(2), answer.rows.at(2));
}

void TestAdminApi::listsOneLimit()
{
    Desk desk;
    desk.send("ci");
    desk.send("ci");
    desk.send("app");
    const Answer answer = desk.ask("GET", "limits?limit=keys");
    const QJsonObject expected{{u"limit"_s, u"keys"_s}, {u"scope"_s, u"global"_s},
        {u"segment"_s, u"api-key"_s}, {u"value"_s, u"ci"_s}, {u"unit"_s, u"request"_s},
        {u"quota"_s, 10}, {u"used"_s, 2}, {u"reserved"_s, 0}, {u"remaining"_s, 8},
        {u"resets_at"_s, u"2026-03-02T14:14:12.000Z"_s}, {u"mode"_s, u"enforce"_s},
        {u"store"_s, u"database"_s}, {u"source"_s, u"gw.yaml:4"_s}, {u"api_key"_s, QJsonValue()}};
    QCOMPARE(answer.rows.size(), 2);
    QCOMPARE(answer.rows.at(0).toObject(), expected);
    QCOMPARE(answer.rows.at(1)["value"_L1].toString(), u"app"_s);
    const Answer shadow = desk.ask("GET", "limits?limit=members");
    QCOMPARE(shadow.rows.at(0)["mode"_L1].toString(), u"shadow"_s);
    const Answer slots_ = desk.ask("GET", "limits?limit=slots");
    QCOMPARE(slots_.rows.at(0)["unit"_L1].toString(), u"concurrent-request"_s);
    QVERIFY(slots_.rows.at(0)["resets_at"_L1].isNull()); // nobody can tell
}

void TestAdminApi::countsMoneyInMicroCents()
{
    Desk desk;
    const limits::Decision decision = desk.send();
    limits::Consumption consumption;
    consumption.cents = 1'234'567;
    desk.limiter.settle(decision.reservation, consumption);
    const QJsonValue row = desk.ask("GET", "limits?limit=money").rows.at(0);
    QCOMPARE(row["unit"_L1].toString(), u"micro-cent"_s);
    QCOMPARE(row["quota"_L1].toInteger(), 500'000'000);
    QCOMPARE(row["used"_L1].toInteger(), 1'234'567);
    QCOMPARE(row["remaining"_L1].toInteger(), 498'765'433);
    QCOMPARE(row["resets_at"_L1].toString(), u"2026-03-03T00:00:00.000Z"_s);
}

void TestAdminApi::saysWhenNothingIsUsed()
{
    Desk desk;
    desk.send();
    desk.clock.time += std::chrono::hours(2);
    const QJsonValue row = desk.ask("GET", "limits?limit=keys").rows.at(0);
    QCOMPARE(row["used"_L1].toInteger(-1), 0);
    QVERIFY(row["resets_at"_L1].isNull());
}

void TestAdminApi::tellsKeysOfPoliciesApart()
{
    Desk desk;
    desk.send("ci", "alice");
    desk.send("app", "alice");
    QSet<QString> keys;
    for (const auto &row : desk.ask("GET", "limits/users/counters").rows) {
        QCOMPARE(row["value"_L1].toString(), u"alice"_s);
        keys.insert(row["api_key"_L1].toString());
    }
    QCOMPARE(keys, QSet<QString>({u"ci"_s, u"app"_s}));
    QVERIFY(desk.ask("GET", "limits/keys/counters").rows.at(0)["api_key"_L1].isNull());
}

void TestAdminApi::resetsOneCounter()
{
    Desk desk;
    for (int i = 0; i < 10; ++i)
        desk.limiter.settle(desk.send().reservation, {});
    desk.send("app");
    QVERIFY(!desk.send().isAdmitted());
    const Answer answer = desk.ask("POST", "limits/keys/reset", R"({"value":"ci"})");
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.object,
        (QJsonObject{{u"limit"_s, u"keys"_s}, {u"value"_s, u"ci"_s}, {u"is_reset"_s, true}}));
    QVERIFY(desk.send().isAdmitted());
    QCOMPARE(desk.ask("GET", "limits?limit=keys&max=1").rows.at(0)["used"_L1].toInteger(), 1);
    QCOMPARE(desk.ask("POST", "limits/keys/reset", R"({"value":"who"})").object["is_reset"_L1],
        QJsonValue(false));
    QCOMPARE(desk.ask("POST", "limits/all/reset", R"({"value":""})").object["is_reset"_L1],
        QJsonValue(true));
}

void TestAdminApi::resetsAllCounters()
{
    Desk desk;
    for (const QByteArray &key : {"a"_ba, "b"_ba, "c"_ba})
        desk.send(key);
    const Answer answer = desk.ask("POST", "limits/keys/reset");
    QCOMPARE(answer.object["is_reset"_L1], QJsonValue(true));
    QVERIFY(answer.object["value"_L1].isNull());
    for (const auto &row : desk.ask("GET", "limits?limit=keys").rows)
        QCOMPARE(row["used"_L1].toInteger(), 0);
    QCOMPARE(desk.ask("GET", "limits?limit=all").rows.at(0)["used"_L1].toInteger(), 3);
}

void TestAdminApi::knowsItsLimits_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("list") << "GET"_ba
                          << "limits?limit=kyes"_ba
                          << ""_ba;
    QTest::newRow("counters") << "GET"_ba
                              << "limits/kyes/counters"_ba
                              << ""_ba;
    QTest::newRow("reset") << "POST"_ba
                           << "limits/kyes/reset"_ba
                           << ""_ba;
    QTest::newRow("raise") << "POST"_ba
                           << "raises"_ba << QByteArray(RaiseKeys).replace("keys", "kyes");
}

void TestAdminApi::knowsItsLimits()
{
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, body);
    Desk desk;
    const Answer answer = desk.ask(method, target, body);
    QCOMPARE(answer.status, 404);
    QCOMPARE(answer.object["error"_L1]["code"_L1].toString(), u"unknown_limit"_s);
    QVERIFY2(answer.message().contains(u"did you mean \"keys\""_s), qPrintable(answer.message()));
}

void TestAdminApi::raisesAndEnds()
{
    Desk desk;
    const Answer answer = desk.ask("POST", "raises", RaiseKeys);
    QCOMPARE(answer.status, 200);
    const QString id = answer.object["id"_L1].toString();
    QCOMPARE(answer.object,
        (QJsonObject{{u"id"_s, id}, {u"limit"_s, u"keys"_s}, {u"value"_s, u"ci"_s},
            {u"unit"_s, u"request"_s}, {u"amount"_s, 5},
            {u"until"_s, u"2026-03-02T16:02:12.000Z"_s}}));
    int admitted = 0;
    for (int i = 0; i < 30; ++i) {
        const limits::Decision decision = desk.send();
        admitted += decision.isAdmitted() ? 1 : 0;
        desk.limiter.settle(decision.reservation, {});
    }
    QCOMPARE(admitted, 15);
    // The same counter has one raise, and the same name in the next run.
    desk.ask("POST", "raises", QByteArray(RaiseKeys).replace("\"5\"", "7"));
    const Answer list = desk.ask("GET", "raises");
    QCOMPARE(list.rows.size(), 1);
    QCOMPARE(list.rows.at(0)["id"_L1].toString(), id);
    QCOMPARE(list.rows.at(0)["amount"_L1].toInteger(), 7);
    QCOMPARE(desk.ask("DELETE", "raises/" + id.toLatin1()).status, 200);
    QCOMPARE(desk.ask("GET", "raises").rows.size(), 0);
    QCOMPARE(desk.ask("DELETE", "raises/" + id.toLatin1()).status, 404);
    const Answer money =
        desk.ask("POST", "raises", R"({"limit":"money","value":"ci","amount":"2.50","for":"1d"})");
    QCOMPARE(money.object["unit"_L1].toString(), u"micro-cent"_s);
    QCOMPARE(money.object["amount"_L1].toInteger(), 2'500'000);
    QCOMPARE(desk.ask("POST", "raises", R"({"limit":"all","amount":1,"for":"1d"})").status, 200);
}

void TestAdminApi::refusesARaise_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QString>("message");
    QTest::newRow("a part of a request")
        << QByteArray(RaiseKeys).replace("\"5\"", "\"0.5\"") << u"\"amount\""_s;
    QTest::newRow("somebody of a shared limit")
        << QByteArray(RaiseKeys).replace("keys", "all") << u"\"value\""_s;
    QTest::newRow("a header's policy")
        << QByteArray(RaiseKeys).replace("keys", "5;w=60") << u"no limit \"5;w=60\""_s;
}

void TestAdminApi::refusesARaise()
{
    QFETCH(QByteArray, body);
    QFETCH(QString, message);
    Desk desk;
    const Answer answer = desk.ask("POST", "raises", body);
    QVERIFY(answer.status >= 400);
    QVERIFY2(answer.message().contains(message), qPrintable(answer.message()));
    QVERIFY(desk.operations.inForce().isEmpty());
}

void TestAdminApi::blocksAndUnblocks_data()
{
    QTest::addColumn<QByteArray>("segment");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<bool>("isMet"); // by the request of the test
    QTest::newRow("key") << "api-key"_ba
                         << "ci"_ba << true;
    QTest::newRow("user") << "end-user"_ba
                          << "alice"_ba << true;
    QTest::newRow("team") << "team"_ba
                          << "core"_ba << true;
    QTest::newRow("member") << "team-member"_ba
                            << "core/bob"_ba << true;
    QTest::newRow("property") << "property:Tenant"_ba
                              << "acme"_ba << false;
    QTest::newRow("another") << "end-user"_ba
                             << "zoë/ü%20"_ba << false;
}

void TestAdminApi::blocksAndUnblocks()
{
    QFETCH(QByteArray, segment);
    QFETCH(QByteArray, value);
    QFETCH(bool, isMet);
    Desk desk;
    const QByteArray body = R"({"segment":")" + segment + R"(","value":")" + value + "\"}";
    const Answer answer = desk.ask("POST", "blocks", body);
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.object["segment"_L1].toString(), QString::fromUtf8(segment).toLower());
    QCOMPARE(answer.object["value"_L1].toString(), QString::fromUtf8(value));
    QVERIFY(answer.object["until"_L1].isNull());
    QCOMPARE(desk.send().isAdmitted(), !isMet);
    QCOMPARE(desk.ask("GET", "blocks").rows, QJsonArray{answer.object});
    const QByteArray id = answer.object["id"_L1].toString().toLatin1();
    QCOMPARE(desk.ask("DELETE", "blocks/" + id).object, answer.object);
    QVERIFY(desk.send().isAdmitted());
    QCOMPARE(desk.ask("DELETE", "blocks/" + id).status, 404);
    // Survives: it is in the file, and so is its end.
    desk.ask("POST", "blocks", body);
    session::LimitOperations next(desk.limiter);
    QVERIFY(next.open(desk.folder.path()));
    QCOMPARE(next.inForce().blocks.size(), size_t{1});
}

void TestAdminApi::refusesABlock_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QString>("message");
    QTest::newRow("everybody") << R"({"segment":"shared","value":"a"})"_ba << u"\"segment\""_s;
    QTest::newRow("unknown") << R"({"segment":"key","value":"a"})"_ba << u"\"segment\""_s;
    QTest::newRow("no property") << R"({"segment":"property:","value":"a"})"_ba << u"\"segment\""_s;
    QTest::newRow("member without team")
        << R"({"segment":"team-member","value":"bob"})"_ba << u"TEAM/MEMBER"_s;
}

void TestAdminApi::refusesABlock()
{
    QFETCH(QByteArray, body);
    QFETCH(QString, message);
    Desk desk;
    const Answer answer = desk.ask("POST", "blocks", body);
    QCOMPARE(answer.status, 400);
    QVERIFY2(answer.message().contains(message), qPrintable(answer.message()));
    QVERIFY(desk.operations.inForce().isEmpty());
}

void TestAdminApi::endsByTheClock()
{
    Desk desk;
    const Answer block =
        desk.ask("POST", "blocks", R"({"segment":"api-key","value":"ci","for":"1h"})");
    QCOMPARE(block.object["until"_L1].toString(), u"2026-03-02T15:02:12.000Z"_s);
    desk.clock.time += std::chrono::hours(1);
    QCOMPARE(desk.ask("GET", "blocks").rows.size(), 0);
    QVERIFY(desk.send().isAdmitted());
}

void TestAdminApi::saysWithoutALedger()
{
    Desk desk;
    const Answer usage = desk.ask("GET", "usage");
    QCOMPARE(usage.status, 404);
    QVERIFY(usage.message().contains(u"nothing has been recorded"_s));
    QCOMPARE(desk.ask("POST", "sql", R"({"sql":"SELECT 1"})").status, 404);
    QVERIFY(desk.ask("GET", "usage?by=colour").message().contains(u"colour"_s));
    QVERIFY(desk.ask("GET", "usage?since=yesterday").message().contains(u"\"since\""_s));
    QVERIFY(desk.ask("GET", "usage?where=key").message().contains(u"\"where\""_s));
}

void TestAdminApi::dropsWhatNobodyWants()
{
    Desk desk;
    AdminRequest request;
    request.call = gateway::AdminCall::Block;
    request.values = {{u"segment"_s, u"api-key"_s}, {u"value"_s, u"ci"_s}};
    bool isAnswered = false;
    const auto ticket =
        std::make_shared<AdminTicket>([&isAnswered](Response &&) { isAnswered = true; });
    ticket->abandon();
    desk.api.handle(request, ticket);
    QCOMPARE(desk.ask("GET", "blocks").rows.size(), 0); // comes after it
    QVERIFY(!isAnswered);
}

// Every field of an answer is in the document, and the other way round.
void TestAdminApi::answersAsDescribed()
{
    Desk desk;
    desk.send();
    desk.ask("POST", "raises", RaiseKeys);
    desk.ask("POST", "blocks", R"({"segment":"team","value":"x"})");
    for (const gateway::AdminOperation &operation : gateway::adminOperations()) {
        if (operation.method != "GET" || !operation.isList)
            continue;
        const Answer answer = desk.ask("GET",
            QByteArray(operation.path.data(), operation.path.size()).replace("{name}", "keys"));
        QStringList promised;
        for (const gateway::AdminField &field : operation.answer->fields)
            promised.append(field.name);
        promised.sort();
        QVERIFY2(!answer.rows.isEmpty(), operation.path.data());
        QCOMPARE(answer.rows.at(0).toObject().keys(), promised);
    }
}

QTEST_GUILESS_MAIN(TestAdminApi)
#include "tst_adminapi.moc"

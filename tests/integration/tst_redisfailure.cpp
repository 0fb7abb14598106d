// SPDX-License-Identifier: GPL-3.0-or-later
// When Redis cannot be used: nobody waits longer than the time-out, after the first failure nobody
// waits at all, the reason is one sentence with the remedy, and it comes back by itself.
#include "core/stores/redis/redisstore.h"
#include "tcprelay.h"
#include "tests/support/redisserver.h"
#include "tests/support/storeprobe.h"

#include <QElapsedTimer>
#include <QFile>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

using namespace sluice;
using namespace sluice::limits;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;
using test::RedisServer;
using test::StoreProbe;

namespace {

constexpr milliseconds Timeout = 400ms;
constexpr qint64 Slack = 50; ///< milliseconds
constexpr qint64 AtOnce = 5;

stores::RedisOptions quick()
{
    stores::RedisOptions options;
    options.seed = 1;
    options.firstPause = 20ms;
    options.longestPause = 200ms;
    return options;
}

StoreProbe probeOf(const config::Store &store, const stores::RedisOptions &options = quick())
{
    return StoreProbe([store, options](const CounterStore::Listener &listener) {
        return stores::makeRedisStore(store, stores::GatewayIdentity::make(), listener, options);
    });
}

StoreBatch batchOf(const QByteArray &reservation, qint64 quota = 100)
{
    StoreStep step = test::stepOf("k", Algorithm::Gcra, quota, 24h);
    step.isHeld = true;
    return {reservation, {step}};
}

/// A bucket that is full for a while.
StoreMerge surplusOf(const StoreStep &step)
{
    GcraState state{0, step.rate.quota, step.rate.period};
    state.tat = (Int128(2'000'000'000) * 1'000'000'000 + 3'600'000'000'000) * step.rate.quota;
    return {step, state};
}

config::Store storeAt(quint16 port, const QString &path = {})
{
    config::Store store;
    store.type = config::Store::Type::Redis;
    store.url = u"redis://127.0.0.1:"_s + QString::number(port) + path;
    store.connectionTimeout = Timeout;
    return store;
}

/// Answers each connection with fixed bytes as soon as it says something, or never.
class FixedServer
{
public:
    explicit FixedServer(QByteArray answer = {}) : m_answer(std::move(answer))
    {
        m_server.listen(QHostAddress::LocalHost);
        QObject::connect(&m_server, &QTcpServer::newConnection, &m_server, [this] {
            QTcpSocket *socket = m_server.nextPendingConnection();
            ++m_connections;
            QObject::connect(socket, &QTcpSocket::readyRead, socket, [this, socket] {
                socket->readAll();
                socket->write(m_answer);
            });
        });
    }

    [[nodiscard]] quint16 port() const { return m_server.serverPort(); }

    void setAnswer(const QByteArray &answer) { m_answer = answer; }

    [[nodiscard]] int connections() const { return m_connections; }

private:
    QByteArray m_answer;
    QTcpServer m_server;
    int m_connections = 0;
};

/// What HELLO and SELECT are answered with by a server of that version and role.
QByteArray greeting(const QByteArray &version, const QByteArray &role)
{
    return "*6\r\n$7\r\nversion\r\n$" + QByteArray::number(version.size()) + "\r\n" + version
        + "\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$" + QByteArray::number(role.size())
        + "\r\n" + role + "\r\n+OK\r\n";
}

/// How many milliseconds a reservation takes to be answered.
qint64 timeOf(StoreProbe &probe, const QByteArray &reservation, bool *isAnswered = nullptr)
{
    QElapsedTimer timer;
    timer.start();
    const auto answer = probe.reserve(batchOf(reservation));
    if (isAnswered != nullptr)
        *isAnswered = answer.has_value();
    return timer.elapsed();
}

/// Whether the only unit is free; leaves it so, because QTRY_VERIFY asks twice.
bool admits(StoreProbe &probe)
{
    const StoreBatch batch = batchOf("probing", 1);
    const auto answer = probe.reserve(batch);
    if (!answer || !answer->isAdmitted)
        return false;
    return probe.settle(batch.reservation, {{batch.steps[0], 0}}).has_value();
}

} // namespace

class TestRedisFailure : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void saysWhatIsWrong_data();
    void saysWhatIsWrong();
    void saysWhatAnswersWrongly_data();
    void saysWhatAnswersWrongly();
    void neverTellsThePassword();
    void refusesANewerLayout();
    void waitsForTheFirstConnectionOnly();
    void frozenServerCostsOneTimeout();
    void frozenServerIsFoundByTheLease();
    void lateCommandsDoNothing();
    void lostAnswersAreReleased_data();
    void lostAnswersAreReleased();
    void settlesWhenItIsBack();
    void comesBackAfterARestart();
    void dropsTheOldestSettlements();
    void fullServerIsDown();
    void signsIn();
    void mergesAreForgottenAfterAWeek();
    void usesTheDatabase();
    void speaksTls();
    void followsACluster();
    void asksBeforeItTakesOver();
    void givesUpOnCircles();

private:
    RedisServer m_server;
};

void TestRedisFailure::initTestCase()
{
    QCOMPARE(m_server.start(), QString());
}

void TestRedisFailure::saysWhatIsWrong_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("url"); // %1: the port
    QTest::addColumn<QString>("words");
    const QStringList none;
    QTest::newRow("wrong password") << QStringList{u"--requirepass"_s, u"right"_s}
                                    << u"redis://:wrong@127.0.0.1:%1"_s << u"WRONGPASS"_s;
    QTest::newRow("no password") << QStringList{u"--requirepass"_s, u"right"_s}
                                 << u"redis://127.0.0.1:%1"_s << u"wants a password"_s;
    QTest::newRow("unknown user") << none << u"redis://nobody:secret@127.0.0.1:%1"_s
                                  << u"WRONGPASS"_s;
    QTest::newRow("wrong database")
        << none << u"redis://127.0.0.1:%1/99"_s << u"check the number in host-url"_s;
    QTest::newRow("TLS to a plain server") << none << u"rediss://127.0.0.1:%1"_s << u"host-url"_s;
    QTest::newRow("missing certificates")
        << none << u"rediss://127.0.0.1:%1?ca-file=/nowhere/ca.pem"_s << u"/nowhere/ca.pem"_s;
    QTest::newRow("read-only replica") << QStringList{u"--replicaof"_s, u"127.0.0.1 1"_s}
                                       << u"redis://127.0.0.1:%1"_s << u"read-only replica"_s;
    QTest::newRow("unknown host") << none << u"redis://no-such-host.invalid:%1"_s
                                  << u"check the host"_s;
    QTest::newRow("no address") << none << u"http://127.0.0.1:%1"_s << u"no address of a Redis"_s;
}

void TestRedisFailure::saysWhatIsWrong()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, url);
    QFETCH(QString, words);
    RedisServer server(arguments);
    QCOMPARE(server.start(), QString());
    config::Store store = server.store(1s);
    store.url = url.arg(server.port());
    StoreProbe probe = probeOf(store);
    QVERIFY(!probe.isUp());
    const auto answer = probe.reserve(batchOf("r1"));
    QVERIFY(!answer);
    QVERIFY2(answer.error().message.contains(words), qPrintable(answer.error().message));
    QTRY_COMPARE(probe.problem(), answer.error().message);
    QVERIFY(!probe.isUp());
    QVERIFY(timeOf(probe, "r2") <= AtOnce);
}

void TestRedisFailure::saysWhatAnswersWrongly_data()
{
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<QString>("words");
    QTest::newRow("another protocol")
        << QByteArray("HTTP/1.1 400 Bad Request\r\n\r\n") << u"not as Redis does"_s;
    QTest::newRow("silence") << QByteArray() << u"in time"_s;
    QTest::newRow("an endless text")
        << QByteArray("$1000000000\r\n") + QByteArray(5'000'000, 'x') << u"not as Redis does"_s;
    QTest::newRow("a huge list") << QByteArray("*2000000000\r\n") << u"not as Redis does"_s;
    QTest::newRow("lists in lists") << QByteArray("*1\r\n").repeated(100) << u"not as Redis does"_s;
    QTest::newRow("more than was asked") << greeting("7.0.15", "master") + "+OK\r\n+OK\r\n+OK\r\n"
                                         << u"host-url"_s;
    QTest::newRow("another version") << greeting("6.2.1", "master") << u"version 6.2.1"_s;
    QTest::newRow("a very old one")
        << QByteArray("-ERR unknown command `HELLO`\r\n+OK\r\n") << u"too old"_s;
    QTest::newRow("a replica") << greeting("7.0.15", "slave") << u"read-only replica"_s;
    QTest::newRow("protected mode")
        << QByteArray("-DENIED Redis is running in protected mode\r\n") << u"protected mode"_s;
    QTest::newRow("nonsense to a decision")
        << greeting("7.0.15", "master") + "+a\r\n*2\r\n:1\r\n$4\r\nopen\r\n+what?\r\n"
        << u"something else"_s;
    QTest::newRow("loading") << QByteArray("-LOADING Redis is loading the dataset\r\n+OK\r\n")
                             << u"loading its data"_s;
}

void TestRedisFailure::saysWhatAnswersWrongly()
{
    QFETCH(QByteArray, answer);
    QFETCH(QString, words);
    FixedServer server(answer);
    StoreProbe probe = probeOf(storeAt(server.port()));
    if (words == "something else"_L1)
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"answered something else"_s));
    QVERIFY(timeOf(probe, "r1") <= Timeout.count() + Slack);
    QTRY_VERIFY(!probe.problem().isEmpty());
    QVERIFY2(probe.problem().contains(words), qPrintable(probe.problem()));
    QVERIFY(timeOf(probe, "r2") <= AtOnce);
    QTRY_VERIFY(server.connections() >= 3); // and goes on trying
    QVERIFY(!probe.isUp());
}

void TestRedisFailure::neverTellsThePassword()
{
    RedisServer server({u"--requirepass"_s, u"right"_s});
    QCOMPARE(server.start(), QString());
    config::Store store = server.store();
    store.url = u"redis://someone:hunter2@127.0.0.1:%1"_s.arg(server.port());
    StoreProbe probe = probeOf(store);
    QVERIFY(!probe.reserve(batchOf("r1")));
    QVERIFY(!probe.problem().contains(u"hunter2"_s));
    QVERIFY(probe.problem().startsWith(u"Redis at 127.0.0.1:%1 "_s.arg(server.port())));
}

void TestRedisFailure::refusesANewerLayout()
{
    m_server.ask({u"FLUSHALL"_s});
    m_server.ask({u"SET"_s, u"{sluice}:schema"_s, u"2"_s});
    {
        StoreProbe probe = probeOf(m_server.store());
        const auto answer = probe.reserve(batchOf("r1"));
        QVERIFY(!answer);
        QVERIFY2(answer.error().message.contains(u"update this gateway"_s),
            qPrintable(answer.error().message));
    }
    // Nothing has been touched, and another namespace is free.
    QCOMPARE(m_server.ask({u"KEYS"_s, u"*"_s}), u"{sluice}:schema"_s);
    config::Store store = m_server.store();
    store.keyPrefix = "other:";
    StoreProbe probe = probeOf(store);
    QVERIFY(probe.reserve(batchOf("r1")));
    m_server.ask({u"FLUSHALL"_s});
}

void TestRedisFailure::waitsForTheFirstConnectionOnly()
{
    StoreProbe probe = probeOf(storeAt(RedisServer::freePort()));
    QVERIFY(timeOf(probe, "r1") <= Timeout.count() + Slack);
    QTRY_VERIFY(probe.problem().contains(u"refuses the connection"_s));
    for (int i = 0; i < 10; ++i)
        QVERIFY(timeOf(probe, "r" + QByteArray::number(i)) <= AtOnce);
    QCOMPARE(probe.notices().size(), 1U); // said once
}

void TestRedisFailure::frozenServerCostsOneTimeout()
{
    m_server.ask({u"FLUSHALL"_s});
    StoreProbe probe = probeOf(m_server.store(Timeout));
    QVERIFY(probe.reserve(batchOf("r1")));
    m_server.freeze();
    bool isAnswered = true;
    const qint64 first = timeOf(probe, "r2", &isAnswered);
    QVERIFY(!isAnswered);
    QVERIFY2(first >= Timeout.count() - 1 && first <= Timeout.count() + Slack,
        qPrintable(QString::number(first)));
    QVERIFY(!probe.isUp());
    QVERIFY(probe.problem().contains(u"frozen"_s));
    for (int i = 0; i < 10; ++i)
        QVERIFY(timeOf(probe, "x" + QByteArray::number(i)) <= AtOnce);
    m_server.thaw();
    QTRY_VERIFY(probe.isUp());
    QVERIFY(probe.reserve(batchOf("r3")));
}

void TestRedisFailure::frozenServerIsFoundByTheLease()
{
    stores::RedisOptions options = quick();
    options.renewal = 50ms;
    StoreProbe probe = probeOf(m_server.store(Timeout), options);
    QTRY_VERIFY(probe.isUp());
    m_server.freeze();
    QTRY_VERIFY(!probe.isUp()); // nobody has asked anything
    m_server.thaw();
    QTRY_VERIFY(probe.isUp());
}

void TestRedisFailure::lateCommandsDoNothing()
{
    m_server.ask({u"FLUSHALL"_s});
    StoreProbe probe = probeOf(m_server.store(Timeout));
    QTRY_VERIFY(probe.isUp());
    m_server.freeze();
    StoreBatch batch = batchOf("late");
    batch.steps[0].isHeld = false; // so that nothing could give it back
    QVERIFY(!probe.reserve(batch));
    m_server.thaw();
    QTRY_VERIFY(probe.isUp());
    const auto answer = probe.reserve(batchOf("r2", 1));
    QVERIFY(answer);
    QVERIFY(answer->isAdmitted); // the only unit was free
}

void TestRedisFailure::lostAnswersAreReleased_data()
{
    QTest::addColumn<int>("algorithm");
    QTest::addColumn<bool>("isHeld");
    for (const bool isHeld : {false, true}) {
        const char *how = isHeld ? "held" : "not held";
        QTest::addRow("gcra, %s", how) << static_cast<int>(Algorithm::Gcra) << isHeld;
        QTest::addRow("window, %s", how) << static_cast<int>(Algorithm::SlidingWindow) << isHeld;
        QTest::addRow("calendar, %s", how) << static_cast<int>(Algorithm::CalendarWindow) << isHeld;
    }
    QTest::newRow("slots") << static_cast<int>(Algorithm::Concurrency) << true;
}

void TestRedisFailure::lostAnswersAreReleased()
{
    QFETCH(int, algorithm);
    QFETCH(bool, isHeld);
    m_server.ask({u"FLUSHALL"_s});
    test::TcpRelay relay(m_server.port());
    StoreProbe probe = probeOf(storeAt(relay.port()));
    StoreBatch batch = batchOf("kept", 5);
    batch.steps[0].algorithm = static_cast<Algorithm>(algorithm);
    batch.steps[0].period = {0ms, std::chrono::milliseconds(std::numeric_limits<qint64>::max())};
    batch.steps[0].isHeld = isHeld;
    const auto kept = probe.reserve(batch);
    QVERIFY(kept);
    // The server does it, but the connection breaks before the answer arrives.
    relay.breaksOffNextAnswer = true;
    batch.reservation = "lost";
    QVERIFY(!probe.reserve(batch));
    QVERIFY(!relay.breaksOffNextAnswer);
    QTRY_VERIFY(probe.isUp());
    // Nothing of it stays: the counter is as it was, but for the time that has passed.
    StoreStep look = batch.steps[0];
    look.cost = look.rate.quota + 1;
    const auto isAsBefore = [&] {
        const auto answer = probe.reserve({"looks", {look}});
        if (!answer || answer->readings[0].reserved != kept->readings[0].reserved)
            return false;
        const CounterState &state = answer->readings[0].state;
        if (const auto *bucket = std::get_if<GcraState>(&state))
            return bucket->tat - std::get<GcraState>(kept->readings[0].state).tat
                < static_cast<Int128>(MicroPerUnit) * 1'000'000'000; // at most a second later
        return state == kept->readings[0].state;
    };
    QTRY_VERIFY(isAsBefore());
    // Also once it would have been too late for the command.
    QDeadlineTimer passed(2 * Timeout.count());
    QTRY_VERIFY(passed.hasExpired());
    QVERIFY(isAsBefore());
}

void TestRedisFailure::settlesWhenItIsBack()
{
    m_server.ask({u"FLUSHALL"_s});
    StoreProbe probe = probeOf(m_server.store(Timeout));
    const StoreBatch batch = batchOf("r1", 1);
    QVERIFY(probe.reserve(batch)->isAdmitted);
    QVERIFY(!probe.reserve(batchOf("r2", 1))->isAdmitted);
    m_server.freeze();
    QVERIFY(!probe.reserve(batchOf("r3", 1)));
    QVERIFY(!probe.isUp());
    probe.store().settle("r1", {{batch.steps[0], 0}});
    m_server.thaw();
    QTRY_VERIFY(probe.isUp());
    QTRY_VERIFY(admits(probe));
}

void TestRedisFailure::comesBackAfterARestart()
{
    RedisServer server;
    QCOMPARE(server.start(), QString());
    StoreProbe probe = probeOf(server.store(Timeout));
    QVERIFY(probe.reserve(batchOf("r1")));
    server.kill();
    QVERIFY(timeOf(probe, "r2") <= Timeout.count() + Slack);
    QVERIFY(!probe.isUp());
    QVERIFY(timeOf(probe, "r3") <= AtOnce);
    QCOMPARE(server.start(), QString());
    QTRY_VERIFY(probe.isUp()); // the script is loaded again
    QVERIFY(probe.reserve(batchOf("r4"))->isAdmitted);
    QVERIFY(probe.notices().size() >= 3U);
}

void TestRedisFailure::dropsTheOldestSettlements()
{
    RedisServer server;
    QCOMPARE(server.start(), QString());
    stores::RedisOptions options = quick();
    options.mostSettlements = 2;
    StoreProbe probe = probeOf(server.store(Timeout), options);
    StoreBatch batch = batchOf("r1", 3);
    for (const char *name : {"r1", "r2", "r3"})
        QVERIFY(probe.reserve({name, batch.steps})->isAdmitted);
    server.freeze();
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"the oldest is dropped"_s));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"settlements were dropped"_s));
    QVERIFY(!probe.reserve({"r4", batch.steps}));
    for (const char *name : {"r1", "r2", "r3"})
        probe.store().settle(name, {{batch.steps[0], 0}});
    server.thaw();
    QTRY_VERIFY(probe.isUp());
    QTRY_COMPARE(server.ask({u"HGET"_s, u"{sluice}:c:k"_s, u"h:r3"_s}), QString());
    QTRY_COMPARE(server.ask({u"HGET"_s, u"{sluice}:c:k"_s, u"h:r2"_s}), QString());
    QVERIFY(!server.ask({u"HGET"_s, u"{sluice}:c:k"_s, u"h:r1"_s}).isEmpty());
}

void TestRedisFailure::fullServerIsDown()
{
    RedisServer server;
    QCOMPARE(server.start(), QString());
    StoreProbe probe = probeOf(server.store(5s));
    QVERIFY(probe.reserve(batchOf("r1")));
    server.ask({u"CONFIG"_s, u"SET"_s, u"maxmemory"_s, u"1"_s});
    const auto answer = probe.reserve(batchOf("r2"));
    QVERIFY(!answer);
    QVERIFY2(
        answer.error().message.contains(u"out of memory"_s), qPrintable(answer.error().message));
    QVERIFY(!probe.isUp());
    server.ask({u"CONFIG"_s, u"SET"_s, u"maxmemory"_s, u"0"_s});
    QTRY_VERIFY(probe.isUp());
}

void TestRedisFailure::signsIn()
{
    // The second user may do what docs/stores.md says is enough.
    RedisServer server({u"--requirepass"_s, u"p:a@s/s"_s, u"--user"_s, u"gateway"_s, u"on"_s,
        u">secret"_s, u"~{sluice}:*"_s, u"+@connection"_s, u"+script|load"_s, u"+eval"_s,
        u"+evalsha"_s, u"+time"_s, u"+get"_s, u"+set"_s, u"+del"_s, u"+hget"_s, u"+hmget"_s,
        u"+hgetall"_s, u"+hset"_s, u"+hdel"_s, u"+pexpire"_s, u"+zadd"_s, u"+zscore"_s,
        u"+zremrangebyscore"_s});
    QCOMPARE(server.start(), QString());
    for (const QString &who : {u":p%3Aa%40s%2Fs"_s, u"gateway:secret"_s}) {
        config::Store store = server.store();
        store.url = u"redis://%1@127.0.0.1:%2"_s.arg(who, QString::number(server.port()));
        stores::RedisOptions options = quick();
        options.renewal = 10ms;
        StoreProbe probe = probeOf(store, options);
        const StoreBatch batch = batchOf("r1");
        const auto answer = probe.reserve(batch);
        QVERIFY2(answer, qPrintable(probe.problem()));
        QVERIFY(probe.settle("r1", {{batch.steps[0], 0}}));
        QVERIFY(probe.merge({surplusOf(batch.steps[0])}));
        QDeadlineTimer passed(50);
        QTRY_VERIFY(passed.hasExpired()); // some leases
        QVERIFY2(probe.isUp(), qPrintable(probe.problem()));
    }
}

void TestRedisFailure::mergesAreForgottenAfterAWeek()
{
    m_server.ask({u"FLUSHALL"_s});
    StoreProbe probe = probeOf(m_server.store());
    QVERIFY(probe.merge({surplusOf(batchOf("r1").steps[0])}, "known"));
    const qint64 left = m_server.ask({u"PTTL"_s, u"{sluice}:m:known"_s}).toLongLong();
    constexpr qint64 Week = 7 * 24 * 3'600'000;
    QVERIFY2(left > Week - 60'000 && left <= Week, QByteArray::number(left).constData());
}

void TestRedisFailure::usesTheDatabase()
{
    m_server.ask({u"FLUSHALL"_s});
    config::Store store = m_server.store();
    store.url += u"/3"_s;
    StoreProbe probe = probeOf(store);
    QVERIFY(probe.reserve(batchOf("r1")));
    QCOMPARE(m_server.ask({u"DBSIZE"_s}), u"0"_s);
    QCOMPARE(m_server.ask({u"-n"_s, u"3"_s, u"GET"_s, u"{sluice}:schema"_s}), u"1"_s);
    QVERIFY(m_server.ask({u"CLIENT"_s, u"LIST"_s}).contains(u"name=sluice"_s));
}

void TestRedisFailure::speaksTls()
{
    const QTemporaryDir folder;
    const QString key = folder.filePath(u"key.pem"_s);
    const QString certificate = folder.filePath(u"certificate.pem"_s);
    QProcess openssl;
    openssl.start(u"openssl"_s,
        {u"req"_s, u"-x509"_s, u"-newkey"_s, u"ec"_s, u"-pkeyopt"_s,
            u"ec_paramgen_curve:prime256v1"_s, u"-nodes"_s, u"-keyout"_s, key, u"-out"_s,
            certificate, u"-days"_s, u"2"_s, u"-subj"_s, u"/CN=localhost"_s, u"-addext"_s,
            u"subjectAltName=DNS:localhost,IP:127.0.0.1"_s});
    QVERIFY(openssl.waitForFinished());
    QVERIFY(QFile::exists(certificate));
    const quint16 port = RedisServer::freePort();
    RedisServer server({u"--tls-port"_s, QString::number(port), u"--tls-cert-file"_s, certificate,
        u"--tls-key-file"_s, key, u"--tls-ca-cert-file"_s, certificate, u"--tls-auth-clients"_s,
        u"no"_s});
    QCOMPARE(server.start(), QString());
    config::Store store = server.store();
    store.url = u"rediss://127.0.0.1:%1?ca-file=%2"_s.arg(port).arg(certificate);
    {
        StoreProbe probe = probeOf(store);
        const auto answer = probe.reserve(batchOf("r1"));
        QVERIFY2(answer, qPrintable(probe.problem()));
    }
    store.url = u"rediss://127.0.0.1:%1"_s.arg(port);
    StoreProbe stranger = probeOf(store);
    QVERIFY(!stranger.reserve(batchOf("r2")));
    QVERIFY2(stranger.problem().contains(u"ca-file"_s), qPrintable(stranger.problem()));
    store.url = u"redis://127.0.0.1:%1"_s.arg(port);
    StoreProbe plain = probeOf(store);
    QVERIFY(!plain.reserve(batchOf("r3")));
    QVERIFY2(plain.problem().contains(u"host-url"_s), qPrintable(plain.problem()));
}

void TestRedisFailure::followsACluster()
{
    const QStringList clustered{u"--cluster-enabled"_s, u"yes"_s};
    RedisServer keeper(clustered);
    RedisServer redirecting(clustered);
    if (keeper.port() > 55'000 || redirecting.port() > 55'000)
        QSKIP("the cluster's own port would be out of range");
    QCOMPARE(keeper.start(), QString());
    QCOMPARE(redirecting.start(), QString());
    keeper.ask({u"CLUSTER"_s, u"ADDSLOTSRANGE"_s, u"0"_s, u"16383"_s});
    keeper.ask({u"CLUSTER"_s, u"MEET"_s, u"127.0.0.1"_s, QString::number(redirecting.port())});
    QTRY_VERIFY_WITH_TIMEOUT(
        redirecting.ask({u"CLUSTER"_s, u"INFO"_s}).contains(u"cluster_state:ok"_s), 20'000);
    StoreProbe probe = probeOf(redirecting.store());
    const auto answer = probe.reserve(batchOf("r1"));
    QVERIFY2(answer, qPrintable(probe.problem()));
    QVERIFY(answer->isAdmitted);
    QVERIFY(keeper.ask({u"EXISTS"_s, u"{sluice}:c:k"_s}).contains(u'1'));
}

/// What a node of a cluster answers whose keys are elsewhere.
QByteArray elsewhere(const char *how, quint16 port)
{
    return greeting("7.0.15", "master") + "$40\r\n" + QByteArray(40, 'a') + "\r\n-" + how
        + " 866 127.0.0.1:" + QByteArray::number(port) + "\r\n";
}

void TestRedisFailure::asksBeforeItTakesOver()
{
    m_server.ask({u"FLUSHALL"_s});
    m_server.ask({u"CONFIG"_s, u"RESETSTAT"_s});
    FixedServer leaving(elsewhere("ASK", m_server.port()));
    StoreProbe probe = probeOf(storeAt(leaving.port()));
    const auto answer = probe.reserve(batchOf("r1"));
    QVERIFY2(answer, qPrintable(probe.problem()));
    QVERIFY(m_server.ask({u"INFO"_s, u"commandstats"_s}).contains(u"cmdstat_asking:calls=2"_s));
}

void TestRedisFailure::givesUpOnCircles()
{
    FixedServer server;
    server.setAnswer(elsewhere("MOVED", server.port()));
    StoreProbe probe = probeOf(storeAt(server.port()));
    QVERIFY(timeOf(probe, "r1") <= Timeout.count() + Slack);
    QTRY_VERIFY(!probe.problem().isEmpty());
    QVERIFY2(probe.problem().contains(u"in circles"_s), qPrintable(probe.problem()));
}

QTEST_GUILESS_MAIN(TestRedisFailure)
#include "tst_redisfailure.moc"

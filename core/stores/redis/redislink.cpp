// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/redis/redislink.h"

#include "core/stores/redis/redisproblem.h"

#include <QRandomGenerator>

namespace sluice::stores {

using namespace Qt::StringLiterals;

namespace {

constexpr int OldestServer = 7;
constexpr int MostRedirects = 5;
constexpr milliseconds LongestFarewell{500};
constexpr milliseconds Stable{1'000}; ///< has been up for so long: pauses begin anew
constexpr const char *ClientName = "sluice";
constexpr QStringView NoRedis = u"answers, but not as Redis does: check host and port in host-url";

qint64 microseconds(EngineTime time)
{
    return std::chrono::floor<std::chrono::microseconds>(time).count();
}

/// A field of the flat list that HELLO answers.
QByteArray field(const RedisValue &hello, const char *name)
{
    for (size_t i = 0; i + 1 < hello.items.size(); i += 2) {
        if (hello.items[i].text == name)
            return hello.items[i + 1].text;
    }
    return {};
}

} // namespace

RedisLink::RedisLink(config::RedisAddress address, milliseconds timeout,
    const CounterScript &script, const RedisOptions &options)
    : m_address(std::move(address)),
      m_timeout(timeout),
      m_script(script),
      m_options(options),
      m_retry(this),
      m_renewal(this),
      m_pause(options.firstPause),
      m_random(options.seed != 0 ? options.seed : QRandomGenerator::system()->generate())
{
    m_retry.setSingleShot(true);
    connect(&m_retry, &QTimer::timeout, this, [this] { connectTo(m_address); });
    connect(&m_renewal, &QTimer::timeout, this, &RedisLink::renewLease);
}

RedisLink::~RedisLink()
{
    finish();
}

void RedisLink::start()
{
    connectTo(m_address);
}

// --- connecting --------------------------------------------------------------------------------

void RedisLink::connectTo(const config::RedisAddress &address)
{
    m_node = address;
    if (m_redirects == 0)
        m_attempt = QDeadlineTimer(m_timeout, Qt::PreciseTimer);
    m_connection = new RedisConnection(m_node, this);
    connect(m_connection, &RedisConnection::connected, this, &RedisLink::signIn);
    connect(m_connection, &RedisConnection::failed, this, &RedisLink::fail);
    m_connection->open(m_attempt);
}

/// The first round: who we are, and which database.
void RedisLink::signIn()
{
    RedisCommand hello(QByteArrayView("HELLO"), QByteArrayView("2"));
    if (!m_address.password.isEmpty()) {
        const QByteArray user = m_address.user.toUtf8();
        hello.add(QByteArrayView("AUTH"));
        hello.add(user.isEmpty() ? QByteArrayView("default") : QByteArrayView(user));
        hello.add(m_address.password.toUtf8());
    }
    hello.add(QByteArrayView("SETNAME"));
    hello.add(QByteArrayView(ClientName));
    RedisCommand select(QByteArrayView("SELECT"));
    select.add(m_address.database);
    const auto greeting = std::make_shared<RedisValue>();
    m_connection->send(hello, m_attempt, [this, greeting](const RedisValue *reply) {
        if (reply != nullptr && !failOn(*reply))
            *greeting = *reply;
    });
    m_connection->send(select, m_attempt, [this, greeting](const RedisValue *reply) {
        if (reply != nullptr)
            signedIn(*greeting, *reply);
    });
}

void RedisLink::signedIn(const RedisValue &hello, const RedisValue &database)
{
    const QByteArray version = field(hello, "version");
    if (version.isEmpty())
        return fail(NoRedis.toString());
    if (version.left(version.indexOf('.')).toInt() < OldestServer)
        return fail(u"is too old (version "_s + QString::fromUtf8(version)
            + u"): it takes Redis 7 or Valkey"_s);
    const QByteArray role = field(hello, "role");
    if (role == "slave" || role == "replica")
        return fail(u"is a read-only replica: name its primary in host-url"_s);
    if (failOn(database))
        return;
    load();
}

/// The second round, in the right database: the script and the layout.
void RedisLink::load()
{
    const RedisCommand script(
        QByteArrayView("SCRIPT"), QByteArrayView("LOAD"), QByteArrayView(CounterScriptText));
    const RedisCommand byHash(QByteArrayView("EVALSHA"), CounterScript::hash());
    const qint64 testTime = m_options.testTime ? m_options.testTime() : 0;
    if (m_isAsking)
        m_connection->send(RedisCommand(QByteArrayView("ASKING")), m_attempt, [](auto *) {});
    m_connection->send(script, m_attempt, [this](const RedisValue *reply) {
        if (reply != nullptr && reply->isError())
            failOn(*reply);
    });
    m_connection->send(
        m_script.open({0, testTime}), m_attempt,
        [this](const RedisValue *reply) {
            if (reply != nullptr)
                opened(*reply);
        },
        byHash);
}

void RedisLink::opened(const RedisValue &reply)
{
    if (failOn(reply))
        return;
    const QByteArray &result = reply.at(1).text;
    if (result == "foreign")
        return fail(u"keeps something else under key-prefix: take another one"_s);
    if (result == "newer") {
        return fail(u"is used by a newer version of Sluice (layout "_s
            + QString::fromUtf8(reply.at(2).text) + u", this one knows "_s
            + QString::number(RedisSchema)
            + u"): update this gateway, or take another key-prefix"_s);
    }
    if (result != "open")
        return fail(NoRedis.toString());
    learnTime(reply);
    m_state = State::Up;
    m_problem.clear();
    m_redirects = 0;
    m_upFor.start();
    m_renewal.start(m_options.renewal);
    Q_EMIT up();
}

/// Also finds a server that has frozen while nobody asks.
void RedisLink::renewLease()
{
    if (m_state != State::Up)
        return;
    const qint64 testTime = m_options.testTime ? m_options.testTime() : 0;
    run(m_script.renewLease({0, testTime}), QDeadlineTimer(m_timeout, Qt::PreciseTimer),
        [](const RedisValue *) {});
}

// --- commands ----------------------------------------------------------------------------------

void RedisLink::run(const RedisCommand &arguments, QDeadlineTimer deadline, Replied replied)
{
    Q_ASSERT(m_state == State::Up);
    static const RedisCommand s_byHash(QByteArrayView("EVALSHA"), CounterScript::hash());
    evaluate(s_byHash, arguments, deadline, std::move(replied));
}

void RedisLink::evaluate(const RedisCommand &script, const RedisCommand &arguments,
    QDeadlineTimer deadline, Replied replied)
{
    if (m_isAsking)
        m_connection->send(RedisCommand(QByteArrayView("ASKING")), deadline, [](auto *) {});
    m_connection->send(
        arguments, deadline,
        [this, arguments, deadline, replied = std::move(replied)](
            const RedisValue *reply) { answer(arguments, deadline, replied, reply); },
        script);
}

void RedisLink::answer(const RedisCommand &arguments, QDeadlineTimer deadline,
    const Replied &replied, const RedisValue *reply)
{
    if (reply == nullptr)
        return replied(nullptr);
    if (!reply->isError()) {
        learnTime(*reply);
        return replied(reply);
    }
    if (reply->text.startsWith("NOSCRIPT") && m_state == State::Up) {
        // Somebody has emptied the script cache; this puts it back.
        static const RedisCommand s_byText(
            QByteArrayView("EVAL"), QByteArrayView(CounterScriptText));
        return evaluate(s_byText, arguments, deadline, replied);
    }
    if (failOn(*reply))
        return replied(nullptr);
    replied(reply);
}

/// Whether the error ends the connection; if so everybody is told.
bool RedisLink::failOn(const RedisValue &reply)
{
    if (!reply.isError())
        return false;
    if (follow(reply.text))
        return true;
    std::optional<QString> problem = redisProblem(reply.text);
    if (!problem && m_state == State::Up)
        return false;
    fail(problem.value_or(u"does not answer as expected ("_s
        + QString::fromUtf8(reply.text.left(120)).simplified() + u"): check host-url"_s));
    return true;
}

/// A cluster knows better who has the keys. All of them are in one slot, so one node has them.
bool RedisLink::follow(const QByteArray &error)
{
    const std::optional<RedisRedirect> redirect = redisRedirect(error);
    if (!redirect || m_redirects >= MostRedirects)
        return false;
    config::RedisAddress node = m_address;
    node.host = redirect->host.isEmpty() ? m_node.host : redirect->host;
    node.port = redirect->port;
    if (m_state == State::Up) {
        m_attempt = QDeadlineTimer(m_timeout, Qt::PreciseTimer);
        m_state = State::Down;
        m_problem = redisName(m_node) + u" has given the keys to another node of its cluster"_s;
    }
    ++m_redirects;
    m_isAsking = redirect->isAsk;
    const bool wasUp = m_renewal.isActive();
    drop();
    if (wasUp)
        Q_EMIT down(m_problem);
    connectTo(node);
    return true;
}

// --- failing -----------------------------------------------------------------------------------

void RedisLink::fail(const QString &problem)
{
    // What fails again as soon as it is up is not tried all the time.
    if (m_state == State::Up && m_upFor.elapsed() > Stable.count())
        m_pause = m_options.firstPause;
    const QString sentence = redisName(m_node) + u' ' + problem;
    const bool isNew = m_state != State::Down || sentence != m_problem;
    m_state = State::Down;
    m_problem = sentence;
    m_redirects = 0;
    m_isAsking = false;
    drop();
    schedule();
    if (isNew)
        Q_EMIT down(m_problem);
}

/// Closes, and tells all who wait; they already see the link as down.
void RedisLink::drop()
{
    m_renewal.stop();
    const QPointer<RedisConnection> connection = std::exchange(m_connection, nullptr);
    if (connection.isNull())
        return;
    connection->disconnect(this);
    connection->close();
    if (!connection.isNull())
        connection->deleteLater();
}

void RedisLink::schedule()
{
    // Between three and five quarters, so that gateways do not come back all at once.
    const qint64 quarter = m_pause.count() / 4;
    std::uniform_int_distribution<qint64> jitter(-quarter, quarter);
    m_retry.start(m_pause + milliseconds(jitter(m_random)));
    m_pause = std::min(m_pause * 2, m_options.longestPause);
}

void RedisLink::finish()
{
    if (m_connection && m_state == State::Up)
        m_connection->finish(QDeadlineTimer(LongestFarewell));
    m_state = State::Down;
    m_retry.stop();
    m_problem = u"the store is being closed"_s;
    drop();
}

// --- time --------------------------------------------------------------------------------------

// The answer has been on its way for a while, so the server's clock is further by now: what is
// estimated is never ahead of it, and a command's last moment never too late.
void RedisLink::learnTime(const RedisValue &reply)
{
    if (reply.at(0).type == RedisValue::Type::Integer)
        m_timeAhead = reply.at(0).integer - microseconds(m_options.clock->now());
}

qint64 RedisLink::serverTime() const
{
    return microseconds(m_options.clock->now()) + m_timeAhead;
}

} // namespace sluice::stores

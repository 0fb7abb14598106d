// SPDX-License-Identifier: GPL-3.0-or-later
// A session counts on from where the last one has ended, through stops and starts, and says when it
// cannot keep what it counts.
#include "core/config/loader.h"
#include "core/limits/limiter.h"
#include "core/session/gatewaysession.h"

#include <QDir>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using session::GatewaySession;

namespace {

limits::Decision ask(GatewaySession &session)
{
    limits::Subject subject;
    subject.apiKey = "ci";
    return session.limiter().explain(subject);
}

void count(GatewaySession &session, int requests)
{
    limits::Subject subject;
    subject.apiKey = "ci";
    for (int i = 0; i < requests; ++i)
        session.limiter().reserve(subject);
}

MicroAmount used(GatewaySession &session)
{
    return ask(session).chain.front().usage.used / MicroPerUnit;
}

} // namespace

class TestKeptCounters : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();

    void goOnInTheNextSession();
    void endWithTheSessionUnlessTheyAreKept();
    void problemsAreSaid();

private:
    void start(GatewaySession &session) const;

    std::unique_ptr<QTemporaryDir> m_folder;
    SystemClock m_clock;
};

void TestKeptCounters::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_folder = std::make_unique<QTemporaryDir>();
}

void TestKeptCounters::start(GatewaySession &session) const
{
    const auto loaded =
        config::load("server: {port: 0, workers: 1}\nglobal:\n  rate-limit:\n    usage-limits:\n"
                     "      - {name: day, per: api-key, requests: 1000, period: 24h}\n",
            QProcessEnvironment::systemEnvironment());
    QVERIFY(loaded.configuration);
    QVERIFY(session.start(loaded.configuration, u"config.yaml"_s));
}

void TestKeptCounters::goOnInTheNextSession()
{
    {
        GatewaySession session(m_clock);
        session.keepCounters(m_folder->path());
        start(session);
        QCOMPARE(used(session), 0);
        count(session, 3);
        session.stop(0ms);
        count(session, 1); // nobody keeps it now, and it is not lost
        start(session);
        QCOMPARE(used(session), 4);
        count(session, 2);
    } // as the window is closed
    GatewaySession session(m_clock);
    session.keepCounters(m_folder->path());
    start(session);
    QCOMPARE(used(session), 6);
    session.stop(0ms);
}

void TestKeptCounters::endWithTheSessionUnlessTheyAreKept()
{
    for (int i = 0; i < 2; ++i) {
        GatewaySession session(m_clock);
        start(session);
        QCOMPARE(used(session), 0);
        count(session, 3);
    }
}

void TestKeptCounters::problemsAreSaid()
{
    const QString path = m_folder->filePath(u"counters.sqlite"_s);
    QVERIFY(QDir().mkpath(path)); // no file can be there
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"^counters are in memory only: "_s));
    GatewaySession session(m_clock);
    QSignalSpy spy(&session, &GatewaySession::storeProblem);
    session.keepCounters(m_folder->path());
    start(session);
    QTRY_COMPARE(spy.size(), 1);
    QCOMPARE(spy[0][0].value<GatewaySession::Store>(), GatewaySession::Store::Counters);
    QVERIFY(spy[0][1].toString().contains(u"counters.sqlite"_s));
    count(session, 3);
    QVERIFY(QDir().rmdir(path));
    session.stop(0ms); // which tries once more
    QTRY_COMPARE(spy.size(), 2);
    QCOMPARE(spy[1][1].toString(), QString());
    GatewaySession next(m_clock);
    next.keepCounters(m_folder->path());
    start(next);
    QCOMPARE(used(next), 3);
}

QTEST_GUILESS_MAIN(TestKeptCounters)
#include "tst_keptcounters.moc"

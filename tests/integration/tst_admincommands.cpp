// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl limits, reset, raise, block and unblock as processes: on the running gateway that has
// the data directory, and on its files when there is none; and who has the directory.
#include "adminstage.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTest>

#include <csignal>

using namespace sluice;
using namespace Qt::StringLiterals;
using test::AdminStage;
using test::CtlProcess;

class TestAdminCommands : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void showsLimits();
    void watchesLimits();
    void resets();
    void raises();
    void blocks();
    void worksOnFiles();
    void countsOnFiles();
    void readsTheCommandLine_data();
    void readsTheCommandLine();
    void saysWhatIsWrong_data();
    void saysWhatIsWrong();
    void goesWhereItIsTold();

    void oneGatewayAtATime();
    void startsAgainAfterAKill();
    void findsTheConfigurationOfADirectory();
    void twoConfigurationsSideBySide();
    void saysWhoHasTheDirectory();

private:
    [[nodiscard]] QStringList audited() const;

    std::unique_ptr<AdminStage> m_stage;
};

void TestAdminCommands::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_stage = std::make_unique<AdminStage>();
}

void TestAdminCommands::cleanup()
{
    m_stage.reset();
}

/// What the audit says was done, in order.
QStringList TestAdminCommands::audited() const
{
    QStringList actions;
    for (const auto &row : m_stage->rows({u"sql"_s, u"SELECT action FROM audit ORDER BY id"_s}))
        actions += row["action"_L1].toString();
    return actions;
}

void TestAdminCommands::showsLimits()
{
    QVERIFY(m_stage->serve());
    for (int i = 0; i < 3; ++i)
        QCOMPARE(m_stage->spend(), 200);
    QCOMPARE(m_stage->spend("app"), 200);
    const QStringList fields{u"limit"_s, u"mode"_s, u"quota"_s, u"remaining"_s, u"reserved"_s,
        u"resets_at"_s, u"scope"_s, u"segment"_s, u"source"_s, u"store"_s, u"unit"_s, u"used"_s,
        u"value"_s}; // sorted
    const QJsonArray all = m_stage->rows({u"limits"_s});
    QVERIFY(all.size() >= 5);
    QCOMPARE(all.at(0)["limit"_L1].toString(), u"keys"_s);
    QCOMPARE(all.at(0)["value"_L1].toString(), u"ci"_s);
    QCOMPARE(all.at(0)["used"_L1].toInteger(), 3);
    QCOMPARE(all.at(0)["remaining"_L1].toInteger(), 7);
    QVERIFY(all.at(0)["source"_L1].toString().startsWith("gw.yaml:"_L1));
    for (const auto &row : all)
        QCOMPARE(row.toObject().keys(), fields);
    const QJsonArray money = m_stage->rows({u"limits"_s, u"money"_s});
    QCOMPARE(money.size(), 2);
    QCOMPARE(money.at(0)["quota"_L1].toInteger(), 500'000'000);
    QVERIFY(money.at(0)["used"_L1].toInteger() > 0);
    QCOMPARE(m_stage->rows({u"limits"_s, u"--max"_s, u"1"_s}).size(), 1);
    QVERIFY(m_stage->command.errors().contains("only the 1 tightest"));
    QCOMPARE(m_stage->run({u"limits"_s, u"--format"_s, u"csv"_s}), 0);
    QVERIFY(m_stage->command.output().startsWith(
        "limit,scope,segment,value,unit,quota,used,reserved,remaining,resets_at,mode,store,source\n"
        "keys,global,api-key,ci,request,10,3,0,7,"));
    QCOMPARE(m_stage->run({u"limits"_s, u"money"_s}), 0);
    QVERIFY2(m_stage->command.output().contains("$5.00"), m_stage->command.output().constData());
}

void TestAdminCommands::watchesLimits()
{
    QVERIFY(m_stage->serve());
    QCOMPARE(m_stage->spend(), 200);
    CtlProcess watch;
    watch.launch({u"limits"_s, u"keys"_s, u"--watch"_s, u"--format"_s, u"csv"_s, u"--data-dir"_s,
        m_stage->dataDir()});
    QTRY_VERIFY(watch.output().contains("\nkeys,global,api-key,ci,request,10,1,"));
    QCOMPARE(m_stage->spend(), 200);
    QTRY_VERIFY(watch.output().contains("\nkeys,global,api-key,ci,request,10,2,"));
    m_stage->server->signal(SIGKILL);
    QCOMPARE(watch.wait(), 1); // there is nothing to watch any more
    QVERIFY(watch.errors().contains("does not answer"));
    QCOMPARE(m_stage->run({u"limits"_s, u"--watch"_s}), 1);
    QVERIFY(m_stage->command.errors().contains("nothing to watch"));
}

void TestAdminCommands::resets()
{
    QVERIFY(m_stage->serve());
    for (int i = 0; i < 10; ++i)
        QCOMPARE(m_stage->spend(), 200);
    QCOMPARE(m_stage->spend(), 429);
    QCOMPARE(m_stage->spend("app"), 200);
    QCOMPARE(m_stage->run({u"reset"_s, u"keys"_s, u"ci"_s}), 0);
    QCOMPARE(m_stage->command.output(), "reset keys of ci\n"_ba);
    QCOMPARE(m_stage->spend(), 200);
    QCOMPARE(m_stage->run({u"reset"_s, u"keys"_s, u"nobody"_s}), 0);
    QVERIFY(m_stage->command.output().startsWith("nothing had been counted"));
    QCOMPARE(m_stage->run({u"reset"_s, u"keys"_s}), 0);
    for (const auto &row : m_stage->rows({u"limits"_s, u"keys"_s}))
        QCOMPARE(row["used"_L1].toInteger(-1), 0);
    QCOMPARE(m_stage->run({u"reset"_s, u"all"_s, u""_s}), 0);
    // A counter that says nothing is dropped sooner or later.
    for (const auto &row : m_stage->rows({u"limits"_s, u"all"_s}))
        QCOMPARE(row["used"_L1].toInteger(-1), 0);
    QCOMPARE(audited(), (QStringList{u"reset"_s, u"reset all"_s, u"reset"_s}));
}

void TestAdminCommands::raises()
{
    QVERIFY(m_stage->serve());
    QCOMPARE(m_stage->run({u"raise"_s, u"keys"_s, u"ci"_s, u"5"_s, u"--for"_s, u"2h"_s}), 0);
    QVERIFY2(m_stage->command.output().startsWith("raised keys for ci by 5 requests until 2"),
        m_stage->command.output().constData());
    for (int i = 0; i < 15; ++i)
        QCOMPARE(m_stage->spend(), 200);
    QCOMPARE(m_stage->spend(), 429);
    QCOMPARE(m_stage->run({u"raise"_s, u"money"_s, u"app"_s, u"2.50"_s, u"--for"_s, u"1d"_s}), 0);
    QVERIFY(m_stage->command.output().contains("by 2.5 cents"));
    const QJsonArray list = m_stage->rows({u"raise"_s, u"--list"_s});
    QCOMPARE(list.size(), 2);
    QCOMPARE(list.at(1)["amount"_L1].toInteger(), 2'500'000);
    QCOMPARE(list.at(1)["unit"_L1].toString(), u"micro-cent"_s);
    QCOMPARE(m_stage->run({u"raise"_s, u"keys"_s, u"ci"_s, u"--end"_s}), 0);
    QCOMPARE(m_stage->run({u"raise"_s, u"keys"_s, u"ci"_s, u"--end"_s}), 1);
    QVERIFY(m_stage->command.errors().contains("keys is not raised for ci"));
    QCOMPARE(m_stage->rows({u"raise"_s, u"--list"_s}).size(), 1);
    QCOMPARE(audited(), (QStringList{u"raise"_s, u"raise"_s, u"end raise"_s}));
}

void TestAdminCommands::blocks()
{
    QVERIFY(m_stage->serve());
    QCOMPARE(m_stage->spend(), 200);
    QCOMPARE(m_stage->run({u"block"_s, u"api-key"_s, u"ci"_s}), 0);
    QCOMPARE(m_stage->command.output(), "blocked api-key ci until it is unblocked\n"_ba);
    QCOMPARE(m_stage->spend(), 403);
    QCOMPARE(m_stage->spend("app"), 200);
    QCOMPARE(m_stage->run({u"unblock"_s, u"key"_s, u"ci"_s}), 0); // in short
    QCOMPARE(m_stage->run({u"block"_s, u"key"_s, u"ci"_s}), 0);
    QCOMPARE(m_stage->command.output(), "blocked api-key ci until it is unblocked\n"_ba);
    QCOMPARE(m_stage->run({u"block"_s, u"property:Tenant"_s, u"a b"_s, u"--for"_s, u"2h"_s}), 0);
    QCOMPARE(m_stage->rows({u"block"_s, u"--list"_s}).size(), 2);
    QCOMPARE(m_stage->run({u"unblock"_s, u"api-key"_s, u"ci"_s}), 0);
    QCOMPARE(m_stage->spend(), 200);
    QCOMPARE(m_stage->run({u"unblock"_s, u"property:Tenant"_s, u"a b"_s}), 0);
    QCOMPARE(m_stage->run({u"unblock"_s, u"api-key"_s, u"ci"_s}), 1);
    QVERIFY(m_stage->command.errors().contains("api-key ci is not blocked"));
    QCOMPARE(audited(),
        (QStringList{
            u"block"_s, u"unblock"_s, u"block"_s, u"block"_s, u"unblock"_s, u"unblock"_s}));
}

// The same commands without a gateway: what they do is in force from its next start on.
void TestAdminCommands::worksOnFiles()
{
    QCOMPARE(m_stage->run({u"block"_s, u"api-key"_s, u"ci"_s}), 0);
    QCOMPARE(m_stage->run({u"block"_s, u"end-user"_s, u"bob"_s, u"--for"_s, u"1h"_s}), 0);
    QCOMPARE(m_stage->run({u"raise"_s, u"keys"_s, u"app"_s, u"2"_s, u"--for"_s, u"1h"_s}), 0);
    QCOMPARE(m_stage->rows({u"block"_s, u"--list"_s}).size(), 2);
    QVERIFY(m_stage->serve());
    QCOMPARE(m_stage->spend(), 403);
    for (int i = 0; i < 12; ++i)
        QCOMPARE(m_stage->spend("app"), 200);
    QCOMPARE(m_stage->spend("app"), 429);
    QCOMPARE(m_stage->stop(), 0);
    QCOMPARE(m_stage->run({u"unblock"_s, u"api-key"_s, u"ci"_s}), 0);
    QVERIFY(m_stage->serve());
    QCOMPARE(m_stage->spend(), 200);
    QCOMPARE(audited(), (QStringList{u"block"_s, u"block"_s, u"raise"_s, u"unblock"_s}));
}

// Counters of the last run are read and emptied on the disk.
void TestAdminCommands::countsOnFiles()
{
    for (const QStringList &reading : {QStringList{u"limits"_s}, {u"block"_s, u"--list"_s},
             {u"reset"_s, u"keys"_s}, {u"unblock"_s, u"api-key"_s, u"ci"_s}}) {
        QCOMPARE(m_stage->run(reading), 1);
        QVERIFY(m_stage->command.errors().contains("no gateway has run"));
        QVERIFY(!QDir(m_stage->dataDir()).exists());
    }
    QVERIFY(m_stage->serve());
    for (int i = 0; i < 10; ++i)
        QCOMPARE(m_stage->spend(), 200);
    QCOMPARE(m_stage->spend("app"), 200);
    const QJsonArray live = m_stage->rows({u"limits"_s, u"keys"_s});
    QCOMPARE(m_stage->stop(), 0);
    const QJsonArray kept = m_stage->rows({u"limits"_s, u"keys"_s});
    QCOMPARE(kept.size(), 2);
    for (const QString &field : {u"limit"_s, u"value"_s, u"quota"_s, u"used"_s, u"store"_s})
        QCOMPARE(kept.at(0)[field], live.at(0)[field]);
    QCOMPARE(m_stage->run({u"limits"_s}), 0);
    QCOMPARE(m_stage->command.errors(), ""_ba);
    QCOMPARE(m_stage->run({u"reset"_s, u"keys"_s, u"ci"_s}), 0);
    QCOMPARE(m_stage->command.output(), "reset keys of ci\n"_ba);
    QCOMPARE(m_stage->command.errors(), ""_ba);
    QCOMPARE(m_stage->run({u"reset"_s, u"keys"_s, u"nobody"_s}), 0);
    QVERIFY(m_stage->command.output().startsWith("nothing had been counted"));
    QVERIFY(m_stage->serve());
    QCOMPARE(m_stage->spend(), 200);
    QCOMPARE(m_stage->rows({u"limits"_s, u"keys"_s, u"--max"_s, u"1"_s}).at(0)["used"_L1], 1);
    QCOMPARE(audited(), QStringList(u"reset"_s));
}

void TestAdminCommands::readsTheCommandLine_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("limits, two") << QStringList{u"limits"_s, u"a"_s, u"b"_s};
    QTest::newRow("limits, format") << QStringList{u"limits"_s, u"--format"_s, u"xml"_s};
    QTest::newRow("limits, max") << QStringList{u"limits"_s, u"--max"_s, u"0"_s};
    QTest::newRow("reset, nothing") << QStringList{u"reset"_s};
    QTest::newRow("reset, three") << QStringList{u"reset"_s, u"a"_s, u"b"_s, u"c"_s};
    QTest::newRow("raise, nothing") << QStringList{u"raise"_s};
    QTest::newRow("raise, for ever") << QStringList{u"raise"_s, u"a"_s, u"b"_s, u"1"_s};
    QTest::newRow("raise, by nothing")
        << QStringList{u"raise"_s, u"a"_s, u"b"_s, u"--for"_s, u"2h"_s};
    QTest::newRow("raise, end and list") << QStringList{u"raise"_s, u"--end"_s, u"--list"_s};
    QTest::newRow("block, nobody") << QStringList{u"block"_s, u"api-key"_s};
    QTest::newRow("block, list for") << QStringList{u"block"_s, u"--list"_s, u"--for"_s, u"2h"_s};
    QTest::newRow("unblock, nobody") << QStringList{u"unblock"_s, u"api-key"_s};
    QTest::newRow("unknown option") << QStringList{u"unblock"_s, u"a"_s, u"b"_s, u"--fro"_s};
}

void TestAdminCommands::readsTheCommandLine()
{
    QFETCH(QStringList, arguments);
    QCOMPARE(m_stage->run(arguments), 2);
    QCOMPARE(m_stage->command.errors().count('\n'), 1);
    QVERIFY(m_stage->command.output().isEmpty());
    QVERIFY(!QDir(m_stage->dataDir()).exists()); // nothing was touched
    CtlProcess help;
    QCOMPARE(help.run({arguments.constFirst(), u"--help"_s}), 0);
    QVERIFY(help.output().contains("--data-dir"));
    QVERIFY(help.output().contains("--url"));
}

void TestAdminCommands::saysWhatIsWrong_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<bool>("isLive"); // with a gateway
    QTest::addColumn<QByteArray>("expected");
    const QStringList raise{u"raise"_s, u"kyes"_s, u"ci"_s, u"1"_s, u"--for"_s, u"2h"_s};
    const auto with = [](QStringList list, qsizetype at, const QString &word) {
        list[at] = word;
        return list;
    };
    for (const bool isLive : {true, false}) {
        const char *where = isLive ? "live" : "files";
        const auto row = [&](const char *name) -> QTestData & {
            return QTest::addRow("%s, %s", name, where);
        };
        row("unknown limit") << raise << isLive << "did you mean \"keys\""_ba;
        row("amount") << with(with(raise, 1, u"keys"_s), 3, u"much"_s) << isLive
                      << "\"amount\" must be"_ba;
        row("a part") << with(with(raise, 1, u"keys"_s), 3, u"0.5"_s) << isLive
                      << "whole number"_ba;
        row("duration") << with(with(raise, 1, u"keys"_s), 5, u"long"_s) << isLive
                        << "\"for\" must be"_ba;
        row("reset, unknown limit")
            << QStringList{u"reset"_s, u"kyes"_s} << isLive << "did you mean \"keys\""_ba;
        row("limits, unknown limit")
            << QStringList{u"limits"_s, u"kyes"_s} << isLive << "did you mean \"keys\""_ba;
        row("segment") << QStringList{u"block"_s, u"keys"_s, u"ci"_s} << isLive
                       << "\"segment\" must be api-key"_ba;
        row("nobody") << QStringList{u"block"_s, u"api-key"_s, u""_s} << isLive << "\"value\""_ba;
    }
}

void TestAdminCommands::saysWhatIsWrong()
{
    QFETCH(QStringList, arguments);
    QFETCH(bool, isLive);
    QFETCH(QByteArray, expected);
    if (isLive)
        QVERIFY(m_stage->serve());
    else
        QVERIFY(QDir().mkpath(m_stage->dataDir()));
    QCOMPARE(m_stage->run(arguments), 1);
    QVERIFY2(m_stage->command.errors().contains(expected), m_stage->command.errors().constData());
    QCOMPARE(m_stage->command.errors().count('\n'), 1);
    QVERIFY(m_stage->command.output().isEmpty());
}

void TestAdminCommands::goesWhereItIsTold()
{
    QVERIFY(m_stage->serve());
    const QString url = QString::fromLatin1(m_stage->server->url());
    QCOMPARE(m_stage->run({u"block"_s, u"--list"_s, u"--url"_s, url}), 0);
    QCOMPARE(m_stage->run({u"block"_s, u"--list"_s, u"--url"_s, u"localhost"_s}), 1);
    QVERIFY(m_stage->command.errors().contains("--url is the gateway's address"));
    QCOMPARE(m_stage->run({u"block"_s, u"--list"_s, u"--url"_s, u"http://127.0.0.1:1"_s}), 1);
    QVERIFY(m_stage->command.errors().contains("does not answer"));
    // A provider is no gateway of this kind.
    QCOMPARE(m_stage->run(
                 {u"block"_s, u"--list"_s, u"--url"_s, QString::fromLatin1(m_stage->mock->url())}),
        1);
    QCOMPARE(m_stage->command.errors().count('\n'), 1);
    // Another directory has another token.
    CtlProcess other;
    QCOMPARE(other.run({u"block"_s, u"--list"_s, u"--url"_s, url, u"--data-dir"_s,
                 m_stage->path(u"other"_s)}),
        1);
    QVERIFY(other.errors().contains("admin-token"));
}

// --- the data directory --------------------------------------------------------------------------

void TestAdminCommands::oneGatewayAtATime()
{
    QVERIFY(m_stage->serve());
    QCOMPARE(m_stage->run({u"serve"_s}), 1);
    const QByteArray errors = m_stage->command.errors();
    for (const QByteArray &part : {m_stage->dataDir().toUtf8(), "sluicectl serve"_ba,
             QByteArray::number(m_stage->server->pid()), m_stage->server->url()})
        QVERIFY2(errors.contains(part), errors.constData());
    QVERIFY(m_stage->command.output().isEmpty());
    QCOMPARE(m_stage->spend(), 200); // the first one goes on
    QCOMPARE(m_stage->run({u"block"_s, u"--list"_s}), 0);
    QCOMPARE(m_stage->stop(), 0);
    QVERIFY(!QFile::exists(m_stage->path(u"data/gateway.json"_s)));
    QVERIFY(m_stage->serve());
}

void TestAdminCommands::startsAgainAfterAKill()
{
    QVERIFY(m_stage->serve());
    const QByteArray token = m_stage->token();
    QCOMPARE(m_stage->run({u"block"_s, u"api-key"_s, u"app"_s}), 0);
    m_stage->server->signal(SIGKILL);
    QCOMPARE(m_stage->server->wait(), -1);
    QVERIFY(QFile::exists(m_stage->path(u"data/gateway.json"_s)));
    // What was left points nowhere, and nobody follows it.
    QCOMPARE(m_stage->rows({u"block"_s, u"--list"_s}).size(), 1);
    QElapsedTimer time;
    time.start();
    QVERIFY(m_stage->serve());
    QVERIFY2(time.elapsed() < 5'000, qPrintable(QString::number(time.elapsed())));
    QCOMPARE(m_stage->token(), token);
    QCOMPARE(m_stage->spend("app"), 403);
    QCOMPARE(m_stage->run({u"unblock"_s, u"api-key"_s, u"app"_s}), 0);
    QCOMPARE(m_stage->spend("app"), 200);
}

void TestAdminCommands::findsTheConfigurationOfADirectory()
{
    QVERIFY(m_stage->serve());
    QCOMPARE(m_stage->spend(), 200);
    QCOMPARE(m_stage->stop(), 0);
    CtlProcess command;
    command.setEnvironment(u"XDG_CONFIG_HOME"_s, m_stage->path(u"nothing"_s));
    const QStringList limits{u"limits"_s, u"keys"_s, u"--format"_s, u"csv"_s};
    QCOMPARE(command.run(limits + QStringList{u"--data-dir"_s, m_stage->dataDir()}), 0);
    QVERIFY2(command.output().contains("keys,global,api-key,ci,request,10,1,"),
        command.output().constData());
    // What is written goes before what was noted.
    QCOMPARE(command.run(limits
                 + QStringList{u"--data-dir"_s, m_stage->dataDir(), u"--config"_s,
                     m_stage->path(u"none.yaml"_s)}),
        1);
}

void TestAdminCommands::twoConfigurationsSideBySide()
{
    const QString home = m_stage->path(u"home"_s);
    QVERIFY(QFile::copy(m_stage->path(u"gw.yaml"_s), m_stage->path(u"two.yaml"_s)));
    QVERIFY(QFile::link(m_stage->path(u"two.yaml"_s), m_stage->path(u"link.yaml"_s)));
    const auto start = [&](CtlProcess &server, const QString &name) {
        server.setEnvironment(u"XDG_DATA_HOME"_s, home);
        return server.start({u"serve"_s, u"--config"_s, m_stage->path(name)});
    };
    const auto run = [&](CtlProcess &command, QStringList arguments, const QString &name) {
        command.setEnvironment(u"XDG_DATA_HOME"_s, home);
        return command.run(arguments + QStringList{u"--config"_s, m_stage->path(name)});
    };
    CtlProcess one;
    CtlProcess two;
    QVERIFY(start(one, u"gw.yaml"_s));
    QVERIFY(start(two, u"two.yaml"_s));
    const QDir all(home + u"/sluice/sluice"_s);
    QCOMPARE(all.entryList(QDir::Dirs | QDir::NoDotAndDotDot).size(), 2);
    CtlProcess command;
    // Each command finds its own gateway, through a link too.
    QCOMPARE(run(command, {u"block"_s, u"api-key"_s, u"ci"_s}, u"link.yaml"_s), 0);
    QCOMPARE(run(command, {u"block"_s, u"--list"_s, u"--format"_s, u"csv"_s}, u"gw.yaml"_s), 0);
    QCOMPARE(command.output().count('\n'), 1);
    QCOMPARE(run(command, {u"block"_s, u"--list"_s, u"--format"_s, u"csv"_s}, u"two.yaml"_s), 0);
    QCOMPARE(command.output().count('\n'), 2);
    QCOMPARE(run(command, {u"sql"_s, u"SELECT count(*) AS n FROM requests"_s}, u"two.yaml"_s), 0);
    QCOMPARE(run(command, {u"usage"_s}, u"link.yaml"_s), 0);
    CtlProcess third;
    QVERIFY(!start(third, u"link.yaml"_s));
    QVERIFY(third.errors().contains(two.url()));
    two.signal(SIGTERM);
    QCOMPARE(two.wait(), 0);
    QVERIFY(start(third, u"link.yaml"_s));
    QCOMPARE(all.entryList(QDir::Dirs | QDir::NoDotAndDotDot).size(), 2);
}

// A directory whose gateway does not answer for it: nothing is done behind its back.
void TestAdminCommands::saysWhoHasTheDirectory()
{
    QVERIFY(m_stage->serve());
    QVERIFY(QFile::remove(m_stage->path(u"data/gateway.json"_s)));
    QCOMPARE(m_stage->run({u"block"_s, u"api-key"_s, u"ci"_s}), 1);
    QVERIFY2(m_stage->command.errors().contains(QByteArray::number(m_stage->server->pid())),
        m_stage->command.errors().constData());
    QCOMPARE(m_stage->spend(), 200);
}

QTEST_GUILESS_MAIN(TestAdminCommands)
#include "tst_admincommands.moc"

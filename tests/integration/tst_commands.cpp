// SPDX-License-Identifier: GPL-3.0-or-later
// The commands of sluicectl that need no gateway, as processes: check, policy, help, and what every
// command says of a wrong command line.
#include "ctlprocess.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using test::CtlProcess;

namespace {

const QByteArray Text = "# my gateway\n"
                        "server: {port: 0, workers: 2}\n"
                        "providers:\n"
                        "  openai: {base-url: \"http://127.0.0.1:1\"}\n"
                        "global:\n"
                        "  rate-limit:\n"
                        "    shared: {capacity: 60, refill-frequency: 24h}\n";

} // namespace

class TestCommands : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void checksFiles_data();
    void checksFiles();
    void checksAsJson();
    void explainsPolicies();
    void explainsPoliciesAsJson();
    void refusesWrongCommandLines_data();
    void refusesWrongCommandLines();
    void helps_data();
    void helps();

private:
    void write(const QByteArray &text) const;

    QTemporaryDir m_folder;
    QString m_path;
};

void TestCommands::initTestCase()
{
    m_path = m_folder.filePath(u"gw.yaml"_s);
}

void TestCommands::write(const QByteArray &text) const
{
    QFile file(m_path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
}

void TestCommands::checksFiles_data()
{
    QTest::addColumn<QByteArray>("find");
    QTest::addColumn<QByteArray>("replace");
    QTest::addColumn<int>("code");
    QTest::addColumn<QByteArray>("expected");
    QTest::newRow("clean") << ""_ba
                           << ""_ba << 0 << ""_ba;
    QTest::newRow("a warning") << "workers"_ba
                               << "address: 0.0.0.0, workers"_ba << 0
                               << "gw.yaml:2:28: warning: server.address"_ba;
    QTest::newRow("an error") << "capacity: 60"_ba
                              << "capacity: 0"_ba << 1
                              << "gw.yaml:7:24: error: global.rate-limit.shared"_ba;
    QTest::newRow("a mistyped key") << "capacity"_ba
                                    << "capacty"_ba << 1 << "capacity"_ba;
    QTest::newRow("no YAML") << "global:"_ba
                             << "global: ["_ba << 1 << "gw.yaml:"_ba;
}

void TestCommands::checksFiles()
{
    QFETCH(const QByteArray, find);
    QFETCH(const QByteArray, replace);
    QFETCH(const int, code);
    QFETCH(const QByteArray, expected);
    write(find.isEmpty() ? Text : QByteArray(Text).replace(find, replace));
    CtlProcess check;
    QCOMPARE(check.run({u"check"_s, m_path}), code);
    QVERIFY2(check.output().contains(expected), check.output().constData());
    QCOMPARE(check.run({u"check"_s, m_folder.filePath(u"missing.yaml"_s)}), 2);
    QVERIFY(check.errors().contains("missing.yaml"));
}

void TestCommands::checksAsJson()
{
    CtlProcess check;
    const auto findings = [&] { return QJsonDocument::fromJson(check.output()).array(); };
    write(QByteArray(Text).replace("capacity: 60", "capacity: 0"));
    QCOMPARE(check.run({u"check"_s, u"--format"_s, u"json"_s, m_path}), 1);
    QCOMPARE(findings().size(), 1);
    const QJsonObject finding = findings().at(0).toObject();
    QCOMPARE(finding["severity"_L1].toString(), u"error"_s);
    QCOMPARE(finding["line"_L1].toInt(), 7);
    QCOMPARE(finding["column"_L1].toInt(), 24);
    QCOMPARE(finding["path"_L1].toString(), u"global.rate-limit.shared.capacity"_s);
    QVERIFY(!finding["message"_L1].toString().isEmpty());
    QVERIFY(finding.contains("fix"_L1));
    write(Text);
    QCOMPARE(check.run({u"check"_s, m_path, u"--format=json"_s}), 0);
    QVERIFY(QJsonDocument::fromJson(check.output()).isArray());
}

void TestCommands::explainsPolicies()
{
    CtlProcess policy;
    QCOMPARE(policy.run({u"policy"_s, u"10;w=60, 5000; w=3600;u=COST;s=user"_s}), 0);
    for (const char *text : {"10;w=60\n", "\n5000;w=3600;u=cents;s=user\n", "all 2 policies",
             "Each end user of each API key may use 5000 cents ($50.00) in any 3600 seconds",
             "Helicone-RateLimit-Policy: 5000;w=3600;u=cents;s=user\n",
             "Helicone-RateLimit-Remaining: what is left, 0 to 10\n"})
        QVERIFY2(policy.output().contains(text), policy.output().constData());
    QVERIFY(policy.errors().isEmpty());
    QCOMPARE(policy.run({u"policy"_s, u"  "_s}), 0);
    QCOMPARE(policy.output(), "No policy: a blank header limits nothing.\n"_ba);

    QCOMPARE(policy.run({u"policy"_s, u"100;w=60;s=\u00fcn"_s}), 1);
    QVERIFY(policy.output().isEmpty());
    const QByteArrayList lines = policy.errors().split('\n');
    QCOMPARE(lines.size(), 4);
    QVERIFY2(lines[0].startsWith("sluicectl: column 12: "), lines[0].constData());
    QCOMPARE(lines[1], "  100;w=60;s=\u00fcn"_ba);
    QCOMPARE(lines[2], QByteArray(QByteArray(2 + 11, ' ') + '^'));
    for (const QStringList &arguments : {QStringList{u"policy"_s, u"-100;w=60"_s},
             QStringList{u"policy"_s, u"-1;w=60"_s, u"--format=text"_s},
             QStringList{u"policy"_s, u"--"_s, u"-x"_s}}) {
        QCOMPARE(policy.run(arguments), 1);
        QVERIFY(policy.errors().startsWith("sluicectl: column 1: "));
    }
}

void TestCommands::explainsPoliciesAsJson()
{
    CtlProcess policy;
    const auto explain = [&policy](const QString &text) {
        const int code = policy.run({u"policy"_s, u"--format"_s, u"json"_s, text});
        return std::pair(code, QJsonDocument::fromJson(policy.output()).array());
    };
    const auto [code, policies] = explain(u"0.5;w=60;u=cents;s=Tenant, 7;w=60;u=cents;s=tenant"_s);
    QCOMPARE(code, 0);
    QCOMPARE(policies.size(), 2);
    const QJsonObject first = policies[0].toObject();
    QCOMPARE(first["canonical"_L1].toString(), u"0.5;w=60;u=cents;s=tenant"_s);
    QCOMPARE(first["quota"_L1].toInteger(), 500'000);
    QCOMPARE(first["unit"_L1].toString(), u"micro-cent"_s);
    QCOMPARE(first["window"_L1].toInteger(), 60);
    QCOMPARE(first["segment"_L1].toString(), u"tenant"_s);
    QVERIFY(first["shares_counter_with"_L1].isNull());
    QCOMPARE(first["headers"_L1]["Helicone-RateLimit-Limit"_L1].toString(), u"0.5"_s);
    QCOMPARE(policies[1]["shares_counter_with"_L1].toInt(), 1);
    QVERIFY(explain(u" "_s) == std::pair(0, QJsonArray()));
    const auto [failed, errors] = explain(u"1000"_s);
    QCOMPARE(failed, 1);
    QCOMPARE(errors.size(), 1);
    QCOMPARE(errors[0]["column"_L1].toInt(), 5);
    QVERIFY(!errors[0]["message"_L1].toString().isEmpty());
}

void TestCommands::refusesWrongCommandLines_data()
{
    QTest::addColumn<QStringList>("arguments");
    const auto row = [](const QStringList &arguments) {
        QTest::newRow(qPrintable(arguments.join(u' '))) << arguments;
    };
    row({u"fly"_s});
    row({u"serve"_s, u"--wings"_s});
    row({u"serve"_s, u"extra"_s});
    row({u"serve"_s, u"--log-format"_s, u"xml"_s});
    row({u"usage"_s, u"extra"_s});
    row({u"usage"_s, u"--by"_s, u"hour"_s});
    row({u"usage"_s, u"--by"_s, u"key,key"_s});
    row({u"usage"_s, u"--since"_s, u"yesterday"_s});
    row({u"usage"_s, u"--since"_s, u"2026-02-01"_s, u"--until"_s, u"2026-01-01"_s});
    row({u"usage"_s, u"--where"_s, u"key"_s});
    row({u"usage"_s, u"--format"_s, u"xml"_s});
    row({u"sql"_s});
    row({u"sql"_s, u"SELECT"_s, u"1"_s});
    row({u"sql"_s, u"SELECT 1"_s, u"--limit"_s, u"0"_s});
    row({u"check"_s});
    row({u"check"_s, u"a"_s, u"b"_s});
    row({u"check"_s, u"--format"_s, u"xml"_s, u"a"_s});
    row({u"policy"_s});
    row({u"policy"_s, u"1;w=60"_s, u"2;w=60"_s});
    row({u"policy"_s, u"--format"_s, u"xml"_s, u"1;w=60"_s});
    row({u"policy"_s, u"--wings"_s, u"1;w=60"_s});
    row({u"keys"_s});
    row({u"keys"_s, u"add"_s});
    row({u"keys"_s, u"steal"_s, u"x"_s});
    row({u"mock"_s, u"--tokens"_s, u"many"_s});
    row({u"mock"_s, u"--latency"_s, u"5"_s});
    row({u"mock"_s, u"--listen"_s, u"nowhere"_s});
}

void TestCommands::refusesWrongCommandLines()
{
    QFETCH(const QStringList, arguments);
    CtlProcess process;
    QCOMPARE(process.run(arguments), 2);
    QVERIFY(process.output().isEmpty());
    QVERIFY2(process.errors().startsWith("sluicectl: "), process.errors().constData());
    QCOMPARE(process.errors().count('\n'), 1);
}

void TestCommands::helps_data()
{
    QTest::addColumn<QString>("command");
    for (const char *command : {"serve", "demo", "check", "policy", "keys", "prices", "usage",
             "sql", "forget", "limits", "reset", "raise", "block", "unblock", "mock"})
        QTest::newRow(command) << QString::fromLatin1(command);
}

void TestCommands::helps()
{
    QFETCH(const QString, command);
    CtlProcess process;
    QCOMPARE(process.run({command, u"--help"_s}), 0);
    QVERIFY2(process.output().contains(QByteArray("sluicectl " + command.toUtf8())),
        process.output().constData());
    QVERIFY(process.errors().isEmpty());
    QCOMPARE(process.run({u"help"_s}), 0);
    QVERIFY(process.output().contains(command.toUtf8()));
}

QTEST_GUILESS_MAIN(TestCommands)
#include "tst_commands.moc"

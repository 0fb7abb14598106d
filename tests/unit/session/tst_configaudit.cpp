// SPDX-License-Identifier: GPL-3.0-or-later
// What the audit says of a configuration that is applied.
#include "core/config/loader.h"
#include "core/session/configaudit.h"

#include <QProcessEnvironment>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;

namespace {

config::Configuration load(const QByteArray &text)
{
    return *config::load(text, {}).configuration;
}

QStringList operations(const QList<QJsonObject> &entries)
{
    QStringList result;
    for (const QJsonObject &entry : entries)
        result.append(entry[u"operation"_s].toString() + u' ' + entry[u"limit"_s].toString()
            + entry[u"subject"_s].toString());
    return result;
}

const QByteArray Sixty = "global: {rate-limit: {shared: {capacity: 60, refill-frequency: 1m}}}\n";

} // namespace

class TestConfigAudit : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void saysWhatChanges_data();
    void saysWhatChanges();
    void saysWhatWasAllowedBefore();
};

void TestConfigAudit::saysWhatChanges_data()
{
    QTest::addColumn<QByteArray>("after");
    QTest::addColumn<QStringList>("expected");
    const QString applied = u"configuration applied gw.yaml"_s;
    QTest::newRow("nothing") << Sixty << QStringList();
    QTest::newRow("a comment") << QByteArray("# new\n" + Sixty) << QStringList();
    QTest::newRow("a quota") << QByteArray(
        "global: {rate-limit: {shared: {capacity: 90, refill-frequency: 1m}}}\n")
                             << QStringList{applied, u"limit changed global/shared"_s};
    QTest::newRow("a limit more") << QByteArray(
        "global: {rate-limit: {shared: {capacity: 60, refill-frequency: 1m}, concurrency: [{name: "
        "s, per: shared, max: 3}]}}\n")
                                  << QStringList{applied, u"limit added s"_s};
    QTest::newRow("a limit less") << QByteArray("{}")
                                  << QStringList{applied, u"limit removed global/shared"_s};
    QTest::newRow("something else")
        << QByteArray("server: {port: 1}\n" + Sixty) << QStringList{applied};
}

void TestConfigAudit::saysWhatChanges()
{
    QFETCH(const QByteArray, after);
    QTEST(operations(session::configaudit::entries(load(Sixty), load(after), u"gw.yaml"_s)),
        "expected");
}

void TestConfigAudit::saysWhatWasAllowedBefore()
{
    const auto entries = session::configaudit::entries(load(Sixty),
        load(
            "global: {rate-limit: {shared: {capacity: 90, refill-frequency: 1m, mode: shadow}}}\n"),
        u"gw.yaml"_s);
    QCOMPARE(entries.size(), 2);
    const QJsonObject &change = entries[1];
    QVERIFY(change[u"allows"_s].toString().contains(u"90"_s));
    QCOMPARE(change[u"mode"_s].toString(), u"shadow"_s);
    QVERIFY(change[u"before"_s].toObject()[u"allows"_s].toString().contains(u"60"_s));
}

QTEST_GUILESS_MAIN(TestConfigAudit)
#include "tst_configaudit.moc"

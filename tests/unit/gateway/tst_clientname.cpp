// SPDX-License-Identifier: GPL-3.0-or-later
// Addresses of clients as the ledger keeps them.
#include "core/gateway/pipeline/clientname.h"

#include <QTest>

using namespace Qt::StringLiterals;

class TestClientName : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void names_data()
    {
        QTest::addColumn<QString>("address");
        QTest::addColumn<QByteArray>("name");
        QTest::newRow("4") << u"192.0.2.1"_s << "192.0.2.1"_ba;
        QTest::newRow("4 again") << u"192.0.2.1"_s << "192.0.2.1"_ba;
        QTest::newRow("4 at a socket of 6") << u"::ffff:192.0.2.7"_s << "192.0.2.7"_ba;
        QTest::newRow("6") << u"2001:db8::1"_s << "2001:db8::1"_ba;
        QTest::newRow("this machine") << u"::1"_s << "::1"_ba;
        QTest::newRow("none") << QString() << QByteArray();
    }

    void names()
    {
        QFETCH(QString, address);
        QFETCH(QByteArray, name);
        QCOMPARE(sluice::gateway::clientName(QHostAddress(address)), name);
    }
};

QTEST_GUILESS_MAIN(TestClientName)
#include "tst_clientname.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
#include <QTest>

class TestRedisStore : public QObject
{
    Q_OBJECT
};
QTEST_GUILESS_MAIN(TestRedisStore)
#include "tst_redisstore.moc"

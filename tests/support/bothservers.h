// SPDX-License-Identifier: GPL-3.0-or-later
// For tests that run once against Redis and once against PostgreSQL, by a row of global data for
// each. The servers live as long as the object. Lives on the test's thread.
#pragma once

#include "sharedserver.h"

#include <QTest>

#include <map>

namespace sluice::test {

class BothServers final
{
public:
    /// For initTestCase_data(). A server that does not start has a row as well.
    void addRows()
    {
        QTest::addColumn<QString>("kind");
        for (const char *name : {"redis", "postgres"}) {
            const QString kind = QString::fromLatin1(name);
            QTest::newRow(name) << kind;
            std::unique_ptr<SharedServer> server = SharedServer::make(kind);
            if (server->start())
                m_servers[kind] = std::move(server);
        }
    }

    /// The one of the current row, without counters; null if it does not start: the log says why.
    SharedServer *ofThisRow()
    {
        QFETCH_GLOBAL(QString, kind);
        const auto found = m_servers.find(kind);
        if (found == m_servers.end())
            return nullptr;
        found->second->wipe();
        return found->second.get();
    }

private:
    std::map<QString, std::unique_ptr<SharedServer>> m_servers;
};

} // namespace sluice::test

// SPDX-License-Identifier: GPL-3.0-or-later
// A mock provider, a configuration and sluicectl serve in front of it, each a process, with a data
// directory of their own. One for each test; lives on the test's thread.
#pragma once

#include "ctlprocess.h"
#include "testclient.h"

#include <QJsonArray>
#include <QTemporaryDir>

#include <memory>

namespace sluice::test {

class AdminStage final
{
public:
    AdminStage();
    ~AdminStage();
    Q_DISABLE_COPY_MOVE(AdminStage)

    /// Writes `gw.yaml`: keys ci and app, limits keys (10 an hour), all, money and users.
    void write() const;

    /// Starts the gateway with `data` as its directory; false if it does not start.
    bool serve();

    /// SIGTERM, and its exit code.
    int stop();

    /// One request of the key ci to the provider; its status.
    [[nodiscard]] int spend(const QByteArray &key = "ci");

    /// One request to the admin API with its token.
    Reply ask(const QByteArray &method, const QByteArray &path, const QByteArray &body = {},
        const gateway::Headers &more = {});

    /// Runs a command with --config and --data-dir; its exit code.
    int run(const QStringList &arguments);

    /// The same with --format json; what it prints.
    QJsonArray rows(const QStringList &arguments);

    [[nodiscard]] QByteArray token() const;

    [[nodiscard]] QString path(const QString &name) const { return m_folder.filePath(name); }

    [[nodiscard]] QString dataDir() const { return path(QStringLiteral("data")); }

    std::unique_ptr<CtlProcess> mock;
    std::unique_ptr<CtlProcess> server;
    std::unique_ptr<TestClient> client; ///< of the gateway, without headers of its own
    CtlProcess command; ///< the last one of run()

private:
    QTemporaryDir m_folder;
};

} // namespace sluice::test

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

/// Where chats are asked for.
inline const QByteArray ChatPath = "/openai/v1/chat/completions";

QByteArray question(const QByteArray &model = "gpt-4o", bool isStream = false);

/// The secret of a key of the stage's configuration.
QByteArray keyOf(const QByteArray &name);

class ProcessStage
{
public:
    /// Starts the mock, with answers of at most 20 tokens, and writes a configuration.
    ProcessStage();
    ~ProcessStage();
    Q_DISABLE_COPY_MOVE(ProcessStage)

    /// Writes `gw.yaml`: the keys ci and app, the provider openai at the mock, and what is added.
    void write(const QByteArray &more = {}) const;

    /// Starts the gateway with `data` as its directory, and a client with the key ci; false if it
    /// does not start.
    bool serve();

    /// SIGTERM, and its exit code.
    int stop();

    /// SIGKILL, and waits for its end; true if it was that which has ended it.
    bool kill();

    /// Runs a command with --config and --data-dir; its exit code.
    int run(const QStringList &arguments);

    /// The same with --format json; what it prints, empty if it fails.
    QJsonArray rows(const QStringList &arguments);

    /// What a limit reads for the client; -1 if it does not.
    [[nodiscard]] qint64 used(const QString &limit) const;

    /// How many requests `usage` tells of; -1 if it does not.
    [[nodiscard]] qint64 recorded();

    [[nodiscard]] QString path(const QString &name) const { return m_folder.filePath(name); }

    [[nodiscard]] QString dataDir() const { return path(QStringLiteral("data")); }

    std::unique_ptr<CtlProcess> mock;
    std::unique_ptr<CtlProcess> server;
    std::unique_ptr<TestClient> client; ///< of the gateway
    CtlProcess command; ///< the last one of run()

private:
    QTemporaryDir m_folder;
};

} // namespace sluice::test

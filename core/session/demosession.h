// SPDX-License-Identifier: GPL-3.0-or-later
// The demonstration: a mock provider, a sample configuration in a temporary folder and seeded
// traffic against the gateway. Nothing leaves the machine. Lives on the main thread.
#pragma once

#include "core/base/result.h"

#include <QObject>

#include <memory>

namespace sluice::session {

class GatewaySession;

class DemoSession final : public QObject
{
    Q_OBJECT

public:
    explicit DemoSession(QObject *parent = nullptr);
    ~DemoSession() override;
    Q_DISABLE_COPY_MOVE(DemoSession)

    /// Sets what the sample configuration reads from the environment. Call from main(), before any
    /// thread starts.
    static void prepareEnvironment();

    /// Starts the mock provider and writes the sample configuration; gives its path. The folder
    /// goes with the session.
    Result<QString> prepare();

    /// Sends traffic to the gateway for as long as it runs, wherever it listens.
    void startTraffic(const GatewaySession &gateway);
    void stopTraffic();

    /// A key of the sample configuration without traffic of its own, to try things with.
    [[nodiscard]] static QByteArray visitorKey();

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace sluice::session

// SPDX-License-Identifier: GPL-3.0-or-later
// The data directory of a running gateway: takes it before the gateway starts, opens there what is
// kept, tells commands where the gateway is, and carries out what they ask for. Main thread; made
// after the sessions that it ties together and gone before them.
#pragma once

#include "core/base/result.h"

#include <QObject>

#include <memory>

namespace sluice::session {

class ConfigDraft;
class GatewaySession;
class LimitOperations;

class GatewayHome final : public QObject
{
    Q_OBJECT

public:
    /// What happens if the file with raises and blocks is broken: blocks protect.
    enum class OnBroken : quint8 {
        Refuse, ///< the gateway does not start
        Tell, ///< it starts without them, and notKept() says so
    };

    GatewayHome(GatewaySession &gateway, LimitOperations &operations, const ConfigDraft &draft,
        QObject *parent = nullptr);

    /// Stops the gateway at once if it still runs, and gives the directory back.
    ~GatewayHome() override;
    Q_DISABLE_COPY_MOVE(GatewayHome)

    /// From the next start on: `--data-dir`, or empty for the directory that belongs to the
    /// configuration. A start fails with Busy while another program has it. program: how others
    /// hear of this one.
    void use(const QString &dataDir, const QString &program, OnBroken onBroken);

    /// Whether the last start failed because another program has the directory.
    [[nodiscard]] bool isTakenByOther() const;

Q_SIGNALS:
    /// Raises and blocks, or everything, are not kept, or not in force, and why.
    void notKept(const QString &problem);

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace sluice::session

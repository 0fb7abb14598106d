// SPDX-License-Identifier: GPL-3.0-or-later
// The admin API of a data directory that no gateway has: the same requests, carried out on the
// files. Holds the directory for as long as it lives. Main thread, with an event loop.
#pragma once

#include "core/base/result.h"
#include "core/gateway/http.h"

#include <memory>

namespace sluice::session {

class OfflineApi final
{
public:
    /// Takes the directory; Busy names who has it. A configuration that cannot be used is no error
    /// yet: blocks do not need it. program: how others hear of this one.
    static Result<std::unique_ptr<OfflineApi>> open(
        const QString &folder, const QString &configuration, const QString &program);

    ~OfflineApi();
    Q_DISABLE_COPY_MOVE(OfflineApi)

    /// Answers one request, as the gateway would: target is "/-/api/v1/...". What needs limits is
    /// refused with 409 if the configuration cannot be used.
    gateway::Response call(
        const QByteArray &method, const QByteArray &target, const QByteArray &body);

private:
    OfflineApi(const QString &folder, const QString &configuration);

    class Private;
    std::unique_ptr<Private> d;
};

} // namespace sluice::session

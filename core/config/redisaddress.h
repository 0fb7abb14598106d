// SPDX-License-Identifier: GPL-3.0-or-later
// The address of a Redis server as it is written in the file (`host-url`). Pure, any thread.
#pragma once

#include "core/base/result.h"

#include <QString>

namespace sluice::config {

struct RedisAddress
{
    QString host;
    quint16 port = 6379;
    QString user; ///< empty: the default user
    QString password; ///< empty: none. Never logged
    int database = 0;
    bool isTls = false;
    QString caFile; ///< "?ca-file=": trusted beside the system's certificates

    friend bool operator==(const RedisAddress &, const RedisAddress &) = default;
};

/// "redis://[user[:password]@]host[:port][/db]", "rediss://" for TLS, with "?ca-file=PATH" there.
/// "redis://:password@host" is the default user's password. Invalid says what is wrong with it,
/// without the text itself.
Result<RedisAddress> parseRedisAddress(const QString &url);

} // namespace sluice::config

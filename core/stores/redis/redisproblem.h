// SPDX-License-Identifier: GPL-3.0-or-later
// What an error that Redis answers means for the connection, and what people can do about it. Pure.
#pragma once

#include "core/config/redisaddress.h"

#include <QByteArray>
#include <QList>

#include <optional>

namespace sluice::stores {

/// "Redis at HOST:PORT", without user and password.
QString redisName(const config::RedisAddress &address);

/// The end of the sentence "Redis at HOST:PORT ..." if the error says that the store as a whole
/// cannot be used; nothing if it is about one command only.
std::optional<QString> redisProblem(const QByteArray &error);

/// Where MOVED or ASK of a cluster sends us.
struct RedisRedirect
{
    QString host; ///< empty: the same host
    quint16 port = 0;
    bool isAsk = false;
};

std::optional<RedisRedirect> redisRedirect(const QByteArray &error);

} // namespace sluice::stores

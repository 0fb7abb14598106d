// SPDX-License-Identifier: GPL-3.0-or-later
// A PostgreSQL store for the tests of what may go wrong with its server: one that gives up soon and
// tries again soon. The test's thread.
#pragma once

#include "core/stores/postgres/postgresstore.h"
#include "tests/support/storeprobe.h"

namespace sluice::test {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// Of the tests that wait for it.
inline constexpr std::chrono::milliseconds Timeout = 400ms;

/// What a machine that also runs other tests may be late by.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int Slack = 1'000;
#else
inline constexpr int Slack = 50;
#endif

inline StoreProbe probeOf(const QString &url, stores::PostgresStore::Options options = {},
    std::chrono::milliseconds timeout = Timeout)
{
    config::Store config;
    config.type = config::Store::Type::Postgres;
    config.url = url;
    config.connectionTimeout = timeout;
    options.firstRetry = 20ms;
    options.lastRetry = 100ms;
    options.seed = 1;
    return StoreProbe([&](const limits::CounterStore::Listener &listener) {
        return stores::makePostgresStore(
            config, stores::GatewayIdentity::make(), listener, options);
    });
}

/// One of 100 an hour, to be settled.
inline limits::StoreStep heldStep(const QByteArray &key)
{
    limits::StoreStep step = stepOf(key, limits::Algorithm::SlidingWindow, 100, 1h);
    step.isHeld = true;
    return step;
}

} // namespace sluice::test

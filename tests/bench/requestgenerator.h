// SPDX-License-Identifier: GPL-3.0-or-later
// Made-up requests of a busy month, the same ones for the same seed: 200 keys of 80 owners in 12
// teams, 10 000 end users, 20 models of 4 providers, evenly spread over the time.
#pragma once

#include "core/insight/requestrecord.h"

#include <QByteArrayList>
#include <QRandomGenerator>

namespace sluice::test {

class RequestGenerator final
{
public:
    static constexpr int Keys = 200;
    static constexpr int Owners = 80;
    static constexpr int Teams = 12;
    static constexpr int Users = 10'000;
    static constexpr int Models = 20;
    static constexpr int Providers = 4;

    /// `count` requests from `from` to `to` (wall time).
    RequestGenerator(
        quint32 seed, qint64 count, std::chrono::milliseconds from, std::chrono::milliseconds to);

    /// The next request; valid until the next call.
    const insight::RequestRecord &next();

private:
    void setOutcome();

    QRandomGenerator m_random;
    qint64 m_count;
    std::chrono::milliseconds m_from;
    std::chrono::milliseconds m_to;
    qint64 m_made = 0;
    QByteArrayList m_keys;
    QByteArrayList m_owners;
    QByteArrayList m_teams;
    QByteArrayList m_users;
    QByteArrayList m_models;
    QByteArrayList m_tenants;
    insight::RequestRecord m_record;
};

} // namespace sluice::test

// SPDX-License-Identifier: GPL-3.0-or-later
// One request as the ledger keeps it. No bodies, no secrets. A value.
#pragma once

#include "core/insight/requestrecord.h"

#include <map>

namespace sluice::stores {

/// Requests that could only be counted: start of the minute in milliseconds since the epoch ->
/// how many.
using RequestsByMinute = std::map<qint64, qint64>;

struct LedgerRow
{
    qint64 timeMs = 0; ///< UTC, of arrival
    QByteArray requestId;
    QByteArray key; ///< empty: the request was turned away before anybody knew whose it is
    QByteArray owner;
    QByteArray team;
    QByteArray user;
    QByteArray properties; ///< a JSON object of texts
    QByteArray router; ///< "unified", or the provider of a direct request
    QByteArray provider;
    QByteArray model; ///< without its provider
    QByteArray method;
    QByteArray path;
    int status = 0;
    QByteArray outcome; ///< "completed", "refused", "rejected", "upstream_failed", "client_left"
    QByteArray verdict; ///< "admitted", "limit_reached", ...; empty: no limit was asked
    QByteArray bindingLimit;
    bool isStream = false;
    bool isRefused = false; ///< by a limit or a block
    bool isError = false; ///< see insight::isError()
    qint64 durationUs = 0;
    qint64 overheadUs = 0;
    metering::TokenUsage tokens;
    QByteArray inputSource; ///< "reported", "counted", "estimated"; empty without input tokens
    QByteArray outputSource;
    std::optional<MicroAmount> cost; ///< micro-cents; absent: nothing to pay, or unpriced
    bool isUnpriced = false;
    bool isEstimated = false;
    qint64 bytes = 0; ///< of the answer's body
    QByteArray note;
};

/// The row of a request that has ended.
LedgerRow toLedgerRow(const insight::RequestRecord &record);

} // namespace sluice::stores

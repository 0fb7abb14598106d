// SPDX-License-Identifier: GPL-3.0-or-later
// What the ledger keeps of requests that have ended, packed: a gateway thread copies their texts
// side by side instead of sharing them, and the ledger's thread hands them on without a copy.
// Filled by one thread, then never changed.
#pragma once

#include "core/insight/requestrecord.h"

#include <memory>
#include <span>

namespace sluice::insight {

struct RowProperty
{
    QByteArrayView name;
    QByteArrayView value;
};

/// One request. The views are UTF-8 and live as long as the rows that it is part of.
struct FinishedRow
{
    bool isKept = true; ///< as a row; else only what is summed up is here
    qint64 timeMs = 0; ///< UTC, of arrival
    QByteArrayView requestId;
    QByteArrayView key; ///< empty: the request was turned away before anybody knew whose it is
    QByteArrayView owner;
    QByteArrayView team;
    QByteArrayView user;
    std::span<const RowProperty> properties;
    QByteArrayView router; ///< "unified", or the provider of a direct request
    QByteArrayView provider;
    QByteArrayView model; ///< without its provider
    QByteArrayView method;
    QByteArrayView path;
    QByteArrayView client;
    int status = 0;
    QByteArrayView
        outcome; ///< "completed", "refused", "rejected", "upstream_failed", "client_left"
    QByteArrayView verdict; ///< "admitted", "limit_reached", ...; empty: no limit was asked
    QByteArrayView bindingLimit;
    QByteArrayView chain; ///< see writeChain(); empty: no limit minds
    bool isStream = false;
    bool isAdmitted = false; ///< let through to a provider
    bool isRefused = false; ///< by a limit or a block
    bool isError = false; ///< see insight::isError()
    int retries = 0;
    qint64 durationUs = 0;
    qint64 overheadUs = 0;
    std::optional<qint64> firstByteUs;
    metering::TokenUsage tokens;
    QByteArrayView inputSource; ///< "reported", "counted", "estimated"; empty without input tokens
    QByteArrayView outputSource;
    std::optional<MicroAmount> cost; ///< micro-cents; absent: nothing to pay, or unpriced
    bool isUnpriced = false;
    bool isEstimated = false;
    qint64 bytes = 0; ///< of the answer's body
    QByteArrayView note;
};

class FinishedRows final
{
public:
    FinishedRows() = default;
    Q_DISABLE_COPY(FinishedRows)

    void reserve(size_t rows) { m_rows.reserve(rows); }

    /// Adds a request that has ended. What is not kept as a row is summed up only.
    void append(const RequestRecord &record, bool isKept = true);

    [[nodiscard]] size_t size() const { return m_rows.size(); }

    [[nodiscard]] auto begin() const { return m_rows.begin(); }

    [[nodiscard]] auto end() const { return m_rows.end(); }

private:
    void *take(size_t size, size_t alignment);
    QByteArrayView keep(QByteArrayView text);
    QByteArrayView keepClean(const QByteArray &text);
    std::span<const RowProperty> keep(const std::vector<limits::Property> &properties);
    void setDetails(FinishedRow &row, const RequestRecord &record);

    std::vector<FinishedRow> m_rows;
    std::vector<std::unique_ptr<char[]>> m_blocks; ///< never moved: the rows look into them
    size_t m_left = 0; ///< bytes of the last block
    char *m_next = nullptr;
    QByteArray m_chain; ///< that is being written
};

/// Puts the chain of a decision into `text`, in short: `[["limit","value","passes",COST],...]`, the
/// cost in micro-units; the words are passes, refuses, would_refuse and skipped. Empty without a
/// chain.
void writeChain(const limits::Decision &decision, QByteArray &text);

} // namespace sluice::insight

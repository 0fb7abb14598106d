// SPDX-License-Identifier: GPL-3.0-or-later
// A table of what models cost, looked up by provider, model and time. Immutable; any thread. The
// built-in one lives as long as the program.
#pragma once

#include "core/base/bytehash.h"
#include "core/base/result.h"
#include "core/config/configuration.h"
#include "core/metering/prices/modelmatch.h"

#include <chrono>
#include <optional>
#include <vector>

namespace sluice::metering {

/// A price and when it holds; without either, always.
struct DatedPrice
{
    /// Hours of every UTC day, from the first moment up to the last exclusively; over midnight
    /// where the first is the later one.
    struct Hours
    {
        std::chrono::milliseconds from{0};
        std::chrono::milliseconds to{0};
    };

    std::optional<std::chrono::milliseconds> from; ///< since 1970, UTC
    std::optional<Hours> hours;
    config::ModelPrice price;

    [[nodiscard]] bool holds(std::chrono::milliseconds wall) const;
};

/// One entry of a table: which model ids it means and what they cost.
struct BookEntry
{
    QByteArray id;
    std::vector<MatchBranch> branches; ///< alternatives
    std::vector<DatedPrice> prices; ///< the last one that holds counts

    /// The price at a time since 1970, or nullptr.
    [[nodiscard]] const config::ModelPrice *priceAt(std::chrono::milliseconds wall) const;
};

class PriceBook
{
public:
    /// What a look-up found; both or neither.
    struct Found
    {
        const BookEntry *entry = nullptr;
        const MatchBranch *branch = nullptr; ///< the one that the model id fits
    };

    struct Provider
    {
        QByteArray name;
        std::vector<BookEntry> entries; ///< in file order
    };

    PriceBook(QByteArray source, QByteArray date, std::vector<Provider> providers);

    /// The table of resources/prices.json, read on first use.
    static const PriceBook &builtIn();

    /// The entry for a model id as the provider is sent it, with the provider's own prefix or
    /// without. An equal id beats everything, then the longest literal of the branch that holds,
    /// then regular expressions, then the table's order. Some providers go by several names.
    [[nodiscard]] Found find(QByteArrayView provider, QByteArrayView model) const;

    [[nodiscard]] const QByteArray &source() const { return m_source; }

    [[nodiscard]] const QByteArray &date() const { return m_date; }

    [[nodiscard]] const std::vector<Provider> &providers() const { return m_providers; }

private:
    /// One provider's branches in the order in which they are tried.
    struct Index
    {
        ByteMap<Found> equal;
        std::vector<Found> others; ///< the most precise first
    };

    [[nodiscard]] const Index *indexOf(QByteArrayView provider) const;
    static Index makeIndex(const Provider &provider);
    static Found findIn(const Index &index, QByteArrayView model);

    QByteArray m_source;
    QByteArray m_date;
    std::vector<Provider> m_providers; ///< the indexes point into it
    ByteMap<Index> m_indexes;
};

/// The name under which tables list a provider: "gemini" for "google", "xai" for "x-ai".
QByteArray bookProvider(QByteArrayView name);

enum class PriceOrigin : quint8 {
    None, ///< unpriced, which is not free
    Models, ///< `prices.models`
    File, ///< `prices.file`
    Book, ///< the built-in table
    Local, ///< a built-in provider on this machine, which costs nothing
};

/// What a model costs and where that is from.
struct PriceAnswer
{
    const config::ModelPrice *price = nullptr; ///< null: unpriced
    PriceOrigin origin = PriceOrigin::None;
    PriceBook::Found found; ///< in the built-in table, whether it has a price at that time or not
};

/// The price of a request that begins at a time since 1970: the configured one, else the built-in
/// table's, else nothing for a built-in provider without a key. The price lives as long as
/// `prices`.
PriceAnswer lookUpPrice(const config::Prices &prices, const config::Provider &provider,
    QByteArrayView model, std::chrono::milliseconds wall);

} // namespace sluice::metering

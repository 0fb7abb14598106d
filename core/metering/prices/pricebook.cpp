// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metering/prices/pricebook.h"

#include "core/metering/prices/price.h"
#include "core/metering/prices/pricebookreader.h"
#include "core/metering/prices/pricetable.h"

#include <algorithm>
#include <array>

namespace sluice::metering {

using std::chrono::days;
using std::chrono::milliseconds;

namespace {

/// No provider has longer ids; looking through a text as long as a body may be would take seconds.
constexpr qsizetype MaxModelBytes = 512;

struct Alias
{
    QByteArrayView name;
    QByteArrayView book;
};

constexpr std::array Aliases{
    Alias{"aws", "bedrock"},
    Alias{"aws-bedrock", "bedrock"},
    Alias{"azure-openai", "azure"},
    Alias{"bedrock_converse", "bedrock"},
    Alias{"cohere_chat", "cohere"},
    Alias{"fireworks-ai", "fireworks"},
    Alias{"fireworks_ai", "fireworks"},
    Alias{"google", "gemini"},
    Alias{"mistralai", "mistral"},
    Alias{"moonshot", "moonshotai"},
    Alias{"together-ai", "together"},
    Alias{"together_ai", "together"},
    Alias{"togetherai", "together"},
    Alias{"x-ai", "xai"},
};

QByteArrayView bookName(QByteArrayView name)
{
    const auto *alias = std::find_if(Aliases.begin(), Aliases.end(),
        [name](const Alias &candidate) { return candidate.name == name; });
    return alias == Aliases.end() ? name : alias->book;
}

bool isEqual(const MatchBranch &branch)
{
    return branch.clauses.size() == 1 && branch.clauses.front().kind == MatchClause::Kind::Equals;
}

PriceBook readBuiltIn()
{
    Result<PriceBook> book = readPriceBook(builtInPriceTable());
    Q_ASSERT_X(book.has_value(), "readBuiltIn", "resources/prices.json cannot be read");
    return book ? std::move(*book) : PriceBook({}, {}, {});
}

} // namespace

bool DatedPrice::holds(milliseconds wall) const
{
    if (from && wall < *from)
        return false;
    if (!hours)
        return true;
    const milliseconds time = wall - std::chrono::floor<days>(wall);
    if (hours->from <= hours->to)
        return time >= hours->from && time < hours->to;
    return time >= hours->from || time < hours->to;
}

const config::ModelPrice *BookEntry::priceAt(milliseconds wall) const
{
    const auto found = std::find_if(prices.rbegin(), prices.rend(),
        [wall](const DatedPrice &price) { return price.holds(wall); });
    return found == prices.rend() ? nullptr : &found->price;
}

PriceBook::PriceBook(QByteArray source, QByteArray date, std::vector<Provider> providers)
    : m_source(std::move(source)), m_date(std::move(date)), m_providers(std::move(providers))
{
    for (const Provider &provider : m_providers)
        m_indexes.emplace(provider.name, makeIndex(provider));
}

const PriceBook &PriceBook::builtIn()
{
    static const PriceBook s_book = readBuiltIn();
    return s_book;
}

PriceBook::Index PriceBook::makeIndex(const Provider &provider)
{
    Index index;
    for (const BookEntry &entry : provider.entries) {
        for (const MatchBranch &branch : entry.branches) {
            if (isEqual(branch))
                index.equal.emplace(branch.clauses.front().text, Found{&entry, &branch});
            else
                index.others.push_back({&entry, &branch});
        }
    }
    // Stable: equally precise ones stay in the table's order.
    std::stable_sort(index.others.begin(), index.others.end(), [](const Found &a, const Found &b) {
        return a.branch->precision() > b.branch->precision();
    });
    return index;
}

const PriceBook::Index *PriceBook::indexOf(QByteArrayView provider) const
{
    auto found = m_indexes.find(provider);
    if (found == m_indexes.end())
        found = m_indexes.find(bookName(provider));
    return found == m_indexes.end() ? nullptr : &found->second;
}

PriceBook::Found PriceBook::findIn(const Index &index, QByteArrayView model)
{
    if (const auto equal = index.equal.find(model); equal != index.equal.end())
        return equal->second;
    const auto found = std::find_if(index.others.begin(), index.others.end(),
        [model](const Found &candidate) { return candidate.branch->holds(model); });
    return found == index.others.end() ? Found{} : *found;
}

PriceBook::Found PriceBook::find(QByteArrayView provider, QByteArrayView model) const
{
    const Index *index = indexOf(provider);
    if (index == nullptr || model.isEmpty() || model.size() > MaxModelBytes)
        return {};
    const Found found = findIn(*index, model);
    const bool carriesProvider = model.size() > provider.size() + 1 && model.startsWith(provider)
        && model[provider.size()] == '/';
    return found.entry == nullptr && carriesProvider
        ? findIn(*index, model.sliced(provider.size() + 1))
        : found;
}

QByteArray bookProvider(QByteArrayView name)
{
    return bookName(name).toByteArray();
}

PriceAnswer lookUpPrice(const config::Prices &prices, const config::Provider &provider,
    QByteArrayView model, milliseconds wall)
{
    static const config::ModelPrice s_free;
    if (const auto *price = findPrice(prices, provider.name, model))
        return {price, price->isFromFile ? PriceOrigin::File : PriceOrigin::Models, {}};
    const PriceBook::Found found = PriceBook::builtIn().find(provider.name, model);
    if (found.entry != nullptr) {
        const config::ModelPrice *price = found.entry->priceAt(wall);
        return {price, price == nullptr ? PriceOrigin::None : PriceOrigin::Book, found};
    }
    if (provider.isBuiltIn && provider.apiKeyEnv.isEmpty())
        return {&s_free, PriceOrigin::Local, {}};
    return {};
}

} // namespace sluice::metering

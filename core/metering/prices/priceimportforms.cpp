// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metering/prices/priceimportforms.h"

#include "core/metering/prices/pricebook.h"

#include <algorithm>
#include <array>

namespace sluice::metering {

using namespace Qt::StringLiterals;
using config::WrittenRates;
using config::WrittenTier;
using simdjson::ondemand::json_type;
using Value = simdjson::ondemand::value;

namespace {

constexpr int PerMillion = 6; ///< dollars per million tokens into millionths
constexpr int PerToken = 12; ///< dollars per token into the same
constexpr size_t MaxNameBytes = 256;

const QString NoPrice = u"no price for input tokens"_s;

using Rate = std::optional<qint64> WrittenRates::*;

struct RateKey
{
    std::string_view name;
    Rate rate;
};

bool isPrintable(QByteArrayView text)
{
    return std::all_of(text.begin(), text.end(),
        [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
}

QByteArray bytesOf(std::string_view text)
{
    return {text.data(), static_cast<qsizetype>(text.size())};
}

std::optional<Rate> rateFor(const auto &keys, std::string_view name)
{
    const auto *key = std::find_if(
        keys.begin(), keys.end(), [name](const RateKey &known) { return known.name == name; });
    return key == keys.end() ? std::nullopt : std::optional(key->rate);
}

} // namespace

ImportSink::ImportSink(QList<QByteArray> providers, QDate today)
    : m_providers(std::move(providers)), m_today(today)
{
    for (QByteArray &provider : m_providers)
        provider = bookProvider(provider);
}

bool ImportSink::wants(const QByteArray &provider) const
{
    return m_providers.isEmpty() || m_providers.contains(bookProvider(provider));
}

void ImportSink::add(const QByteArray &provider, const QByteArray &model, const WrittenRates &rates,
    const std::vector<WrittenTier> &tiers)
{
    const bool isRounded = std::exchange(m_isRounded, false);
    const QByteArray name = bookProvider(provider) + '/' + model;
    if (!rates.input)
        return leaveOut(NoPrice);
    if (provider.isEmpty() || provider.contains('/') || model.isEmpty() || !isPrintable(name)
        || static_cast<size_t>(name.size()) > MaxNameBytes)
        return leaveOut(u"a name that cannot be one"_s);
    if (m_names.contains(name))
        return leaveOut(u"the same model again"_s);
    m_names.insert(name);
    m_result.rounded += isRounded ? 1 : 0;
    m_result.models.push_back(config::makePrice(name, rates, tiers));
}

void ImportSink::leaveOut(const QString &reason)
{
    m_isRounded = false;
    ++m_result.leftOut[reason];
}

bool ImportSink::readRate(Value value, int shift, std::optional<qint64> &rate)
{
    std::string_view token;
    bool isExact = true;
    if (isOfType(value, json_type::number))
        token = value.raw_json_token();
    else if (!isOfType(value, json_type::string)
        || value.get_string().get(token) != simdjson::SUCCESS)
        return false;
    rate = parseRate(token, shift, &isExact);
    m_isRounded = m_isRounded || !isExact;
    return rate.has_value();
}

ImportedPrices ImportSink::takeResult()
{
    std::sort(m_result.models.begin(), m_result.models.end(),
        [](const auto &a, const auto &b) { return a.model < b.model; });
    return std::move(m_result);
}

// --- LiteLLM: "model": {"litellm_provider": …, "input_cost_per_token": 2.5e-06, …} ---

namespace {

constexpr std::array LiteLlmKeys{
    RateKey{"input_cost_per_token", &WrittenRates::input},
    RateKey{"cache_read_input_token_cost", &WrittenRates::cachedInput},
    RateKey{"cache_creation_input_token_cost", &WrittenRates::cacheWrite},
    RateKey{"cache_creation_input_token_cost_above_1hr", &WrittenRates::cacheWrite1h},
    RateKey{"output_cost_per_token", &WrittenRates::output},
    RateKey{"output_cost_per_reasoning_token", &WrittenRates::reasoning},
};

/// "input_cost_per_token_above_200k_tokens": takes the end off and gives 200 000; 0 for none, -1
/// for another kind of end ("_above_200k_tokens_priority").
qint64 takeThreshold(std::string_view &name)
{
    constexpr std::string_view End = "k_tokens";
    constexpr std::string_view Above = "_above_";
    const size_t at = name.rfind(Above);
    if (at == std::string_view::npos || name.find("_tokens", at) == std::string_view::npos)
        return 0;
    const std::string_view rest = name.substr(at + Above.size());
    if (rest.size() <= End.size() || rest.substr(rest.size() - End.size()) != End)
        return -1;
    const std::string_view digits = rest.substr(0, rest.size() - End.size());
    bool isNumber = false;
    const qint64 thousands = bytesOf(digits).toLongLong(&isNumber);
    constexpr qint64 Most = 1'000'000;
    if (!isNumber || thousands <= 0 || thousands > Most)
        return -1;
    name = name.substr(0, at);
    return thousands * 1000;
}

struct LiteLlmModel
{
    QByteArray provider;
    WrittenRates rates;
    std::vector<WrittenTier> tiers;
    bool isGood = true;
    bool hasRanges = false; ///< other prices in other ranges of sizes, in a form of their own
};

bool readLiteLlmMember(std::string_view name, Value value, ImportSink &sink, LiteLlmModel &model)
{
    if (name == "litellm_provider") {
        model.provider = textOf(value).value_or(QByteArray());
        return true;
    }
    model.hasRanges = model.hasRanges || name == "tiered_pricing";
    const qint64 above = takeThreshold(name);
    const auto rate = rateFor(LiteLlmKeys, name);
    if (!rate || above < 0 || isOfType(value, json_type::null))
        return true;
    WrittenRates &rates = above == 0 ? model.rates : config::tierAbove(model.tiers, above);
    model.isGood = sink.readRate(value, PerToken, rates.**rate) && model.isGood;
    return true;
}

/// The list's key without the provider that it may begin with.
QByteArray liteLlmName(const QByteArray &key, const QByteArray &provider)
{
    for (const QByteArray &name : {provider, bookProvider(provider)}) {
        const QByteArray prefix = name + '/';
        if (key.startsWith(prefix))
            return key.sliced(prefix.size());
    }
    return key;
}

} // namespace

bool readLiteLlm(Value root, ImportSink &sink)
{
    return forEachMember(root, [&sink](std::string_view name, Value entry) {
        const QByteArray key = bytesOf(name);
        sink.setAt(key);
        if (key == "sample_spec" || !isOfType(entry, json_type::object))
            return true;
        LiteLlmModel model;
        const bool isWhole = forEachMember(entry, [&](std::string_view member, Value value) {
            return readLiteLlmMember(member, value, sink, model);
        });
        if (!isWhole || !sink.wants(model.provider))
            return isWhole;
        if (model.provider.isEmpty())
            sink.leaveOut(u"no provider"_s);
        else if (!model.isGood)
            sink.leaveOut(u"a price that is no price"_s);
        else if (model.hasRanges)
            sink.leaveOut(u"prices by ranges of sizes"_s);
        else
            sink.add(model.provider, liteLlmName(key, model.provider), model.rates, model.tiers);
        return true;
    });
}

// --- genai-prices: [{"id": …, "models": [{"id": …, "match": …, "prices": {…} or […]}]}] ---

namespace {

constexpr std::array GenaiKeys{
    RateKey{"input_mtok", &WrittenRates::input},
    RateKey{"cache_read_mtok", &WrittenRates::cachedInput},
    RateKey{"cache_write_mtok", &WrittenRates::cacheWrite},
    RateKey{"cache_write_1h_mtok", &WrittenRates::cacheWrite1h},
    RateKey{"output_mtok", &WrittenRates::output},
    RateKey{"output_reasoning_mtok", &WrittenRates::reasoning},
};

struct GenaiModel
{
    QByteArray id;
    QList<QByteArray> equal; ///< ids that its match names
    WrittenRates rates;
    std::vector<WrittenTier> tiers;
    bool isGood = true;
    bool hasHours = false;
};

/// {"start": tokens, "price": number}
void readGenaiTier(Value tier, Rate rate, ImportSink &sink, GenaiModel &model)
{
    int64_t start = -1;
    std::optional<qint64> price;
    const bool isWhole = forEachMember(tier, [&](std::string_view key, Value number) {
        if (key == "price")
            return sink.readRate(number, PerMillion, price);
        return key != "start" || number.get_int64().get(start) == simdjson::SUCCESS;
    });
    model.isGood = model.isGood && isWhole && start > 0;
    if (model.isGood)
        config::tierAbove(model.tiers, start).*rate = price;
}

/// A number, or {"base": number, "tiers": [...]}.
bool readGenaiRate(Value value, Rate rate, ImportSink &sink, GenaiModel &model)
{
    if (!isOfType(value, json_type::object)) {
        model.isGood = sink.readRate(value, PerMillion, model.rates.*rate) && model.isGood;
        return true;
    }
    return forEachMember(value, [&](std::string_view name, Value member) {
        if (name == "base")
            model.isGood = sink.readRate(member, PerMillion, model.rates.*rate) && model.isGood;
        if (name != "tiers")
            return true;
        return forEachItem(member, [&](Value tier) {
            readGenaiTier(tier, rate, sink, model);
            return true;
        });
    });
}

bool readGenaiRates(Value value, ImportSink &sink, GenaiModel &model)
{
    model.rates = {};
    model.tiers.clear();
    return forEachMember(value, [&](std::string_view name, Value member) {
        const auto rate = rateFor(GenaiKeys, name);
        return !rate || isOfType(member, json_type::null)
            || readGenaiRate(member, *rate, sink, model);
    });
}

/// {"constraint": {"start_date": …} or hours, "prices": {…}}: the last that has begun.
bool readGenaiPeriod(Value value, ImportSink &sink, GenaiModel &model)
{
    bool hasBegun = true;
    return forEachMember(value, [&](std::string_view name, Value member) {
        if (name == "prices")
            return !hasBegun || readGenaiRates(member, sink, model);
        if (name != "constraint" || !isOfType(member, json_type::object))
            return true;
        return forEachMember(member, [&](std::string_view key, Value text) {
            if (key == "start_time")
                model.hasHours = true;
            if (key == "start_date")
                hasBegun = QDate::fromString(
                               QString::fromUtf8(textOf(text).value_or(QByteArray())), Qt::ISODate)
                    <= sink.today();
            return true;
        });
    });
}

/// The ids in {"equals": …} and in the alternatives of {"or": […]}.
bool readGenaiMatch(Value value, GenaiModel &model)
{
    return forEachMember(value, [&model](std::string_view name, Value member) {
        if (name == "equals")
            model.equal.append(textOf(member).value_or(QByteArray()));
        return name != "or"
            || forEachItem(member, [&model](Value part) { return readGenaiMatch(part, model); });
    });
}

bool readGenaiModel(Value value, ImportSink &sink, GenaiModel &model)
{
    return forEachMember(value, [&](std::string_view name, Value member) {
        if (name == "id")
            model.id = textOf(member).value_or(QByteArray());
        if (name == "match")
            return readGenaiMatch(member, model);
        if (name != "prices")
            return true;
        if (isOfType(member, json_type::array))
            return forEachItem(
                member, [&](Value period) { return readGenaiPeriod(period, sink, model); });
        return readGenaiRates(member, sink, model);
    });
}

bool importGenaiModel(const QByteArray &provider, Value item, ImportSink &sink)
{
    GenaiModel model;
    const bool isWhole = readGenaiModel(item, sink, model);
    sink.setAt(provider + '/' + model.id);
    if (!isWhole)
        return false;
    if (!model.isGood) {
        sink.leaveOut(u"a price that is no price"_s);
        return true;
    }
    if (model.hasHours) {
        sink.leaveOut(u"prices by the hour of the day"_s);
        return true;
    }
    if (model.equal.isEmpty())
        model.equal.append(model.id);
    for (const QByteArray &id : std::as_const(model.equal))
        sink.add(provider, id, model.rates, model.tiers);
    return true;
}

} // namespace

bool readGenaiPrices(Value root, ImportSink &sink)
{
    return forEachItem(root, [&sink](Value entry) {
        QByteArray provider;
        return forEachMember(entry, [&](std::string_view name, Value member) {
            if (name == "id")
                provider = textOf(member).value_or(QByteArray());
            if (name != "models" || !sink.wants(provider))
                return true;
            return forEachItem(
                member, [&](Value item) { return importGenaiModel(provider, item, sink); });
        });
    });
}

// --- models.dev: {"provider": {"models": {"model": {"cost": {"input": 2.5, …}}}}} ---

namespace {

constexpr std::array ModelsDevKeys{
    RateKey{"input", &WrittenRates::input},
    RateKey{"cache_read", &WrittenRates::cachedInput},
    RateKey{"cache_write", &WrittenRates::cacheWrite},
    RateKey{"output", &WrittenRates::output},
    RateKey{"reasoning", &WrittenRates::reasoning},
};

constexpr qint64 ModelsDevThreshold = 200'000;

bool readModelsDevCost(Value value, ImportSink &sink, WrittenRates &rates,
    std::vector<WrittenTier> *tiers, bool &isGood)
{
    return forEachMember(value, [&](std::string_view name, Value member) {
        if (name == "context_over_200k" && tiers != nullptr) {
            WrittenRates &over = config::tierAbove(*tiers, ModelsDevThreshold);
            return readModelsDevCost(member, sink, over, nullptr, isGood);
        }
        if (const auto rate = rateFor(ModelsDevKeys, name))
            isGood = sink.readRate(member, PerMillion, rates.**rate) && isGood;
        return true;
    });
}

} // namespace

bool readModelsDev(Value root, ImportSink &sink)
{
    const auto readModel = [&sink](const QByteArray &provider, const QByteArray &id, Value model) {
        WrittenRates rates;
        std::vector<WrittenTier> tiers;
        bool isGood = true;
        sink.setAt(provider + '/' + id);
        const bool isWhole = forEachMember(model, [&](std::string_view name, Value cost) {
            return name != "cost" || readModelsDevCost(cost, sink, rates, &tiers, isGood);
        });
        if (isWhole && isGood)
            sink.add(provider, id, rates, tiers);
        else if (isWhole)
            sink.leaveOut(u"a price that is no price"_s);
        return isWhole;
    };
    return forEachMember(root, [&](std::string_view name, Value entry) {
        const QByteArray provider = bytesOf(name);
        if (!sink.wants(provider))
            return true;
        return forEachMember(entry, [&](std::string_view key, Value models) {
            return key != "models" || forEachMember(models, [&](std::string_view id, Value model) {
                return readModel(provider, bytesOf(id), model);
            });
        });
    });
}

} // namespace sluice::metering

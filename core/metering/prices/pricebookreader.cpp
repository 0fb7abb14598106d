// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metering/prices/pricebookreader.h"

#include "core/metering/prices/pricejson.h"

#include <QDate>
#include <QTime>

#include <array>

namespace sluice::metering {

using namespace Qt::StringLiterals;
using config::WrittenRates;
using config::WrittenTier;
using simdjson::ondemand::json_type;
using Value = simdjson::ondemand::value;
using std::chrono::milliseconds;

namespace {

constexpr int Shift = 6; ///< dollars into millionths

struct RateKey
{
    std::string_view name;
    std::optional<qint64> WrittenRates::*rate;
};

constexpr std::array RateKeys{
    RateKey{"input", &WrittenRates::input},
    RateKey{"cached-input", &WrittenRates::cachedInput},
    RateKey{"cache-write", &WrittenRates::cacheWrite},
    RateKey{"cache-write-1h", &WrittenRates::cacheWrite1h},
    RateKey{"output", &WrittenRates::output},
    RateKey{"reasoning", &WrittenRates::reasoning},
};

/// Reads one table; every function gives false as soon as something is not as it must be.
class Reader
{
public:
    bool read(Value root)
    {
        return forEachMember(root, [this](std::string_view name, Value value) {
            if (name == "source" || name == "date") {
                const auto text = textOf(value);
                (name == "date" ? date : source) = text.value_or(QByteArray());
                return text.has_value();
            }
            return name != "providers" || readProviders(value);
        });
    }

    QByteArray source;
    QByteArray date;
    std::vector<PriceBook::Provider> providers;
    QByteArray at; ///< the entry that was read last

private:
    bool readProviders(Value value)
    {
        return forEachMember(value, [this](std::string_view name, Value entries) {
            providers.push_back({QByteArray(name.data(), qsizetype(name.size())), {}});
            return forEachItem(entries, [this](Value entry) { return readEntry(entry); });
        });
    }

    bool readEntry(Value value)
    {
        BookEntry entry;
        const bool isGood =
            forEachMember(value, [this, &entry](std::string_view name, Value member) {
                if (name == "id") {
                    entry.id = textOf(member).value_or(QByteArray());
                    at = providers.back().name + '/' + entry.id;
                    return !entry.id.isEmpty();
                }
                if (name == "match")
                    return readMatch(member, entry);
                return name != "price" || readPrices(member, entry);
            });
        if (!isGood || entry.branches.empty())
            return false;
        if (!entry.prices.empty())
            providers.back().entries.push_back(std::move(entry));
        return true;
    }

    /// {"equals": …}, {"and": […]} or {"or": [such ones]}.
    static bool readMatch(Value value, BookEntry &entry)
    {
        return forEachMember(value, [&entry](std::string_view name, Value member) {
            if (name == "or")
                return forEachItem(member, [&entry](Value branch) {
                    return forEachMember(branch, [&entry](std::string_view kind, Value clauses) {
                        return readBranch(kind, clauses, entry);
                    });
                });
            return readBranch(name, member, entry);
        });
    }

    static bool readBranch(std::string_view name, Value value, BookEntry &entry)
    {
        MatchBranch branch;
        const auto add = [&branch](std::string_view kind, Value text) {
            return readClause(kind, text, branch);
        };
        const bool isGood = name == "and"
            ? forEachItem(value, [&add](Value clause) { return forEachMember(clause, add); })
            : add(name, value);
        entry.branches.push_back(std::move(branch));
        return isGood;
    }

    static bool readClause(std::string_view name, Value value, MatchBranch &branch)
    {
        using Kind = MatchClause::Kind;
        static constexpr std::array<std::pair<std::string_view, Kind>, 5> kinds{
            {{"equals", Kind::Equals}, {"starts_with", Kind::StartsWith},
                {"ends_with", Kind::EndsWith}, {"contains", Kind::Contains},
                {"regex", Kind::Regex}}};
        for (const auto &[known, kind] : kinds) {
            if (known != name)
                continue;
            const auto text = textOf(value);
            MatchClause clause{kind, text.value_or(QByteArray()), {}};
            if (kind == Kind::Regex) {
                clause.regex.setPattern(QString::fromUtf8(clause.text));
                clause.regex.optimize();
            }
            branch.clauses.push_back(clause);
            return text && !text->isEmpty() && clause.regex.isValid();
        }
        return false;
    }

    bool readPrices(Value value, BookEntry &entry)
    {
        if (isOfType(value, json_type::array))
            return forEachItem(
                value, [this, &entry](Value item) { return readPrice(item, entry); });
        return readPrice(value, entry);
    }

    bool readPrice(Value value, BookEntry &entry)
    {
        DatedPrice dated;
        WrittenRates rates;
        std::vector<WrittenTier> tiers;
        const bool isGood = forEachMember(value, [&](std::string_view name, Value member) {
            if (name == "from")
                return readDate(member, dated);
            if (name == "constraint")
                return readHours(member, dated);
            for (const RateKey &key : RateKeys) {
                if (key.name == name)
                    return readRate(member, key.rate, rates, tiers);
            }
            return false;
        });
        if (!isGood)
            return false;
        if (!rates.input)
            return true;
        dated.price = config::makePrice(at, rates, std::move(tiers));
        entry.prices.push_back(std::move(dated));
        return true;
    }

    static bool readNumber(Value value, std::optional<qint64> &rate)
    {
        bool isExact = true;
        std::string_view token;
        if (!isOfType(value, json_type::number))
            return false;
        token = value.raw_json_token();
        rate = parseRate(token, Shift, &isExact);
        return rate && isExact;
    }

    /// A number, or {"base": number, "tiers": [{"above": tokens, "price": number}]}.
    static bool readRate(Value value, std::optional<qint64> WrittenRates::*rate,
        WrittenRates &rates, std::vector<WrittenTier> &tiers)
    {
        if (!isOfType(value, json_type::object))
            return readNumber(value, rates.*rate);
        return forEachMember(value, [&](std::string_view name, Value member) {
            if (name == "base")
                return readNumber(member, rates.*rate);
            return name == "tiers"
                && forEachItem(member, [&](Value tier) { return readTier(tier, rate, tiers); });
        });
    }

    static bool readTier(
        Value value, std::optional<qint64> WrittenRates::*rate, std::vector<WrittenTier> &tiers)
    {
        qint64 above = -1;
        std::optional<qint64> price;
        const bool isGood = forEachMember(value, [&](std::string_view name, Value member) {
            if (name == "price")
                return readNumber(member, price);
            int64_t number = 0;
            if (name != "above" || member.get_int64().get(number) != simdjson::SUCCESS)
                return false;
            above = number;
            return true;
        });
        if (!isGood || above < 0)
            return false;
        config::tierAbove(tiers, above).*rate = price;
        return true;
    }

    static bool readDate(Value value, DatedPrice &dated)
    {
        const QDate day =
            QDate::fromString(QString::fromUtf8(textOf(value).value_or(QByteArray())), Qt::ISODate);
        if (!day.isValid())
            return false;
        const qint64 sinceEpoch = QDate(1970, 1, 1).daysTo(day);
        dated.from = std::chrono::days(sinceEpoch);
        return true;
    }

    static bool readTime(Value value, milliseconds &time)
    {
        const QTime read = QTime::fromString(
            QString::fromUtf8(textOf(value).value_or(QByteArray())), u"HH:mm:ss'Z'"_s);
        time = milliseconds(read.msecsSinceStartOfDay());
        return read.isValid();
    }

    static bool readHours(Value value, DatedPrice &dated)
    {
        DatedPrice::Hours hours;
        const bool isGood = forEachMember(value, [&hours](std::string_view name, Value member) {
            if (name == "start_time")
                return readTime(member, hours.from);
            if (name == "end_time")
                return readTime(member, hours.to);
            return name == "type" && textOf(member) == QByteArray("time_of_date");
        });
        dated.hours = hours;
        return isGood;
    }
};

} // namespace

Result<PriceBook> readPriceBook(QByteArrayView json)
{
    simdjson::ondemand::parser parser;
    const simdjson::padded_string text(json.data(), static_cast<size_t>(json.size()));
    simdjson::ondemand::document document;
    Value root;
    Reader reader;
    if (parser.iterate(text).get(document) != simdjson::SUCCESS
        || document.get_value().get(root) != simdjson::SUCCESS || !reader.read(root)) {
        return Error{ErrorCode::Invalid,
            reader.at.isEmpty() ? u"this is not a price table"_s
                                : u"the price table cannot be read at or after %1"_s.arg(
                                    QString::fromUtf8(reader.at)),
            {}};
    }
    return PriceBook(reader.source, reader.date, std::move(reader.providers));
}

} // namespace sluice::metering

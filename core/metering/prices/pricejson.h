// SPDX-License-Identifier: GPL-3.0-or-later
// Reading prices out of JSON. Internal to core/metering: needs simdjson.
#pragma once

#include <QByteArray>

#include <simdjson.h>

#include <optional>
#include <string_view>

namespace sluice::metering {

/// Reads an unsigned JSON number exactly as it is written ("2.5e-06") and gives it times
/// 10^shift, rounded half up where it is finer than that; nothing if it is no such number or above
/// a million dollars per million tokens. isExact, if given, is cleared where it was rounded.
std::optional<qint64> parseRate(std::string_view token, int shift, bool *isExact = nullptr);

/// Calls visit(name, value) for each member of an object; false as soon as the text is broken or
/// visit gives false.
template <typename Visit> bool forEachMember(simdjson::ondemand::value value, Visit visit)
{
    simdjson::ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS)
        return false;
    for (auto field : object) {
        std::string_view name;
        simdjson::ondemand::value member;
        if (field.unescaped_key().get(name) != simdjson::SUCCESS
            || field.value().get(member) != simdjson::SUCCESS)
            return false;
        if (!visit(name, member))
            return false;
    }
    return true;
}

/// Calls visit(value) for each item of an array; false as above.
template <typename Visit> bool forEachItem(simdjson::ondemand::value value, Visit visit)
{
    simdjson::ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS)
        return false;
    for (auto item : array) {
        simdjson::ondemand::value member;
        if (item.get(member) != simdjson::SUCCESS || !visit(member))
            return false;
    }
    return true;
}

inline bool isOfType(simdjson::ondemand::value &value, simdjson::ondemand::json_type type)
{
    simdjson::ondemand::json_type found{};
    return value.type().get(found) == simdjson::SUCCESS && found == type;
}

/// A text value, or nothing.
inline std::optional<QByteArray> textOf(simdjson::ondemand::value value)
{
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS)
        return std::nullopt;
    return QByteArray(text.data(), static_cast<qsizetype>(text.size()));
}

} // namespace sluice::metering

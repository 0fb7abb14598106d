// SPDX-License-Identifier: GPL-3.0-or-later
// Walking untrusted JSON once, without building a document. Every visit says false where the text
// turns out to be broken, and nothing after that is looked at. Any thread (parsers are per thread).
#pragma once

#include <QByteArray>

#include <simdjson.h>

namespace sluice::metering::jsonwalk {

namespace ondemand = simdjson::ondemand;

/// Larger documents get a parser of their own, which does not keep its memory.
constexpr qsizetype LargeDocument = 1024 * 1024;

/// Calls `visit` with name and value of each member.
template <typename Visit> bool forEachMember(ondemand::object object, Visit visit)
{
    for (auto field : object) {
        std::string_view name;
        ondemand::value value;
        if (field.unescaped_key().get(name) != simdjson::SUCCESS
            || field.value().get(value) != simdjson::SUCCESS || !visit(name, value))
            return false;
    }
    return true;
}

/// As forEachMember(), and a value that is no object has no members.
template <typename Visit> bool forEachMemberOf(ondemand::value value, Visit visit)
{
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS)
        return false;
    if (type != ondemand::json_type::object)
        return true;
    ondemand::object object;
    return value.get_object().get(object) == simdjson::SUCCESS && forEachMember(object, visit);
}

/// Calls `visit` with each element; a value that is no array has none.
template <typename Visit> bool forEachElementOf(ondemand::value value, Visit visit)
{
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS)
        return false;
    if (type != ondemand::json_type::array)
        return true;
    ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS)
        return false;
    for (auto element : array) {
        ondemand::value inner;
        if (element.get(inner) != simdjson::SUCCESS || !visit(inner))
            return false;
    }
    return true;
}

/// Calls `use` with the text of a string, which lives as long as the document; a value that is no
/// string has none.
template <typename Use> bool withString(ondemand::value value, Use use)
{
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS)
        return false;
    if (type != ondemand::json_type::string)
        return true;
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS)
        return false;
    use(text);
    return true;
}

/// Hands the members of a JSON object to `visit`; false if the text is not one object that is
/// whole. May enlarge the array's capacity (not its content) for the parser's padding.
template <typename Visit> bool readObject(QByteArray &json, Visit visit)
{
    if (json.isEmpty())
        return false;
    if (json.capacity() < json.size() + qsizetype(simdjson::SIMDJSON_PADDING))
        json.reserve(json.size() + qsizetype(simdjson::SIMDJSON_PADDING));
    const auto read = [&json, &visit](ondemand::parser &parser) {
        ondemand::document document;
        ondemand::object object;
        const auto size = static_cast<size_t>(json.size());
        const auto capacity = static_cast<size_t>(json.capacity());
        if (parser.iterate(json.constData(), size, capacity).get(document) != simdjson::SUCCESS
            || document.get_object().get(object) != simdjson::SUCCESS
            || !forEachMember(object, visit))
            return false;
        // Something after the object is no JSON document.
        const char *next = nullptr;
        return document.current_location().get(next) != simdjson::SUCCESS;
    };
    if (json.size() > LargeDocument) {
        ondemand::parser own;
        return read(own);
    }
    thread_local ondemand::parser kept;
    return read(kept);
}

} // namespace sluice::metering::jsonwalk

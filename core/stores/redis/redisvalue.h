// SPDX-License-Identifier: GPL-3.0-or-later
// One answer of a Redis server. A value.
#pragma once

#include <QByteArray>

#include <vector>

namespace sluice::stores {

struct RedisValue
{
    enum class Type : quint8 { Nil, Text, Integer, List, Error };

    Type type = Type::Nil;
    qint64 integer = 0;
    QByteArray text; ///< of Text and Error
    std::vector<RedisValue> items; ///< of List

    [[nodiscard]] bool isError() const { return type == Type::Error; }

    /// The item at a place of a list; Nil if there is none.
    [[nodiscard]] const RedisValue &at(size_t place) const
    {
        static const RedisValue s_nil;
        return place < items.size() ? items[place] : s_nil;
    }
};

} // namespace sluice::stores

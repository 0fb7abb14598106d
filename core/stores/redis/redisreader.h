// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes from a Redis server become values. The protocol is parsed by hiredis; the sizes are bounded
// here, so that a server that answers nonsense costs neither memory nor time. Owned by one
// connection, its thread.
#pragma once

#include "core/base/result.h"
#include "core/stores/redis/redisvalue.h"

#include <memory>
#include <optional>

struct redisReader;

namespace sluice::stores {

class RedisReader final
{
public:
    static constexpr qsizetype MostItems = 10'000; ///< in one answer, all lists together
    static constexpr qsizetype MostBytes = 4 * 1024 * 1024; ///< of an unfinished answer

    RedisReader();
    ~RedisReader();
    Q_DISABLE_COPY_MOVE(RedisReader)

    void feed(QByteArrayView bytes);

    /// The next whole answer, or nothing yet. After an error (Invalid) the reader is of no use any
    /// more.
    Result<std::optional<RedisValue>> next();

private:
    struct Free
    {
        void operator()(redisReader *reader) const;
    };

    qsizetype m_items = 0; ///< in the lists of the answer that is being read
    std::unique_ptr<redisReader, Free> m_reader;
};

} // namespace sluice::stores

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/redis/redisreader.h"

#include <hiredis/hiredis.h>

namespace sluice::stores {

using namespace Qt::StringLiterals;

namespace {

using Type = RedisValue::Type;

/// Where the value of a task goes: into its list, which has been made large enough, or alone.
RedisValue *place(const redisReadTask *task)
{
    if (task->parent == nullptr)
        return new RedisValue;
    auto *list = static_cast<RedisValue *>(task->parent->obj);
    return &list->items[static_cast<size_t>(task->idx)];
}

void *makeText(const redisReadTask *task, char *text, size_t size)
{
    RedisValue *value = place(task);
    value->type = task->type == REDIS_REPLY_ERROR ? Type::Error : Type::Text;
    value->text = QByteArray(text, static_cast<qsizetype>(size));
    return value;
}

/// Null, which hiredis reports as an error, once the lists of an answer have too many items.
/// hiredis counts them in int up to 0.14 and in size_t from 1.0 on.
template <typename Size> void *makeList(const redisReadTask *task, Size size)
{
    const auto count = static_cast<qsizetype>(size);
    auto *made = static_cast<qsizetype *>(task->privdata);
    if (count < 0 || count > RedisReader::MostItems - *made)
        return nullptr;
    *made += count;
    RedisValue *value = place(task);
    value->type = Type::List;
    value->items.resize(static_cast<size_t>(count));
    return value;
}

void *makeInteger(const redisReadTask *task, long long integer)
{
    RedisValue *value = place(task);
    value->type = Type::Integer;
    value->integer = integer;
    return value;
}

void *makeNil(const redisReadTask *task)
{
    return place(task);
}

/// Called for whole answers only; what is in a list belongs to it.
void discard(void *value)
{
    delete static_cast<RedisValue *>(value);
}

/// What hiredis from 1.0 on also reads, and a server says only to those who ask for protocol 3.
/// Without a function hiredis would make up a pointer.
template <typename Functions> void refuseProtocol3(Functions &functions)
{
    if constexpr (requires { functions.createDouble; })
        functions.createDouble = [](const redisReadTask *, double, char *, size_t) -> void * {
            return nullptr;
        };
    if constexpr (requires { functions.createBool; })
        functions.createBool = [](const redisReadTask *, int) -> void * { return nullptr; };
}

redisReplyObjectFunctions *functions()
{
    static redisReplyObjectFunctions s_functions = [] {
        redisReplyObjectFunctions made{};
        made.createString = makeText;
        made.createArray = makeList;
        made.createInteger = makeInteger;
        made.createNil = makeNil;
        made.freeObject = discard;
        refuseProtocol3(made);
        return made;
    }();
    return &s_functions;
}

} // namespace

void RedisReader::Free::operator()(redisReader *reader) const
{
    redisReaderFree(reader);
}

RedisReader::RedisReader() : m_reader(redisReaderCreateWithFunctions(functions()))
{
    Q_CHECK_PTR(m_reader.get());
    m_reader->privdata = &m_items;
}

RedisReader::~RedisReader() = default;

void RedisReader::feed(QByteArrayView bytes)
{
    redisReaderFeed(m_reader.get(), bytes.data(), static_cast<size_t>(bytes.size()));
}

Result<std::optional<RedisValue>> RedisReader::next()
{
    void *reply = nullptr;
    if (redisReaderGetReply(m_reader.get(), &reply) != REDIS_OK) {
        return Error{ErrorCode::Invalid, u"this is not how Redis answers"_s,
            QString::fromUtf8(m_reader->errstr)};
    }
    if (reply != nullptr) {
        m_items = 0;
        const std::unique_ptr<RedisValue> value(static_cast<RedisValue *>(reply));
        return std::optional(std::move(*value));
    }
    if (m_reader->len - m_reader->pos > static_cast<size_t>(MostBytes))
        return Error{ErrorCode::Invalid, u"this is no answer of Redis: it never ends"_s, {}};
    return std::optional<RedisValue>();
}

} // namespace sluice::stores

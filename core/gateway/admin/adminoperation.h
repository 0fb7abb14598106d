// SPDX-License-Identifier: GPL-3.0-or-later
// What the admin API can do: one table that requests are read by and that the OpenAPI document is
// made of, so that the two cannot part. Constants; any thread.
#pragma once

#include <QByteArrayView>
#include <QString>

#include <span>

namespace sluice::gateway {

/// What a request to the admin API asks for.
enum class AdminCall : quint8 {
    ListLimits,
    ListCounters,
    ResetCounters,
    ListRaises,
    Raise,
    EndRaise,
    ListBlocks,
    Block,
    Unblock,
    Usage,
    Sql,
    Forget,
    Document, ///< the OpenAPI document; answered by the gateway's thread itself
};

enum class AdminType : quint8 {
    Text,
    Texts, ///< in a query: may be repeated
    Number, ///< a whole number, at least 1
    Amount, ///< a decimal as text, or a whole number; read as millionths
    Duration, ///< "2h 30m"; read as nanoseconds
};

/// A field of a body, or of a query for methods without one.
struct AdminParameter
{
    QLatin1StringView name;
    AdminType type = AdminType::Text;
    bool isRequired = false;
    QLatin1StringView meaning;
    qint64 most = 0; ///< of a number; 0: any
};

/// A field of an answer.
struct AdminField
{
    QLatin1StringView name;
    QLatin1StringView type; ///< JSON schema's word, "integer?" if it may be null
    QLatin1StringView meaning;
};

/// An object of an answer.
struct AdminShape
{
    QLatin1StringView name;
    std::span<const AdminField> fields;
};

struct AdminOperation
{
    AdminCall call = AdminCall::Document;
    QByteArrayView method;
    QLatin1StringView path; ///< below Prefix; "{name}" stands for one percent-encoded segment
    QLatin1StringView summary;
    std::span<const AdminParameter> parameters; ///< beside those of the path
    const AdminShape *answer = nullptr; ///< null: an object of its own kind
    bool isList = false; ///< the answer is an array of it

    /// Where the operations are.
    static constexpr QByteArrayView Prefix = "/-/api/v1/";
};

std::span<const AdminOperation> adminOperations();

} // namespace sluice::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
// A request to the admin API as a value: what it asks for, and the fields of path, query and body,
// each checked. Pure; any thread.
#pragma once

#include "core/gateway/admin/adminoperation.h"
#include "core/gateway/pipeline/reply.h"

#include <QHostAddress>
#include <QJsonObject>

#include <variant>

namespace sluice::gateway {

struct AdminRequest
{
    AdminCall call = AdminCall::Document;
    QJsonObject values; ///< by name; amounts are millionths, durations nanoseconds

    [[nodiscard]] bool has(QLatin1StringView name) const { return values.contains(name); }

    [[nodiscard]] QByteArray text(QLatin1StringView name) const
    {
        return values.value(name).toString().toUtf8();
    }

    [[nodiscard]] qint64 number(QLatin1StringView name, qint64 otherwise = 0) const
    {
        return values.value(name).toInteger(otherwise);
    }
};

/// What somebody has sent as a part of a sentence: on one line, and not long.
QString shownText(QString text);

/// More of a body is not read.
constexpr qint64 MaxAdminBody = 64 * 1024;

/// Why `what` ("The admin API") is closed to whoever sends this head: a web page, or another
/// machine; nullopt if it is open.
std::optional<Failure> refuseStrangers(
    const RequestHead &head, const QHostAddress &peer, QStringView what);

/// Why the API is closed to whoever sends this head: a web page, another machine, no or a wrong
/// token, or a body that is too large; nullopt if it is open.
std::optional<Failure> refuseAdmin(
    const RequestHead &head, const QHostAddress &peer, QByteArrayView token);

/// Reads a request that refuseAdmin() has let through. A failure names the field and says what may
/// be written.
std::variant<AdminRequest, Failure> readAdminRequest(
    const RequestHead &head, const QByteArray &body);

} // namespace sluice::gateway

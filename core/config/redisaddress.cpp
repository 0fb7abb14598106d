// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/redisaddress.h"

#include <QUrl>
#include <QUrlQuery>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr int MostDatabases = 1'000'000;

Error invalid(const QString &what)
{
    return {ErrorCode::Invalid,
        what + u"; write redis://[user:password@]host[:port][/database], or rediss:// for TLS"_s,
        {}};
}

} // namespace

Result<RedisAddress> parseRedisAddress(const QString &url)
{
    const QUrl parsed(url, QUrl::StrictMode);
    const bool isTls = parsed.scheme() == "rediss"_L1;
    if (!parsed.isValid() || (!isTls && parsed.scheme() != "redis"_L1))
        return invalid(u"this is no address of a Redis server"_s);
    if (parsed.host().isEmpty())
        return invalid(u"the address has no host"_s);
    RedisAddress address;
    address.isTls = isTls;
    address.host = parsed.host();
    address.port = static_cast<quint16>(parsed.port(address.port));
    address.user = parsed.userName(QUrl::FullyDecoded);
    address.password = parsed.password(QUrl::FullyDecoded);
    const QString database = parsed.path().mid(1);
    bool isNumber = true;
    if (!database.isEmpty())
        address.database = database.toInt(&isNumber);
    if (!isNumber || address.database < 0 || address.database > MostDatabases)
        return invalid(u"the database is a number, like /0"_s);
    for (const auto &[name, value] : QUrlQuery(parsed).queryItems(QUrl::FullyDecoded)) {
        if (name != "ca-file"_L1 || !isTls)
            return invalid(u"the address takes no parameter but ?ca-file= with rediss://"_s);
        address.caFile = value;
    }
    return address;
}

} // namespace sluice::config

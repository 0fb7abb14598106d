// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/stores/redis/redisproblem.h"

#include <array>

namespace sluice::stores {

using namespace Qt::StringLiterals;

namespace {

struct Known
{
    const char *start; ///< of the error's text
    const char16_t *sentence; ///< %1: the text as far as it tells no secret
};

constexpr std::array Problems{
    Known{"WRONGPASS", u"refuses the user or the password (WRONGPASS): check host-url"},
    Known{"NOAUTH", u"wants a password (NOAUTH): write it into host-url"},
    Known{"ERR AUTH", u"wants no password, but host-url has one: take it away"},
    Known{"ERR Client sent AUTH", u"wants no password, but host-url has one: take it away"},
    Known{"NOPERM", u"does not allow this user what the store needs (%1): see docs/stores.md"},
    Known{"ERR DB index", u"has no such database (%1): check the number in host-url"},
    Known{"ERR SELECT is not allowed",
        u"is a cluster, which has database 0 only: take the number "
        u"away from host-url"},
    Known{"ERR invalid DB index", u"has no such database (%1): check the number in host-url"},
    Known{"ERR unknown command", u"is too old (%1): it takes Redis 7 or Valkey"},
    Known{"READONLY", u"is a read-only replica: name its primary in host-url"},
    Known{"MASTERDOWN", u"is a replica that has lost its primary: name the primary in host-url"},
    Known{"OOM", u"is out of memory: raise its maxmemory"},
    Known{"MISCONF", u"takes no writes because it cannot save to its disk (MISCONF): look there"},
    Known{"NOREPLICAS", u"takes no writes without replicas (NOREPLICAS): look at them"},
    Known{"LOADING", u"is still loading its data"},
    Known{"BUSY", u"is busy with a script that does not end: SCRIPT KILL ends it"},
    Known{"MOVED", u"and the other nodes of its cluster send each other's clients in circles"},
    Known{"ASK", u"and the other nodes of its cluster send each other's clients in circles"},
    Known{"CLUSTERDOWN", u"says that its cluster is down: look at CLUSTER INFO"},
    Known{"TRYAGAIN", u"is moving the keys to another node of its cluster"},
    Known{"CROSSSLOT", u"keeps the keys on several nodes: take braces away from key-prefix"},
    Known{"ERR max number of clients", u"has too many clients: raise its maxclients"},
    Known{"DENIED", u"is in protected mode: set a password there, and in host-url"},
    Known{"ERR This instance has cluster support disabled", u"is no cluster any more"},
};

/// One line, not long.
QString shortened(const QByteArray &error)
{
    constexpr qsizetype most = 120;
    return QString::fromUtf8(error.first(std::min(error.size(), most))).simplified();
}

} // namespace

QString redisName(const config::RedisAddress &address)
{
    const QString host =
        address.host.contains(u':') ? QString(u'[' + address.host + u']') : address.host;
    return u"Redis at "_s + host + u':' + QString::number(address.port);
}

std::optional<QString> redisProblem(const QByteArray &error)
{
    for (const Known &known : Problems) {
        if (error.startsWith(known.start)) {
            QString sentence = QString::fromUtf16(known.sentence);
            return sentence.replace(u"%1"_s, shortened(error));
        }
    }
    return std::nullopt;
}

std::optional<RedisRedirect> redisRedirect(const QByteArray &error)
{
    // "MOVED 3999 127.0.0.1:6381"
    const QList<QByteArray> words = error.split(' ');
    if (words.size() < 3 || (words[0] != "MOVED" && words[0] != "ASK"))
        return std::nullopt;
    const qsizetype colon = words[2].lastIndexOf(':');
    bool isNumber = false;
    const ushort port = words[2].mid(colon + 1).toUShort(&isNumber);
    if (colon < 0 || !isNumber || port == 0)
        return std::nullopt;
    return RedisRedirect{QString::fromUtf8(words[2].first(colon)), port, words[0] == "ASK"};
}

} // namespace sluice::stores

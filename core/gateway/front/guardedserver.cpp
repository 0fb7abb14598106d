// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/front/guardedserver.h"

#include "core/gateway/front/guardedsocket.h"

#include <QTimer>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

using namespace Qt::StringLiterals;

namespace sluice::gateway {

namespace {

constexpr int backlog = 4096; // the kernel lowers it to net.core.somaxconn
constexpr int maxRefusals = 512; // at once; beyond, clients get a closed connection and no words

struct SocketAddress
{
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;

    // POSIX has one storage for every family and leaves it to casts to say which one it holds.
    template <typename Address = sockaddr> [[nodiscard]] const Address *as() const
    {
        return reinterpret_cast<const Address *>(&storage);
    }

    sockaddr *fill() { return reinterpret_cast<sockaddr *>(&storage); }
};

SocketAddress toNative(const QHostAddress &address, quint16 port)
{
    SocketAddress native;
    if (address.protocol() == QAbstractSocket::IPv4Protocol) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        v4.sin_addr.s_addr = htonl(address.toIPv4Address());
        std::memcpy(&native.storage, &v4, sizeof v4);
        native.size = sizeof v4;
        return native;
    }
    sockaddr_in6 v6{}; // also QHostAddress::Any: the IPv6 wildcard takes both families
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    const Q_IPV6ADDR bytes = address.toIPv6Address();
    if (address != QHostAddress(QHostAddress::Any))
        std::memcpy(&v6.sin6_addr, &bytes, sizeof bytes);
    std::memcpy(&native.storage, &v6, sizeof v6);
    native.size = sizeof v6;
    return native;
}

Error bindError(int code, const QHostAddress &address, quint16 port)
{
    const QString where = u"%1:%2"_s.arg(address.toString()).arg(port);
    const QString detail = QString::fromStdString(std::generic_category().message(code));
    switch (code) {
    case EADDRINUSE:
        return {ErrorCode::Busy,
            u"%1 is already in use. Stop the program that listens there, or choose another port "
            "(server.port; 0 picks a free one)."_s.arg(where),
            detail};
    case EACCES:
        return {ErrorCode::Refused,
            u"The system does not let this user listen on %1. Choose a port from 1024 up (server.port)."_s
                .arg(where),
            detail};
    case EADDRNOTAVAIL:
        return {ErrorCode::Invalid,
            u"%1 is not an address of this machine. Correct server.address."_s.arg(
                address.toString()),
            detail};
    default:
        return {ErrorCode::Io, u"Cannot listen on %1: %2."_s.arg(where, detail), detail};
    }
}

bool enable(int fd, int level, int option, int on = 1)
{
    return ::setsockopt(fd, level, option, &on, sizeof on) == 0;
}

// The first front binds alone, so that a port in use is noticed, and opens the port to those that
// join only afterwards; the kernel looks at the flag of the one that was there first.
bool bindAndListen(int fd, const SocketAddress &address, bool join)
{
    enable(fd, SOL_SOCKET, SO_REUSEADDR);
    if (address.storage.ss_family == AF_INET6) {
        const bool wildcard = IN6_IS_ADDR_UNSPECIFIED(&address.as<sockaddr_in6>()->sin6_addr);
        enable(fd, IPPROTO_IPV6, IPV6_V6ONLY, wildcard ? 0 : 1);
    }
    if (join && !enable(fd, SOL_SOCKET, SO_REUSEPORT))
        return false;
    if (::bind(fd, address.as(), address.size) != 0)
        return false;
    return (join || enable(fd, SOL_SOCKET, SO_REUSEPORT)) && ::listen(fd, backlog) == 0;
}

QHostAddress peerOf(int fd, quint16 &port)
{
    SocketAddress native;
    if (::getpeername(fd, native.fill(), &native.size) != 0)
        return {};
    const QHostAddress address(native.as());
    // Both families keep the port at the same place.
    port = ntohs(native.as<sockaddr_in>()->sin_port);
    bool isV4 = false;
    const quint32 v4 = address.toIPv4Address(&isV4); // "::ffff:127.0.0.1" is 127.0.0.1
    return isV4 ? QHostAddress(v4) : address;
}

} // namespace

GuardedServer::GuardedServer(FrontContext &front) : m_front(front)
{
    // Out of descriptors or memory: Qt stops accepting; go on a moment later.
    connect(this, &QTcpServer::acceptError, this,
        [this] { QTimer::singleShot(100, this, [this] { resumeAccepting(); }); });
}

Result<quint16> GuardedServer::start(const QHostAddress &address, quint16 port, bool join)
{
    const SocketAddress native = toNative(address, port);
    const int fd =
        ::socket(native.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
    if (fd < 0 && address == QHostAddress(QHostAddress::Any)) // a machine without IPv6
        return start(QHostAddress(QHostAddress::AnyIPv4), port, join);
    if (fd < 0)
        return bindError(errno, address, port);
    if (!bindAndListen(fd, native, join)) {
        const int code = errno;
        ::close(fd);
        return bindError(code, address, port);
    }
    if (!setSocketDescriptor(fd)) {
        ::close(fd);
        return Error{ErrorCode::Io, u"Cannot listen: %1."_s.arg(errorString()), {}};
    }
    return serverPort();
}

void GuardedServer::incomingConnection(qintptr descriptor)
{
    const int fd = int(descriptor);
    const bool tooMany =
        m_front.counters->connections.fetch_add(1) >= m_front.limits.maxConnections;
    if (tooMany && m_front.refusals >= maxRefusals) {
        m_front.counters->connections.fetch_sub(1);
        ::close(fd);
        return;
    }
    enable(fd, IPPROTO_TCP, TCP_NODELAY);
    quint16 port = 0;
    const QHostAddress peer = peerOf(fd, port);
    auto *socket = new GuardedSocket(m_front, fd, peer, port, this);
    if (tooMany) {
        socket->turnAway({503, "overloaded",
            u"The gateway has its %1 connections in use; try again soon."_s.arg(
                m_front.limits.maxConnections)});
        return;
    }
    addPendingConnection(socket);
}

} // namespace sluice::gateway

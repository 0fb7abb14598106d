// SPDX-License-Identifier: GPL-3.0-or-later
// The one place that knows QtHttpServer: guarded connections come in, requests go to the guard that
// is being read. Compiles with Qt 6.4 and 6.8. Gateway thread; owned by HttpFront.
#pragma once

#include <memory>

namespace sluice::gateway {

class FrontContext;
class GuardedServer;

class HttpServerAdapter
{
public:
    explicit HttpServerAdapter(FrontContext &front);
    ~HttpServerAdapter();
    HttpServerAdapter(const HttpServerAdapter &) = delete;
    HttpServerAdapter &operator=(const HttpServerAdapter &) = delete;

    /// Serves the connections of a listening server and takes it over. False if QtHttpServer
    /// refuses.
    bool adopt(std::unique_ptr<GuardedServer> server);

private:
    class Server;
    std::unique_ptr<Server> m_server;
};

} // namespace sluice::gateway

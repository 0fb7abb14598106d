// SPDX-License-Identifier: GPL-3.0-or-later
// Where the HTTP front and the application meet. Called on the front's gateway thread.
#pragma once

#include "core/gateway/front/responsesink.h"

#include <optional>

namespace sluice::gateway {

class RequestHandler
{
public:
    virtual ~RequestHandler();

    /// Looks at a head before its body is read (so that an unknown key cannot upload anything); an
    /// answer here is sent at once and the body is never read. Not called if the whole body has
    /// arrived with the head: handle() checks everything itself.
    virtual std::optional<Response> checkHead(
        const RequestHead &head, const QHostAddress &peer) = 0;

    /// Handles a complete request. May answer at once or later, on the same thread.
    virtual void handle(Request &&request, ResponseSink &sink) = 0;

    /// Comes after the requests that one turn of the event loop has brought; for work that is
    /// cheaper for many at once.
    virtual void turnEnded();

    /// Shapes an error that the front itself answers (bad framing, sizes, timeouts, too many
    /// connections), so that every error has one envelope. `target` may be empty if the head was
    /// unreadable. status: 400, 408, 413, 431 or 503. The front closes the connection after it.
    virtual Response frontError(
        int status, QByteArrayView code, const QString &message, QByteArrayView target) = 0;
};

} // namespace sluice::gateway

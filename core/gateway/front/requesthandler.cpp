// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/front/requesthandler.h"

namespace sluice::gateway {

// Out of line, so that the virtual table has one home.
RequestHandler::~RequestHandler() = default;

void RequestHandler::turnEnded() { }

} // namespace sluice::gateway

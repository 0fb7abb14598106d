// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/front/responsesink.h"

namespace sluice::gateway {

// Out of line, so that the virtual tables have one home.
ClientListener::~ClientListener() = default;
ResponseSink::~ResponseSink() = default;

} // namespace sluice::gateway

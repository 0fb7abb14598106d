// SPDX-License-Identifier: GPL-3.0-or-later
// The name of this process among the gateways that share a store: what its requests hold there is a
// lease under that name. Made once at start, shared by the stores of all threads. A value.
#pragma once

#include "core/base/ids.h"

namespace sluice::stores {

class GatewayIdentity final
{
public:
    /// A new name, which no other process has.
    GatewayIdentity() : m_id(makeRequestId()) { }

    explicit GatewayIdentity(QByteArray id) : m_id(std::move(id)) { }

    /// Printable ASCII.
    [[nodiscard]] const QByteArray &id() const { return m_id; }

private:
    QByteArray m_id;
};

} // namespace sluice::stores

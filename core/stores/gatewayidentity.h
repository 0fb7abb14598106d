// SPDX-License-Identifier: GPL-3.0-or-later
// Who a gateway process is to the stores that it shares with others: what it holds there is its own
// as long as it renews its lease. One for each process, made at its start and shared by the stores
// of all its threads. Immutable, any thread.
#pragma once

#include "core/base/ids.h"

#include <memory>

namespace sluice::stores {

class GatewayIdentity final
{
public:
    /// A name that no other process has: 128 random bits in hexadecimal.
    static std::shared_ptr<const GatewayIdentity> make()
    {
        return std::make_shared<const GatewayIdentity>(makeSecret(128));
    }

    /// `name`: printable, without spaces, '=' and ':'.
    explicit GatewayIdentity(QByteArray name) : m_name(std::move(name)) { }

    [[nodiscard]] const QByteArray &name() const { return m_name; }

private:
    const QByteArray m_name;
};

} // namespace sluice::stores

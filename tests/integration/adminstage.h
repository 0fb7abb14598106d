// SPDX-License-Identifier: GPL-3.0-or-later
// A stage with limits of several kinds and somebody who holds the admin token. One for each test;
// lives on the test's thread.
#pragma once

#include "processstage.h"

namespace sluice::test {

class AdminStage final : public ProcessStage
{
public:
    /// Limits keys (10 an hour), all, money and users.
    AdminStage();

    /// As ProcessStage::serve(); the client has no headers of its own.
    bool serve();

    /// One request of a key to the provider; its status.
    [[nodiscard]] int spend(const QByteArray &key = "ci");

    /// One request to the admin API with its token.
    Reply ask(const QByteArray &method, const QByteArray &path, const QByteArray &body = {},
        const gateway::Headers &more = {});

    [[nodiscard]] QByteArray token() const;
};

} // namespace sluice::test

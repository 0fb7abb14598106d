// SPDX-License-Identifier: GPL-3.0-or-later
// The mock provider in a thread of its own. Made, started and stopped on one thread; books() on
// any.
#pragma once

#include "core/base/result.h"
#include "core/demo/mockbooks.h"

#include <QThread>

#include <memory>

namespace sluice::demo {

class MockServer final
{
public:
    MockServer();
    ~MockServer();
    Q_DISABLE_COPY_MOVE(MockServer)

    /// Listens and serves until stop(); gives back the port. Errors: those of HttpFront::listen(),
    /// and Conflict if it runs already.
    Result<quint16> start(const MockOptions &options);

    /// Closes every connection and ends the thread; safe to call twice. The books stay.
    void stop();

    /// "http://127.0.0.1:<port>", or empty before start().
    [[nodiscard]] QByteArray baseUrl() const { return m_baseUrl; }

    /// The accounting so far; MockBooks has the shape.
    [[nodiscard]] QJsonObject books() const { return m_books.toJson(); }

    /// Every answer so far, with MockOptions::keepsReceipts.
    [[nodiscard]] std::vector<MockReceipt> receipts() const { return m_books.receipts(); }

private:
    class Worker;

    MockBooks m_books;
    QByteArray m_baseUrl;
    QThread m_thread;
    std::unique_ptr<Worker> m_worker; ///< lives on m_thread
};

} // namespace sluice::demo

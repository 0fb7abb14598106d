// SPDX-License-Identifier: GPL-3.0-or-later
// One answer of the mock on its way: waits, then sends it whole or token by token. Lives on the
// mock's thread; deletes itself when the answer has ended or the client has gone.
#pragma once

#include "core/demo/mockanswer.h"
#include "core/gateway/front/responsesink.h"

#include <QBasicTimer>
#include <QObject>

#include <optional>

namespace sluice::demo {

class MockBooks;

class MockExchange final : public QObject, private gateway::ClientListener
{
public:
    /// How an answer ends.
    enum class Ending : quint8 { Proper, CutInHalf };

    struct Plan
    {
        MockAnswer answer;
        QByteArray path; ///< for the books
        std::chrono::milliseconds delay{0}; ///< before the first byte
        std::chrono::milliseconds chunkInterval{0};
        Ending ending = Ending::Proper;
        std::optional<MockReceipt> receipt; ///< for the books, where they are kept
    };

    MockExchange(Plan &&plan, gateway::ResponseSink &sink, MockBooks &books, QObject *parent);
    ~MockExchange() override;
    Q_DISABLE_COPY_MOVE(MockExchange)

protected:
    void timerEvent(QTimerEvent *event) override;

private:
    void clientGone() override;
    void clientDrained() override;
    void begin();
    void sendWhole();
    void sendHalf();
    void step();
    void endStream();
    void bill(qint64 outputTokens);
    void leave(MockReceipt::End end);

    Plan m_plan;
    gateway::ResponseSink *m_sink; ///< null once it belongs to somebody else
    MockBooks &m_books;
    QBasicTimer m_timer;
    size_t m_next = 0; ///< step of the stream
    qint64 m_sentTokens = 0;
    bool m_begun = false;
};

} // namespace sluice::demo

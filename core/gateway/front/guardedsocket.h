// SPDX-License-Identifier: GPL-3.0-or-later
// The framing guard of one connection: a QTcpSocket for QtHttpServer to hold, without Qt's engine.
// It owns the descriptor, lets only complete and valid requests through, one at a time, and answers
// the rest itself. Gateway thread; QtHttpServer deletes it after disconnected().
//
// A client that closes its sending side counts as gone: people who stop a stream in an LLM client
// send exactly that, and the provider must stop at once. A half-closing client gets no answer.
#pragma once

#include "core/gateway/front/bodydecoder.h"
#include "core/gateway/front/clientsink.h"
#include "core/gateway/front/frontcontext.h"
#include "core/gateway/front/headparser.h"
#include "core/gateway/front/sendqueue.h"

#include <QTcpSocket>

namespace sluice::gateway {

/// How an answer has ended.
enum class AnswerEnd : quint8 {
    KeepAlive, ///< the next request may come
    Close, ///< close once the client has it all
    Cut, ///< what is written still goes out, then close
    Reset, ///< break the connection
};

class GuardedSocket final : public QTcpSocket
{
public:
    static constexpr qint64 lowWater = 256 * 1024;

    /// Takes the connected descriptor. The context must outlive the socket.
    GuardedSocket(
        FrontContext &front, int fd, const QHostAddress &peer, quint16 peerPort, QObject *parent);
    ~GuardedSocket() override;
    Q_DISABLE_COPY_MOVE(GuardedSocket)

    /// Tells a client beyond the limits so and closes; the socket then deletes itself.
    void turnAway(const FramingError &error);

    // For FrontContext
    void onEvents(quint32 events);
    void timedOut();

    void waitAgain() { wait(m_waiting); }

    void flushQueued();

    [[nodiscard]] std::chrono::nanoseconds waitingSince() const { return m_since; }

    // For HttpFront
    /// Closes at once; a pending answer's listener hears clientGone().
    void gone();
    /// Closes if no request has begun.
    void closeIfIdle();

    /// Hands the request to the handler; HttpServerAdapter calls it inside readyRead().
    void deliver();

    // For ClientSink
    /// Sends, or queues for the end of the event loop's turn; see SendQueue::add().
    void transmit(const SendQueue::Parts &parts, bool now);
    void answerEnded(AnswerEnd end);
    void queueGone();

    [[nodiscard]] bool mayStay() const { return m_bodyRead && !m_front.draining; }

    [[nodiscard]] qint64 pendingBytes() const { return m_out.pending(); }

    [[nodiscard]] QByteArrayView date() const { return m_front.date(); }

    [[nodiscard]] QByteArray &headScratch() { return m_front.headScratch; }

    // QTcpSocket as QtHttpServer sees it
    [[nodiscard]] qint64 bytesAvailable() const override;

    [[nodiscard]] qint64 bytesToWrite() const override { return 0; }

    [[nodiscard]] qintptr socketDescriptor() const override { return m_fd; }

    void disconnectFromHost() override;

    void close() override { disconnectFromHost(); }

protected:
    qint64 readData(char *data, qint64 maxSize) override;
    qint64 writeData(const char *data, qint64 size) override;

private:
    enum class Phase : quint8 { Head, Body, Answering, Flushing, Lingering, Closed };

    // Reading
    void readSome();
    void readAhead();
    void drain();
    void input(QByteArrayView bytes);
    qsizetype process(QByteArrayView bytes);
    qsizetype takeHead(QByteArrayView bytes);
    qsizetype takeBody(QByteArrayView bytes);
    void beginRequest(qsizetype arrived);
    bool chargeBody(qint64 bytes);
    void dispatch();
    void refuse(const FramingError &error);
    void openSink();

    // Writing
    void flush();
    void hearOfBreak();
    void afterFlush();
    void finishAnswer();
    void linger();
    void notifyDrained();

    // Life
    void wait(Waiting waiting);
    void setInterest(bool in, bool out);
    void closeDescriptor();
    void settle();
    void disconnectNow();

    FrontContext &m_front;
    ClientSink m_sink;
    int m_fd;
    Phase m_phase = Phase::Head;
    Waiting m_waiting = Waiting::Idle;
    FrontContext::Connections::iterator m_place;
    std::chrono::nanoseconds m_since{0};
    quint32 m_interest = 0;

    QByteArray m_in; ///< received and not yet processed
    HeadParser m_parser;
    BodyDecoder m_decoder;
    Request m_request;
    QHostAddress m_peer;
    ClientSink::Terms m_terms;
    qsizetype m_unfed = 0; ///< bytes that QtHttpServer has still to be given
    qint64 m_charged = 0; ///< of the budget for buffered bodies
    qint64 m_bodyMark = 0; ///< body bytes when its deadline last moved
    qint64 m_drained = 0;

    SendQueue m_out;
    AnswerEnd m_end = AnswerEnd::KeepAlive;

    bool m_processing = false;
    bool m_delivered = false;
    bool m_active = false; ///< counted in FrontContext::activeRequests
    bool m_bodyRead = true; ///< nothing of the request is left unread
    bool m_flushQueued = false;
    bool m_aboveHighWater = false;
    bool m_adopted = true; ///< QtHttpServer will delete it
    bool m_breakQueued = false;
};

} // namespace sluice::gateway

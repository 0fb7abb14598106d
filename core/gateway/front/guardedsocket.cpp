// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/front/guardedsocket.h"

#include <QScopedValueRollback>

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

using namespace Qt::StringLiterals;

namespace sluice::gateway {

namespace {

constexpr qint64 maxDrainBytes = 32 * 1024 * 1024; // read and thrown away after a last answer
constexpr qint64 drainProgress = 64 * 1024; // its deadline moves with every so many bytes
constexpr qint64 bodyProgress = 4096; // a body's deadline moves with every so many bytes
constexpr qsizetype bodyPadding = 64; // what a JSON parser may read past the end
constexpr qsizetype directFlush = 16 * 1024; // from here on waiting for more gains nothing

// The shortest request there is: QtHttpServer costs hundreds of instructions per byte, and what it
// would make of the real request is known already. Its handler takes that from the guard.
constexpr QByteArrayView feed = "GET //a HTTP/1.1\r\n\r\n";

} // namespace

GuardedSocket::GuardedSocket(
    FrontContext &front, int fd, const QHostAddress &peer, quint16 peerPort, QObject *parent)
    : QTcpSocket(parent),
      m_front(front),
      m_sink(*this),
      m_fd(fd),
      m_parser(front.limits.maxHeaderBytes),
      m_peer(peer)
{
    QIODevice::open(ReadWrite);
    setSocketState(ConnectedState);
    setPeerAddress(peer);
    setPeerPort(peerPort);
    m_interest = EPOLLIN | EPOLLRDHUP;
    m_front.add(*this, m_place, fd, m_interest);
    wait(Waiting::Idle);
}

GuardedSocket::~GuardedSocket()
{
    if (m_phase != Phase::Closed) {
        m_sink.lose();
        settle();
        closeDescriptor();
    }
    setSocketState(UnconnectedState); // the base class has nothing left to abort
}

// --- Events

void GuardedSocket::onEvents(quint32 events)
{
    if (m_phase == Phase::Closed)
        return;
    if (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) {
        gone();
        return;
    }
    if (events & EPOLLOUT) {
        flush();
        notifyDrained();
    }
    if (!(events & EPOLLIN) || m_phase == Phase::Closed)
        return;
    switch (m_phase) {
    case Phase::Head:
    case Phase::Body:
        readSome();
        break;
    case Phase::Answering:
    case Phase::Flushing:
        readAhead();
        break;
    case Phase::Lingering:
        drain();
        break;
    case Phase::Closed:
        break;
    }
}

void GuardedSocket::timedOut()
{
    if (m_waiting == Waiting::Head)
        refuse({408, "request_timeout"_ba,
            u"The request head did not arrive within %1 seconds."_s.arg(
                m_front.limits.headerTimeout.count() / 1000)});
    else if (m_waiting == Waiting::Body)
        refuse({408, "request_timeout"_ba, u"The request body stopped arriving."_s});
    else
        gone();
}

void GuardedSocket::readSome()
{
    const auto count = ::recv(m_fd, m_front.scratch.data(), m_front.scratch.size(), MSG_DONTWAIT);
    if (count > 0)
        input(QByteArrayView(m_front.scratch.data(), count));
    else if (count == 0 || (errno != EAGAIN && errno != EINTR))
        gone();
}

// Pipelined bytes while an answer is due: kept up to one head's size, then left to the kernel.
void GuardedSocket::readAhead()
{
    const qsizetype room = m_front.limits.maxHeaderBytes - m_in.size();
    if (room <= 0) {
        setInterest(false, m_interest & EPOLLOUT);
        return;
    }
    const auto wanted = std::min(size_t(room), m_front.scratch.size());
    const auto count = ::recv(m_fd, m_front.scratch.data(), wanted, MSG_DONTWAIT);
    if (count > 0)
        m_in.append(m_front.scratch.data(), count);
    else if (count == 0 || (errno != EAGAIN && errno != EINTR))
        gone();
}

// RFC 9112 9.6: reading on after the last answer keeps the kernel from answering the client's
// unread bytes with a reset that would overtake it.
void GuardedSocket::drain()
{
    const auto count = ::recv(m_fd, m_front.scratch.data(), m_front.scratch.size(), MSG_DONTWAIT);
    if (count > 0) {
        const qint64 before = std::exchange(m_drained, m_drained + count);
        if (before / drainProgress != m_drained / drainProgress)
            wait(Waiting::Linger); // a client in the middle of an upload may finish it
    }
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) || m_drained > maxDrainBytes)
        gone();
}

// --- Requests

void GuardedSocket::input(QByteArrayView bytes)
{
    // The usual request comes in one piece and never touches m_in.
    if (m_in.isEmpty()) {
        const qsizetype used = process(bytes);
        if (used < bytes.size() && m_phase != Phase::Lingering && m_phase != Phase::Closed)
            m_in.append(bytes.sliced(used));
        return;
    }
    m_in.append(bytes);
    m_in.remove(0, process(m_in));
}

qsizetype GuardedSocket::process(QByteArrayView bytes)
{
    const QScopedValueRollback processing(m_processing, true);
    qsizetype used = 0;
    while (used < bytes.size() && (m_phase == Phase::Head || m_phase == Phase::Body)) {
        const QByteArrayView rest = bytes.sliced(used);
        const qsizetype taken = m_phase == Phase::Head ? takeHead(rest) : takeBody(rest);
        if (taken == 0)
            break;
        used += taken;
    }
    return used;
}

qsizetype GuardedSocket::takeHead(QByteArrayView bytes)
{
    switch (m_parser.parse(bytes)) {
    case HeadParser::State::NeedMore:
        if (m_waiting != Waiting::Head)
            wait(Waiting::Head);
        return 0;
    case HeadParser::State::Failed:
        m_request.head.target = m_parser.target();
        refuse(m_parser.error());
        return bytes.size();
    case HeadParser::State::Done:
        break;
    }
    const qsizetype taken = m_parser.consumed();
    m_request.head = m_parser.takeHead();
    beginRequest(bytes.size() - taken);
    return taken;
}

// arrived: how many bytes behind the head are here.
void GuardedSocket::beginRequest(qsizetype arrived)
{
    const Framing framing = m_parser.framing();
    m_parser.reset();
    m_parser.setMaxBytes(m_front.limits.maxHeaderBytes);
    m_active = true;
    ++m_front.activeRequests;
    m_terms = {m_request.head.method == "HEAD", m_request.head.minorVersion, framing.keepAlive};
    m_bodyRead = !framing.hasBody();
    if (framing.contentLength > m_front.limits.maxBodyBytes) {
        refuse({413, "request_too_large"_ba,
            u"The request body is larger than %1 bytes."_s.arg(m_front.limits.maxBodyBytes)});
        return;
    }
    // There is nothing to spare the gateway of when the body is here already; handle() makes the
    // same checks, and looking twice costs 10 000 instructions.
    const bool isWhole = framing.contentLength > 0 && framing.contentLength <= arrived;
    if (!isWhole) {
        if (const auto answer = m_front.handler.checkHead(m_request.head, m_peer)) {
            openSink();
            m_sink.send(*answer);
            return;
        }
    }
    if (m_bodyRead) {
        dispatch();
        return;
    }
    m_phase = Phase::Body;
    m_bodyMark = 0;
    m_decoder.start(framing, m_front.limits.maxBodyBytes);
    if (isWhole) // in one piece, with the room behind it that peekBody() asks for
        m_request.body.reserve(qsizetype(framing.contentLength) + bodyPadding);
    wait(Waiting::Body);
    if (framing.expectContinue)
        transmit({"HTTP/1.1 100 Continue\r\n\r\n", {}, {}}, true);
}

qsizetype GuardedSocket::takeBody(QByteArrayView bytes)
{
    const qsizetype before = m_request.body.size();
    qsizetype taken = 0;
    const auto state = m_decoder.decode(bytes, taken, m_request.body);
    if (state == BodyDecoder::State::Failed) {
        refuse(m_decoder.error());
        return bytes.size();
    }
    if (!chargeBody(m_request.body.size() - before)) {
        refuse({503, "overloaded"_ba,
            u"The gateway holds too many request bodies at the moment; try again soon."_s});
        return bytes.size();
    }
    if (state == BodyDecoder::State::Done) {
        m_bodyRead = true;
        dispatch();
    } else if (m_request.body.size() - m_bodyMark >= bodyProgress) {
        m_bodyMark = m_request.body.size();
        wait(Waiting::Body);
    }
    return taken;
}

bool GuardedSocket::chargeBody(qint64 bytes)
{
    m_charged += bytes;
    const qint64 before = m_front.counters->bufferedBytes.fetch_add(bytes);
    return before + bytes <= m_front.limits.maxBufferedBytes;
}

void GuardedSocket::openSink()
{
    m_phase = Phase::Answering;
    wait(m_out.isEmpty() ? Waiting::Nothing : Waiting::Write);
    m_sink.open(m_terms);
}

void GuardedSocket::dispatch()
{
    openSink();
    m_unfed = feed.size();
    m_delivered = false;
    {
        const QScopedValueRollback current(m_front.current, this);
        Q_EMIT readyRead();
    }
    if (!m_delivered)
        refuse({500, "internal_error"_ba, u"The gateway could not read the request."_s});
}

void GuardedSocket::deliver()
{
    m_delivered = true;
    m_request.peer = m_peer;
    m_front.handler.handle(std::exchange(m_request, Request()), m_sink);
}

void GuardedSocket::refuse(const FramingError &error)
{
    if (!m_active) {
        m_active = true;
        ++m_front.activeRequests;
    }
    Response answer =
        m_front.handler.frontError(error.status, error.code, error.message, m_request.head.target);
    answer.close = true;
    m_request = {};
    openSink();
    m_sink.send(answer);
}

void GuardedSocket::turnAway(const FramingError &error)
{
    m_adopted = false;
    ++m_front.refusals;
    refuse(error);
}

// --- Answers

void GuardedSocket::transmit(const SendQueue::Parts &parts, bool now)
{
    if (m_out.isBroken() || m_fd < 0)
        return;
    m_out.add(m_fd, parts, now);
    const bool blocked = m_interest & EPOLLOUT;
    if (!m_out.isEmpty() && !blocked && m_out.pending() >= directFlush) {
        flush();
    } else if (!m_out.isEmpty() && !blocked && !m_flushQueued) {
        m_flushQueued = true;
        m_front.queueFlush(*this);
    }
    m_aboveHighWater = m_aboveHighWater || m_out.pending() >= ResponseSink::HighWater;
    hearOfBreak();
}

// Never from inside the writer's call: it hears of a broken connection from the event loop.
void GuardedSocket::hearOfBreak()
{
    if (m_out.isBroken() && !std::exchange(m_breakQueued, true))
        queueGone();
}

void GuardedSocket::flush()
{
    if (m_out.isBroken() || m_fd < 0)
        return;
    const qint64 sent = m_out.flush(m_fd);
    const bool blocked = !m_out.isEmpty();
    setInterest(m_interest & EPOLLIN, blocked || m_aboveHighWater);
    if (blocked && (sent > 0 || m_waiting == Waiting::Nothing) && m_phase != Phase::Body)
        wait(Waiting::Write);
    else if (!blocked && m_waiting == Waiting::Write)
        wait(Waiting::Nothing);
    if (!blocked)
        afterFlush();
    hearOfBreak();
}

void GuardedSocket::flushQueued()
{
    m_flushQueued = false;
    if (m_phase == Phase::Closed || m_out.isEmpty())
        return;
    flush();
    notifyDrained();
}

void GuardedSocket::notifyDrained()
{
    if (!m_aboveHighWater || m_out.pending() >= lowWater || m_phase == Phase::Closed)
        return;
    m_aboveHighWater = false;
    setInterest(m_interest & EPOLLIN, !m_out.isEmpty());
    if (ClientListener *listener = m_sink.listener())
        listener->clientDrained();
}

void GuardedSocket::answerEnded(AnswerEnd end)
{
    if (m_phase == Phase::Closed) {
        // The client left long ago and nobody was listening: only now may the object go.
        queueGone();
        return;
    }
    m_phase = Phase::Flushing;
    m_end = end;
    m_aboveHighWater = false;
    m_front.counters->bufferedBytes.fetch_sub(std::exchange(m_charged, 0));
    if (m_out.isEmpty())
        afterFlush();
    else
        flush();
}

void GuardedSocket::afterFlush()
{
    if (m_phase != Phase::Flushing || m_out.isBroken())
        return;
    finishAnswer();
}

void GuardedSocket::finishAnswer()
{
    if (std::exchange(m_active, false))
        --m_front.activeRequests;
    if (m_end == AnswerEnd::Reset) {
        const ::linger abortive{1, 0};
        ::setsockopt(m_fd, SOL_SOCKET, SO_LINGER, &abortive, sizeof abortive);
        m_out.breakOff();
        hearOfBreak();
        return;
    }
    if (m_end != AnswerEnd::KeepAlive || m_front.draining) {
        linger();
        return;
    }
    m_phase = Phase::Head;
    m_terms = {};
    m_bodyRead = true;
    wait(Waiting::Idle);
    if (!(m_interest & EPOLLIN))
        setInterest(true, false);
    // What the client sent ahead is its next request. Not from inside the answer's writer.
    if (!m_processing && !m_in.isEmpty())
        QMetaObject::invokeMethod(
            this,
            [this] {
                if (m_phase == Phase::Head)
                    m_in.remove(0, process(m_in));
                m_front.handler.turnEnded();
            },
            Qt::QueuedConnection);
}

void GuardedSocket::linger()
{
    m_phase = Phase::Lingering;
    if (!m_processing) // else somebody up the stack is reading in it
        m_in = {};
    ::shutdown(m_fd, SHUT_WR);
    setInterest(true, false);
    wait(Waiting::Linger);
}

// --- Life

void GuardedSocket::wait(Waiting waiting)
{
    m_since = m_front.wait(m_place, m_waiting, waiting);
    m_waiting = waiting;
}

void GuardedSocket::setInterest(bool in, bool out)
{
    const quint32 wanted = EPOLLRDHUP | (in ? EPOLLIN : 0U) | (out ? EPOLLOUT : 0U);
    if (wanted == m_interest || m_fd < 0)
        return;
    m_interest = wanted;
    m_front.change(*this, m_fd, wanted);
}

void GuardedSocket::settle()
{
    if (std::exchange(m_active, false))
        --m_front.activeRequests;
    m_front.counters->bufferedBytes.fetch_sub(std::exchange(m_charged, 0));
}

void GuardedSocket::closeDescriptor()
{
    m_front.remove(*this, m_place, m_waiting, m_fd);
    ::close(std::exchange(m_fd, -1));
    m_front.counters->connections.fetch_sub(1);
    if (!m_adopted)
        --m_front.refusals;
    m_phase = Phase::Closed;
}

void GuardedSocket::queueGone()
{
    QMetaObject::invokeMethod(this, &GuardedSocket::gone, Qt::QueuedConnection);
}

void GuardedSocket::gone()
{
    if (m_phase != Phase::Closed) {
        settle();
        closeDescriptor();
    }
    ClientListener *listener = m_sink.lose();
    if (listener) {
        listener->clientGone();
    } else if (m_sink.isOpen()) {
        // Somebody still holds the sink and would not hear of it: the object stays, deaf, until
        // the answer has ended or a listener comes.
        return;
    }
    disconnectNow();
}

void GuardedSocket::disconnectNow()
{
    if (state() == UnconnectedState)
        return;
    setSocketState(UnconnectedState);
    if (m_adopted)
        Q_EMIT disconnected(); // QtHttpServer deletes it
    else
        deleteLater();
}

void GuardedSocket::closeIfIdle()
{
    if (m_phase == Phase::Head && m_waiting == Waiting::Idle)
        gone();
}

// --- QTcpSocket

qint64 GuardedSocket::bytesAvailable() const
{
    // Past QAbstractSocket's, which asks the socket engine that this one does not have.
    return QIODevice::bytesAvailable() + // NOLINT(bugprone-parent-virtual-call)
        m_unfed;
}

qint64 GuardedSocket::readData(char *data, qint64 maxSize)
{
    const qint64 count = std::min<qint64>(maxSize, m_unfed);
    std::memcpy(data, feed.data() + feed.size() - m_unfed, size_t(count));
    m_unfed -= count;
    return count; // never -1: QtHttpServer takes that for a broken connection
}

qint64 GuardedSocket::writeData(const char *data, qint64 size)
{
    // Answers go through the sink; what QtHttpServer itself would say is not the gateway's voice.
    Q_UNUSED(data)
    return size;
}

void GuardedSocket::disconnectFromHost()
{
    // QtHttpServer closes what it cannot parse; dispatch() notices and answers instead.
}

} // namespace sluice::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demo/mockexchange.h"

#include "core/demo/mockbooks.h"

#include <QTimerEvent>

namespace sluice::demo {

MockExchange::MockExchange(
    Plan &&plan, gateway::ResponseSink &sink, MockBooks &books, QObject *parent)
    : QObject(parent), m_plan(std::move(plan)), m_sink(&sink), m_books(books)
{
    m_sink->setListener(this);
    // Even without a delay the answer starts from the event loop, so that a stream's first step
    // never runs inside the front's call.
    m_timer.start(int(m_plan.delay.count()), Qt::PreciseTimer, this);
}

MockExchange::~MockExchange()
{
    if (m_sink != nullptr)
        m_sink->setListener(nullptr);
}

void MockExchange::timerEvent(QTimerEvent *event)
{
    if (event->timerId() != m_timer.timerId())
        return;
    if (!m_begun)
        begin();
    else
        step();
}

void MockExchange::begin()
{
    m_begun = true;
    m_timer.stop();
    m_books.answered(m_plan.path, m_plan.answer.status);
    m_books.billed(m_plan.answer.bill.input, 0);
    if (!m_plan.answer.steps.empty()) {
        m_books.streamStarted();
        m_sink->begin(m_plan.answer.status, m_plan.answer.headers, -1);
        m_timer.start(int(m_plan.chunkInterval.count()), Qt::PreciseTimer, this);
        step();
    } else if (m_plan.ending == Ending::CutInHalf) {
        sendHalf();
    } else {
        sendWhole();
    }
}

void MockExchange::sendWhole()
{
    bill(m_plan.answer.bill.output);
    gateway::ResponseSink *sink = std::exchange(m_sink, nullptr);
    sink->setListener(nullptr);
    sink->send({.status = m_plan.answer.status,
        .headers = std::move(m_plan.answer.headers),
        .body = std::move(m_plan.answer.body)});
    leave(MockReceipt::End::Whole);
}

void MockExchange::sendHalf()
{
    const QByteArray &body = m_plan.answer.body;
    gateway::ResponseSink *sink = std::exchange(m_sink, nullptr);
    sink->setListener(nullptr);
    sink->begin(m_plan.answer.status, m_plan.answer.headers, body.size());
    sink->write(QByteArrayView(body).first(body.size() / 2));
    sink->abort();
    leave(MockReceipt::End::Broken);
}

void MockExchange::step()
{
    const std::vector<MockStep> &steps = m_plan.answer.steps;
    const bool isCut = m_plan.ending == Ending::CutInHalf;
    const size_t last = isCut ? steps.size() / 2 : steps.size();
    // With no interval everything goes out at once, as far as the client takes it.
    do {
        if (m_sink->bytesPending() >= gateway::ResponseSink::HighWater) {
            m_timer.stop(); // clientDrained() goes on
            return;
        }
        const MockStep &next = steps[m_next++];
        bill(next.tokens);
        m_sink->write(next.bytes);
    } while (m_next < last && m_plan.chunkInterval.count() == 0);
    if (m_next >= last)
        endStream();
}

void MockExchange::endStream()
{
    gateway::ResponseSink *sink = std::exchange(m_sink, nullptr);
    sink->setListener(nullptr);
    if (m_plan.ending == Ending::CutInHalf) {
        m_books.streamBroken();
        sink->abort();
    } else {
        m_books.streamFinished();
        sink->end();
    }
    leave(m_plan.ending == Ending::CutInHalf ? MockReceipt::End::Broken : MockReceipt::End::Whole);
}

void MockExchange::clientDrained()
{
    if (m_begun && !m_timer.isActive())
        m_timer.start(int(m_plan.chunkInterval.count()), Qt::PreciseTimer, this);
}

void MockExchange::clientGone()
{
    m_sink = nullptr;
    if (!m_begun)
        m_books.abandoned();
    else
        m_books.streamCancelled();
    leave(MockReceipt::End::Abandoned);
}

void MockExchange::bill(qint64 outputTokens)
{
    m_books.billed(0, outputTokens);
    m_sentTokens += outputTokens;
}

void MockExchange::leave(MockReceipt::End end)
{
    if (m_plan.receipt) {
        MockReceipt &receipt = *m_plan.receipt;
        receipt.end = end;
        receipt.status = m_begun ? m_plan.answer.status : 0;
        receipt.bill = m_plan.answer.bill;
        receipt.sentTokens = m_sentTokens;
        m_books.keep(receipt);
    }
    m_timer.stop();
    deleteLater();
}

} // namespace sluice::demo
